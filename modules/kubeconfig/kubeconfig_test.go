package kubeconfig

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func config() Config {
	return Config{
		Name:   "gantry-dev",
		Server: "https://0123.gr7.us-east-1.eks.amazonaws.com",
		CAData: "Q0E=",
		Exec: Exec{
			Command:     "aws",
			Args:        []string{"eks", "get-token"},
			InstallHint: "install it",
		},
	}
}

func TestRender(t *testing.T) {
	got, err := Render(config())
	require.NoError(t, err)
	assert.YAMLEq(t, `
apiVersion: v1
kind: Config
current-context: gantry-dev
clusters:
- name: gantry-dev
  cluster:
    server: https://0123.gr7.us-east-1.eks.amazonaws.com
    certificate-authority-data: Q0E=
contexts:
- name: gantry-dev
  context: {cluster: gantry-dev, user: gantry-dev}
users:
- name: gantry-dev
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      command: aws
      args: [eks, get-token]
      interactiveMode: Never
      installHint: install it
`, got)
}

func TestRender_SameInputSameText(t *testing.T) {
	first, err := Render(config())
	require.NoError(t, err)
	second, err := Render(config())
	require.NoError(t, err)
	assert.Equal(t, first, second)
}

func TestRender_RefusesWhatNoClientCouldUse(t *testing.T) {
	for _, test := range []struct {
		name   string
		spoil  func(*Config)
		reason string
	}{
		{"no name", func(c *Config) { c.Name = "" }, "no name"},
		{"plain http", func(c *Config) { c.Server = "http://example.com" }, "https"},
		{"no host", func(c *Config) { c.Server = "https://" }, "https"},
		{"a certificate that is not base64", func(c *Config) { c.CAData = "-----BEGIN" }, "base64"},
		{"no certificate", func(c *Config) { c.CAData = "" }, "base64"},
		{"no command", func(c *Config) { c.Exec.Command = "" }, "no command"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := config()
			test.spoil(&c)
			_, err := Render(c)
			assert.ErrorContains(t, err, test.reason)
		})
	}
}
