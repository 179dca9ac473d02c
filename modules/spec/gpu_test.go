package spec

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/naming"
)

// gpuPlan plans a pool of eight A100 of 80 GB, on Google Cloud of one, beside
// others.
func gpuPlan(t *testing.T, cloud Cloud, operator bool, edit func(*Pool), beside ...Pool) PoolPlan {
	t.Helper()
	count := 8
	if cloud == GCP || cloud == Azure {
		count = 1
	}
	pool := Pool{Name: "gpu", Role: RoleInference, GPU: "a100", GPUMemory: "80Gi", GPUCount: count}
	edit(&pool)
	p := Default(Platform{
		Cloud: cloud, Stack: "dev", Cluster: Cluster{Zones: 2},
		Addons: Addons{GPUOperator: GPUOperator{Enabled: &operator}},
		Pools:  append([]Pool{pool}, beside...),
	})
	plans, err := PlanPools(p)
	require.NoError(t, err)
	return plans[0]
}

func TestGPUSlots_CountWhatPodsCanAskFor(t *testing.T) {
	for name, test := range map[string]struct {
		sharing  Sharing
		slots    int
		resource string
	}{
		"whole":        {Sharing{}, 8, "nvidia.com/gpu"},
		"slices":       {Sharing{MIG: "1g.10gb"}, 56, "nvidia.com/gpu"},
		"large slices": {Sharing{MIG: "3g.40gb", MIGStrategy: MIGSingle}, 16, "nvidia.com/gpu"},
		"by profile":   {Sharing{MIG: "1g.10gb", MIGStrategy: MIGMixed}, 56, "nvidia.com/mig-1g.10gb"},
		"turns":        {Sharing{TimeSlices: 4}, 32, "nvidia.com/gpu"},
		"at once":      {Sharing{MPS: 3}, 24, "nvidia.com/gpu"},
	} {
		t.Run(name, func(t *testing.T) {
			plan := gpuPlan(t, AWS, true, func(p *Pool) { p.Sharing = test.sharing })
			assert.Equal(t, test.slots, plan.GPUSlots())
			assert.Equal(t, test.resource, plan.GPUResource())
			assert.Equal(t, 8, plan.GPUCount, "quota and cost go by machines")

			plan.Machines = []accelerators.Machine{}
			if test.sharing.MIG == "" {
				assert.Equal(t, test.slots, plan.GPUSlots(), "known without the machine")
			}
		})
	}
}

func TestSharedPools_AreForModelsThatNameThem(t *testing.T) {
	for name, sharing := range map[string]Sharing{"turns": {TimeSlices: 4}, "at once": {MPS: 4}, "slices": {MIG: "2g.20gb"}} {
		plan := gpuPlan(t, AWS, true, func(p *Pool) { p.Sharing = sharing })
		model := Model{GPU: ModelGPU{Type: "a100", Count: 1}, Resources: ModelResources{CPU: "1", Memory: "1Gi"}}
		assert.Empty(t, PoolsFor(model, []PoolPlan{plan}), name)
		model.Pool = "gpu"
		assert.Len(t, PoolsFor(model, []PoolPlan{plan}), 1, name)
		model.GPU.Count = 2
		assert.Equal(t, sharing.MIG != "", len(PoolsFor(model, []PoolPlan{plan})) == 1, name)
	}
}

