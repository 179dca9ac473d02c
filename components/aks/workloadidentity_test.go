package aks

import (
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/componenttest"
)

const bucket = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/models"

func binding() cluster.Binding {
	return cluster.Binding{
		Namespace: "models", ServiceAccount: "loader",
		Grants: []cluster.Grant{
			{Kind: cluster.ReadObjects, Resource: pulumi.String(bucket)},
			{Kind: cluster.WriteObjects, Resource: pulumi.String(bucket + "/blobServices/default/containers/new")},
		},
	}
}

// bind binds a service account and registers a probe that waits for it.
func bind(t *testing.T, args *Args, binding cluster.Binding) (*componenttest.Recorder, *cluster.BoundAccount, map[string]string) {
	t.Helper()
	var bound *cluster.BoundAccount
	var mu sync.Mutex
	annotations := map[string]string{}
	rec := with(t, args, func(ctx *pulumi.Context, h *cluster.Handle) error {
		var err error
		if bound, err = h.BindServiceAccount(ctx, "loader", binding); err != nil {
			return err
		}
		bound.Annotations.ToStringMapOutput().ApplyT(func(all map[string]string) bool {
			mu.Lock()
			defer mu.Unlock()
			for key, value := range all {
				annotations[key] = value
			}
			return true
		})
		var probe struct{ pulumi.CustomResourceState }
		return ctx.RegisterResource("test:index:Probe", "probe", nil, &probe, pulumi.DependsOn(bound.Ready))
	})
	return rec, bound, annotations
}

func TestBindServiceAccount_TrustsTheTokensOfOneServiceAccount(t *testing.T) {
	rec, _, _ := bind(t, dev(), binding())
	trust := rec.Named(t, "loader-trust")
	assert.Equal(t, issuer, trust.Input(t, "issuer"))
	assert.Equal(t, "system:serviceaccount:models:loader", trust.Input(t, "subject"))
	assert.Equal(t, []string{"api://AzureADTokenExchange"}, trust.Strings(t, "audiences"))
	assert.Equal(t, "gantry-dev-models-loader", trust.Input(t, "resourceName"), "of the identity")
	assert.True(t, rec.DependsOn(trust, rec.Named(t, "cluster-cluster")), "which has an issuer when it exists")
	identity := rec.Named(t, "loader-identity")
	assert.Equal(t, "gantry-dev", identity.Input(t, "resourceGroupName"))
	assert.Equal(t, map[string]any{"gantry.dev_platform": "gantry-dev", "gantry.dev_stack": "dev", "team": "ml"}, identity.Input(t, "tags"))
}

func TestBindServiceAccount_GrantsWhatIsAskedForAndNoMore(t *testing.T) {
	rec, _, _ := bind(t, dev(), binding())
	assert.Equal(t, map[any]string{
		bucket: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
		bucket + "/blobServices/default/containers/new": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
	}, grants(t, rec, "loader-identity-principal"))
	names := map[any]bool{}
	for _, res := range rec.OfType(typeRole) {
		names[res.Input(t, "roleAssignmentName")] = true
	}
	assert.Len(t, names, len(rec.OfType(typeRole)))

	none, _, _ := bind(t, dev(), cluster.Binding{Namespace: "models", ServiceAccount: "loader"})
	assert.Empty(t, grants(t, none, "loader-identity-principal"))
}

func TestBindServiceAccount_TellsKubernetes(t *testing.T) {
	rec, bound, annotations := bind(t, dev(), binding())
	assert.Equal(t, map[string]string{"azure.workload.identity/client-id": "loader-identity-client"}, annotations)
	assert.Equal(t, map[string]string{"azure.workload.identity/use": "true"}, bound.PodLabels)
	probe := rec.Named(t, "probe")
	for _, name := range []string{"loader-trust", "loader-read-objects-1", "loader-write-objects-2"} {
		assert.True(t, rec.DependsOn(probe, rec.Named(t, name)), name)
	}
}

func TestBindServiceAccount_UsesTheProviderOfTheCluster(t *testing.T) {
	rec, _, _ := bind(t, dev(), binding())
	provider := rec.OfType(typeProvider)[0]
	for _, name := range []string{"loader-identity", "loader-trust", "loader-read-objects-1"} {
		assert.True(t, strings.HasPrefix(rec.Named(t, name).Provider, provider.URN+"::"), name)
		assert.Equal(t, rec.Named(t, "cluster").URN, rec.Named(t, name).Parent, name)
	}
}

func TestBindServiceAccount_RefusesWhatIsNoStorageOfAzure(t *testing.T) {
	for _, other := range []string{"arn:aws:s3:::models", "models", "/subscriptions/s/resourceGroups/g", "https://models.blob.core.windows.net"} {
		rec := &componenttest.Recorder{Outputs: outputs, Invoke: account}
		err := rec.Run(func(ctx *pulumi.Context) error {
			c, err := New(ctx, "cluster", dev())
			if err != nil {
				return err
			}
			_, err = c.Handle.BindServiceAccount(ctx, "loader", cluster.Binding{
				Namespace: "models", ServiceAccount: "loader",
				Grants: []cluster.Grant{{Kind: cluster.ReadObjects, Resource: pulumi.String(other)}},
			})
			return err
		})
		assert.ErrorContains(t, err, "is not the resource id of a storage account", other)
	}
}

func TestBindServiceAccount_LongNamesFit(t *testing.T) {
	long := cluster.Binding{Namespace: strings.Repeat("n", 63), ServiceAccount: strings.Repeat("s", 63)}
	rec, _, _ := bind(t, dev(), long)
	for _, res := range []componenttest.Resource{rec.Named(t, "loader-identity"), rec.Named(t, "loader-trust")} {
		assert.LessOrEqual(t, len(res.Input(t, "resourceName").(string)), 120)
	}
}
