package platform

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/componenttest/manifest"
	"gantry.dev/gantry/modules/spec"
)

// withCharts is a cluster with charts of the user's and one add-on.
func withCharts(t *testing.T, charts map[string]spec.Chart) *fixture {
	t.Helper()
	addons := noAddons()
	addons.EventScaling.Enabled = new(true)
	addons.Charts = charts
	return fixtureOf(t, spec.Platform{
		Project: "gantry", Stack: "dev", Pools: []spec.Pool{system}, Addons: addons,
		Secrets: map[string]spec.Secret{"trackingPassword": "hunter2", "trackingKey": "hunter3"},
	})
}

func TestCharts_AreInstalledAsTheyAreAskedFor(t *testing.T) {
	f := withCharts(t, map[string]spec.Chart{"tracking": {
		Chart: "mlflow", Repository: "https://charts.example.com", Version: "1.11.5", Namespace: "ml", PodSecurity: spec.PodSecurityBaseline,
		Values: map[string]any{
			"replicas": 2, "ingress": map[string]any{"hosts": []any{"a", "b"}},
			"auth": map[string]any{"user": "ml", "admin": map[string]any{"name": "root"}},
		},
		Secrets: map[string]string{"auth.password": "trackingPassword", "auth.admin.key": "trackingKey", "token": "trackingKey"},
	}})
	f.run(t)
	release := f.rec.Named(t, "platform-chart-tracking")
	for path, want := range map[string]any{
		"name": "tracking", "namespace": "ml", "chart": "mlflow", "version": "1.11.5",
		"repositoryOpts.repo": "https://charts.example.com",
		"values.replicas":     2.0, "values.ingress.hosts[1]": "b", "values.auth.user": "ml", "values.auth.admin.name": "root",
		"values.auth.password": "hunter2", "values.auth.admin.key": "hunter3", "values.token": "hunter3",
	} {
		assert.Equal(t, want, release.Input(t, path), path)
	}
	for _, path := range []string{"values.auth.password", "values.auth.admin.key", "values.token"} {
		assert.True(t, release.Secret(t, path), "%s is a secret", path)
	}
	assert.False(t, release.Secret(t, "values.auth.user"))

	namespace := manifest.Decode[corev1.Namespace](t, f.rec.Named(t, "platform-ml"))
	assert.Equal(t, "baseline", namespace.Labels["pod-security.kubernetes.io/enforce"])
	assert.True(t, f.rec.DependsOn(release, f.rec.Named(t, "platform-ml")))
	assert.True(t, f.rec.DependsOn(release, f.release(t, "keda")), "add-ons come first: charts use their definitions")
	assert.Contains(t, f.urns(f.made.Ready), release.URN, "models wait for charts")
}

// urns are the URNs of resources of the last run.
func (f *fixture) urns(resources []pulumi.Resource) []string {
	var urns []string
	for _, res := range resources {
		done := make(chan string, 1)
		res.URN().ApplyT(func(urn pulumi.URN) pulumi.URN {
			done <- string(urn)
			return urn
		})
		urns = append(urns, <-done)
	}
	return urns
}

func TestCharts_ShareNamespacesAndLeaveThoseOfTheClusterAlone(t *testing.T) {
	f := withCharts(t, map[string]spec.Chart{
		"a":      {Chart: "a", Repository: "https://charts.example.com", Version: "1.0.0", Namespace: "ml"},
		"b":      {Chart: "oci://registry.example.com/charts/b", Version: "1.0.0", Namespace: "ml"},
		"driver": {Chart: "oci://registry.example.com/charts/driver", Version: "1.0.0", Namespace: "kube-system"},
	})
	f.run(t)
	names := map[string]bool{}
	for _, res := range f.rec.OfType("kubernetes:core/v1:Namespace") {
		names[manifest.Decode[corev1.Namespace](t, res).Name] = true
	}
	assert.Equal(t, map[string]bool{"models": true, "keda": true, "ml": true}, names)
	assert.Equal(t, "oci://registry.example.com/charts/b", f.rec.Named(t, "platform-chart-b").Input(t, "chart"))
	assert.Nil(t, f.rec.Named(t, "platform-chart-b").Input(t, "repositoryOpts.repo"))
	assert.Nil(t, f.rec.Named(t, "platform-chart-a").Input(t, "values"), "the chart's own")
}

func TestCharts_APathHasTheVersionThatLiesThere(t *testing.T) {
	at := chartFolder(t, t.TempDir(), "own", "0.3.1")
	f := withCharts(t, map[string]spec.Chart{"own": {Chart: at}})
	f.run(t)
	release := f.rec.Named(t, "platform-chart-own")
	assert.Equal(t, at, release.Input(t, "chart"))
	assert.Equal(t, "0.3.1", release.Input(t, "version"))
	assert.Equal(t, "own", release.Input(t, "namespace"), "the name of the release")
}

func TestChartValues_SecretsNeverReplaceWhatIsNoMap(t *testing.T) {
	chart := spec.Chart{Values: map[string]any{"auth": "none"}, Secrets: map[string]string{"auth.password": "key"}}
	_, err := chartValues(chart, map[string]spec.Secret{"key": "hunter2"})
	require.ErrorContains(t, err, "secrets.auth.password: auth is no map in the values")
	assert.NotContains(t, err.Error(), "hunter2")
	assert.Equal(t, map[string]any{"auth": "none"}, chart.Values, "the configuration is not changed")
}

// The configuration keeps charts out of the way of the add-ons by this list.
func TestAddonReleases_AreThoseOfTheTable(t *testing.T) {
	type release struct{ name, namespace string }
	for _, cloud := range spec.Clouds {
		p := spec.Default(spec.Platform{Project: "gantry", Stack: "dev", Cloud: cloud, Pools: []spec.Pool{system, serve}})
		plans, err := spec.PlanPools(p)
		if cloud == spec.Existing || cloud == spec.Azure {
			plans, err = nil, nil // have no pool of this GPU
		}
		require.NoError(t, err)
		in := inputs{platform: p, handle: &cluster.Handle{Name: p.Name, Pools: plans}}
		on := map[release]bool{}
		for _, own := range spec.AddonReleases(p) {
			on[release{own.Name, own.Namespace}] = own.On
		}
		for _, a := range addonTable {
			known, ok := on[release{a.name, a.namespace}]
			require.True(t, ok, "%s in %s is not in spec.AddonReleases", a.name, a.namespace)
			if a.when(in) {
				assert.True(t, known, "%s on %s is installed, and its name free", a.name, cloud)
			}
			delete(on, release{a.name, a.namespace})
		}
		assert.Empty(t, on, "releases of no add-on")
	}
}
