package kubeprovider

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/status"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"gantry.dev/gantry/sandbox/localkube"
	"gantry.dev/gantry/sandbox/localkube/agent"
)

// agentArgument has the test binary play the agent of a local cluster.
const agentArgument = "local-cluster-agent"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == agentArgument {
		cmd := agent.NewCommand()
		cmd.SetArgs(os.Args[2:])
		if err := cmd.ExecuteContext(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	controlPlane.stop()
	os.Exit(code)
}

// controlPlane is one local cluster for all tests of the package, started by
// the first one that needs it.
var controlPlane localControlPlane

type localControlPlane struct {
	once     sync.Once
	dir      string
	clusters *localkube.Clusters
	err      error
}

const testCluster = "kubeprovider"

func (l *localControlPlane) start(t *testing.T) *rest.Config {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	bin := filepath.Join(filepath.Dir(file), "..", "..", ".gantry", "bin")
	for _, program := range []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"} {
		if _, err := os.Stat(filepath.Join(bin, program)); err != nil {
			t.Skipf("needs a control plane, and %s is not built", program)
		}
	}
	if testing.Short() {
		t.Skip("needs a control plane: not in short mode")
	}
	l.once.Do(func() {
		if l.dir, l.err = os.MkdirTemp("", "kubeprovider-"); l.err != nil {
			return
		}
		l.clusters = localkube.New(localkube.Options{
			Dir: l.dir, BinDir: bin, AgentCommand: []string{os.Args[0], agentArgument},
		})
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
		defer cancel()
		l.err = l.clusters.CreateCluster(ctx, testCluster)
	})
	require.NoError(t, l.err)
	config, err := l.clusters.RESTConfig(testCluster)
	require.NoError(t, err)
	return config
}

func (l *localControlPlane) stop() {
	if l.clusters == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := l.clusters.DeleteCluster(ctx, testCluster); err != nil {
		fmt.Fprintln(os.Stderr, "stopping the local cluster:", err)
	}
	_ = os.RemoveAll(l.dir)
}

// node adds a simulated node.
func (l *localControlPlane) node(t *testing.T, n localkube.Node) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(t, l.clusters.PutNode(ctx, testCluster, n))
}

// deployment drives the provider as the engine does, in a namespace of its
// own.
type deployment struct {
	*testing.T
	provider  pulumirpc.ResourceProviderServer
	client    kubernetes.Interface
	namespace string

	mu     sync.Mutex
	status []string
}

// applied is a resource as the engine keeps it.
type applied struct {
	typ, id       string
	inputs, state resource.PropertyMap
}

func newDeployment(t *testing.T) *deployment {
	t.Helper()
	t.Parallel()
	config := controlPlane.start(t)
	client, err := kubernetes.NewForConfig(config)
	require.NoError(t, err)
	d := &deployment{T: t, client: client}
	d.provider = New(Options{
		Resolver: func(*clientcmdapi.Config) (*rest.Config, error) { return config, nil },
		Log: func(_, message string) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.status = append(d.status, message)
		},
	})
	configure(t, d.provider, eksKubeconfig("https://a.gr7.us-east-1.eks.amazonaws.com"))
	ns, err := d.create("kubernetes:core/v1:Namespace", `{}`)
	require.NoError(t, err)
	d.namespace = ns.id
	t.Cleanup(func() {
		assert.NoError(t, d.delete(ns), "a namespace goes with all that is in it")
	})
	return d
}

func (d *deployment) shown() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.status...)
}

// check completes inputs, in the namespace of the test unless they name one.
func (d *deployment) check(typ, manifest string, old resource.PropertyMap) resource.PropertyMap {
	d.Helper()
	pm := props(d, manifest)
	if d.namespace != "" && !clusterScoped[mustKind(d.T, typ)] {
		if _, ok := pm["metadata"]; !ok {
			pm["metadata"] = resource.NewProperty(resource.PropertyMap{})
		}
		if metadata := pm["metadata"].ObjectValue(); !metadata.HasValue("namespace") {
			metadata["namespace"] = resource.NewProperty(d.namespace)
		}
	}
	resp, err := d.provider.Check(d.Context(), &pulumirpc.CheckRequest{
		Urn: urnOf(typ), News: structOf(d, pm), Olds: structOf(d, old),
	})
	require.NoError(d, err)
	require.Empty(d, resp.GetFailures())
	return propsOf(d, resp.GetInputs())
}

