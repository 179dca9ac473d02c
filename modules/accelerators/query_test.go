package accelerators_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/accelerators"
)

const gib = 1024

func types(machines []accelerators.Machine) []string {
	var names []string
	for _, m := range machines {
		names = append(names, m.Type)
	}
	return names
}

func TestCheapestMeetsTheNeed(t *testing.T) {
	tests := map[string]struct {
		need accelerators.Need
		want string
	}{
		"one L4 on AWS":        {accelerators.Need{Cloud: "aws", GPU: "l4", GPUs: 1}, "g6.xlarge"},
		"four L4 on AWS":       {accelerators.Need{Cloud: "aws", GPU: "l4", GPUs: 4}, "g6.12xlarge"},
		"L4 with much memory":  {accelerators.Need{Cloud: "aws", GPU: "l4", GPUs: 1, MemoryMiB: 100 * gib}, "gr6.4xlarge"},
		"L4 with many CPUs":    {accelerators.Need{Cloud: "aws", GPU: "l4", GPUs: 1, VCPU: 33}, "g6.16xlarge"},
		"eight A100 on AWS":    {accelerators.Need{Cloud: "aws", GPU: "a100", GPUs: 8}, "p4d.24xlarge"},
		"eight A100 of 80 GiB": {accelerators.Need{Cloud: "aws", GPU: "a100", GPUs: 8, GPUMemoryMiB: 80 * gib}, "p4de.24xlarge"},
		"any number of H100":   {accelerators.Need{Cloud: "aws", GPU: "h100"}, "p5.4xlarge"},
		"GPU on arm64":         {accelerators.Need{Cloud: "aws", GPU: "t4g", GPUs: 1, Arch: "arm64"}, "g5g.xlarge"},
		"arm64 CPU on AWS":     {accelerators.Need{Cloud: "aws", VCPU: 4, MemoryMiB: 16 * gib, Arch: "arm64"}, "t4g.xlarge"},
		"amd64 CPU on AWS":     {accelerators.Need{Cloud: "aws", VCPU: 4, MemoryMiB: 16 * gib, Arch: "amd64"}, "t3a.xlarge"},
		"one L4 on GCP":        {accelerators.Need{Cloud: "gcp", GPU: "l4", GPUs: 1}, "g2-standard-4"},
		"A100 of 80 GiB on GCP": {
			accelerators.Need{Cloud: "gcp", GPU: "a100", GPUs: 8, GPUMemoryMiB: 80 * gib}, "a2-ultragpu-8g",
		},
		"arm64 CPU on GCP":  {accelerators.Need{Cloud: "gcp", VCPU: 4, MemoryMiB: 16 * gib, Arch: "arm64"}, "t2a-standard-4"},
		"one T4 on Azure":   {accelerators.Need{Cloud: "azure", GPU: "t4", GPUs: 1}, "Standard_NC4as_T4_v3"},
		"one A100 on Azure": {accelerators.Need{Cloud: "azure", GPU: "a100", GPUs: 1}, "Standard_NC24ads_A100_v4"},
		"one L4 anywhere":   {accelerators.Need{GPU: "l4", GPUs: 1}, "g2-standard-4"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m, err := accelerators.Cheapest(test.need)
			require.NoError(t, err)
			assert.Equal(t, test.want, m.Type)
			assert.Equal(t, m, accelerators.Find(test.need)[0], "Cheapest is the first of Find")
		})
	}
}

