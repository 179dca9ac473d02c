package kubeprovider

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"gantry.dev/gantry/sandbox/toolchain"
)

// The API server has to accept, strictly, every definition that the toolchain
// collects, and then judges objects of these kinds.
func TestEveryCollectedDefinitionIsServed(t *testing.T) {
	d := newReleases(t, "collected")
	builder := &toolchain.Builder{Root: "..", Bin: filepath.Join(t.TempDir(), "bin"), Out: io.Discard}
	require.NoError(t, builder.Collect(t.Context()))
	d.provider = New(Options{
		Resolver:    func(*clientcmdapi.Config) (*rest.Config, error) { return d.config, nil },
		Definitions: builder.Definitions(),
	})
	configure(t, d.provider, eksKubeconfig("https://a.gr7.us-east-1.eks.amazonaws.com"))
	charts, err := os.ReadDir(builder.Definitions())
	require.NoError(t, err)
	for _, folder := range charts {
		if folder.IsDir() {
			chart := folder.Name()
			d.mustInstall(d.inputs(`{name: ` + chart + `, chart: "oci://r.gantry.test/` + chart + `", version: 1.0.0}`))
		}
	}
	for typ, tc := range map[string]struct{ good, bad, why string }{
		"kubernetes:keda.sh/v1alpha1:ScaledObject": {
			good: `{metadata: {name: a}, spec: {scaleTargetRef: {name: web}, triggers: [{type: cpu, metadata: {value: "60"}}]}}`,
			bad:  `{metadata: {name: b}, spec: {triggers: []}}`, why: "spec.scaleTargetRef: Required value",
		},
		"kubernetes:gateway.networking.k8s.io/v1:HTTPRoute": {
			good: `{metadata: {name: a}, spec: {parentRefs: [{name: gateway}], rules: [{backendRefs: [{name: web, port: 80}]}]}}`,
			bad:  `{metadata: {name: b}, spec: {rules: [{matches: [{path: {type: PathPrefix, value: no-slash}}]}]}}`, why: "must be an absolute path",
		},
		"kubernetes:gateway.envoyproxy.io/v1alpha1:EnvoyProxy": {
			good: `{metadata: {name: a}, spec: {provider: {type: Kubernetes}}}`,
			bad:  `{metadata: {name: b}, spec: {provider: {type: Docker}}}`, why: "Unsupported value",
		},
		"kubernetes:monitoring.coreos.com/v1:ServiceMonitor": {
			good: `{metadata: {name: a}, spec: {selector: {}, endpoints: [{port: metrics}]}}`,
			bad:  `{metadata: {name: b}, spec: {selector: {}, endpoints: [{prt: metrics}]}}`, why: "prt",
		},
		"kubernetes:cert-manager.io/v1:Issuer": {
			good: `{metadata: {name: a}, spec: {selfSigned: {}}}`,
			bad:  `{metadata: {name: b}, spec: {selfSigend: {}}}`, why: "selfSigend",
		},
	} {
		_, err := d.create(typ, tc.good)
		require.NoError(t, err, typ)
		_, err = d.create(typ, tc.bad)
		assert.ErrorContains(t, err, tc.why, typ)
	}
}
