package spec

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPoolsFor_ChoosesByNeedAndName(t *testing.T) {
	reserved := []Taint{{Key: "team.example.com/reserved"}}
	all := []Pool{
		{Name: "system", Role: RoleSystem, Memory: "8Gi"},
		{Name: "sys-tainted", Role: RoleSystem, Memory: "8Gi", Taints: reserved},
		{Name: "train", Role: RoleTraining, GPU: "l4"},
		{Name: "l4", Role: RoleInference, GPU: "l4"},
		{Name: "l4x4", Role: RoleInference, GPU: "l4", GPUCount: 4},
		{Name: "l4-spot", Role: RoleInference, GPU: "l4", Capacity: CapacitySpot},
		{Name: "l4-own", Role: RoleInference, GPU: "l4", Taints: reserved},
		{Name: "a10g", Role: RoleInference, GPU: "a10g"},
		{Name: "cpu", Role: RoleInference, CPU: 8, Memory: "32Gi"},
	}
	without := func(names ...string) []Pool {
		return filter(all, func(p Pool) bool {
			for _, name := range names {
				if p.Name == name {
					return false
				}
			}
			return true
		})
	}
	gpu := func(gpu string, count int) Model { return Model{GPU: ModelGPU{Type: gpu, Count: count}} }
	onPool := func(m Model, pool string) Model { m.Pool = pool; return m }
	spot := func(m Model) Model { m.SpotTolerant = true; return m }
	cpu := func(cpu, memory string) Model { return Model{Resources: ModelResources{CPU: cpu, Memory: memory}} }

	for name, test := range map[string]struct {
		model Model
		pools []Pool
		want  []string
	}{
		"a GPU: on-demand inference pools with it":     {gpu("l4", 1), all, []string{"l4", "l4x4"}},
		"several GPUs: pools with enough on a node":    {gpu("l4", 2), all, []string{"l4x4"}},
		"more GPUs than any node":                      {gpu("l4", 8), all, nil},
		"a GPU that only training has":                 {gpu("h100", 1), all, nil},
		"no GPU: inference pools without one":          {cpu("1", "2Gi"), all, []string{"cpu"}},
		"no GPU and no such pool: system pools":        {cpu("1", "2Gi"), without("cpu"), []string{"system"}},
		"no GPU and too large: never a system pool":    {cpu("100", "2Gi"), all, nil},
		"spot too, where it is tolerated":              {spot(gpu("l4", 1)), all, []string{"l4", "l4x4", "l4-spot"}},
		"spot alone, where nothing else is there":      {spot(gpu("l4", 1)), without("l4", "l4x4"), []string{"l4-spot"}},
		"never spot, where nothing else is there":      {gpu("l4", 1), without("l4", "l4x4"), nil},
		"tolerated, and no GPU: never a spot GPU":      {spot(cpu("1", "2Gi")), without("cpu"), []string{"system"}},
		"a named pool: that one":                       {onPool(gpu("l4", 1), "l4"), all, []string{"l4"}},
		"a named spot pool":                            {onPool(gpu("l4", 1), "l4-spot"), all, []string{"l4-spot"}},
		"a named pool with taints of its own":          {onPool(gpu("l4", 1), "l4-own"), all, []string{"l4-own"}},
		"a named pool without the GPU":                 {onPool(gpu("l4", 1), "a10g"), all, nil},
		"no GPU on a named GPU pool":                   {onPool(cpu("1", "2Gi"), "l4"), all, []string{"l4"}},
		"a pool that is not there":                     {onPool(cpu("1", "2Gi"), "nope"), all, nil},
		"memory that a node has, but not for pods":     {cpu("1", "31Gi"), all, nil},
		"memory that pods can have":                    {cpu("1", "28Gi"), all, []string{"cpu"}},
		"CPU that a node has, but not for pods":        {cpu("8", "1Gi"), all, nil},
		"CPU that pods can have":                       {cpu("7600m", "1Gi"), all, []string{"cpu"}},
		"GPU models need CPU and memory on a node too": {Model{GPU: ModelGPU{Type: "l4", Count: 1}, Resources: ModelResources{CPU: "6"}}, all, []string{"l4x4"}},
	} {
		t.Run(name, func(t *testing.T) {
			plans, err := PlanPools(Default(Platform{Cloud: AWS, Cluster: Cluster{Zones: 2}, Pools: test.pools}))
			require.NoError(t, err)

			var got []string
			for _, plan := range PoolsFor(test.model, plans) {
				got = append(got, plan.Name)
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestPoolsFor_LeavesTheGivenPoolsAlone(t *testing.T) {
	_, plans := load(t, configured(t, "{}"))
	require.Len(t, plans, 2)

	PoolsFor(Model{GPU: ModelGPU{Type: "l4", Count: 1}}, plans)

	assert.Equal(t, "system", plans[0].Name)
	assert.Equal(t, "serve", plans[1].Name)
}

func TestAllocatable_IsLessThanTheNodeHas(t *testing.T) {
	for machine, want := range map[string]struct{ milliCPU, memoryMiB int }{
		"t3.medium":    {1600, 4096 - 409 - 512},
		"g6.xlarge":    {3600, 16384 - 1638 - 512},
		"p5.48xlarge":  {191600, 2097152 - 9216 - 512}, // the share is bounded
		"m7g.16xlarge": {63600, 262144 - 9216 - 512},
	} {
		plan := planOf(t, Pool{Name: "a", Role: RoleInference, MachineTypes: []string{machine}})
		milliCPU, memoryMiB := plan.Allocatable()
		assert.Equal(t, want.milliCPU, milliCPU, machine)
		assert.Equal(t, want.memoryMiB, memoryMiB, machine)
	}
	milliCPU, memoryMiB := PoolPlan{}.Allocatable()
	assert.Zero(t, milliCPU)
	assert.Zero(t, memoryMiB)
}

func TestSlices_AreManyAndOnlyForModelsThatNameThePool(t *testing.T) {
	for cloud, slots := range map[Cloud]int{GCP: 7, Azure: 7} {
		p := Default(Platform{Cloud: cloud, Stack: "dev", Cluster: Cluster{Zones: 1}, Pools: []Pool{
			{Name: "system", Role: RoleSystem, Min: 2},
			{Name: "whole", Role: RoleInference, GPU: "a100", GPUMemory: "80Gi"},
			{Name: "slices", Role: RoleInference, GPU: "a100", GPUMemory: "80Gi", Sharing: Sharing{MIG: "1g.10gb"}},
		}})
		plans, err := PlanPools(p)
		require.NoError(t, err, cloud)
		assert.Equal(t, 1, plans[1].GPUSlots(), cloud)
		assert.Equal(t, slots, plans[2].GPUSlots(), cloud)

		model := defaultModel(Model{GPU: ModelGPU{Type: "a100"}}, "m", p)
		pools := PoolsFor(model, plans)
		require.Len(t, pools, 1, cloud)
		assert.Equal(t, "whole", pools[0].Name, "whoever asks for an accelerator gets a whole one")
		model.Pool = "slices"
		assert.Equal(t, 7, RoomFor(model, plans[2]), cloud)
		require.Len(t, PoolsFor(model, plans), 1, cloud)
	}
}
