package emulator_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

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
	store  *emulator.Store
	server *emulator.Provider
	client *emulatortest.Client
	world  map[string]bool // what exists outside the account
	broken error           // makes the world outside fail
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

func wire(t *testing.T, props Props) *structpb.Struct {
	t.Helper()
	w, err := structpb.NewStruct(props)
	require.NoError(t, err)
	return w
}
