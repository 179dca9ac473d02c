package emulator_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

type Props = emulatortest.Props

const (
	box = "toy:index/box:Box"
	lid = "toy:index/lid:Lid"
)

// toy is a cloud of boxes and of lids that lie on them.
type toy struct {
	store   *emulator.Store
	server  *emulator.Provider
	client  *emulatortest.Client
	world   map[string]bool // what exists outside the account
	broken  error           // makes the world outside fail
}

var toySchema = emulator.Schema{
	Config: map[string]emulator.PropertyType{"region": "string?", "tags": "map[string]string?"},
	Resources: map[string]emulator.ResourceSchema{
		box: {
			Inputs: map[string]emulator.PropertyType{
				"name": "string?", "prefix": "string?", "size": "integer", "color": "string?", "policy": "string?",
				"parts": "[]string?", "hinges": "[]string?", "door": "Door?", "tags": "map[string]string?",
			},
			Outputs: map[string]emulator.PropertyType{
				"name": "string", "size": "integer", "color": "string", "serial": "string", "revision": "integer",
				"parts": "[]string", "hinges": "[]string", "door": "Door?", "tags": "map[string]string", "note": "string",
			},
		},
		lid: {
			Inputs:  map[string]emulator.PropertyType{"box": "string"},
			Outputs: map[string]emulator.PropertyType{"box": "string"},
		},
	},
	Objects: map[string]map[string]emulator.PropertyType{
		"Door": {"width": "integer", "lock": "string?", "key": "string?"},
	},
}

func newToy(t *testing.T, path string, options emulator.Options) *toy {
	t.Helper()
	store, err := emulator.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	c := &toy{store: store, world: map[string]bool{}}
	c.server, err = emulator.NewProvider(emulator.Cloud{
		Package: "toy", Version: "1.2.3", Schema: toySchema, Types: c.types(),
		ReplaceConfig: []string{"region"},
	}, store, options)
	require.NoError(t, err)
	c.client = emulatortest.New(t, c.server)
	return c
}

func inTemp(t *testing.T) string { return filepath.Join(t.TempDir(), "clouds", "toy.db") }

func (c *toy) types() []emulator.Type {
	return []emulator.Type{
		{
			Token: box, Source: "the toy", Replace: []string{"name", "door.width", "hinges"}, Sets: []string{"parts"},
			JSON: []string{"policy"}, Name: &emulator.AutoName{Property: "name", Unless: "prefix", MaxLength: 20},
			Defaults: emulator.Properties{"color": "grey"}, Computed: []string{"door.key"},
			Volatile: func(_, _ emulator.Properties) []string { return []string{"revision"} },
			InUse:    func(o, _ emulator.Object) error { return errors.New("box " + o.ID + " has a lid on it") },
			Create: func(op *emulator.Op) error {
				op.Object.ID = op.In().String("name")
				op.Out()["serial"], op.Out()["revision"] = "s-1", 1
				return nil
			},
			Update: func(op *emulator.Op) error {
				op.Out()["revision"] = op.Old.Outputs.Int("revision") + 1
				return nil
			},
			Apply: func(_ context.Context, o emulator.Object) error {
				c.world[o.ID] = true
				return c.broken
			},
			Remove: func(_ context.Context, o emulator.Object) error {
				delete(c.world, o.ID)
				return nil
			},
		},
		{
			Token: lid, Source: "the toy", Replace: []string{"box"},
			Refs: []emulator.Ref{{
				Path: "box", To: []emulator.Target{{Token: box, Holds: true}},
				Missing: func(v string) error { return errors.New("no box " + v) },
			}},
			Create: func(op *emulator.Op) error {
				op.Object.ID = "lid-of-" + op.In().String("box")
				return nil
			},
		},
	}
}

func (c *toy) objects(t *testing.T) []emulator.Object {
	t.Helper()
	objects, err := c.store.Objects()
	require.NoError(t, err)
	return objects
}

func TestProvider_ReportsTheVersionThatTheSDKAsksFor(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	info, err := c.server.GetPluginInfo(t.Context(), nil)
	require.NoError(t, err)
	assert.Equal(t, "1.2.3", info.GetVersion())
}

func TestNewProvider_RefusesTablesThatContradictTheSchema(t *testing.T) {
	create := func(*emulator.Op) error { return nil }
	for name, types := range map[string][]emulator.Type{
		"is not in the schema": {{Token: "toy:index/ball:Ball", Source: "x", Create: create}},
		"needs a Source":       {{Token: box, Create: create}},
		"has two tables":       {{Token: box, Source: "x", Create: create}, {Token: box, Source: "x", Create: create}},
	} {
		_, err := emulator.NewProvider(emulator.Cloud{Package: "toy", Version: "1.0.0", Schema: toySchema, Types: types}, nil, emulator.Options{})
		assert.ErrorContains(t, err, name)
	}
}

