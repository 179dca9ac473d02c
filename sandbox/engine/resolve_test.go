package engine

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// kubeconfigFor leads to a server with a token.
func kubeconfigFor(server, token string) *clientcmdapi.Config {
	config := clientcmdapi.NewConfig()
	config.Clusters["c"] = &clientcmdapi.Cluster{Server: server}
	config.AuthInfos["u"] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts["x"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u"}
	config.CurrentContext = "x"
	return config
}

// withControlPlanes is a sandbox whose clusters folder has these control planes,
// by name, each with an administrator's kubeconfig.
func withControlPlanes(t *testing.T, servers map[string]string) (*Sandbox, *fakeAccount) {
	t.Helper()
	s := &Sandbox{options: Options{Home: t.TempDir(), Out: io.Discard}}
	for name, server := range servers {
		dir := s.path("clusters", name)
		require.NoError(t, os.MkdirAll(dir, 0o700))
		if server == "" {
			continue // not created to the end
		}
		data, err := clientcmd.Write(*kubeconfigFor(server, "admin of "+name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "admin.kubeconfig"), data, 0o600))
	}
	s.clusters = Clusters(s.options)
	all, first, _ := fakeAccounts()
	s.accounts = all
	return s, first
}

func TestResolve_LeadsToControlPlanesOfThisSandboxOnly(t *testing.T) {
	s, cloud := withControlPlanes(t, map[string]string{
		"first": "https://127.0.0.1:20001", "plain": "https://127.0.0.1:20002", "half": "",
	})

	config, err := s.resolve(kubeconfigFor(cloud.endpoint, "from the exec plugin"))
	require.NoError(t, err)
	assert.Equal(t, "https://127.0.0.1:20001", config.Host, "the emulated cluster's control plane")
	assert.Equal(t, "admin of first", config.BearerToken)

	config, err = s.resolve(kubeconfigFor("https://127.0.0.1:20002", "a user's own"))
	require.NoError(t, err)
	assert.Equal(t, "https://127.0.0.1:20002", config.Host)
	assert.Equal(t, "a user's own", config.BearerToken, "the kubeconfig is used as it is")

	for _, server := range []string{"https://127.0.0.1:20003", "https://127.0.0.1:20002.example.com", "https://example.com", ""} {
		_, err = s.resolve(kubeconfigFor(server, "x"))
		require.ErrorIs(t, err, errUnknownEndpoint)
		assert.ErrorContains(t, err, "at "+server+": those that run here are https://127.0.0.1:20001 (first), https://127.0.0.1:20002 (plain)")
	}
}

func TestResolve_SaysWhatAKubeconfigLacks(t *testing.T) {
	s, _ := withControlPlanes(t, nil)
	config := kubeconfigFor("https://example.com", "x")
	_, err := s.resolve(config)
	assert.ErrorContains(t, err, "https://example.com: no control plane runs here")
	delete(config.Clusters, "c")
	_, err = s.resolve(config)
	assert.ErrorContains(t, err, `the kubeconfig has no cluster "c"`)
	delete(config.Contexts, "x")
	_, err = s.resolve(config)
	assert.ErrorContains(t, err, `the kubeconfig has no context "x"`)
}
