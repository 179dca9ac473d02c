package spec

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const fullModel = `
image: registry.example.com/image-classifier:v1
args: [--workers, "4"]
env: {A: "1", B: "2"}
gpu: {type: l4}
resources: {cpu: 500m, memory: 2Gi}
scale: {min: 2, max: 4}
storage: {models: 10Gi}
`

// merged is the model m after the stack's configuration was laid over the file.
func merged(t *testing.T, override string) Model {
	t.Helper()
	platform, _ := load(t, configured(t, "models: {m: "+override+"}", "m.yaml", fullModel))
	require.Contains(t, platform.Models, "m")
	return platform.Models["m"]
}

func TestMerge_EmptyOverrideChangesNothing(t *testing.T) {
	platform, _ := load(t, configured(t, "{}", "m.yaml", fullModel))

	assert.Equal(t, platform.Models["m"], merged(t, "{}"))
}

func TestMerge_StructsMergeFieldByField(t *testing.T) {
	m := merged(t, "{scale: {max: 3}, resources: {memory: 3Gi}}")

	assert.Equal(t, ModelScale{Min: 2, Max: 3, CPUUtilization: 70, MemoryUtilization: 80}, m.Scale)
	assert.Equal(t, ModelResources{CPU: "500m", Memory: "3Gi", MemoryLimit: "3Gi"}, m.Resources)
	assert.Equal(t, "registry.example.com/image-classifier:v1", m.Image)
	assert.Equal(t, "10Gi", m.Storage.Models)
}

func TestMerge_MapsMergeByKeyAndNullTakesAKeyBack(t *testing.T) {
	assert.Equal(t, map[string]string{"A": "1", "B": "3", "C": "4"}, merged(t, `{env: {B: "3", C: "4"}}`).Env)
	assert.Equal(t, map[string]string{"B": "2"}, merged(t, `{env: {A: null}}`).Env)
}

func TestMerge_ListsReplace(t *testing.T) {
	assert.Equal(t, []string{"--debug"}, merged(t, "{args: [--debug]}").Args)
	assert.Empty(t, merged(t, "{args: []}").Args)
}

func TestMerge_NullTakesAFieldBackToItsDefault(t *testing.T) {
	m := merged(t, "{gpu: null, storage: null, scale: {min: 1, max: null}}")

	assert.Zero(t, m.GPU)
	assert.Empty(t, m.Storage.Models)
	assert.Equal(t, 1, m.Scale.Max, "the default, which is min")
}

func TestMerge_ModelOfOneStackNeedsNoFile(t *testing.T) {
	platform, _ := load(t, configured(t, "models: {echo: {image: 'a:v1'}}", "m.yaml", fullModel))

	assert.Len(t, platform.Models, 2)
	assert.Equal(t, "echo", platform.Models["echo"].Name)
}

func TestMerge_DisabledModelIsLeftOutAndNotChecked(t *testing.T) {
	const unplaceable = "image: a:v1\ngpu: {type: b300, count: 8}\n"
	platform, _ := load(t, configured(t, "models: {m: {enabled: false}}", "m.yaml", unplaceable, "n.yaml", soundModel))

	assert.NotContains(t, platform.Models, "m")
	assert.Contains(t, platform.Models, "n")
}

func TestMerge_FileMayBeDisabledAndEnabledInOneStack(t *testing.T) {
	const disabled = soundModel + "enabled: false\n"
	platform, _ := load(t, configured(t, "{}", "m.yaml", disabled))
	assert.NotContains(t, platform.Models, "m")

	platform, _ = load(t, configured(t, "models: {m: {enabled: true}}", "m.yaml", disabled))
	assert.Contains(t, platform.Models, "m")
}

func TestMerge_OneModelNeverChangesAnother(t *testing.T) {
	platform, _ := load(t, configured(t, `models: {a: {env: {X: "9"}}}`,
		"a.yaml", soundModel+"env: {X: '1'}\n", "b.yaml", soundModel+"env: {X: '1'}\n"))

	assert.Equal(t, "9", platform.Models["a"].Env["X"])
	assert.Equal(t, "1", platform.Models["b"].Env["X"])
}

func TestMerge_StackMayMendWhatTheFileGetsWrong(t *testing.T) {
	platform, _ := load(t, configured(t, "models: {m: {port: 9000, image: 'a:v1'}}", "m.yaml", "image: ''\nport: 0\ngpu: {type: l4}"))

	assert.Equal(t, 9000, platform.Models["m"].Port)
	assert.Equal(t, "a:v1", platform.Models["m"].Image)
}
