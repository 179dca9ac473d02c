package gke

import (
	"strconv"

	gcpcompute "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Names of the secondary ranges of the subnet.
const (
	rangePods     = "pods"
	rangeServices = "services"
)

// webhookPorts are where admission webhooks and API extensions commonly listen:
// 8443 and 9443 of most controllers, 6443 of KEDA's metrics, 15017 of Istio,
// 10250 of the kubelet, of metrics servers and of cert-manager. GKE itself opens
// 443 and 10250 of nodes only.
var webhookPorts = []int{6443, 8443, 9443, 15017, 10250}

// network is the VPC of a cluster.
type network struct {
	ranges
	vpc    *gcpcompute.Network
	subnet *gcpcompute.Subnetwork
	// routed is what must stand before a node can reach the internet.
	routed []pulumi.Resource
}

// network registers a VPC with one subnet, which spans the zones of the region.
// Nodes have private addresses; they reach Google's own APIs directly and the
// rest of the internet through NAT.
func (b *build) network(s *services) (*network, error) {
	plan, err := planRanges(b.platform.Cluster)
	if err != nil {
		return nil, err
	}
	vpc, err := gcpcompute.NewNetwork(b.ctx, b.child("vpc"), &gcpcompute.NetworkArgs{
		Description: pulumi.String("Network of " + b.platform.Name),
		// The other choice has a subnet in every region of the world.
		AutoCreateSubnetworks: pulumi.Bool(false),
		RoutingMode:           pulumi.String("REGIONAL"),
	}, b.with(pulumi.DependsOn(s.all))...)
	if err != nil {
		return nil, err
	}
	n := &network{ranges: plan, vpc: vpc}
	if n.subnet, err = b.subnet(n); err != nil {
		return nil, err
	}
	nat, err := b.nat(vpc)
	if err != nil {
		return nil, err
	}
	n.routed = []pulumi.Resource{nat}
	return n, nil
}

func (b *build) subnet(n *network) (*gcpcompute.Subnetwork, error) {
	return gcpcompute.NewSubnetwork(b.ctx, b.child("nodes"), &gcpcompute.SubnetworkArgs{
		Description: pulumi.String("Nodes, pods and services of " + b.platform.Name),
		Network:     n.vpc.ID(),
		Region:      pulumi.String(b.platform.Region),
		IpCidrRange: pulumi.String(n.nodes.String()),
		// Images and model files come from Google's own services: they need no
		// NAT, which is paid by the gigabyte.
		PrivateIpGoogleAccess: pulumi.Bool(true),
		SecondaryIpRanges: gcpcompute.SubnetworkSecondaryIpRangeArray{
			gcpcompute.SubnetworkSecondaryIpRangeArgs{
				RangeName: pulumi.String(rangePods), IpCidrRange: pulumi.String(n.pods.String()),
			},
			gcpcompute.SubnetworkSecondaryIpRangeArgs{
				RangeName: pulumi.String(rangeServices), IpCidrRange: pulumi.String(n.services.String()),
			},
		},
	}, b.with()...)
}

// nat registers the way to the internet. Cloud NAT is no machine: it belongs to
// the region and fails with no zone. So there is one, whether
// gantry:cluster.nat is single or per-zone.
func (b *build) nat(vpc *gcpcompute.Network) (*gcpcompute.RouterNat, error) {
	router, err := gcpcompute.NewRouter(b.ctx, b.child("router"), &gcpcompute.RouterArgs{
		Description: pulumi.String("NAT of " + b.platform.Name),
		Network:     vpc.ID(),
		Region:      pulumi.String(b.platform.Region),
	}, b.with()...)
	if err != nil {
		return nil, err
	}
	return gcpcompute.NewRouterNat(b.ctx, b.child("nat"), &gcpcompute.RouterNatArgs{
		Router:                        router.Name,
		Region:                        pulumi.String(b.platform.Region),
		NatIpAllocateOption:           pulumi.String("AUTO_ONLY"),
		SourceSubnetworkIpRangesToNat: pulumi.String("ALL_SUBNETWORKS_ALL_IP_RANGES"),
		// All pods of a node share its ports; the fixed 64 of the default are
		// used up by one that pulls a dataset. Dynamic allocation excludes
		// endpoint-independent mapping.
		EnableDynamicPortAllocation:      pulumi.Bool(true),
		EnableEndpointIndependentMapping: pulumi.Bool(false),
		LogConfig: gcpcompute.RouterNatLogConfigArgs{
			Enable: pulumi.Bool(true),
			Filter: pulumi.String("ERRORS_ONLY"),
		},
	}, b.with()...)
}

// webhookAccess lets the control plane call webhooks that run on nodes: without
// it, every object that a webhook has to admit times out.
func (b *build) webhookAccess(n *network, nodes *account) (*gcpcompute.Firewall, error) {
	var ports pulumi.StringArray
	for _, port := range webhookPorts {
		ports = append(ports, pulumi.String(strconv.Itoa(port)))
	}
	return gcpcompute.NewFirewall(b.ctx, b.child("webhooks"), &gcpcompute.FirewallArgs{
		Description:           pulumi.String("Admission webhooks of " + b.platform.Name + ", from its control plane"),
		Network:               n.vpc.ID(),
		Direction:             pulumi.String("INGRESS"),
		SourceRanges:          pulumi.ToStringArray([]string{n.controlPlane.String()}),
		TargetServiceAccounts: pulumi.StringArray{nodes.Email},
		Allows: gcpcompute.FirewallAllowArray{gcpcompute.FirewallAllowArgs{
			Protocol: pulumi.String("tcp"), Ports: ports,
		}},
	}, b.with()...)
}
