package spec

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// planOf is the plan of a pool on AWS, in a stack that is cheap to lose.
func planOf(t *testing.T, pool Pool) PoolPlan {
	t.Helper()
	return planOn(t, AWS, "dev", pool)
}

func planOn(t *testing.T, cloud Cloud, stack string, pool Pool) PoolPlan {
	t.Helper()
	plans, err := PlanPools(Default(Platform{Cloud: cloud, Stack: stack, Cluster: Cluster{Zones: 3}, Pools: []Pool{pool}}))
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

func TestPlanPools_EachCloudHasItsOwnCheapestMachine(t *testing.T) {
	system := Pool{Name: "a", Role: RoleSystem}
	onCPU := Pool{Name: "a", Role: RoleInference}
	onL4 := Pool{Name: "a", Role: RoleInference, GPU: "l4", GPUAlternatives: []string{"t4"}}
	for name, test := range map[string]struct {
		cloud Cloud
		stack string
		pool  Pool
		want  string
	}{
		"burstable where that is cheap to lose":        {AWS, "dev", system, "t3a.medium"},
		"steady where people depend on it":             {AWS, "prod", system, "c6a.large"},
		"burstable there too, when asked for":          {AWS, "prod", Pool{Name: "a", Role: RoleSystem, Burstable: new(true)}, "t3a.medium"},
		"steady in dev, when asked for":                {AWS, "dev", Pool{Name: "a", Role: RoleSystem, Burstable: new(false)}, "c6a.large"},
		"Google Cloud, the default need":               {GCP, "prod", system, "e2-standard-2"},
		"Azure has no system nodes of two vCPU":        {Azure, "prod", system, "Standard_F4s_v2"},
		"nor where the need says two":                  {Azure, "prod", Pool{Name: "a", Role: RoleSystem, CPU: 2, Memory: "16Gi"}, "Standard_D4as_v5"},
		"but other nodes of two":                       {Azure, "prod", onCPU, "Standard_F2s_v2"},
		"a greater need than the floor stays":          {Azure, "prod", Pool{Name: "a", Role: RoleSystem, CPU: 8}, "Standard_F8s_v2"},
		"L4 on AWS":                                    {AWS, "prod", onL4, "g6.xlarge"},
		"L4 on Google Cloud":                           {GCP, "prod", onL4, "g2-standard-4"},
		"its alternative on Azure":                     {Azure, "prod", onL4, "Standard_NC4as_T4_v3"},
		"H100 of Google Cloud, on-demand by the eight": {GCP, "prod", Pool{Name: "a", Role: RoleInference, GPU: "h100", GPUCount: 8}, "a3-highgpu-8g"},
		"H100 of Google Cloud, one on spot":            {GCP, "prod", Pool{Name: "a", Role: RoleTraining, GPU: "h100"}, "a3-highgpu-1g"},
		"B200 of Google Cloud, on spot only":           {GCP, "prod", Pool{Name: "a", Role: RoleTraining, GPU: "b200", GPUCount: 8}, "a4-highgpu-8g"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, []string{test.want}, typesOf(planOn(t, test.cloud, test.stack, test.pool)))
		})
	}
}

func TestPlanPools_SpotKeepsBurstableMachinesOutWhereTheyAreNotAdmitted(t *testing.T) {
	pool := Pool{Name: "a", Role: RoleTraining, CPU: 2, Memory: "8Gi"}

	assert.Contains(t, typesOf(planOn(t, AWS, "dev", pool)), "t3a.large")
	steady := typesOf(planOn(t, AWS, "prod", pool))
	assert.Greater(t, len(steady), 3)
	for _, machineType := range steady {
		assert.NotContains(t, burstableFamilies, family(machineType))
	}
}

func TestPlanPools_SpotIsOneMachineTypeButOnAWS(t *testing.T) {
	pool := Pool{Name: "a", Role: RoleTraining, CPU: 8, Memory: "32Gi"}
	for cloud, several := range map[Cloud]bool{AWS: true, GCP: false, Azure: false} {
		assert.Equal(t, several, len(planOn(t, cloud, "prod", pool).Machines) > 1, cloud)
	}
}

