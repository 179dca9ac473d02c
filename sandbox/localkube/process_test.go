package localkube

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sleeper is a cluster of one component that only sleeps.
func sleeper(t *testing.T) (*cluster, component) {
	t.Helper()
	c := &cluster{name: "test", dir: t.TempDir(), opts: &Options{}}
	require.NoError(t, os.MkdirAll(c.path("run"), 0o700))
	require.NoError(t, os.MkdirAll(c.path("logs"), 0o700))
	program, err := exec.LookPath("sleep")
	require.NoError(t, err)
	// Unusual durations, so that no other process on the machine matches.
	return c, component{name: "sleeper", command: []string{program}, args: []string{"86399.25"}, identity: "86399.25"}
}

func TestStopEndsWhatWasStarted(t *testing.T) {
	c, comp := sleeper(t)
	k, err := c.start(comp)
	require.NoError(t, err)
	pid, ok := c.recorded(comp)
	require.True(t, ok)
	require.Equal(t, k.pid, pid)

	require.NoError(t, c.stopAll(t.Context(), []component{comp}))
	<-k.exited
	_, ok = c.recorded(comp)
	assert.False(t, ok)
}

func TestStopFindsWhatWasNeverRecorded(t *testing.T) {
	c, comp := sleeper(t)
	k, err := c.start(comp)
	require.NoError(t, err)
	require.NoError(t, os.Remove(c.pidFile(comp.name)))

	require.NoError(t, c.stopAll(t.Context(), []component{comp}))
	<-k.exited
}

func TestRecycledPIDIsNeverKilled(t *testing.T) {
	c, comp := sleeper(t)
	bystander := exec.Command(comp.command[0], "86398.5")
	require.NoError(t, bystander.Start())
	t.Cleanup(func() { _ = bystander.Process.Kill(); _ = bystander.Wait() })

	t.Run("with another start time", func(t *testing.T) {
		same := comp
		same.args, same.identity = []string{"86398.5"}, "86398.5"
		require.NoError(t, c.writeRecord(comp.name, bystander.Process.Pid))
		_, ok := c.recorded(same)
		require.True(t, ok, "the record is good")

		data, err := os.ReadFile(c.pidFile(comp.name))
		require.NoError(t, err)
		var r record
		require.NoError(t, json.Unmarshal(data, &r))
		r.Started -= 60_000
		data, err = json.Marshal(r)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(c.pidFile(comp.name), data, 0o600))
		_, ok = c.recorded(same)
		assert.False(t, ok)
	})
	t.Run("with other arguments", func(t *testing.T) {
		require.NoError(t, c.writeRecord(comp.name, bystander.Process.Pid))
		require.NoError(t, c.stopAll(t.Context(), []component{comp}))
		assert.True(t, isAlivePID(bystander.Process.Pid))
	})
}

func TestErrorOfADeadComponentShowsItsLog(t *testing.T) {
	c, comp := sleeper(t)
	comp.args = []string{"not-a-duration"}
	k, err := c.start(comp)
	require.NoError(t, err)
	<-k.exited
	assert.ErrorContains(t, c.diedEarly(comp, k), "not-a-duration")
}
