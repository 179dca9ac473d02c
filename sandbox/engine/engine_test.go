package engine_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/sandbox/engine"
	"gantry.dev/gantry/sandbox/localkube/agent"
)

// The test binary also is the other processes of a sandbox: the agent of a
// control plane, and an up that a test can kill.
const upRole = "up"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case agent.CommandName:
			command := agent.NewCommand()
			command.SetArgs(os.Args[2:])
			exit(command.Execute())
		case upRole:
			exit(runUp(os.Args[2:]))
		}
	}
	flag.Parse()
	os.Exit(m.Run())
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// runUp is make up: a process that a test can kill.
func runUp(arguments []string) error {
	ctx := context.Background()
	opened := options(arguments[0], arguments[1], arguments[2])
	opened.Cloud = arguments[3]
	sandbox, err := engine.Open(ctx, opened)
	if err != nil {
		return err
	}
	_, err = sandbox.Up(ctx)
	if closeErr := sandbox.Close(); err == nil {
		err = closeErr
	}
	return err
}

func options(project, home, stack string) engine.Options {
	bin, err := filepath.Abs(filepath.Join("..", "..", ".gantry", "bin"))
	if err != nil {
		panic(err)
	}
	return engine.Options{
		Project: project, Home: home, Bin: bin, Stack: stack, Out: os.Stdout,
		Agent: []string{os.Args[0], agent.CommandName},
	}
}

// repository is the folder of the shipped stacks.
func repository(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	return dir
}

// world is a sandbox of its own for one test; what the test leaves running is
// ended after it.
type world struct {
	*testing.T
	project, home string
	// cloud stands in for the one of the stacks; empty: their own.
	cloud string
}

// newWorld is a world on the clouds that the project's stacks name.
func newWorld(t *testing.T, project string) *world {
	t.Helper()
	return newWorldOn(t, project, "")
}

// newWorldOn is a world in which all stacks are on one cloud.
func newWorldOn(t *testing.T, project, cloud string) *world {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a control plane")
	}
	for _, tool := range []string{"pulumi", "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"} {
		if _, err := os.Stat(filepath.Join(repository(t), ".gantry", "bin", tool)); err != nil {
			t.Skipf("%s is not built: run make build", tool)
		}
	}
	w := &world{T: t, project: project, home: t.TempDir(), cloud: cloud}
	t.Cleanup(func() {
		clusters := engine.Clusters(options(project, w.home, ""))
		names, err := clusters.Names()
		assert.NoError(t, err)
		for _, name := range names {
			assert.NoError(t, clusters.DeleteCluster(context.Background(), name))
		}
	})
	return w
}

// options of a sandbox of the world.
func (w *world) options(stack string) engine.Options {
	o := options(w.project, w.home, stack)
	o.Cloud = w.cloud
	return o
}

// with opens the sandbox for the length of do.
func (w *world) with(stack string, do func(ctx context.Context, sandbox *engine.Sandbox)) {
	w.Helper()
	ctx := context.Background()
	sandbox, err := engine.Open(ctx, w.options(stack))
	require.NoError(w, err)
	defer func() { require.NoError(w, sandbox.Close()) }()
	do(ctx, sandbox)
}

func (w *world) up(stack string) (changes engine.Changes) {
	w.Helper()
	w.with(stack, func(ctx context.Context, sandbox *engine.Sandbox) {
		var err error
		changes, err = sandbox.Up(ctx)
		require.NoError(w, err)
	})
	return changes
}

func (w *world) refresh(stack string) (changes engine.Changes) {
	w.Helper()
	w.with(stack, func(ctx context.Context, sandbox *engine.Sandbox) {
		var err error
		changes, err = sandbox.Refresh(ctx)
		require.NoError(w, err)
	})
	return changes
}

// downToNothing destroys the stack and requires that nothing is left of it.
func (w *world) downToNothing(stack string) {
	w.Helper()
	w.with(stack, func(ctx context.Context, sandbox *engine.Sandbox) {
		_, err := sandbox.Down(ctx)
		require.NoError(w, err)
		objects, err := sandbox.Objects()
		require.NoError(w, err)
		assert.Empty(w, objects, "the emulated accounts")
	})
	names, err := engine.Clusters(options(w.project, w.home, stack)).Names()
	require.NoError(w, err)
	assert.Empty(w, names, "control planes")
}

// localCluster is the name of the control plane of a stack that is up.
func (w *world) localCluster(stack string) (name string) {
	w.Helper()
	w.with(stack, func(ctx context.Context, sandbox *engine.Sandbox) {
		var err error
		name, err = sandbox.LocalCluster(ctx)
		require.NoError(w, err)
	})
	require.NotEmpty(w, name)
	return name
}

func (w *world) client(cluster string) kubernetes.Interface {
	w.Helper()
	config, err := engine.Clusters(options(w.project, w.home, "")).RESTConfig(cluster)
	require.NoError(w, err)
	client, err := kubernetes.NewForConfig(config)
	require.NoError(w, err)
	return client
}

// projectWith copies the project and the dev stack into a folder of the test
// and lets change edit the stack's configuration.
func projectWith(t *testing.T, change func(config map[string]any)) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"Pulumi.yaml", "Pulumi.dev.yaml"} {
		data, err := os.ReadFile(filepath.Join(repository(t), name))
		require.NoError(t, err)
		if name == "Pulumi.dev.yaml" {
			var stack map[string]map[string]any
			require.NoError(t, yaml.Unmarshal(data, &stack))
			change(stack["config"])
			data, err = yaml.Marshal(stack)
			require.NoError(t, err)
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	return dir
}
