package sizing

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// figures are proposals, from pairs of a key and a value.
func figures(pairs ...string) []Figure {
	var all []Figure
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, Figure{Key: pairs[i], Proposed: pairs[i+1]})
	}
	return all
}

func TestEdit_ChangesNothingElse(t *testing.T) {
	memory := []string{keyMemory, "1600Mi"}
	for name, test := range map[string]struct {
		before string
		pairs  []string
		after  string
	}{
		"a value in braces":         {"resources: {cpu: 500m,  memory: 2Gi} # guessed\n", memory, "resources: {cpu: 500m,  memory: 1600Mi} # guessed\n"},
		"a key in braces":           {"resources: {cpu: 500m }\n", memory, "resources: {cpu: 500m, memory: 1600Mi }\n"},
		"a key in empty braces":     {"resources: {}\n", memory, "resources: {memory: 1600Mi}\n"},
		"behind a trailing comma":   {"resources: {cpu: 500m,}\n", memory, "resources: {cpu: 500m, memory: 1600Mi}\n"},
		"braces over several lines": {"resources: {\n  cpu: 500m, # {\n}\n", []string{keyCPU, "1m"}, "resources: {\n  cpu: 1m, # {\n}\n"},
		"a key on the last line":    {"resources: {\n  cpu: 500m\n}\nport: 1\n", memory, "resources: {\n  cpu: 500m, memory: 1600Mi\n}\nport: 1\n"},
		"braces in quotes":          {"resources: {cpu: '}', x: \"{\", y: don't}\n", memory, "resources: {cpu: '}', x: \"{\", y: don't, memory: 1600Mi}\n"},
		"a value in a block":        {"# head\nresources:\n  # weights\n  memory: 2Gi # guessed\n  cpu: 1\n", memory, "# head\nresources:\n  # weights\n  memory: 1600Mi # guessed\n  cpu: 1\n"},
		"a key in a block":          {"resources:\n  cpu: 1\n\n# next\nport: 1\n", memory, "resources:\n  cpu: 1\n  memory: 1600Mi\n\n# next\nport: 1\n"},
		"a key behind a list":       {"scale:\n  queries:\n  - query: a\n    perReplica: 1\nport: 1\n", []string{keyMin, "3"}, "scale:\n  queries:\n  - query: a\n    perReplica: 1\n  min: 3\nport: 1\n"},
		"a key behind a text":       {"scale:\n  a: |\n    one\n\n    two\nport: 1\n", []string{keyMin, "3"}, "scale:\n  a: |\n    one\n\n    two\n  min: 3\nport: 1\n"},
		"a section":                 {"image: a:v1\nargs:\n- b\n", memory, "image: a:v1\nargs:\n- b\nresources: {memory: 1600Mi}\n"},
		"a section, by two keys":    {"image: a:v1\n", []string{keyMin, "2", keyMax, "4"}, "image: a:v1\nscale: {min: 2, max: 4}\n"},
		"a file in braces":          {"{image: 'a:v1', port: 1}\n", memory, "{image: 'a:v1', port: 1, resources: {memory: 1600Mi}}\n"},
		"double quotes":             {"resources: {memory: \"2Gi\"}\n", memory, "resources: {memory: \"1600Mi\"}\n"},
		"single quotes":             {"resources: {memory: '2Gi'}\n", memory, "resources: {memory: '1600Mi'}\n"},
		"a number in quotes":        {"scale: {min: \"2\"}\n", []string{keyMin, "3"}, "scale: {min: \"3\"}\n"},
		"after wide characters":     {"resources: {note: \"größer → 大\", memory: 2Gi}\n", memory, "resources: {note: \"größer → 大\", memory: 1600Mi}\n"},
		"lines of Windows":          {"image: a:v1\r\nresources:\r\n  cpu: 1\r\nport: 1\r\n", memory, "image: a:v1\r\nresources:\r\n  cpu: 1\r\n  memory: 1600Mi\r\nport: 1\r\n"},
		"no end of the last line":   {"image: a:v1", memory, "image: a:v1\nresources: {memory: 1600Mi}"},
		"below ---":                 {"---\nimage: a:v1\nresources: {memory: 2Gi}\n", memory, "---\nimage: a:v1\nresources: {memory: 1600Mi}\n"},
		"what is there already":     {"resources: {memory: 1600Mi}\n", memory, "resources: {memory: 1600Mi}\n"},
		"nothing":                   {"image: a:v1\n", nil, "image: a:v1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			after, err := Edit([]byte(test.before), figures(test.pairs...))
			require.NoError(t, err)
			assert.Equal(t, test.after, string(after))
		})
	}
}

