package emulatortest

import (
	"path/filepath"
	"slices"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/localkube"
)

// Account is an emulated account of the cloud C with a client, and what a test
// has made in it.
type Account[C emulator.Upkeep] struct {
	*Client
	Cloud C
	Kube  *ControlPlanes
	// All resources that Add created, in the order of creation, and By name.
	All []Resource
	By  map[string]Resource

	store *emulator.Store
	open  func(*ControlPlanes) *Account[C]
}

// NewAccount is an empty account whose provider is configured. The main cluster
// is the one that Kube.Nodes looks into; newProvider serves the account of a
// store.
func NewAccount[C emulator.Upkeep, O any](
	t *testing.T, main string, config Props,
	newProvider func(*emulator.Store, localkube.ControlPlanes, O) (pulumirpc.ResourceProviderServer, C), options O,
) *Account[C] {
	t.Helper()
	path := filepath.Join(t.TempDir(), "account.db")
	var open func(*ControlPlanes) *Account[C]
	open = func(kube *ControlPlanes) *Account[C] {
		t.Helper()
		store, err := emulator.Open(path)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		server, cloud := newProvider(store, kube, options)
		a := &Account[C]{Client: New(t, server), Cloud: cloud, Kube: kube, By: map[string]Resource{}, store: store, open: open}
		require.NoError(t, a.Configure(config))
		return a
	}
	return open(NewControlPlanes(main))
}

// Objects are everything in the account.
func (a *Account[C]) Objects() []emulator.Object {
	a.T.Helper()
	objects, err := a.store.Objects()
	require.NoError(a.T, err)
	return objects
}

// Add creates a resource that nothing is wrong with, and keeps it.
func (a *Account[C]) Add(token, name string, props Props) Resource {
	a.T.Helper()
	r := a.Must(token, name, props)
	a.All = append(a.All, r)
	a.By[name] = r
	return r
}

// Drop deletes a resource, by name.
func (a *Account[C]) Drop(name string) {
	a.T.Helper()
	require.NoError(a.T, a.Delete(a.By[name]))
}

// TakeDown deletes all resources, the newest first.
func (a *Account[C]) TakeDown() {
	a.T.Helper()
	for _, r := range slices.Backward(a.All) {
		require.NoError(a.T, a.Delete(r), r.URN)
	}
}

// Text is an output of a resource, by name.
func (a *Account[C]) Text(name, output string) string {
	a.T.Helper()
	text, ok := a.By[name].Outputs[output].(string)
	require.True(a.T, ok, "%s of %s", output, name)
	return text
}

// Known are the ids of all resources by URN, as the engine keeps them.
func (a *Account[C]) Known() map[string][]string {
	known := map[string][]string{}
	for _, r := range a.All {
		known[r.URN] = append(known[r.URN], r.ID)
	}
	return known
}

// Restart is the account after a restart of the sandbox, which finds everything
// in it but no cluster running, and restores those.
func (a *Account[C]) Restart() *Account[C] {
	a.T.Helper()
	before := a.Objects()
	require.NoError(a.T, a.store.Close())

	again := a.open(NewControlPlanes(a.Kube.main))
	assert.Equal(a.T, before, again.Objects())
	require.NoError(a.T, again.Cloud.Restore(a.T.Context()))
	return again
}

// Unchanged takes a second run of the program with the same props, and a refresh
// that found r as found. Neither is to make a difference.
func (a *Account[C]) Unchanged(r, found Resource, props Props) {
	a.T.Helper()
	assert.Equal(a.T, r, found)
	diff, err := a.Diff(r, props)
	require.NoError(a.T, err)
	assert.Empty(a.T, diff.GetDetailedDiff(), r.URN)
}
