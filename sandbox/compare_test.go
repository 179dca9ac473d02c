package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/stackfile"
	"gantry.dev/gantry/sandbox/engine"
)

// written is a stack that consists of a written configuration and the places of
// all clouds.
func written(t *testing.T, config string) stackfile.Stack {
	t.Helper()
	stack, err := stackfile.Read(fstest.MapFS{
		"Pulumi.yaml": {Data: []byte("name: gantry")},
		"Pulumi.dev.yaml": {Data: []byte(`
config:
  aws:region: us-east-1
  gcp:project: example-project
  gcp:region: us-central1
  azure-native:location: eastus
` + config)},
	}, "dev")
	require.NoError(t, err)
	return stack
}

const system = `
  gantry:cluster: {version: "1.34"}
  gantry:pools:
    - {name: system, role: system, cpu: 4, memory: 16Gi, min: 2, max: 3}
`

// clouds are those that a text has a table of, in its order.
func clouds(text string) []string {
	var found []string
	for _, match := range regexp.MustCompile(`(?m)^gantry-dev on (\S+) `).FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}

func TestCompare_ShowsTheCheapestAtRestFirst(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, compare(&out, written(t, system), nil))
	text := out.String()

	assert.ElementsMatch(t, []string{"aws", "gcp", "azure"}, clouds(text))
	_, summary, found := strings.Cut(text, "CLOUD ")
	require.True(t, found, text)
	rows := strings.Split(strings.TrimSpace(summary), "\n")[1:]
	require.Len(t, rows, 3)
	last := ""
	for i, cloud := range clouds(text) {
		fields := strings.Fields(rows[i])
		assert.Equal(t, cloud, fields[0], "the summary has the order of the tables")
		total := fields[3]
		assert.Regexp(t, `^\$\d{3}\.\d\d$`, total)
		assert.GreaterOrEqual(t, total, last, "of three digits each, so that text compares as numbers do")
		last = total
	}
}

func TestCompare_ListsWhatIsWrongForACloud(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, compare(&out, written(t, system+`
    - {name: serve, role: inference, gpu: l4, min: 1, max: 2}
`), nil))
	text := out.String()

	assert.Equal(t, []string{"gcp", "aws"}, clouds(text), "Azure sells no L4")
	assert.Contains(t, text, "The stack dev cannot be on azure: 1 problem in the configuration:\n  1. gantry:pools[1].gpu: l4 ")
	assert.Regexp(t, `(?m)^aws +us-east-1 +serve 1x l4 +\$`, text)
	assert.Regexp(t, `(?m)^azure +- +- +not possible +not possible$`, text)
}

func TestCompare_FailsWhereNoCloudCanRunTheStack(t *testing.T) {
	var out bytes.Buffer
	err := compare(&out, written(t, "  gantry:cluster: {version: \"1.34\"}\n"), nil)
	assert.EqualError(t, err, "no cloud can run the stack dev as it is configured")
	assert.Empty(t, clouds(out.String()))
	assert.Equal(t, 3, strings.Count(out.String(), "The stack dev cannot be on "))
}

func TestCompare_NeedsAClusterOfTheStacksOwn(t *testing.T) {
	err := compare(&bytes.Buffer{}, written(t, `
  gantry:layers: [models]
  gantry:layersFrom: organization/gantry/prod
`), nil)
	assert.EqualError(t, err, "the stack dev makes no cluster that could be compared: it builds on that of organization/gantry/prod")
}

func TestCompareCommand_ComparesTheShippedStacks(t *testing.T) {
	for _, stack := range []string{"dev", "prod"} {
		home := t.TempDir()
		stack, models, err := readStack(engine.Options{Project: "..", Home: home, Stack: stack})
		require.NoError(t, err)
		var out bytes.Buffer
		require.NoError(t, compare(&out, stack, models))
		assert.Equal(t, 3, strings.Count(out.String(), " a month\n"), "all three clouds can run it")
		assert.NotContains(t, out.String(), "not possible")

		left, err := os.ReadDir(home)
		require.NoError(t, err)
		assert.Empty(t, left, "nothing is stored")
	}
}

func TestShowCost_NeverFailsStatus(t *testing.T) {
	tests := map[string]struct{ config, want string }{
		"sound":    {"config:\n  aws:region: us-east-1" + system, "Cost of the stack dev, from its configuration: gantry-dev on aws (us-east-1) a month\n"},
		"unsound":  {"config:\n  aws:region: us-east-1a" + system, "not known; it has 1 problem, which make preview STACK=dev lists\n"},
		"no YAML":  {"config: {", "not known; read the configuration in Pulumi.dev.yaml: "},
		"layered":  {"config: {gantry:layers: [models], gantry:layersFrom: o/gantry/prod}", "nothing by the month; its cluster belongs to the stack o/gantry/prod\n"},
		"no stack": {"", `not known; there is no stack "dev"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			project := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(project, "Pulumi.yaml"), []byte("name: gantry"), 0o600))
			if test.config != "" {
				// The models of the repository ask for a pool with a GPU.
				config := test.config
				if strings.Contains(config, system) {
					config += "  gantry:models: {image-classifier: {enabled: false}}\n"
				}
				require.NoError(t, os.WriteFile(filepath.Join(project, "Pulumi.dev.yaml"), []byte(config), 0o600))
			}
			var out bytes.Buffer
			showCost(&out, engine.Options{Project: project, Stack: "dev"})
			assert.Contains(t, out.String(), test.want)
			if name != "sound" {
				assert.Equal(t, 2, strings.Count(out.String(), "\n"), "an empty line and one that says so")
			}
		})
	}
}
