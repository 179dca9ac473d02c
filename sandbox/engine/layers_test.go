package engine_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/sandbox/engine"
)

// One stack becomes three, as docs/layers.md describes, and nothing is replaced
// on the way.
func TestLayers_OneStackBecomesThree(t *testing.T) {
	project := projectWith(t, func(map[string]any) {})
	w := newWorld(t, project)
	w.up("dev")
	w.requireModelsRunning("gantry-dev", "l4")
	uids := servingPods(t, w.client("gantry-dev"))

	whole := stackFile(t, project, "dev")
	protect := map[string]any{"gantry:protect": "false"} // by default only dev is not
	writeStackFile(t, project, "dev", with(whole, map[string]any{"gantry:layers": []string{"cluster"}}))
	writeStackFile(t, project, "dev-platform", with(protect, map[string]any{
		"gantry:layers": []string{"platform"}, "gantry:layersFrom": "organization/gantry/dev",
	}))
	writeStackFile(t, project, "dev-models", with(protect, map[string]any{
		"gantry:layers": []string{"models"}, "gantry:layersFrom": "organization/gantry/dev-platform",
		"gantry:models": whole["gantry:models"],
	}))
	for stack, component := range map[string]string{"dev-platform": "gantry:platform:Platform", "dev-models": "gantry:serving:Model"} {
		w.with(stack, func(context.Context, *engine.Sandbox) {}) // makes the stack
		w.with("dev", func(ctx context.Context, sandbox *engine.Sandbox) {
			moved, err := sandbox.Move(ctx, component, stack)
			require.NoError(t, err)
			assert.Equal(t, 1, moved)
		})
	}

	for _, stack := range []string{"dev", "dev-platform", "dev-models"} {
		changes := w.up(stack)
		delete(changes, apitype.OpSame)
		delete(changes, apitype.OpRead) // the reference to the stack below
		if stack == "dev" {
			// The record of the Kubernetes provider, which nothing uses there.
			assert.Equal(t, engine.Changes{apitype.OpDelete: 1}, changes)
			continue
		}
		assert.Empty(t, changes, "nothing is created, replaced or deleted in %s", stack)
		assert.Zero(t, w.up(stack)[apitype.OpUpdate], "a second up of %s", stack)
	}
	assert.Equal(t, uids, servingPods(t, w.client("gantry-dev")), "no pod was touched")

	for _, stack := range []string{"dev-models", "dev-platform"} {
		w.with(stack, func(ctx context.Context, sandbox *engine.Sandbox) {
			_, err := sandbox.Down(ctx)
			require.NoError(t, err)
		})
	}
	w.downToNothing("dev")
}

func stackFile(t *testing.T, project, stack string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(project, "Pulumi."+stack+".yaml"))
	require.NoError(t, err)
	var file struct {
		Config map[string]any `json:"config"`
	}
	require.NoError(t, yaml.Unmarshal(data, &file))
	return file.Config
}

func writeStackFile(t *testing.T, project, stack string, config map[string]any) {
	t.Helper()
	data, err := yaml.Marshal(map[string]any{"config": config})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(project, "Pulumi."+stack+".yaml"), data, 0o600))
}

func with(config, more map[string]any) map[string]any {
	merged := maps.Clone(config)
	maps.Copy(merged, more)
	return merged
}
