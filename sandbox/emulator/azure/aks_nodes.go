package azure

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/random"
	"gantry.dev/gantry/sandbox/localkube"
)

// machine is an instance of a pool's scale set, as the account remembers it.
type machine struct {
	Name, Zone, Address string
	Instance            int
}

const (
	stateNodes = "nodes"
	// stateTerminated are the nodes that the last change took away. They stay
	// on record so that an interruption cannot leave them in the cluster.
	stateTerminated = "terminated"
	// stateNext is the number of the next instance. None is used twice.
	stateNext = "next"
)

// machines are the instances of a pool.
func machines(pool emulator.Properties) []machine { return remembered(pool, stateNodes) }

func remembered(pool emulator.Properties, list string) []machine {
	var found []machine
	for _, p := range pool.Objects(list) {
		found = append(found, machine{
			Name: p.String("name"), Zone: p.String("zone"), Address: p.String("address"), Instance: p.Int("instance"),
		})
	}
	return found
}

func remember(list []machine) []any {
	array := make([]any, len(list))
	for i, m := range list {
		array[i] = map[string]any{"name": m.Name, "zone": m.Zone, "address": m.Address, "instance": m.Instance}
	}
	return array
}

// place is where the nodes of a pool are.
type place struct {
	// local is the name of the cluster's local control plane.
	local string
	// group is the node resource group, location the cluster's.
	subscription, group, location string
}

// newScaleSet is the state of a new pool of a cluster.
func newScaleSet(cluster emulator.Object, pool string) emulator.Properties {
	return emulator.Properties{
		"scaleSet": "aks-" + pool + "-" + random.Of(digits, 8) + "-vmss",
		"place": map[string]any{
			"local":        localName(cluster),
			"subscription": strings.Split(cluster.ID, "/")[2],
			"group":        cluster.Outputs.String("nodeResourceGroup"),
			"location":     cluster.Outputs.String("location"),
		},
	}
}

func placeIn(state emulator.Properties) place {
	return place{
		local: state.String("place.local"), subscription: state.String("place.subscription"),
		group: state.String("place.group"), location: state.String("place.location"),
	}
}

// scaleSetID is the id of the scale set behind a pool.
func scaleSetID(state emulator.Properties) string {
	p := placeIn(state)
	return "/subscriptions/" + p.subscription + "/resourceGroups/" + p.group + "/providers/" + kindScaleSet + "/" + state.String("scaleSet")
}

// interfaceIn is the network interface of a holder's node in a subnet, or the
// id of its scale set when there is no node.
func interfaceIn(subnet string, holder emulator.Object) string {
	state := scaleSetIn(subnet, holder)
	id := scaleSetID(state)
	if nodes := machines(state); len(nodes) > 0 {
		return fmt.Sprintf("%s/virtualMachines/%d/networkInterfaces/%s/ipConfigurations/ipconfig1", id, nodes[0].Instance, state.String("scaleSet"))
	}
	return id
}

// scaleSetIn is the state of a holder's pool in a subnet. The holder is a pool,
// or a cluster with some.
func scaleSetIn(subnet string, holder emulator.Object) emulator.Properties {
	for _, profile := range holder.Inputs.Objects("agentPoolProfiles") {
		if profile.String("vnetSubnetID") != subnet {
			continue
		}
		for _, list := range []string{stateInline, stateBeside} {
			if state, found := stateIn(holder, list, profile.String("name")); found {
				return state
			}
		}
	}
	return holder.State
}

// wanted is how many nodes a pool is to have. The autoscaler begins with the
// count and never goes below the least; from then on the size is its own, within
// the bounds, unless a request asks for another count than the last one did.
func wanted(pool, state emulator.Properties, asked bool) int {
	switch {
	case pool.Bool("enableAutoScaling") && state.Has(stateNodes) && !asked:
		return min(max(len(machines(state)), pool.Int("minCount")), pool.Int("maxCount"))
	case pool.Bool("enableAutoScaling"):
		return max(pool.Int("count"), pool.Int("minCount"))
	case !pool.Has("count"):
		return 1
	default:
		return pool.Int("count")
	}
}

