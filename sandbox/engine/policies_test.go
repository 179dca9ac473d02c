package engine_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/engine"
)

// judged previews a stack with the policy pack and returns what was said.
func (w *world) judged(stack string) (said string, err error) {
	w.Helper()
	if _, err := os.Stat(filepath.Join(repository(w.T), ".gantry", "bin", "pulumi-analyzer-policy-go")); err != nil {
		w.Skip("the policy pack is not built: run make build")
	}
	var out strings.Builder
	opened := w.options(stack)
	opened.PolicyPack, opened.Out = filepath.Join(repository(w.T), "policies"), &out
	sandbox, err := engine.Open(context.Background(), opened)
	require.NoError(w, err)
	defer sandbox.Close()
	_, err = sandbox.Preview(context.Background())
	return out.String(), err
}

func TestPolicies_AGoodStackHasNoMandatoryFinding(t *testing.T) {
	for _, cloud := range slices.Sorted(maps.Keys(clouds)) {
		for _, stack := range []string{"dev", "prod"} {
			t.Run(cloud+"/"+stack, func(t *testing.T) {
				said, err := newWorldOn(t, repository(t), cloud).judged(stack)
				require.NoError(t, err, said)
				assert.Contains(t, said, "gantry@", "the pack that judged is named")
				assert.NotContains(t, said, "[mandatory]")
			})
		}
	}
}

func TestPolicies_StopAPreviewUnlessExcepted(t *testing.T) {
	foreign := func(config map[string]any) {
		config["gantry:models"].(map[string]any)["image-classifier"].(map[string]any)["image"] = "docker.io/somebody/classifier:v1"
	}
	said, err := newWorld(t, projectWith(t, foreign)).judged("dev")
	require.ErrorIs(t, err, engine.ErrReported)
	assert.Contains(t, said, "image-registry")
	assert.Contains(t, said, "[mandatory]")
	assert.Contains(t, said, "docker.io/somebody/classifier is of no registry that is known")

	said, err = newWorld(t, projectWith(t, func(config map[string]any) {
		foreign(config)
		config["gantry:exceptions"] = []any{map[string]any{
			"policy": "image-registry", "resource": "image-classifier-*",
			"reason": "until our own registry has a mirror", "until": time.Now().AddDate(0, 1, 0).Format(time.DateOnly),
		}}
	})).judged("dev")
	require.NoError(t, err, said)
	assert.Contains(t, said, "until our own registry has a mirror", "an exception shows in the preview")
}