func (d *deployment) create(typ, manifest string) (applied, error) {
	d.Helper()
	return d.createWith(context.Background(), typ, manifest, 60)
}

func (d *deployment) createWith(ctx context.Context, typ, manifest string, timeout float64) (applied, error) {
	d.Helper()
	a := applied{typ: typ, inputs: d.check(typ, manifest, nil)}
	resp, err := d.provider.Create(ctx, &pulumirpc.CreateRequest{
		Urn: urnOf(typ), Properties: structOf(d, a.inputs), Timeout: timeout,
	})
	if err != nil {
		if failed := initFailure(err); failed != nil {
			a.id, a.state = failed.GetId(), propsOf(d, failed.GetProperties())
		}
		return a, err
	}
	a.id, a.state = resp.GetId(), propsOf(d, resp.GetProperties())
	return a, nil
}

func (d *deployment) mustCreate(typ, manifest string) applied {
	d.Helper()
	a, err := d.create(typ, manifest)
	require.NoError(d, err)
	return a
}

func (d *deployment) preview(typ, manifest string) (resource.PropertyMap, error) {
	d.Helper()
	resp, err := d.provider.Create(d.Context(), &pulumirpc.CreateRequest{
		Urn: urnOf(typ), Properties: structOf(d, d.check(typ, manifest, nil)), Preview: true,
	})
	if err != nil {
		return nil, err
	}
	return propsOf(d, resp.GetProperties()), nil
}

func (d *deployment) update(a applied, manifest string, ignore ...string) (applied, error) {
	d.Helper()
	next := applied{typ: a.typ, id: a.id, inputs: d.check(a.typ, manifest, a.inputs)}
	resp, err := d.provider.Update(d.Context(), &pulumirpc.UpdateRequest{
		Urn: urnOf(a.typ), Id: a.id, Olds: structOf(d, a.state), News: structOf(d, next.inputs),
		IgnoreChanges: ignore, Timeout: 60,
	})
	if err != nil {
		return a, err
	}
	next.state = propsOf(d, resp.GetProperties())
	return next, nil
}

// refresh reads the resource and returns how it drifted from its inputs.
func (d *deployment) refresh(a applied) (applied, *pulumirpc.DiffResponse) {
	d.Helper()
	resp, err := d.provider.Read(d.Context(), &pulumirpc.ReadRequest{
		Urn: urnOf(a.typ), Id: a.id, Properties: structOf(d, a.state), Inputs: structOf(d, a.inputs),
	})
	if failed := initFailure(err); failed != nil {
		// To the engine, what is not ready is refreshed all the same.
		resp = &pulumirpc.ReadResponse{Id: failed.GetId(), Properties: failed.GetProperties(), Inputs: failed.GetInputs()}
	} else {
		require.NoError(d, err)
	}
	require.NotEmpty(d, resp.GetId())
	drift, err := d.provider.Diff(d.Context(), &pulumirpc.DiffRequest{
		Urn: urnOf(a.typ), Id: a.id, Olds: resp.GetProperties(), News: structOf(d, a.inputs),
	})
	require.NoError(d, err)
	return applied{a.typ, a.id, propsOf(d, resp.GetInputs()), propsOf(d, resp.GetProperties())}, drift
}

func (d *deployment) delete(a applied) error {
	return d.deleteWith(context.Background(), a, 60)
}

func (d *deployment) deleteWith(ctx context.Context, a applied, timeout float64) error {
	d.Helper()
	_, err := d.provider.Delete(ctx, &pulumirpc.DeleteRequest{
		Urn: urnOf(a.typ), Id: a.id, Properties: structOf(d, a.state), Timeout: timeout,
	})
	return err
}

// initFailure returns the detail of a resource that exists and is not ready.
func initFailure(err error) *pulumirpc.ErrorResourceInitFailed {
	for _, detail := range status.Convert(err).Details() {
		if failed, ok := detail.(*pulumirpc.ErrorResourceInitFailed); ok {
			return failed
		}
	}
	return nil
}
