package emulator_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

func TestProtected_RefusesADeleteAndNotTheUndoingOfACreation(t *testing.T) {
	store, err := emulator.Open(inTemp(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	c := &toy{store: store, world: map[string]bool{}}
	types := c.types()
	locked := true
	types[0].Protected = func(tx *emulator.Tx, o emulator.Object) error {
		if _, exists := tx.Get(box, o.ID); exists && locked {
			return errors.New("the box is locked")
		}
		return nil
	}
	server, err := emulator.NewProvider(emulator.Cloud{Package: "toy", Version: "1.0.0", Schema: toySchema, Types: types}, store, emulator.Options{})
	require.NoError(t, err)
	client := emulatortest.New(t, server)

	b := client.Must(box, "b", Props{"size": 1})
	assert.ErrorContains(t, client.Delete(b), "deleting b: the box is locked")
	assert.True(t, c.world[b.ID], "a refused delete leaves the world outside alone")

	c.broken = errors.New("no power")
	_, err = client.Create(box, "failing", Props{"size": 1})
	assert.ErrorContains(t, err, "no power")
	assert.Len(t, c.objects(t), 1, "what failed is gone")
	c.broken = nil
	_, err = server.Rollback(t.Context(), "test", "dev", nil)
	require.NoError(t, err)
	assert.Empty(t, c.objects(t), "an interrupted creation is undone")

	b = client.Must(box, "b", Props{"size": 1})
	locked = false
	require.NoError(t, client.Delete(b))
}

func TestUnprotect_OpensTheLocksOfOneStack(t *testing.T) {
	store, err := emulator.Open(inTemp(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	c := &toy{store: store, world: map[string]bool{}}
	types := c.types()
	types[0].Lock = "locked"
	types[0].Protected = func(_ *emulator.Tx, o emulator.Object) error {
		if o.Outputs.Bool("locked") {
			return errors.New("the box is locked")
		}
		return nil
	}
	schema := toySchema
	schema.Resources = maps.Clone(schema.Resources)
	boxes := schema.Resources[box]
	boxes.Inputs, boxes.Outputs = maps.Clone(boxes.Inputs), maps.Clone(boxes.Outputs)
	boxes.Inputs["locked"], boxes.Outputs["locked"] = "boolean?", "boolean?"
	schema.Resources[box] = boxes
	server, err := emulator.NewProvider(emulator.Cloud{Package: "toy", Version: "1.0.0", Schema: schema, Types: types}, store, emulator.Options{})
	require.NoError(t, err)
	client := emulatortest.New(t, server)
	b := client.Must(box, "b", Props{"size": 1, "locked": true})

	require.NoError(t, server.Unprotect("test", "another"))
	assert.ErrorContains(t, client.Delete(b), "the box is locked")
	require.NoError(t, server.Unprotect("test", "dev"))
	require.NoError(t, client.Delete(b))
}
