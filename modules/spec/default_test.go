package spec

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDefault_CompletesTheLeastThatAStackCanSay(t *testing.T) {
	platform, _ := load(t, configured(t, "{}", "m.yaml", "image: a:v1"))

	assert.Equal(t, Platform{
		Name: "gantry-dev", Cloud: AWS, Protect: new(false),
		Cluster: Cluster{
			Version: "1.34", Zones: 2, NetworkCIDR: "10.0.0.0/16", NAT: NATSingle, LogRetentionDays: 90,
		},
		Pools: []Pool{
			{Name: "system", Role: RoleSystem, CPU: 2, Memory: "4Gi", Arch: ArchAMD64, Capacity: CapacityOnDemand, Min: 1, Max: 1, DiskSize: "50Gi"},
			{Name: "serve", Role: RoleInference, GPU: "l4", GPUCount: 1, Arch: ArchAMD64, Capacity: CapacityOnDemand, Min: 2, Max: 4, DiskSize: "200Gi"},
		},
		Addons: Addons{
			Autoscaler: Autoscaler{Enabled: new(true)}, MetricsServer: MetricsServer{Enabled: new(true)}, DevicePlugin: DevicePlugin{Enabled: new(true)},
		},
		Models: map[string]Model{"m": {
			Name: "m", Enabled: new(true), Image: "a:v1", Port: 8000,
			Resources:    ModelResources{CPU: "500m", Memory: "1Gi", MemoryLimit: "1Gi"},
			Scale:        ModelScale{Min: 1, Max: 1, CPUUtilization: 70, MemoryUtilization: 80},
			Storage:      ModelStorage{MountPath: "/models"},
			Health:       ModelHealth{Path: "/health", StartupSeconds: 300},
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
