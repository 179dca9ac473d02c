package spec

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDefault_CompletesTheLeastThatAStackCanSay(t *testing.T) {
	platform, _ := load(t, configured(t, "{}", "m.yaml", "image: a:v1"))

	assert.Equal(t, Platform{
		Name: "gantry-dev", Cloud: AWS, Layers: []Layer{LayerCluster, LayerPlatform, LayerModels}, Protect: new(false),
		Cluster: Cluster{
			Version: "1.34", Zones: 2, NetworkCIDR: "10.0.0.0/16", PodCIDR: "100.64.0.0/14", ServiceCIDR: "172.20.0.0/20",
			NAT: NATSingle, LogRetentionDays: 90,
		},
		Pools: []Pool{
			{Name: "system", Role: RoleSystem, CPU: 2, Memory: "4Gi", Arch: ArchAMD64, Burstable: new(true), Capacity: CapacityOnDemand, Min: 1, Max: 1, DiskSize: "50Gi"},
			{Name: "serve", Role: RoleInference, GPU: "l4", GPUCount: 1, Driver: DriverCloud, Arch: ArchAMD64, Burstable: new(true), Capacity: CapacityOnDemand, Min: 2, Max: 4, DiskSize: "200Gi"},
		},
		Addons: Addons{
			Autoscaler: Autoscaler{
				Enabled: new(true), Expanders: []Expander{ExpanderPriority, ExpanderLeastWaste},
				ScaleDownMinutes: 10, ScaleDownUtilization: 50, BalanceZones: new(true),
			},
			MetricsServer: MetricsServer{Enabled: new(true)},
			GPUOperator:   GPUOperator{Enabled: new(true)},
			DevicePlugin:  DevicePlugin{Enabled: new(false)},
			Monitoring: Monitoring{
				Enabled: new(true), RetentionDays: 15, Storage: "50Gi", Replicas: 1, RemoteWrite: RemoteWrite{Enabled: new(false)},
			},
			Certificates: Certificates{Enabled: new(true)},
			Gateway:      Gateway{Enabled: new(true), Public: new(false)},
			EventScaling: EventScaling{Enabled: new(true)},
		},
		Registry:    Registry{Enabled: new(true), KeepImages: 50, UntaggedDays: 14},
		ModelBucket: ModelBucket{Enabled: new(true), OldVersionDays: 30},
		Models: map[string]Model{"m": {
			Name: "m", Enabled: new(true), Image: "a:v1", Port: 8000,
			Resources: ModelResources{CPU: "500m", Memory: "1Gi", MemoryLimit: "1Gi"},
			Scale:     ModelScale{Min: 1, Max: 1, CPUUtilization: 70, MemoryUtilization: 80},
			Traffic:   ModelTraffic{TimeoutSeconds: 60, Retries: new(2), MaxBody: "10Mi"},
			Storage:   ModelStorage{MountPath: "/models", Access: ReadWriteMany},
			Health: ModelHealth{
				Path: "/health", StartupSeconds: 300,
				Readiness: ModelProbe{PeriodSeconds: 5, TimeoutSeconds: 3, FailureThreshold: 2},
				Liveness:  ModelProbe{PeriodSeconds: 10, TimeoutSeconds: 5, FailureThreshold: 6},
			},
			Metrics:      ModelMetrics{Path: "/metrics"},
			DrainSeconds: new(30),
		}},
		Project: "gantry", Stack: "dev", Region: "us-east-1",
	}, platform)
}

func TestDefault_ProtectsEveryStackButDev(t *testing.T) {
	for stack, want := range map[string]struct {
		protect bool
		nat     NAT
	}{
		"dev":     {false, NATSingle},
		"prod":    {true, NATPerZone},
		"staging": {true, NATPerZone},
	} {
		platform := Default(Platform{Stack: stack})
		assert.Equal(t, want.protect, *platform.Protect, stack)
		assert.Equal(t, want.nat, platform.Cluster.NAT, stack)
	}
}

func TestDefault_BurstableMachinesAreForWhatIsCheapToLose(t *testing.T) {
	for stack, want := range map[string]bool{"dev": true, "prod": false} {
		pools := Default(Platform{Stack: stack, Pools: []Pool{{Role: RoleSystem}, {Role: RoleSystem, Burstable: new(!want)}}}).Pools
		assert.Equal(t, want, *pools[0].Burstable, stack)
		assert.Equal(t, !want, *pools[1].Burstable, "%s: as written", stack)
	}
}