func TestCheapestSaysWhatThereIsInstead(t *testing.T) {
	tests := map[string]struct {
		need accelerators.Need
		want string
	}{
		"unknown cloud": {
			accelerators.Need{Cloud: "oci", GPU: "l4"},
			`no machine type of cloud "oci" is known: use aws, azure or gcp`,
		},
		"unknown model": {
			accelerators.Need{Cloud: "gcp", GPU: "l5", GPUs: 1},
			`no gcp machine type with gpu "l5" is known: use a100, b200, h100, h200, l4 or rtx-pro-6000`,
		},
		"model of other clouds": {
			accelerators.Need{Cloud: "azure", GPU: "l4", GPUs: 1},
			`no azure machine type with gpu "l4" is known (aws and gcp only): use a10, a100, h100, h100-nvl, h200 or t4`,
		},
		"number that is not sold": {
			accelerators.Need{Cloud: "aws", GPU: "l4", GPUs: 3},
			`no aws machine type with gpu l4 has gpuCount 3: use 1, 4 or 8`,
		},
		"more memory than the card has": {
			accelerators.Need{Cloud: "aws", GPU: "l4", GPUs: 1, GPUMemoryMiB: 24 * gib},
			`no aws machine type with gpu l4, gpuCount 1 has gpuMemory 24Gi: the most is 22888Mi`,
		},
		"wrong architecture": {
			accelerators.Need{Cloud: "aws", GPU: "l4", GPUs: 1, Arch: "arm64"},
			`no aws machine type with gpu l4, gpuCount 1 has arch arm64: use amd64`,
		},
		"too many CPUs": {
			accelerators.Need{Cloud: "aws", VCPU: 128, Arch: "amd64"},
			`no aws machine type without gpu, arch amd64 has cpu 128: the most is 96`,
		},
		"too much memory for the count": {
			accelerators.Need{Cloud: "gcp", GPU: "l4", GPUs: 1, MemoryMiB: 200 * gib},
			`no gcp machine type with gpu l4, gpuCount 1 has memory 200Gi: the most is 128Gi`,
		},
		"count without a model": {
			accelerators.Need{Cloud: "aws", GPUs: 2},
			`no aws machine type without gpu has gpuCount 2: use 0`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := accelerators.Cheapest(test.need)
			assert.EqualError(t, err, test.want)
			assert.Empty(t, accelerators.Find(test.need))
		})
	}
}

func TestFindGivesTheCheapestFirstAndUnknownPricesLast(t *testing.T) {
	assert.Equal(t,
		[]string{"p5en.48xlarge", "p5e.48xlarge"},
		types(accelerators.Find(accelerators.Need{Cloud: "aws", GPU: "h200"})),
		"p5e has no list price in the region")

	for _, cloud := range accelerators.Clouds() {
		machines := accelerators.Find(accelerators.Need{Cloud: cloud})
		require.NotEmpty(t, machines)
		sorted := slices.IsSortedFunc(machines, func(a, b accelerators.Machine) int {
			switch {
			case a.Price.Known() != b.Price.Known():
				if a.Price.Known() {
					return -1
				}
				return 1
			case a.Price.OnDemand < b.Price.OnDemand:
				return -1
			case a.Price.OnDemand > b.Price.OnDemand:
				return 1
			default:
				return 0
			}
		})
		assert.True(t, sorted, cloud)
	}
}

func TestEqualPricesAreOrderedByCPUThenName(t *testing.T) {
	tied := accelerators.Find(accelerators.Need{Cloud: "aws", GPU: "t4g", GPUs: 2})
	require.Len(t, tied, 2)
	require.Equal(t, tied[0].Price, tied[1].Price)
	assert.Equal(t, []string{"g5g.16xlarge", "g5g.metal"}, types(tied))

	unknown := accelerators.Find(accelerators.Need{Cloud: "azure", VCPU: 2})
	unknown = slices.DeleteFunc(unknown, func(m accelerators.Machine) bool { return m.Price.Known() })
	require.Greater(t, len(unknown), 2)
	assert.True(t, slices.IsSortedFunc(unknown, func(a, b accelerators.Machine) int { return a.VCPU - b.VCPU }),
		"machines without a price are ordered by vCPU: %v", types(unknown))
}

func TestFindWithoutGPUAsksForAMachineWithoutGPU(t *testing.T) {
	for _, m := range accelerators.Find(accelerators.Need{}) {
		assert.Empty(t, m.GPU, m.Type)
		assert.Zero(t, m.GPUs, m.Type)
	}
}

