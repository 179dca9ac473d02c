package spec

import (
	"slices"

	"gantry.dev/gantry/modules/naming"
)

// What a node keeps for the kubelet, the system and the agents that run on
// every node. The memory share follows the amount that the EKS node image sets
// aside (255 MiB, 11 MiB for each pod it may hold, and 100 MiB eviction
// threshold) with room for the agents' own requests; the CPU share covers the
// image's share (60m for the first core and less for each further one) and the
// agents' requests.
// Source: awslabs/amazon-eks-ami, nodeadm/internal/kubelet.
const (
	reservedMilliCPU         = 400
	reservedMemoryMiB        = 512
	reservedMemoryShare      = 10 // one part in ten of the node's memory
	maxReservedMemoryPartMiB = 9 * 1024
)

// Allocatable is what pods can use of one node of the pool: the smallest of its
// machine types less 400m CPU, and less 512Mi and a tenth of the memory, but
// never more than 9.5Gi. The true amount is known once a node runs and is a
// little greater.
func (p PoolPlan) Allocatable() (milliCPU, memoryMiB int) {
	if len(p.Machines) == 0 {
		return 0, 0
	}
	machine := p.Machines[0]
	reserved := reservedMemoryMiB + min(machine.MemoryMiB/reservedMemoryShare, maxReservedMemoryPartMiB)
	return machine.VCPU*1000 - reservedMilliCPU, machine.MemoryMiB - reserved
}

// PoolsFor is the pools that a model may run on, in the order given: the one
// that it names; else the on-demand inference pools that have its GPU, or no
// GPU for a model without one, and those on spot for a model that tolerates it;
// else, for a model without a GPU, the system pools. Each has room on a node for
// one replica. Pools with taints of their own are reserved and only used when
// named.
func PoolsFor(m Model, pools []PoolPlan) []PoolPlan {
	return slices.DeleteFunc(wantedPools(m, pools), func(p PoolPlan) bool { return RoomFor(m, p) < 1 })
}

// wantedPools are the pools meant for the model, whether or not one replica has
// room on a node.
func wantedPools(m Model, pools []PoolPlan) []PoolPlan {
	if m.Pool != "" {
		return filter(pools, func(p PoolPlan) bool { return p.Name == m.Pool && hasGPU(m, p) })
	}
	inference := filter(pools, func(p PoolPlan) bool {
		return p.Role == RoleInference && m.accepts(p.Capacity) && p.GPU == m.GPU.Type && !p.reserved()
	})
	if len(inference) > 0 || m.GPU.Type != "" {
		return inference
	}
	return filter(pools, func(p PoolPlan) bool {
		return p.Role == RoleSystem && p.Capacity == CapacityOnDemand && !p.reserved()
	})
}

// accepts is whether the model runs on such capacity without naming a pool.
func (m Model) accepts(capacity Capacity) bool {
	return capacity == CapacityOnDemand || m.SpotTolerant
}

// reserved is whether the pool has taints of its own, or parts in place of whole
// accelerators. In an existing cluster the taints that mark accelerators and
// add-on nodes everywhere do not reserve it.
func (p PoolPlan) reserved() bool {
	return p.Sharing.divides() || slices.ContainsFunc(p.Taints, func(t Taint) bool {
		return !p.Foreign || t.Key != naming.TaintGPU && t.Key != naming.TaintCriticalAddons
	})
}

// hasGPU is whether the pool has the accelerator that the model asks for. A
// model that asks for none may be sent to a GPU pool by name.
func hasGPU(m Model, p PoolPlan) bool { return m.GPU.Type == "" || m.GPU.Type == p.GPU }

// RoomFor is how many replicas of the model one node of the pool holds when
// nothing else runs on it.
func RoomFor(m Model, p PoolPlan) int {
	milliCPU, memoryMiB := p.Allocatable()
	room := memoryMiB / max(wholeUnits(m.Resources.Memory, mebi), 1)
	if request, ok := milliOf(m.Resources.CPU); ok {
		room = min(room, milliCPU/int(request))
	}
	if m.GPU.Type != "" {
		room = min(room, p.GPUSlots()/max(m.GPU.Count, 1))
	}
	if m.GPU.Count > 1 && p.Sharing.Clients() > 1 {
		return 0 // a second share is one of the same accelerator
	}
	return max(room, 0)
}

// filter is a new slice of the elements that keep keeps.
func filter[T any](all []T, keep func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(all), func(one T) bool { return !keep(one) })
}