func TestPlanPools_CloudsHaveTaintsOfTheirOwn(t *testing.T) {
	spot := Pool{Name: "a", Role: RoleInference, Capacity: CapacitySpot}
	system := Pool{Name: "a", Role: RoleSystem}
	for name, test := range map[string]struct {
		cloud Cloud
		pool  Pool
		want  []Taint
	}{
		"AWS taints no spot node":    {AWS, spot, nil},
		"Google Cloud may":           {GCP, spot, []Taint{{Key: "cloud.google.com/gke-spot", Value: "true", Effect: NoSchedule}}},
		"Azure does":                 {Azure, spot, []Taint{{Key: "kubernetes.azure.com/scalesetpriority", Value: "spot", Effect: NoSchedule}}},
		"and keeps its system nodes": {Azure, system, []Taint{{Key: "CriticalAddonsOnly", Value: "true", Effect: NoSchedule}}},
		"Google Cloud does not":      {GCP, system, nil},
		"an on-demand pool has none": {GCP, Pool{Name: "a", Role: RoleInference}, nil},
		"the user's own come last": {
			Azure, Pool{Name: "a", Role: RoleTraining, Taints: []Taint{{Key: "own"}}},
			[]Taint{
				{Key: "gantry.dev/role", Value: "training", Effect: NoSchedule},
				{Key: "kubernetes.azure.com/scalesetpriority", Value: "spot", Effect: NoSchedule},
				{Key: "own", Effect: NoSchedule},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, planOn(t, test.cloud, "prod", test.pool).NodeTaints)
		})
	}
}

func TestPlanPools_ForeignPoolsAreAsTheyAreDescribed(t *testing.T) {
	plan := planOn(t, Existing, "prod", Pool{
		Name: "gpu", Role: RoleInference, GPU: "l40s", GPUCount: 2, GPUMemory: "48Gi", CPU: 16, Memory: "128Gi",
		Labels: map[string]string{"kubernetes.io/hostname": "node-1"},
		Taints: []Taint{{Key: "nvidia.com/gpu", Effect: NoSchedule}},
	})

	assert.True(t, plan.Foreign)
	assert.Equal(t, map[string]string{"kubernetes.io/hostname": "node-1"}, plan.NodeLabels, "no label of Gantry's is there")
	assert.Equal(t, []Taint{{Key: "nvidia.com/gpu", Effect: NoSchedule}}, plan.NodeTaints, "and no taint")
	require.Len(t, plan.Machines, 1)
	assert.Empty(t, plan.Machines[0].Type)
	assert.Equal(t, 2, plan.Machines[0].GPUs)
	assert.Equal(t, 128*1024, plan.Machines[0].MemoryMiB)
	assert.False(t, plan.Machines[0].Price.Known())
	assert.Equal(t, []PoolPlan{plan}, PoolsFor(Model{GPU: ModelGPU{Type: "l40s", Count: 2}}, []PoolPlan{plan}), "the taint of GPUs reserves nothing")

	plan.Taints = append(plan.Taints, Taint{Key: "team", Effect: NoSchedule})
	assert.Empty(t, PoolsFor(Model{GPU: ModelGPU{Type: "l40s", Count: 2}}, []PoolPlan{plan}), "any other does")
}

func TestLoad_HandedPoolsAreNotPlannedAnew(t *testing.T) {
	platform, plans := load(t, configured(t, `
layers: [models]
layersFrom: organization/gantry/prod
cluster: {}
pools: []
`, "m.yaml", "image: a:v1\ngpu: {type: l4, alternatives: [t4]}\nscale: {min: 2}"))

	assert.Equal(t, handed().Pools, plans)
	assert.Equal(t, "t4", platform.Models["m"].GPU.Type)
	assert.Equal(t, plans[1:], PoolsFor(platform.Models["m"], plans))
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
