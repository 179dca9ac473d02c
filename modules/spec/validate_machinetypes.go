package spec

import (
	"fmt"
	"slices"
	"strings"

	"gantry.dev/gantry/modules/accelerators"
)

// checkMachineTypes checks machine types that are named outright.
func checkMachineTypes(r *report, at string, cloud Cloud, pool Pool) {
	checkNoNeed(r, at, pool)
	switch several := len(pool.MachineTypes) > 1; {
	case several && cloud != AWS:
		r.add(at+".machineTypes", strings.Join(pool.MachineTypes, ", "), "is several types, and a pool of "+clusterOf(cloud)+" has one", "keep one, and give each other a pool of its own")
	case several && pool.Capacity == CapacityOnDemand:
		r.add(at+".machineTypes", strings.Join(pool.MachineTypes, ", "), "is several types for an on-demand pool", "keep one, or use capacity: spot")
	}
	if len(pool.MachineTypes) > maxMachineTypes {
		r.add(at+".machineTypes", fmt.Sprintf("%d types", len(pool.MachineTypes)), fmt.Sprintf("is more than the %d that EKS takes", maxMachineTypes), "remove some")
	}
	var first *accelerators.Machine
	for i, name := range pool.MachineTypes {
		at := fmt.Sprintf("%s.machineTypes[%d]", at, i)
		machine, ok := namedMachine(r, at, cloud, name)
		if !ok {
			continue
		}
		if slices.Contains(pool.MachineTypes[:i], name) {
			r.add(at, name, "is named twice", "remove one of the two")
		}
		if first == nil {
			first = &machine
		}
		checkSameShape(r, at, *first, machine)
	}
	if first == nil {
		return
	}
	checkAgrees(r, at, pool, *first)
	if pool.Capacity == CapacityOnDemand && !soldOnDemand(*first) {
		r.add(at+".capacity", string(pool.Capacity), "is no way to get "+first.Type+", which "+string(cloud)+" sells as spot and by reservation only", "use capacity: spot, or another type")
	}
	checkSystemMachine(r, at, cloud, pool, *first)
}

// checkNoNeed reports wishes beside named machine types, which decide
// everything.
func checkNoNeed(r *report, at string, pool Pool) {
	const what, fix = "is a wish beside machineTypes, which leave nothing to choose", "remove it, or remove machineTypes"
	if pool.GPUMemory != "" {
		r.add(at+".gpuMemory", pool.GPUMemory, what, fix)
	}
	if pool.CPU != 0 {
		r.add(at+".cpu", pool.CPU, what, fix)
	}
	if pool.Memory != "" {
		r.add(at+".memory", pool.Memory, what, fix)
	}
	if len(pool.GPUAlternatives) > 0 {
		r.add(at+".gpuAlternatives", strings.Join(pool.GPUAlternatives, ", "), what, fix)
	}
	if pool.Burstable != nil {
		r.add(at+".burstable", *pool.Burstable, what, fix)
	}
}

// checkSystemMachine reports a machine that is too small for a system pool.
func checkSystemMachine(r *report, at string, cloud Cloud, pool Pool, machine accelerators.Machine) {
	if least := minSystemVCPU(cloud); pool.Role == RoleSystem && machine.VCPU < least {
		r.add(at+".machineTypes[0]", machine.Type, fmt.Sprintf("has %d vCPU, and %s takes system nodes of %d or more", machine.VCPU, clusterOf(cloud), least), "use a greater type, or ask by need (cpu, memory)")
	}
}

func namedMachine(r *report, at string, cloud Cloud, name string) (accelerators.Machine, bool) {
	machine, ok := accelerators.Lookup(string(cloud), name)
	switch {
	case cloud == AWS && slices.Contains(eksFractionalFamilies, family(name)):
		r.add(at, name, "brings a part of a GPU, which Kubernetes cannot count and no autoscaler starts", "use a type with whole GPUs, for example g6.xlarge")
		return machine, false
	case !ok:
		r.add(at, name, "is not a machine type of "+string(cloud)+" in Gantry's catalog", machineTypeFix(cloud, name))
	case !hasNodeImage(cloud, machine):
		r.add(at, name, "is of a family that the NVIDIA images of EKS have no driver for", "use one of the families "+strings.Join(eksNvidiaFamilies[Arch(machine.Arch)], ", "))
		return machine, false
	}
	return machine, ok
}

func machineTypeFix(cloud Cloud, name string) string {
	if near := nearest(name, accelerators.MachineTypes(string(cloud))); near != "" {
		return "did you mean " + near + "? A pool can also ask by need: gpu, cpu, memory"
	}
	return "ask by need (gpu, cpu, memory) instead"
}

func checkSameShape(r *report, at string, first, machine accelerators.Machine) {
	if machine.VCPU == first.VCPU && machine.MemoryMiB == first.MemoryMiB && machine.GPU == first.GPU &&
		machine.GPUs == first.GPUs && machine.GPUMemoryMiB == first.GPUMemoryMiB && machine.Arch == first.Arch {
		return
	}
	r.add(at, machine.Type, fmt.Sprintf("has another shape (%s) than %s (%s), with which the autoscaler plans", shapeText(machine), first.Type, shapeText(first)),
		"use types of one shape, or a pool of its own for each")
}

func shapeText(m accelerators.Machine) string {
	text := fmt.Sprintf("%d vCPU, %s, %s", m.VCPU, gib(m.MemoryMiB), m.Arch)
	if m.GPU != "" {
		text += fmt.Sprintf(", %d %s of %s", m.GPUs, m.GPU, gib(m.GPUMemoryMiB))
	}
	return text
}

// checkAgrees reports a GPU or architecture that is not that of the machine
// types.
func checkAgrees(r *report, at string, pool Pool, machine accelerators.Machine) {
	const fix = "make it agree, or remove it"
	if pool.GPU != "" && pool.GPU != machine.GPU {
		r.add(at+".gpu", pool.GPU, "is not what "+machine.Type+" has: "+shapeText(machine), fix)
	}
	if pool.GPUCount != 0 && pool.GPUCount != machine.GPUs {
		r.add(at+".gpuCount", pool.GPUCount, "is not what "+machine.Type+" has: "+shapeText(machine), fix)
	}
	if pool.Arch != "" && string(pool.Arch) != machine.Arch {
		r.add(at+".arch", string(pool.Arch), "is not that of "+machine.Type+": "+shapeText(machine), fix)
	}
}