func TestProvider_NamesAnUnknownTypeAndFunction(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	_, err := c.client.Create("toy:index/ball:Ball", "b", Props{})
	assert.ErrorContains(t, err, "has no type toy:index/ball:Ball")
	_, err = c.client.Invoke("toy:index/count:count", Props{})
	assert.ErrorContains(t, err, "has no function toy:index/count:count")
}

func TestCheck_ReportsEveryProblemWithItsPath(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	_, err := c.client.Check(box, "b", nil, Props{
		"colour": "red", "parts": []any{"a", 1}, "door": Props{"lock": true}, "tags": Props{"a": 1},
	})
	for _, problem := range []string{
		"colour is not a property; known are color, door",
		"size is required",
		"parts[1] expected string, got a number",
		"door.lock expected string, got a boolean",
		"door.width is required",
		"tags.a expected string, got a number",
	} {
		assert.ErrorContains(t, err, problem)
	}
}

func TestCheck_TakesUnknownsForEverything(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	_, err := c.client.Check(box, "b", nil, Props{"size": emulatortest.Unknown, "parts": emulatortest.Unknown, "door": emulatortest.Unknown})
	assert.NoError(t, err)
}

func TestCheck_ChoosesAName(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	first, err := c.client.Check(box, "b", nil, Props{"size": 1})
	require.NoError(t, err)
	assert.Regexp(t, `^b-[0-9a-f]{7}$`, first["name"])

	again, err := c.client.Check(box, "b", nil, Props{"size": 1})
	require.NoError(t, err)
	assert.Equal(t, first["name"], again["name"], "the seed makes preview and update agree")

	kept, err := c.client.Check(box, "other", first, Props{"size": 2})
	require.NoError(t, err)
	assert.Equal(t, first["name"], kept["name"], "a chosen name stays")

	given, err := c.client.Check(box, "b", nil, Props{"size": 1, "name": "mine"})
	require.NoError(t, err)
	assert.Equal(t, "mine", given["name"])

	prefixed, err := c.client.Check(box, "b", nil, Props{"size": 1, "prefix": "p-"})
	require.NoError(t, err)
	assert.NotContains(t, prefixed, "name")

	_, err = c.client.Check(box, "a-logical-name-that-is-too-long", nil, Props{"size": 1})
	assert.ErrorContains(t, err, "longer than maximum length 20")
}

func TestPreview_MarksWhatOnlyTheCloudKnows(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	r, err := c.client.Preview(box, "b", Props{"size": 1, "door": Props{"width": 2}})
	require.NoError(t, err)
	assert.Empty(t, r.ID)
	assert.Equal(t, 1.0, r.Outputs["size"])
	assert.Equal(t, "grey", r.Outputs["color"], "defaults are known")
	assert.Equal(t, emulatortest.Unknown, r.Outputs["serial"])
	assert.Equal(t, Props{"width": 2.0, "key": emulatortest.Unknown}, r.Outputs["door"])
	assert.NotContains(t, r.Outputs, "parts", "an absent list is probably empty")
	assert.Empty(t, c.objects(t), "a preview creates nothing")
}

func TestCreate_FillsInWhatTheSDKCountsOn(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	r := c.client.Must(box, "b", Props{"size": 1, "name": "one"})
	assert.Equal(t, "one", r.ID)
	assert.Equal(t, Props{
		"name": "one", "size": 1.0, "color": "grey", "serial": "s-1", "revision": 1.0, "note": "",
	}, r.Outputs)
	assert.True(t, c.world["one"])

	_, err := c.client.Create(box, "again", Props{"size": 1, "name": "one"})
	assert.ErrorContains(t, err, "creating again: one exists already")
}

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

func TestUpdate_KeepsWhatTheCloudSet(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	r := c.client.Must(box, "b", Props{"size": 1, "color": "red", "tags": Props{"a": "1", "b": "2"}})
	news := Props{"size": 2, "tags": Props{"a": "1"}}

	plan, err := c.client.PreviewUpdate(r, news)
	require.NoError(t, err)
	assert.Equal(t, emulatortest.Unknown, plan.Outputs["revision"])
	assert.Equal(t, "s-1", plan.Outputs["serial"])
	read, err := c.client.Read(r)
	require.NoError(t, err)
	assert.Equal(t, 1.0, read.Outputs["size"], "a preview changes nothing")

	updated, err := c.client.Update(r, news)
	require.NoError(t, err)
	assert.Equal(t, 2.0, updated.Outputs["size"])
	assert.Equal(t, 2.0, updated.Outputs["revision"])
	assert.Equal(t, "grey", updated.Outputs["color"], "an input taken away falls back to its default")
	assert.Equal(t, Props{"a": "1"}, updated.Outputs["tags"])

	again, err := c.client.Update(r, news)
	require.NoError(t, err)
	assert.Equal(t, 2.0, again.Outputs["revision"], "an update that was made is not made twice")
}

