package scheduling

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/spec"
)

// The pools of a usual platform, and what the tests add to them.
var (
	system = spec.Pool{Name: "system", Role: spec.RoleSystem, CPU: 4, Memory: "16Gi", Min: 2, Max: 4}
	train  = spec.Pool{Name: "train", Role: spec.RoleTraining, GPU: "a100", GPUCount: 8, Max: 16}
	serve  = spec.Pool{Name: "serve", Role: spec.RoleInference, GPU: "l4", Min: 2, Max: 20}
)

// plan completes a platform as the program does and plans its pools.
func plan(t *testing.T, pools []spec.Pool, models ...spec.Model) (spec.Platform, []spec.PoolPlan) {
	t.Helper()
	p := spec.Platform{Project: "gantry", Stack: "test", Pools: pools, Models: map[string]spec.Model{}}
	for _, model := range models {
		p.Models[model.Name] = model
	}
	p = spec.Default(p)
	plans, err := spec.PlanPools(p)
	require.NoError(t, err)
	require.Len(t, plans, len(pools))
	return p, plans
}

// onGPU is a model with accelerators that may have up to replicas.
func onGPU(name, gpu string, count, replicas int) spec.Model {
	return spec.Model{Name: name, GPU: spec.ModelGPU{Type: gpu, Count: count}, Scale: spec.ModelScale{Max: replicas}}
}

// sized returns the pool with another name, number of GPUs in a node, and
// greatest number of nodes.
func sized(pool spec.Pool, name string, gpus, nodes int) spec.Pool {
	pool.Name, pool.GPUCount, pool.Max = name, gpus, nodes
	pool.Min = min(pool.Min, nodes)
	return pool
}
