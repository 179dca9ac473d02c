package spec

// Role is the purpose of a pool.
type Role string

// The accepted values of Role.
const (
	// RoleSystem runs what the cluster itself needs. Never tainted.
	RoleSystem Role = "system"
	// RoleTraining runs jobs that can be interrupted and resumed.
	RoleTraining Role = "training"
	// RoleInference runs models that answer requests.
	RoleInference Role = "inference"
)

// Roles lists every accepted value of Role.
var Roles = []Role{RoleSystem, RoleTraining, RoleInference}

// Capacity is how a pool's nodes are bought.
type Capacity string

// The accepted values of Capacity.
const (
	// CapacitySpot is cheap and can be taken back at short notice.
	CapacitySpot Capacity = "spot"
	// CapacityOnDemand stays until it is given back.
	CapacityOnDemand Capacity = "on-demand"
)

// Capacities lists every accepted value of Capacity.
var Capacities = []Capacity{CapacitySpot, CapacityOnDemand}

// Arch is the processor architecture of a node.
type Arch string

// The accepted values of Arch, as Kubernetes spells them in kubernetes.io/arch.
const (
	ArchAMD64 Arch = "amd64"
	ArchARM64 Arch = "arm64"
)

// Archs lists every accepted value of Arch.
var Archs = []Arch{ArchAMD64, ArchARM64}

// Pool is a group of equal nodes. It is asked for by need (gpu, cpu, memory);
// the accelerator catalog turns the need into machine types of the cloud.
type Pool struct {
	// Name of the pool, unique in the platform: lower-case letters, digits
	// and '-', beginning with a letter, at most 12 characters, so that it is
	// valid on every cloud.
	Name string `json:"name" jsonschema:"required,example=serve"`
	// Role is system (what the cluster itself needs), training (jobs that can
	// be interrupted) or inference (models that answer requests). It decides
	// labels, taints and the default capacity.
	Role Role `json:"role" jsonschema:"required"`
	// GPU is the accelerator model, for example l4 or a100. Left out: no
	// accelerator. System pools have none. Default: none.
	GPU string `json:"gpu" jsonschema:"example=l4"`
	// GPUAlternatives are accelerator models to take, in this order, on a
	// cloud that does not sell gpu. Default: none.
	GPUAlternatives []string `json:"gpuAlternatives" jsonschema:"example=t4"`
	// GPUCount is the number of accelerators in a node. Default: 1 when gpu
	// is set.
	GPUCount int `json:"gpuCount" jsonschema:"minimum=1"`
	// GPUMemory is the least memory of one accelerator, for example 80Gi.
	// Needed only where a model is sold in several sizes. Default: any.
	GPUMemory string `json:"gpuMemory" jsonschema:"example=80Gi"`
	// Driver is who brings the driver of the accelerators and NVIDIA's container
	// toolkit: cloud (they come with the node's image, or the cloud installs
	// them) or operator (the GPU Operator does, on Ubuntu nodes). The switch
	// chooses image, node labels, secure boot and the operator's values
	// together; not on Azure, where AKS leaves no choice. A change makes new
	// nodes. In an existing cluster it tells what the nodes have. See
	// docs/gpus.md. Default: cloud when the pool has accelerators.
	Driver Driver `json:"driver"`
	// Sharing divides each accelerator among several pods. A shared pool is
	// reserved: models run on it only when they name it. Default: each
	// accelerator is one pod's.
	Sharing Sharing `json:"sharing"`
	// CPU is the least number of virtual CPUs in a node. Default: 2 for
	// pools without a GPU; otherwise what the machine brings.
	CPU int `json:"cpu" jsonschema:"minimum=1"`
	// Memory is the least memory of a node, for example 16Gi. Default: 4Gi
	// for pools without a GPU; otherwise what the machine brings.
	Memory string `json:"memory" jsonschema:"example=16Gi"`
	// Arch is the processor architecture, amd64 or arm64. Default: amd64; that
	// of the machine types where they are named.
	Arch Arch `json:"arch"`
	// Burstable admits machine types that are cheap and slow down under steady
	// load (T3, T3a and T4g on AWS). Only for pools that ask by need. Default:
	// true; false when the platform is protected.
	Burstable *bool `json:"burstable"`
	// Capacity is spot (cheap, and taken back at short notice) or on-demand.
	// Default: spot for training, on-demand for system and inference.
	Capacity Capacity `json:"capacity"`
	// Min is the least number of nodes in the whole pool; at least 1 for
	// system. Default: 1 for system, 0 otherwise.
	Min int `json:"min" jsonschema:"minimum=0"`
	// Max is the greatest number of nodes in the whole pool, at least 1.
	// Default: the larger of min and 1.
	Max int `json:"max" jsonschema:"minimum=1"`
	// MachineTypes names the cloud's machine types outright instead of a
	// need: one for an on-demand pool, up to 20 for a spot pool. All must
	// have the same vCPU, memory, GPU and architecture, because the
	// autoscaler plans with the first. Excludes gpuMemory, cpu and memory.
	// Default: chosen by need, the cheapest that fits, and for a spot pool
	// its equals in shape.
	MachineTypes []string `json:"machineTypes"`
	// DiskSize is the encrypted root disk of each node, for example 200Gi: at
	// least 20Gi, and 100Gi for GPU pools, whose container images are large.
	// Default: 50Gi, and 200Gi for GPU pools.
	DiskSize string `json:"diskSize" jsonschema:"example=200Gi"`
	// Zones limits the pool to the first N of the cluster's zones. Default:
	// all zones.
	Zones int `json:"zones" jsonschema:"minimum=1"`
	// Labels put on the nodes beside Gantry's own, at most 15. The domains
	// gantry.dev, kubernetes.io, k8s.io, eks.amazonaws.com,
	// cloud.google.com and kubernetes.azure.com are reserved. In an existing
	// cluster they are the labels by which the pool's nodes are known, and at
	// least one is required. Default: none.
	Labels map[string]string `json:"labels"`
	// Taints put on the nodes beside Gantry's own, at most 10. A tainted pool
	// is reserved: models run on it only when they name it. In an existing
	// cluster they are the taints that the nodes have. Default: none.
	Taints []Taint `json:"taints"`
}

