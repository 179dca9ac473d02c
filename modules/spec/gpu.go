package spec

import (
	"fmt"
	"slices"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/naming"
)

// Driver is who owns the driver of a pool's accelerators.
type Driver string

// The accepted values of Driver.
const (
	// DriverCloud is the driver of the node's image, or one that the cloud
	// installs.
	DriverCloud Driver = "cloud"
	// DriverOperator is the driver that NVIDIA's GPU Operator builds on the
	// node.
	DriverOperator Driver = "operator"
)

// Drivers lists every accepted value of Driver.
var Drivers = []Driver{DriverCloud, DriverOperator}

// MIGStrategy is how a device plugin advertises slices of accelerators.
type MIGStrategy string

// The accepted values of MIGStrategy, see
// https://docs.nvidia.com/datacenter/cloud-native/kubernetes/latest/index.html
const (
	// MIGSingle advertises slices as if they were accelerators: all of a node
	// are alike.
	MIGSingle MIGStrategy = "single"
	// MIGMixed advertises them by their profile.
	MIGMixed MIGStrategy = "mixed"
)

// MIGStrategies lists every accepted value of MIGStrategy.
var MIGStrategies = []MIGStrategy{MIGSingle, MIGMixed}

// divides is whether accelerators are divided at all.
func (s Sharing) divides() bool { return s.MIG != "" || s.Clients() > 1 }

// Clients is how many pods use one accelerator, or one slice of it, together.
func (s Sharing) Clients() int { return max(s.TimeSlices, s.MPS, 1) }

// PluginConfig is the name of the device plugin's configuration for the pool's
// nodes, or "" where its default is right.
func (s Sharing) PluginConfig() string {
	switch {
	case s.TimeSlices > 0:
		return fmt.Sprintf("time-slices-%d", s.TimeSlices)
	case s.MPS > 0:
		return fmt.Sprintf("mps-%d", s.MPS)
	default:
		return ""
	}
}

// GPUSlots is how many pods that ask for one accelerator a node of the pool takes:
// its accelerators, their slices, or their shares.
func (p PoolPlan) GPUSlots() int {
	slots := p.GPUCount * p.Sharing.Clients()
	if len(p.Machines) == 0 {
		return slots
	}
	if slices, cut := accelerators.MIGSlices(p.Machines[0], p.Sharing.MIG); cut {
		return p.GPUCount * slices
	}
	return slots
}

// GPUResource is the extended resource that a pod asks for to get an accelerator
// of the pool, or a part of one.
func (p PoolPlan) GPUResource() string {
	if p.Sharing.MIG != "" && p.Sharing.MIGStrategy == MIGMixed {
		return naming.ResourceMIGPrefix + p.Sharing.MIG
	}
	return naming.ResourceGPU
}

// gpuLabels are the labels that tell the GPU Operator what to do on the nodes of
// a pool, and that keep GKE's own device plugin away from it. In an existing
// cluster Gantry puts no label on any node.
//
// A pool with the cloud's driver is told apart only beside one with the
// operator's: where no pool has that, the operator installs none.
func gpuLabels(p Platform, pool Pool) map[string]string {
	if pool.GPU == "" || p.Cloud == Existing || !On(p.Addons.GPUOperator.Enabled) {
		return nil
	}
	labels := map[string]string{}
	if p.Cloud == GCP {
		labels[naming.LabelNoGKEPlugin] = "true"
	}
	if p.Cloud == AWS && pool.Sharing.MIG != "" {
		labels[naming.LabelMIGConfig] = "all-" + pool.Sharing.MIG
	}
	if config := pool.Sharing.PluginConfig(); config != "" {
		labels[naming.LabelPluginConfig] = config
	}
	if pool.Driver != DriverOperator && slices.ContainsFunc(p.Pools, drivenByOperator) {
		labels[naming.LabelDeployDriver], labels[naming.LabelDeployToolkit] = "false", "false"
	}
	return labels
}

func drivenByOperator(pool Pool) bool { return pool.Driver == DriverOperator }
