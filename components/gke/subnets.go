package gke

import (
	"errors"
	"fmt"
	"net/netip"

	"gantry.dev/gantry/modules/spec"
)

// controlPlaneBits is the size of the range of a GKE control plane. Source:
// https://cloud.google.com/kubernetes-engine/docs/how-to/private-clusters
const controlPlaneBits = 28

// nodeBits is the size of the range of pod addresses that one node takes, with
// GKE's 110 pods to a node. Source:
// https://cloud.google.com/kubernetes-engine/docs/concepts/alias-ips
const nodeBits = 24

// ranges is the address plan of a cluster.
type ranges struct {
	// nodes is the first half of the network: 32764 usable addresses of a /16
	// and 2044 of a /20.
	nodes netip.Prefix
	// controlPlane is the last 16 addresses of the network. Between the two
	// there is room for proxies of load balancers and private endpoints.
	controlPlane netip.Prefix
	// pods and services are secondary ranges of the subnet.
	pods, services netip.Prefix
}

// planRanges divides the network, IPv4 /16 to /20, and takes pods and services
// as configured. A subnet of Google Cloud spans the zones of its region, so the
// plan does not depend on them.
func planRanges(c spec.Cluster) (ranges, error) {
	network, err := ipv4("networkCidr", c.NetworkCIDR, 16, 20)
	if err != nil {
		return ranges{}, err
	}
	pods, podsErr := ipv4("podCidr", c.PodCIDR, 8, nodeBits-1)
	services, servicesErr := ipv4("serviceCidr", c.ServiceCIDR, 8, 27)
	if err := errors.Join(podsErr, servicesErr); err != nil {
		return ranges{}, err
	}
	for _, pair := range [][2]netip.Prefix{{network, pods}, {network, services}, {pods, services}} {
		if pair[0].Overlaps(pair[1]) {
			return ranges{}, fmt.Errorf("gantry:cluster: %s and %s overlap: networkCidr, podCidr and serviceCidr must lie apart", pair[0], pair[1])
		}
	}
	return ranges{
		nodes:        netip.PrefixFrom(network.Addr(), network.Bits()+1),
		controlPlane: lastBlock(network, controlPlaneBits),
		pods:         pods,
		services:     services,
	}, nil
}

func ipv4(key, text string, widest, narrowest int) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("gantry:cluster.%s: %q is not a network such as 10.0.0.0/16", key, text)
	}
	if !prefix.Addr().Is4() || prefix.Bits() < widest || prefix.Bits() > narrowest {
		return netip.Prefix{}, fmt.Errorf("gantry:cluster.%s: %s must be an IPv4 network from /%d to /%d", key, text, widest, narrowest)
	}
	return prefix.Masked(), nil
}

// lastBlock is the last subnet of an IPv4 network with that many bits.
func lastBlock(network netip.Prefix, bits int) netip.Prefix {
	address := network.Addr().As4()
	for bit := network.Bits(); bit < bits; bit++ {
		address[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.PrefixFrom(netip.AddrFrom4(address), bits)
}
