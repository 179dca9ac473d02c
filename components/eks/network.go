package eks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	awsec2 "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/spec"
)

// excludedZones cannot hold subnets of an EKS cluster. Source: Amazon EKS user
// guide, "View Amazon EKS networking requirements for VPC and subnets".
var excludedZones = []string{"use1-az3", "usw1-az2", "cac1-az3"}

// anywhere is the destination of a default route.
const anywhere = "0.0.0.0/0"

// network is the VPC of a cluster.
type network struct {
	vpc *awsec2.Vpc
	// private has one subnet for each zone, in the order of the zones.
	private []*awsec2.Subnet
	// routed is everything that must stand before an instance in a private
	// subnet, or a load balancer in a public one, can reach the internet.
	routed []pulumi.Resource
}

// zoneSubnets are the subnets of one zone.
type zoneSubnets struct {
	zone            string
	private, public *awsec2.Subnet
}

// network registers a VPC with a private and a public subnet in each zone.
// Nodes are private; they reach the internet through NAT in the public subnets.
func (b *build) network() (*network, error) {
	zones, err := b.zones()
	if err != nil {
		return nil, err
	}
	vpc, err := b.vpc()
	if err != nil {
		return nil, err
	}
	n := &network{vpc: vpc}
	subnets, err := b.subnets(vpc, zones)
	if err != nil {
		return nil, err
	}
	gateway, err := b.publicRoutes(n, subnets)
	if err != nil {
		return nil, err
	}
	nats, err := b.natGateways(subnets, gateway)
	if err != nil {
		return nil, err
	}
	if err := b.privateRoutes(n, subnets, nats); err != nil {
		return nil, err
	}
	for _, s := range subnets {
		n.private = append(n.private, s.private)
	}
	return n, nil
}

// zones returns the first zones of the region that EKS can use, by name, so
// that a zone keeps its subnet from run to run.
func (b *build) zones() ([]string, error) {
	found, err := aws.GetAvailabilityZones(b.ctx, &aws.GetAvailabilityZonesArgs{
		State: pulumi.StringRef("available"),
		// Local and Wavelength zones have to be opted into; EKS nodes there
		// cannot use the services of the region.
		Filters:        []aws.GetAvailabilityZonesFilter{{Name: "opt-in-status", Values: []string{"opt-in-not-required"}}},
		ExcludeZoneIds: excludedZones,
	}, b.invokeOptions()...)
	if err != nil {
		return nil, fmt.Errorf("availability zones of %s: %w", b.platform.Region, err)
	}
	want := b.platform.Cluster.Zones
	names := slices.Sorted(slices.Values(found.Names))
	if len(names) < want {
		return nil, fmt.Errorf("gantry:cluster.zones is %d: %s has %d zones that EKS can use (%s): lower it or choose another region",
			want, b.platform.Region, len(names), strings.Join(names, ", "))
	}
	return names[:want], nil
}

func (b *build) vpc() (*awsec2.Vpc, error) {
	vpc, err := awsec2.NewVpc(b.ctx, b.child("vpc"), &awsec2.VpcArgs{
		CidrBlock: pulumi.String(b.platform.Cluster.NetworkCIDR),
		// Nodes find the private endpoint of the cluster by DNS, and register
		// under their DNS host name: without both they never join.
		EnableDnsHostnames: pulumi.Bool(true),
		EnableDnsSupport:   pulumi.Bool(true),
		Tags:               b.named("vpc"),
	}, b.with()...)
	if err != nil {
		return nil, err
	}
	// The default security group allows all traffic among its members. It
	// cannot be deleted, only emptied.
	_, err = awsec2.NewDefaultSecurityGroup(b.ctx, b.child("default-sg"), &awsec2.DefaultSecurityGroupArgs{
		VpcId: vpc.ID(),
		Tags:  b.named("default-unused"),
	}, b.with()...)
	return vpc, err
}

func (b *build) subnets(vpc *awsec2.Vpc, zones []string) ([]zoneSubnets, error) {
	plan, err := planSubnets(b.platform.Cluster.NetworkCIDR)
	if err != nil {
		return nil, err
	}
	subnets := make([]zoneSubnets, len(zones))
	for i, zone := range zones {
		private, err := b.subnet(vpc, fmt.Sprintf("private-%d", i+1), zone, plan[i].private.String(), "internal-elb")
		if err != nil {
			return nil, err
		}
		public, err := b.subnet(vpc, fmt.Sprintf("public-%d", i+1), zone, plan[i].public.String(), "elb")
		if err != nil {
			return nil, err
		}
		subnets[i] = zoneSubnets{zone: zone, private: private, public: public}
	}
	return subnets, nil
}

// subnet registers a subnet for load balancers of the role: elb or
// internal-elb. Load balancer controllers find subnets by that tag. No instance
// gets a public address, not even in a public subnet.
func (b *build) subnet(vpc *awsec2.Vpc, what, zone, cidr, role string) (*awsec2.Subnet, error) {
	tags := b.named(what)
	tags["kubernetes.io/role/"+role] = pulumi.String("1")
	return awsec2.NewSubnet(b.ctx, b.child(what), &awsec2.SubnetArgs{
		VpcId:               vpc.ID(),
		AvailabilityZone:    pulumi.String(zone),
		CidrBlock:           pulumi.String(cidr),
		MapPublicIpOnLaunch: pulumi.Bool(false),
		Tags:                tags,
	}, b.with()...)
}

