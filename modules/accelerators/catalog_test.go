package accelerators

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDataIsWellFormed(t *testing.T) {
	c := load()
	require.NoError(t, c.err)
	require.NotEmpty(t, c.machines)
	assert.Len(t, c.byName, len(c.machines), "each machine type of a cloud is listed once")
	for _, m := range c.machines {
		t.Run(m.Cloud+"/"+m.Type, func(t *testing.T) {
			assert.NotEmpty(t, m.Type)
			assert.Positive(t, m.VCPU)
			assert.Positive(t, m.MemoryMiB)
			assert.Contains(t, []string{"amd64", "arm64"}, m.Arch)
			assert.Regexp(t, `^[a-z0-9-]*$`, m.GPU, "it becomes the value of a node label")
			if m.GPU == "" {
				assert.Zero(t, m.GPUs)
				assert.Zero(t, m.GPUMemoryMiB)
			} else {
				assert.Positive(t, m.GPUs)
				assert.Positive(t, m.GPUMemoryMiB)
			}
			assertPrice(t, m.Price)
		})
	}
}

func assertPrice(t *testing.T, p Price) {
	t.Helper()
	assert.GreaterOrEqual(t, p.OnDemand, 0.0)
	assert.GreaterOrEqual(t, p.Spot, 0.0)
	if p.Spot > 0 {
		assert.Less(t, p.Spot, p.OnDemand, "spot is never dearer than on-demand")
	}
	assert.NotEmpty(t, p.Region)
	_, err := time.Parse(time.DateOnly, p.Date)
	assert.NoError(t, err)
}

func TestOneCardHasTheSameMemoryOnEveryCloud(t *testing.T) {
	// Cards that are sold with two sizes of memory.
	sizes := map[string][]int{"a100": {40 * 1024, 80 * 1024}}
	for _, m := range load().machines {
		if m.GPU == "" {
			continue
		}
		if _, known := sizes[m.GPU]; !known {
			sizes[m.GPU] = []int{m.GPUMemoryMiB}
		}
		assert.Contains(t, sizes[m.GPU], m.GPUMemoryMiB, "%s on %s", m.GPU, m.Type)
	}
}

func TestEveryCloudSellsAnL4OrIsKnownNotTo(t *testing.T) {
	without := map[string]bool{"azure": true}
	for _, cloud := range Clouds() {
		assert.Equal(t, !without[cloud], len(Find(Need{Cloud: cloud, GPU: "l4"})) > 0, cloud)
	}
}

func TestEveryCloudSellsSmallSystemNodes(t *testing.T) {
	for _, cloud := range Clouds() {
		for _, arch := range []string{"amd64", "arm64"} {
			m, err := Cheapest(Need{Cloud: cloud, VCPU: 4, MemoryMiB: 16 * 1024, Arch: arch})
			require.NoError(t, err)
			assert.Less(t, m.Price.OnDemand, 0.25, "%s %s: %s", cloud, arch, m.Type)
		}
	}
}

func TestParseNamesTheMachineAndTheColumn(t *testing.T) {
	const head = "type,gpu,gpus,gpu_memory_mib,vcpu,memory_mib,arch,on_demand,spot,region,date\n"
	tests := map[string]struct{ csv, want string }{
		"not a number":    {head + "a1,,,,four,8192,amd64,,,r,2026-01-01\n", "a1: vcpu: "},
		"not a price":     {head + "a1,,,,4,8192,amd64,$1,,r,2026-01-01\n", "a1: on_demand: "},
		"missing column":  {head + "a1,,,\n", "wrong number of fields"},
		"other columns":   {"type,cores\n", "the columns are not type,gpu"},
		"nothing":         {"", "the columns are not type,gpu"},
		"first error won": {head + "a1,,x,,four,8192,amd64,,,r,2026-01-01\n", "a1: gpus: "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parse("aws", []byte(test.csv))
			assert.ErrorContains(t, err, test.want)
		})
	}
}
