package kubeprovider

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/repo"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// releases drives the provider through releases of charts.
type releases struct {
	*deployment
	config *rest.Config
}

// newReleases returns a provider with the package's test charts as the project,
// and a node for the pods of the pool named like the test.
func newReleases(t *testing.T, pool string) *releases {
	t.Helper()
	d := newDeployment(t)
	config := controlPlane.start(t)
	controlPlane.node(t, poolNode(pool, pool+"-1"))
	d.provider = New(Options{
		Resolver:    func(*clientcmdapi.Config) (*rest.Config, error) { return config, nil },
		Project:     filepath.Join("testdata", "charts"),
		Definitions: filepath.Join("testdata", "definitions"),
		Log: func(_, message string) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.status = append(d.status, message)
		},
	})
	configure(t, d.provider, eksKubeconfig("https://a.gr7.us-east-1.eks.amazonaws.com"))
	return &releases{deployment: d, config: config}
}

// inputs reads YAML as the inputs of a release that installs atomically into
// the namespace of the test.
func (d *releases) inputs(manifest string) resource.PropertyMap {
	d.Helper()
	pm := props(d, `{atomic: true, cleanupOnFail: true, waitForJobs: true, skipAwait: false, timeout: 60, compat: "true"}`)
	for key, v := range props(d, manifest) {
		pm[key] = v
	}
	if !pm.HasValue("namespace") {
		pm["namespace"] = resource.NewProperty(d.namespace)
	}
	return pm
}

func (d *releases) checkInputs(news, olds resource.PropertyMap) (resource.PropertyMap, []string) {
	d.Helper()
	resp, err := d.provider.Check(d.Context(), &pulumirpc.CheckRequest{
		Urn: urnOf(releaseType), News: structOf(d, news), Olds: structOf(d, olds), RandomSeed: []byte("seed"),
	})
	require.NoError(d, err)
	var failures []string
	for _, f := range resp.GetFailures() {
		failures = append(failures, f.GetProperty()+": "+f.GetReason())
	}
	return propsOf(d, resp.GetInputs()), failures
}

func (d *releases) install(news resource.PropertyMap) (applied, error) {
	d.Helper()
	inputs, failures := d.checkInputs(news, nil)
	require.Empty(d, failures)
	a := applied{typ: releaseType, inputs: inputs}
	resp, err := d.provider.Create(d.Context(), &pulumirpc.CreateRequest{
		Urn: urnOf(releaseType), Properties: structOf(d, inputs),
	})
	if err != nil {
		return a, err
	}
	a.id, a.state = resp.GetId(), propsOf(d, resp.GetProperties())
	return a, nil
}

func (d *releases) mustInstall(news resource.PropertyMap) applied {
	d.Helper()
	a, err := d.install(news)
	require.NoError(d, err)
	return a
}

// diff tells what an update to the inputs would change.
func (d *releases) diff(a applied, news resource.PropertyMap) *pulumirpc.DiffResponse {
	d.Helper()
	inputs, failures := d.checkInputs(news, a.inputs)
	require.Empty(d, failures)
	resp, err := d.provider.Diff(d.Context(), &pulumirpc.DiffRequest{
		Urn: urnOf(releaseType), Id: a.id, Olds: structOf(d, a.state), News: structOf(d, inputs),
	})
	require.NoError(d, err)
	return resp
}

// upgrade updates a release; along with an error it returns what the engine
// would keep.
func (d *releases) upgrade(a applied, news resource.PropertyMap) (applied, error) {
	d.Helper()
	inputs, failures := d.checkInputs(news, a.inputs)
	require.Empty(d, failures)
	next := applied{typ: releaseType, id: a.id, inputs: inputs}
	resp, err := d.provider.Update(d.Context(), &pulumirpc.UpdateRequest{
		Urn: urnOf(releaseType), Id: a.id, Olds: structOf(d, a.state), News: structOf(d, inputs),
	})
	if err != nil {
		if failed := initFailure(err); failed != nil {
			next.state = propsOf(d, failed.GetProperties())
		}
		return next, err
	}
	next.state = propsOf(d, resp.GetProperties())
	return next, nil
}

func (d *releases) read(a applied) *pulumirpc.ReadResponse {
	d.Helper()
	resp, err := d.provider.Read(d.Context(), &pulumirpc.ReadRequest{
		Urn: urnOf(releaseType), Id: a.id, Properties: structOf(d, a.state), Inputs: structOf(d, a.inputs),
	})
	require.NoError(d, err)
	return resp
}

// greeting is what the chart's ConfigMap says.
func (d *releases) greeting(name string) string {
	d.Helper()
	live, err := d.client.CoreV1().ConfigMaps(d.namespace).Get(d.Context(), name, metav1.GetOptions{})
	require.NoError(d, err)
	return live.Data["greeting"]
}

// recordOf is the ConfigMap of a release, nil if there is none.
func (d *releases) recordOf(name string) map[string]string {
	d.Helper()
	found, err := d.client.CoreV1().ConfigMaps(recordNamespace).List(d.Context(), metav1.ListOptions{LabelSelector: recordLabel + "=true"})
	require.NoError(d, err)
	for _, live := range found.Items {
		if live.Name == "release."+d.namespace+"."+name {
			return live.Data
		}
	}
	return nil
}

// helmOf is Helm, as a user beside the program has it.
func (d *releases) helmOf() *action.Configuration {
	d.Helper()
	p := d.provider.(*provider)
	s := p.session(context.Background())
	c, _ := s.target()
	config, err := s.helm(context.Background(), c, "", d.namespace)
	require.NoError(d, err)
	return config
}

// statusField is one field of the status of a release.
func statusField(a applied, field resource.PropertyKey) any {
	return a.state[statusKey].ObjectValue()[field].V
}

// pack packs a test chart into a folder and returns the file.
func pack(t *testing.T, name, dir string) string {
	t.Helper()
	loaded, err := loader.LoadDir(filepath.Join("testdata", "charts", name))
	require.NoError(t, err)
	file, err := chartutil.Save(loaded, dir)
	require.NoError(t, err)
	return file
}

// serveRepository serves packed charts over HTTP at an address of this machine
// and returns the URL and a function that ends it.
func serveRepository(t *testing.T, address, dir string) (url string, stop func()) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	require.NoError(t, err)
	url = fmt.Sprintf("http://%s", listener.Addr())
	index, err := repo.IndexDirectory(dir, url)
	require.NoError(t, err)
	require.NoError(t, index.WriteFile(filepath.Join(dir, "index.yaml"), 0o600))
	server := &http.Server{Handler: http.FileServerFS(os.DirFS(dir))}
	go func() { _ = server.Serve(listener) }()
	stop = func() { _ = server.Close() }
	t.Cleanup(stop)
	return url, stop
}
