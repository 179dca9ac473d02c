package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/engine"
)

func TestBackend_Validate(t *testing.T) {
	for name, test := range map[string]struct {
		backend backend
		want    []string
	}{
		"S3 with KMS":               {backend{"s3://state?region=eu-central-1", "awskms://alias/pulumi?region=eu-central-1"}, nil},
		"Cloud Storage with KMS":    {backend{"gs://state", "gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k"}, nil},
		"Blob Storage with a vault": {backend{"azblob://state?storage_account=acme", "azurekeyvault://acme.vault.azure.net/keys/pulumi"}, nil},
		"Pulumi Cloud":              {backend{"https://api.pulumi.com", "default"}, nil},
		"nothing":                   {backend{}, []string{`"" is no address`}},
		"an unknown kind":           {backend{"ftp://state", "passphrase"}, []string{"not of a kind that Pulumi keeps state in"}},
		"no bucket, a foreign key":  {backend{"s3://", "gcpkms://x"}, []string{"names no bucket", "does not go with Amazon S3"}},
		"a passphrase for a team":   {backend{"s3://state", "passphrase"}, []string{"use awskms"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.backend.validate()
			if test.want == nil {
				assert.NoError(t, err)
				return
			}
			for _, want := range test.want {
				assert.ErrorContains(t, err, want)
			}
		})
	}
}

// The CLI is a script that notes how it was called and knows the stacks that
// are listed in its folder.
func TestBackend_MakesAStackOrChangesItsKey(t *testing.T) {
	const script = `#!/bin/sh
echo "$@" >> "$PWD/calls"
[ "$1 $2" != "stack select" ] || grep -qx "$3" "$PWD/known"
`
	for name, test := range map[string]struct{ known, want string }{
		"a new stack": {"", "stack init prod --secrets-provider awskms://alias/p --non-interactive"},
		"a known one": {"prod", "stack change-secrets-provider awskms://alias/p --non-interactive"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cli := filepath.Join(dir, "pulumi")
			require.NoError(t, os.WriteFile(cli, []byte(script), 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "known"), []byte(test.known+"\n"), 0o600))
			var out bytes.Buffer
			err := backend{"s3://state", "awskms://alias/p"}.use(t.Context(), cli, engine.Options{Project: dir, Stack: "prod", Out: &out})
			require.NoError(t, err)
			calls, err := os.ReadFile(filepath.Join(dir, "calls"))
			require.NoError(t, err)
			assert.Equal(t, "login s3://state --non-interactive\nstack select prod --non-interactive\n"+test.want+"\n", string(calls))
			assert.Contains(t, out.String(), "prod is ready")
		})
	}
}
