package spec

// Addons are the parts installed into the cluster beside the models.
type Addons struct {
	// Autoscaler leaves node counts between min and max to a cluster
	// autoscaler.
	Autoscaler Autoscaler `json:"autoscaler"`
	// MetricsServer provides CPU and memory figures to autoscaling and to
	// kubectl top.
	MetricsServer MetricsServer `json:"metricsServer"`
	// DevicePlugin advertises the GPUs of a node to the scheduler.
	DevicePlugin DevicePlugin `json:"devicePlugin"`
	// Versions overrides the pinned version of a managed add-on by its name
	// in the cloud, for example {vpc-cni: v1.20.4-eksbuild.2}. On AWS only: the
	// other clouds choose the versions of their own add-ons. Default: the
	// versions pinned for the Kubernetes minor.
	Versions map[string]string `json:"versions"`
}

// Autoscaler is the ownership of node counts.
type Autoscaler struct {
	// Enabled tags the pools for Cluster Autoscaler, with what it needs to
	// scale them from zero, and stops Gantry from resetting node counts that
	// it has set. Disabled, each pool has exactly min nodes. Default: true.
	Enabled *bool `json:"enabled"`
}

// MetricsServer is the resource metrics API.
type MetricsServer struct {
	// Enabled installs metrics-server. Without it no model scales on CPU or
	// memory. Default: true.
	Enabled *bool `json:"enabled"`
}

// DevicePlugin is NVIDIA's device plugin.
type DevicePlugin struct {
	// Enabled installs the plugin on GPU pools. Disable it only where
	// something else advertises nvidia.com/gpu: there must be exactly one.
	// GKE has its own, so that true is refused there. Default: true on AWS and
	// Azure, false on Google Cloud and in an existing cluster.
	Enabled *bool `json:"enabled"`
	// Image of the plugin, with a tag or a digest. Default: the pinned
	// release.
	Image string `json:"image" jsonschema:"example=registry.example.com/nvidia/k8s-device-plugin:v0.17.4"`
}
