package spec

import (
	"fmt"
	"slices"
)

// warnGPUs tells of accelerators that nothing, or more than one thing, may
// advertise, and of nodes that NVIDIA does not test together.
func warnGPUs(r *report, p Platform, plans []PoolPlan) {
	if !slices.ContainsFunc(plans, hasGPUs) {
		return
	}
	plugin, operator := On(p.Addons.DevicePlugin.Enabled), hasGPUOperator(p)
	const known = "set it to false where kubectl get nodes -o json shows nvidia.com/gpu already"
	switch {
	case p.Cloud == Existing && plugin:
		r.add("gantry:addons.devicePlugin.enabled", true, "installs a device plugin: in a cluster that has one, or the GPU Operator, each GPU would be given out twice", known)
	case p.Cloud == Existing && operator:
		r.add("gantry:addons.gpuOperator.enabled", true, "installs a device plugin: in a cluster that has one, each GPU would be given out twice", known)
	case !plugin && !operator && !advertisesGPUs(p.Cloud):
		r.add("gantry:addons.devicePlugin.enabled", false, "leaves the GPUs to a device plugin of your own: without one, every pod that asks for a GPU waits for ever", "remove it, or install one with gantry:addons.charts")
	}
	warnDrivers(r, p)
}

// warnDrivers tells of two kinds of node that one operator serves. Source:
// https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/amazon-eks.html
func warnDrivers(r *report, p Platform) {
	own := func(driver Driver) int {
		return slices.IndexFunc(p.Pools, func(pool Pool) bool { return pool.Driver == driver })
	}
	clouds, operators := own(DriverCloud), own(DriverOperator)
	if p.Cloud == AWS && clouds >= 0 && operators >= 0 {
		r.add(fmt.Sprintf("gantry:pools[%d].driver", operators), string(DriverOperator), "is not that of pool "+p.Pools[clouds].Name+", and NVIDIA tests the operator with one kind of node image in a cluster",
			"use the same for all pools with accelerators")
	}
}
