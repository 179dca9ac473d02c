package platform

import (
	"archive/tar"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/helm"
	"gantry.dev/gantry/modules/spec"
)

// chartFolder makes a chart in a folder of its own.
func chartFolder(t *testing.T, dir, name, version string) string {
	t.Helper()
	at := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(at, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(at, "Chart.yaml"), []byte(chartFile(name, version)), 0o600))
	return at
}

func chartFile(name, version string) string {
	return "apiVersion: v2\nname: " + name + "\nversion: " + version + "\n"
}

// packedChart makes a packed chart, under a name as helm pull gives it.
func packedChart(t *testing.T, dir, name, version string) string {
	t.Helper()
	at := filepath.Join(dir, name+"-"+version+".tgz")
	file, err := os.Create(at)
	require.NoError(t, err)
	zipped := gzip.NewWriter(file)
	archive := tar.NewWriter(zipped)
	text := chartFile(name, version)
	require.NoError(t, archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name + "/Chart.yaml", Size: int64(len(text)), Mode: 0o644}))
	_, err = archive.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	require.NoError(t, zipped.Close())
	require.NoError(t, file.Close())
	return at
}

func TestChartSources_TheMirrorStandsInForEveryRepository(t *testing.T) {
	const (
		overHTTP = "https://charts.example.com"
		registry = "oci://registry.example.com/charts"
	)
	for name, test := range map[string]struct {
		mirror, repository string
		want               chartSource
	}{
		"its own repository":          {"", overHTTP, chartSource{"keda", overHTTP, "2.20.2"}},
		"its own registry":            {"", registry, chartSource{registry + "/keda", "", "2.20.2"}},
		"a registry":                  {"oci://mirror.example.com/a/", overHTTP, chartSource{"oci://mirror.example.com/a/keda", "", "2.20.2"}},
		"a registry for registry":     {"oci://mirror.example.com", registry, chartSource{"oci://mirror.example.com/keda", "", "2.20.2"}},
		"a repository":                {"https://mirror.example.com", overHTTP, chartSource{"keda", "https://mirror.example.com", "2.20.2"}},
		"a repository for a registry": {"http://localhost:8080", registry, chartSource{"keda", "http://localhost:8080", "2.20.2"}},
	} {
		t.Run(name, func(t *testing.T) {
			sources := chartSources{mirror: test.mirror}
			got, err := sources.of(test.repository, "keda", "2.20.2")
			require.NoError(t, err)
			assert.Equal(t, test.want, got)

			user := spec.Chart{Chart: "keda", Repository: test.repository, Version: "2.20.2"}
			if test.repository == registry {
				user = spec.Chart{Chart: registry + "/keda", Version: "2.20.2"}
			}
			got, err = sources.ofUser(user)
			require.NoError(t, err)
			assert.Equal(t, test.want, got, "a chart of the user's")
		})
	}
}

func TestChartSources_AFolderServesCharts(t *testing.T) {
	dir := t.TempDir()
	sources := chartSources{mirror: dir}
	find := func(name, version string) chartSource {
		t.Helper()
		found, err := sources.of("https://charts.example.com", name, version)
		require.NoError(t, err)
		return found
	}
	folder := chartFolder(t, dir, "keda", "2.20.2")
	assert.Equal(t, chartSource{chart: folder, version: "2.20.2"}, find("keda", "2.20.2"))
	packed := packedChart(t, dir, "keda", "2.20.2")
	assert.Equal(t, chartSource{chart: packed, version: "2.20.2"}, find("keda", "2.20.2"), "a packed chart says its version")

	// Some repositories write a v before versions, others leave it out.
	packed = packedChart(t, dir, "cert-manager", "v1.21.1")
	assert.Equal(t, chartSource{chart: packed, version: "v1.21.1"}, find("cert-manager", "1.21.1"))
	packed = packedChart(t, dir, "gateway-helm", "1.9.0")
	assert.Equal(t, chartSource{chart: packed, version: "1.9.0"}, find("gateway-helm", "v1.9.0"))

	// The name of a file is not enough.
	require.NoError(t, os.Rename(packedChart(t, dir, "other", "1.0.0"), filepath.Join(dir, "other-2.0.0.tgz")))
	_, err := sources.of("", "other", "2.0.0")
	assert.ErrorContains(t, err, "other-2.0.0.tgz is other 1.0.0, and 2.0.0 is wanted")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "torn-1.0.0.tgz"), []byte("<html>"), 0o600))
	_, err = sources.of("", "torn", "1.0.0")
	assert.ErrorContains(t, err, "torn-1.0.0.tgz: is no packed chart")
}

func TestChartSources_RelativePathsStartFromTheProject(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	packedChart(t, root, "keda", "2.20.2")
	sources := chartSources{mirror: ".", root: root}
	find := func() string {
		t.Helper()
		found, err := sources.of("", "keda", "2.20.2")
		require.NoError(t, err)
		return found.chart
	}
	assert.Equal(t, filepath.Join(root, "keda-2.20.2.tgz"), find(), "from outside of the project")
	t.Chdir(root)
	assert.Equal(t, "keda-2.20.2.tgz", find())
	require.NoError(t, os.Mkdir("infra", 0o700))
	t.Chdir("infra")
	assert.Equal(t, "../keda-2.20.2.tgz", find(), "the same on every machine")

	found, err := sources.ofUser(spec.Chart{Chart: "./keda-2.20.2.tgz"})
	require.NoError(t, err)
	assert.Equal(t, chartSource{chart: "../keda-2.20.2.tgz", version: "2.20.2"}, found, "a path has the version that lies there")
	_, err = sources.ofUser(spec.Chart{Chart: "./keda-2.20.2.tgz", Version: "2.20.3"})
	assert.ErrorContains(t, err, "is keda 2.20.2, and 2.20.3 is wanted")
	_, err = sources.ofUser(spec.Chart{Chart: "charts/keda"})
	assert.ErrorContains(t, err, "there is no chart at charts/keda: a relative path starts from the folder of Pulumi.yaml")
}

func TestNew_NamesAllChartsThatTheMirrorLacks(t *testing.T) {
	dir := t.TempDir()
	packedChart(t, dir, "cert-manager", "v1.21.1")
	addons := noAddons()
	addons.EventScaling.Enabled, addons.Certificates.Enabled = new(true), new(true)
	addons.DNS = spec.DNS{Zone: "Z0123456789ABCDEFGHIJ", Domain: "ml.example.com"}
	addons.Charts = map[string]spec.Chart{"queue": {Chart: "kueue", Repository: "https://charts.example.com", Version: "0.19.2"}}
	f := fixtureOf(t, spec.Platform{Project: "gantry", Stack: "dev", Pools: []spec.Pool{system}, Addons: addons, Charts: spec.ChartSource{Mirror: dir}})
	err := f.rec.Run(func(ctx *pulumi.Context) error {
		_, err := New(ctx, "platform", &f.args)
		return err
	})
	require.ErrorContains(t, err, "add-on keda: gantry:charts.mirror "+dir+" has no chart keda 2.20.2: put keda-2.20.2.tgz there")
	assert.ErrorContains(t, err, "add-on external-dns: gantry:charts.mirror "+dir+" has no chart external-dns 1.21.1")
	assert.ErrorContains(t, err, "gantry:addons.charts.queue: gantry:charts.mirror "+dir+" has no chart kueue 0.19.2")
	assert.NotContains(t, err.Error(), "cert-manager", "which is there")
	assert.Empty(t, f.rec.OfType(Type), "nothing is registered")
	assert.Empty(t, f.rec.OfType(helm.Type))
}