func TestReadAndUpdate_TellWhatIsGone(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	r := c.client.Must(box, "b", Props{"size": 1})
	found, err := c.store.Remove(box, r.ID)
	require.NoError(t, err)
	require.True(t, found)

	read, err := c.client.Read(r)
	require.NoError(t, err)
	assert.Empty(t, read.ID)
	_, err = c.client.Update(r, Props{"size": 2})
	assert.ErrorContains(t, err, "is not in the account any more")
	assert.NoError(t, c.client.Delete(r), "what is gone counts as deleted")
}

func TestRefs_HoldTheirTarget(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	_, err := c.client.Create(lid, "l", Props{"box": "b"})
	assert.ErrorContains(t, err, "no box b")

	b := c.client.Must(box, "b", Props{"size": 1, "name": "b"})
	l := c.client.Must(lid, "l", Props{"box": "b"})
	assert.ErrorContains(t, c.client.Delete(b), "deleting b: box b has a lid on it")
	assert.True(t, c.world["b"], "a refused delete leaves the world outside alone")
	require.NoError(t, c.client.Delete(l))
	require.NoError(t, c.client.Delete(b))
	assert.Empty(t, c.objects(t))
	assert.False(t, c.world["b"])
}

func TestCreate_LeavesNothingBehindWhenItFails(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	c.broken = errors.New("no power")
	_, err := c.client.Create(box, "b", Props{"size": 1, "name": "b"})
	assert.ErrorContains(t, err, "creating b: no power")
	assert.Empty(t, c.objects(t))
	assert.Empty(t, c.world)
}

func TestCreate_WaitsForReadiness(t *testing.T) {
	asked := 0
	c := newToyReady(t, func() error {
		if asked++; asked < 3 {
			return errors.New("not yet")
		}
		return nil
	}, time.Minute)
	c.client.Must(box, "b", Props{"size": 1})
	assert.Equal(t, 3, asked)

	c = newToyReady(t, func() error { return errors.New("never") }, 0)
	_, err := c.client.Create(box, "b", Props{"size": 1})
	assert.ErrorContains(t, err, "never")
	assert.Empty(t, c.objects(t))
}

func newToyReady(t *testing.T, ready func() error, patience time.Duration) *toy {
	t.Helper()
	store, err := emulator.Open(inTemp(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	c := &toy{store: store, world: map[string]bool{}}
	types := c.types()
	types[0].Ready = func(*emulator.Tx, emulator.Object) error { return ready() }
	c.server, err = emulator.NewProvider(emulator.Cloud{Package: "toy", Version: "1.0.0", Schema: toySchema, Types: types}, store, emulator.Options{Patience: patience})
	require.NoError(t, err)
	c.client = emulatortest.New(t, c.server)
	return c
}

func TestCancel_UndoesWhatIsUnderWay(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{Latency: func(string) time.Duration { return time.Hour }})
	failed := make(chan error)
	go func() {
		_, err := c.client.Create(box, "b", Props{"size": 1})
		failed <- err
	}()
	require.Eventually(t, func() bool { return len(c.objects(t)) == 1 }, 10*time.Second, time.Millisecond,
		"the object is in the account while it comes up")
	_, err := c.server.Cancel(t.Context(), nil)
	require.NoError(t, err)
	assert.ErrorContains(t, <-failed, "creating b: cancelled")
	assert.Empty(t, c.objects(t))

}

func TestConfigure_BeginsARunAfterACancelledOne(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	_, err := c.server.Cancel(t.Context(), nil)
	require.NoError(t, err)
	_, err = c.client.Create(box, "b", Props{"size": 1})
	assert.ErrorContains(t, err, "cancelled")
	require.NoError(t, c.client.Configure(Props{}))
	c.client.Must(box, "b", Props{"size": 1})
}

func diffConfig(t *testing.T, c *toy, olds, news Props) *pulumirpc.DiffResponse {
	t.Helper()
	resp, err := c.server.DiffConfig(t.Context(), &pulumirpc.DiffRequest{OldInputs: wire(t, olds), News: wire(t, news)})
	require.NoError(t, err)
	return resp
}

func wire(t *testing.T, props Props) *structpb.Struct {
	t.Helper()
	w, err := structpb.NewStruct(props)
	require.NoError(t, err)
	return w
}

func TestCheckConfig_RefusesUnknownSettings(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	resp, err := c.server.CheckConfig(t.Context(), &pulumirpc.CheckRequest{News: wire(t, Props{"regoin": "a", "version": "1.2.3"})})
	require.NoError(t, err)
	require.Len(t, resp.GetFailures(), 1)
	assert.Equal(t, "regoin", resp.GetFailures()[0].GetProperty())
}
