package azure

import (
	"context"
	"maps"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

// A cluster is made with pools of its own, and others are made beside it. What
// AKS shows of a cluster holds them all, so that azure-native, when it refreshes
// a cluster, finds the others among its inputs.

const (
	// stateInline are the states of the pools that were made with a cluster.
	stateInline = "pools"
	// stateBeside are copies of the states of those beside it.
	stateBeside = "beside"
)

// inlineState is what the account remembers of a pool that was made with the
// cluster.
func inlineState(cluster emulator.Object, name string) (emulator.Properties, bool) {
	return stateIn(cluster, stateInline, name)
}

func stateIn(cluster emulator.Object, list, name string) (emulator.Properties, bool) {
	for _, state := range cluster.State.Objects(list) {
		if state.String("name") == name {
			return state, true
		}
	}
	return nil, false
}

// poolsOf are all pools of a cluster, by name.
func poolsOf(tx *emulator.Tx, cluster emulator.Object) map[string]emulator.Properties {
	pools := map[string]emulator.Properties{}
	for _, profile := range cluster.Outputs.Objects("agentPoolProfiles") {
		if _, inline := inlineState(cluster, profile.String("name")); inline {
			pools[profile.String("name")] = profile
		}
	}
	for _, o := range tx.Of(tokenAgentPool) {
		if strings.EqualFold(parentOf(o.ID), cluster.ID) {
			pools[lastOf(o.ID)] = o.Outputs
		}
	}
	return pools
}

// shownOnly are the properties of a pool that AKS shows and nobody can set.
var shownOnly = []string{"currentOrchestratorVersion", "eTag", "nodeImageVersion", "provisioningState"}

// showPool puts a pool that is not the cluster's own, and its state, among those
// that AKS shows of the cluster; nil takes it out.
func showPool(tx *emulator.Tx, cluster emulator.Object, name string, pool, state emulator.Properties) error {
	showIn(&cluster, name, pool, state)
	return tx.Put(cluster)
}

func showIn(cluster *emulator.Object, name string, pool, state emulator.Properties) {
	var shown, given, scaleSet map[string]any
	if pool != nil {
		shown = pool.Clone()
		shown["type"] = scaleSets
		given = maps.Clone(shown)
		for _, property := range shownOnly {
			delete(given, property)
		}
		scaleSet = state.Clone()
		scaleSet["name"] = name
	}
	cluster.Outputs, cluster.Inputs, cluster.State = cluster.Outputs.Clone(), cluster.Inputs.Clone(), cluster.State.Clone()
	cluster.Outputs["agentPoolProfiles"] = withPool(cluster.Outputs["agentPoolProfiles"], name, shown)
	cluster.Inputs["agentPoolProfiles"] = withPool(cluster.Inputs["agentPoolProfiles"], name, given)
	cluster.State[stateBeside] = withPool(cluster.State[stateBeside], name, scaleSet)
}

// withPool is a list of a cluster's pools with one replaced, added or gone.
func withPool(pools any, name string, pool map[string]any) []any {
	list, _ := pools.([]any)
	list = slices.Clone(list)
	i := slices.IndexFunc(list, func(v any) bool {
		profile, _ := v.(map[string]any)
		return profile["name"] == name
	})
	switch {
	case pool == nil && i >= 0:
		return slices.Delete(list, i, i+1)
	case pool == nil:
		return list
	case i >= 0:
		list[i] = pool
		return list
	default:
		return append(list, pool)
	}
}

// startPools makes the pools of a new cluster.
func startPools(op *emulator.Op) error {
	free := newAddresses(op.Tx)
	if err := systemPoolLeft(op.In()); err != nil {
		return err
	}
	var shown, states []any
	for _, profile := range op.In().Objects("agentPoolProfiles") {
		name := profile.String("name")
		if err := poolMayRun(op.Tx, *op.Object, op.Object.ID+"/agentPools/"+name, profile); err != nil {
			return err
		}
		pool, state := profile.Clone(), newScaleSet(*op.Object, name)
		state["name"] = name
		if err := settleInline(op, free, pool, state, true); err != nil {
			return err
		}
		shown, states = append(shown, map[string]any(pool)), append(states, map[string]any(state))
	}
	op.Out()["agentPoolProfiles"], op.Object.State[stateInline] = shown, states
	for _, profile := range op.Out().Objects("agentPoolProfiles") {
		if err := roomInSubnets(op.Tx, *op.Object, profile.String("name"), profile); err != nil {
			return err
		}
	}
	return nil
}

func settleInline(op *emulator.Op, free *addresses, pool, state emulator.Properties, asked bool) error {
	setDefault(pool, "type", scaleSets)
	if err := settlePool(pool, state, *op.Object); err != nil {
		return err
	}
	if pool.String("scaleSetPriority") != spot {
		setDefault(pool, "upgradeSettings.maxSurge", defaultSurge)
	}
	return scale(free, pool, state, asked)
}

// changePools brings the pools of a cluster in line with a changed request. Those
// beside it may be in the request, as they come out of a refresh, and are
// changed too. Pools that are left out stay as they are.
func changePools(op *emulator.Op) error {
	free, beside := newAddresses(op.Tx), map[string]emulator.Properties{}
	before := poolsOf(op.Tx, op.Old)
	var shown, states []any
	for name, pool := range before {
		if _, inline := inlineState(op.Old, name); !inline {
			beside[name] = pool
		}
	}
	requested := map[string]emulator.Properties{}
	for _, profile := range op.In().Objects("agentPoolProfiles") {
		name := profile.String("name")
		if _, exists := before[name]; !exists {
			return refuseAt("agentPoolProfiles", "BadRequest", "A new agent pool was introduced. Adding agent pools to an existing cluster "+
				"is not allowed through managed cluster operations. For agent pool specific change, please use per agent pool operations: "+
				"https://aka.ms/agent-pool-rest-api")
		}
		requested[name] = profile
	}
	for _, state := range op.Old.State.Clone().Objects(stateInline) {
		name := state.String("name")
		pool, err := changedInline(op, free, name, before[name], requested[name], state)
		if err != nil {
			return err
		}
		shown, states = append(shown, map[string]any(pool)), append(states, map[string]any(state))
	}
	for _, name := range slices.Sorted(maps.Keys(beside)) {
		pool, err := changedBeside(op, free, name, requested[name])
		if err != nil {
			return err
		}
		pool["type"] = scaleSets
		shown = append(shown, map[string]any(pool))
	}
	op.Out()["agentPoolProfiles"], op.Object.State[stateInline] = shown, states
	return systemPoolLeft(op.Out())
}

// changedInline is a pool after a request; one that the request leaves out stays
// as it is.
func changedInline(op *emulator.Op, free *addresses, name string, before, request, state emulator.Properties) (emulator.Properties, error) {
	pool, asked := before.Clone(), false
	if request != nil {
		for _, profile := range op.Old.Inputs.Objects("agentPoolProfiles") {
			if profile.String("name") != name {
				continue
			}
			if err := poolUnchanged("agentPoolProfile.", profile, request); err != nil {
				return nil, err
			}
			asked = profile.Int("count") != request.Int("count")
			for property := range profile {
				delete(pool, property)
			}
		}
		maps.Copy(pool, request.Clone())
	}
	return pool, settleInline(op, free, pool, state, asked)
}

// changedBeside is a pool beside the cluster after a request to the cluster.
func changedBeside(op *emulator.Op, free *addresses, name string, request emulator.Properties) (emulator.Properties, error) {
	pool := get(op.Tx, tokenAgentPool, op.Object.ID+"/agentPools/"+name)
	if request == nil {
		return pool.Outputs.Clone(), nil
	}
	pool.Inputs, pool.Outputs, pool.State = pool.Inputs.Clone(), pool.Outputs.Clone(), pool.State.Clone()
	for property, value := range request.Clone() {
		if property == "name" || property == "type" {
			continue
		}
		if slices.Contains(fixedForPool, property) && !reflect.DeepEqual(value, pool.Outputs[property]) {
			return nil, refuseAt("agentPoolProfile."+property, "PropertyChangeNotAllowed", "Changing property 'agentPoolProfile.%s' is not allowed.", property)
		}
		pool.Outputs[property] = value
		if pool.Inputs.Has(property) {
			pool.Inputs[property] = value
		}
	}
	if err := settlePool(pool.Outputs, pool.State, *op.Object); err != nil {
		return nil, err
	}
	if err := scale(free, pool.Outputs, pool.State, false); err != nil {
		return nil, err
	}
	return pool.Outputs.Clone(), op.Put(pool)
}

func systemPoolLeft(cluster emulator.Properties) error {
	if !slices.Contains(cluster.All("agentPoolProfiles[].mode"), any(modeSystem)) {
		return refuse("BadRequest", "Must define at least one system pool.")
	}
	return nil
}

// roomInSubnets refuses pools that could outgrow their subnet.
func roomInSubnets(tx *emulator.Tx, cluster emulator.Object, name string, pool emulator.Properties) error {
	subnet := get(tx, tokenSubnet, pool.String("vnetSubnetID"))
	prefixes := prefixesOf(subnet.Inputs)
	if len(prefixes) == 0 {
		return nil // in AKS's own network
	}
	pools := poolsOf(tx, cluster)
	pools[name] = pool
	need := 0
	for _, other := range pools {
		if other.String("vnetSubnetID") == subnet.ID {
			need += addressesFor(other, cluster.Outputs)
		}
	}
	if room := usable(prefixes[0]); need > room {
		return refuse("InsufficientSubnetSize", "Pre-allocated IPs %d exceeds IPs available %d in Subnet Cidr %s, Subnet Name %s. "+
			"If Autoscaler is enabled, the max-count from each nodepool is counted towards this total (which means that pre-allocated IPs count "+
			"represents a theoretical max value, not the actual number of IPs requested). http://aka.ms/aks/insufficientsubnetsize",
			need, room, prefixes[0], lastOf(subnet.ID))
	}
	return nil
}

// usable is the number of addresses of a subnet that are not Azure's.
func usable(subnet netip.Prefix) int { return 1<<(32-subnet.Bits()) - reservedAddresses - 1 }

// addressesFor is how many addresses of its subnet a pool can need: one a node,
// and one a pod where pods have addresses of the network.
func addressesFor(pool, cluster emulator.Properties) int {
	nodes := max(pool.Int("count"), pool.Int("maxCount"))
	nodes += surge(pool, nodes)
	if cluster.String("networkProfile.networkPlugin") == "azure" && cluster.String("networkProfile.networkPluginMode") != overlayMode && !pool.Has("podSubnetID") {
		return nodes * (1 + pool.Int("maxPods"))
	}
	return nodes
}

// defaultSurge of a pool that says nothing.
// https://learn.microsoft.com/azure/aks/upgrade-aks-node-pools-rolling
const defaultSurge = "10%"

// surge is how many nodes an upgrade of a pool makes beside the old ones.
func surge(pool emulator.Properties, nodes int) int {
	text := pool.String("upgradeSettings.maxSurge")
	if text == "" {
		text = defaultSurge
	}
	if pool.String("scaleSetPriority") == spot {
		return 0
	}
	if percent, ok := strings.CutSuffix(text, "%"); ok {
		n, _ := strconv.Atoi(percent)
		return int(math.Ceil(float64(nodes) * float64(n) / 100))
	}
	n, _ := strconv.Atoi(text)
	return max(n, 1)
}

// runPools brings the nodes of all pools of a cluster in line.
func (a *Account) runPools(ctx context.Context, cluster emulator.Object) error {
	for _, profile := range cluster.Outputs.Objects("agentPoolProfiles") {
		state, inline := inlineState(cluster, profile.String("name"))
		if !inline {
			continue
		}
		if err := a.runNodes(ctx, cluster.ID, profile, state); err != nil {
			return err
		}
	}
	objects, err := a.store.Objects()
	if err != nil {
		return err
	}
	for _, o := range objects {
		if o.Token != tokenAgentPool || !strings.EqualFold(parentOf(o.ID), cluster.ID) {
			continue
		}
		if err := a.runPool(ctx, o); err != nil {
			return err
		}
	}
	return nil
}
