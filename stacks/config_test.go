package stacks

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/spec"
)

// nothing is a cloud that no test here reaches.
type nothing struct{}

func (nothing) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) { return args.Args, nil }

func (nothing) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	return args.Name, args.Inputs, nil
}

// loadWith loads the configuration of stack dev as a program that Pulumi
// started does.
func loadWith(t *testing.T, config map[string]string, secrets ...string) (platform spec.Platform, plans []spec.PoolPlan, err error) {
	t.Helper()
	environment, err := json.Marshal(config)
	require.NoError(t, err)
	t.Setenv(pulumi.EnvConfig, string(environment))
	runErr := pulumi.RunErr(func(ctx *pulumi.Context) error {
		platform, plans, err = load(ctx, nil)
		return nil
	}, pulumi.WithMocks("gantry", "dev", nothing{}), func(info *pulumi.RunInfo) {
		info.Config = config
		info.ConfigSecretKeys = secrets
	})
	require.NoError(t, runErr)
	return platform, plans, err
}

func soundConfig() map[string]string {
	return map[string]string{
		"aws:region":     "eu-central-1",
		"gantry:cloud":   "aws",
		"gantry:name":    "", // the default in Pulumi.yaml
		"gantry:protect": "true",
		"gantry:tags":    `{"team":"vision"}`,
		"gantry:cluster": `{"version":"1.35","zones":3}`,
		"gantry:pools":   `[{"name":"system","role":"system"},{"name":"serve","role":"inference","gpu":"l4","min":2,"max":12}]`,
		"gantry:addons":  `{"autoscaler":{"enabled":true}}`,
		"gantry:models":  `{"image-classifier":{"scale":{"max":5}}}`,
	}
}

func TestLoad_ReadsEveryKeyAndTheModelFiles(t *testing.T) {
	platform, plans, err := loadWith(t, soundConfig())
	require.NoError(t, err)

	assert.Equal(t, "gantry-dev", platform.Name)
	assert.Equal(t, "dev", platform.Stack)
	assert.Equal(t, "eu-central-1", platform.Region)
	assert.True(t, *platform.Protect)
	assert.Equal(t, map[string]string{"team": "vision"}, platform.Tags)
	assert.Equal(t, 3, platform.Cluster.Zones)
	require.Contains(t, platform.Models, "image-classifier")
	assert.Equal(t, 2, platform.Models["image-classifier"].Scale.Min, "from the file")
	assert.Equal(t, 5, platform.Models["image-classifier"].Scale.Max, "from the stack")
	require.Len(t, plans, 2)
	assert.Equal(t, "serve", plans[1].Name)
}

func TestLoad_ReadsTheKeysOfTheChosenCloud(t *testing.T) {
	for cloud, want := range map[string]struct{ region, account string }{
		"aws":   {"eu-central-1", ""},
		"gcp":   {"europe-west4", "ml-platform"},
		"azure": {"westeurope", "00000000-0000-0000-0000-000000000001"},
	} {
		config := soundConfig()
		config["gantry:cloud"] = cloud
		config["gantry:pools"] = `[{"name":"system","role":"system","min":2},{"name":"serve","role":"inference","gpu":"l4","gpuAlternatives":["t4"],"min":2,"max":12}]`
		config["gcp:project"], config["gcp:region"] = "ml-platform", "europe-west4"
		config["azure-native:location"], config["azure-native:subscriptionId"] = "westeurope", "00000000-0000-0000-0000-000000000001"
		platform, _, err := loadWith(t, config)
		require.NoError(t, err, cloud)
		assert.Equal(t, want.region, platform.Region, cloud)
		assert.Equal(t, want.account, platform.Account, cloud)
	}
}

func TestLoad_NamesAMisspeltKey(t *testing.T) {
	config := soundConfig()
	config["gantry:clutser"] = config["gantry:cluster"]
	delete(config, "gantry:cluster")
	_, _, err := loadWith(t, config)

	assert.Equal(t, []string{"gantry:clutser"}, pathsOf(t, err))
	assert.ErrorContains(t, err, "did you mean cluster?")
}

