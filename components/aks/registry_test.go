package aks

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/cluster"
)

const typeRegistry = "azure-native:containerregistry:Registry"

func TestRegistry_IsUsedByIdentitiesOnly(t *testing.T) {
	rec := run(t, stocked(dev()))
	registry := rec.Named(t, "cluster-images")
	assert.Regexp(t, `^gantrydev[0-9a-f]{6}$`, registry.Input(t, "registryName"))
	assert.Equal(t, false, registry.Input(t, "adminUserEnabled"))
	assert.Equal(t, map[any]string{"cluster-images-id": "7f951dda-4ed3-4680-a7ca-43fe172d538d"}, grants(t, rec, "cluster-kubelet-principal"),
		"nodes pull from it, and do nothing else")

	urls := resolve(t, stocked(dev()), func(h *cluster.Handle) []pulumi.StringOutput {
		return []pulumi.StringOutput{h.Registry.URL}
	})
	assert.Equal(t, []string{registry.Input(t, "registryName").(string) + ".azurecr.io"}, urls)
}

func TestRegistry_IsPremiumWhereItIsProtected(t *testing.T) {
	small := run(t, stocked(dev())).Named(t, "cluster-images")
	assert.Equal(t, "Standard", small.Input(t, "sku.name"))
	assert.Nil(t, small.Input(t, "policies"), "Standard has no retention, and refuses it")
	assert.False(t, small.Protect)

	large := run(t, stocked(prod())).Named(t, "cluster-images")
	assert.Equal(t, "Premium", large.Input(t, "sku.name"))
	assert.Equal(t, map[string]any{"status": "enabled", "days": 14.0}, large.Input(t, "policies.retentionPolicy"))
	assert.True(t, large.Protect)
	assert.True(t, large.RetainOnDelete)
}

func TestNames_AreAzuresAndNoOtherPlatforms(t *testing.T) {
	seen := map[any]bool{}
	for _, name := range []string{"p", "gantry-dev", strings.Repeat("x", 40), strings.Repeat("x", 39) + "y"} {
		rec := run(t, edit(stocked(dev()), func(a *Args) { a.Platform.Name = name }))
		registry, account := rec.Named(t, "cluster-images").Input(t, "registryName"), rec.Named(t, "cluster-models").Input(t, "accountName")
		assert.Regexp(t, `^[a-z0-9]{5,50}$`, registry, name)
		assert.Regexp(t, `^[a-z0-9]{3,24}$`, account, name)
		assert.False(t, seen[registry] || seen[account], name)
		seen[registry], seen[account] = true, true
	}
}

func TestRegistry_CanBeLeftOut(t *testing.T) {
	rec, err := try(dev(), func(h *cluster.Handle) {
		assert.Nil(t, h.Registry)
		assert.Nil(t, h.Bucket)
	})
	require.NoError(t, err)
	assert.Empty(t, rec.OfType(typeRegistry))
	assert.Empty(t, rec.OfType(typeStorage))
}
