package cluster_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/componenttest"
)

func TestNewProvider(t *testing.T) {
	rec := &componenttest.Recorder{}
	require.NoError(t, rec.Run(func(ctx *pulumi.Context) error {
		var node struct{ pulumi.CustomResourceState }
		if err := ctx.RegisterResource("test:index:Node", "node", nil, &node); err != nil {
			return err
		}
		_, err := cluster.NewProvider(ctx, "kubernetes", &cluster.Handle{
			Kubeconfig: pulumi.ToSecret(pulumi.String("kubeconfig").ToStringOutput()).(pulumi.StringOutput),
			Identifier: pulumi.String("issuer").ToStringOutput(),
			Ready:      []pulumi.Resource{&node},
		})
		return err
	}))
	provider := rec.Named(t, "kubernetes")
	assert.Equal(t, "kubeconfig", provider.Input(t, "kubeconfig"))
	assert.True(t, provider.Secret(t, "kubeconfig"))
	assert.Equal(t, "issuer", provider.Input(t, "clusterIdentifier"))
	assert.Equal(t, true, provider.Input(t, "enableServerSideApply"))
	assert.Equal(t, false, provider.Input(t, "deleteUnreachable"), "a network that is down loses no resource")
	assert.True(t, rec.DependsOn(provider, rec.Named(t, "node")), "nothing in the cluster outlives the nodes")
}

func TestNewProvider_WithoutAClusterIsAnError(t *testing.T) {
	err := (&componenttest.Recorder{}).Run(func(ctx *pulumi.Context) error {
		_, err := cluster.NewProvider(ctx, "kubernetes", nil)
		return err
	})
	assert.ErrorContains(t, err, "no cluster")
}
