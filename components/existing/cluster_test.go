package existing

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/componenttest"
	"gantry.dev/gantry/modules/spec"
)

const file = `
clusters: [{name: here, cluster: {server: "https://127.0.0.1:6443"}}]
contexts: [{name: kind-ml, context: {cluster: here, user: me}}]
users: [{name: me, user: {token: hunter2}}]
`

func args(t *testing.T) *Args {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config")
	require.NoError(t, os.WriteFile(path, []byte(file), 0o600))
	return &Args{
		Platform: spec.Platform{
			Name: "gantry-lab", Cloud: spec.Existing,
			Existing: spec.ExistingCluster{
				Kubeconfig: path, Context: "kind-ml",
				StorageClasses: spec.ExistingStorage{Block: "standard", Shared: "nfs"},
			},
		},
		Pools: []spec.PoolPlan{{Pool: spec.Pool{Name: "gpu"}, Foreign: true}},
	}
}

func run(a *Args) (*cluster.Handle, *componenttest.Recorder, error) {
	var handle *cluster.Handle
	rec := &componenttest.Recorder{}
	err := rec.Run(func(ctx *pulumi.Context) error {
		c, err := New(ctx, "cluster", a)
		if err == nil {
			handle = c.Handle
			_, err = cluster.NewProvider(ctx, "kubernetes", handle)
		}
		return err
	})
	return handle, rec, err
}

func TestNew_MakesNothingAndLeavesCredentialsInTheFile(t *testing.T) {
	a := args(t)
	handle, rec, err := run(a)
	require.NoError(t, err)

	assert.Len(t, rec.All(), 2, "the component and the provider: no resource of a cloud")
	provider := rec.Named(t, "kubernetes")
	assert.Equal(t, a.Platform.Existing.Kubeconfig, provider.Input(t, "kubeconfig"), "a path: no token reaches the state")
	assert.Equal(t, "kind-ml", provider.Input(t, "context"))
	assert.Equal(t, "gantry-lab", handle.Name)
	assert.Equal(t, a.Pools, handle.Pools)
}

func TestNew_UsesTheClassesThatAreThere(t *testing.T) {
	handle, _, err := run(args(t))
	require.NoError(t, err)

	shared, ok := handle.Storage.For(cluster.ReadWriteMany)
	require.True(t, ok)
	assert.Equal(t, "nfs", shared.Name)
	assert.True(t, shared.Exists)
	_, ok = handle.Storage.For(cluster.ReadOnlyMany)
	assert.False(t, ok)
}

func TestNew_AnotherClusterHasAnotherIdentifier(t *testing.T) {
	identifier := func(change func(*Args)) any {
		a := args(t)
		change(a)
		_, rec, err := run(a)
		require.NoError(t, err)
		return rec.Named(t, "kubernetes").Input(t, "clusterIdentifier")
	}
	same := identifier(func(*Args) {})
	assert.Equal(t, same, identifier(func(*Args) {}), "wherever the file lies")
	assert.NotEqual(t, same, identifier(func(a *Args) {
		moved := []byte("clusters: [{name: h, cluster: {server: 'https://10.0.0.1'}}]\ncontexts: [{name: kind-ml, context: {cluster: h}}]")
		require.NoError(t, os.WriteFile(a.Platform.Existing.Kubeconfig, moved, 0o600))
	}))
}

func TestNew_SaysWhatItDoesNotFind(t *testing.T) {
	unknown := args(t)
	unknown.Platform.Existing.Context = "prod"
	_, rec, err := run(unknown)
	require.ErrorContains(t, err, `has no context "prod": use one of kind-ml`)
	assert.Empty(t, rec.All())

	nowhere := args(t)
	nowhere.Platform.Existing.Kubeconfig = "/nowhere/config"
	_, _, err = run(nowhere)
	require.ErrorContains(t, err, "gantry:existing.kubeconfig")

	_, _, err = run(nil)
	require.ErrorContains(t, err, "no arguments")
}

func TestKubeconfigFile_IsFoundAsKubectlFindsIt(t *testing.T) {
	t.Setenv("HOME", "/home/me")
	t.Setenv("KUBECONFIG", "")
	for given, want := range map[string]string{
		"":              "/home/me/.kube/config",
		"~/clusters/ml": "/home/me/clusters/ml",
		"/etc/config":   "/etc/config",
	} {
		got, err := kubeconfigFile(given)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	t.Setenv("KUBECONFIG", "/first:/second")
	got, err := kubeconfigFile("")
	require.NoError(t, err)
	assert.Equal(t, "/first", got)
}
