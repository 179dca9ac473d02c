package aks

import (
	"fmt"
	"hash/fnv"
	"net/netip"

	"gantry.dev/gantry/modules/spec"
)

// Numbers of availability zones. Azure's regions have three zones or none; two
// is the least of a configuration.
const (
	minZones = 2
	maxZones = 3
)

const (
	// subnetBits is how much smaller than the network a block is: 64 blocks.
	subnetBits = 6
	// poolBlocks of them are for node pools. The last eight stay free, for
	// private endpoints and whatever else belongs beside the nodes.
	poolBlocks = 56
	// addressesOfAzure are the addresses of a subnet that Azure keeps. Source:
	// https://learn.microsoft.com/azure/virtual-network/virtual-networks-faq
	addressesOfAzure = 5
)

// nodeRangeBits is the length of the range of pod addresses that the overlay
// gives to each node, whatever the number of its pods. Source:
// https://learn.microsoft.com/azure/aks/concepts-network-azure-cni-overlay
const nodeRangeBits = 24

// dnsAddress is the place of the cluster's DNS in the range of service
// addresses, by convention the tenth.
const dnsAddress = 10

// refusedRanges are those that AKS uses itself: neither nodes nor pods nor
// services may have them. Source:
// https://learn.microsoft.com/azure/aks/concepts-network-cni-overview
var refusedRanges = []netip.Prefix{
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("172.30.0.0/16"),
	netip.MustParsePrefix("172.31.0.0/16"),
	netip.MustParsePrefix("192.0.2.0/24"),
}

// nodeSubnet is the address plan of one pool. Pods have addresses of the
// overlay, so that it holds nodes and internal load balancers only.
type nodeSubnet struct {
	// block is the number of the subnet in the network, from 0.
	block int
	// prefix has 1019 usable addresses in a /16 and 59 in a /20.
	prefix netip.Prefix
}

// planSubnets gives each pool a block of an IPv4 network, /16 to /20. The block
// comes from the name of the pool and not from its place in the list: a pool
// that moves to another block is a replaced one. Of two pools whose names ask
// for one block, the second gets the next that is free.
func planSubnets(network string, pools []spec.PoolPlan) ([]nodeSubnet, error) {
	prefix, err := parseRange(network)
	if err != nil {
		return nil, err
	}
	if prefix.Bits() < 16 || prefix.Bits() > 20 {
		return nil, fmt.Errorf("%s must be an IPv4 network from /16 to /20", network)
	}
	if len(pools) > poolBlocks {
		return nil, fmt.Errorf("%s has subnets for %d pools, and there are %d", network, poolBlocks, len(pools))
	}
	taken := map[int]bool{}
	subnets := make([]nodeSubnet, len(pools))
	for i, pool := range pools {
		n := wantedBlock(pool.Name)
		for taken[n] {
			n = (n + 1) % poolBlocks
		}
		taken[n] = true
		subnets[i] = nodeSubnet{block: n, prefix: block(prefix, prefix.Bits()+subnetBits, n)}
	}
	return subnets, nil
}

func wantedBlock(name string) int {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(name)) // never fails
	return int(sum.Sum32() % poolBlocks)
}

// room is the number of nodes that a subnet has addresses for.
func (s nodeSubnet) room() int { return 1<<(32-s.prefix.Bits()) - addressesOfAzure }

// podRoom is the number of nodes that a range of pod addresses serves.
func podRoom(pods netip.Prefix) int { return 1 << max(nodeRangeBits-pods.Bits(), 0) }

// parseRange reads an IPv4 range that AKS does not refuse.
func parseRange(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil || !prefix.Addr().Is4() {
		return netip.Prefix{}, fmt.Errorf("%q is not an IPv4 network such as 10.0.0.0/16", text)
	}
	prefix = prefix.Masked()
	for _, refused := range refusedRanges {
		if refused.Overlaps(prefix) {
			return netip.Prefix{}, fmt.Errorf("%s overlaps %s, which AKS uses itself: choose another", text, refused)
		}
	}
	return prefix, nil
}

// block is the n-th subnet of an IPv4 network, counted from 0.
func block(network netip.Prefix, bits, n int) netip.Prefix {
	return netip.PrefixFrom(address(network, uint32(n)<<(32-bits)), bits)
}

// address is the n-th address of an IPv4 network, counted from 0.
func address(network netip.Prefix, n uint32) netip.Addr {
	a := network.Addr().As4()
	sum := uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
	sum += n
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
}
