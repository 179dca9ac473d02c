package toolchain

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The kinds that Gantry makes objects of must be among those collected.
func TestCollect_FindsTheDefinitionsOfEveryChart(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	builder := &Builder{Root: "..", Bin: filepath.Join(t.TempDir(), "bin"), Out: &said}
	require.NoError(t, builder.Collect(t.Context()))
	for file, kind := range map[string]string{
		"cert-manager/cert-manager.io_clusterissuers.yaml":                 "ClusterIssuer",
		"gateway-helm/gateway.envoyproxy.io_backendtrafficpolicies.yaml":   "BackendTrafficPolicy",
		"gateway-helm/gateway.envoyproxy.io_envoyproxies.yaml":             "EnvoyProxy",
		"gateway-helm/gateway.networking.k8s.io_httproutes.yaml":           "HTTPRoute",
		"keda/keda.sh_scaledobjects.yaml":                                  "ScaledObject",
		"kube-prometheus-stack/monitoring.coreos.com_servicemonitors.yaml": "ServiceMonitor",
		"kube-prometheus-stack/monitoring.coreos.com_prometheusrules.yaml": "PrometheusRule",
		"kueue/kueue.x-k8s.io_clusterqueues.yaml":                          "ClusterQueue",
	} {
		content, err := os.ReadFile(filepath.Join(builder.Definitions(), file))
		require.NoError(t, err)
		assert.Contains(t, string(content), "    kind: "+kind+"\n", file)
		assert.NotContains(t, string(content), "{{", "%s is a template", file)
	}
	_, err := os.Stat(filepath.Join(builder.Definitions(), "gateway-helm", "gateway.networking.k8s.io_vap_safeupgrades.yaml"))
	assert.ErrorIs(t, err, os.ErrNotExist, "a policy is no definition")
	assert.NotEmpty(t, said.String())

	said.Reset()
	stray := filepath.Join(builder.Definitions(), "keda", "stray.yaml")
	require.NoError(t, os.WriteFile(stray, nil, 0o600))
	require.NoError(t, builder.Collect(t.Context()))
	assert.Empty(t, said.String(), "all is there")

	require.NoError(t, os.WriteFile(filepath.Join(builder.Definitions(), ".stamp"), []byte("older"), 0o600))
	require.NoError(t, builder.Collect(t.Context()))
	assert.NoFileExists(t, stray, "what other versions had goes")
}

func TestCollect_NamesAModuleThatIsNotPinned(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, definitionsDir), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(root, definitionsDir, "go.mod"), []byte("module example.org/crds\n"), 0o600))
	builder := &Builder{Root: root, Bin: filepath.Join(root, "bin"), Out: &bytes.Buffer{}}
	err := builder.Collect(t.Context())
	assert.ErrorContains(t, err, "tools/crds/go.mod does not pin github.com/cert-manager/cert-manager")
	assert.NoDirExists(t, builder.Definitions())
}

func TestCopyDefinitions_NoticesAFolderWithoutAny(t *testing.T) {
	t.Parallel()
	from := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(from, "policy.yaml"), []byte("apiVersion: v1\nkind: ConfigMap\n"), 0o600))
	assert.ErrorContains(t, copyDefinitions(filepath.Join(t.TempDir(), "to"), from), "no definition in "+from)
	assert.Error(t, copyDefinitions(t.TempDir(), filepath.Join(from, "gone")))
}
