package azure

import (
	"net/netip"
	"slices"

	"gantry.dev/gantry/sandbox/emulator"
)

// clusterMayRun refuses a cluster whose network does not serve it, or whose
// identity may not do what AKS checks before it makes anything.
// https://learn.microsoft.com/azure/aks/use-managed-identity
func clusterMayRun(op *emulator.Op) error {
	if err := networkFits(op.Tx, *op.Object); err != nil {
		return err
	}
	kubelet := op.In().String("identityProfile.kubeletidentity.resourceId")
	if kubelet == "" || permits(op.Tx, controlPlaneOf(*op.Object), kubelet, roleManagedIdentityOperator, roleContributor, roleOwner) {
		return nil
	}
	return refuse("CustomKubeletIdentityMissingPermissionError", "The cluster using user-assigned managed identity must be granted "+
		"'Managed Identity Operator' role to assign kubelet identity. You can run 'az role assignment create --assignee %s "+
		"--role 'Managed Identity Operator' --scope %s'. See https://learn.microsoft.com/azure/aks/use-managed-identity#add-role-assignment",
		controlPlaneOf(*op.Object), kubelet)
}

// controlPlaneOf is the principal that a cluster acts as, when it was there
// before the cluster; empty for one that AKS makes.
func controlPlaneOf(cluster emulator.Object) string {
	users, _ := cluster.Outputs.At("identity.userAssignedIdentities").(map[string]any)
	for _, v := range users {
		if user, ok := v.(map[string]any); ok {
			id, _ := user["principalId"].(string)
			return id
		}
	}
	return ""
}

// subnetServes refuses a subnet that the cluster may not put nodes in, or out of
// which they would not reach what they need.
func subnetServes(tx *emulator.Tx, cluster emulator.Object, id, subnet string) error {
	if subnet == "" {
		return nil
	}
	if principal := controlPlaneOf(cluster); principal != "" && !permits(tx, principal, subnet, roleNetworkContributor, roleContributor, roleOwner) {
		return refuse("LinkedAuthorizationFailed", "The client '%s' with object id '%s' has permission to perform action "+
			"'Microsoft.ContainerService/managedClusters/agentPools/write' on scope '%s'; however, it does not have permission to perform action(s) "+
			"'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s) '%s' (respectively) or the linked scope(s) are invalid.",
			principal, principal, id, subnet)
	}
	if cluster.Outputs.String("networkProfile.outboundType") != outboundOwnNAT {
		return nil
	}
	o := get(tx, tokenSubnet, subnet)
	nat, has := find(tx, tokenNATGateway, o.Inputs.String("natGateway.id"))
	if !has {
		return refuse("SubnetNotAssociatedWithNATGateway", "Outbound type is %s, and subnet %s is not associated with a NAT gateway.", outboundOwnNAT, subnet)
	}
	egress := addressesOf(tx, nat)
	if len(egress) == 0 {
		return refuse("NATGatewayNotAssociatedWithPublicIPOrIPPrefix", "NAT gateway %s of subnet %s is not associated with any public IP or IP prefix.", nat.ID, subnet)
	}
	return nodesReachAPI(cluster, id, egress)
}

// addressesOf are the public addresses of a NAT gateway.
func addressesOf(tx *emulator.Tx, nat emulator.Object) []string {
	var found []string
	for _, v := range nat.Inputs.All("publicIpAddresses[].id") {
		id, _ := v.(string)
		if o, exists := find(tx, tokenPublicIP, id); exists {
			found = append(found, o.Outputs.String("ipAddress"))
		}
	}
	return found
}

// nodesReachAPI fails nodes that the authorized ranges of their own cluster shut
// out: they come to the API from the address of their NAT gateway. Azure tells
// the exit code of the node's start only; the account adds the cause.
// https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/create-upgrade-delete/error-code-k8sapiserverconnfailvmextensionerror
func nodesReachAPI(cluster emulator.Object, id string, egress []string) error {
	ranges := cluster.Outputs.Strings("apiServerAccessProfile.authorizedIPRanges")
	if len(ranges) == 0 {
		return nil
	}
	for _, text := range egress {
		address, err := netip.ParseAddr(text)
		if err != nil {
			continue
		}
		letIn := slices.ContainsFunc(ranges, func(r string) bool {
			p, err := rangeOf(r)
			return err == nil && p.Contains(address)
		})
		if !letIn {
			return refuse("VMExtensionError_K8SAPIServerConnFail", "Unable to establish connection from agents to Kubernetes API server, "+
				"please see https://aka.ms/aks-required-ports-and-addresses for more information. Details: the nodes of %s come from %s, "+
				"which is in none of the authorizedIPRanges %v", lastOf(id), address, ranges)
		}
	}
	return nil
}