func TestDefault_OneAdvertiserOfGPUs(t *testing.T) {
	for cloud, want := range map[Cloud]struct{ operator, pluginWithoutIt bool }{
		AWS: {true, true}, GCP: {true, false}, Azure: {true, true}, Existing: {false, false},
	} {
		addons := Default(Platform{Cloud: cloud}).Addons
		assert.Equal(t, want.operator, *addons.GPUOperator.Enabled, cloud)
		assert.False(t, *addons.DevicePlugin.Enabled, cloud)
		without := Default(Platform{Cloud: cloud, Addons: Addons{GPUOperator: GPUOperator{Enabled: new(false)}}}).Addons
		assert.Equal(t, want.pluginWithoutIt, *without.DevicePlugin.Enabled, cloud)
	}
}

func TestDefault_TakesTheFirstAcceleratorThatTheCloudSells(t *testing.T) {
	for name, test := range map[string]struct {
		cloud        Cloud
		gpu          string
		alternatives []string
		want         string
	}{
		"AWS sells it":                    {AWS, "l4", []string{"t4"}, "l4"},
		"Google Cloud sells it":           {GCP, "l4", []string{"t4"}, "l4"},
		"Azure has no L4":                 {Azure, "l4", []string{"t4"}, "t4"},
		"the first of several":            {Azure, "l4", []string{"l40s", "a10", "t4"}, "a10"},
		"none is sold":                    {Azure, "l4", []string{"l40s"}, "l4"},
		"no alternative":                  {Azure, "l4", nil, "l4"},
		"a misspelt one is not passed by": {AWS, "l5", []string{"t4"}, "l5"},
		"what a cluster has is not known": {Existing, "l4", []string{"t4"}, "l4"},
	} {
		t.Run(name, func(t *testing.T) {
			pool := Default(Platform{Cloud: test.cloud, Pools: []Pool{{Role: RoleInference, GPU: test.gpu, GPUAlternatives: test.alternatives}}}).Pools[0]
			assert.Equal(t, test.want, pool.GPU)
			assert.Equal(t, test.alternatives, pool.GPUAlternatives, "as written")
		})
	}
}

func TestDefault_ModelTakesTheFirstAcceleratorThatAPoolHas(t *testing.T) {
	pool := func(name string, gpu string) Pool { return Pool{Name: name, Role: RoleInference, GPU: gpu} }
	train := Pool{Name: "train", Role: RoleTraining, GPU: "l4"}
	for name, test := range map[string]struct {
		cloud Cloud
		pools []Pool
		model Model
		want  string
	}{
		"its own":                     {AWS, []Pool{pool("a", "t4"), pool("b", "l4")}, Model{GPU: ModelGPU{Type: "l4", Alternatives: []string{"t4"}}}, "l4"},
		"the alternative of the pool": {Azure, []Pool{{Name: "a", Role: RoleInference, GPU: "l4", GPUAlternatives: []string{"t4"}}}, Model{GPU: ModelGPU{Type: "l4", Alternatives: []string{"t4"}}}, "t4"},
		"one that a pool has, though its own is sold":  {AWS, []Pool{pool("a", "t4")}, Model{GPU: ModelGPU{Type: "l4", Alternatives: []string{"a10g", "t4"}}}, "t4"},
		"a training pool serves nobody":                {AWS, []Pool{train, pool("a", "t4")}, Model{GPU: ModelGPU{Type: "l4", Alternatives: []string{"t4"}}}, "t4"},
		"unless it is named":                           {AWS, []Pool{train, pool("a", "t4")}, Model{Pool: "train", GPU: ModelGPU{Type: "l4", Alternatives: []string{"t4"}}}, "l4"},
		"what a named machine type has":                {AWS, []Pool{{Name: "a", Role: RoleInference, MachineTypes: []string{"g4dn.xlarge"}}}, Model{GPU: ModelGPU{Type: "l4", Alternatives: []string{"t4"}}}, "t4"},
		"no pool has any: what the cloud sells":        {Azure, nil, Model{GPU: ModelGPU{Type: "l4", Alternatives: []string{"t4"}}}, "t4"},
		"no alternative":                               {Azure, []Pool{pool("a", "t4")}, Model{GPU: ModelGPU{Type: "l4"}}, "l4"},
		"a misspelt one is not passed by":              {AWS, []Pool{pool("a", "t4")}, Model{GPU: ModelGPU{Type: "l5", Alternatives: []string{"t4"}}}, "l5"},
		"an existing cluster may have any, by its own": {Existing, []Pool{pool("a", "gaudi3")}, Model{GPU: ModelGPU{Type: "mi300", Alternatives: []string{"gaudi3"}}}, "gaudi3"},
	} {
		t.Run(name, func(t *testing.T) {
			platform := Default(Platform{Cloud: test.cloud, Pools: test.pools, Models: map[string]Model{"m": test.model}})
			assert.Equal(t, test.want, platform.Models["m"].GPU.Type)
			assert.Equal(t, 1, platform.Models["m"].GPU.Count)
		})
	}
}

