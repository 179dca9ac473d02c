package engine

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator"
)

// fakeAccount has one cluster.
type fakeAccount struct {
	endpoint, cluster string
	restored          int
	broken            error
	known             map[string][]string
	unlocked          string
}

func (f *fakeAccount) Restore(context.Context) error {
	f.restored++
	return f.broken
}

func (f *fakeAccount) Rollback(_ context.Context, _, stack string, known map[string][]string) ([]emulator.Object, error) {
	f.known = known
	return []emulator.Object{{ID: f.cluster + " of " + stack}}, f.broken
}

func (f *fakeAccount) Unprotect(project, stack string) error {
	f.unlocked = project + "/" + stack
	return f.broken
}

func (f *fakeAccount) ClusterByEndpoint(endpoint string) (string, bool) {
	if endpoint != f.endpoint {
		return "", false
	}
	return f.cluster, true
}

func fakeAccounts() (accounts, *fakeAccount, *fakeAccount) {
	first := &fakeAccount{endpoint: "https://first.example.com", cluster: "first"}
	second := &fakeAccount{endpoint: "https://second.example.com", cluster: "second"}
	return accounts{{cloud: cloud{name: "one"}, account: first}, {cloud: cloud{name: "two"}, account: second}}, first, second
}

func TestAccounts_WorkAsOne(t *testing.T) {
	all, first, second := fakeAccounts()
	require.NoError(t, all.restore(t.Context()))
	assert.Equal(t, []int{1, 1}, []int{first.restored, second.restored})

	require.NoError(t, all.unprotect("dev"))
	assert.Equal(t, []string{"gantry/dev", "gantry/dev"}, []string{first.unlocked, second.unlocked})

	known := map[string][]string{"urn": {"id"}}
	removed, err := all.rollback(t.Context(), "dev", known)
	require.NoError(t, err)
	assert.Equal(t, []emulator.Object{{ID: "first of dev"}, {ID: "second of dev"}}, removed)
	assert.Equal(t, known, first.known)
	assert.Equal(t, known, second.known)

	for endpoint, want := range map[string]string{first.endpoint: "first", second.endpoint: "second", "https://third.example.com": ""} {
		name, ok := all.clusterByEndpoint(endpoint)
		assert.Equal(t, want, name)
		assert.Equal(t, want != "", ok)
	}
}

func TestAccounts_NameTheCloudOfAnError(t *testing.T) {
	all, _, second := fakeAccounts()
	second.broken = errors.New("no port left")
	assert.ErrorContains(t, all.restore(t.Context()), "account of two: no port left")
	_, err := all.rollback(t.Context(), "dev", nil)
	assert.ErrorContains(t, err, "account of two: no port left")
}

func TestOpenAccounts_HoldsOneStoreACloud(t *testing.T) {
	dir := t.TempDir()
	inDir := func(file string) string { return filepath.Join(dir, file) }
	all, err := openAccounts(inDir, nil, 0)
	require.NoError(t, err)
	require.Len(t, all, len(clouds))
	for i, one := range all {
		assert.FileExists(t, inDir(clouds[i].name+".db"))
		info, err := one.server.GetPluginInfo(t.Context(), nil)
		require.NoError(t, err)
		assert.NotEmpty(t, info.GetVersion())
		schema, err := one.server.CheckConfig(t.Context(), &pulumirpc.CheckRequest{})
		require.NoError(t, err)
		assert.Empty(t, schema.GetFailures())
	}
	objects, err := all.objects()
	require.NoError(t, err)
	assert.Empty(t, objects)

	again, err := openAccounts(inDir, nil, 0)
	require.ErrorIs(t, err, errBusy)
	require.NoError(t, again.close())
	require.NoError(t, all.close())
	again, err = openAccounts(inDir, nil, 0)
	require.NoError(t, err, "closing lets go of all of them")
	require.NoError(t, again.close())
}
