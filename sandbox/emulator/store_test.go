package emulator_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator"
)

func TestStore_SurvivesARestart(t *testing.T) {
	path := inTemp(t)
	store, err := emulator.Open(path)
	require.NoError(t, err)
	_, err = emulator.NewProvider(emulator.Cloud{Package: "toy", Version: "1.0.0", Schema: toySchema}, store, emulator.Options{})
	require.NoError(t, err)
	require.NoError(t, store.Close())

	first := newToy(t, path, emulator.Options{})
	b := first.client.Must(box, "b", Props{"size": 1, "name": "b", "tags": Props{"a": "1"}})
	first.client.Must(lid, "l", Props{"box": "b"})
	before := first.objects(t)
	require.NoError(t, first.store.Close())

	second := newToy(t, path, emulator.Options{})
	assert.Equal(t, before, second.objects(t))
	assert.Equal(t, []string{box, lid}, []string{before[0].Token, before[1].Token}, "in the order of creation")
	assert.Equal(t, b.URN, before[0].URN)
	read, err := second.client.Read(b)
	require.NoError(t, err)
	assert.Equal(t, b, read, "what is read is what was created, so a refresh finds no drift")

	require.NoError(t, second.server.Restore(t.Context()))
	assert.True(t, second.world["b"], "the world outside is brought back up")
}

func TestOpen_RefusesAnAccountThatIsInUse(t *testing.T) {
	path := inTemp(t)
	newToy(t, path, emulator.Options{})
	_, err := emulator.Open(path)
	assert.ErrorIs(t, err, emulator.ErrLocked)
}

func TestRollback_DeletesWhatTheEngineDoesNotKnow(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	kept := c.client.Must(box, "kept", Props{"size": 1})
	b := c.client.Must(box, "b", Props{"size": 1, "name": "b"})
	l := c.client.Must(lid, "l", Props{"box": "b"})
	c.client.Stack = "prod"
	c.client.Must(box, "other-stack", Props{"size": 1})
	c.client.Stack, c.client.Project = "dev", "elsewhere"
	c.client.Must(box, "elsewhere", Props{"size": 1})

	known := map[string][]string{kept.URN: {kept.ID}, b.URN: {"an older b"}}
	deleted, err := c.server.Rollback(t.Context(), "test", "dev", known)
	require.NoError(t, err)
	require.Len(t, deleted, 2)
	assert.Equal(t, []string{l.ID, b.ID}, []string{deleted[0].ID, deleted[1].ID}, "the newest first")
	assert.Len(t, c.objects(t), 3)
	assert.False(t, c.world["b"], "the world outside is rolled back too")

	deleted, err = c.server.Rollback(t.Context(), "test", "dev", known)
	require.NoError(t, err)
	assert.Empty(t, deleted, "a second rollback finds nothing")
}

func TestRollback_SaysWhatItCannotDelete(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	c.client.Must(box, "b", Props{"size": 1, "name": "b"})
	l := c.client.Must(lid, "l", Props{"box": "b"})
	_, err := c.server.Rollback(t.Context(), "test", "dev", map[string][]string{l.URN: {l.ID}})
	assert.ErrorContains(t, err, "rolling back toy:index/box:Box b: box b has a lid on it")
}
