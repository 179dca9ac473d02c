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
	if len(p.Layers) == 0 {
		p.Layers = slices.Clone(Layers)
	}
	if p.Handed != nil {
		p = onHandedCluster(p)
	}
	setDefault(&p.Name, p.Project+"-"+p.Stack)
	setDefault(&p.Cloud, AWS)
	setDefault(&p.Protect, new(p.Stack != devStack))
	p.Cluster = defaultCluster(p.Cluster, *p.Protect)
	p.Pools = slices.Clone(p.Pools)
	for i, pool := range p.Pools {
		p.Pools[i] = defaultPool(pool, p.Cloud, *p.Protect)
	}
	p.Addons = defaultAddons(p.Addons, p.Cloud, *p.Protect)
	p.Registry = defaultRegistry(p.Registry, p.Cloud)
	p.ModelBucket = defaultModelBucket(p.ModelBucket, p.Cloud)
	p.Models = maps.Clone(p.Models)
	for name, model := range p.Models {
		p.Models[name] = defaultModel(model, name, p)
	}
	return p
}

// onHandedCluster is the platform on the cluster of another stack, which
// decides everything that belongs to the layer cluster.
func onHandedCluster(p Platform) Platform {
	h := p.Handed
	setDefault(&p.Name, h.Name)
	setDefault(&p.Cloud, h.Cloud)
	p.Region, p.Account = h.Region, h.Account
	setDefault(&p.Addons.Autoscaler.Enabled, new(h.Autoscaled))
	if len(p.Pools) == 0 {
		for _, plan := range h.Pools {
			p.Pools = append(p.Pools, plan.Pool)
		}
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
	setDefault(&c.PodCIDR, "100.64.0.0/14")
	setDefault(&c.ServiceCIDR, "172.20.0.0/20")
	setDefault(&c.LogRetentionDays, 90)
	return c
}

func defaultPool(p Pool, cloud Cloud, protect bool) Pool {
	p.GPU = firstSold(cloud, p.GPU, p.GPUAlternatives)
	if len(p.MachineTypes) == 0 {
		p = defaultNeed(p)
		setDefault(&p.Burstable, new(!protect))
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
		setDefault(&p.Driver, DriverCloud)
	}
	if p.Sharing.MIG != "" {
		setDefault(&p.Sharing.MIGStrategy, MIGSingle)
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
func hasAccelerator(p Pool, cloud Cloud) bool { return gpuOf(cloud, p) != "" }

// firstSold is the accelerator that a cloud sells: the one asked for, or else
// the first of its alternatives. Where none is sold, or the one asked for is
// sold nowhere and so probably misspelt, it stays as it is, for validation to
// say so.
func firstSold(cloud Cloud, gpu string, alternatives []string) string {
	if !slices.Contains(knownGPUs(), gpu) {
		return gpu
	}
	sold := UsableGPUs(cloud)
	for _, candidate := range slices.Concat([]string{gpu}, alternatives) {
		if slices.Contains(sold, candidate) {
			return candidate
		}
	}
	return gpu
}

// firstPooled is the accelerator of a model that the platform has a pool of: the
// one asked for, or else the first of its alternatives.
func firstPooled(p Platform, m Model) string {
	if p.Cloud != Existing && !slices.Contains(knownGPUs(), m.GPU.Type) {
		return m.GPU.Type
	}
	for _, candidate := range slices.Concat([]string{m.GPU.Type}, m.GPU.Alternatives) {
		if slices.ContainsFunc(p.Pools, func(pool Pool) bool { return servesModel(p.Cloud, pool, m, candidate) }) {
			return candidate
		}
	}
	return firstSold(p.Cloud, m.GPU.Type, m.GPU.Alternatives)
}

// servesModel is whether a pool is one that the model would run on if it asked
// for the accelerator.
func servesModel(cloud Cloud, pool Pool, m Model, gpu string) bool {
	if gpu == "" || gpuOf(cloud, pool) != gpu {
		return false
	}
	if m.Pool != "" {
		return pool.Name == m.Pool
	}
	return pool.Role == RoleInference && m.accepts(pool.Capacity) && !pool.Sharing.divides()
}

// gpuOf is the accelerator of a pool, by need or by name.
func gpuOf(cloud Cloud, pool Pool) string {
	if pool.GPU != "" || len(pool.MachineTypes) == 0 {
		return pool.GPU
	}
	machine, _ := accelerators.Lookup(string(cloud), pool.MachineTypes[0])
	return machine.GPU
}

func defaultModel(m Model, name string, p Platform) Model {
	setDefault(&m.Name, name)
	setDefault(&m.Enabled, new(true))
	setDefault(&m.Port, 8000)
	if m.GPU.Type != "" {
		m.GPU.Type = firstPooled(p, m)
		setDefault(&m.GPU.Count, 1)
	}
	setDefault(&m.Resources.CPU, "500m")
	setDefault(&m.Resources.Memory, "1Gi")
	setDefault(&m.Resources.MemoryLimit, m.Resources.Memory)
	m.Scale = defaultScale(m.Scale, name)
	m.Traffic = defaultTraffic(m.Traffic)
	m.Rollout = defaultRollout(m.Rollout, m.Scale)
	if m.SLO.P95 != "" {
		setDefault(&m.SLO.Availability, defaultAvailability)
	}
	setDefault(&m.Storage.MountPath, "/models")
	setDefault(&m.Storage.Access, ReadWriteMany)
	m.Health = defaultHealth(m.Health)
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
