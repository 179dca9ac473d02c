package eks

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestControlPlane_IsPrivateUnlessRangesAreNamed(t *testing.T) {
	private := run(t, dev()).Named(t, "cluster-cluster")
	assert.Equal(t, true, private.Input(t, "vpcConfig.endpointPrivateAccess"))
	assert.Equal(t, false, private.Input(t, "vpcConfig.endpointPublicAccess"))
	assert.Nil(t, private.Input(t, "vpcConfig.publicAccessCidrs"))

	public := run(t, edit(dev(), func(a *Args) { a.Platform.Cluster.PublicAccessCIDRs = []string{"203.0.113.0/24"} })).Named(t, "cluster-cluster")
	assert.Equal(t, true, public.Input(t, "vpcConfig.endpointPrivateAccess"), "nodes stay on the private side")
	assert.Equal(t, true, public.Input(t, "vpcConfig.endpointPublicAccess"))
	assert.Equal(t, []string{"203.0.113.0/24"}, public.Strings(t, "vpcConfig.publicAccessCidrs"))
}

func TestControlPlane_Hardening(t *testing.T) {
	rec := run(t, dev())
	control := rec.Named(t, "cluster-cluster")
	assert.Equal(t, "gantry-dev", control.Input(t, "name"))
	assert.Equal(t, "1.34", control.Input(t, "version"))
	assert.ElementsMatch(t, []string{"api", "audit", "authenticator", "controllerManager", "scheduler"},
		control.Strings(t, "enabledClusterLogTypes"))
	assert.Equal(t, []string{"secrets"}, control.Strings(t, "encryptionConfig.resources"))
	assert.Contains(t, control.Input(t, "encryptionConfig.provider.keyArn"), "cluster-key")
	assert.Equal(t, true, rec.Named(t, "cluster-key").Input(t, "enableKeyRotation"))
	assert.Equal(t, "API", control.Input(t, "accessConfig.authenticationMode"))
	assert.Equal(t, false, control.Input(t, "accessConfig.bootstrapClusterCreatorAdminPermissions"))
	assert.Equal(t, false, control.Input(t, "bootstrapSelfManagedAddons"))
	assert.Equal(t, "STANDARD", control.Input(t, "upgradePolicy.supportType"))
}

func TestControlPlane_OutlivedByItsLogsAndPermissions(t *testing.T) {
	rec := run(t, dev())
	control := rec.Named(t, "cluster-cluster")
	logs := rec.Named(t, "cluster-logs")
	assert.Equal(t, "/aws/eks/gantry-dev/cluster", logs.Input(t, "name"))
	assert.EqualValues(t, 90, logs.Input(t, "retentionInDays"))
	for _, name := range []string{"cluster-logs", "cluster-cluster-AmazonEKSClusterPolicy", "cluster-cluster-key-policy"} {
		assert.True(t, rec.DependsOn(control, rec.Named(t, name)), name)
	}
}

func TestControlPlane_RoleMayTagSessionsAndUseTheKey(t *testing.T) {
	rec := run(t, dev())
	assert.JSONEq(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Principal":{"Service":"eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`,
		rec.Named(t, "cluster-cluster-role").Input(t, "assumeRolePolicy").(string))
	assert.JSONEq(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Action":["kms:Encrypt","kms:Decrypt","kms:ListGrants","kms:DescribeKey"],
		"Resource":"arn:aws:test:us-east-1:111122223333:cluster-key"}]}`,
		rec.Named(t, "cluster-cluster-key-policy").Input(t, "policy").(string))
}

func TestAdminAccess_DefaultsToTheRoleBehindTheCallerAndKeepsIt(t *testing.T) {
	rec := run(t, dev())
	entry, policy := rec.Named(t, "cluster-admin-caller"), rec.Named(t, "cluster-admin-caller-policy")
	assert.Equal(t, behind, entry.Input(t, "principalArn"))
	assert.Equal(t, []string{"principalArn"}, entry.IgnoreChanges, "another person's up must not take the access away")
	assert.Equal(t, behind, policy.Input(t, "principalArn"))
	assert.Equal(t, "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy", policy.Input(t, "policyArn"))
	assert.Equal(t, "cluster", policy.Input(t, "accessScope.type"))
	assert.True(t, rec.DependsOn(policy, entry))
}

func TestAdminAccess_OfNamedAdminsDoesNotDependOnTheirOrder(t *testing.T) {
	const alice, bob = "arn:aws:iam::111122223333:role/alice", "arn:aws:iam::111122223333:role/bob"
	names := func(admins ...string) map[string]string {
		byARN := map[string]string{}
		rec := run(t, edit(dev(), func(a *Args) { a.Platform.Cluster.Admins = admins }))
		for _, entry := range rec.OfType("aws:eks/accessEntry:AccessEntry") {
			byARN[entry.Input(t, "principalArn").(string)] = entry.Name
			assert.Empty(t, entry.IgnoreChanges)
		}
		return byARN
	}
	both := names(alice, bob)
	require.Len(t, both, 2, "and the caller is not one of them")
	assert.Equal(t, both[bob], names(bob)[bob])
}
