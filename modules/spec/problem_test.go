package spec

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestProblems_ReadAsANumberedList(t *testing.T) {
	problems := Problems{
		{Path: "gantry:cluster.zones", Value: "7", What: "is out of range", Fix: "use 2 to 6"},
		{Path: "stacks/models/x.yaml: image", What: "is missing", Fix: "add it"},
	}

	assert.EqualError(t, problems, `2 problems in the configuration:
  1. gantry:cluster.zones: 7 is out of range
     fix: use 2 to 6
  2. stacks/models/x.yaml: image is missing
     fix: add it`)
}

func TestProblems_AreSortedAsPeopleCountAndNamedOnce(t *testing.T) {
	r := &report{}
	for _, path := range []string{"gantry:pools[10].cpu", "gantry:pools[2].cpu", "gantry:name", "gantry:pools[2].cpu", "gantry:pools[02].cpu"} {
		r.missing(path, "is missing", "add it")
	}

	var problems Problems
	require.ErrorAs(t, r.err(), &problems)
	var paths []string
	for _, problem := range problems {
		paths = append(paths, problem.Path)
	}
	assert.Equal(t, []string{"gantry:name", "gantry:pools[2].cpu", "gantry:pools[02].cpu", "gantry:pools[10].cpu"}, paths)
}

func TestComparePaths_IsAnOrder(t *testing.T) {
	paths := []string{"", "a", "a1", "a02", "a2", "a10", "a1b", "1", "01", "1a", "[", "é"}
	for range 50 {
		slices.SortFunc(paths, comparePaths)
		for i := range paths {
			for j := range paths {
				assert.Equal(t, -comparePaths(paths[i], paths[j]), comparePaths(paths[j], paths[i]), "%q, %q", paths[i], paths[j])
			}
		}
	}
}

func TestShow_QuotesWhatWouldBeMisreadAndCutsWhatIsLong(t *testing.T) {
	assert.Equal(t, `""`, show(""))
	assert.Equal(t, "a", show("a"))
	assert.Equal(t, `"a b"`, show("a b"))
	assert.Equal(t, `"a\x00"`, show("a\x00"))
	assert.Equal(t, "7", show(7))
	assert.Len(t, []rune(show(strings.Repeat("é", 200))), 80)
}

func TestNearest_SuggestsOnlyWhatIsNear(t *testing.T) {
	known := []string{"cluster", "pools", "gpu", "a100"}
	for word, want := range map[string]string{
		"clutser": "cluster", "Cluster": "cluster", "pool": "pools", "gpus": "gpu", "A100": "a100", "zzz": "", "": "", "x": "",
	} {
		assert.Equal(t, want, nearest(word, known), word)
	}
}

func TestPaths_QuoteKeysThatAreMoreThanAWord(t *testing.T) {
	assert.Equal(t, "gantry:pools", join("gantry:", "pools"))
	assert.Equal(t, "gantry:models.x", join("gantry:models", "x"))
	assert.Equal(t, `gantry:tags["a.b/c"]`, join("gantry:tags", "a.b/c"))
	assert.Equal(t, "stacks/models/x.yaml: scale", join("stacks/models/x.yaml: ", "scale"))
	assert.True(t, within("gantry:pools[1].gpu", "gantry:pools[1]"))
	assert.True(t, within("gantry:pools", "gantry:"))
	assert.False(t, within("gantry:pools[10]", "gantry:pools[1]"))
	assert.False(t, within("gantry:models.xy", "gantry:models.x"))
}
