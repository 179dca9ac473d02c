package kubeconfig

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const twoContexts = `
apiVersion: v1
kind: Config
current-context: prod
clusters:
- {name: here, cluster: {server: "https://127.0.0.1:6443"}}
- {name: there, cluster: {server: "https://prod.example.com"}}
contexts:
- {name: kind-ml, context: {cluster: here, user: me}}
- {name: prod, context: {cluster: there, user: me}}
- {name: lost, context: {cluster: nowhere, user: me}}
`

func TestServer_IsThatOfTheContextAndNotOfTheCurrentOne(t *testing.T) {
	server, err := Server([]byte(twoContexts), "kind-ml")
	require.NoError(t, err)
	assert.Equal(t, "https://127.0.0.1:6443", server)
}

func TestServer_SaysWhatIsMissing(t *testing.T) {
	for name, test := range map[string]struct{ content, context, want string }{
		"an unknown context":  {twoContexts, "kind", `has no context "kind": use one of kind-ml, prod, lost`},
		"a dangling context":  {twoContexts, "lost", `has no server for the cluster "nowhere" of the context "lost"`},
		"no context":          {"kind: Config", "kind", "has no context"},
		"something different": {"[1, 2]", "kind", "is not a kubeconfig"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Server([]byte(test.content), test.context)
			assert.ErrorContains(t, err, test.want)
		})
	}
}
