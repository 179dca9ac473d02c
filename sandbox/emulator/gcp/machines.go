package gcp

import (
	"slices"
	"strconv"
	"strings"

	"gantry.dev/gantry/modules/accelerators"
)

// machineType is a machine type and the series that it is of.
type machineType struct {
	accelerators.Machine
	series string
}

// defaultMachineType is what GKE takes when a pool names none.
const defaultMachineType = "e2-medium"

// n1Memory is the memory of N1 machines in MiB a vCPU, and n1Sizes their vCPU.
// The catalog leaves them out: their GPUs are attached, so that the type alone
// does not tell them.
// https://cloud.google.com/compute/docs/general-purpose-machines#n1_machines
var (
	n1Memory = map[string]int{"n1-standard": 3840, "n1-highmem": 6656}
	n1Sizes  = []int{2, 4, 8, 16, 32, 64, 96}
)

// machineOf finds a machine type: one of the catalog, N1, or the default.
func machineOf(name string) (machineType, bool) {
	at := strings.LastIndexByte(name, '-')
	if at < 0 {
		return machineType{}, false
	}
	series := name[:at]
	if m, ok := accelerators.Lookup("gcp", name); ok {
		return machineType{m, series}, true
	}
	if name == defaultMachineType {
		return machineType{accelerators.Machine{Cloud: "gcp", Type: name, VCPU: 2, MemoryMiB: 4096, Arch: "amd64"}, series}, true
	}
	size, err := strconv.Atoi(name[at+1:])
	memory := n1Memory[series]
	if err != nil || memory == 0 || !slices.Contains(n1Sizes, size) {
		return machineType{}, false
	}
	return machineType{accelerators.Machine{Cloud: "gcp", Type: name, VCPU: size, MemoryMiB: size * memory, Arch: "amd64"}, series}, true
}

// family is the first part of the series: g2 of g2-standard.
func (m machineType) family() string {
	family, _, _ := strings.Cut(m.series, "-")
	return family
}

func (m machineType) n1() bool { return m.family() == "n1" }

// armZones are the zones with machines of the series T2A, which few have.
// https://cloud.google.com/compute/docs/regions-zones#available
var armZones = zonesIn("asia-southeast1-bc europe-west4-abc us-central1-abf")

// soldIn tells whether a zone has the machine: wherever it has the accelerator
// that the machine is built with, and otherwise almost everywhere.
func (m machineType) soldIn(zone string) bool {
	if m.family() == "t2a" {
		return inZone(armZones, zone)
	}
	return inZone(acceleratorZones[builtIn[m.series]], zone)
}

// allMachineTypes are the names of all machine types.
func allMachineTypes() []string {
	names := append(accelerators.MachineTypes("gcp"), defaultMachineType)
	for series := range n1Memory {
		for _, size := range n1Sizes {
			names = append(names, series+"-"+strconv.Itoa(size))
		}
	}
	slices.Sort(names)
	return names
}

// diskTypes are the boot disks of the machines, by series or family, that do not
// take all persistent disks and nothing else.
// https://cloud.google.com/compute/docs/machine-resource
var (
	persistentDisks = []string{"pd-standard", "pd-balanced", "pd-ssd"}
	diskTypes       = map[string][]string{
		"n4": {"hyperdisk-balanced"}, "c4a": {"hyperdisk-balanced"}, "g4": {"hyperdisk-balanced"},
		"a3-ultragpu": {"hyperdisk-balanced"}, "a4": {"hyperdisk-balanced"},
		"a3": {"pd-balanced", "pd-ssd", "hyperdisk-balanced"}, "c3": {"pd-balanced", "pd-ssd", "hyperdisk-balanced"},
		"g2": {"pd-balanced", "pd-ssd"},
	}
)

// disks are the types of boot disk that a machine takes.
func (m machineType) disks() []string {
	for _, kind := range []string{m.series, m.family()} {
		if disks, ok := diskTypes[kind]; ok {
			return disks
		}
	}
	return persistentDisks
}

// defaultDisk is the type of boot disk that GKE takes when a pool names none.
func (m machineType) defaultDisk() string {
	if slices.Contains(m.disks(), "pd-balanced") {
		return "pd-balanced"
	}
	return m.disks()[0]
}
