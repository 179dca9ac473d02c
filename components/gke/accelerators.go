package gke

import (
	"strings"

	"gantry.dev/gantry/modules/accelerators"
)

// acceleratorTypes is what GKE calls the accelerator of a machine type, by the
// beginning of the machine type. Sources:
// https://cloud.google.com/compute/docs/accelerator-optimized-machines,
// GoogleCloudPlatform/cluster-toolkit, pkg/config/machine_mappings.json, and for
// a2-ultragpu https://cloud.google.com/kubernetes-engine/docs/how-to/gpus.
var acceleratorTypes = map[string]string{
	"g2-standard": "nvidia-l4",
	"g4-standard": "nvidia-rtx-pro-6000",
	"a2-highgpu":  "nvidia-tesla-a100",
	"a2-megagpu":  "nvidia-tesla-a100",
	"a2-ultragpu": "nvidia-a100-80gb",
	"a3-highgpu":  "nvidia-h100-80gb",
	"a3-megagpu":  "nvidia-h100-mega-80gb",
	"a3-ultragpu": "nvidia-h200-141gb",
	"a4-highgpu":  "nvidia-b200",
}

// acceleratorType is the accelerator of a machine type, and whether it is known.
func acceleratorType(machine accelerators.Machine) (string, bool) {
	name, known := acceleratorTypes[machine.Type[:max(strings.LastIndex(machine.Type, "-"), 0)]]
	return name, known
}
