package spec

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/naming"
)

// maxMachineTypes is the greatest number of machine types in one pool. EKS
// takes 20 in a managed node group.
const maxMachineTypes = 20

// PoolPlan is a pool resolved for its cloud: everything about its nodes that is
// known before the cloud is asked. Labels, taints and capacity are plain values
// so that selectors and tolerations can be computed, and tested, without an
// engine.
type PoolPlan struct {
	// Pool is the pool as configured. Where it names machine types, GPU,
	// GPUCount and Arch are filled in from them.
	Pool
	// Machines are the machine types of the pool, cheapest first: one for an
	// on-demand pool, several of equal shape for a spot pool on AWS. The first
	// is the one the autoscaler plans with. In an existing cluster it is the
	// pool's own description, without a type or a price.
	Machines []accelerators.Machine
	// NodeLabels are all labels that Gantry declares on the pool's nodes; in an
	// existing cluster, those that it finds there.
	NodeLabels map[string]string
	// NodeTaints are all taints that the pool's nodes carry, those of the cloud
	// among them.
	NodeTaints []Taint
	// Foreign pools are those of an existing cluster: their nodes have none of
	// Gantry's labels.
	Foreign bool
	// DiskGiB is DiskSize in GiB, rounded up.
	DiskGiB int
}

// PlanPools turns the pools of a platform, which Default has completed, into
// machine types of its cloud, in the order of the configuration. The error is
// Problems and holds every problem of every pool; the plans of the sound pools
// are returned beside it.
func PlanPools(p Platform) ([]PoolPlan, error) {
	r := &report{}
	plans := planPools(r, p)
	return plans, r.err()
}

func planPools(r *report, p Platform) []PoolPlan {
	plans := make([]PoolPlan, 0, len(p.Pools))
	for i, pool := range p.Pools {
		path := fmt.Sprintf("gantry:pools[%d]", i)
		before := len(r.problems)
		checkPool(r, path, p, pool)
		if len(r.problems) > before || !slices.Contains(Clouds, p.Cloud) {
			continue
		}
		machines := machinesFor(r, path, p.Cloud, pool)
		if len(machines) > 0 && checkSharing(r, path+".sharing", p, pool, machines[0]) {
			plans = append(plans, planPool(p, pool, machines))
		}
	}
	checkPoolNames(r, p.Pools)
	checkOneOperator(r, p)
	return plans
}

func planPool(p Platform, pool Pool, machines []accelerators.Machine) PoolPlan {
	first := machines[0]
	pool.GPU, pool.GPUCount, pool.Arch = first.GPU, first.GPUs, Arch(first.Arch)
	plan := PoolPlan{
		Pool:       pool,
		Machines:   machines,
		NodeLabels: nodeLabels(pool),
		NodeTaints: nodeTaints(p.Cloud, pool),
		DiskGiB:    wholeUnits(pool.DiskSize, gibi),
	}
	maps.Copy(plan.NodeLabels, gpuLabels(p, pool))
	if p.Cloud == Existing {
		plan.Foreign, plan.NodeLabels, plan.NodeTaints = true, maps.Clone(pool.Labels), slices.Clone(pool.Taints)
	}
	return plan
}

// nodeLabels are the labels of the pool's own and Gantry's, which are the same
// on every cloud.
func nodeLabels(pool Pool) map[string]string {
	labels := map[string]string{
		naming.LabelRole:     string(pool.Role),
		naming.LabelCapacity: string(pool.Capacity),
		naming.LabelPool:     pool.Name,
	}
	if pool.GPU != "" {
		labels[naming.LabelGPU] = pool.GPU
	}
	maps.Copy(labels, pool.Labels)
	return labels
}

// nodeTaints keeps GPUs for pods that ask for one, and training nodes, which
// may vanish at any time, for pods that can bear it. The taint of the cloud is
// on the nodes whether or not it is declared, so it is.
func nodeTaints(cloud Cloud, pool Pool) []Taint {
	var taints []Taint
	if pool.GPU != "" {
		taints = append(taints, Taint{Key: naming.TaintGPU, Value: naming.TaintGPUValue, Effect: NoSchedule})
	}
	if pool.Role == RoleTraining {
		taints = append(taints, Taint{Key: naming.TaintRole, Value: string(RoleTraining), Effect: NoSchedule})
	}
	return slices.Concat(taints, cloudTaints(cloud, pool), pool.Taints)
}

