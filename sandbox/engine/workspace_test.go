package engine

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const stackFile = `
encryptionsalt: of a real stack
config:
  gantry:cloud: aws
  aws:region: us-east-1
  gcp:project: example-project
  gcp:region: us-central1
  azure-native:location: eastus
  azure-native:subscriptionId: 00000000-0000-0000-0000-000000000001
  gantry:cluster: {version: "1.34"}
  gantry:token: {secure: v1:abc}
`

// The copy of a stack in the workspace is the stack, but for what only a real
// one can read, and the cloud that is asked for.
func TestPrepareWorkspace_CopiesTheStack(t *testing.T) {
	for _, test := range []struct{ name, cloud, want string }{
		{"as it is", "", "aws"},
		{"on another cloud", "gcp", "gcp"},
		{"on an existing cluster", "existing", "existing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv(pulumi.EnvConfig, "") // put back afterwards
			project := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(project, "Pulumi.yaml"), []byte("{name: gantry, runtime: go, main: infra}"), 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(project, "Pulumi.dev.yaml"), []byte(stackFile), 0o600))
			s := &Sandbox{options: Options{Project: project, Home: t.TempDir(), Stack: "dev", Cloud: test.cloud}}

			dir, err := s.prepareWorkspace()
			require.NoError(t, err)
			want := map[string]any{
				"gantry:cloud": test.want, "aws:region": "us-east-1",
				"gcp:project": "example-project", "gcp:region": "us-central1",
				"azure-native:location": "eastus", "azure-native:subscriptionId": "00000000-0000-0000-0000-000000000001",
				"gantry:cluster": map[string]any{"version": "1.34"}, "gantry:token": sealed,
			}
			stack, err := readYAML(filepath.Join(dir, "Pulumi.dev.yaml"))
			require.NoError(t, err)
			assert.Equal(t, map[string]any{"config": want}, stack)

			var published map[string]string
			require.NoError(t, json.Unmarshal([]byte(os.Getenv(pulumi.EnvConfig)), &published))
			assert.Equal(t, test.want, published["gantry:cloud"])
			assert.Len(t, published, len(want))

			after, err := os.ReadFile(filepath.Join(project, "Pulumi.dev.yaml"))
			require.NoError(t, err)
			assert.Equal(t, stackFile, string(after), "the user's file")
		})
	}
}

func TestPrepareWorkspace_SetsTheCloudOfAStackWithoutConfiguration(t *testing.T) {
	t.Setenv(pulumi.EnvConfig, "")
	project := t.TempDir()
	for _, name := range []string{"Pulumi.yaml", "Pulumi.dev.yaml"} {
		require.NoError(t, os.WriteFile(filepath.Join(project, name), nil, 0o600))
	}
	s := &Sandbox{options: Options{Project: project, Home: t.TempDir(), Stack: "dev", Cloud: "azure"}}
	dir, err := s.prepareWorkspace()
	require.NoError(t, err)
	stack, err := readYAML(filepath.Join(dir, "Pulumi.dev.yaml"))
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"config": map[string]any{"gantry:cloud": "azure"}}, stack)
}

// Only values that were encrypted become secrets: one in the clear has to be
// refused here as it is in a real stack.
func TestSecretNames_AreThoseThatWereEncrypted(t *testing.T) {
	project := t.TempDir()
	s := &Sandbox{options: Options{Project: project, Stack: "dev"}}
	for config, want := range map[string][]string{
		"{}":                            nil,
		"{config: {gantry:cloud: aws}}": nil,
		"{config: {gantry:secrets: {b: {secure: 'v1:x'}, a: {secure: 'v1:y'}, clear: hunter2, odd: {secure: x, more: y}}}}": {"a", "b"},
	} {
		require.NoError(t, os.WriteFile(filepath.Join(project, "Pulumi.dev.yaml"), []byte(config), 0o600))
		names, err := s.secretNames()
		require.NoError(t, err)
		assert.Equal(t, want, names, config)
	}
}
