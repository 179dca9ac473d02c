package spec

import (
	"fmt"
	"maps"
	"slices"
)

// warnModels tells of models whose number of replicas follows the wrong thing, and
// of what changes nothing for them.
func warnModels(r *report, p Platform, plans []PoolPlan) {
	if !p.Has(LayerModels) {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(p.Models)) {
		m, at := p.Models[name], join("gantry:models", name)
		if !On(m.Enabled) {
			continue
		}
		warnSignals(r, at+".scale", m)
		warnSpotTolerant(r, at+".spotTolerant", m, plans)
	}
}

// warnSignals tells of a model on accelerators that scales on what says little of
// its load: its CPU waits for the accelerator, and an accelerator reads high at any
// load. Source: NVIDIA DCGM documentation of DCGM_FI_DEV_GPU_UTIL, the share of
// time in which any kernel ran.
func warnSignals(r *report, at string, m Model) {
	s := m.Scale
	demand := s.RequestsPerReplica > 0 || s.Queue.isSet() || len(s.Queries) > 0
	switch {
	case m.GPU.Type == "" || s.Min == s.Max || demand:
	case s.GPUUtilization > 0:
		r.add(at+".gpuUtilization", s.GPUUtilization, "is high at any load, and nothing beside it tells how much there is to do", "add requestsPerReplica, queue or queries")
	case s.P95 == "":
		r.add(at+".max", s.Max, "is reached on CPU and memory alone, and the accelerator is what is short: its server waits for it with an idle CPU", "add requestsPerReplica, queue or queries")
	}
}

// warnSpotTolerant tells of a model that may run on spot pools which are not there,
// or not meant.
func warnSpotTolerant(r *report, at string, m Model, plans []PoolPlan) {
	switch {
	case !m.SpotTolerant:
	case m.Pool != "":
		if !slices.ContainsFunc(plans, func(p PoolPlan) bool { return p.Name == m.Pool && p.Capacity == CapacitySpot }) {
			r.add(at, true, "changes nothing: pool names "+m.Pool+", which is no spot pool", "remove it, or remove pool")
		}
	case !slices.ContainsFunc(PoolsFor(m, plans), func(p PoolPlan) bool { return p.Capacity == CapacitySpot }):
		need := ""
		if m.GPU.Type != "" {
			need = fmt.Sprintf(", gpu: %s, gpuCount: %d", m.GPU.Type, m.GPU.Count)
		}
		r.add(at, true, "changes nothing: no spot pool of role inference has what the model needs", "add a pool such as {name: spot, role: inference, capacity: spot"+need+", max: 4}, or remove it")
	}
}