// cloudTaints are the taints that belong to one cloud.
//
// EKS taints no spot node. GKE is said to taint them in some versions and not
// in others, so that declaring the taint is right either way; Arm nodes it
// taints itself. AKS taints spot nodes, and shows a difference where the pool
// does not say so. The system pools of AKS are meant for critical add-ons alone.
// Sources:
// https://cloud.google.com/kubernetes-engine/docs/concepts/spot-vms,
// https://cloud.google.com/kubernetes-engine/docs/how-to/prepare-arm-workloads-for-deployment,
// https://learn.microsoft.com/azure/aks/spot-node-pool,
// https://learn.microsoft.com/azure/aks/use-system-pools.
func cloudTaints(cloud Cloud, pool Pool) []Taint {
	var taints []Taint
	add := func(when bool, key, value string) {
		if when {
			taints = append(taints, Taint{Key: key, Value: value, Effect: NoSchedule})
		}
	}
	spot := pool.Capacity == CapacitySpot
	add(cloud == GCP && spot, naming.TaintSpotGKE, "true")
	add(cloud == GCP && pool.Arch == ArchARM64, naming.TaintArch, string(ArchARM64))
	add(cloud == Azure && spot, naming.TaintSpotAKS, "spot")
	add(cloud == Azure && pool.Role == RoleSystem, naming.TaintCriticalAddons, "true")
	return taints
}

// machinesFor is the machine types of a sound pool, or none and a problem.
func machinesFor(r *report, path string, cloud Cloud, pool Pool) []accelerators.Machine {
	if cloud == Existing {
		return []accelerators.Machine{described(pool)}
	}
	if len(pool.MachineTypes) > 0 {
		return namedMachines(cloud, pool)
	}
	fits := findMachines(cloud, pool, needOf(cloud, pool))
	if len(fits) == 0 {
		reportNoMachine(r, path, cloud, pool)
		return nil
	}
	if pool.Capacity != CapacitySpot || cloud != AWS {
		return fits[:1]
	}
	return equalMachines(cloud, pool, fits[0])
}

// described is a node of an existing cluster as its pool describes it.
func described(pool Pool) accelerators.Machine {
	return accelerators.Machine{
		Cloud:        string(Existing),
		GPU:          pool.GPU,
		GPUs:         pool.GPUCount,
		GPUMemoryMiB: wholeUnits(pool.GPUMemory, mebi),
		VCPU:         pool.CPU,
		MemoryMiB:    wholeUnits(pool.Memory, mebi),
		Arch:         string(pool.Arch),
	}
}

// namedMachines are the machine types that the pool names, which checkPool has
// found to exist, in the order of the pool: its author knows the prices.
func namedMachines(cloud Cloud, pool Pool) []accelerators.Machine {
	machines := make([]accelerators.Machine, 0, len(pool.MachineTypes))
	for _, name := range pool.MachineTypes {
		if machine, ok := accelerators.Lookup(string(cloud), name); ok {
			machines = append(machines, machine)
		}
	}
	return machines
}

// equalMachines are the machine types of a spot pool: the cheapest that fits and
// its equals in shape. A pool of several keeps its node count when one type has
// no spot capacity left, and the autoscaler's plan stays right.
func equalMachines(cloud Cloud, pool Pool, cheapest accelerators.Machine) []accelerators.Machine {
	equals := filter(withNodeImage(cloud, accelerators.EqualShapes(cheapest)), pool.admits)
	return equals[:min(len(equals), maxMachineTypes)]
}

// admits is whether a machine may be a node of the pool, whatever its shape.
func (p Pool) admits(m accelerators.Machine) bool {
	return (p.Burstable == nil || *p.Burstable || !isBurstable(m)) &&
		(p.Capacity != CapacityOnDemand || soldOnDemand(m))
}

// findMachines are the machine types that meet a need and that nodes of the pool
// can be, cheapest first.
func findMachines(cloud Cloud, pool Pool, need accelerators.Need) []accelerators.Machine {
	return filter(withNodeImage(cloud, accelerators.Find(need)), pool.admits)
}

