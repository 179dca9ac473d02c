package aks

import (
	"fmt"

	azauthorization "github.com/pulumi/pulumi-azure-native-sdk/authorization/v2"
	azidentity "github.com/pulumi/pulumi-azure-native-sdk/managedidentity/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// role is a built-in role of Azure, by the GUID that it has everywhere. Source:
// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
type role string

const (
	// networkContributor manages networks, but not who may use them.
	networkContributor role = "4d97b98b-1d4f-4787-a291-c67834d212e7"
	// managedIdentityOperator reads an identity and gives it to machines.
	managedIdentityOperator role = "f1a07417-d97a-45cb-824c-7a7467783830"
	// storageAccountContributor manages storage accounts and their keys.
	storageAccountContributor role = "17d1049b-9a84-46fb-8f53-869881c3d3ab"
	// clusterAdmin is "Azure Kubernetes Service RBAC Cluster Admin": all rights
	// in all namespaces.
	clusterAdmin role = "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b"
	// blobReader is "Storage Blob Data Reader".
	blobReader role = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
	// blobContributor is "Storage Blob Data Contributor".
	blobContributor role = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
	// acrPull pulls images.
	acrPull role = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
	// zoneContributor is "DNS Zone Contributor".
	zoneContributor role = "befefa01-2a29-4197-83a8-272ff33ce314"
	// reader sees everything and changes nothing. Keys and data it does not see.
	reader role = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
	// metricsPublisher is "Monitoring Metrics Publisher".
	metricsPublisher role = "3913510d-42f4-4e42-8a64-420c390055eb"
	// serviceBusOwner is "Azure Service Bus Data Owner": the messages of a queue and
	// what is known of them.
	serviceBusOwner role = "090c5cfd-751d-490a-894a-3ce6f1109419"
)

// Kinds of principals. Without the right one Azure looks a new identity up in
// Entra, where it may not have arrived yet, and fails with PrincipalNotFound.
const (
	servicePrincipal = "ServicePrincipal"
	user             = "User"
)

// identities are those that the cluster acts with.
type identities struct {
	// controlPlane makes load balancers, disks and file shares.
	controlPlane *azidentity.UserAssignedIdentity
	// kubelet is the identity of every node. It pulls images of the platform's
	// registry and has no other role: pods in the host network can use whatever
	// a node may do.
	kubelet *azidentity.UserAssignedIdentity
	// granted are the roles of the control plane. The cluster has to depend on
	// them: AKS checks them before it makes anything, and on destroy it cannot
	// remove its load balancers without them.
	granted []pulumi.Resource
}

// grant is a role of a principal on a scope.
type grant struct {
	// what names its resources.
	what string
	role role
	// scope is the id of a resource or resource group.
	scope pulumi.StringInput
	// principal is an object id of Entra, kind what it is the id of.
	principal pulumi.StringInput
	kind      string
}

func (b *build) identities(n *network) (*identities, error) {
	controlPlane, err := b.identity("control-plane")
	if err != nil {
		return nil, err
	}
	kubelet, err := b.identity("kubelet")
	if err != nil {
		return nil, err
	}
	grants := []grant{
		// Of the whole VNet: the control plane puts internal load balancers
		// into subnets, and has to see all of them to choose one.
		{what: "control-plane-network", role: networkContributor, scope: n.vnet.ID().ToStringOutput()},
		{what: "control-plane-kubelet", role: managedIdentityOperator, scope: kubelet.ID().ToStringOutput()},
	}
	if b.platform.StoresFiles() {
		grants = append(grants, grant{what: "control-plane-storage", role: storageAccountContributor, scope: b.group.ID().ToStringOutput()})
	}
	ids := &identities{controlPlane: controlPlane, kubelet: kubelet}
	for _, g := range grants {
		g.principal, g.kind = controlPlane.PrincipalId, servicePrincipal
		assignment, err := b.assign(b.child(g.what), g, b.with()...)
		if err != nil {
			return nil, err
		}
		ids.granted = append(ids.granted, assignment)
	}
	return ids, nil
}

func (b *build) identity(what string) (*azidentity.UserAssignedIdentity, error) {
	identity, err := azidentity.NewUserAssignedIdentity(b.ctx, b.child(what), &azidentity.UserAssignedIdentityArgs{
		ResourceGroupName: b.group.Name,
		ResourceName:      b.named(what),
		Location:          b.location(),
		Tags:              b.tags,
	}, b.with()...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return identity, nil
}

// assign registers a role assignment. Its name in Azure comes from its Pulumi
// name, which makes it known at plan time; an assignment cannot be changed, and
// a second one cannot have its name, so that the old one goes first.
func (b *build) assign(name string, g grant, opts ...pulumi.ResourceOption) (*azauthorization.RoleAssignment, error) {
	assignment, err := azauthorization.NewRoleAssignment(b.ctx, name, &azauthorization.RoleAssignmentArgs{
		RoleAssignmentName: pulumi.String(b.guid(name)),
		RoleDefinitionId:   pulumi.String(b.roleID(g.role)),
		Scope:              g.scope,
		PrincipalId:        g.principal,
		PrincipalType:      pulumi.String(g.kind),
	}, append([]pulumi.ResourceOption{pulumi.DeleteBeforeReplace(true)}, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", g.what, err)
	}
	return assignment, nil
}

// roleID is the id of a built-in role, as Azure returns it: the form without
// the subscription works too, and differs at every refresh.
func (b *build) roleID(r role) string {
	return fmt.Sprintf("/subscriptions/%s/providers/Microsoft.Authorization/roleDefinitions/%s", b.caller.SubscriptionId, r)
}
