package spec

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func planOf(t *testing.T, pool Pool) PoolPlan {
	t.Helper()
	plans, err := PlanPools(Default(Platform{Cloud: AWS, Cluster: Cluster{Zones: 3}, Pools: []Pool{pool}}))
	require.NoError(t, err)
	require.Len(t, plans, 1)
	return plans[0]
}

func typesOf(plan PoolPlan) []string {
	types := make([]string, len(plan.Machines))
	for i, machine := range plan.Machines {
		types[i] = machine.Type
	}
	return types
}

func TestPlanPools_OnDemandTakesTheCheapestMachineThatFits(t *testing.T) {
	for name, test := range map[string]struct {
		pool Pool
		want string
	}{
		"one L4":                      {Pool{Name: "a", Role: RoleInference, GPU: "l4"}, "g6.xlarge"},
		"four L4":                     {Pool{Name: "a", Role: RoleInference, GPU: "l4", GPUCount: 4}, "g6.12xlarge"},
		"one L4 with memory":          {Pool{Name: "a", Role: RoleInference, GPU: "l4", Memory: "100Gi"}, "gr6.4xlarge"},
		"A100 of any memory":          {Pool{Name: "a", Role: RoleInference, GPU: "a100", GPUCount: 8}, "p4d.24xlarge"},
		"A100 of 80 GiB":              {Pool{Name: "a", Role: RoleInference, GPU: "a100", GPUCount: 8, GPUMemory: "80Gi"}, "p4de.24xlarge"},
		"ARM":                         {Pool{Name: "a", Role: RoleSystem, CPU: 4, Memory: "16Gi", Arch: ArchARM64}, "t4g.xlarge"},
		"the default need":            {Pool{Name: "a", Role: RoleSystem}, "t3a.medium"},
		"memory rounded up, not down": {Pool{Name: "a", Role: RoleSystem, Memory: "4097Mi"}, "t3a.large"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, []string{test.want}, typesOf(planOf(t, test.pool)))
		})
	}
}

func TestPlanPools_SpotTakesAllMachinesOfTheCheapestShape(t *testing.T) {
	plan := planOf(t, Pool{Name: "a", Role: RoleTraining, CPU: 8, Memory: "32Gi"})

	assert.Greater(t, len(plan.Machines), 5)
	assert.LessOrEqual(t, len(plan.Machines), 20)
	for _, machine := range plan.Machines {
		assert.Equal(t, 8, machine.VCPU, machine.Type)
		assert.Equal(t, 32*1024, machine.MemoryMiB, machine.Type)
		assert.Equal(t, "amd64", machine.Arch, machine.Type)
		assert.Empty(t, machine.GPU, machine.Type)
		assert.GreaterOrEqual(t, machine.Price.OnDemand, plan.Machines[0].Price.OnDemand, machine.Type)
	}
}

func TestPlanPools_SpotKeepsToTheGPUMemoryThatWasAskedFor(t *testing.T) {
	plan := planOf(t, Pool{Name: "a", Role: RoleTraining, GPU: "a100", GPUCount: 8, GPUMemory: "80Gi"})

	assert.Equal(t, []string{"p4de.24xlarge"}, typesOf(plan))
}

func TestPlanPools_NamedMachineTypesDecideEverything(t *testing.T) {
	plan := planOf(t, Pool{Name: "a", Role: RoleTraining, MachineTypes: []string{"m6g.large", "m7g.large"}})

	assert.Equal(t, []string{"m6g.large", "m7g.large"}, typesOf(plan))
	assert.Equal(t, ArchARM64, plan.Arch)

	plan = planOf(t, Pool{Name: "a", Role: RoleInference, MachineTypes: []string{"g6.12xlarge"}})

	assert.Equal(t, "l4", plan.GPU)
	assert.Equal(t, 4, plan.GPUCount)
	assert.Equal(t, "l4", plan.NodeLabels["gantry.dev/gpu"])
	assert.Equal(t, 200, plan.DiskGiB)
}

func TestPlanPools_LabelsAndTaintsFollowRoleAndGPU(t *testing.T) {
	gpuTaint := Taint{Key: "nvidia.com/gpu", Value: "present", Effect: NoSchedule}
	trainingTaint := Taint{Key: "gantry.dev/role", Value: "training", Effect: NoSchedule}
	own := Taint{Key: "team.example.com/reserved", Value: "vision", Effect: NoExecute}
	for name, test := range map[string]struct {
		pool   Pool
		labels map[string]string
		taints []Taint
	}{
		"system": {
			Pool{Name: "a", Role: RoleSystem},
			map[string]string{"gantry.dev/role": "system", "gantry.dev/capacity": "on-demand", "gantry.dev/pool": "a"},
			nil,
		},
		"inference with a GPU": {
			Pool{Name: "a", Role: RoleInference, GPU: "l4"},
			map[string]string{"gantry.dev/role": "inference", "gantry.dev/capacity": "on-demand", "gantry.dev/pool": "a", "gantry.dev/gpu": "l4"},
			[]Taint{gpuTaint},
		},
		"inference on CPU": {
			Pool{Name: "a", Role: RoleInference},
			map[string]string{"gantry.dev/role": "inference", "gantry.dev/capacity": "on-demand", "gantry.dev/pool": "a"},
			nil,
		},
		"training with a GPU": {
			Pool{Name: "a", Role: RoleTraining, GPU: "a10g"},
			map[string]string{"gantry.dev/role": "training", "gantry.dev/capacity": "spot", "gantry.dev/pool": "a", "gantry.dev/gpu": "a10g"},
			[]Taint{gpuTaint, trainingTaint},
		},
		"training on CPU": {
			Pool{Name: "a", Role: RoleTraining},
			map[string]string{"gantry.dev/role": "training", "gantry.dev/capacity": "spot", "gantry.dev/pool": "a"},
			[]Taint{trainingTaint},
		},
		"labels and taints of its own": {
			Pool{Name: "a", Role: RoleInference, GPU: "l4", Labels: map[string]string{"team": "vision"}, Taints: []Taint{own}},
			map[string]string{"gantry.dev/role": "inference", "gantry.dev/capacity": "on-demand", "gantry.dev/pool": "a", "gantry.dev/gpu": "l4", "team": "vision"},
			[]Taint{gpuTaint, own},
		},
	} {
		t.Run(name, func(t *testing.T) {
			plan := planOf(t, test.pool)
			assert.Equal(t, test.labels, plan.NodeLabels)
			assert.Equal(t, test.taints, plan.NodeTaints)
		})
	}
}

func TestPlanPools_ReportsEveryPoolAndPlansTheSoundOnes(t *testing.T) {
	plans, err := PlanPools(Default(Platform{Cloud: AWS, Cluster: Cluster{Zones: 2}, Pools: []Pool{
		{Name: "a", Role: RoleInference, GPU: "l4", GPUCount: 3},
		{Name: "b", Role: RoleSystem},
		{Name: "c", Role: RoleInference, GPU: "a100", GPUCount: 8, GPUMemory: "96Gi"},
	}}))

	var problems Problems
	require.ErrorAs(t, err, &problems)
	assert.Equal(t, Problems{
		{Path: "gantry:pools[0].gpuCount", Value: "3", What: "is a number of l4 that no machine type has on aws", Fix: "choose 1, 4 or 8"},
		{Path: "gantry:pools[2].gpuMemory", Value: "96Gi", What: "is more memory than any a100 has on aws", Fix: "choose 40Gi or 80Gi"},
	}, problems)
	require.Len(t, plans, 1)
	assert.Equal(t, "b", plans[0].Name)
}