// Sharing is how the accelerators of a pool are divided among pods: in one of
// the three ways.
type Sharing struct {
	// MIG cuts each accelerator into equal slices of this profile, for example
	// 1g.10gb, each with memory and processors of its own. Pods ask for slices
	// as they do for accelerators, and gpu.count of a model counts them. For
	// A100, H100 and H200; on AWS the GPU Operator cuts them. On Google Cloud
	// and Azure a change makes a new pool. Default: none.
	MIG string `json:"mig" jsonschema:"example=1g.10gb"`
	// MIGStrategy is how slices are advertised: single (as nvidia.com/gpu) or
	// mixed (as nvidia.com/mig- and the profile, for pods of others that ask so;
	// Gantry's models follow by themselves). The same for all pools with
	// slices. Default: single when mig is set.
	MIGStrategy MIGStrategy `json:"migStrategy"`
	// TimeSlices lets so many pods, 2 to 48, take turns on each accelerator.
	// Nothing keeps one from the memory of another: for tools and tests.
	// Default: none.
	TimeSlices int `json:"timeSlices" jsonschema:"minimum=2,maximum=48"`
	// MPS lets so many pods, 2 to 48, compute on each accelerator at the same
	// time, each within its part of the memory. A pod that fails can take the
	// others along. Default: none.
	MPS int `json:"mps" jsonschema:"minimum=2,maximum=48"`
}

// TaintEffect is what a taint does to a pod that does not tolerate it.
type TaintEffect string

// The accepted values of TaintEffect.
const (
	NoSchedule       TaintEffect = "NoSchedule"
	PreferNoSchedule TaintEffect = "PreferNoSchedule"
	NoExecute        TaintEffect = "NoExecute"
)

// TaintEffects lists every accepted value of TaintEffect.
var TaintEffects = []TaintEffect{NoSchedule, PreferNoSchedule, NoExecute}

// Taint keeps pods that do not tolerate it off a node.
type Taint struct {
	// Key of the taint, for example team.example.com/reserved.
	Key string `json:"key" jsonschema:"required,example=team.example.com/reserved"`
	// Value of the taint. Default: empty.
	Value string `json:"value"`
	// Effect is NoSchedule, PreferNoSchedule or NoExecute. Default:
	// NoSchedule.
	Effect TaintEffect `json:"effect"`
}
