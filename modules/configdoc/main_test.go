package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/modules/spec"
)

const root = "../.."

func TestDocs_AreWhatTheTypesSay(t *testing.T) {
	files, err := generate(root)
	require.NoError(t, err)

	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err, "run: make docs")
		assert.True(t, bytes.Equal(want, got), "%s is stale: run make docs", name)
	}
}

func TestRun_WritesEveryFile(t *testing.T) {
	copied := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(copied, "modules/spec"), os.DirFS(root+"/modules/spec")))
	require.NoError(t, os.CopyFS(filepath.Join(copied, "stacks/models"), os.DirFS(root+"/stacks/models")))
	require.NoError(t, os.Mkdir(filepath.Join(copied, "docs"), 0o755))
	for _, stack := range []string{"Pulumi.dev.yaml", "Pulumi.prod.yaml"} {
		content, err := os.ReadFile(filepath.Join(root, stack))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(copied, stack), content, 0o600))
	}

	require.NoError(t, run(copied))

	written, err := os.ReadDir(filepath.Join(copied, "docs"))
	require.NoError(t, err)
	assert.Len(t, written, 3)
	require.ErrorContains(t, run(t.TempDir()), "no Go files in")
}

// Every key says what it means, and either has a default or is required: the
// reference has no gaps.
func TestComments_CoverEveryKey(t *testing.T) {
	docs, err := readComments(root)
	require.NoError(t, err)

	seen := 0
	var check func(reflect.Type)
	check = func(owner reflect.Type) {
		for _, field := range spec.Fields(owner) {
			seen++
			member := owner.Field(field.Index)
			name := owner.Name() + "." + member.Name
			meaning, fallback := split(docs[name], member.Name)
			assert.NotEmpty(t, meaning, name)
			part := structOf(member.Type)
			if part != nil {
				check(part)
			}
			assert.Equal(t, part == nil && !field.Required, part == nil && fallback != "", "%s: default or required, not both", name)
		}
	}
	check(reflect.TypeFor[spec.Platform]())
	assert.Greater(t, seen, 60)
}

func TestComments_NameEverySupportedVersion(t *testing.T) {
	docs, err := readComments(root)
	require.NoError(t, err)

	for _, version := range spec.KubernetesVersions {
		assert.Contains(t, docs["Cluster.Version"], version)
	}
}
func TestSplit_PartsMeaningAndDefault(t *testing.T) {
	for text, want := range map[string][2]string{
		"GPUCount is the number of accelerators. Default: 1 when gpu is set.": {"The number of accelerators.", "1 when gpu is set"},
		"GPUCount counts them.":           {"Counts them.", ""},
		"GPUCount of a node. Default: 1.": {"GPUCount of a node.", "1"},
		"":                                {"", ""},
	} {
		meaning, fallback := split(text, "GPUCount")
		assert.Equal(t, want, [2]string{meaning, fallback}, text)
	}
}

// compile reads a committed schema as an editor does.
func compile(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.Compile(filepath.Join(root, "docs", name))
	require.NoError(t, err)
	return schema
}

func parse(t *testing.T, text []byte) any {
	t.Helper()
	encoded, err := yaml.YAMLToJSON(text)
	require.NoError(t, err)
	var value any
	require.NoError(t, json.Unmarshal(encoded, &value))
	return value
}

func TestSchemas_AcceptTheShippedFiles(t *testing.T) {
	stack, model := compile(t, "gantry.schema.json"), compile(t, "model.schema.json")
	for schema, pattern := range map[*jsonschema.Schema]string{stack: "Pulumi.*.yaml", model: "stacks/models/*.yaml"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.NoError(t, schema.Validate(parse(t, content)), file)
			line, _, _ := strings.Cut(string(content), "\n")
			_, target, ok := strings.Cut(line, "$schema=")
			require.True(t, ok, "%s names its schema in the first line", file)
			assert.FileExists(t, filepath.Join(filepath.Dir(file), target))
		}
	}
}

func TestStackSchema_JudgesAsGantryDoes(t *testing.T) {
	schema := compile(t, "gantry.schema.json")
	const sound = "config:\n  aws:region: us-east-1\n  gantry:cluster: {version: '1.34'}\n  gantry:pools: [{name: system, role: system}]\n"
	for name, test := range map[string]struct {
		text string
		ok   bool
	}{
		"the least":                  {sound, true},
		"what Pulumi adds":           {"encryptionsalt: v1:abc\n" + sound, true},
		"an override of one field":   {sound + "  gantry:models: {m: {scale: {max: 3}}}\n", true},
		"null in an override":        {sound + "  gantry:models: {m: {gpu: null, env: {A: null}}}\n", true},
		"an unknown gantry key":      {sound + "  gantry:clutser: {}\n", false},
		"an unknown key of a model":  {sound + "  gantry:models: {m: {gpus: 3}}\n", false},
		"no pools":                   {"config: {'gantry:cluster': {version: '1.34'}}", false},
		"an unknown version":         {strings.Replace(sound, "1.34", "1.29", 1), false},
		"a version that is a number": {strings.Replace(sound, "'1.34'", "1.34", 1), false},
		"an unknown role":            {strings.Replace(sound, "role: system", "role: sistem", 1), false},
		"a pool without a role":      {strings.Replace(sound, ", role: system", "", 1), false},
		"an unknown key of a pool":   {strings.Replace(sound, "role: system", "role: system, gpus: 1", 1), false},
		"an unknown accelerator":     {strings.Replace(sound, "role: system", "role: inference, gpu: l5", 1), false},
		"too many zones":             {strings.Replace(sound, "'1.34'", "'1.34', zones: 7", 1), false},
		"a retention of CloudWatch":  {strings.Replace(sound, "'1.34'", "'1.34', logRetentionDays: 365", 1), true},
		"a retention of its own":     {strings.Replace(sound, "'1.34'", "'1.34', logRetentionDays: 100", 1), false},
		"which another cloud takes":  {strings.Replace(sound, "'1.34'", "'1.34', logRetentionDays: 100", 1) + "  gantry:cloud: azure\n", true},
		"an unknown cloud":           {sound + "  gantry:cloud: asw\n", false},
		"no cluster":                 {"config: {'gantry:pools': [{name: system, role: system}]}", false},
		"the cluster of another":     {"config: {'gantry:layers': [models], 'gantry:layersFrom': a/b/c}", true},
		"an unknown layer":           {"config: {'gantry:layers': [model], 'gantry:layersFrom': a/b/c}", false},
		"an existing cluster":        {"config: {'gantry:cloud': existing, 'gantry:existing': {context: a}, 'gantry:pools': [{name: a, role: inference, gpu: a6000}]}", true},
		"which is not described":     {"config: {'gantry:cloud': existing, 'gantry:pools': [{name: a, role: inference}]}", false},
	} {
		t.Run(name, func(t *testing.T) {
			err := schema.Validate(parse(t, []byte(test.text)))
			assert.Equal(t, test.ok, err == nil, "%v", err)
		})
	}
}

func TestModelSchema_RequiresAnImage(t *testing.T) {
	schema := compile(t, "model.schema.json")

	assert.NoError(t, schema.Validate(parse(t, []byte("image: a:v1"))))
	assert.Error(t, schema.Validate(parse(t, []byte("port: 80"))))
	assert.Error(t, schema.Validate(parse(t, []byte("image: a:v1\ngpu: null"))), "nothing to take back in a file")
}
