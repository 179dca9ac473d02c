package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/modules/versions"
)

func values(t *testing.T, text string) map[string]any {
	t.Helper()
	var values map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &values))
	return values
}

func TestReport_TellsEveryKeyThatAChartDoesNotKnow(t *testing.T) {
	found, err := chartsIn("testdata/charts")
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"mailer", "store"}, slices.Collect(maps.Keys(found)))

	r := compare([]release{
		{"store", "1.0.0", values(t, "{queue: {size: 2, sise: 3}, extra: {a: b}}")},
		{"mailer", "v2.1.0", values(t, "{replicas: 2, account: {annotations: {example.com/a: b}, token: a}}")},
		{"mailer", "v2.1.0", values(t, "{replica: 2, account: {nme: a}, relay: {host: a}, relai: {}}")},
		{"mailer", "v2.1.0", values(t, "{replica: 3}")},
		{"queue", "0.1.0", values(t, "{a: {b: 1}}")},
	}, found)
	var out strings.Builder
	r.write(&out, "DIR")
	assert.Equal(t, `mailer v2.1.0: 7 values given, 3 unknown keys (the chart there is 2.0.0)
  account.nme is unknown: did you mean account.name?
  relai is unknown: did you mean relay?
  replica is unknown: did you mean replicas?
  relay.host not checked: it belongs to a chart that is not there
queue 0.1.0: 1 value given, not checked: the chart is not there
store 1.0.0: 3 values given, 2 unknown keys
  extra is unknown: beside it the chart knows queue
  queue.sise is unknown: did you mean queue.size?
2 of 3 charts checked against DIR: 5 unknown keys. 1 chart not there and not checked.
`, out.String())
	assert.Equal(t, 5, r.unknown())
}

// The values of today are known to a chart that has them, and to no other.
func TestRun_ExitCodeFollowsTheKeys(t *testing.T) {
	given := map[string]map[string]any{}
	for _, v := range variants() {
		releases, err := v.releases()
		require.NoError(t, err, v.name)
		for _, release := range releases {
			if given[release.chart] == nil {
				given[release.chart] = map[string]any{}
			}
			merge(given[release.chart], release.values)
		}
	}
	for _, chart := range versions.Charts() {
		assert.Contains(t, given, chart.Name, "no variant installs it, so that its values are never checked")
	}
	dir := t.TempDir()
	for chart, values := range given {
		text, err := yaml.Marshal(values)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, chart+".yaml"), text, 0o600))
	}
	code, out, problems := runOn("--charts", dir)
	assert.Equal(t, exitKnown, code, out)
	assert.Empty(t, problems)
	assert.Contains(t, out, "0 unknown keys.")

	delete(given["keda"]["webhooks"].(map[string]any), "failurePolicy")
	delete(given["cluster-autoscaler"], "awsRegion")
	for _, chart := range []string{"keda", "cluster-autoscaler"} {
		text, err := yaml.Marshal(given[chart])
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, chart+".yaml"), text, 0o600))
	}
	code, out, _ = runOn("--charts", dir)
	assert.Equal(t, exitUnknown, code)
	assert.Contains(t, out, "  webhooks.failurePolicy is unknown")
	assert.Contains(t, out, "  awsRegion is unknown", "the first unknown key does not hide the second")
	assert.Contains(t, out, "2 unknown keys.")
}

func merge(into, from map[string]any) {
	for key, value := range from {
		below, isMap := value.(map[string]any)
		there, wasMap := into[key].(map[string]any)
		if isMap && wasMap {
			merge(there, below)
			continue
		}
		into[key] = value
	}
}

func runOn(args ...string) (code int, out, problems string) {
	var stdout, stderr bytes.Buffer
	code = run(args, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestRun_SaysWhyItCannotCheck(t *testing.T) {
	for want, args := range map[string][]string{
		"make check-values CHARTS=dir":      nil,
		"no such file":                      {"--charts", "testdata/none"},
		"holds no chart and no values file": {"--charts", "testdata/empty"},
		"has no Chart.yaml":                 {"--charts", brokenChart(t)},
		"flag provided but not defined":     {"--chart", "testdata/charts"},
	} {
		code, out, problems := runOn(args...)
		assert.Equal(t, exitFailed, code, want)
		assert.Empty(t, out)
		assert.Contains(t, problems, want)
	}
}

// brokenChart is a folder with a packed chart without a Chart.yaml.
func brokenChart(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	// An empty archive: gzip of nothing.
	empty := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mailer-1.0.0.tgz"), empty, 0o600))
	return dir
}

func TestPlain_KeepsTheKeysOfSecretsAndOutputs(t *testing.T) {
	assert.Equal(t, map[string]any{"a": map[string]any{"b": []any{1.0, "c"}}, "d": map[string]any{"e": true}},
		plain(resource.NewProperty(resource.PropertyMap{
			"a": resource.MakeSecret(resource.NewProperty(resource.PropertyMap{
				"b": resource.NewProperty([]resource.PropertyValue{resource.NewProperty(1.0), resource.NewProperty("c")}),
			})),
			"d": resource.NewProperty(resource.Output{Known: true, Element: resource.NewProperty(resource.PropertyMap{"e": resource.NewProperty(true)})}),
		})))
}
