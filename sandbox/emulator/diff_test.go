package emulator_test

import (
	"maps"
	"slices"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

func TestDiff_TellsWhereAndHow(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	base := Props{
		"size": 1, "parts": []any{"a", "b"}, "hinges": []any{"l", "r"}, "policy": `{"a": 1}`,
		"door": Props{"width": 1}, "tags": Props{"a.b/c": "1"},
	}
	r := c.client.Must(box, "b", base)
	const (
		add, remove, update = pulumirpc.PropertyDiff_ADD, pulumirpc.PropertyDiff_DELETE, pulumirpc.PropertyDiff_UPDATE
		replace             = pulumirpc.PropertyDiff_UPDATE_REPLACE
	)
	for name, test := range map[string]struct {
		change  Props
		want    map[string]pulumirpc.PropertyDiff_Kind
		replace []string
	}{
		"nothing":                {},
		"the order of a set":     {change: Props{"parts": []any{"b", "a"}}},
		"the form of a document": {change: Props{"policy": `{"a":1}`}},
		"a default, stated":      {change: Props{"color": "grey"}},
		"a value":                {change: Props{"size": 2}, want: map[string]pulumirpc.PropertyDiff_Kind{"size": update}},
		"an element of a set":    {change: Props{"parts": []any{"b", "c"}}, want: map[string]pulumirpc.PropertyDiff_Kind{"parts[0]": remove, "parts[1]": add}},
		"a nested value, new":    {change: Props{"door": Props{"width": 1, "lock": "x"}}, want: map[string]pulumirpc.PropertyDiff_Kind{"door.lock": add}},
		"a tag":                  {change: Props{"tags": Props{"a.b/c": "2"}}, want: map[string]pulumirpc.PropertyDiff_Kind{`tags["a.b/c"]`: update}},
		"a fixed nested value": {
			change: Props{"door": Props{"width": 2}},
			want:   map[string]pulumirpc.PropertyDiff_Kind{"door.width": replace}, replace: []string{"door"},
		},
		"an element of a fixed list": {
			change: Props{"hinges": []any{"l"}},
			want:   map[string]pulumirpc.PropertyDiff_Kind{"hinges[1]": pulumirpc.PropertyDiff_DELETE_REPLACE}, replace: []string{"hinges"},
		},
		"an unknown around a fixed value": {
			change: Props{"door": emulatortest.Unknown},
			want:   map[string]pulumirpc.PropertyDiff_Kind{"door": replace}, replace: []string{"door"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			resp, err := c.client.Diff(r, emulatortest.With(base, test.change))
			require.NoError(t, err)
			got := map[string]pulumirpc.PropertyDiff_Kind{}
			for path, d := range resp.GetDetailedDiff() {
				got[path] = d.GetKind()
				assert.True(t, d.GetInputDiff())
			}
			if test.want == nil {
				test.want = map[string]pulumirpc.PropertyDiff_Kind{}
			}
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.replace, resp.GetReplaces())
			assert.Equal(t, len(got) > 0, resp.GetChanges() == pulumirpc.DiffResponse_DIFF_SOME)
		})
	}
}

func TestDiff_DeletesFirstWhenTheNameIsTaken(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	wide := Props{"size": 1, "door": Props{"width": 2}}

	auto := c.client.Must(box, "auto", Props{"size": 1, "door": Props{"width": 1}})
	resp, err := c.client.Diff(auto, wide)
	require.NoError(t, err)
	assert.False(t, resp.GetDeleteBeforeReplace(), "a chosen name is chosen anew")

	fixed := c.client.Must(box, "fixed", Props{"size": 1, "name": "n", "door": Props{"width": 1}})
	resp, err = c.client.Diff(fixed, emulatortest.With(wide, Props{"name": "n"}))
	require.NoError(t, err)
	assert.True(t, resp.GetDeleteBeforeReplace())

	resp, err = c.client.Diff(fixed, emulatortest.With(wide, Props{"name": "m"}))
	require.NoError(t, err)
	assert.False(t, resp.GetDeleteBeforeReplace(), "another name stands beside the old one")
}

func TestDiffConfig_ReplacesTheProviderOfAnotherRegion(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	resp := diffConfig(t, c, Props{"region": "a"}, Props{"region": "b"})
	assert.Equal(t, []string{"region"}, resp.GetReplaces())
	resp = diffConfig(t, c, Props{"tags": `{"x":"1"}`}, Props{"tags": `{"x":"2"}`})
	assert.Empty(t, resp.GetReplaces())
	assert.Contains(t, resp.GetDetailedDiff(), "tags.x", "nested configuration comes as JSON")
}

func diffConfig(t *testing.T, c *toy, olds, news Props) *pulumirpc.DiffResponse {
	t.Helper()
	resp, err := c.server.DiffConfig(t.Context(), &pulumirpc.DiffRequest{OldInputs: wire(t, olds), News: wire(t, news)})
	require.NoError(t, err)
	return resp
}

func TestDiff_LeavesOutWhatTheProgramIgnores(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	base := Props{"size": 1, "door": Props{"width": 1, "lock": "x"}, "hinges": []any{"l"}}
	r := c.client.Must(box, "b", base)
	change := Props{"size": 2, "door": Props{"width": 2, "lock": "y"}, "hinges": []any{"l", "r"}}
	for ignored, want := range map[string][]string{
		"size":      {"door.width", "door.lock", "hinges[1]"},
		"door":      {"size", "hinges[1]"},
		"door.lock": {"size", "door.width", "hinges[1]"},
		"hinges":    {"size", "door.width", "door.lock"},
		"hing":      {"size", "door.width", "door.lock", "hinges[1]"},
	} {
		resp, err := c.client.Diff(r, emulatortest.With(base, change), ignored)
		require.NoError(t, err)
		assert.ElementsMatch(t, want, slices.Collect(maps.Keys(resp.GetDetailedDiff())), "without %s", ignored)
	}
}
