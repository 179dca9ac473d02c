package platform

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/scheduling"
	"gantry.dev/gantry/modules/spec"
)

const (
	gpuOperatorName = "gpu-operator"
	// pluginConfigs is the ConfigMap with the configurations of the device
	// plugin, which the chart makes.
	pluginConfigs = "gantry-device-plugin"
	// wholeGPUs is the configuration of nodes whose accelerators are not shared.
	wholeGPUs = "whole"
	// driverOnCOS is where Google's installer puts the driver, and the only
	// directory of its image that keeps programs over a restart. Source:
	// https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/google-gke.html
	driverOnCOS = "/home/kubernetes/bin/nvidia"
)

// gpuOperatorAddon is NVIDIA's GPU Operator, which is what advertises
// accelerators wherever it is installed.
var gpuOperatorAddon = addon{
	name:      gpuOperatorName,
	chart:     "gpu-operator",
	namespace: GPUNamespace,
	when: func(in inputs) bool {
		return spec.On(in.platform.Addons.GPUOperator.Enabled) && len(scheduling.WithGPU(in.handle.Pools)) > 0
	},
	after:  []string{monitoringName},
	values: gpuOperatorValues,
	before: newGPUGround,
}

// gpuOperatorValues follow from who owns the driver of the pools, and from what
// each cloud's images bring. Keys are those of the chart's v26.7.0, see
// deployments/gpu-operator/values.yaml in its repository.
func gpuOperatorValues(in inputs) (pulumi.Map, error) {
	pools := scheduling.WithGPU(in.handle.Pools)
	drives := slices.ContainsFunc(pools, drivenByOperator)
	values := pulumi.Map{
		// Where no pool is the operator's, the nodes have a driver already, and a
		// second one would not load. Nodes of the cloud's driver beside others
		// are kept out by their labels.
		"driver": pulumi.Map{"enabled": pulumi.Bool(drives)},
		"toolkit": pulumi.Map{
			// The images with a driver bring the toolkit too, but for GKE's.
			"enabled": pulumi.Bool(drives || in.platform.Cloud == spec.GCP),
		},
		"operator": pulumi.Map{
			// The chart's own tolerates nodes that no managed cluster has, and not
			// the taint of AKS's system pools.
			"tolerations": systemTolerations(in),
		},
		"daemonsets": pulumi.Map{
			// The chart's own lets its pods past nvidia.com/gpu only: nothing would
			// run on spot and training pools, and their GPUs would never show.
			"tolerations": tolerations(pools),
		},
		"node-feature-discovery": pulumi.Map{
			"worker": pulumi.Map{"tolerations": tolerations(pools)}, // as above: no label, no operand
			"master": pulumi.Map{"tolerations": systemTolerations(in)},
			"gc":     pulumi.Map{"tolerations": systemTolerations(in)},
		},
		// One for all nodes; on those whose accelerators are whole it means nothing.
		"mig":        pulumi.Map{"strategy": pulumi.String(migStrategy(pools))},
		"migManager": migManager(in),
		"devicePlugin": pulumi.Map{
			// Said outright, for whoever asks what advertises GPUs.
			"enabled": pulumi.Bool(true),
			"config":  pluginConfig(pools),
		},
		"dcgmExporter": dcgmExporter(in, pools),
	}
	switch in.platform.Cloud {
	case spec.Azure:
		// AKS names its handler of NVIDIA's runtime differently. Source:
		// https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/microsoft-aks.html
		values["operator"].(pulumi.Map)["runtimeClass"] = pulumi.String("nvidia-container-runtime")
	case spec.GCP:
		putGKE(values, drives)
	}
	return values, nil
}

// putGKE adds what GKE's nodes need. Source:
// https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/google-gke.html
func putGKE(values pulumi.Map, drives bool) {
	toolkit := values["toolkit"].(pulumi.Map)
	// From 1.33 on, the toolkit breaks containerd's configuration when it asks
	// containerd for it instead of reading the file.
	toolkit["env"] = environment("RUNTIME_CONFIG_SOURCE", "file")
	if drives {
		return // Ubuntu is as the chart expects nodes to be
	}
	// Everything else on Google's image is read-only, or gone after a restart.
	toolkit["installDir"] = pulumi.String(driverOnCOS)
	values["hostPaths"] = pulumi.Map{"driverInstallDir": pulumi.String(driverOnCOS)}
}

// migManager cuts accelerators as the label nvidia.com/mig.config of their node
// says. GKE and AKS have them cut when a node starts, and there the manager would
// join them again: its default is to have no slices.
func migManager(in inputs) pulumi.Map {
	if in.platform.Cloud != spec.AWS {
		return pulumi.Map{"enabled": pulumi.Bool(false)}
	}
	return pulumi.Map{
		"enabled": pulumi.Bool(true),
		// A virtual machine cannot reset its accelerators, which MIG mode needs,
		// and restarts for it. Source:
		// https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-operator-mig.html
		"env": environment("WITH_REBOOT", "true"),
	}
}

// pluginConfig are the device plugin's configurations, one for each way of
// sharing among the pools. Nodes choose theirs by the label
// nvidia.com/device-plugin.config; one without it has the default.
func pluginConfig(pools []spec.PoolPlan) pulumi.Map {
	strategy := migStrategy(pools)
	data := pulumi.Map{wholeGPUs: pulumi.String(fmt.Sprintf("version: v1\nflags:\n  migStrategy: %s\n", strategy))}
	for _, pool := range pools {
		name := pool.Sharing.PluginConfig()
		if name == "" {
			continue
		}
		way := "timeSlicing"
		if pool.Sharing.MPS > 0 {
			way = "mps"
		}
		// A pod that asks for two shares would get no more than with one: it is
		// refused on the node. renameByDefault stays off, so that pods ask for
		// nvidia.com/gpu everywhere.
		data[name] = pulumi.String(fmt.Sprintf(`version: v1
flags:
  migStrategy: %s
sharing:
  %s:
    renameByDefault: false
    failRequestsGreaterThanOne: true
    resources:
      - name: nvidia.com/gpu
        replicas: %d
`, strategy, way, pool.Sharing.Clients()))
	}
	return pulumi.Map{
		"create":  pulumi.Bool(true),
		"name":    pulumi.String(pluginConfigs),
		"default": pulumi.String(wholeGPUs),
		"data":    data,
	}
}

// migStrategy is how slices are advertised: the same in all pools that have
// them.
func migStrategy(pools []spec.PoolPlan) spec.MIGStrategy {
	for _, pool := range pools {
		if pool.Sharing.MIG != "" && pool.Sharing.MIGStrategy != "" {
			return pool.Sharing.MIGStrategy
		}
	}
	return spec.MIGSingle
}

func drivenByOperator(pool spec.PoolPlan) bool { return pool.Driver == spec.DriverOperator }

// environment is one variable as the chart takes them.
func environment(name, value string) pulumi.Array {
	return pulumi.Array{pulumi.Map{"name": pulumi.String(name), "value": pulumi.String(value)}}
}
