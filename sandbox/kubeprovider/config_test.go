package kubeprovider

import (
	"context"
	"errors"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// eksKubeconfig is a kubeconfig as EKS users have it.
func eksKubeconfig(endpoint string) string {
	return `
apiVersion: v1
kind: Config
current-context: dev
contexts: [{name: dev, context: {cluster: dev, user: dev}}]
clusters: [{name: dev, cluster: {server: "` + endpoint + `", certificate-authority-data: ""}}]
users:
  - name: dev
    user:
      exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, args: [eks, get-token, --cluster-name, dev]}
`
}

func TestOnlyAnotherClusterReplacesTheProvider(t *testing.T) {
	here := resource.NewProperty(eksKubeconfig("https://a.gr7.us-east-1.eks.amazonaws.com"))
	there := resource.NewProperty(eksKubeconfig("https://b.gr7.us-east-1.eks.amazonaws.com"))
	id := resource.NewProperty[string]
	type config = resource.PropertyMap
	for name, tc := range map[string]struct {
		olds, news config
		changed    bool
		replaces   []string
	}{
		"nothing changed":                 {config{"kubeconfig": here}, config{"kubeconfig": here}, false, nil},
		"another endpoint":                {config{"kubeconfig": here}, config{"kubeconfig": there}, true, []string{"kubeconfig"}},
		"an unknown kubeconfig":           {config{"kubeconfig": here}, config{"kubeconfig": unknown}, true, []string{"kubeconfig"}},
		"a setting that is no cluster":    {config{"kubeconfig": here}, config{"kubeconfig": here, "namespace": id("a")}, true, nil},
		"another endpoint, same cluster":  {config{"kubeconfig": here, clusterIdentifier: id("1")}, config{"kubeconfig": there, clusterIdentifier: id("1")}, true, nil},
		"unknown kubeconfig, same one":    {config{"kubeconfig": here, clusterIdentifier: id("1")}, config{"kubeconfig": unknown, clusterIdentifier: id("1")}, true, nil},
		"another identifier":              {config{"kubeconfig": here, clusterIdentifier: id("1")}, config{"kubeconfig": here, clusterIdentifier: id("2")}, true, []string{clusterIdentifier}},
		"unknown identifier and endpoint": {config{"kubeconfig": here, clusterIdentifier: id("1")}, config{"kubeconfig": unknown, clusterIdentifier: unknown}, true, []string{clusterIdentifier, "kubeconfig"}},
		"an added identifier":             {config{"kubeconfig": here}, config{"kubeconfig": here, clusterIdentifier: id("1")}, true, nil},
		"a removed identifier":            {config{"kubeconfig": here, clusterIdentifier: id("1")}, config{"kubeconfig": here}, true, nil},
		"a kubeconfig that turned secret": {config{"kubeconfig": here}, config{"kubeconfig": resource.MakeSecret(here)}, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			resp, err := offline().DiffConfig(context.Background(), &pulumirpc.DiffRequest{
				Olds: structOf(t, tc.olds), News: structOf(t, tc.news),
			})
			require.NoError(t, err)
			assert.Equal(t, tc.changed, resp.GetChanges() == pulumirpc.DiffResponse_DIFF_SOME)
			assert.Equal(t, tc.replaces, resp.GetReplaces())
		})
	}
}

func TestCheckConfigRefusesWhatIsNotReproduced(t *testing.T) {
	for key, value := range map[resource.PropertyKey]resource.PropertyValue{
		"enableServerSideApply": resource.NewProperty("false"),
		"renderYamlToDirectory": resource.NewProperty("out"),
	} {
		resp, err := offline().CheckConfig(context.Background(), &pulumirpc.CheckRequest{
			News: structOf(t, resource.PropertyMap{key: value}),
		})
		require.NoError(t, err)
		require.Len(t, resp.GetFailures(), 1)
		assert.Equal(t, string(key), resp.GetFailures()[0].GetProperty())
	}
	resp, err := offline().CheckConfig(context.Background(), &pulumirpc.CheckRequest{
		News: structOf(t, resource.PropertyMap{"enableServerSideApply": resource.NewProperty(true), "kubeconfig": unknown}),
	})
	require.NoError(t, err)
	assert.Empty(t, resp.GetFailures())
}

