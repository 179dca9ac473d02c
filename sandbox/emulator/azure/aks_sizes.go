package azure

import (
	"regexp"
	"strings"

	"gantry.dev/gantry/modules/accelerators"
)

// machineOf is the machine type of a VM size. Azure does not care for case.
func machineOf(size string) (accelerators.Machine, bool) {
	for _, known := range accelerators.MachineTypes("azure") {
		if strings.EqualFold(known, size) {
			return accelerators.Lookup("azure", known)
		}
	}
	return accelerators.Machine{}, false
}

// knownSize refuses a VM size that is not in the catalog: what the subscription
// may not use, Azure describes in the same way as what does not exist.
func knownSize(size, location string) error {
	if _, known := machineOf(size); known {
		return nil
	}
	return refuse("BadRequest", "The VM size of %s is not allowed in your subscription in location '%s'. The available VM sizes are '%s'. "+
		"For more details, please visit https://aka.ms/aks/quotas-skus-regions",
		size, location, strings.ToLower(strings.Join(accelerators.MachineTypes("azure"), ",")))
}

// What AKS asks of the machines of a system pool.
// https://learn.microsoft.com/azure/aks/use-system-pools
const (
	leastSystemVCPU   = 4
	leastSystemMemory = 4096
)

// Local disks in GiB by VM size, of the series whose local disks are documented
// and have no cache beside them. Those of other series are not checked.
// https://learn.microsoft.com/azure/virtual-machines/sizes
var (
	diskless  = regexp.MustCompile(`^standard_[de]\d+(as?|ps|s)_v[56]$`)
	withDisk  = regexp.MustCompile(`^standard_d(\d+)a?ds_v5$`)
	localDisk = map[string]int{"2": 75, "4": 150, "8": 300, "16": 600, "32": 1200, "48": 1800, "64": 2400, "96": 3600}
)

// localGiB is the size of a machine's local disk, where it is known.
func localGiB(size string) (gib int, known bool) {
	size = strings.ToLower(size)
	if diskless.MatchString(size) {
		return 0, true
	}
	m := withDisk.FindStringSubmatch(size)
	if m == nil {
		return 0, false
	}
	return localDisk[m[1]], true
}

// defaultDiskGiB is the OS disk of a node that asks for none, by its vCPU.
// https://learn.microsoft.com/azure/aks/concepts-storage
func defaultDiskGiB(vcpu int) int {
	switch {
	case vcpu < 8:
		return 128
	case vcpu < 16:
		return 256
	case vcpu < 64:
		return 512
	default:
		return 1024
	}
}

// migSlices is how many devices each GPU becomes under a MIG profile.
// https://learn.microsoft.com/azure/aks/gpu-multi-instance
var migSlices = map[string]int{"MIG1g": 7, "MIG2g": 3, "MIG3g": 2, "MIG4g": 1, "MIG7g": 1}

// migGPUs are the models that can be divided.
var migGPUs = []string{"a100", "h100", "h100-nvl", "h200"}

// partitionOf is a MIG profile in NVIDIA's notation: MIG1g is 1g.10gb on an A100
// of 80 GB.
func partitionOf(kind accelerators.Machine, mig string) string {
	for _, profile := range accelerators.MIGProfiles(kind) {
		if size, _, _ := strings.Cut(profile.Name, "."); "MIG"+size == mig {
			return profile.Name
		}
	}
	return ""
}

// gpusOf is the number of devices on a node.
func gpusOf(kind accelerators.Machine, mig string) int {
	if slices := migSlices[mig]; slices > 0 {
		return kind.GPUs * slices
	}
	return kind.GPUs
}
