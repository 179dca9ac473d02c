package azure

import (
	"net/netip"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

func (a *Account) virtualNetwork() emulator.Type {
	return emulator.Type{
		Token:   tokenVirtualNetwork,
		Source:  "specification/network/resource-manager/Microsoft.Network/stable/2023-02-01/virtualNetwork.json",
		Replace: []string{"location", "resourceGroupName", "virtualNetworkName"},
		Name:    named("virtualNetworkName"),
		Refs:    []emulator.Ref{groupRef()},
		Validate: rules.All(
			matching("virtualNetworkName", vnetForm), located(kindVirtualNetwork), tagRules,
			networks("addressSpace.addressPrefixes[]"), between("flowTimeoutInMinutes", 4, 30), addressSpaceGiven, subnetsApart,
		),
		Create: func(op *emulator.Op) error {
			in, out := op.In(), op.Out()
			out["name"], out["type"] = in.String("virtualNetworkName"), kindVirtualNetwork
			out["resourceGuid"], out["etag"] = newGUID(), etag()
			out["provisioningState"] = "Succeeded"
			return claim(op, a.id(in.String("resourceGroupName"), kindVirtualNetwork, in.String("virtualNetworkName")))
		},
		Update: func(op *emulator.Op) error {
			op.Out()["etag"] = etag()
			for _, subnet := range subnetsIn(op.Tx, op.Object.ID) {
				if err := insideNetwork(*op.Object, subnet.Inputs, lastOf(subnet.ID)); err != nil {
					return err
				}
			}
			return nil
		},
		Delete: func(op *emulator.Op) error {
			for _, subnet := range subnetsIn(op.Tx, op.Object.ID) {
				if holder, used := subnetUser(op.Tx, subnet.ID); used {
					return subnetInUse(subnet, holder)
				}
			}
			return dropInside(op.Tx, op.Object.ID)
		},
	}
}

func addressSpaceGiven(in emulator.Properties) error {
	if in.Settled("addressSpace.addressPrefixes") && len(in.Strings("addressSpace.addressPrefixes")) == 0 {
		return refuse("InvalidRequestFormat", "Cannot parse the request. The property 'addressSpace.addressPrefixes' is required.")
	}
	return nil
}

// subnetsApart refuses subnets inside a network. The account knows them as
// resources of their own only, which is also how a program should have them:
// Azure updates a network with exactly the subnets in the request.
func subnetsApart(in emulator.Properties) error {
	if in.Has("subnets") {
		return invalid("subnets", "is not emulated: declare each subnet as %s", tokenSubnet)
	}
	return nil
}

// subnetsIn are the subnets of a network.
func subnetsIn(tx *emulator.Tx, network string) []emulator.Object {
	var found []emulator.Object
	for _, o := range tx.Of(tokenSubnet) {
		if inside(o.ID, network) {
			found = append(found, o)
		}
	}
	return found
}

// insideNetwork refuses a subnet that is not inside its network.
func insideNetwork(network emulator.Object, subnet emulator.Properties, name string) error {
	for _, own := range prefixesOf(subnet) {
		if !covered(own, network.Inputs.Strings("addressSpace.addressPrefixes")) {
			return refuse("NetcfgSubnetRangeOutsideVnet", "Subnet '%s' is not valid because its IP address range is outside "+
				"the IP address range of virtual network '%s'.", name, lastOf(network.ID))
		}
	}
	return nil
}

// covered tells whether a network lies in one of others.
func covered(own netip.Prefix, others []string) bool {
	for _, text := range others {
		if whole, err := netip.ParsePrefix(text); err == nil && own.Bits() >= whole.Bits() && whole.Contains(own.Addr()) {
			return true
		}
	}
	return false
}
