package eks

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/componenttest"
	"gantry.dev/gantry/modules/spec"
)

func TestPlanSubnets(t *testing.T) {
	pairs, err := planSubnets("10.0.0.0/16")
	require.NoError(t, err)
	require.Len(t, pairs, maxZones)
	assert.Equal(t, "10.0.0.0/19", pairs[0].private.String())
	assert.Equal(t, "10.0.160.0/19", pairs[5].private.String())
	assert.Equal(t, "10.0.224.0/22", pairs[0].public.String())
	assert.Equal(t, "10.0.244.0/22", pairs[5].public.String())
}

func TestPlanSubnets_InsideTheNetworkAndApart(t *testing.T) {
	for _, cidr := range []string{"10.0.0.0/16", "172.16.64.0/18", "192.168.240.0/20", "10.1.2.3/17"} {
		t.Run(cidr, func(t *testing.T) {
			network := netip.MustParsePrefix(cidr).Masked()
			pairs, err := planSubnets(cidr)
			require.NoError(t, err)
			var all []netip.Prefix
			for _, pair := range pairs {
				assert.Greater(t, pair.public.Bits(), pair.private.Bits(), "nodes need more room than load balancers")
				all = append(all, pair.private, pair.public)
			}
			for i, a := range all {
				assert.True(t, network.Overlaps(a) && a.Bits() > network.Bits(), "%s in %s", a, network)
				for _, b := range all[i+1:] {
					assert.False(t, a.Overlaps(b), "%s and %s", a, b)
				}
			}
		})
	}
}

func TestPlanSubnets_RefusesOtherNetworks(t *testing.T) {
	for _, cidr := range []string{"", "ten", "10.0.0.0", "10.0.0.0/15", "10.0.0.0/21", "fd00::/16"} {
		_, err := planSubnets(cidr)
		assert.Error(t, err, cidr)
	}
}

func TestNetwork_NATGateways(t *testing.T) {
	for _, test := range []struct {
		nat   spec.NAT
		zones int
		want  int
	}{
		{spec.NATSingle, 2, 1}, {spec.NATSingle, 3, 1}, {spec.NATPerZone, 2, 2}, {spec.NATPerZone, 3, 3},
	} {
		rec := run(t, edit(dev(), func(a *Args) { a.Platform.Cluster.NAT, a.Platform.Cluster.Zones = test.nat, test.zones }))
		assert.Len(t, rec.OfType(typeNAT), test.want, "%s over %d zones", test.nat, test.zones)
		assert.Len(t, rec.OfType("aws:ec2/eip:Eip"), test.want)
		for _, nat := range rec.OfType(typeNAT) {
			assert.True(t, rec.DependsOn(nat, rec.Named(t, "cluster-igw")), nat.Name)
		}
	}
}

func TestNetwork_ChangeOfNATKeepsTablesAndSubnets(t *testing.T) {
	single, perZone := dev(), dev()
	perZone.Platform.Cluster.NAT = spec.NATPerZone
	for _, kind := range []string{typeSubnet, "aws:ec2/routeTable:RouteTable", "aws:ec2/route:Route"} {
		assert.Equal(t, urns(run(t, single).OfType(kind)), urns(run(t, perZone).OfType(kind)), kind)
	}
}

func TestNetwork_MoreZonesAddSubnetsAndChangeNone(t *testing.T) {
	small, large := dev(), dev()
	large.Platform.Cluster.Zones = 3
	before, after := run(t, small), run(t, large)
	assert.Len(t, after.OfType(typeSubnet), 6)
	for _, subnet := range before.OfType(typeSubnet) {
		assert.Equal(t, subnet.Inputs, after.Named(t, subnet.Name).Inputs, subnet.Name)
	}
	assert.Equal(t, before.Named(t, "cluster-cluster").Strings(t, "vpcConfig.subnetIds"),
		after.Named(t, "cluster-cluster").Strings(t, "vpcConfig.subnetIds"), "EKS refuses to change the zones of a control plane")
}

