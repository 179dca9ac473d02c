package spec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const defaultsYAML = "resources: {memory: 2Gi}\nhealth: {path: /ready, startupSeconds: 90}\nenv: {LOG: info}"

func TestFleetDefaults_AreWhatAModelLeavesOut(t *testing.T) {
	platform, _ := load(t, configured(t, "models: {from-stack: {image: 'c:v1', env: {MORE: '1'}}, a: {health: {path: /live}}}",
		"_defaults.yaml", defaultsYAML,
		"a.yaml", "image: a:v1\nresources: {cpu: 250m}",
		"b.yaml", "image: b:v1\nresources: {memory: 2500Mi}\nhealth: {startupSeconds: null}"))

	require.Len(t, platform.Models, 3)
	a, b, stack := platform.Models["a"], platform.Models["b"], platform.Models["from-stack"]
	assert.Equal(t, ModelResources{CPU: "250m", Memory: "2Gi", MemoryLimit: "2Gi"}, a.Resources)
	assert.Equal(t, "/live", a.Health.Path, "the stack over the file over the defaults")
	assert.Equal(t, 90, a.Health.StartupSeconds)
	assert.Equal(t, "2500Mi", b.Resources.Memory)
	assert.Equal(t, 300, b.Health.StartupSeconds, "taken back by null")
	assert.Equal(t, map[string]string{"LOG": "info", "MORE": "1"}, stack.Env)
}

func TestFleetDefaults_OneLineChangesFortyModels(t *testing.T) {
	files := []string{"_defaults.yaml", "health: {path: /healthz}"}
	for i := range 40 {
		file := fmt.Sprintf("image: registry.example.com/m%d:v1\nresources: {cpu: 100m, memory: 256Mi}\nscale: {min: 1, max: 2}\nroute: /m%d\n", i, i)
		assert.LessOrEqual(t, strings.Count(file, "\n"), 15)
		files = append(files, fmt.Sprintf("m%d.yaml", i), file)
	}
	raw := configured(t, "pools: [{name: system, role: system, cpu: 8, memory: 32Gi, min: 3, max: 12}]", files...)
	platform, _ := load(t, raw)
	require.Len(t, platform.Models, 40)
	for name, model := range platform.Models {
		assert.Equal(t, "/healthz", model.Health.Path, name)
	}
}

func TestFleetDefaults_ProblemsAreToldWhereTheyWereWrittenAndOnce(t *testing.T) {
	_, _, err := Load(configured(t, "{}", "_defaults.yaml", "image: a:v1\nscale: {mix: 3}\nhealth: {path: ready}",
		"a.yaml", "image: a:v1", "b.yaml", "image: b:v1"))
	var problems Problems
	require.ErrorAs(t, err, &problems)
	var paths []string
	for _, problem := range problems {
		paths = append(paths, problem.Path)
	}
	assert.Equal(t, []string{
		"stacks/models/_defaults.yaml: health.path",
		"stacks/models/_defaults.yaml: image",
		"stacks/models/_defaults.yaml: scale.mix",
	}, paths)
}
