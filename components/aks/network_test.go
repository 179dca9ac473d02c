package aks

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/spec"
)

func pools(names ...string) []spec.PoolPlan {
	var all []spec.PoolPlan
	for _, name := range names {
		all = append(all, plan(spec.Pool{Name: name, Role: spec.RoleInference}))
	}
	return all
}

func TestPlanSubnets_InsideTheNetworkAndApart(t *testing.T) {
	var names []string
	for i := range poolBlocks {
		names = append(names, fmt.Sprintf("pool%d", i))
	}
	for cidr, bits := range map[string]int{"10.0.0.0/16": 22, "172.16.64.0/18": 24, "192.168.240.0/20": 26, "10.1.2.3/17": 23} {
		t.Run(cidr, func(t *testing.T) {
			network := netip.MustParsePrefix(cidr).Masked()
			subnets, err := planSubnets(cidr, pools(names...))
			require.NoError(t, err)
			require.Len(t, subnets, poolBlocks)
			free := netip.PrefixFrom(address(network, uint32(56)<<(32-bits)), network.Bits()+3)
			for i, a := range subnets {
				assert.Equal(t, bits, a.prefix.Bits())
				assert.True(t, network.Overlaps(a.prefix), "%s in %s", a.prefix, network)
				assert.False(t, free.Overlaps(a.prefix), "%s is in the part that stays free", a.prefix)
				for _, b := range subnets[i+1:] {
					assert.False(t, a.prefix.Overlaps(b.prefix), "%s and %s", a.prefix, b.prefix)
				}
			}
		})
	}
}

func TestPlanSubnets_APoolKeepsItsSubnetWhateverTheOthersDo(t *testing.T) {
	blocks := func(names ...string) map[string]int {
		subnets, err := planSubnets("10.0.0.0/16", pools(names...))
		require.NoError(t, err)
		byName := map[string]int{}
		for i, name := range names {
			byName[name] = subnets[i].block
		}
		return byName
	}
	all := blocks("system", "train", "serve", "batch")
	assert.Equal(t, all["serve"], blocks("serve", "system")["serve"], "others removed and reordered")
	assert.Equal(t, all["system"], blocks("system", "more", "serve")["system"], "others added")
}

func TestPlanSubnets_TwoPoolsThatAskForOneBlockGetTwo(t *testing.T) {
	first, second := "pool0", ""
	for i := 1; second == ""; i++ {
		if name := fmt.Sprintf("pool%d", i); wantedBlock(name) == wantedBlock(first) {
			second = name
		}
	}
	subnets, err := planSubnets("10.0.0.0/16", pools(first, second))
	require.NoError(t, err)
	assert.Equal(t, wantedBlock(first), subnets[0].block)
	assert.Equal(t, (wantedBlock(first)+1)%poolBlocks, subnets[1].block)
}

func TestPlanSubnets_RefusesOtherNetworks(t *testing.T) {
	for _, cidr := range []string{"", "ten", "10.0.0.0", "10.0.0.0/15", "10.0.0.0/21", "fd00::/16", "172.30.0.0/16", "172.31.16.0/20"} {
		_, err := planSubnets(cidr, nil)
		assert.Error(t, err, cidr)
	}
	_, err := planSubnets("10.0.0.0/16", make([]spec.PoolPlan, poolBlocks+1))
	assert.ErrorContains(t, err, "subnets for 56 pools")
}

func TestRoom(t *testing.T) {
	assert.Equal(t, 1019, nodeSubnet{prefix: netip.MustParsePrefix("10.0.0.0/22")}.room())
	assert.Equal(t, 59, nodeSubnet{prefix: netip.MustParsePrefix("10.0.0.0/26")}.room())
	assert.Equal(t, 1024, podRoom(netip.MustParsePrefix("100.64.0.0/14")))
	assert.Equal(t, 1, podRoom(netip.MustParsePrefix("100.64.0.0/26")))
}

func TestNetwork_HasOneGatewayWithAStaticAddress(t *testing.T) {
	for _, nat := range []spec.NAT{spec.NATSingle, spec.NATPerZone} {
		rec := run(t, edit(dev(), func(a *Args) { a.Platform.Cluster.NAT = nat }))
		require.Len(t, rec.OfType(typeNAT), 1, nat)
		gateway, address := rec.OfType(typeNAT)[0], rec.Named(t, "cluster-nat-ip")
		assert.Equal(t, []any{map[string]any{"id": "cluster-nat-ip-id"}}, gateway.Input(t, "publicIpAddresses"))
		assert.Equal(t, "Standard", gateway.Input(t, "sku.name"))
		assert.Equal(t, "Static", address.Input(t, "publicIPAllocationMethod"))
		assert.Equal(t, "Standard", address.Input(t, "sku.name"), "a NAT gateway takes no other")
	}
}

func TestNetwork_ASubnetForEachPoolBehindTheGateway(t *testing.T) {
	rec := run(t, dev())
	plan, err := planSubnets("10.0.0.0/16", dev().Pools)
	require.NoError(t, err)
	assert.Equal(t, []string{"10.0.0.0/16"}, rec.Named(t, "cluster-vnet").Strings(t, "addressSpace.addressPrefixes"))
	assert.Nil(t, rec.Named(t, "cluster-vnet").Input(t, "subnets"), "inline subnets and subnets of their own overwrite each other")
	require.Len(t, rec.OfType(typeSubnet), len(dev().Pools))
	for i, pool := range dev().Pools {
		subnet := rec.Named(t, fmt.Sprintf("cluster-nodes-%d", plan[i].block))
		assert.Equal(t, plan[i].prefix.String(), subnet.Input(t, "addressPrefix"), pool.Name)
		assert.Equal(t, "gantry-dev-vnet", subnet.Input(t, "virtualNetworkName"))
		assert.Equal(t, "cluster-nat-id", subnet.Input(t, "natGateway.id"))
		assert.Equal(t, []any{map[string]any{"service": "Microsoft.Storage"}}, subnet.Input(t, "serviceEndpoints"))
	}
}

func TestNetwork_ChangesOneSubnetAtATime(t *testing.T) {
	rec := run(t, dev())
	subnets := rec.OfType(typeSubnet)
	for i, a := range subnets {
		for _, b := range subnets[i+1:] {
			assert.True(t, rec.DependsOn(a, b) != rec.DependsOn(b, a), "%s and %s are in one order", a.Name, b.Name)
		}
	}
}

func TestNetwork_MovedPoolsLeaveSubnetsInPlace(t *testing.T) {
	before := run(t, dev())
	after := run(t, edit(dev(), func(a *Args) { a.Pools = a.Pools[:2] }))
	for _, subnet := range after.OfType(typeSubnet) {
		assert.Equal(t, before.Named(t, subnet.Name).Inputs, subnet.Inputs, subnet.Name)
	}
}