// scale starts and ends instances until there are as many as wanted.
func scale(free *addresses, pool, state emulator.Properties, asked bool) error {
	running, want := machines(state), wanted(pool, state, asked)
	var gone []machine
	if len(running) > want {
		gone = slices.Clone(running[want:])
		running = running[:want]
	}
	for len(running) < want {
		m, err := launch(free, pool, state, running)
		if err != nil {
			return err
		}
		running = append(running, m)
	}
	pool["count"] = float64(want)
	state[stateNodes], state[stateTerminated] = remember(running), remember(gone)
	return nil
}

// launch starts one more instance, in the zone with the fewest.
func launch(free *addresses, pool, state emulator.Properties, running []machine) (machine, error) {
	address, err := free.next(pool.String("vnetSubnetID"))
	if err != nil {
		return machine{}, err
	}
	instance, in := state.Int(stateNext), map[string]int{}
	for _, m := range running {
		instance = max(instance, m.Instance+1)
		in[m.Zone]++
	}
	zone := ""
	for i, z := range pool.Strings("availabilityZones") {
		if i == 0 || in[z] < in[zone] {
			zone = z
		}
	}
	state[stateNext] = float64(instance + 1)
	return machine{Name: instanceName(state.String("scaleSet"), instance), Zone: zone, Address: address, Instance: instance}, nil
}

// instanceName is the host name of an instance: the scale set's, and six digits
// to the base of 36.
func instanceName(scaleSet string, instance int) string {
	suffix := strconv.FormatInt(int64(instance), 36)
	return scaleSet + strings.Repeat("0", 6-len(suffix)) + suffix
}

// addresses gives out the addresses of subnets.
type addresses struct {
	tx    *emulator.Tx
	taken map[string]map[string]bool
}

func newAddresses(tx *emulator.Tx) *addresses { return &addresses{tx, map[string]map[string]bool{}} }

// next is a free address of a subnet. Nodes without one are in a network of
// AKS's own.
func (a *addresses) next(subnet string) (string, error) {
	o := emulator.Object{ID: subnet, Inputs: emulator.Properties{"addressPrefix": managedNetwork}}
	if subnet != "" {
		o = get(a.tx, tokenSubnet, subnet)
	}
	if a.taken[subnet] == nil {
		a.taken[subnet] = addressesIn(a.tx, subnet)
	}
	return freeAddress(o, a.taken[subnet])
}

// managedNetwork is the subnet that AKS makes for a cluster without one.
const managedNetwork = "10.224.0.0/16"

// addressesIn are the addresses of a subnet that nodes have.
func addressesIn(tx *emulator.Tx, subnet string) map[string]bool {
	taken := map[string]bool{}
	if subnet == "" {
		return taken // every cluster has a network of its own
	}
	for _, o := range tx.Objects() {
		switch o.Token {
		case tokenAgentPool:
			if o.Inputs.String("vnetSubnetID") == subnet {
				take(taken, o.State)
			}
		case tokenCluster:
			for _, profile := range o.Inputs.Objects("agentPoolProfiles") {
				if own, inline := inlineState(o, profile.String("name")); inline && profile.String("vnetSubnetID") == subnet {
					take(taken, own)
				}
			}
		}
	}
	return taken
}

func take(taken map[string]bool, pool emulator.Properties) {
	for _, m := range machines(pool) {
		taken[m.Address] = true
	}
}

// runNodes brings the nodes of a cluster in line with a pool, and the pool with
// what the autoscaler did to it.
func (a *Account) runNodes(ctx context.Context, cluster string, pool, state emulator.Properties) error {
	in := placeIn(state)
	nodes, gone, err := a.settledNodes(ctx, cluster, pool, state)
	if err != nil {
		return err
	}
	for _, n := range nodes {
		if err := a.kube.PutNode(ctx, in.local, n); err != nil {
			return err
		}
	}
	for _, name := range gone {
		if err := a.kube.DeleteNode(ctx, in.local, name); err != nil {
			return err
		}
	}
	return nil
}

func providerID(in place, state emulator.Properties, instance string) string {
	return fmt.Sprintf("azure:///subscriptions/%s/resourceGroups/%s/providers/%s/%s/virtualMachines/%s",
		in.subscription, strings.ToLower(in.group), kindScaleSet, state.String("scaleSet"), instance)
}

