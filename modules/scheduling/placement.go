// Package scheduling decides where pods may run and how they are replaced: node
// affinity, tolerations and rollout strategies, computed from the pools and
// models of a platform. Values are plain, so that a placement can be tested
// without a cluster; components turn them into manifests.
package scheduling

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

// Placement is where the pods of a model may run.
type Placement struct {
	// Nodes are what a node may be: it must meet one of the terms.
	Nodes []Term
	// Tolerations of the taints of those nodes and of no other.
	Tolerations []Toleration
	// GPUResource is the extended resource by which these nodes give out
	// accelerators, or parts of them.
	GPUResource string
}

// Term is requirements that a node must meet, all of them.
type Term []Requirement

// Requirement asks for a node label with one of several values.
type Requirement struct {
	// Key of the label: one of Gantry's own, or in an existing cluster one of
	// the pool's.
	Key string
	// Values that are accepted, sorted. None: the label must be absent.
	Values []string
	// Any accepts every value, and then Values is empty.
	Any bool
}

// Toleration lets a pod onto nodes with one particular taint. The value is
// always compared (operator Equal), so that a toleration cannot cover a taint
// that Gantry does not know of.
type Toleration struct {
	// Key and Value are those of the taint; Value may be empty.
	Key, Value string
	// Effect is that of the taint.
	Effect spec.TaintEffect
}

// For returns the placement of a model: the pools that spec.PoolsFor tells, and
// no other. Training pools are therefore out of reach for a model that does not
// name one, and so are spot pools unless it tolerates them. It is an error when no pool can run the model.
func For(model spec.Model, pools []spec.PoolPlan) (Placement, error) {
	eligible := spec.PoolsFor(model, pools)
	if len(eligible) == 0 {
		return Placement{}, fmt.Errorf("models.%s: none of the pools %s can run it: add a pool with what the model needs",
			model.Name, strings.Join(names(pools), ", "))
	}
	return Placement{
		Nodes:       selecting(eligible, pools),
		Tolerations: TolerateAll(eligible),
		// Several pools are all whole: those with parts are used by name only.
		GPUResource: eligible[0].GPUResource(),
	}, nil
}

// TolerateAll returns the tolerations of a pod that has to run on every one of
// the pools: one for each distinct taint, sorted by key, value and effect.
func TolerateAll(pools []spec.PoolPlan) []Toleration {
	var all []Toleration
	for _, pool := range pools {
		for _, taint := range pool.NodeTaints {
			all = append(all, Toleration(taint))
		}
	}
	slices.SortFunc(all, func(a, b Toleration) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Effect, b.Effect))
	})
	return slices.Compact(all)
}

// OnGPU returns the terms of the nodes with an accelerator, of whatever model: a
// new model of GPU must not restart what runs on the nodes that are there.
func OnGPU(pools []spec.PoolPlan) []Term {
	var terms []Term
	for _, pool := range WithGPU(pools) {
		if pool.Foreign {
			terms = append(terms, labelled(pool))
		} else if own := (Term{{Key: naming.LabelGPU, Any: true}}); !slices.ContainsFunc(terms, own.equal) {
			terms = append(terms, own)
		}
	}
	return terms
}

// labelled is the term of the pool's own labels, by which the nodes of an
// existing cluster are known.
func labelled(pool spec.PoolPlan) Term {
	var term Term
	for _, key := range slices.Sorted(maps.Keys(pool.NodeLabels)) {
		term = append(term, Requirement{Key: key, Values: []string{pool.NodeLabels[key]}})
	}
	return term
}

func (t Term) equal(other Term) bool {
	return slices.EqualFunc(t, other, func(a, b Requirement) bool {
		return a.Key == b.Key && a.Any == b.Any && slices.Equal(a.Values, b.Values)
	})
}

// WithGPU returns the pools whose nodes have an accelerator.
func WithGPU(pools []spec.PoolPlan) []spec.PoolPlan {
	return slices.DeleteFunc(slices.Clone(pools), func(p spec.PoolPlan) bool { return p.GPU == "" })
}

// selecting returns terms that the eligible pools meet and no other pool does.
// What a pool is for is preferred over its name: the terms are part of the pod,
// so naming pools would restart every model on the day an equal pool is added.
// Nodes of an existing cluster have none of Gantry's labels, and each pool is a
// term.
func selecting(eligible, pools []spec.PoolPlan) []Term {
	if eligible[0].Foreign {
		var terms []Term
		for _, pool := range eligible {
			terms = append(terms, labelled(pool))
		}
		return terms
	}
	purpose := Term{
		oneOf(naming.LabelRole, eligible),
		oneOf(naming.LabelCapacity, eligible),
		oneOf(naming.LabelGPU, eligible),
	}
	matched := slices.DeleteFunc(slices.Clone(pools), func(p spec.PoolPlan) bool { return !meets(p, purpose) })
	if slices.Equal(names(matched), names(eligible)) {
		return []Term{purpose}
	}
	return []Term{{oneOf(naming.LabelPool, eligible)}}
}

// oneOf accepts the values that the pools have for a label.
func oneOf(label string, pools []spec.PoolPlan) Requirement {
	values := map[string]bool{}
	for _, pool := range pools {
		if value, ok := pool.NodeLabels[label]; ok {
			values[value] = true
		}
	}
	return Requirement{Key: label, Values: slices.Sorted(maps.Keys(values))}
}

func meets(pool spec.PoolPlan, requirements Term) bool {
	for _, r := range requirements {
		value, ok := pool.NodeLabels[r.Key]
		if ok != (len(r.Values) > 0) || ok && !slices.Contains(r.Values, value) {
			return false
		}
	}
	return true
}

// names returns the names of pools, sorted.
func names(pools []spec.PoolPlan) []string {
	var out []string
	for _, pool := range pools {
		out = append(out, pool.Name)
	}
	slices.Sort(out)
	return out
}
