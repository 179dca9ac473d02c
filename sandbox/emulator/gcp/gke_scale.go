package gcp

import (
	"cmp"
	"maps"
	"math/bits"
	"net/netip"
	"slices"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/random"
)

// wantedNodes is how many nodes a pool is to have in each zone. A fixed number is
// kept; where the autoscaler decides, the pool stays as it is within its bounds,
// and a new one begins at them.
func wantedNodes(op *emulator.Op) map[string]int {
	in, out := op.In(), op.Out()
	wanted := map[string]int{}
	for _, zone := range out.Strings("nodeLocations") {
		wanted[zone] = firstCount(in)
	}
	if op.Old.ID != "" {
		fixed := in.Has("nodeCount") && (!in.Has("autoscaling") || op.Old.Inputs.At("nodeCount") != in.At("nodeCount"))
		for zone := range wanted {
			if !fixed {
				wanted[zone] = countIn(machines(op.Old), zone)
			}
		}
	}
	if in.Has("autoscaling") {
		withinBounds(in, wanted)
	}
	return wanted
}

func countIn(list []machine, zone string) int {
	n := 0
	for _, m := range list {
		if m.Zone == zone {
			n++
		}
	}
	return n
}

// withinBounds does what the autoscaler does to a pool that is too small or too
// large. It fills the emptiest zone first.
func withinBounds(in emulator.Properties, wanted map[string]int) {
	if in.Int(totalMax) == 0 {
		for zone, n := range wanted {
			wanted[zone] = min(max(n, in.Int(zoneMin)), in.Int(zoneMax))
		}
		return
	}
	zones, total := slices.Sorted(maps.Keys(wanted)), 0
	if len(zones) == 0 {
		return
	}
	for _, n := range wanted {
		total += n
	}
	byCount := func(x, y string) int { return cmp.Compare(wanted[x], wanted[y]) }
	for ; total < in.Int(totalMin); total++ {
		wanted[slices.MinFunc(zones, byCount)]++
	}
	for ; total > in.Int(totalMax); total-- {
		wanted[slices.MaxFunc(zones, byCount)]--
	}
}

// scale starts and ends instances until each zone has as many as it is to have.
func scale(op *emulator.Op, cluster emulator.Object, wanted map[string]int, renew bool) error {
	var running, gone []machine
	for _, m := range machines(op.Old) {
		if renew || countIn(running, m.Zone) >= wanted[m.Zone] {
			gone = append(gone, m)
			continue
		}
		running = append(running, m)
	}
	subnetwork := get(op.Tx, tokenSubnetwork, cluster.Outputs.String("subnetwork"))
	for _, zone := range slices.Sorted(maps.Keys(wanted)) {
		for countIn(running, zone) < wanted[zone] {
			m, err := launch(op, subnetwork, zone, slices.Concat(running, gone))
			if err != nil {
				return err
			}
			running = append(running, m)
		}
	}
	op.Object.State[stateNodes] = remember(running)
	op.Object.State[stateTerminated] = remember(gone)
	return podsFit(op, cluster, subnetwork)
}

func launch(op *emulator.Op, subnetwork emulator.Object, zone string, others []machine) (machine, error) {
	var addresses []string
	for _, m := range others {
		addresses = append(addresses, m.Address)
	}
	address, err := freeAddress(op.Tx, subnetwork, addresses...)
	if err != nil {
		return machine{}, err
	}
	for {
		name := groupName(*op.Object, zone) + "-" + random.Of("0123456789bcdfghjklmnpqrstvwxz", 4)
		if !slices.ContainsFunc(others, func(m machine) bool { return m.Name == name }) {
			return machine{name, zone, address}, nil
		}
	}
}

// podsFit refuses more nodes than the range of the pods has blocks for.
// https://cloud.google.com/kubernetes-engine/docs/how-to/flexible-pod-cidr
func podsFit(op *emulator.Op, cluster, subnetwork emulator.Object) error {
	whole, used := podRangeOf(*op.Object), 0
	pools := append([]emulator.Object{cluster}, poolsOf(op.Tx, cluster)...)
	pools = slices.DeleteFunc(pools, func(o emulator.Object) bool { return o.ID == op.Object.ID })
	for _, pool := range append(pools, *op.Object) {
		if podRangeOf(pool) == whole {
			used += len(machines(pool)) * blockOf(pool)
		}
	}
	if used <= 1<<(32-whole.Bits()) {
		return nil
	}
	return badRequest("IP_SPACE_EXHAUSTED: Instance '%s' creation failed: IP space of '%s' is exhausted. "+
		"The pod range %s has no block of %d addresses left for another node.", lastName(*op.Object), subnetwork.ID, whole, blockOf(*op.Object))
}

// podRangeOf is the range that the pods of a pool take addresses from.
func podRangeOf(pool emulator.Object) netip.Prefix {
	text := cmp.Or(pool.Outputs.String("networkConfig.podIpv4CidrBlock"), pool.Outputs.String("clusterIpv4Cidr"))
	prefix, _ := netip.ParsePrefix(text) // the account has put it there itself
	return prefix
}

// blockOf is how many addresses a node of a pool takes for its pods: at least
// twice as many as there can be pods, in a power of two.
func blockOf(pool emulator.Object) int { return 1 << bits.Len(uint(2*maxPods(pool)-1)) }

// maxPods is the most pods on a node of a pool.
func maxPods(pool emulator.Object) int {
	if most := pool.Outputs.Int("maxPodsPerNode"); most > 0 {
		return most
	}
	return pool.Outputs.Int("defaultMaxPodsPerNode")
}

func lastName(pool emulator.Object) string {
	all := machines(pool)
	return all[len(all)-1].Name
}
