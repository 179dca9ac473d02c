package spec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// madeByGantry are the clouds in which Gantry makes the cluster.
var madeByGantry = []Cloud{AWS, GCP, Azure}

// shipped is the configuration of a stack in this repository, with its models.
func shipped(t *testing.T, stack string) Raw {
	t.Helper()
	return shippedOn(t, stack, AWS)
}

// shippedOn is shipped with the one line changed that names the cloud.
func shippedOn(t *testing.T, stack string, cloud Cloud) Raw {
	t.Helper()
	content, err := os.ReadFile("../../Pulumi." + stack + ".yaml")
	require.NoError(t, err)
	var file struct {
		Config map[string]any `json:"config"`
	}
	require.NoError(t, yaml.UnmarshalStrict(content, &file))
	require.Contains(t, file.Config, "gantry:cloud")
	file.Config["gantry:cloud"] = string(cloud)
	raw := Raw{Project: "gantry", Stack: stack, ModelFiles: map[string][]byte{}}
	regionKey, accountKey := cloud.ProviderKeys()
	raw.Region, _ = file.Config[regionKey].(string)
	raw.Account, _ = file.Config[accountKey].(string)
	own := map[string]any{}
	for name, value := range file.Config {
		if key, ok := strings.CutPrefix(name, root); ok {
			own[key] = value
		}
	}
	text, err := yaml.Marshal(own)
	require.NoError(t, err)
	raw.Config = stackConfig(t, string(text))

	models, err := filepath.Glob("../../stacks/models/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, models)
	for _, model := range models {
		content, err := os.ReadFile(model)
		require.NoError(t, err)
		raw.ModelFiles["stacks/models/"+filepath.Base(model)] = content
	}
	return raw
}

func TestShippedDev_IsSmallAndUnprotected(t *testing.T) {
	platform, plans := load(t, shipped(t, "dev"))

	assert.Equal(t, "gantry-dev", platform.Name)
	assert.Equal(t, "us-east-1", platform.Region)
	assert.False(t, *platform.Protect)
	assert.Equal(t, 2, platform.Cluster.Zones)
	assert.Equal(t, NATSingle, platform.Cluster.NAT)
	assert.NotEmpty(t, platform.Cluster.PublicAccessCIDRs)

	require.Len(t, plans, 3)
	assert.Equal(t, []string{"t3a.large"}, typesOf(plans[0]))
	assert.Equal(t, CapacitySpot, plans[1].Capacity)
	assert.Zero(t, plans[1].Min, "no training node without a job")
	assert.Equal(t, []string{"g6.xlarge"}, typesOf(plans[2]))
	atRest := 0.0
	for _, plan := range plans {
		atRest += float64(plan.Min) * plan.Machines[0].Price.OnDemand
	}
	assert.Less(t, atRest, 2.0, "dollars an hour")
}

func TestShippedProd_OutlivesAZoneAndIsPrivate(t *testing.T) {
	platform, plans := load(t, shipped(t, "prod"))

	assert.True(t, *platform.Protect)
	assert.Equal(t, 3, platform.Cluster.Zones)
	assert.Equal(t, NATPerZone, platform.Cluster.NAT)
	assert.Empty(t, platform.Cluster.PublicAccessCIDRs)

	require.Len(t, plans, 3)
	assert.Equal(t, 3, plans[0].Min)
	assert.Equal(t, "a100", plans[1].GPU)
	assert.Equal(t, 8, plans[1].GPUCount)
	assert.Equal(t, 16, plans[1].Max)
	assert.Equal(t, 3, plans[2].Min)
	assert.Equal(t, 20, plans[2].Max)
}

func TestShippedModel_RunsOnTheServePoolOfEveryStack(t *testing.T) {
	for _, stack := range []string{"dev", "prod"} {
		platform, plans := load(t, shipped(t, stack))
		model := platform.Models["image-classifier"]

		pools := PoolsFor(model, plans)
		require.Len(t, pools, 1, stack)
		assert.Equal(t, "serve", pools[0].Name, stack)
		assert.LessOrEqual(t, model.Scale.Max, pools[0].Max*pools[0].GPUCount, stack)
		assert.Equal(t, "10Gi", model.Storage.Models, stack)
	}
}

func TestShipped_MovesToAnotherCloudByOneLine(t *testing.T) {
	for _, test := range []struct {
		stack string
		cloud Cloud
		want  []string // the first machine type of each pool
		gpu   string   // of the model
	}{
		{"dev", AWS, []string{"t3a.large", "g6.xlarge", "g6.xlarge"}, "l4"},
		{"dev", GCP, []string{"e2-standard-2", "g2-standard-4", "g2-standard-4"}, "l4"},
		{"dev", Azure, []string{"Standard_F4s_v2", "Standard_NC4as_T4_v3", "Standard_NC4as_T4_v3"}, "t4"},
		{"prod", AWS, []string{"m5a.xlarge", "p4d.24xlarge", "g6.xlarge"}, "l4"},
		{"prod", GCP, []string{"e2-standard-4", "a2-highgpu-8g", "g2-standard-4"}, "l4"},
		{"prod", Azure, []string{"Standard_D4as_v5", "Standard_ND96asr_v4", "Standard_NC4as_T4_v3"}, "t4"},
	} {
		t.Run(test.stack+" on "+string(test.cloud), func(t *testing.T) {
			platform, plans := load(t, shippedOn(t, test.stack, test.cloud))

			var types []string
			for _, plan := range plans {
				types = append(types, typesOf(plan)[0])
			}
			assert.Equal(t, test.want, types)
			model := platform.Models["image-classifier"]
			assert.Equal(t, test.gpu, model.GPU.Type)
			assert.Equal(t, []PoolPlan{plans[2]}, PoolsFor(model, plans))
			assert.Empty(t, Warnings(platform, plans), "an example gives no cause for any")
		})
	}
}

func TestShippedModels_AreShort(t *testing.T) {
	for file, content := range shipped(t, "dev").ModelFiles {
		assert.LessOrEqual(t, strings.Count(string(content), "\n"), 15, file)
	}
}
