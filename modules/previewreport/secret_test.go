package previewreport

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// sealed is a value as the engine wraps secrets.
func sealed(rest map[string]any) map[string]any {
	rest[signatureKey] = signatureSecret
	return rest
}

// No value that is marked, declared or named as a secret comes into a report, not
// even in the message of somebody else.
func TestMarkdown_ShowsNoSecret(t *testing.T) {
	t.Parallel()
	const leak = "hunter2-"
	inputs := func(version string) map[string]any {
		value := leak + version
		return map[string]any{
			"wrapped":    sealed(map[string]any{"value": value + "-a"}),
			"plaintext":  sealed(map[string]any{"plaintext": `"` + value + `-b"`}),
			"deep":       map[string]any{"list": []any{sealed(map[string]any{"value": map[string]any{"inner": value + "-c"}})}},
			"output":     map[string]any{signatureKey: signatureOutput, "secret": true, "value": value + "-d"},
			"declared":   value + "-e",
			"dbPassword": value + "-f",
			"api_key":    value + "-g",
			"kubeconfig": value + "-h",
			"tokens":     []any{value + "-i"},
			"env":        []any{map[string]any{"name": "DB_PASSWORD", "value": value + "-j"}, map[string]any{"name": "MODE", "value": "mode-" + version}},
			"credentials": map[string]any{
				"user": value + "-k", "secretName": "ref-" + version,
			},
			"masked": "[secret]",
			"open":   map[string]any{signatureKey: signatureOutput, "value": "open-" + version},
		}
	}
	keys := []any{"wrapped", "plaintext", "deep", "output", "declared", "dbPassword", "api_key", "kubeconfig", "tokens", "env", "credentials", "masked", "open"}
	state := func(version string) map[string]any {
		return map[string]any{"custom": true, "inputs": inputs(version), "additionalSecretOutputs": []any{"declared"}}
	}
	for _, op := range []string{"update", "replace", "create", "delete"} {
		p := read(t,
			eventLine("resourcePreEvent", map[string]any{"metadata": map[string]any{
				"op": op, "type": "aws:x/y:Y", "urn": urn("aws:x/y:Y", "y"), "diffs": keys, "keys": keys, "old": state("old"), "new": state("new"),
			}}),
			stepLine("update", "kubernetes:core/v1:Secret", "s", map[string]any{"stringData": map[string]any{"mode": leak + "old-l"}},
				map[string]any{"stringData": map[string]any{"mode": leak + "new-l"}}, map[string]any{"detailedDiff": detailed("stringData.mode", "update")}),
			eventLine("policyRemediationEvent", map[string]any{"policyName": "p", "resourceUrn": urn("aws:x/y:Y", "y"), "before": inputs("old"), "after": inputs("new")}),
			diagnostic("error", "connecting with "+leak+"new-a was refused"),
			diagnostic("warning", leak+"old-b is weak"),
			policyLine("mandatory", "pod-no-literal-secrets", "", "No password.\n"+leak+"new-d is one"),
			succeeded,
		)
		report := Markdown(p, Options{})
		assert.NotContains(t, report, leak, op)
		assert.Contains(t, report, "connecting with [secret] was refused")
		if op == "update" {
			for _, want := range []string{
				"`declared` (secret)", "`dbPassword` (secret)", "`wrapped` (secret)", "`env[0].value` (secret)", "`masked` (secret)",
				"`stringData.mode` (secret)",
				"`env[1].value` from `mode-old` to `mode-new`", "`credentials.secretName` from `ref-old` to `ref-new`", "`open` from `open-old` to `open-new`",
			} {
				assert.Contains(t, report+changes2text(p.Changes[0].Properties), want)
			}
		}
	}
}

func TestSecretName_LeavesReferencesReadable(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"password": true, "adminPassword": true, "DB_PASSWD": true, "clientSecret": true, "accessKey": true, "token": true,
		"kubeconfig": true, "userData": true, "connectionString": true, "stringData": false,
		"secretName": false, "secretKeyRef": false, "tokenPath": false, "httpTokens": false, "imagePullSecretsRef": false,
		"image": false, "keyId": false, "passwordPolicy": false, "key": false,
	} {
		assert.Equal(t, want, secretName(name), name)
	}
}
