package yamledit

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRemove_ChangesNothingElse(t *testing.T) {
	for name, test := range map[string]struct {
		before string
		path   []string
		after  string
	}{
		"the first in braces":      {"m: {a: 1, b: 2} # c\n", []string{"m", "a"}, "m: {b: 2} # c\n"},
		"the last in braces":       {"m: {a: 1, b: [2, 3]}\n", []string{"m", "b"}, "m: {a: 1}\n"},
		"one between two":          {"m: {a: 1, b: '},', c: 3}\n", []string{"m", "b"}, "m: {a: 1, c: 3}\n"},
		"a block":                  {"m:\n  a:\n    - 1\n\n    - 2\n  # b\n  b: 2\n", []string{"m", "a"}, "m:\n  # b\n  b: 2\n"},
		"the last of a file":       {"m: 1\nn: 2", []string{"n"}, "m: 1"},
		"with the maps around it":  {"m:\n  a:\n    b: 1\nn: 2\n", []string{"m", "a", "b"}, "n: 2\n"},
		"with the braces around":   {"m: {a: {b: 1}, c: 2}\n", []string{"m", "a", "b"}, "m: {c: 2}\n"},
		"what is not there":        {"m: {a: 1}\n", []string{"m", "b"}, "m: {a: 1}\n"},
		"what is below a scalar":   {"m: 1\n", []string{"m", "b"}, "m: 1\n"},
		"lines that end otherwise": {"m: 1\r\nn: 2\r\n", []string{"m"}, "n: 2\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			edited, err := Remove([]byte(test.before), test.path)
			require.NoError(t, err)
			assert.Equal(t, test.after, string(edited))
		})
	}
}

func TestSet_AddsWhatIsMissing(t *testing.T) {
	edited, err := Set([]byte("a:\n  b: 1 # one\n"), []string{"a", "c", "d"}, "null")
	require.NoError(t, err)
	assert.Equal(t, "a:\n  b: 1 # one\n  c: {d: null}\n", string(edited))
}

func TestEdits_RefuseWhatTouchesMore(t *testing.T) {
	for name, file := range map[string]string{
		"an alias":      "x: &x {a: 1, b: 2}\nm: *x\n",
		"several lines": "m: {a: {\n  b: 1}, c: 2}\n",
		"no map":        "m: 1\n",
	} {
		_, err := Set([]byte(file), []string{"m", "a"}, "2")
		assert.ErrorIs(t, err, ErrByHand, name)
	}
	_, err := Remove([]byte("m: {a: [\n  1], c: 2}\n"), []string{"m", "a"})
	assert.ErrorIs(t, err, ErrByHand)
	_, err = Set([]byte("- a\n"), []string{"m"}, "2")
	assert.ErrorIs(t, err, ErrByHand)
	_, err = Set([]byte("m: {\n"), []string{"m"}, "2")
	assert.ErrorContains(t, err, "not valid YAML")
	assert.True(t, Has([]byte("m: {a: 1}\n"), []string{"m", "a"}))
	assert.False(t, Has([]byte("m: {a: 1}\n"), []string{"m", "b"}))
}
