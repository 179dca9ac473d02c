package emulator_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

// newNativeToy is the toy as a provider that is generated from the cloud's API.
func newNativeToy(t *testing.T, name *emulator.AutoName) *toy {
	t.Helper()
	store, err := emulator.Open(inTemp(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	c := &toy{store: store, world: map[string]bool{}}
	types := c.types()
	types[0].Name, types[0].DeleteFirst, types[0].Volatile, types[0].Defaults = name, true, nil, nil
	c.server, err = emulator.NewProvider(emulator.Cloud{
		Package: "toy", Version: "1.0.0", Schema: toySchema, Types: types, OutputsUnknown: true, Stable: []string{"name"},
	}, store, emulator.Options{})
	require.NoError(t, err)
	c.client = emulatortest.New(t, c.server)
	return c
}

func chosen(fixed bool) *emulator.AutoName {
	return &emulator.AutoName{Property: "name", Fixed: fixed, Choose: func(logical string, seed []byte) (string, error) {
		return logical + "." + string(seed), nil
	}}
}

func TestPreview_KnowsOnlyWhatTheProgramGives(t *testing.T) {
	c := newNativeToy(t, chosen(false))
	plan, err := c.client.Preview(box, "b", Props{"size": 1, "door": Props{"width": 2}})
	require.NoError(t, err)
	unknown := any(emulatortest.Unknown)
	assert.Equal(t, Props{
		"name": "b.b", "size": 1.0, "color": unknown, "serial": unknown, "revision": unknown, "parts": unknown, "hinges": unknown,
		"tags": unknown, "note": unknown, "door": Props{"width": 2.0, "lock": unknown, "key": unknown},
	}, plan.Outputs, "also inside of objects")

	r := c.client.Must(box, "b", Props{"size": 1})
	assert.Equal(t, "s-1", r.Outputs["serial"])
	plan, err = c.client.PreviewUpdate(r, Props{"size": 2})
	require.NoError(t, err)
	assert.Equal(t, 2.0, plan.Outputs["size"])
	assert.Equal(t, "b.b", plan.Outputs["name"], "what no update changes")
	assert.Equal(t, unknown, plan.Outputs["serial"], "any update may change what the cloud sets")
	read, err := c.client.Read(r)
	require.NoError(t, err)
	assert.Equal(t, "s-1", read.Outputs["serial"], "a preview changes nothing")
}

func TestDiff_DeletesFirstUnlessTheNameIsRandom(t *testing.T) {
	wide := Props{"size": 1, "door": Props{"width": 2}}
	for name, test := range map[string]struct {
		naming *emulator.AutoName
		given  Props
		want   bool
	}{
		"a random name":     {chosen(false), Props{}, false},
		"the logical name":  {chosen(true), Props{}, true},
		"a name of its own": {chosen(false), Props{"name": "n"}, true},
		"no name at all":    {nil, Props{"name": "n"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := newNativeToy(t, test.naming)
			r := c.client.Must(box, "b", emulatortest.With(Props{"size": 1, "door": Props{"width": 1}}, test.given))
			resp, err := c.client.Diff(r, emulatortest.With(wide, test.given))
			require.NoError(t, err)
			assert.NotEmpty(t, resp.GetReplaces())
			assert.Equal(t, test.want, resp.GetDeleteBeforeReplace())
			resp, err = c.client.Diff(r, emulatortest.With(Props{"size": 2, "door": Props{"width": 1}}, test.given))
			require.NoError(t, err)
			assert.False(t, resp.GetDeleteBeforeReplace(), "an update deletes nothing")
		})
	}
}