func TestLoad_DoesWithoutTheEnvironment(t *testing.T) {
	t.Setenv(pulumi.EnvConfig, "")
	keys, err := configKeys()
	require.NoError(t, err)

	assert.Equal(t, []string{
		"addons", "allowReplace", "charts", "cloud", "cluster", "exceptions", "existing", "layers", "layersFrom", "modelBucket",
		"models", "name", "pools", "protect", "registry", "secrets", "tags",
	}, slices.Sorted(maps.Keys(keys)))

	t.Setenv(pulumi.EnvConfig, "{")
	_, err = configKeys()
	assert.ErrorContains(t, err, pulumi.EnvConfig)
}

// The CLI tells the program where the project lies; in the Automation API only
// the environment does.
func TestProjectRoot_IsThatOfTheProject(t *testing.T) {
	t.Setenv(pulumi.EnvPulumiRootDirectory, "/srv/from-the-environment")
	for told, want := range map[string]string{"": "/srv/from-the-environment", "/srv/gantry": "/srv/gantry"} {
		require.NoError(t, pulumi.RunErr(func(ctx *pulumi.Context) error {
			assert.Equal(t, want, projectRoot(ctx))
			return nil
		}, pulumi.WithMocks("gantry", "dev", nothing{}), func(info *pulumi.RunInfo) { info.RootDirectory = told }))
	}
}

func TestLoad_ReportsAllProblemsOfStackAndFilesTogether(t *testing.T) {
	config := soundConfig()
	delete(config, "aws:region")
	config["gantry:tags"] = `["a"]`
	config["gantry:models"] = `{"image-classifier":{"port":0}}`
	_, _, err := loadWith(t, config, "gantry:addons")

	assert.Equal(t, []string{"aws:region", "gantry:addons", "gantry:models.image-classifier.port", "gantry:tags"}, pathsOf(t, err))
}

func pathsOf(t *testing.T, err error) []string {
	t.Helper()
	var problems spec.Problems
	require.ErrorAs(t, err, &problems)
	paths := make([]string, len(problems))
	for i, problem := range problems {
		paths[i] = problem.Path
	}
	return paths
}

func TestReadModels_TakesYAMLOnly(t *testing.T) {
	models, err := readModels(fstest.MapFS{
		"models/a.yaml":    {Data: []byte("a")},
		"models/b.yml":     {Data: []byte("b")},
		"models/README.md": {Data: []byte("c")},
		"models/d/e.yaml":  {Data: []byte("d")},
	})
	require.NoError(t, err)
	assert.Equal(t, map[string][]byte{"stacks/models/a.yaml": []byte("a"), "stacks/models/b.yml": []byte("b")}, models)

	_, err = readModels(fstest.MapFS{})
	assert.ErrorContains(t, err, "reading the model files")
}

// The project declares every key, with a default, so that Pulumi itself never
// refuses a stack before Gantry can say all that is wrong with it.
func TestProject_DeclaresEveryKeyWithADefault(t *testing.T) {
	project, err := workspace.LoadProject("../Pulumi.yaml")
	require.NoError(t, err)
	require.NoError(t, project.Validate())

	declared := map[string]bool{}
	for name, key := range project.Config {
		own, ok := strings.CutPrefix(name, namespace)
		if !ok {
			continue
		}
		declared[own] = true
		assert.True(t, key.IsExplicitlyTyped(), name)
		assert.NotEmpty(t, key.Description, name)
		assert.NotNil(t, key.Default, name)
	}
	want := map[string]bool{}
	for _, field := range spec.Fields(reflect.TypeFor[spec.Platform]()) {
		want[field.Key] = true
	}
	assert.Equal(t, want, declared)
	assert.Equal(t, []any{"*"}, project.Config["pulumi:disable-default-providers"].Value)
}
