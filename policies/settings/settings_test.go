package settings

import (
	"io/fs"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/policies/config"
	"gantry.dev/gantry/policies/rules"
)

func TestFor_TakesTheStacksOwnFileOrTheStrictOne(t *testing.T) {
	private, _ := rules.Find("cluster-api-private")
	replicas, _ := rules.Find("model-min-replicas")
	for stack, want := range map[string]rules.Level{"dev": rules.Disabled, "prod": rules.Mandatory, "staging": rules.Mandatory, "../config/dev": rules.Mandatory} {
		s, err := For(stack)
		require.NoError(t, err, stack)
		assert.Equal(t, want, s.Level(private), stack)
	}
	dev, err := For("dev")
	require.NoError(t, err)
	assert.InDelta(t, 1, dev.Values(replicas).Number("replicas"), 0)
	pinned, _ := rules.Find("node-private")
	assert.Equal(t, pinned.Level, dev.Level(pinned), "what a file does not name is as the rule has it")
}

// A file that is laid over another with --policy-pack-config has to say all that
// the other says, or leaves a part of it in force.
func TestFiles_NameTheSamePolicies(t *testing.T) {
	files, err := fs.Glob(config.Files, "*.json")
	require.NoError(t, err)
	require.Equal(t, []string{"dev.json", "prod.json"}, files)
	dev, err := For("dev")
	require.NoError(t, err)
	prod, err := For("prod")
	require.NoError(t, err)
	assert.Equal(t, slices.Sorted(maps.Keys(dev)), slices.Sorted(maps.Keys(prod)))
	for id := range dev {
		assert.Equal(t, slices.Sorted(maps.Keys(dev.parameters(id))), slices.Sorted(maps.Keys(prod.parameters(id))), id)
	}
}

func TestParse_ListsEverythingThatNoRuleHas(t *testing.T) {
	_, err := parse([]byte(`{
		"image-pined": {},
		"image-pinned": {"enforcementLevel": "strict", "digest": "yes"},
		"model-min-replicas": {"replica": 2}
	}`))
	for _, want := range []string{"there is no policy image-pined", "image-pinned: strict is no level", "digest cannot be yes", "model-min-replicas has no parameter replica"} {
		assert.ErrorContains(t, err, want)
	}
	_, err = parse([]byte(`[]`))
	assert.Error(t, err)
}
