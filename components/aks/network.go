package aks

import (
	"fmt"

	aznetwork "github.com/pulumi/pulumi-azure-native-sdk/network/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// serviceStorage is the service endpoint of Azure Storage.
const serviceStorage = "Microsoft.Storage"

// network is the VNet of a cluster.
type network struct {
	vnet *aznetwork.VirtualNetwork
	// subnetIDs by the name of the pool.
	subnetIDs map[string]pulumi.StringOutput
	// egress is the address that nodes have on the internet.
	egress pulumi.StringOutput
}

// network registers a VNet with a subnet for each pool, and one NAT gateway for
// all. A gateway belongs to one zone or, as here, to none that is named; a
// subnet spans all zones and has one gateway: gantry:cluster.nat per-zone cannot
// be had on Azure, and means the same as single.
//
// The subnets have no network security group: AKS keeps one of its own at the
// network interfaces of the nodes, and opens it for the load balancers that
// Kubernetes asks for.
func (b *build) network() (*network, error) {
	vnet, err := aznetwork.NewVirtualNetwork(b.ctx, b.child("vnet"), &aznetwork.VirtualNetworkArgs{
		ResourceGroupName:  b.group.Name,
		VirtualNetworkName: b.named("vnet"),
		Location:           b.location(),
		AddressSpace: aznetwork.AddressSpaceArgs{
			AddressPrefixes: pulumi.ToStringArray([]string{b.platform.Cluster.NetworkCIDR}),
		},
		Tags: b.tags,
	}, b.with()...)
	if err != nil {
		return nil, err
	}
	address, err := b.egressAddress()
	if err != nil {
		return nil, err
	}
	gateway, err := b.natGateway(address)
	if err != nil {
		return nil, err
	}
	subnetIDs, err := b.subnets(vnet, gateway)
	if err != nil {
		return nil, err
	}
	return &network{vnet: vnet, subnetIDs: subnetIDs, egress: address.IpAddress.Elem()}, nil
}

// egressAddress registers the address that all traffic to the internet comes
// from. It is static: others may have to let it in.
func (b *build) egressAddress() (*aznetwork.PublicIPAddress, error) {
	return aznetwork.NewPublicIPAddress(b.ctx, b.child("nat-ip"), &aznetwork.PublicIPAddressArgs{
		ResourceGroupName:        b.group.Name,
		PublicIpAddressName:      b.named("nat"),
		Location:                 b.location(),
		PublicIPAddressVersion:   pulumi.String("IPv4"),
		PublicIPAllocationMethod: pulumi.String("Static"),
		Sku:                      aznetwork.PublicIPAddressSkuArgs{Name: pulumi.String("Standard"), Tier: pulumi.String("Regional")},
		Tags:                     b.tags,
	}, b.with()...)
}

func (b *build) natGateway(address *aznetwork.PublicIPAddress) (*aznetwork.NatGateway, error) {
	return aznetwork.NewNatGateway(b.ctx, b.child("nat"), &aznetwork.NatGatewayArgs{
		ResourceGroupName: b.group.Name,
		NatGatewayName:    b.named("nat"),
		Location:          b.location(),
		Sku:               aznetwork.NatGatewaySkuArgs{Name: pulumi.String("Standard")},
		PublicIpAddresses: aznetwork.SubResourceArray{aznetwork.SubResourceArgs{Id: address.ID().ToStringOutput()}},
		Tags:              b.tags,
	}, b.with()...)
}

// subnets registers the subnet of each pool and returns their ids. They are named by their block, not
// by their pool: when a pool moves to a block that another one had, the subnet
// there stays, and the pool finds it in place.
func (b *build) subnets(vnet *aznetwork.VirtualNetwork, gateway *aznetwork.NatGateway) (map[string]pulumi.StringOutput, error) {
	plan, err := planSubnets(b.platform.Cluster.NetworkCIDR, b.pools)
	if err != nil {
		return nil, err
	}
	ids := map[string]pulumi.StringOutput{}
	// Azure changes one subnet of a VNet at a time and refuses the others
	// meanwhile (AnotherOperationInProgress): each waits for the one before.
	var before []pulumi.Resource
	for i, pool := range b.pools {
		what := fmt.Sprintf("nodes-%d", plan[i].block)
		subnet, err := aznetwork.NewSubnet(b.ctx, b.child(what), &aznetwork.SubnetArgs{
			ResourceGroupName:  b.group.Name,
			VirtualNetworkName: vnet.Name,
			SubnetName:         pulumi.String(what),
			AddressPrefix:      pulumi.String(plan[i].prefix.String()),
			NatGateway:         aznetwork.SubResourceArgs{Id: gateway.ID().ToStringOutput()},
			// Traffic to storage, where model files lie, goes past NAT, which is
			// paid by the gigabyte. The file and blob drivers would add the
			// endpoint by themselves, and the next up would take it away.
			ServiceEndpoints: aznetwork.ServiceEndpointPropertiesFormatArray{
				aznetwork.ServiceEndpointPropertiesFormatArgs{Service: pulumi.String(serviceStorage)},
			},
		}, b.with(pulumi.DependsOn(before))...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", pool.Name, err)
		}
		ids[pool.Name], before = subnet.ID().ToStringOutput(), []pulumi.Resource{subnet}
	}
	return ids, nil
}
