package fleet

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// What the EKS images keep from pods, in MiB: for the kubelet and the system,
// a share that grows with the number of pods, and the thresholds below which
// the kubelet evicts.
// https://github.com/awslabs/amazon-eks-ami/tree/main/nodeadm/internal/kubelet
const (
	reservedMemoryBase    = 255
	reservedMemoryPerPod  = 11
	evictionMemory        = 100
	reservedDisk          = 1024
	evictionDiskInPercent = 10
)

// reservedCPU are the shares of the cores that the same images reserve: of the
// first core, the second, the next two, and the rest.
var reservedCPU = []struct {
	upToCores      int
	tenThousandths int
}{
	{1, 600}, {2, 100}, {4, 50}, {1 << 20, 25},
}

// Capacity is what the machine has.
func (n Node) Capacity() corev1.ResourceList {
	return resources(n.VCPU*1000, n.MemoryMiB, n.DiskGiB*1024, n.MaxPods)
}

// Allocatable is what of it pods can have. GPUs are not in it.
func (n Node) Allocatable() corev1.ResourceList {
	disk := n.DiskGiB * 1024
	return resources(
		n.VCPU*1000-reservedMilliCPU(n.VCPU),
		max(0, n.MemoryMiB-reservedMemoryBase-reservedMemoryPerPod*n.MaxPods-evictionMemory),
		max(0, disk-reservedDisk-disk*evictionDiskInPercent/100),
		n.MaxPods,
	)
}

func reservedMilliCPU(cores int) int {
	reserved, counted := 0, 0
	for _, r := range reservedCPU {
		share := max(0, min(cores, r.upToCores)-counted)
		reserved += share * r.tenThousandths
		counted += share
	}
	return reserved / 10
}

func resources(milliCPU, memoryMiB, diskMiB, pods int) corev1.ResourceList {
	mebibytes := func(n int) resource.Quantity {
		return *resource.NewQuantity(int64(n)<<20, resource.BinarySI)
	}
	return corev1.ResourceList{
		corev1.ResourceCPU:              *resource.NewMilliQuantity(int64(milliCPU), resource.DecimalSI),
		corev1.ResourceMemory:           mebibytes(memoryMiB),
		corev1.ResourceEphemeralStorage: mebibytes(diskMiB),
		corev1.ResourcePods:             *resource.NewQuantity(int64(pods), resource.DecimalSI),
	}
}