// configure configures p with a kubeconfig that is a secret.
func configure(t *testing.T, p pulumirpc.ResourceProviderServer, kubeconfig string) *pulumirpc.ConfigureResponse {
	t.Helper()
	args := resource.PropertyMap{}
	if kubeconfig != "" {
		args["kubeconfig"] = resource.MakeSecret(resource.NewProperty(kubeconfig))
	}
	resp, err := p.Configure(context.Background(), &pulumirpc.ConfigureRequest{Args: structOf(t, args), AcceptSecrets: true})
	require.NoError(t, err)
	return resp
}

func TestTheResolverGetsTheKubeconfigOfTheProgram(t *testing.T) {
	var got *clientcmdapi.Config
	p := New(Options{Resolver: func(c *clientcmdapi.Config) (*rest.Config, error) {
		got = c
		return nil, errors.New("no cluster dev in the sandbox")
	}})
	resp := configure(t, p, eksKubeconfig("https://a.gr7.us-east-1.eks.amazonaws.com"))
	assert.True(t, resp.GetAcceptSecrets())
	assert.True(t, resp.GetSupportsPreview())
	require.NotNil(t, got)
	assert.Equal(t, "https://a.gr7.us-east-1.eks.amazonaws.com", got.Clusters["dev"].Server)
	assert.Equal(t, []string{"eks", "get-token", "--cluster-name", "dev"}, got.AuthInfos["dev"].Exec.Args)
}

func TestAnUnreachableClusterFailsWhatNeedsIt(t *testing.T) {
	t.Setenv("KUBECONFIG", "/nonexistent")
	resolver := func(*clientcmdapi.Config) (*rest.Config, error) {
		return nil, errors.New("no cluster dev in the sandbox")
	}
	for name, tc := range map[string]struct {
		kubeconfig, want string
	}{
		"unresolvable": {eksKubeconfig("https://a.eks.amazonaws.com"), "no cluster dev in the sandbox"},
		"malformed":    {"not: [a kubeconfig", "failed to parse kubeconfig"},
		"none":         {"", "the sandbox does not use the ambient one"},
	} {
		t.Run(name, func(t *testing.T) {
			p := New(Options{Resolver: resolver})
			configure(t, p, tc.kubeconfig)
			urn := urnOf("kubernetes:core/v1:ConfigMap")
			inputs := structOf(t, props(t, `{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}`))
			ctx := context.Background()

			_, err := p.Create(ctx, &pulumirpc.CreateRequest{Urn: urn, Properties: inputs})
			assert.ErrorContains(t, err, "configured Kubernetes cluster is unreachable")
			assert.ErrorContains(t, err, tc.want)
			_, err = p.Delete(ctx, &pulumirpc.DeleteRequest{Urn: urn, Id: "default/a", Properties: inputs})
			assert.ErrorContains(t, err, "PULUMI_K8S_DELETE_UNREACHABLE")
			_, err = p.Read(ctx, &pulumirpc.ReadRequest{Urn: urn, Id: "default/a"})
			assert.ErrorContains(t, err, "unreachable")

			planned, err := p.Create(ctx, &pulumirpc.CreateRequest{Urn: urn, Properties: inputs, Preview: true})
			require.NoError(t, err, "a preview needs no cluster")
			assert.Equal(t, propsOf(t, inputs), propsOf(t, planned.GetProperties()))
		})
	}
}

func TestDeleteUnreachableCleansUpState(t *testing.T) {
	t.Setenv("PULUMI_K8S_DELETE_UNREACHABLE", "true")
	p := New(Options{})
	configure(t, p, "")
	ctx := context.Background()
	_, err := p.Delete(ctx, &pulumirpc.DeleteRequest{Urn: urnOf("kubernetes:core/v1:Pod"), Id: "default/a", Properties: structOf(t, resource.PropertyMap{})})
	require.NoError(t, err)
	resp, err := p.Read(ctx, &pulumirpc.ReadRequest{Urn: urnOf("kubernetes:core/v1:Pod"), Id: "default/a"})
	require.NoError(t, err)
	assert.Empty(t, resp.GetId())
}
