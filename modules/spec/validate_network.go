package spec

import (
	"fmt"
	"net/netip"
	"slices"
)

// privateRanges are those that a network may lie in. What is outside them
// belongs to somebody on the internet whom pods could then no longer reach.
var privateRanges = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"),
}

// aksRanges are those that AKS uses itself: neither nodes nor pods nor services
// may have them. Source:
// https://learn.microsoft.com/azure/aks/concepts-network-cni-overview
var aksRanges = []netip.Prefix{
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("172.30.0.0/16"),
	netip.MustParsePrefix("172.31.0.0/16"),
	netip.MustParsePrefix("192.0.2.0/24"),
}

func isPrivate(prefix netip.Prefix) bool {
	return slices.ContainsFunc(privateRanges, func(private netip.Prefix) bool {
		return private.Contains(prefix.Addr()) && private.Bits() <= prefix.Bits()
	})
}

// ipv4Range reads a range, or reports why it is none. The length is what an
// address without one was probably meant to have.
func ipv4Range(r *report, at, text string, length int) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Is4() {
		r.add(at, text, "is an address, not a range", fmt.Sprintf("write it with its length, for example %s/%d", text, length))
		return netip.Prefix{}, false
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil || !prefix.Addr().Is4() {
		r.add(at, text, "is not an IPv4 range", "write it as address/length, for example 10.20.0.0/16 or 203.0.113.0/24")
		return netip.Prefix{}, false
	}
	if masked := prefix.Masked(); masked != prefix {
		r.add(at, text, "has bits set behind its length", "write "+masked.String())
		return netip.Prefix{}, false
	}
	return prefix, true
}

// addressRange is a range of the cluster's addresses.
type addressRange struct {
	key, text string
	// Least and greatest length, and the one to propose.
	widest, narrowest, usual int
}

// rangesOf are the ranges that a cluster of the cloud has. On AWS pods take
// addresses of the network, and EKS chooses those of services.
func rangesOf(cloud Cloud, c Cluster) []addressRange {
	ranges := []addressRange{{"networkCidr", c.NetworkCIDR, 16, 20, 16}}
	if cloud == GCP || cloud == Azure {
		ranges = append(ranges,
			addressRange{"podCidr", c.PodCIDR, 10, 20, 14},
			addressRange{"serviceCidr", c.ServiceCIDR, 16, 24, 20})
	}
	return ranges
}

// checkRanges checks each range by itself and against those before it.
func checkRanges(r *report, at string, cloud Cloud, c Cluster) {
	type sound struct {
		key    string
		prefix netip.Prefix
	}
	var before []sound
	for _, one := range rangesOf(cloud, c) {
		at := at + "." + one.key
		prefix, ok := checkRange(r, at, cloud, one)
		if !ok {
			continue
		}
		for _, other := range before {
			if other.prefix.Overlaps(prefix) {
				r.add(at, one.text, "overlaps "+other.key+", "+other.prefix.String(), "choose a range apart from it")
			}
		}
		before = append(before, sound{one.key, prefix})
	}
}

func checkRange(r *report, at string, cloud Cloud, one addressRange) (netip.Prefix, bool) {
	prefix, ok := ipv4Range(r, at, one.text, one.usual)
	if !ok {
		return prefix, false
	}
	if prefix.Bits() < one.widest || prefix.Bits() > one.narrowest {
		r.add(at, one.text, fmt.Sprintf("is not between /%d and /%d", one.widest, one.narrowest),
			"use a range such as "+netip.PrefixFrom(prefix.Addr(), one.usual).Masked().String())
		return prefix, false
	}
	if !isPrivate(prefix) {
		r.add(at, one.text, "is not a private range", "use one in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10")
		return prefix, false
	}
	if i := slices.IndexFunc(aksRanges, prefix.Overlaps); cloud == Azure && i >= 0 {
		r.add(at, one.text, "overlaps "+aksRanges[i].String()+", which AKS uses itself", "choose a range apart from it")
		return prefix, false
	}
	return prefix, true
}

// maxPublicAccess is the number of ranges that may reach the Kubernetes API of
// each cloud. Sources: "Amazon EKS service quotas" in the user guide;
// https://cloud.google.com/kubernetes-engine/docs/how-to/authorized-networks;
// https://learn.microsoft.com/azure/aks/api-server-authorized-ip-ranges, less
// the address by which the nodes themselves reach the API.
var maxPublicAccess = map[Cloud]int{AWS: 40, GCP: 100, Azure: 200 - 1}

const (
	// widestPublicAccess is a bound of Gantry's: no organisation has more.
	widestPublicAccess = 8
	// ampleAccess is what an organisation seldom has in one piece: wider
	// ranges are mostly a provider's, with everybody else among its customers.
	ampleAccess = 16
)

func checkPublicAccess(r *report, at string, cloud Cloud, cidrs []string) {
	if most, ok := maxPublicAccess[cloud]; ok && len(cidrs) > most {
		r.add(at, fmt.Sprintf("%d ranges", len(cidrs)), fmt.Sprintf("is more than the %d that %s takes", most, clusterOf(cloud)), "join neighbouring ranges")
	}
	seen := map[int]netip.Prefix{}
	for i, text := range cidrs {
		at := fmt.Sprintf("%s[%d]", at, i)
		prefix, ok := ipv4Range(r, at, text, 32)
		if !ok {
			continue
		}
		switch {
		case prefix.Bits() < widestPublicAccess:
			r.add(at, text, "opens the Kubernetes API to a great part of the internet", "name the ranges of your offices, VPN and CI; leave the key out for a private API")
		case isPrivate(prefix) || !prefix.Addr().IsGlobalUnicast():
			r.add(at, text, "is not a range of the internet: no caller comes from it", "remove it; inside the network the API answers anyway")
		}
		for j := range i {
			if other, ok := seen[j]; ok && other.Overlaps(prefix) {
				r.add(at, text, fmt.Sprintf("overlaps %s, the entry at [%d]", other, j), "keep the wider of the two")
			}
		}
		seen[i] = prefix
	}
}

// clusterOf is what a cloud calls its clusters.
func clusterOf(cloud Cloud) string {
	switch cloud {
	case GCP:
		return "GKE"
	case Azure:
		return "AKS"
	default:
		return "EKS"
	}
}
