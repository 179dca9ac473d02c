package gcp

import (
	"fmt"
	"net/netip"
	"slices"

	"gantry.dev/gantry/sandbox/emulator"
)

// addressRange is a range of a subnetwork: the primary one, without a name, or a
// secondary one.
type addressRange struct {
	field, name string
	prefix      netip.Prefix
}

// rangesOf are the ranges of a subnetwork as far as they are known, the primary
// one first.
func rangesOf(subnetwork emulator.Properties) []addressRange {
	var found []addressRange
	if prefix, err := netip.ParsePrefix(subnetwork.String("ipCidrRange")); err == nil {
		found = append(found, addressRange{"ipCidrRange", "", prefix})
	}
	for i, secondary := range subnetwork.Objects("secondaryIpRanges") {
		if prefix, err := netip.ParsePrefix(secondary.String("ipCidrRange")); err == nil {
			field := fmt.Sprintf("secondaryIpRanges[%d].ipCidrRange", i)
			found = append(found, addressRange{field, secondary.String("rangeName"), prefix})
		}
	}
	return found
}

// rangeNamed is the secondary range of a subnetwork with this name.
func rangeNamed(subnetwork emulator.Object, name string) (netip.Prefix, bool) {
	ranges := rangesOf(subnetwork.Outputs)
	i := slices.IndexFunc(ranges, func(r addressRange) bool { return r.name != "" && r.name == name })
	if i < 0 {
		return netip.Prefix{}, false
	}
	return ranges[i].prefix, true
}

// roomInNetwork refuses ranges that overlap those of another subnetwork or of a
// control plane in the network, in whatever region.
func roomInNetwork(op *emulator.Op, network emulator.Object) error {
	for _, own := range rangesOf(op.Out()) {
		for _, taken := range takenIn(op.Tx, network) {
			if taken.by != op.Object.ID && taken.prefix.Overlaps(own.prefix) {
				return invalidField(own.field, own.prefix.String(), "Invalid IPCidrRange: %s conflicts with existing subnetwork '%s' in region '%s'.",
					own.prefix, taken.name, taken.region)
			}
		}
	}
	return nil
}

// takenRange is a range of a network that something uses.
type takenRange struct {
	by, name, region string
	prefix           netip.Prefix
}

// takenIn are the ranges of a network that are in use: of its subnetworks, and
// those that GKE makes for clusters.
func takenIn(tx *emulator.Tx, network emulator.Object) []takenRange {
	var found []takenRange
	for _, o := range tx.Of(tokenSubnetwork) {
		if o.Outputs.String("network") != network.Outputs.String("selfLink") {
			continue
		}
		for _, r := range rangesOf(o.Outputs) {
			found = append(found, takenRange{o.ID, o.Outputs.String("name"), o.Outputs.String("region"), r.prefix})
		}
	}
	for _, o := range tx.Of(tokenCluster) {
		if o.Outputs.String("network") == network.ID {
			found = append(found, madeByGKE(o)...)
		}
	}
	return found
}

// madeByGKE are the ranges that a cluster takes beside those of its subnetwork:
// for the control plane of a private cluster, and for pods and services when it
// names no secondary ranges. All clusters may share Google's own for services.
func madeByGKE(cluster emulator.Object) []takenRange {
	var found []takenRange
	out, region := cluster.Outputs, regionOf(cluster.Outputs.String("location"))
	for suffix, cidr := range map[string]string{
		"pe-subnet": out.String("privateClusterConfig.masterIpv4CidrBlock"),
		"pods":      unlessNamed(cluster, clusterRangeName, "clusterIpv4Cidr"),
		"services":  unlessNamed(cluster, servicesRangeName, "servicesIpv4Cidr"),
	} {
		prefix, err := netip.ParsePrefix(cidr)
		if err != nil || prefix == googleServices {
			continue
		}
		name := fmt.Sprintf("gke-%s-%s-%s", out.String("name"), digest(cluster.ID), suffix)
		found = append(found, takenRange{cluster.ID, name, region, prefix})
	}
	return found
}

// unlessNamed is an output of a cluster that names no secondary range for it.
func unlessNamed(cluster emulator.Object, name, output string) string {
	if cluster.Outputs.String(name) != "" {
		return ""
	}
	return cluster.Outputs.String(output)
}

// rangesInUse refuses to take away or change a secondary range that a cluster
// uses.
func rangesInUse(op *emulator.Op) error {
	for _, cluster := range op.Of(tokenCluster) {
		if cluster.Outputs.String("subnetwork") != op.Object.ID {
			continue
		}
		for _, path := range []string{clusterRangeName, servicesRangeName} {
			name := cluster.Outputs.String(path)
			before, _ := rangeNamed(op.Old, name)
			after, _ := rangeNamed(*op.Object, name)
			if before != after {
				return badRequest("Secondary range %s of subnetwork %s is in use by cluster %s and cannot be removed or changed",
					name, op.Object.ID, cluster.Outputs.String("name"))
			}
		}
	}
	return nil
}
