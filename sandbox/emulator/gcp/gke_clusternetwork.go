package gcp

import (
	"net/netip"
	"strconv"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

// Where a cluster says which addresses its pods and services take.
const (
	clusterRangeName  = "ipAllocationPolicy.clusterSecondaryRangeName"
	servicesRangeName = "ipAllocationPolicy.servicesSecondaryRangeName"
	clusterRange      = "ipAllocationPolicy.clusterIpv4CidrBlock"
	servicesRange     = "ipAllocationPolicy.servicesIpv4CidrBlock"
)

// The ranges that GKE chooses for a cluster that names none: a /14 of the private
// addresses for pods, and for services one of Google's own.
// https://cloud.google.com/kubernetes-engine/docs/concepts/alias-ips
var (
	podSpace         = netip.MustParsePrefix("10.0.0.0/8")
	googleServices   = netip.MustParsePrefix("34.118.224.0/20")
	defaultPodPrefix = 14
)

// placeCluster puts a cluster into its network, and refuses one that has no room
// for it.
func (a *Account) placeCluster(op *emulator.Op) error {
	out := op.Out()
	project, region := out.String("project"), regionOf(out.String("location"))
	network, ok := networkOf(op.Tx, out.String("network"), project)
	if !ok {
		return a.noNetwork(out.String("network"))
	}
	asked := op.In().String("subnetwork")
	if asked == "" {
		return badRequest("Network %q requires specifying a subnetwork: the emulated account makes none.", network.Outputs.String("name"))
	}
	subnetwork, ok := named(op.Tx, tokenSubnetwork, asked, inSame("project", project, "region", region))
	if !ok {
		return badRequest("Project %q has no subnetwork named %q in region %q.", project, lastOf(asked), region)
	}
	if subnetwork.Outputs.String("network") != network.Outputs.String("selfLink") {
		return badRequest("Subnetwork %q is not valid for Network %q.", subnetwork.ID, network.Outputs.String("name"))
	}
	out["network"], out["subnetwork"] = network.ID, subnetwork.ID
	if err := placePods(op, network, subnetwork); err != nil {
		return err
	}
	return placeEndpoint(op, network, subnetwork)
}

// placePods settles the ranges of pods and services: secondary ranges of the
// subnetwork, or new ones.
func placePods(op *emulator.Op, network, subnetwork emulator.Object) error {
	out := op.Out()
	for _, r := range []struct{ kind, name, block, flat string }{
		{"Pod", clusterRangeName, clusterRange, "clusterIpv4Cidr"},
		{"Service", servicesRangeName, servicesRange, "servicesIpv4Cidr"},
	} {
		prefix, err := chooseRange(op, r.kind, r.name, r.block, network, subnetwork)
		if err != nil {
			return err
		}
		out.Set(r.block, prefix.String())
		out[r.flat] = prefix.String()
	}
	return nil
}

func chooseRange(op *emulator.Op, kind, name, block string, network, subnetwork emulator.Object) (netip.Prefix, error) {
	if asked := op.In().String(name); asked != "" {
		prefix, ok := rangeNamed(subnetwork, asked)
		if !ok {
			return prefix, badRequest("%s secondary range %q not found in network %q, subnetwork %q.",
				kind, asked, network.Outputs.String("selfLink"), subnetwork.Outputs.String("name"))
		}
		return prefix, nil
	}
	taken := takenIn(op.Tx, network)
	asked := op.In().String(block)
	if whole, err := netip.ParsePrefix(asked); err == nil {
		if other, conflicts := overlap(taken, whole); conflicts {
			return whole, badRequest("Conflicting IP cidr range: Invalid IPCidrRange: %s conflicts with existing subnetwork '%s' in region '%s'.",
				whole, other.name, other.region)
		}
		return whole, nil
	}
	if kind == "Service" {
		return googleServices, nil
	}
	bits := defaultPodPrefix
	if n, err := strconv.Atoi(strings.TrimPrefix(asked, "/")); err == nil {
		bits = n
	}
	prefix, ok := freeRange(podSpace, bits, taken)
	if !ok {
		return prefix, badRequest("The network %q does not have available private IP space in %s to reserve a /%d block for pods for cluster %s.",
			network.Outputs.String("name"), podSpace, bits, op.Out().String("name"))
	}
	return prefix, nil
}

// freeRange is the first range of a size in a space that overlaps none of those
// in use.
func freeRange(space netip.Prefix, bits int, taken []takenRange) (netip.Prefix, bool) {
	for candidate := netip.PrefixFrom(space.Addr(), bits); space.Contains(candidate.Addr()); {
		if _, conflicts := overlap(taken, candidate); !conflicts {
			return candidate, true
		}
		next, ok := after(candidate)
		if !ok {
			break
		}
		candidate = next
	}
	return netip.Prefix{}, false
}

// after is the range of the same size behind another one.
func after(p netip.Prefix) (netip.Prefix, bool) {
	octets := p.Addr().As4()
	number := uint64(octets[0])<<24 | uint64(octets[1])<<16 | uint64(octets[2])<<8 | uint64(octets[3])
	number += 1 << (32 - p.Bits())
	if number > 1<<32-1 {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(number >> 24), byte(number >> 16), byte(number >> 8), byte(number)}), p.Bits()), true
}

// placeEndpoint gives the control plane its addresses. The private one of a
// private cluster is in a range of its own, which nothing in the network may use;
// otherwise it is one of the subnetwork's.
func placeEndpoint(op *emulator.Op, network, subnetwork emulator.Object) error {
	out := op.Out()
	public, err := publicAddress(op.Tx)
	if err != nil {
		return err
	}
	private, err := freeAddress(op.Tx, subnetwork, privateEndpoints(op.Tx)...)
	if block := out.String("privateClusterConfig.masterIpv4CidrBlock"); block != "" {
		private, err = masterAddress(op.Tx, network, block)
	}
	if err != nil {
		return err
	}
	out.Set("privateClusterConfig.privateEndpoint", private)
	out.Set("privateClusterConfig.publicEndpoint", public)
	settleEndpoint(out)
	return nil
}

// masterAddress is the private address of a control plane. Google takes the first
// that is not its own, in each network the same; here it is the first that no
// other cluster of the account has, because an address is all that tells the
// control planes apart.
func masterAddress(tx *emulator.Tx, network emulator.Object, block string) (string, error) {
	prefix, err := netip.ParsePrefix(block)
	if err != nil {
		return "", err
	}
	if other, conflicts := overlap(takenIn(tx, network), prefix); conflicts {
		return "", badRequest("The given master_ipv4_cidr %s overlaps with an existing network %s.", prefix, other.prefix)
	}
	return firstFree(prefix, privateEndpoints(tx))
}

// privateEndpoints are the private addresses of all control planes.
func privateEndpoints(tx *emulator.Tx) []string {
	var used []string
	for _, o := range tx.Of(tokenCluster) {
		used = append(used, o.Outputs.String("privateClusterConfig.privateEndpoint"))
	}
	return used
}

// settleEndpoint tells the address by which programs reach the control plane.
func settleEndpoint(out emulator.Properties) {
	for path, value := range map[string]any{
		"privateClusterConfig.enablePrivateEndpoint": false, "privateClusterConfig.enablePrivateNodes": false,
	} {
		if !out.Has(path) {
			out.Set(path, value)
		}
	}
	out["endpoint"] = out.String("privateClusterConfig.publicEndpoint")
	if out.Bool("privateClusterConfig.enablePrivateEndpoint") {
		out["endpoint"] = out.String("privateClusterConfig.privateEndpoint")
	}
}
