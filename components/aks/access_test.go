package aks

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/componenttest"
)

func TestAdminAccess_DefaultsToTheCallerAndKeepsIt(t *testing.T) {
	rec := run(t, dev())
	role := rec.Named(t, "cluster-admin-caller")
	assert.Equal(t, callerID, role.Input(t, "principalId"))
	assert.Equal(t, "User", role.Input(t, "principalType"), "signed in with the Azure CLI")
	assert.Equal(t, "cluster-group-id", role.Input(t, "scope"))
	assert.Equal(t, "/subscriptions/"+subscription+"/providers/Microsoft.Authorization/roleDefinitions/b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b",
		role.Input(t, "roleDefinitionId"))
	assert.ElementsMatch(t, []string{"principalId", "principalType"}, role.IgnoreChanges, "another person's up must not take the access away")
	control := rec.Named(t, "cluster-cluster")
	assert.True(t, rec.DependsOn(control, role), "it takes minutes until AKS notices")
	assert.Nil(t, control.Input(t, "aadProfile.adminGroupObjectIDs"))
}

func TestAdminAccess_OfAProgramIsThatOfAServicePrincipal(t *testing.T) {
	rec := &componenttest.Recorder{Outputs: outputs, Invoke: func(token string, args resource.PropertyMap) (resource.PropertyMap, error) {
		answer, err := account(token, args)
		if _, caller := answer["clientId"]; caller {
			answer["clientId"] = resource.NewProperty("00000000-0000-0000-0000-0000000000c1")
		}
		return answer, err
	}}
	require.NoError(t, rec.Run(func(ctx *pulumi.Context) error {
		_, err := New(ctx, "cluster", dev())
		return err
	}))
	assert.Equal(t, "ServicePrincipal", rec.Named(t, "cluster-admin-caller").Input(t, "principalType"))
}

func TestAdminAccess_OfNamedGroupsIsTheirsAlone(t *testing.T) {
	groups := []string{"00000000-0000-0000-0000-0000000000a1", "00000000-0000-0000-0000-0000000000a2"}
	rec := run(t, edit(dev(), func(a *Args) { a.Platform.Cluster.Admins = groups }))
	assert.Equal(t, groups, rec.Named(t, "cluster-cluster").Strings(t, "aadProfile.adminGroupObjectIDs"))
	for _, role := range rec.OfType(typeRole) {
		assert.NotEqual(t, callerID, role.Input(t, "principalId"), "the caller is not one of them")
	}
}
