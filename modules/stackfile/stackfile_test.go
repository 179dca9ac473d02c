package stackfile

import (
	"encoding/json"
	"os"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/spec"
)

const project = `
name: gantry
runtime: go
config:
  pulumi:disable-default-providers: {value: ["*"]}
  gantry:cloud: {type: string, default: aws}
  gantry:name: {type: string, default: ""}
  gantry:tags: {type: object, default: {}}
  gantry:required: {type: string}
  short: {type: integer, default: 3}
`

func read(t *testing.T, stack string) Stack {
	t.Helper()
	s, err := Read(fstest.MapFS{
		"Pulumi.yaml":     {Data: []byte(project)},
		"Pulumi.dev.yaml": {Data: []byte(stack)},
	}, "dev")
	require.NoError(t, err)
	return s
}

func TestRead_WritesValuesAsTheEngineDoes(t *testing.T) {
	tests := map[string]struct{ yaml, want string }{
		"text":         {`eu-central-1`, "eu-central-1"},
		"quoted":       {`"1.30"`, "1.30"},
		"truth":        {`true`, "true"},
		"whole number": {`1000000`, "1000000"},
		"null":         {``, ""},
		"map":          {`{version: "1.34", zones: 3}`, `{"version":"1.34","zones":3}`},
		"list":         {`[{name: system, min: 2}]`, `[{"min":2,"name":"system"}]`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := read(t, "config: {gantry:key: "+test.yaml+"}")
			assert.Equal(t, test.want, s.Values["gantry:key"])
			assert.Empty(t, s.Secrets)
		})
	}
}

func TestRead_TakesDefaultsFromTheProject(t *testing.T) {
	assert.Equal(t, map[string]string{
		"pulumi:disable-default-providers": `["*"]`,
		"gantry:cloud":                     "aws",
		"gantry:name":                      "mine",
		"gantry:tags":                      "{}",
		"gantry:short":                     "3",
	}, read(t, "config: {gantry:name: mine}").Values)
	assert.Equal(t, "aws", read(t, "").Values["gantry:cloud"], "a stack file without anything")
}

func TestRead_FindsSecrets(t *testing.T) {
	s := read(t, `
config:
  gantry:name: {secure: AAABAL0c}
  gantry:models: {m: {env: [{secure: AAABAL0c}]}}
  gantry:tags: {secure: AAABAL0c, team: vision}
  aws:region: {secure: AAABAL0c}
`)
	assert.Equal(t, []string{"aws:region", "gantry:models", "gantry:name"}, s.Secrets)
	assert.Equal(t, []string{"models", "name"}, s.Raw(nil).Secrets)
}

func TestRead_NamesTheFile(t *testing.T) {
	tests := map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"no project": {fstest.MapFS{}, "Pulumi.yaml"},
		"no stack": {
			fstest.MapFS{"Pulumi.yaml": {Data: []byte(project)}},
			`there is no stack "dev": the project has no Pulumi.dev.yaml; copy Pulumi.dev.yaml to begin one`,
		},
		"no YAML": {
			fstest.MapFS{"Pulumi.yaml": {Data: []byte(project)}, "Pulumi.dev.yaml": {Data: []byte("config: {")}},
			"Pulumi.dev.yaml: ",
		},
		"a key twice": {
			fstest.MapFS{"Pulumi.yaml": {Data: []byte(project)}, "Pulumi.dev.yaml": {Data: []byte("config:\n  a:b: 1\n  a:b: 2\n")}},
			"Pulumi.dev.yaml: ",
		},
		"a list for a map": {
			fstest.MapFS{"Pulumi.yaml": {Data: []byte(project)}, "Pulumi.dev.yaml": {Data: []byte("config: [1]")}},
			"Pulumi.dev.yaml: ",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Read(test.files, "dev")
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func TestRaw_TakesRegionAndAccountOfTheCloud(t *testing.T) {
	s := read(t, `
config:
  gantry:name: mine
  aws:region: us-east-1
  gcp:project: example-project
  gcp:region: us-central1
  azure-native:location: eastus
`)
	tests := map[spec.Cloud]struct{ region, account string }{
		spec.AWS:      {"us-east-1", ""},
		spec.GCP:      {"us-central1", "example-project"},
		spec.Azure:    {"eastus", ""},
		spec.Existing: {"", ""},
	}
	for cloud, want := range tests {
		raw := s.On(cloud).Raw(map[string][]byte{"stacks/models/m.yaml": nil})
		assert.Equal(t, want.region, raw.Region, cloud)
		assert.Equal(t, want.account, raw.Account, cloud)
		assert.Equal(t, map[string]string{"cloud": string(cloud), "name": "mine", "tags": "{}", "short": "3"}, raw.Config)
		assert.Equal(t, "gantry", raw.Project)
		assert.Equal(t, "dev", raw.Stack)
		assert.Contains(t, raw.ModelFiles, "stacks/models/m.yaml")
	}
	assert.Equal(t, spec.AWS, s.Cloud(), "On changes nothing that it was called on")
	assert.Equal(t, spec.AWS, Stack{}.Cloud(), "without the key it is the default of the configuration")
}

func TestLayersFrom(t *testing.T) {
	assert.Empty(t, read(t, "").LayersFrom())
	assert.Equal(t, "organization/gantry/prod", read(t, "config: {gantry:layersFrom: organization/gantry/prod}").LayersFrom())
}

// The shipped stacks load as they do under the engine.
func TestRead_ShippedStacksAreSound(t *testing.T) {
	model, err := os.ReadFile("../../stacks/models/image-classifier.yaml")
	require.NoError(t, err)
	for _, stack := range []string{"dev", "prod"} {
		s, err := Read(os.DirFS("../.."), stack)
		require.NoError(t, err)
		for key, value := range s.Values {
			if key == "gantry:pools" {
				assert.True(t, json.Valid([]byte(value)), value)
			}
		}
		platform, plans, err := spec.Load(s.Raw(map[string][]byte{"stacks/models/image-classifier.yaml": model}))
		require.NoError(t, err, stack)
		assert.Equal(t, "gantry-"+stack, platform.Name)
		assert.Len(t, plans, 3)
		assert.Equal(t, stack == "prod", platform.Protected())
	}
}
