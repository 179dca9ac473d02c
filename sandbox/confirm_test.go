package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/engine"
)

// project is a project with the stacks dev, prod and staging, the last of which
// is configured wrongly.
func project(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"Pulumi.yaml":         "name: gantry\nruntime: go\n",
		"Pulumi.dev.yaml":     "config: {'gantry:cloud': aws}\n",
		"Pulumi.prod.yaml":    "config: {'gantry:cloud': aws, 'gantry:protect': true}\n",
		"Pulumi.staging.yaml": "config: {'gantry:cluod': aws}\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	return dir
}

func TestConfirmDown(t *testing.T) {
	for name, test := range map[string]struct {
		stack, given string
		refused      bool
	}{
		"unprotected":                      {"dev", "", false},
		"protected, nobody asked":          {"prod", "", true},
		"protected, another name":          {"prod", "dev", true},
		"protected, its name":              {"prod", "prod", false},
		"protected by default, and broken": {"staging", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			pipe, _, err := os.Pipe() // not a terminal
			require.NoError(t, err)
			var out bytes.Buffer
			err = confirmDown(engine.Options{Project: project(t), Stack: test.stack, Out: &out}, test.given, pipe)
			if !test.refused {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, "make down STACK="+test.stack+" CONFIRM="+test.stack)
		})
	}
}

func TestTyped_IsOneLineWithoutSpaces(t *testing.T) {
	assert.Equal(t, "prod", typed(bytes.NewBufferString(" prod \nmore\n")))
	assert.Empty(t, typed(bytes.NewBufferString("")))
}
