package azure

import (
	"net/netip"
	"slices"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// narrowestSubnet is the least size of a subnet: a /29 has three addresses that
// are not Azure's.
const narrowestSubnet = 29

func (a *Account) subnet() emulator.Type {
	return emulator.Type{
		Token:   tokenSubnet,
		Source:  "specification/network/resource-manager/Microsoft.Network/stable/2023-02-01/virtualNetwork.json",
		Replace: []string{"resourceGroupName", "subnetName", "virtualNetworkName"},
		Name:    namedAlike("subnetName"),
		Refs:    []emulator.Ref{groupRef(), idRef("natGateway.id", tokenNATGateway)},
		InUse:   subnetInUse,
		Validate: rules.All(
			matching("subnetName", networkForm), networks("addressPrefix", "addressPrefixes[]"), onePrefix, noOtherParts,
			oneOf("privateEndpointNetworkPolicies", "Enabled", "Disabled"),
			oneOf("privateLinkServiceNetworkPolicies", "Enabled", "Disabled"),
		),
		Create: func(op *emulator.Op) error {
			in, out := op.In(), op.Out()
			network, err := parent(op.Tx, tokenVirtualNetwork,
				a.id(in.String("resourceGroupName"), kindVirtualNetwork, in.String("virtualNetworkName")), kindSubnet)
			if err != nil {
				return err
			}
			if err := claim(op, network.ID+"/subnets/"+in.String("subnetName")); err != nil {
				return err
			}
			out["name"] = in.String("subnetName")
			return settleSubnet(op, network)
		},
		Update: func(op *emulator.Op) error {
			if holder, used := subnetUser(op.Tx, op.Object.ID); used && !slices.Equal(prefixesOf(op.In()), prefixesOf(op.Old.Inputs)) {
				return refuse("InUsePrefixCannotBeDeleted", "IpPrefix %s on Subnet %s has active allocations of %s and cannot be deleted.",
					prefixesOf(op.Old.Inputs)[0], lastOf(op.Object.ID), holder.ID)
			}
			return settleSubnet(op, get(op.Tx, tokenVirtualNetwork, parentOf(op.Object.ID)))
		},
	}
}

// settleSubnet refuses a subnet that does not fit beside the others, and fills
// in what Azure adds.
func settleSubnet(op *emulator.Op, network emulator.Object) error {
	name := lastOf(op.Object.ID)
	if err := insideNetwork(network, op.In(), name); err != nil {
		return err
	}
	for _, other := range subnetsIn(op.Tx, network.ID) {
		if other.ID != op.Object.ID && overlap(prefixesOf(op.In()), prefixesOf(other.Inputs)) {
			return refuse("NetcfgSubnetRangesOverlap", "Subnet '%s' is not valid because its IP address range overlaps with "+
				"that of an existing subnet in virtual network '%s'.", name, lastOf(network.ID))
		}
	}
	if nat, has := find(op.Tx, tokenNATGateway, op.In().String("natGateway.id")); has {
		if err := sameRegion(network.Outputs.String("location"), nat); err != nil {
			return err
		}
	}
	out := op.Out()
	out["etag"], out["provisioningState"] = etag(), "Succeeded"
	for i := range op.In().Objects("serviceEndpoints") {
		endpoint := out.At("serviceEndpoints").([]any)[i].(map[string]any)
		endpoint["provisioningState"], endpoint["locations"] = "Succeeded", []any{network.Outputs.String("location")}
	}
	return nil
}

// onePrefix takes exactly one network, in one of the two properties for it. Of
// the second, AKS takes no more than one either.
func onePrefix(in emulator.Properties) error {
	if !in.Known("addressPrefix") || !in.Known("addressPrefixes") {
		return nil
	}
	prefixes := prefixesOf(in)
	switch {
	case len(prefixes) == 0:
		return refuse("InvalidRequestFormat", "Cannot parse the request. One of 'addressPrefix' and 'addressPrefixes' is required.")
	case in.Has("addressPrefix") && in.Has("addressPrefixes"):
		return refuse("InvalidRequestFormat", "Cannot parse the request. 'addressPrefix' and 'addressPrefixes' exclude each other.")
	case prefixes[0].Bits() > narrowestSubnet:
		return refuse("SubnetPrefixTooSmall", "The subnet's address prefix %s is smaller than /%d.", prefixes[0], narrowestSubnet)
	}
	return nil
}

// noOtherParts refuses references to kinds of resources that the account has not.
func noOtherParts(in emulator.Properties) error {
	for _, path := range []string{"networkSecurityGroup.id", "routeTable.id", "serviceEndpointPolicies[].id", "ipAllocations[].id"} {
		if id := in.String(path); id != "" {
			return notFound(id)
		}
	}
	return nil
}

// prefixesOf are the networks of a subnet.
func prefixesOf(in emulator.Properties) []netip.Prefix {
	texts := in.Strings("addressPrefixes")
	if one := in.String("addressPrefix"); one != "" {
		texts = append(texts, one)
	}
	var found []netip.Prefix
	for _, text := range texts {
		if p, err := netip.ParsePrefix(text); err == nil {
			found = append(found, p)
		}
	}
	return found
}

func overlap(some, others []netip.Prefix) bool {
	for _, one := range some {
		if slices.ContainsFunc(others, one.Overlaps) {
			return true
		}
	}
	return false
}

// subnetUser is a cluster or pool whose nodes are in a subnet.
func subnetUser(tx *emulator.Tx, id string) (emulator.Object, bool) {
	for _, o := range tx.Objects() {
		for _, path := range map[string][]string{
			tokenCluster: {"agentPoolProfiles[].vnetSubnetID"}, tokenAgentPool: {"vnetSubnetID"},
		}[o.Token] {
			if slices.Contains(o.Inputs.All(path), any(id)) {
				return o, true
			}
		}
	}
	return emulator.Object{}, false
}

func subnetInUse(subnet, holder emulator.Object) error {
	return refuse("InUseSubnetCannotBeDeleted", "Subnet %s is in use by %s and cannot be deleted. "+
		"In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.",
		lastOf(subnet.ID), interfaceIn(subnet.ID, holder))
}

// reservedAddresses at the start of a subnet belong to Azure, and so does the
// last. https://learn.microsoft.com/azure/virtual-network/virtual-networks-faq
const reservedAddresses = 4

// freeAddress is the lowest address of a subnet that is not taken.
func freeAddress(subnet emulator.Object, taken map[string]bool) (string, error) {
	prefixes := prefixesOf(subnet.Inputs)
	if len(prefixes) == 0 {
		return "", refuse("GetSubnetCidrError", "Subnet %s has no address prefix.", subnet.ID)
	}
	address := prefixes[0].Addr()
	for range reservedAddresses {
		address = address.Next()
	}
	for ; prefixes[0].Contains(address.Next()); address = address.Next() {
		if text := address.String(); !taken[text] {
			taken[text] = true
			return text, nil
		}
	}
	return "", refuse("SubnetIsFull", "Subnet %s with address prefix %s does not have enough capacity for 1 IP addresses.",
		lastOf(subnet.ID), prefixes[0])
}
