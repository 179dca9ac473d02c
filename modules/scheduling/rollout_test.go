package scheduling

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/util/intstr"

	"gantry.dev/gantry/modules/spec"
)

var (
	noSurge = Strategy{MaxSurge: intstr.FromInt32(0), MaxUnavailable: intstr.FromInt32(1)}
	quarter = Strategy{MaxSurge: intstr.FromString("25%"), MaxUnavailable: intstr.FromInt32(0)}
)

func surging(replicas int32) Strategy {
	return Strategy{MaxSurge: intstr.FromInt32(replicas), MaxUnavailable: intstr.FromInt32(0)}
}

func TestSurge(t *testing.T) {
	pinned := func(m spec.Model, pool string) spec.Model {
		m.Pool = pool
		return m
	}
	needing := func(cpu string, m spec.Model) spec.Model {
		m.Resources.CPU = cpu
		return m
	}
	tests := map[string]struct {
		pools  []spec.Pool
		model  spec.Model
		others []spec.Model
		want   Strategy
	}{
		"a CPU model surges by a quarter": {
			pools: []spec.Pool{system},
			model: spec.Model{Scale: spec.ModelScale{Max: 8}},
			want:  quarter,
		},
		"one GPU beyond the maximum is enough": {
			pools: []spec.Pool{system, sized(serve, "serve", 1, 11)},
			model: onGPU("", "l4", 1, 10),
			want:  surging(1),
		},
		"no GPU beyond the maximum: one replica at a time is missing": {
			pools: []spec.Pool{system, sized(serve, "serve", 1, 10)},
			model: onGPU("", "l4", 1, 10),
			want:  noSurge,
		},
		"pools smaller than the maximum do not surge": {
			pools: []spec.Pool{system, sized(serve, "serve", 1, 2)},
			model: onGPU("", "l4", 1, 10),
			want:  noSurge,
		},
		"room for many surges by a quarter, rounded up": {
			pools: []spec.Pool{system, sized(serve, "serve", 1, 100)},
			model: onGPU("", "l4", 1, 10),
			want:  surging(3),
		},
		"a single replica surges": {
			pools: []spec.Pool{system, sized(serve, "serve", 1, 2)},
			model: onGPU("", "l4", 1, 1),
			want:  surging(1),
		},
		"what others may take at their maximum is not spare": {
			pools:  []spec.Pool{system, sized(serve, "serve", 1, 12)},
			model:  onGPU("", "l4", 1, 8),
			others: []spec.Model{onGPU("other", "l4", 1, 4)},
			want:   noSurge,
		},
		"what others leave is spare": {
			pools:  []spec.Pool{system, sized(serve, "serve", 1, 13)},
			model:  onGPU("", "l4", 1, 8),
			others: []spec.Model{onGPU("other", "l4", 1, 4)},
			want:   surging(1),
		},
		"models on other pools do not count": {
			pools:  []spec.Pool{system, sized(serve, "serve", 1, 9), sized(serve, "other", 1, 4)},
			model:  pinned(onGPU("", "l4", 1, 8), "serve"),
			others: []spec.Model{pinned(onGPU("other", "l4", 1, 4), "other")},
			want:   surging(1),
		},
		"CPU models take no GPU": {
			pools:  []spec.Pool{system, sized(serve, "serve", 1, 9)},
			model:  onGPU("", "l4", 1, 8),
			others: []spec.Model{{Name: "other", Scale: spec.ModelScale{Max: 50}}},
			want:   surging(1),
		},
		"training nodes are not spare": {
			pools: []spec.Pool{system, train, sized(train, "serve", 8, 1), {Name: "a", Role: spec.RoleInference, GPU: "a100", GPUCount: 8, Max: 1}},
			model: onGPU("", "a100", 8, 1),
			want:  noSurge,
		},
		"GPUs of different nodes do not add up to a replica": {
			pools: []spec.Pool{system, sized(serve, "serve", 4, 2)},
			model: onGPU("", "l4", 3, 2),
			want:  noSurge,
		},
		"GPUs that CPU or memory cannot be had for are not spare": {
			pools: []spec.Pool{system, sized(serve, "serve", 4, 2)},
			model: needing("20", onGPU("", "l4", 1, 4)),
			want:  noSurge,
		},
		"small replicas of others may be scattered over all nodes": {
			pools:  []spec.Pool{system, sized(serve, "serve", 4, 3)},
			model:  onGPU("", "l4", 4, 1),
			others: []spec.Model{onGPU("other", "l4", 1, 2)},
			want:   noSurge,
		},
		"large replicas of others take the room of several": {
			pools:  []spec.Pool{system, sized(serve, "serve", 4, 3)},
			model:  onGPU("", "l4", 1, 4),
			others: []spec.Model{onGPU("other", "l4", 4, 2)},
			want:   noSurge,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.model.Name = "m"
			p, plans := plan(t, test.pools, append(test.others, test.model)...)
			assert.Equal(t, test.want, NewFleet(p, plans).Surge(p.Models["m"]))
		})
	}
}

func TestSurge_WithoutAutoscalerOnlyTheNodesThatExistCount(t *testing.T) {
	pool := sized(serve, "serve", 1, 10)
	pool.Min = 4
	for replicas, want := range map[int]Strategy{3: surging(1), 4: noSurge} {
		t.Run(fmt.Sprint(replicas), func(t *testing.T) {
			p, plans := plan(t, []spec.Pool{system, pool}, onGPU("m", "l4", 1, replicas))
			p.Addons.Autoscaler.Enabled = new(false)
			assert.Equal(t, want, NewFleet(p, plans).Surge(p.Models["m"]))
		})
	}
}

// A rollout of any model that surges must find its GPUs even when the replicas
// of all models lie as badly as they can.
func TestSurge_NeverWaitsForAGPU(t *testing.T) {
	const gpusPerNode, nodes = 4, 3
	for own := 1; own <= gpusPerNode; own++ {
		for other := 1; other <= gpusPerNode; other++ {
			for ownMax := 1; ownMax <= 4; ownMax++ {
				for otherMax := 1; otherMax <= 4; otherMax++ {
					p, plans := plan(t, []spec.Pool{system, sized(serve, "serve", gpusPerNode, nodes)},
						onGPU("own", "l4", own, ownMax), onGPU("other", "l4", other, otherMax))
					strategy := NewFleet(p, plans).Surge(p.Models["own"])
					surge := strategy.MaxSurge.IntValue()
					if surge == 0 {
						continue
					}
					free := make([]int, nodes)
					for i := range free {
						free[i] = gpusPerNode
					}
					least := leastRoom(free, own, other, ownMax, otherMax)
					assert.GreaterOrEqual(t, least, surge,
						"%d×%d GPUs beside %d×%d: surge %d, but room for %d in the worst case", ownMax, own, otherMax, other, surge, least)
				}
			}
		}
	}
}

// leastRoom tries every way to place the replicas and returns the least room
// that is left for replicas of own GPUs.
func leastRoom(free []int, own, other, ownLeft, otherLeft int) int {
	least := 0
	for _, gpus := range free {
		least += gpus / own
	}
	for i := range free {
		if ownLeft > 0 && free[i] >= own {
			free[i] -= own
			least = min(least, leastRoom(free, own, other, ownLeft-1, otherLeft))
			free[i] += own
		}
		if otherLeft > 0 && free[i] >= other {
			free[i] -= other
			least = min(least, leastRoom(free, own, other, ownLeft, otherLeft-1))
			free[i] += other
		}
	}
	return least
}
