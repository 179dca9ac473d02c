// Package accelerators is the catalog of machine types of the clouds: what
// accelerators, processors and memory each has and what it costs. The data is
// embedded; every price carries the region and the date it was read.
//
// One file a cloud lies in data/. Its head names the public sources of facts
// and prices, and which machine types are left out and why. All accelerators in
// it are NVIDIA's and whole: a machine that brings a fraction of one cannot be
// scaled from zero, because autoscalers count whole devices.
package accelerators

import "fmt"

// Machine is one machine type of one cloud.
type Machine struct {
	// Cloud is aws, gcp or azure.
	Cloud string
	// Type is the cloud's own name, for example g6.xlarge.
	Type string
	// GPU is the accelerator model in lower case, for example l4; empty
	// without one.
	GPU string
	// GPUs is the number of accelerators.
	GPUs int
	// GPUMemoryMiB is the memory of one accelerator. It is the same for the
	// same card on every cloud.
	GPUMemoryMiB int
	// VCPU is the number of virtual CPUs.
	VCPU int
	// MemoryMiB is the memory of the machine.
	MemoryMiB int
	// Arch is amd64 or arm64.
	Arch string
	// Price per hour.
	Price Price
}

// Price is the price of a machine for an hour, in US dollars, on Linux, with
// its accelerators.
type Price struct {
	// OnDemand is 0 where no list price is known; see Known.
	OnDemand float64
	// Spot is indicative and 0 where none is known.
	Spot float64
	// Region that the price was read for.
	Region string
	// Date that the price was read, as 2006-01-02.
	Date string
}

// Known reports whether there is an on-demand price.
func (p Price) Known() bool { return p.OnDemand > 0 }

// String is the on-demand price with where and when it was read, for people:
// list prices differ between regions and grow old.
func (p Price) String() string {
	if !p.Known() {
		return fmt.Sprintf("no list price (%s, %s)", p.Region, p.Date)
	}
	return fmt.Sprintf("$%g/h (%s, %s)", p.OnDemand, p.Region, p.Date)
}

// Need is what a node has to have. Fields left zero ask for nothing, but for
// GPU.
type Need struct {
	// Cloud that sells the machine.
	Cloud string
	// GPU is the exact accelerator model; empty asks for a machine without
	// accelerators.
	GPU string
	// GPUs is the exact number of accelerators.
	GPUs int
	// GPUMemoryMiB is the least memory of one accelerator.
	GPUMemoryMiB int
	// VCPU is the least number of virtual CPUs.
	VCPU int
	// MemoryMiB is the least memory of the machine.
	MemoryMiB int
	// Arch is the exact architecture, amd64 or arm64.
	Arch string
}