// publicRoutes connects the public subnets to the internet.
func (b *build) publicRoutes(n *network, subnets []zoneSubnets) (*awsec2.InternetGateway, error) {
	gateway, err := awsec2.NewInternetGateway(b.ctx, b.child("igw"), &awsec2.InternetGatewayArgs{
		VpcId: n.vpc.ID(),
		Tags:  b.named("igw"),
	}, b.with()...)
	if err != nil {
		return nil, err
	}
	table, err := b.routeTable(n.vpc, "public")
	if err != nil {
		return nil, err
	}
	route, err := awsec2.NewRoute(b.ctx, b.child("public-internet"), &awsec2.RouteArgs{
		RouteTableId:         table.ID(),
		DestinationCidrBlock: pulumi.String(anywhere),
		GatewayId:            gateway.ID(),
	}, b.with()...)
	if err != nil {
		return nil, err
	}
	n.routed = append(n.routed, route)
	for i, s := range subnets {
		if err := b.associate(n, fmt.Sprintf("public-%d", i+1), s.public, table); err != nil {
			return nil, err
		}
	}
	return gateway, nil
}

// natGateways returns the gateway for each zone: the zone's own, or one for all.
func (b *build) natGateways(subnets []zoneSubnets, gateway *awsec2.InternetGateway) ([]*awsec2.NatGateway, error) {
	gateways := make([]*awsec2.NatGateway, len(subnets))
	for i, s := range subnets {
		if i > 0 && b.platform.Cluster.NAT != spec.NATPerZone {
			gateways[i] = gateways[0]
			continue
		}
		nat, err := b.natGateway(fmt.Sprintf("nat-%d", i+1), s.public, gateway)
		if err != nil {
			return nil, err
		}
		gateways[i] = nat
	}
	return gateways, nil
}

func (b *build) natGateway(what string, subnet *awsec2.Subnet, gateway *awsec2.InternetGateway) (*awsec2.NatGateway, error) {
	address, err := awsec2.NewEip(b.ctx, b.child(what+"-ip"), &awsec2.EipArgs{
		Domain: pulumi.String("vpc"),
		Tags:   b.named(what),
	}, b.with()...)
	if err != nil {
		return nil, err
	}
	return awsec2.NewNatGateway(b.ctx, b.child(what), &awsec2.NatGatewayArgs{
		AllocationId: address.ID(),
		SubnetId:     subnet.ID(),
		Tags:         b.named(what),
		// A NAT gateway made before the internet gateway is attached fails.
	}, b.with(pulumi.DependsOn([]pulumi.Resource{gateway}))...)
}

// privateRoutes sends the traffic of each private subnet to its NAT gateway,
// and that to S3, where container layers and models lie, past it: NAT is paid
// by the gigabyte. Each zone has a table of its own even behind a single
// gateway, so that the change to one a zone moves a route and nothing else.
func (b *build) privateRoutes(n *network, subnets []zoneSubnets, nats []*awsec2.NatGateway) error {
	tables := make(pulumi.StringArray, len(subnets))
	for i, s := range subnets {
		what := fmt.Sprintf("private-%d", i+1)
		table, err := b.routeTable(n.vpc, what)
		if err != nil {
			return err
		}
		route, err := awsec2.NewRoute(b.ctx, b.child(what+"-internet"), &awsec2.RouteArgs{
			RouteTableId:         table.ID(),
			DestinationCidrBlock: pulumi.String(anywhere),
			NatGatewayId:         nats[i].ID(),
		}, b.with()...)
		if err != nil {
			return err
		}
		n.routed = append(n.routed, route)
		if err := b.associate(n, what, s.private, table); err != nil {
			return err
		}
		tables[i] = table.ID().ToStringOutput()
	}
	endpoint, err := awsec2.NewVpcEndpoint(b.ctx, b.child("s3"), &awsec2.VpcEndpointArgs{
		VpcId:           n.vpc.ID(),
		ServiceName:     pulumi.Sprintf("com.amazonaws.%s.s3", b.platform.Region),
		VpcEndpointType: pulumi.String("Gateway"),
		RouteTableIds:   tables,
		Tags:            b.named("s3"),
	}, b.with()...)
	n.routed = append(n.routed, endpoint)
	return err
}

func (b *build) routeTable(vpc *awsec2.Vpc, what string) (*awsec2.RouteTable, error) {
	return awsec2.NewRouteTable(b.ctx, b.child(what+"-routes"), &awsec2.RouteTableArgs{
		VpcId: vpc.ID(),
		Tags:  b.named(what),
	}, b.with()...)
}

func (b *build) associate(n *network, what string, subnet *awsec2.Subnet, table *awsec2.RouteTable) error {
	association, err := awsec2.NewRouteTableAssociation(b.ctx, b.child(what+"-association"),
		&awsec2.RouteTableAssociationArgs{SubnetId: subnet.ID(), RouteTableId: table.ID()}, b.with()...)
	n.routed = append(n.routed, association)
	return err
}

// subnetIDs of the private subnets in the first zones; 0 is all of them.
func (n *network) subnetIDs(zones int) pulumi.StringArray {
	if zones == 0 {
		zones = len(n.private)
	}
	var ids pulumi.StringArray
	for _, subnet := range n.private[:zones] {
		ids = append(ids, subnet.ID().ToStringOutput())
	}
	return ids
}
