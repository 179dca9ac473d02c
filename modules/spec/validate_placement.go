package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// checkPlacement makes sure that each of the named models has a pool and that
// the pools can hold the least number of replicas.
func checkPlacement(r *report, p Platform, plans []PoolPlan, models []string) {
	sharers := map[string][]string{}
	for _, name := range models {
		m := p.Models[name]
		pools := PoolsFor(m, plans)
		if len(pools) == 0 {
			reportNoPool(r, join("gantry:models", name), m, plans)
			continue
		}
		before := len(r.problems)
		checkReplicas(r, join("gantry:models", name), p, m, pools)
		checkSharedGPU(r, join("gantry:models", name), m, pools)
		if len(r.problems) == before && m.GPU.Type != "" {
			sharers[poolNames(pools)] = append(sharers[poolNames(pools)], name)
		}
	}
	for _, pools := range slices.Sorted(maps.Keys(sharers)) {
		checkShared(r, p, sharers[pools], plans)
	}
}

// reportNoPool says why no pool can hold a replica: the first of its needs that
// no pool of those left meets.
func reportNoPool(r *report, at string, m Model, plans []PoolPlan) {
	if m.Pool != "" && !slices.ContainsFunc(plans, func(p PoolPlan) bool { return p.Name == m.Pool }) {
		names := make([]string, len(plans))
		for i, plan := range plans {
			names[i] = plan.Name
		}
		r.add(at+".pool", m.Pool, "is not the name of a pool", choose(m.Pool, names))
		return
	}
	pools := wantedPools(m, plans)
	if len(pools) == 0 {
		reportNoWantedPool(r, at, m, plans)
		return
	}
	most := func(amount func(PoolPlan) int) int {
		return amount(slices.MaxFunc(pools, func(a, b PoolPlan) int { return amount(a) - amount(b) }))
	}
	where := "of pool " + poolNames(pools)
	gpus := most(PoolPlan.GPUSlots)
	milliCPU := most(func(p PoolPlan) int { cpu, _ := p.Allocatable(); return cpu })
	memory := most(func(p PoolPlan) int { _, memory := p.Allocatable(); return memory })
	request, _ := milliOf(m.Resources.CPU)
	switch {
	case m.GPU.Count > 1 && pools[0].Sharing.Clients() > 1:
		r.add(at+".gpu.count", m.GPU.Count, "asks for several shares of an accelerator "+where+", which give a pod no more of it than one", "use count: 1, or a pool whose accelerators are whole")
	case m.GPU.Type != "" && m.GPU.Count > gpus:
		r.add(at+".gpu.count", m.GPU.Count, fmt.Sprintf("is more than the %d %s of a node %s", gpus, m.GPU.Type, where), "lower it, or raise gpuCount of the pool")
	case int(request) > milliCPU:
		r.add(at+".resources.cpu", m.Resources.CPU, fmt.Sprintf("is more than the %dm that pods can use of a node %s", milliCPU, where), "lower it, or raise cpu of the pool")
	case wholeUnits(m.Resources.Memory, mebi) > memory:
		r.add(at+".resources.memory", m.Resources.Memory, fmt.Sprintf("is more than the %dMi that pods can use of a node %s", memory, where), "lower it, or raise memory of the pool")
	default:
		r.add(at+".resources", fmt.Sprintf("%s CPU, %s memory", m.Resources.CPU, m.Resources.Memory), "no single node "+where+" has both", "lower one of the two, or ask for greater nodes")
	}
}

