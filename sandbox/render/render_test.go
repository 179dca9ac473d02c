package render_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/modules/spec"
	"gantry.dev/gantry/sandbox/render"
)

var update = flag.Bool("update", false, "rewrite golden files with what the code renders now")

func TestStack_WritesAFileAnObject(t *testing.T) {
	for cloud := range clouds {
		r := rendering(t, cloud)
		written := files(t, r)
		assert.Len(t, written, len(r.Objects)+len(r.Releases)+1, cloud)
		for _, name := range []string{
			"README.md", "platform/00-namespace-models.yaml", "models/image-classifier/deployment-image-classifier.yaml",
			"models/canary/deployment-canary-canary.yaml", "models/canary/secret-canary-env.yaml", "releases/keda.yaml",
		} {
			assert.Contains(t, written, name, cloud)
		}
		for name, content := range written {
			assert.NotContains(t, content, theSecret, "%s %s", cloud, name)
			assert.NotContains(t, content, "pulumi.com/", "%s %s", cloud, name)
		}
	}
}

func TestStack_IsTheSameEveryTime(t *testing.T) {
	again, err := render.Stack(sample(t, spec.AWS), "")
	require.NoError(t, err)
	assert.Equal(t, files(t, rendering(t, spec.AWS)), files(t, again))
}

// What a reader of a rendering meets: names, links between objects, secrets and
// placeholders.
func TestStack_Golden(t *testing.T) {
	written := files(t, rendering(t, spec.AWS))
	for _, name := range []string{"README.md", "models/canary/secret-canary-env.yaml", "models/canary/deployment-canary.yaml", "releases/keda.yaml", "platform/00-namespace-models.yaml"} {
		content, there := written[name]
		if !there {
			t.Errorf("%s is not written", name)
			continue
		}
		file := filepath.Join("testdata", "golden", name)
		if *update {
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, []byte(content), 0o644))
			continue
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err, "run the test with -update to write the file")
		assert.Equal(t, string(want), content, "%s: run the test with -update if the change is meant", name)
	}
	if *update {
		t.Fatal("the files were rewritten: read the difference, then run the test without -update")
	}
}

func TestStack_NamesTheSecretsThatPodsNeed(t *testing.T) {
	written := files(t, rendering(t, spec.AWS))
	secret := written["models/canary/secret-canary-env.yaml"]
	assert.Contains(t, secret, "#   API_TOKEN: secret upstreamToken of the configuration")
	var object map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(secret), &object))
	assert.NotContains(t, object, "stringData")
	assert.NotContains(t, object, "data")
	assert.Contains(t, written["models/canary/deployment-canary.yaml"], "name: canary-env", "the name is that of the Secret's file")
}

// Nothing that a cloud alone knows may be written as an empty text, and nobody
// has to guess what a placeholder is.
func TestStack_ExplainsEveryPlaceholder(t *testing.T) {
	for cloud := range clouds {
		r := rendering(t, cloud)
		readme := files(t, r)["README.md"]
		for name, content := range files(t, r) {
			for placeholder := range r.Meanings {
				if strings.Contains(content, placeholder) {
					assert.Contains(t, readme, "| `"+placeholder+"` | "+r.Meanings[placeholder], "%s %s", cloud, name)
				}
			}
		}
	}
}

func TestStack_SaysWhatItCannotRender(t *testing.T) {
	_, err := render.Stack(stackOf(t, `
  gantry:layers: [models]
  gantry:layersFrom: organization/gantry/prod
`), "")
	require.ErrorContains(t, err, "organization/gantry/prod")

	_, err = render.Stack(stackOf(t, "  gantry:clutser: {version: \"1.34\"}\n"), "")
	assert.ErrorContains(t, err, "did you mean cluster?")
}

func TestWrite_ReplacesOnlyAnEarlierRendering(t *testing.T) {
	r := rendering(t, spec.AWS)
	folder := filepath.Join(t.TempDir(), "out")
	require.NoError(t, r.Write(folder))
	stale := filepath.Join(folder, "models", "gone", "deployment-gone.yaml")
	require.NoError(t, os.MkdirAll(filepath.Dir(stale), 0o755))
	require.NoError(t, os.WriteFile(stale, nil, 0o644))
	require.NoError(t, r.Write(folder))
	assert.NoFileExists(t, stale)
	assert.FileExists(t, filepath.Join(folder, "platform", "00-namespace-models.yaml"))

	own := t.TempDir()
	notes := filepath.Join(own, "notes.txt")
	require.NoError(t, os.WriteFile(notes, nil, 0o644))
	assert.ErrorContains(t, r.Write(own), "holds other files")
	assert.FileExists(t, notes)
}