// node is a machine as Kubernetes sees it.
func node(in place, pool, state emulator.Properties, m machine) localkube.Node {
	kind, _ := machineOf(pool.String("vmSize"))
	n := localkube.Node{
		Name:       m.Name,
		ProviderID: providerID(in, state, strconv.Itoa(m.Instance)),
		Region:     in.location,
		Zone:       zoneLabel(in.location, m.Zone),
		Address:    m.Address,
		Labels:     state.StringMap("labels"),
		VCPU:       kind.VCPU,
		MemoryMiB:  kind.MemoryMiB,
		DiskGiB:    pool.Int("osDiskSizeGB"),
		MaxPods:    pool.Int("maxPods"),
		GPUs:       gpusOf(kind, pool.String("gpuInstanceProfile")),
	}
	if n.GPUs > 0 {
		n.Accelerator = localkube.Accelerator{
			Model: kind.GPU, MemoryMiB: kind.GPUMemoryMiB, Partition: partitionOf(kind, pool.String("gpuInstanceProfile")),
		}
	}
	n.Labels["kubernetes.io/hostname"] = m.Name
	n.Labels[labelDiskZone] = diskZone(in.location, m.Zone)
	maps.Copy(n.Labels, pool.StringMap("nodeLabels"))
	for _, text := range pool.Strings("nodeTaints") {
		if key, value, effect, err := parseTaint(text); err == nil {
			n.Taints = append(n.Taints, localkube.Taint{Key: key, Value: value, Effect: effect})
		}
	}
	return n
}

// labelDiskZone is where the driver of disks registers the zone.
const labelDiskZone = "topology.disk.csi.azure.com/zone"

// diskZone is the zone as that driver writes it: nothing outside of zones.
func diskZone(location, zone string) string {
	if zone == "" {
		return ""
	}
	return zoneLabel(location, zone)
}

// zoneLabel is a zone as the cloud controller writes it; a machine outside of
// zones is in fault domain 0.
func zoneLabel(location, zone string) string {
	if zone == "" {
		return "0"
	}
	return location + "-" + zone
}

// labelsOf are the labels that AKS puts on the nodes of a pool.
// https://learn.microsoft.com/azure/aks/use-labels
func labelsOf(pool emulator.Properties, cluster emulator.Object, kind accelerators.Machine) map[string]string {
	out, sku := cluster.Outputs, pool.String("osSKU")
	name := pool.String("name")
	storage, tier := strings.ToLower(pool.String("osDiskType")), "Premium_LRS"
	labels := map[string]string{
		"agentpool":                                 name,
		"storageprofile":                            storage,
		"storagetier":                               tier,
		ownedDomain + "/agentpool":                  name,
		ownedDomain + "/cluster":                    out.String("nodeResourceGroup"),
		ownedDomain + "/mode":                       strings.ToLower(pool.String("mode")),
		ownedDomain + "/node-image-version":         pool.String("nodeImageVersion"),
		ownedDomain + "/nodepool-type":              scaleSets,
		ownedDomain + "/os-sku":                     sku,
		ownedDomain + "/role":                       "agent",
		ownedDomain + "/storageprofile":             storage,
		ownedDomain + "/storagetier":                tier,
		ownedDomain + "/kubelet-identity-client-id": out.String("identityProfile.kubeletidentity.clientId"),
		"kubernetes.io/arch":                        kind.Arch,
		"kubernetes.io/os":                          strings.ToLower(pool.String("osType")),
		"node.kubernetes.io/instance-type":          pool.String("vmSize"),
	}
	if kind.GPUs > 0 {
		labels["accelerator"], labels[ownedDomain+"/accelerator"] = "nvidia", "nvidia"
	}
	if out.String("networkProfile.networkPluginMode") == overlayMode {
		labels[ownedDomain+"/podnetwork-type"] = overlayMode
	}
	if out.String("networkProfile.networkDataplane") == cilium {
		labels[ownedDomain+"/ebpf-dataplane"] = cilium
	}
	return labels
}