func TestGPULabels_TellTheOperatorWhatToDo(t *testing.T) {
	const deployDriver, deployToolkit = "nvidia.com/gpu.deploy.driver", "nvidia.com/gpu.deploy.container-toolkit"
	own := []string{naming.LabelRole, naming.LabelCapacity, naming.LabelGPU, naming.LabelPool}
	whole := func(*Pool) {}
	share := func(s Sharing) func(*Pool) { return func(p *Pool) { p.Sharing = s } }
	other := Pool{Name: "other", Role: RoleInference, GPU: "l4", Driver: DriverOperator}
	for name, test := range map[string]struct {
		cloud    Cloud
		operator bool
		edit     func(*Pool)
		beside   []Pool
		want     map[string]string
	}{
		"EKS":                       {AWS, true, whole, nil, nil},
		"EKS, slices":               {AWS, true, share(Sharing{MIG: "1g.10gb"}), nil, map[string]string{"nvidia.com/mig.config": "all-1g.10gb"}},
		"EKS, turns":                {AWS, true, share(Sharing{TimeSlices: 4}), nil, map[string]string{"nvidia.com/device-plugin.config": "time-slices-4"}},
		"EKS, MPS":                  {AWS, true, share(Sharing{MPS: 8}), nil, map[string]string{"nvidia.com/device-plugin.config": "mps-8"}},
		"EKS, operator's driver":    {AWS, true, func(p *Pool) { p.Driver = DriverOperator }, nil, nil},
		"EKS, beside one with it":   {AWS, true, whole, []Pool{other}, map[string]string{deployDriver: "false", deployToolkit: "false"}},
		"GKE":                       {GCP, true, whole, nil, map[string]string{"gke-no-default-nvidia-gpu-device-plugin": "true"}},
		"GKE, slices are its own":   {GCP, true, share(Sharing{MIG: "1g.10gb"}), nil, map[string]string{"gke-no-default-nvidia-gpu-device-plugin": "true"}},
		"GKE, without the operator": {GCP, false, share(Sharing{TimeSlices: 4}), nil, nil},
		"AKS, slices are its own":   {Azure, true, share(Sharing{MIG: "1g.10gb"}), nil, nil},
		"AKS, turns":                {Azure, true, share(Sharing{TimeSlices: 2}), nil, map[string]string{"nvidia.com/device-plugin.config": "time-slices-2"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := maps.Clone(gpuPlan(t, test.cloud, test.operator, test.edit, test.beside...).NodeLabels)
			maps.DeleteFunc(got, func(key, _ string) bool { return slices.Contains(own, key) })
			if len(test.want) == 0 {
				assert.Empty(t, got)
				return
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestDriver_IsTheCloudsUnlessAskedFor(t *testing.T) {
	assert.Equal(t, DriverCloud, gpuPlan(t, AWS, true, func(*Pool) {}).Driver)
	assert.Equal(t, DriverOperator, gpuPlan(t, AWS, true, func(p *Pool) { p.Driver = DriverOperator }).Driver)
	assert.Equal(t, DriverOperator, gpuPlan(t, GCP, true, func(p *Pool) { p.Driver = DriverOperator }).Driver)
	assert.Empty(t, defaultPool(Pool{Name: "cpu", Role: RoleInference}, AWS, false).Driver)
	assert.Equal(t, DriverCloud, defaultPool(Pool{Name: "gpu", Role: RoleInference, MachineTypes: []string{"g6.xlarge"}}, AWS, false).Driver)
}

func TestAdvertiser_IsTheSameInBothStacks(t *testing.T) {
	for name, test := range map[string]struct {
		label    string
		operator bool
		fails    bool
	}{
		"operator in both":       {"true", true, false},
		"operator in neither":    {"", false, false},
		"only where nodes are":   {"true", false, true},
		"only where add-ons are": {"", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := &report{}
			checkAdvertiser(r, Platform{
				Cloud:  GCP,
				Addons: Addons{GPUOperator: GPUOperator{Enabled: &test.operator}},
				Handed: &Handed{Pools: []PoolPlan{
					{Pool: Pool{Name: "system"}},
					{Pool: Pool{Name: "gpu", GPU: "l4"}, NodeLabels: map[string]string{naming.LabelNoGKEPlugin: test.label}},
				}},
			})
			assert.Equal(t, test.fails, len(r.problems) == 1)
			if test.fails {
				assert.Equal(t, "gantry:addons.gpuOperator.enabled", r.problems[0].Path)
			}
		})
	}
}

func TestWarnings_TellOfGPUsThatNobodyAdvertises(t *testing.T) {
	paths := func(config string) []string {
		platform, plans := load(t, configured(t, config))
		var got []string
		for _, warning := range Warnings(platform, plans) {
			got = append(got, warning.Path)
		}
		return got
	}
	const neither = "addons: {gpuOperator: {enabled: false}, devicePlugin: {enabled: false}}"
	assert.Contains(t, paths(neither), "gantry:addons.devicePlugin.enabled")
	assert.NotContains(t, paths("cloud: gcp\n"+neither), "gantry:addons.devicePlugin.enabled", "GKE does")
	assert.NotContains(t, paths(neither+"\npools: [{name: system, role: system}]"), "gantry:addons.devicePlugin.enabled")
	assert.Empty(t, paths("{}"))
	mixed := paths("pools: [{name: system, role: system}, {name: a, role: inference, gpu: l4}, {name: b, role: inference, gpu: l4, driver: operator}]")
	assert.Contains(t, mixed, "gantry:pools[2].driver")
}
