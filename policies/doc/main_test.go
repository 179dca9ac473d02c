package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/policies/rules"
)

func TestPolicies_AreWhatTheRulesSay(t *testing.T) {
	want, err := generate()
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join("../..", target))
	require.NoError(t, err, "run: go run ./policies/doc")
	assert.True(t, string(want) == string(got), "%s is stale: go run ./policies/doc", target)
}

func TestRun_WritesAnEntryForEveryRule(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(root, "docs"), 0o755))
	require.NoError(t, run(root))

	text, err := os.ReadFile(filepath.Join(root, target))
	require.NoError(t, err)
	for _, rule := range append(rules.All(), rules.ExceptionRules...) {
		assert.Equal(t, 1, strings.Count(string(text), "\n### "+rule.ID+"\n"), rule.ID)
		assert.Contains(t, string(text), rule.Fix)
	}
	require.Error(t, run(filepath.Join(root, "nowhere")))
}
