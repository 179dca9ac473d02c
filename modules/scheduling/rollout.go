package scheduling

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/intstr"

	"gantry.dev/gantry/modules/spec"
)

// Strategy is how a rolling update replaces the replicas of a model.
type Strategy struct {
	// MaxSurge is how many replicas may exist beyond the wanted number.
	MaxSurge intstr.IntOrString
	// MaxUnavailable is how many of the wanted number may be missing.
	MaxUnavailable intstr.IntOrString
}

// The share of replicas that a rollout replaces at a time where capacity allows
// it: what Kubernetes itself takes when nothing is said.
const surgePercent = 25

// Fleet is all models of a platform and the pools that they share. It knows
// which accelerators are spoken for.
type Fleet struct {
	platform spec.Platform
	pools    []spec.PoolPlan
	claims   map[string]claim
}

// claim is what a model takes of the pools that it may run on.
type claim struct {
	pools    []spec.PoolPlan
	replicas int
	gpus     int
}

// NewFleet returns the fleet of a platform, whose pools were planned as given.
func NewFleet(platform spec.Platform, pools []spec.PoolPlan) *Fleet {
	f := &Fleet{
		platform: platform,
		pools:    pools,
		claims:   make(map[string]claim, len(platform.Models)),
	}
	for name, model := range platform.Models {
		f.claims[name] = f.claim(model)
	}
	return f
}

// Place returns the placement of a model; see For.
func (f *Fleet) Place(model spec.Model) (Placement, error) {
	return For(model, f.pools)
}

// Surge returns the strategy of a model's rolling updates.
//
// A replica without an accelerator surges by a quarter. One with accelerators
// surges only into room that is free even while every model that shares its
// pools runs at scale.max and every pool has all the nodes it may have. To
// count with less than scale.max would let a rollout under load wait for a GPU
// that no one gives back: the scalers of the models hold them for as long as
// the load lasts. Rollouts of several models may wait for each other, which
// ends with the first of them. Without such room one replica is taken away at a
// time, which interrupts a model that has only one.
func (f *Fleet) Surge(model spec.Model) Strategy {
	if model.GPU.Count == 0 {
		return Strategy{MaxSurge: intstr.FromString(fmt.Sprintf("%d%%", surgePercent)), MaxUnavailable: intstr.FromInt32(0)}
	}
	surge := min(f.spare(model), percentOf(model.Scale.Max, surgePercent))
	if surge < 1 {
		return Strategy{MaxSurge: intstr.FromInt32(0), MaxUnavailable: intstr.FromInt32(1)}
	}
	return Strategy{MaxSurge: intstr.FromInt(surge), MaxUnavailable: intstr.FromInt32(0)}
}

// spare returns how many more replicas of the model find accelerators when all
// claims are taken; negative when the pools are too small for the claims.
//
// It counts in replicas and not in accelerators, because a replica must find
// everything it needs on one node. A foreign replica of c accelerators, wherever
// it is placed, takes the room of at most ceil(c/g) replicas of g; that it may
// take more of a node's CPU or memory than of its accelerators is not counted.
func (f *Fleet) spare(model spec.Model) int {
	own := f.claim(model)
	room := -own.replicas
	for _, pool := range own.pools {
		room += spec.MaxNodes(f.platform, pool) * spec.RoomFor(model, pool)
	}
	for name, other := range f.claims {
		if name != model.Name && shared(own.pools, other.pools) {
			room -= other.replicas * ceilDiv(other.gpus, own.gpus)
		}
	}
	return room
}

func (f *Fleet) claim(model spec.Model) claim {
	return claim{
		pools:    spec.PoolsFor(model, f.pools),
		replicas: model.Scale.Max + model.Second(),
		gpus:     model.GPU.Count,
	}
}

func shared(a, b []spec.PoolPlan) bool {
	return slices.ContainsFunc(a, func(x spec.PoolPlan) bool {
		return slices.ContainsFunc(b, func(y spec.PoolPlan) bool { return x.Name == y.Name })
	})
}

func percentOf(n, percent int) int { return ceilDiv(n*percent, 100) }

func ceilDiv(a, b int) int { return (a + b - 1) / b }
