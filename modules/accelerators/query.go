package accelerators

import (
	"cmp"
	"maps"
	"slices"
)

// Lookup returns the machine type of a cloud, and whether the catalog has it.
func Lookup(cloud, machineType string) (Machine, bool) {
	m, ok := load().byName[name{cloud, machineType}]
	return m, ok
}

// Find returns every machine type that meets a need, the cheapest on-demand
// first. Machines without a known price come last. Equal prices are ordered by
// vCPU, then by name.
func Find(n Need) []Machine {
	found := load().machines
	for _, r := range n.requirements() {
		found = r.filter(found)
	}
	return found
}

// Cheapest returns the first of Find. Its error says which part of the need no
// machine type meets, and what there is instead.
func Cheapest(n Need) (Machine, error) {
	c := load()
	if c.err != nil {
		return Machine{}, c.err
	}
	left := c.machines
	for _, r := range n.requirements() {
		met := r.filter(left)
		if len(met) == 0 {
			return Machine{}, r.unmet(left)
		}
		left = met
	}
	return left[0], nil
}

// EqualShapes returns the machine types that an autoscaler cannot tell from m:
// the same cloud, vCPU, memory, architecture, and accelerators in model, number
// and memory. Memory is compared strictly. The result includes m when the
// catalog has it, cheapest first.
//
// A spot pool of several equal shapes is interrupted less often as a whole.
// Most machines with accelerators have no equal: g6.xlarge is the only machine
// with 4 vCPU and one L4 on AWS. Their pools can spread over zones only.
func EqualShapes(m Machine) []Machine {
	want := shapeOf(m)
	return keep(load().machines, func(other Machine) bool { return shapeOf(other) == want })
}

// shapeOf strips what an autoscaler does not see.
func shapeOf(m Machine) Machine {
	m.Type, m.Price = "", Price{}
	return m
}

// Clouds lists the clouds of the catalog, sorted.
func Clouds() []string {
	return distinct(load().machines, cloudOf)
}

// GPUs lists the accelerator models that a cloud sells, sorted.
func GPUs(cloud string) []string {
	withGPU := keep(load().machines, func(m Machine) bool { return m.Cloud == cloud && m.GPU != "" })
	return distinct(withGPU, gpuOf)
}

// MachineTypes lists the machine types of a cloud, sorted by name.
func MachineTypes(cloud string) []string {
	sold := keep(load().machines, func(m Machine) bool { return m.Cloud == cloud })
	return distinct(sold, func(m Machine) string { return m.Type })
}

// byPrice orders machines as Find documents. Cloud comes last, to order what
// two clouds call by one name.
func byPrice(a, b Machine) int {
	if a.Price.Known() != b.Price.Known() {
		if a.Price.Known() {
			return -1
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(a.Price.OnDemand, b.Price.OnDemand),
		cmp.Compare(a.VCPU, b.VCPU),
		cmp.Compare(a.Type, b.Type),
		cmp.Compare(a.Cloud, b.Cloud),
	)
}

// keep returns the machines that satisfy a condition, in a slice of their own.
func keep(machines []Machine, condition func(Machine) bool) []Machine {
	var kept []Machine
	for _, m := range machines {
		if condition(m) {
			kept = append(kept, m)
		}
	}
	return kept
}

// distinct returns the values that a property takes, sorted.
func distinct[V cmp.Ordered](machines []Machine, property func(Machine) V) []V {
	values := map[V]bool{}
	for _, m := range machines {
		values[property(m)] = true
	}
	return slices.Sorted(maps.Keys(values))
}
