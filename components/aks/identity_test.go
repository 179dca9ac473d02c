package aks

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/componenttest"
)

// grants are the role assignments of a principal: scope and role.
func grants(t *testing.T, rec *componenttest.Recorder, principal string) map[any]string {
	t.Helper()
	found := map[any]string{}
	for _, res := range rec.OfType(typeRole) {
		if res.Input(t, "principalId") == principal {
			id := res.Input(t, "roleDefinitionId").(string)
			found[res.Input(t, "scope")] = id[len(id)-36:]
		}
	}
	return found
}

func TestIdentities_ControlPlaneHasItsRolesBeforeTheCluster(t *testing.T) {
	rec := run(t, dev())
	assert.Equal(t, map[any]string{
		"cluster-vnet-id":    "4d97b98b-1d4f-4787-a291-c67834d212e7",
		"cluster-kubelet-id": "f1a07417-d97a-45cb-824c-7a7467783830",
	}, grants(t, rec, "cluster-control-plane-principal"))
	control := rec.Named(t, "cluster-cluster")
	for _, res := range rec.OfType(typeRole) {
		assert.True(t, rec.DependsOn(control, res), res.Name)
		assert.True(t, res.DeleteBeforeReplace, res.Name)
	}
}

func TestIdentities_ControlPlaneMakesStorageAccountsWhereAModelStoresFiles(t *testing.T) {
	assert.Equal(t, "17d1049b-9a84-46fb-8f53-869881c3d3ab",
		grants(t, run(t, prod()), "cluster-control-plane-principal")["cluster-group-id"])
	assert.NotContains(t, grants(t, run(t, dev()), "cluster-control-plane-principal"), "cluster-group-id")
}

func TestIdentities_NodesMayDoNothing(t *testing.T) {
	assert.Empty(t, grants(t, run(t, prod()), "cluster-kubelet-principal"))
}

func TestIdentities_AreNewToEntra(t *testing.T) {
	for _, res := range run(t, prod()).OfType(typeRole) {
		if res.Name != "cluster-admin-caller" {
			assert.Equal(t, "ServicePrincipal", res.Input(t, "principalType"), res.Name)
		}
	}
}

func TestRoleAssignments_HaveStableNamesThatNoOtherPlatformHas(t *testing.T) {
	names := func(args *Args) map[string]string {
		all := map[string]string{}
		for _, res := range run(t, args).OfType(typeRole) {
			name := res.Input(t, "roleAssignmentName").(string)
			parsed, err := uuid.Parse(name)
			require.NoError(t, err, res.Name)
			assert.EqualValues(t, 5, parsed.Version())
			all[res.Name] = name
		}
		return all
	}
	first := names(dev())
	assert.Equal(t, first, names(dev()))
	distinct := map[string]bool{}
	for _, name := range first {
		distinct[name] = true
	}
	assert.Len(t, distinct, len(first))
	for what, name := range names(edit(dev(), func(a *Args) { a.Platform.Name = "gantry-test" })) {
		assert.NotEqual(t, first[what], name, "names are unique in a tenant, not in a group")
	}
}
