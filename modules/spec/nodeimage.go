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

// burstableFamilies earn CPU time by standing idle. Source: Amazon EC2 user
// guide, "Burstable performance instances". The catalog has none of the other
// clouds.
var burstableFamilies = []string{"t3", "t3a", "t4g"}

func isBurstable(m accelerators.Machine) bool {
	return m.Cloud == string(AWS) && slices.Contains(burstableFamilies, family(m.Type))
}

// noPlainOnDemand are the machine types of Google Cloud that are only to be had
// as spot, by reservation or by queueing. Source: dstackai/gpuhunt,
// src/gpuhunt/providers/gcp.py.
var noPlainOnDemand = []string{"a3-highgpu-1g", "a3-highgpu-2g", "a3-highgpu-4g", "a3-ultragpu-8g", "a4-highgpu-8g"}

// soldOnDemand is whether a machine can be had at any time, for a price.
func soldOnDemand(m accelerators.Machine) bool {
	return m.Cloud != string(GCP) || !slices.Contains(noPlainOnDemand, m.Type)
}

// minSystemVCPU is the least size of a system node. AKS refuses smaller ones.
// Source: https://learn.microsoft.com/azure/aks/use-system-pools.
func minSystemVCPU(cloud Cloud) int {
	if cloud == Azure {
		return 4
	}
	return 0
}

// minSystemNodes is the least size of a system pool. With one node, everything
// of the cluster itself stops whenever that is replaced; on AKS Gantry makes two
// where one is asked for. Source:
// https://learn.microsoft.com/azure/aks/use-system-pools.
func minSystemNodes(cloud Cloud, pool Pool) int {
	if cloud == Azure && pool.Role == RoleSystem {
		return 2
	}
	return 0
}

func withNodeImage(cloud Cloud, machines []accelerators.Machine) []accelerators.Machine {
	return filter(machines, func(m accelerators.Machine) bool { return hasNodeImage(cloud, m) })
}

// family is what EC2 calls the part of a type before the dot.
func family(machineType string) string {
	name, _, _ := strings.Cut(machineType, ".")
	return name
}