// reportNoWantedPool reports a model that no pool is meant for.
func reportNoWantedPool(r *report, at string, m Model, plans []PoolPlan) {
	switch {
	case m.GPU.Type == "":
		r.missing(at, "runs on CPU, and no on-demand inference or system pool without a GPU and without taints is there for it", "add a pool such as {name: cpu, role: inference, min: 1, max: 3}, or name one with pool:")
	case m.Pool != "":
		r.add(at+".pool", m.Pool, "has no "+m.GPU.Type, "name a pool with gpu: "+m.GPU.Type+", or change gpu.type")
	default:
		fix := fmt.Sprintf("add a pool such as {name: serve, role: inference, gpu: %s, gpuCount: %d, min: 1, max: 3}", m.GPU.Type, max(m.GPU.Count, 1))
		if gpus := inferenceGPUs(plans); len(gpus) > 0 {
			fix += ", or use " + oneOf(gpus)
		}
		r.add(at+".gpu.type", m.GPU.Type, "is in no on-demand inference pool without taints", fix)
	}
}

// inferenceGPUs are the accelerators of the pools that models run on unasked.
func inferenceGPUs(plans []PoolPlan) []string {
	var gpus []string
	for _, plan := range plans {
		if plan.GPU != "" && len(wantedPools(Model{GPU: ModelGPU{Type: plan.GPU}}, []PoolPlan{plan})) > 0 {
			gpus = append(gpus, plan.GPU)
		}
	}
	slices.Sort(gpus)
	return slices.Compact(gpus)
}

// checkReplicas reports a model whose least number of replicas is more than its
// pools hold at their greatest.
func checkReplicas(r *report, at string, p Platform, m Model, pools []PoolPlan) {
	room := 0
	for _, pool := range pools {
		room += RoomFor(m, pool) * MaxNodes(p, pool)
	}
	if m.Scale.Min <= room && m.Scale.Min+m.LeastSecond() > room {
		r.add(at+".rollout", m.Scale.Min+m.LeastSecond(), fmt.Sprintf("replicas of both versions are more than the %d that fit into pool %s at its greatest", room, poolNames(pools)),
			"lower the second version's, or raise "+limitKey(p)+" of the pool")
		return
	}
	if m.Scale.Min <= room {
		return
	}
	r.add(at+".scale.min", m.Scale.Min, fmt.Sprintf("is more than the %d that fit into pool %s at its greatest", room, poolNames(pools)),
		"lower it, or raise "+limitKey(p)+" of the pool")
}

// checkShared reports models that share pools which hold each of them, but not
// all of them.
func checkShared(r *report, p Platform, names []string, plans []PoolPlan) {
	if len(names) < 2 {
		return
	}
	needed := 0
	for _, name := range names {
		needed += (p.Models[name].Scale.Min + p.Models[name].LeastSecond()) * p.Models[name].GPU.Count
	}
	pools, gpus := PoolsFor(p.Models[names[0]], plans), 0
	for _, pool := range pools {
		gpus += pool.GPUSlots() * MaxNodes(p, pool)
	}
	if needed <= gpus {
		return
	}
	i := slices.IndexFunc(p.Pools, func(pool Pool) bool { return pool.Name == pools[0].Name })
	limit := limitKey(p)
	value := map[string]int{"min": p.Pools[i].Min, "max": p.Pools[i].Max}[limit]
	r.add(fmt.Sprintf("gantry:pools[%d].%s", i, limit), value,
		fmt.Sprintf("leaves %d GPUs to the models %s, which need %d for their least replicas", gpus, strings.Join(names, ", "), needed),
		"raise it, or lower scale.min of a model")
}

// limitKey is the key that decides how many nodes a pool can have.
func limitKey(p Platform) string {
	if p.Autoscaled() {
		return "max"
	}
	return "min"
}

// MaxNodes is how many nodes a pool can have: its greatest number where an
// autoscaler adds them, its least where no one does. System pools of AKS have
// two at least.
func MaxNodes(p Platform, pool PoolPlan) int {
	least := minSystemNodes(p.Cloud, pool.Pool)
	if p.Autoscaled() {
		return max(pool.Max, least)
	}
	return max(pool.Min, least)
}

func poolNames(pools []PoolPlan) string {
	names := make([]string, len(pools))
	for i, pool := range pools {
		names[i] = pool.Name
	}
	return strings.Join(names, ", ")
}
