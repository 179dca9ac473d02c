package emulator_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

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
