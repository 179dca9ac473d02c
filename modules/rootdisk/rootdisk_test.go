package rootdisk

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/spec"
)

func TestOf(t *testing.T) {
	tests := map[string]struct {
		cloud   spec.Cloud
		machine string
		gib     int
		want    Type
	}{
		"every node of AWS":                 {spec.AWS, "g6.xlarge", 200, GP3},
		"a Google machine with both":        {spec.GCP, "c3-standard-4", 50, PDBalanced},
		"a Google machine without the old":  {spec.GCP, "n4-standard-4", 50, HyperdiskBalanced},
		"one size of a series":              {spec.GCP, "a3-ultragpu-8g", 200, HyperdiskBalanced},
		"another size of it":                {spec.GCP, "a3-highgpu-8g", 200, PDBalanced},
		"an Azure machine with room":        {spec.Azure, "Standard_D4ds_v5", 150, Ephemeral},
		"one with too little":               {spec.Azure, "Standard_D4ds_v5", 151, Managed},
		"an Azure machine with much":        {spec.Azure, "Standard_ND96isr_H100_v5", 1024, Ephemeral},
		"one without":                       {spec.Azure, "Standard_NC4as_T4_v3", 200, Managed},
		"an existing cluster has them made": {spec.Existing, "", 50, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			plan := spec.PoolPlan{Machines: []accelerators.Machine{{Type: test.machine}}, DiskGiB: test.gib}
			assert.Equal(t, test.want, Of(test.cloud, plan))
		})
	}
}

// A machine type that the catalog has not is a slip of the pen, or one that the
// catalog no longer offers.
func TestTemporaryDisks_AreOfMachinesOfTheCatalog(t *testing.T) {
	for machineType := range temporaryGiB {
		_, ok := accelerators.Lookup(string(spec.Azure), machineType)
		assert.True(t, ok, machineType)
	}
}

func TestOfAzure_KnowsOnlyMachineTypesThatThereAre(t *testing.T) {
	for name := range temporaryGiB {
		_, known := accelerators.Lookup("azure", name)
		assert.True(t, known, name)
	}
}

func TestOfGoogle_KnowsEverySeriesOfTheCatalog(t *testing.T) {
	want := map[string]Type{
		"e2": PDBalanced, "n2": PDBalanced, "n2d": PDBalanced, "c3": PDBalanced, "t2a": PDBalanced,
		"g2": PDBalanced, "a2": PDBalanced, "a3": PDBalanced,
		"n4": HyperdiskBalanced, "c4a": HyperdiskBalanced, "g4": HyperdiskBalanced, "a4": HyperdiskBalanced,
	}
	for _, name := range accelerators.MachineTypes("gcp") {
		machine, _ := accelerators.Lookup("gcp", name)
		series, _, _ := strings.Cut(name, "-")
		require.NotEmpty(t, want[series], "series %s is new to the catalog: look up its disks", series)
		if strings.HasPrefix(name, "a3-ultragpu-") {
			assert.Equal(t, HyperdiskBalanced, OfGoogle(machine), name)
			continue
		}
		assert.Equal(t, want[series], OfGoogle(machine), name)
	}
}
