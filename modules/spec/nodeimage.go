package spec

import (
	"slices"
	"strings"

	"gantry.dev/gantry/modules/accelerators"
)

// eksNvidiaFamilies are the EC2 families with GPUs that the AL2023 NVIDIA images
// of EKS drive, by architecture. Other families of the catalog cannot be nodes.
// Source: Amazon EKS user guide, "Use EKS-optimized accelerated AMIs".
var eksNvidiaFamilies = map[Arch][]string{
	ArchAMD64: {
		"g4dn", "g5", "g6", "g6e", "g7e", "gr6", "p3", "p3dn", "p4d", "p4de",
		"p5", "p5e", "p5en", "p6-b200", "p6-b300",
	},
	ArchARM64: {"g5g", "p6e-gb200", "p6e-gb300"},
}

// eksFractionalFamilies bring a part of a GPU. EC2 reports 0 GPUs for them, so
// that an autoscaler never starts one for a pod that asks for a GPU.
var eksFractionalFamilies = []string{"g6f", "gr6f"}

// hasNodeImage is whether the cloud has an image for Kubernetes nodes with the
// drivers that the machine needs.
func hasNodeImage(cloud Cloud, m accelerators.Machine) bool {
	if cloud != AWS || m.GPU == "" {
		return true
	}
	return slices.Contains(eksNvidiaFamilies[Arch(m.Arch)], family(m.Type))
}

func withNodeImage(cloud Cloud, machines []accelerators.Machine) []accelerators.Machine {
	return filter(machines, func(m accelerators.Machine) bool { return hasNodeImage(cloud, m) })
}

// family is what EC2 calls the part of a type before the dot.
func family(machineType string) string {
	name, _, _ := strings.Cut(machineType, ".")
	return name
}