func TestDefault_HandedClusterDecidesWhatIsBelow(t *testing.T) {
	below := handed()
	platform := Default(Platform{Project: "gantry", Stack: "models", Layers: []Layer{LayerModels}, Handed: below})

	assert.Equal(t, below.Name, platform.Name)
	assert.Equal(t, Azure, platform.Cloud)
	assert.Equal(t, "westeurope", platform.Region)
	assert.Equal(t, below.Account, platform.Account)
	assert.False(t, *platform.Addons.Autoscaler.Enabled, "as the cluster was made")
	require.Len(t, platform.Pools, 2)
	assert.Equal(t, "t4", platform.Pools[1].GPU)
	assert.False(t, platform.Has(LayerCluster))
	assert.True(t, platform.Has(LayerModels))
}

func TestDefault_KeepsWhatWasWritten(t *testing.T) {
	platform, _ := load(t, configured(t, `
name: vision
protect: true
cluster: {version: "1.35", zones: 3, nat: single, networkCidr: 10.8.0.0/20, logRetentionDays: 30}
pools:
  - {name: system, role: system, capacity: on-demand, min: 2, max: 5, diskSize: 80Gi, arch: arm64}
  - {name: train, role: training, gpu: l4, capacity: on-demand, max: 2}
addons: {autoscaler: {enabled: false}}
models: {m: {image: 'a:v1', drainSeconds: 0, gpu: {type: ""}}}
`))

	assert.Equal(t, "vision", platform.Name)
	assert.True(t, *platform.Protect)
	assert.Equal(t, NATSingle, platform.Cluster.NAT)
	assert.Equal(t, 30, platform.Cluster.LogRetentionDays)
	assert.Equal(t, ArchARM64, platform.Pools[0].Arch)
	assert.Equal(t, CapacityOnDemand, platform.Pools[1].Capacity)
	assert.False(t, *platform.Addons.Autoscaler.Enabled)
	assert.Zero(t, *platform.Models["m"].DrainSeconds, "0 is a value of its own")
}

func TestDefault_TrainingIsOnSpot(t *testing.T) {
	pools := Default(Platform{Pools: []Pool{{Role: RoleTraining}, {Role: RoleInference}, {Role: RoleSystem}}}).Pools

	assert.Equal(t, CapacitySpot, pools[0].Capacity)
	assert.Equal(t, CapacityOnDemand, pools[1].Capacity)
	assert.Equal(t, CapacityOnDemand, pools[2].Capacity)
}

func TestDefault_AsksForNothingBesideNamedMachineTypes(t *testing.T) {
	pool := Default(Platform{Cloud: AWS, Pools: []Pool{{Role: RoleInference, MachineTypes: []string{"g6.xlarge"}}}}).Pools[0]

	assert.Zero(t, pool.CPU)
	assert.Empty(t, pool.Memory)
	assert.Empty(t, pool.Arch)
	assert.Equal(t, "200Gi", pool.DiskSize, "g6.xlarge has a GPU")
}

func TestDefault_IsPureAndStable(t *testing.T) {
	given := Platform{
		Project: "gantry", Stack: "dev",
		Pools:  []Pool{{Role: RoleSystem, Taints: []Taint{{Key: "a"}}}},
		Models: map[string]Model{"m": {}},
	}
	once := Default(given)

	assert.Empty(t, given.Pools[0].Capacity)
	assert.Empty(t, given.Pools[0].Taints[0].Effect)
	assert.Empty(t, given.Models["m"].Name)
	assert.Equal(t, once, Default(once))
}
