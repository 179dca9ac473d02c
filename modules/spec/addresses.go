package spec

import (
	"fmt"
	"net/netip"
)

// AddressUse is what the platform takes of one range of addresses when every
// pool has its greatest size and is being upgraded.
type AddressUse struct {
	// Key of the range in the configuration: networkCidr or podCidr of
	// gantry:cluster.
	Key string
	// Who takes them, for example "nodes of pool serve".
	Who string
	// Unit that is counted: "addresses", or "nodes" where each node takes a
	// range of its own.
	Unit string
	// Needed is the least, and Most the most, which is more where pods take
	// addresses beside the nodes: it is Needed with every node full of pods.
	Needed, Most int
	// Available in the range.
	Available int
}

const (
	unitAddresses = "addresses"
	unitNodes     = "nodes"
)

// How the clusters divide their network. Sources: components/eks, gke and aks,
// subnets.go, whose plans these are.
const (
	// eksSubnetBits: a zone has an eighth of the network for nodes and pods.
	eksSubnetBits = 3
	// gkeSubnetBits: nodes have the first half of the network.
	gkeSubnetBits = 1
	// aksSubnetBits: a pool has one of 64 blocks of the network, and 56 of them
	// are for pools.
	aksSubnetBits = 6
	aksBlocks     = 56
	// nodeRangeBits is the length of the range of pods that GKE and the overlay
	// of AKS give to each node, whatever the number of its pods. Sources:
	// https://cloud.google.com/kubernetes-engine/docs/concepts/alias-ips,
	// https://learn.microsoft.com/azure/aks/concepts-network-azure-cni-overlay.
	nodeRangeBits = 24
)

// Addresses of a subnet that are no one's: kept by the cloud, and on AWS, by the
// control plane too. Sources: "Subnet CIDR blocks" in the Amazon VPC user guide;
// "VPC and subnet requirements" in the Amazon EKS user guide;
// https://cloud.google.com/vpc/docs/subnets;
// https://learn.microsoft.com/azure/virtual-network/virtual-networks-faq.
const (
	keptByAWS   = 5
	takenByEKS  = 6
	keptByGCP   = 4
	keptByAzure = 5
)

// interfaces is what EC2 machines of a size have of network interfaces, which
// the VPC CNI fills with addresses for pods.
type interfaces struct {
	// vcpu up to which a machine has the size.
	vcpu int
	// addresses of one interface: the fewest of any family of the catalog.
	addresses int
	// pods that a node holds: the most of any such family.
	pods int
}

// interfacesBySize is ordered by size. Source: aws/amazon-vpc-cni-k8s,
// pkg/vpc/vpc_ip_resource_limit.go, and misc/eni-max-pods.txt.
var interfacesBySize = []interfaces{
	{vcpu: 2, addresses: 6, pods: 35},
	{vcpu: 8, addresses: 10, pods: 58},
	{vcpu: 16, addresses: 10, pods: 234},
	{vcpu: 48, addresses: 15, pods: 234},
	{vcpu: 1 << 30, addresses: 15, pods: 737},
}

func interfacesOf(vcpu int) interfaces {
	for _, size := range interfacesBySize {
		if vcpu <= size.vcpu {
			return size
		}
	}
	return interfacesBySize[len(interfacesBySize)-1]
}

// Addresses tells for every range of the cluster's network what it has and what
// is taken of it. There is nothing to tell of an existing or a handed cluster,
// or of a range that cannot be read.
func Addresses(p Platform, plans []PoolPlan) []AddressUse {
	network, err := netip.ParsePrefix(p.Cluster.NetworkCIDR)
	if err != nil || p.Handed != nil {
		return nil
	}
	pods, podsErr := netip.ParsePrefix(p.Cluster.PodCIDR)
	switch {
	case p.Cloud == AWS:
		return []AddressUse{eksAddresses(p, plans, network)}
	case p.Cloud == GCP && podsErr == nil:
		nodes := nodesAtMost(p, plans...)
		return []AddressUse{
			inRange("networkCidr", "nodes", unitAddresses, nodes, sizeOf(network, 32-gkeSubnetBits)-keptByGCP),
			inRange("podCidr", "pods of nodes", unitNodes, nodes, sizeOf(pods, nodeRangeBits)),
		}
	case p.Cloud == Azure && podsErr == nil:
		var uses []AddressUse
		for _, plan := range plans {
			uses = append(uses, inRange("networkCidr", "nodes of pool "+plan.Name, unitAddresses,
				nodesAtMost(p, plan), sizeOf(network, 32-aksSubnetBits)-keptByAzure))
		}
		return append(uses, inRange("podCidr", "pods of nodes", unitNodes, nodesAtMost(p, plans...), sizeOf(pods, nodeRangeBits)))
	default:
		return nil
	}
}