func TestEqualShapes(t *testing.T) {
	tests := map[string]struct {
		cloud, machineType string
		include, exclude   []string
	}{
		"general-purpose families are interchangeable": {
			"aws", "m5.xlarge",
			[]string{"m5.xlarge", "m5a.xlarge", "m6i.xlarge", "m6a.xlarge", "m7i.xlarge"},
			[]string{"m6g.xlarge", "m5.2xlarge", "r5.xlarge", "g6.xlarge"},
		},
		"arm64 stays with arm64": {
			"aws", "m7g.xlarge", []string{"m6g.xlarge", "m7g.xlarge"}, []string{"m7i.xlarge"},
		},
		"the card must be the same": {
			"aws", "g5.xlarge", []string{"g5.xlarge"}, []string{"g6.xlarge", "g4dn.xlarge"},
		},
		"memory must be the same": {
			"aws", "g6.4xlarge", []string{"g6.4xlarge"}, []string{"gr6.4xlarge"},
		},
		"memory of the card must be the same": {
			"aws", "p4d.24xlarge", []string{"p4d.24xlarge"}, []string{"p4de.24xlarge"},
		},
		"GPU machines that differ in network only": {
			"aws", "p5en.48xlarge", []string{"p5en.48xlarge", "p5e.48xlarge"}, nil,
		},
		"the cloud must be the same": {
			"gcp", "e2-standard-4", []string{"e2-standard-4", "n2-standard-4"}, []string{"m5.xlarge"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m, ok := accelerators.Lookup(test.cloud, test.machineType)
			require.True(t, ok)
			equal := accelerators.EqualShapes(m)
			assert.Subset(t, types(equal), test.include)
			for _, excluded := range test.exclude {
				assert.NotContains(t, types(equal), excluded)
			}
			for _, other := range equal {
				assert.Contains(t, accelerators.EqualShapes(other), m, "the relation is symmetric")
			}
		})
	}
}

func TestEqualShapesAreCheapestFirst(t *testing.T) {
	m, ok := accelerators.Lookup("aws", "m5.xlarge")
	require.True(t, ok)
	equal := accelerators.EqualShapes(m)
	assert.Equal(t, "t3a.xlarge", equal[0].Type)
	assert.True(t, slices.IsSortedFunc(equal, func(a, b accelerators.Machine) int {
		if a.Price.OnDemand < b.Price.OnDemand {
			return -1
		}
		return 1
	}))
}

func TestEqualShapesOfAnUnknownMachineIsEmpty(t *testing.T) {
	assert.Empty(t, accelerators.EqualShapes(accelerators.Machine{Cloud: "aws", VCPU: 3}))
}

func TestLookupKnowsTheShape(t *testing.T) {
	m, ok := accelerators.Lookup("aws", "g6.xlarge")
	require.True(t, ok)
	assert.Equal(t, accelerators.Machine{
		Cloud: "aws", Type: "g6.xlarge",
		GPU: "l4", GPUs: 1, GPUMemoryMiB: 22888,
		VCPU: 4, MemoryMiB: 16 * gib, Arch: "amd64",
		Price: accelerators.Price{OnDemand: 0.8048, Region: "us-east-1", Date: "2026-07-20"},
	}, m)

	_, ok = accelerators.Lookup("gcp", "g6.xlarge")
	assert.False(t, ok, "a machine type belongs to one cloud")
	_, ok = accelerators.Lookup("aws", "g6f.large")
	assert.False(t, ok, "a fraction of a GPU is not offered")
}

func TestLists(t *testing.T) {
	assert.Equal(t, []string{"aws", "azure", "gcp"}, accelerators.Clouds())
	assert.Equal(t, []string{"a10", "a100", "h100", "h100-nvl", "h200", "t4"}, accelerators.GPUs("azure"))
	assert.Contains(t, accelerators.GPUs("aws"), "l4")
	assert.Contains(t, accelerators.GPUs("gcp"), "l4")
	assert.Empty(t, accelerators.GPUs("oci"))
	assert.True(t, slices.IsSorted(accelerators.MachineTypes("aws")))
	assert.Contains(t, accelerators.MachineTypes("aws"), "m6i.large")
	assert.NotContains(t, accelerators.MachineTypes("aws"), "e2-standard-2")
}

func TestResultsBelongToTheCaller(t *testing.T) {
	need := accelerators.Need{Cloud: "aws", GPU: "l4"}
	first := accelerators.Find(need)
	first[0].Type = "changed"
	assert.Equal(t, "g6.xlarge", accelerators.Find(need)[0].Type)
}

func TestPriceTellsItsRegionAndAge(t *testing.T) {
	m, err := accelerators.Cheapest(accelerators.Need{Cloud: "aws", GPU: "l4"})
	require.NoError(t, err)
	assert.Equal(t, "$0.8048/h (us-east-1, 2026-07-20)", m.Price.String())

	m, ok := accelerators.Lookup("aws", "p5e.48xlarge")
	require.True(t, ok)
	assert.False(t, m.Price.Known())
	assert.Equal(t, "no list price (us-east-1, 2026-07-20)", m.Price.String())
}