func TestNetwork_SubnetsAreFoundByLoadBalancersAndGiveNoPublicAddress(t *testing.T) {
	rec := run(t, dev())
	for _, name := range []string{"cluster-private-1", "cluster-private-2"} {
		assert.Equal(t, "1", rec.Named(t, name).Input(t, `tags["kubernetes.io/role/internal-elb"]`))
		assert.Nil(t, rec.Named(t, name).Input(t, `tags["kubernetes.io/role/elb"]`))
	}
	for _, name := range []string{"cluster-public-1", "cluster-public-2"} {
		assert.Equal(t, "1", rec.Named(t, name).Input(t, `tags["kubernetes.io/role/elb"]`))
	}
	for _, subnet := range rec.OfType(typeSubnet) {
		assert.Equal(t, false, subnet.Input(t, "mapPublicIpOnLaunch"), subnet.Name)
	}
	assert.Equal(t, "us-east-1a", rec.Named(t, "cluster-private-1").Input(t, "availabilityZone"), "zones are sorted")
}

func TestNetwork_OfTheVPC(t *testing.T) {
	rec := run(t, dev())
	vpc := rec.Named(t, "cluster-vpc")
	assert.Equal(t, true, vpc.Input(t, "enableDnsHostnames"))
	assert.Equal(t, true, vpc.Input(t, "enableDnsSupport"))

	group := rec.Named(t, "cluster-default-sg")
	assert.Nil(t, group.Input(t, "ingress"))
	assert.Nil(t, group.Input(t, "egress"))

	s3 := rec.Named(t, "cluster-s3")
	assert.Equal(t, "com.amazonaws.us-east-1.s3", s3.Input(t, "serviceName"))
	assert.Equal(t, "Gateway", s3.Input(t, "vpcEndpointType"))
	assert.Len(t, s3.Strings(t, "routeTableIds"), 2)
}

func TestNetwork_AsksForZonesThatEKSCanUse(t *testing.T) {
	rec := &componenttest.Recorder{Outputs: outputs, Invoke: func(token string, args resource.PropertyMap) (resource.PropertyMap, error) {
		if token != "aws:index/getAvailabilityZones:getAvailabilityZones" {
			return account(token, args)
		}
		asked := args.Mappable()
		assert.Equal(t, []any{"use1-az3", "usw1-az2", "cac1-az3"}, asked["excludeZoneIds"])
		assert.Equal(t, []any{map[string]any{"name": "opt-in-status", "values": []any{"opt-in-not-required"}}}, asked["filters"])
		return resource.PropertyMap{"names": resource.NewProperty([]resource.PropertyValue{resource.NewProperty("us-east-1b")})}, nil
	}}
	err := rec.Run(func(ctx *pulumi.Context) error {
		_, err := New(ctx, "cluster", dev())
		return err
	})
	assert.ErrorContains(t, err, "gantry:cluster.zones is 2: us-east-1 has 1 zones that EKS can use (us-east-1b)")
}

func TestNew_FailedLookupIsAnErrorNotAPanic(t *testing.T) {
	for _, token := range []string{"getPartition", "getAvailabilityZones", "getCallerIdentity", "getSessionContext"} {
		rec := &componenttest.Recorder{Outputs: outputs, Invoke: func(called string, args resource.PropertyMap) (resource.PropertyMap, error) {
			if called == "aws:index/"+token+":"+token || called == "aws:iam/"+token+":"+token {
				return nil, errors.New("ExpiredToken")
			}
			return account(called, args)
		}}
		err := rec.Run(func(ctx *pulumi.Context) error {
			_, err := New(ctx, "cluster", dev())
			return err
		})
		assert.ErrorContains(t, err, "ExpiredToken", token)
		assert.ErrorContains(t, err, "eks cluster cluster", token)
	}
}

func urns(all []componenttest.Resource) []string {
	var out []string
	for _, res := range all {
		out = append(out, res.URN)
	}
	return out
}