func TestEdit_SaysWhatToWriteByHand(t *testing.T) {
	for name, before := range map[string]string{
		"an alias of a map":     "a: &r {memory: 2Gi}\nresources: *r\n",
		"an alias of a value":   "a: &m 2Gi\nresources: {memory: *m}\n",
		"an anchor":             "resources: {memory: &m 2Gi}\na: *m\n",
		"a tag":                 "resources: {memory: !!str 2Gi}\n",
		"a block of text":       "resources:\n  memory: >-\n    2Gi\n",
		"an empty section":      "resources:\nport: 1\n",
		"an empty value":        "resources:\n  memory:\n",
		"another kind":          "resources: [2Gi]\n",
		"a list":                "- a\n",
		"only a comment inside": "resources: {cpu: 500m # one\n  # two\n  }\n",
		"escapes":               "resources: {memory: \"2\\x47i\"}\n",
		"a merged map":          "a: &r {memory: 2Gi}\nb: &s\n  <<: *r\nresources: *s\n",
		"a document that ends":  "image: a:v1\n...\n---\nimage: b:v1\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Edit([]byte(before), figures(keyMemory, "1600Mi"))
			if name == "a document that ends" {
				require.NoError(t, err, "the first document is the model")
				return
			}
			assert.EqualError(t, err, "resources.memory cannot be edited where it stands: write resources.memory: 1600Mi by hand")
		})
	}
	_, err := Edit([]byte("a: [\n"), figures(keyMemory, "1600Mi"))
	assert.ErrorContains(t, err, "reading the model file")
	_, err = Edit(nil, figures(keyMemory, "1600Mi"))
	assert.ErrorContains(t, err, "by hand")
}

func TestDiff_IsAppliedByGit(t *testing.T) {
	git, err := exec.LookPath("git")
	require.NoError(t, err)
	for name, before := range map[string]string{
		"a line":                  "a: 1\nresources: {memory: 2Gi}\nb: 2\n",
		"no end of the last line": "a: 1\nresources: {memory: 2Gi}",
		"a new last line":         "a: 1\nb: 2",
	} {
		t.Run(name, func(t *testing.T) {
			after, err := Edit([]byte(before), figures(keyMemory, "1600Mi"))
			require.NoError(t, err)
			diff, err := Diff("stacks/models/x.yaml", []byte(before), after)
			require.NoError(t, err)

			folder := t.TempDir()
			write(t, filepath.Join(folder, "stacks/models/x.yaml"), before)
			apply := exec.Command(git, "apply", "-")
			apply.Dir, apply.Stdin = folder, strings.NewReader(diff)
			output, err := apply.CombinedOutput()
			require.NoError(t, err, "%s\n%s", output, diff)
			assert.Equal(t, string(after), contentOf(t, filepath.Join(folder, "stacks/models/x.yaml")))
		})
	}
}

func TestDiff_OfNothingIsEmpty(t *testing.T) {
	diff, err := Diff("x", []byte("a\n"), []byte("a\n"))
	require.NoError(t, err)
	assert.Empty(t, diff)
}

func write(t *testing.T, file, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
}

func contentOf(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(content)
}
