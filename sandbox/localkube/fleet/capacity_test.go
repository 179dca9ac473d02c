package fleet

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAllocatableIsWhatEKSImagesLeave(t *testing.T) {
	for _, test := range []struct {
		name                          string
		node                          Node
		cpu, memory, ephemeralStorage string
	}{
		// 80 millicores and 255 + 11·58 + 100 MiB less.
		{"m5.xlarge", Node{VCPU: 4, MemoryMiB: 16384, DiskGiB: 100, MaxPods: 58}, "3920m", "15391Mi", "89Gi"},
		{"t3.small", Node{VCPU: 2, MemoryMiB: 2048, DiskGiB: 20, MaxPods: 11}, "1930m", "1572Mi", "17Gi"},
		{"p4d.24xlarge", Node{VCPU: 96, MemoryMiB: 1179648, DiskGiB: 500, MaxPods: 737}, "95690m", "1171186Mi", "449Gi"},
		{"too small to be true", Node{VCPU: 1, MemoryMiB: 128, DiskGiB: 1, MaxPods: 8}, "940m", "0", "0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := test.node.Allocatable()
			assert.Equal(t, test.cpu, got.Cpu().String())
			assert.Equal(t, test.memory, got.Memory().String())
			assert.Equal(t, test.ephemeralStorage, got.StorageEphemeral().String())
		})
	}
}
