package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gantry.dev/gantry/modules/naming"
)

// checkDriver reports a driver that the pool cannot have.
//
// AKS installs its own on every GPU node. The field that stops it, gpuProfile,
// is in no stable API of azure-native v2, and Azure no longer answers to the
// previews that had it. Source:
// https://learn.microsoft.com/azure/aks/concepts-preview-api-life-cycle
func checkDriver(r *report, at string, p Platform, pool Pool) {
	owner := string(pool.Driver)
	switch {
	case pool.Driver == "":
	case !hasAccelerator(pool, p.Cloud):
		r.add(at, owner, "is the owner of a driver in a pool without accelerators", "remove it, or set gpu")
	case pool.Driver != DriverOperator:
	case p.Cloud == Azure:
		r.add(at, owner, "cannot be had on Azure: AKS installs its own driver on every GPU node, and the Azure provider that Gantry is built with cannot tell it not to",
			"remove it: the GPU Operator works with the driver of AKS")
	case !On(p.Addons.GPUOperator.Enabled):
		r.add(at, owner, "needs the GPU Operator, which is not installed", "remove it, or set gantry:addons.gpuOperator.enabled to true")
	}
}

// checkOwnedLabels reports labels of the user's by which the GPU Operator is
// told what driver and sharing say.
func checkOwnedLabels(r *report, at string, labels map[string]string) {
	owned := []string{naming.LabelMIGConfig, naming.LabelPluginConfig, naming.LabelNoGKEPlugin}
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		if slices.Contains(owned, key) || strings.HasPrefix(key, "nvidia.com/gpu.deploy.") {
			r.add(join(at, key), key, "is a label that Gantry sets itself on GPU pools", "remove it, and use driver or sharing of the pool")
		}
	}
}

// checkOneOperator reports pools that one GPU Operator cannot serve together:
// its values are the same for all nodes, but for what labels of nodes switch
// off.
func checkOneOperator(r *report, p Platform) {
	firstDriver, firstStrategy := -1, -1
	for i, pool := range p.Pools {
		at := fmt.Sprintf("gantry:pools[%d]", i)
		if strategy := pool.Sharing.MIGStrategy; pool.Sharing.MIG != "" && slices.Contains(MIGStrategies, strategy) {
			if firstStrategy < 0 {
				firstStrategy = i
			}
			if other := p.Pools[firstStrategy]; other.Sharing.MIGStrategy != strategy {
				r.add(at+".sharing.migStrategy", string(strategy), fmt.Sprintf("is not that of pool %s, %s, and one device plugin advertises slices in one way", other.Name, other.Sharing.MIGStrategy),
					"use the same for all pools with slices")
			}
		}
		if !slices.Contains(Drivers, pool.Driver) || p.Cloud != GCP && p.Cloud != Existing {
			continue
		}
		if firstDriver < 0 {
			firstDriver = i
		}
		if other := p.Pools[firstDriver]; other.Driver != pool.Driver {
			r.add(at+".driver", string(pool.Driver), fmt.Sprintf("is not that of pool %s, %s, and %s", other.Name, other.Driver, whyOneDriver[p.Cloud]),
				"use the same for all pools with accelerators")
		}
	}
}

// whyOneDriver is what keeps pools of two drivers apart. On EKS both kinds of
// image keep it where the operator looks by default.
var whyOneDriver = map[Cloud]string{
	GCP:      "the operator looks for the driver in one directory, which is another with Google's",
	Existing: "only labels on the nodes, which Gantry does not touch, could tell them apart",
}

// checkAdvertiser makes sure that one thing tells the scheduler of the GPUs of
// a node: two of them hand out each GPU twice. GKE brings its own where no label
// of the node forbids it. Source:
// https://cloud.google.com/kubernetes-engine/docs/how-to/gpus
func checkAdvertiser(r *report, p Platform) {
	operator, plugin := On(p.Addons.GPUOperator.Enabled), On(p.Addons.DevicePlugin.Enabled)
	const at = "gantry:addons.devicePlugin.enabled"
	switch {
	case operator && plugin:
		r.add(at, true, "puts a second device plugin beside that of the GPU Operator", "remove it, or set gantry:addons.gpuOperator.enabled to false")
	case p.Cloud == GCP && plugin:
		r.add(at, true, "puts a second device plugin beside the one that GKE runs on its GPU nodes", "remove it")
	case p.Cloud == GCP && p.Handed != nil:
		checkHandedAdvertiser(r, p.Handed.Pools, operator)
	}
}

// checkHandedAdvertiser reports an operator that is switched on, or off, in
// another stack than the one that made the nodes, which told GKE whether to run
// its plugin there.
func checkHandedAdvertiser(r *report, pools []PoolPlan, operator bool) {
	for _, pool := range pools {
		forbidden := pool.NodeLabels[naming.LabelNoGKEPlugin] == "true"
		if pool.GPU == "" || forbidden == operator {
			continue
		}
		what := "leaves pool " + pool.Name + " without a device plugin: the stack of the cluster keeps GKE's off it"
		if operator {
			what = "puts a second device plugin beside GKE's, which the stack of the cluster leaves on pool " + pool.Name
		}
		r.add("gantry:addons.gpuOperator.enabled", operator, what, "use the same value in both stacks")
		return
	}
}
