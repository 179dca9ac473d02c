// Package naming holds every name that Gantry gives to something outside its
// own process: the labels and taints of nodes, the tags of cloud resources, and
// names cut to the length that an API accepts.
package naming

// Labels that Gantry puts on every node, the same on every cloud. Workloads
// select nodes by these and by nothing that belongs to one cloud.
const (
	// LabelRole is the purpose of the node's pool: system, training or inference.
	LabelRole = "gantry.dev/role"
	// LabelCapacity tells how the node is paid for: spot or on-demand.
	LabelCapacity = "gantry.dev/capacity"
	// LabelGPU is the accelerator model of the node, for example l4; absent
	// on nodes without one.
	LabelGPU = "gantry.dev/gpu"
	// LabelPool is the name of the pool in the configuration.
	LabelPool = "gantry.dev/pool"
	// LabelModel is the name of the model a pod serves.
	LabelModel = "gantry.dev/model"
	// LabelSpotTolerant marks the pods of models that may run on spot nodes; its
	// value is true.
	LabelSpotTolerant = "gantry.dev/spot-tolerant"
	// LabelVersion tells the versions of one model apart: stable, canary, green
	// or shadow, or, where Flagger lets versions in, the name of the Deployment.
	LabelVersion = "gantry.dev/version"
)

// Taints that keep workloads off nodes that are not meant for them.
const (
	// TaintGPU marks nodes with an accelerator. Key and value are those that
	// GKE uses, so that one toleration serves on every cloud.
	TaintGPU = "nvidia.com/gpu"
	// TaintGPUValue is the value of TaintGPU.
	TaintGPUValue = "present"
	// TaintRole marks training nodes; its value is the role.
	TaintRole = LabelRole
	// TaintSpotGKE marks spot nodes on GKE; its value is true.
	TaintSpotGKE = "cloud.google.com/gke-spot"
	// TaintArch marks Arm nodes on GKE, which sets it by itself; its value is
	// arm64.
	TaintArch = "kubernetes.io/arch"
	// TaintSpotAKS marks spot nodes on AKS, which sets it, and the label of the
	// same name, by itself; its value is spot.
	TaintSpotAKS = "kubernetes.azure.com/scalesetpriority"
	// TaintCriticalAddons keeps the system pools of AKS for what the cluster
	// needs; its value is true.
	TaintCriticalAddons = "CriticalAddonsOnly"
)

// Labels by which the GPU Operator, and GKE, learn what to do on a node. Sources:
// NVIDIA/gpu-operator, controllers/state_manager.go, and
// https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/google-gke.html
const (
	// LabelDeployDriver set to false keeps the operator's driver off a node.
	LabelDeployDriver = "nvidia.com/gpu.deploy.driver"
	// LabelDeployToolkit set to false keeps its container toolkit off.
	LabelDeployToolkit = "nvidia.com/gpu.deploy.container-toolkit"
	// LabelMIGConfig names how the MIG manager cuts the accelerators of a node.
	LabelMIGConfig = "nvidia.com/mig.config"
	// LabelPluginConfig names the device plugin's configuration on a node.
	LabelPluginConfig = "nvidia.com/device-plugin.config"
	// LabelNoGKEPlugin set to true keeps GKE's own device plugin, and with it
	// the installer of the driver, off a node.
	LabelNoGKEPlugin = "gke-no-default-nvidia-gpu-device-plugin"
)

// Extended resources that a device plugin advertises and a pod asks for.
const (
	// ResourceGPU is a whole accelerator, a share of one, or a slice where all
	// slices of a node are alike.
	ResourceGPU = "nvidia.com/gpu"
	// ResourceMIGPrefix begins the resource of a slice that is advertised by its
	// profile, for example nvidia.com/mig-1g.10gb.
	ResourceMIGPrefix = "nvidia.com/mig-"
)
