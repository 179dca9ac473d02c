package eks

import (
	"fmt"
	"net/netip"
)

// Numbers of availability zones. EKS needs two; six is what the layout of the
// network has room for, and the most that a region has.
const (
	minZones = 2
	maxZones = 6
)

// subnetBits is how much smaller than the network a block is: eight blocks.
const subnetBits = 3

// subnetPair is the address plan of one zone.
type subnetPair struct {
	// private holds nodes and pods: an eighth of the network, 8187 usable
	// addresses of a /16 and 507 of a /20.
	private netip.Prefix
	// public holds load balancers and NAT: a sixty-fourth of the network.
	public netip.Prefix
}

// planSubnets divides an IPv4 network, /16 to /20, for every zone it can have:
// six eighths are private subnets, the last eighth is divided into the public
// ones, and one eighth stays free. The plan does not depend on the number of
// zones in use, because a renumbered subnet is a replaced one with all its
// nodes.
func planSubnets(network string) ([]subnetPair, error) {
	prefix, err := netip.ParsePrefix(network)
	if err != nil {
		return nil, fmt.Errorf("%q is not a network such as 10.0.0.0/16", network)
	}
	if !prefix.Addr().Is4() || prefix.Bits() < 16 || prefix.Bits() > 20 {
		return nil, fmt.Errorf("%s must be an IPv4 network from /16 to /20", network)
	}
	prefix = prefix.Masked()
	private := prefix.Bits() + subnetBits
	public := private + subnetBits
	last := block(prefix, private, 1<<subnetBits-1)

	pairs := make([]subnetPair, maxZones)
	for i := range pairs {
		pairs[i] = subnetPair{private: block(prefix, private, i), public: block(last, public, i)}
	}
	return pairs, nil
}

// block is the n-th subnet of an IPv4 network, counted from 0.
func block(network netip.Prefix, bits, n int) netip.Prefix {
	a := network.Addr().As4()
	address := uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
	address += uint32(n) << (32 - bits)
	next := netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)})
	return netip.PrefixFrom(next, bits)
}
