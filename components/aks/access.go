package aks

import (
	"fmt"

	azcontainers "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20241001"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// clientAzureCLI is the application that people sign in with when they use the
// Azure CLI; any other client is a service principal or managed identity of its
// own. Source: https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in
const clientAzureCLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

// entra lets only identities of Entra in, and leaves what they may do to roles
// of Azure. The groups of gantry:cluster.admins may do everything.
func (b *build) entra() azcontainers.ManagedClusterAADProfileArgs {
	profile := azcontainers.ManagedClusterAADProfileArgs{
		Managed:         pulumi.Bool(true),
		EnableAzureRBAC: pulumi.Bool(true),
	}
	if admins := b.platform.Cluster.Admins; len(admins) > 0 {
		profile.AdminGroupObjectIDs = pulumi.ToStringArray(admins)
	}
	return profile
}

// adminAccess makes whoever runs the first up an admin where the platform names
// none, and returns what has to exist before an admin can do anything.
//
// The scope is the resource group, in which there is no other cluster, and not
// the cluster: AKS takes up to five minutes to notice a role, and this way they
// pass while the cluster is made. Source:
// https://learn.microsoft.com/azure/aks/entra-id-authorization
func (b *build) adminAccess() ([]pulumi.Resource, error) {
	if len(b.platform.Cluster.Admins) > 0 {
		return nil, nil
	}
	kind := servicePrincipal
	if b.caller.ClientId == clientAzureCLI {
		kind = user
	}
	// Whoever runs the next up, the first stays the admin.
	keep := pulumi.IgnoreChanges([]string{"principalId", "principalType"})
	assignment, err := b.assign(b.child("admin-caller"), grant{
		what:      "admin-caller",
		role:      clusterAdmin,
		scope:     b.group.ID().ToStringOutput(),
		principal: pulumi.String(b.caller.ObjectId),
		kind:      kind,
	}, b.with(keep)...)
	if err != nil {
		return nil, fmt.Errorf("caller %s: %w", b.caller.ObjectId, err)
	}
	return []pulumi.Resource{assignment}, nil
}