// needOf is what a pool asks of its machines, and what the cloud asks of them
// for the pool's role.
func needOf(cloud Cloud, pool Pool) accelerators.Need {
	least := minSystemVCPU(cloud)
	if pool.Role != RoleSystem {
		least = 0
	}
	return accelerators.Need{
		Cloud:        string(cloud),
		GPU:          pool.GPU,
		GPUs:         pool.GPUCount,
		GPUMemoryMiB: wholeUnits(pool.GPUMemory, mebi),
		VCPU:         max(pool.CPU, least),
		MemoryMiB:    wholeUnits(pool.Memory, mebi),
		Arch:         string(pool.Arch),
	}
}

// reportNoMachine blames the first wish that leaves no machine type: it adds
// the pool's wishes one by one, in the order in which they matter.
func reportNoMachine(r *report, path string, cloud Cloud, pool Pool) {
	need := needOf(cloud, pool)
	tried := accelerators.Need{Cloud: need.Cloud, GPU: need.GPU}
	wishes := []struct {
		key     string
		value   any
		what    string
		narrow  func()
		choices func(accelerators.Machine) string
	}{
		{"gpuCount", pool.GPUCount, "is a number of " + pool.GPU + " that no machine type has",
			func() { tried.GPUs = need.GPUs },
			func(m accelerators.Machine) string { return fmt.Sprint(m.GPUs) }},
		{"gpuMemory", pool.GPUMemory, "is more memory than any " + pool.GPU + " has",
			func() { tried.GPUMemoryMiB = need.GPUMemoryMiB },
			func(m accelerators.Machine) string { return gib(m.GPUMemoryMiB) }},
		{"arch", pool.Arch, "is an architecture that no machine type " + gpuText(pool) + " has",
			func() { tried.Arch = need.Arch },
			func(m accelerators.Machine) string { return m.Arch }},
		{"cpu", pool.CPU, "virtual CPUs are more than any machine type " + gpuText(pool) + " has",
			func() { tried.VCPU = need.VCPU },
			func(m accelerators.Machine) string { return fmt.Sprint(m.VCPU) }},
		{"memory", pool.Memory, "is more memory than any machine type " + gpuText(pool) + " has that meets the other wishes",
			func() { tried.MemoryMiB = need.MemoryMiB },
			func(m accelerators.Machine) string { return gib(m.MemoryMiB) }},
	}
	if asSpot := cheapestSpot(cloud, pool, need); asSpot != "" {
		r.add(path+".capacity", string(pool.Capacity), "is no way to get "+gpuName(pool)+" on "+string(cloud)+", which sells "+asSpot+" as spot and by reservation only", "use capacity: spot, or ask for another gpu or gpuCount")
		return
	}
	left := findMachines(cloud, pool, tried)
	for _, wish := range wishes {
		wish.narrow()
		fits := findMachines(cloud, pool, tried)
		if len(fits) > 0 || len(left) == 0 {
			left = fits
			continue
		}
		r.add(path+"."+wish.key, wish.value, wish.what+" on "+string(cloud),
			choice(distinct(left, wish.choices)))
		return
	}
	r.add(path+".gpu", pool.GPU, "is in no machine type of "+string(cloud)+" that can be a node",
		"choose "+oneOf(UsableGPUs(cloud)))
}

// cheapestSpot is the machine type that an on-demand pool would have as a spot
// pool, or "".
func cheapestSpot(cloud Cloud, pool Pool, need accelerators.Need) string {
	if pool.Capacity != CapacityOnDemand {
		return ""
	}
	pool.Capacity = CapacitySpot
	fits := findMachines(cloud, pool, need)
	if len(fits) == 0 {
		return ""
	}
	return fits[0].Type
}

// UsableGPUs lists the accelerator models that nodes can have on a cloud: those
// of some machine type that there is a node image for. What an existing cluster
// has is not known: it has none listed.
func UsableGPUs(cloud Cloud) []string { return slices.Clone(usableGPUs()[cloud]) }

var usableGPUs = sync.OnceValue(func() map[Cloud][]string {
	usable := map[Cloud][]string{}
	for _, cloud := range Clouds {
		usable[cloud] = filter(accelerators.GPUs(string(cloud)), func(gpu string) bool {
			need := accelerators.Need{Cloud: string(cloud), GPU: gpu}
			return len(withNodeImage(cloud, accelerators.Find(need))) > 0
		})
	}
	return usable
})

// knownGPUs lists the accelerator models that nodes can have on some cloud.
var knownGPUs = sync.OnceValue(func() []string {
	known := slices.Concat(slices.Collect(maps.Values(usableGPUs()))...)
	slices.Sort(known)
	return slices.Compact(known)
})
