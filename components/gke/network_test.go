package gke

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/spec"
)

func planned(network string) spec.Cluster {
	return spec.Cluster{NetworkCIDR: network, PodCIDR: "100.64.0.0/14", ServiceCIDR: "172.20.0.0/20"}
}

func TestPlanRanges(t *testing.T) {
	plan, err := planRanges(planned("10.0.0.0/16"))
	require.NoError(t, err)
	assert.Equal(t, "10.0.0.0/17", plan.nodes.String())
	assert.Equal(t, "10.0.255.240/28", plan.controlPlane.String())
	assert.Equal(t, "100.64.0.0/14", plan.pods.String())
	assert.Equal(t, "172.20.0.0/20", plan.services.String())
}

func TestPlanRanges_InsideTheNetworkAndApart(t *testing.T) {
	for _, cidr := range []string{"10.0.0.0/16", "172.16.64.0/18", "192.168.240.0/20", "10.1.2.3/17"} {
		t.Run(cidr, func(t *testing.T) {
			network := netip.MustParsePrefix(cidr).Masked()
			plan, err := planRanges(planned(cidr))
			require.NoError(t, err)
			for _, part := range []netip.Prefix{plan.nodes, plan.controlPlane} {
				assert.True(t, network.Contains(part.Addr()) && part.Bits() > network.Bits(), "%s in %s", part, network)
				assert.Equal(t, part.Masked(), part)
			}
			assert.False(t, plan.nodes.Overlaps(plan.controlPlane))
			assert.Equal(t, 28, plan.controlPlane.Bits(), "GKE takes no other size")
		})
	}
}

func TestPlanRanges_RefusesWhatCannotBe(t *testing.T) {
	for name, c := range map[string]spec.Cluster{
		"no network":            planned(""),
		"an address":            planned("10.0.0.0"),
		"too wide":              planned("10.0.0.0/15"),
		"too narrow":            planned("10.0.0.0/21"),
		"IPv6":                  planned("fd00::/16"),
		"no pods":               {NetworkCIDR: "10.0.0.0/16", ServiceCIDR: "172.20.0.0/20"},
		"pods for one node":     {NetworkCIDR: "10.0.0.0/16", PodCIDR: "100.64.0.0/24", ServiceCIDR: "172.20.0.0/20"},
		"no services":           {NetworkCIDR: "10.0.0.0/16", PodCIDR: "100.64.0.0/14"},
		"services in the pods":  {NetworkCIDR: "10.0.0.0/16", PodCIDR: "100.64.0.0/14", ServiceCIDR: "100.65.0.0/20"},
		"network around others": {NetworkCIDR: "10.0.0.0/16", PodCIDR: "10.0.64.0/20", ServiceCIDR: "172.20.0.0/20"},
	} {
		_, err := planRanges(c)
		assert.ErrorContains(t, err, "gantry:cluster", name)
	}
}

func TestNetwork_SubnetSpansTheRegionWithRangesForPodsAndServices(t *testing.T) {
	rec := run(t, dev())
	assert.Equal(t, false, rec.Named(t, "cluster-vpc").Input(t, "autoCreateSubnetworks"))
	subnets := rec.OfType(typeSubnet)
	require.Len(t, subnets, 1)
	assert.Equal(t, "10.0.0.0/17", subnets[0].Input(t, "ipCidrRange"))
	assert.Equal(t, "us-central1", subnets[0].Input(t, "region"))
	assert.Equal(t, "cluster-vpc-id", subnets[0].Input(t, "network"))
	assert.Equal(t, true, subnets[0].Input(t, "privateIpGoogleAccess"))
	assert.Equal(t, []any{
		map[string]any{"rangeName": "pods", "ipCidrRange": "100.64.0.0/14"},
		map[string]any{"rangeName": "services", "ipCidrRange": "172.20.0.0/20"},
	}, subnets[0].Input(t, "secondaryIpRanges"))
	assert.Equal(t, subnets[0].Inputs, run(t, edit(dev(), func(a *Args) { a.Platform.Cluster.Zones = 3 })).OfType(typeSubnet)[0].Inputs,
		"more zones change no subnet")
}

func TestNetwork_NATIsRegionalEitherWay(t *testing.T) {
	for _, nat := range spec.NATs {
		rec := run(t, edit(dev(), func(a *Args) { a.Platform.Cluster.NAT = nat }))
		gateways := rec.OfType(typeNAT)
		require.Len(t, gateways, 1, nat)
		assert.Equal(t, "cluster-router-1a2b3c4", gateways[0].Input(t, "router"))
		assert.Equal(t, "AUTO_ONLY", gateways[0].Input(t, "natIpAllocateOption"))
		assert.Equal(t, "ALL_SUBNETWORKS_ALL_IP_RANGES", gateways[0].Input(t, "sourceSubnetworkIpRangesToNat"), "pods too")
		assert.Equal(t, true, gateways[0].Input(t, "enableDynamicPortAllocation"))
		assert.Equal(t, false, gateways[0].Input(t, "enableEndpointIndependentMapping"), "the two exclude each other")
	}
}

func TestNetwork_ControlPlaneReachesWebhooksOnNodesAndNothingElse(t *testing.T) {
	rec := run(t, dev())
	rules := rec.OfType(typeFirewall)
	require.Len(t, rules, 1)
	rule, control := rules[0], rec.Named(t, "cluster-cluster")
	assert.Equal(t, "INGRESS", rule.Input(t, "direction"))
	assert.Equal(t, []string{control.Input(t, "privateClusterConfig.masterIpv4CidrBlock").(string)}, rule.Strings(t, "sourceRanges"))
	assert.Equal(t, []string{nodesEmail}, rule.Strings(t, "targetServiceAccounts"))
	assert.Equal(t, []any{map[string]any{"protocol": "tcp", "ports": []any{"6443", "8443", "9443", "15017", "10250"}}}, rule.Input(t, "allows"))
}