func inRange(key, who, unit string, needed, available int) AddressUse {
	return AddressUse{Key: key, Who: who, Unit: unit, Needed: needed, Most: needed, Available: available}
}

// sizeOf is how many parts of the given length a range has.
func sizeOf(prefix netip.Prefix, bits int) int { return 1 << max(bits-prefix.Bits(), 0) }

// eksAddresses is the use of the subnet of the first zone, which every pool
// has a share in. A node that has hardly any pods holds two interfaces' worth of
// addresses: those of the first, and as many more kept warm.
func eksAddresses(p Platform, plans []PoolPlan, network netip.Prefix) AddressUse {
	use := inRange("networkCidr", "nodes and pods of a zone", unitAddresses, takenByEKS, sizeOf(network, 32-eksSubnetBits)-keptByAWS)
	use.Most = use.Needed
	for _, plan := range plans {
		zones := p.Cluster.Zones
		if plan.Zones > 0 {
			zones = plan.Zones
		}
		nodes := (MaxNodes(p, plan) + zones - 1) / max(zones, 1)
		size := interfacesOf(plan.Machines[0].VCPU)
		use.Needed += nodes * 2 * size.addresses
		use.Most += nodes * max(2*size.addresses, size.pods+size.addresses)
	}
	return use
}

// nodesAtMost is the greatest number of nodes of pools, those among them that an
// upgrade makes before it removes others.
func nodesAtMost(p Platform, plans ...PoolPlan) int {
	nodes := 0
	for _, plan := range plans {
		most := MaxNodes(p, plan)
		nodes += most + surge(p.Cloud, plan, most)
	}
	return nodes
}

// surge is the number of nodes that an upgrade of a pool makes beside the old
// ones. Sources: components/gke and aks, nodepools.go.
func surge(cloud Cloud, plan PoolPlan, nodes int) int {
	const percentCPU = 33
	switch {
	case cloud == Azure && plan.Capacity == CapacitySpot, cloud == GCP && plan.GPU != "":
		return 0
	case cloud == Azure && plan.GPU == "":
		return (nodes*percentCPU + 99) / 100 // AKS rounds up
	default:
		return 1
	}
}

// checkAddresses reports ranges that are too small for what the pools can grow
// to.
func checkAddresses(r *report, p Platform, plans []PoolPlan) {
	if p.Cloud == Azure && len(plans) > aksBlocks {
		r.add("gantry:pools", fmt.Sprintf("%d pools", len(plans)), fmt.Sprintf("are more than the %d that the network of an AKS cluster is divided for", aksBlocks), "join pools that are alike")
	}
	for _, one := range rangesOf(p.Cloud, p.Cluster) {
		if _, ok := checkRange(&report{}, "", p.Cloud, one); !ok {
			return // reported by checkRanges
		}
	}
	for _, use := range Addresses(p, plans) {
		if use.Needed <= use.Available {
			continue
		}
		at, text, widest := "gantry:cluster."+use.Key, "", 0
		for _, one := range rangesOf(p.Cloud, p.Cluster) {
			if one.key == use.Key {
				text, widest = one.text, one.widest
			}
		}
		fix := "lower max of a pool"
		if length := lengthFor(use, text); length >= widest {
			fix = fmt.Sprintf("use a range of /%d, or lower max of a pool", length)
		}
		what := fmt.Sprintf("has %d addresses for the %s, which need %d", use.Available, use.Who, use.Needed)
		if use.Unit == unitNodes {
			what = fmt.Sprintf("has addresses for the pods of %d nodes, and with an upgrade under way there can be %d", use.Available, use.Needed)
		}
		r.add(at, text, what, fix)
	}
}

// lengthFor is the length of a range that has what is needed.
func lengthFor(use AddressUse, text string) int {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return 0
	}
	length := prefix.Bits()
	for available := use.Available; available < use.Needed && length > 0; available *= 2 {
		length--
	}
	return length
}
