package spec

import (
	"maps"
	"slices"

	"gantry.dev/gantry/modules/accelerators"
)

// devStack is the stack that is cheap to lose: nothing in it is protected.
const devStack = "dev"

// Default is the platform with every key that was left out filled in. It
// changes nothing that p shares with the result, and a platform that is complete
// stays as it is.
func Default(p Platform) Platform {
	setDefault(&p.Name, p.Project+"-"+p.Stack)
	setDefault(&p.Cloud, AWS)
	setDefault(&p.Protect, new(p.Stack != devStack))
	p.Cluster = defaultCluster(p.Cluster, *p.Protect)
	p.Pools = slices.Clone(p.Pools)
	for i, pool := range p.Pools {
		p.Pools[i] = defaultPool(pool, p.Cloud)
	}
	setDefault(&p.Addons.Autoscaler.Enabled, new(true))
	setDefault(&p.Addons.MetricsServer.Enabled, new(true))
	setDefault(&p.Addons.DevicePlugin.Enabled, new(true))
	p.Models = maps.Clone(p.Models)
	for name, model := range p.Models {
		p.Models[name] = defaultModel(model, name)
	}
	return p
}

func defaultCluster(c Cluster, protect bool) Cluster {
	nat := NATSingle
	if protect {
		nat = NATPerZone
	}
	setDefault(&c.NAT, nat)
	setDefault(&c.Zones, 2)
	setDefault(&c.NetworkCIDR, "10.0.0.0/16")
	setDefault(&c.LogRetentionDays, 90)
	return c
}

func defaultPool(p Pool, cloud Cloud) Pool {
	if len(p.MachineTypes) == 0 {
		p = defaultNeed(p)
	}
	capacity := CapacityOnDemand
	if p.Role == RoleTraining {
		capacity = CapacitySpot
	}
	setDefault(&p.Capacity, capacity)
	if p.Role == RoleSystem {
		setDefault(&p.Min, 1)
	}
	setDefault(&p.Max, max(p.Min, 1))
	disk := "50Gi"
	if hasAccelerator(p, cloud) {
		disk = "200Gi"
	}
	setDefault(&p.DiskSize, disk)
	p.Taints = slices.Clone(p.Taints)
	for i := range p.Taints {
		setDefault(&p.Taints[i].Effect, NoSchedule)
	}
	return p
}

// defaultNeed completes what the pool asks of a machine. A GPU decides the size
// of the machine that brings it.
func defaultNeed(p Pool) Pool {
	setDefault(&p.Arch, ArchAMD64)
	if p.GPU != "" {
		setDefault(&p.GPUCount, 1)
		return p
	}
	setDefault(&p.CPU, 2)
	setDefault(&p.Memory, "4Gi")
	return p
}

// hasAccelerator is whether the pool's machines bring a GPU, by need or by
// name.
func hasAccelerator(p Pool, cloud Cloud) bool {
	if len(p.MachineTypes) == 0 {
		return p.GPU != ""
	}
	machine, _ := accelerators.Lookup(string(cloud), p.MachineTypes[0])
	return machine.GPU != "" || p.GPU != ""
}

func defaultModel(m Model, name string) Model {
	setDefault(&m.Name, name)
	setDefault(&m.Enabled, new(true))
	setDefault(&m.Port, 8000)
	if m.GPU.Type != "" {
		setDefault(&m.GPU.Count, 1)
	}
	setDefault(&m.Resources.CPU, "500m")
	setDefault(&m.Resources.Memory, "1Gi")
	setDefault(&m.Resources.MemoryLimit, m.Resources.Memory)
	setDefault(&m.Scale.Min, 1)
	setDefault(&m.Scale.Max, max(m.Scale.Min, 1))
	setDefault(&m.Scale.CPUUtilization, 70)
	setDefault(&m.Scale.MemoryUtilization, 80)
	setDefault(&m.Storage.MountPath, "/models")
	setDefault(&m.Health.Path, "/health")
	setDefault(&m.Health.StartupSeconds, 300)
	setDefault(&m.Metrics.Path, "/metrics")
	setDefault(&m.DrainSeconds, new(30))
	return m
}

// setDefault sets what was left out.
func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
