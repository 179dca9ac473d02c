package accelerators

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMIGSlices(t *testing.T) {
	for _, test := range []struct {
		cloud, machine, profile string
		slices                  int
		known                   bool
	}{
		{"gcp", "a2-highgpu-1g", "1g.5gb", 7, true},
		{"gcp", "a2-highgpu-1g", "1g.10gb", 0, false},
		{"gcp", "a2-ultragpu-1g", "1g.10gb", 7, true},
		{"azure", "Standard_NC24ads_A100_v4", "3g.40gb", 2, true},
		{"azure", "Standard_NC40ads_H100_v5", "1g.12gb", 7, true},
		{"azure", "Standard_NC4as_T4_v3", "1g.5gb", 0, false},
	} {
		machine, found := Lookup(test.cloud, test.machine)
		assert.True(t, found, test.machine)
		slices, known := MIGSlices(machine, test.profile)
		assert.Equal(t, test.slices, slices, "%s as %s", test.machine, test.profile)
		assert.Equal(t, test.known, known, "%s as %s", test.machine, test.profile)
	}
}

func TestMIGProfiles_AreOfAcceleratorsThatThereAre(t *testing.T) {
	for gpu, byMemory := range migProfiles {
		for memory := range byMemory {
			assert.NotEmpty(t, Find(Need{GPU: gpu, GPUMemoryMiB: memory}), "%s with %d MiB", gpu, memory)
		}
	}
}
