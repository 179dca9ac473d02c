package platform

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/helm"
	"gantry.dev/gantry/modules/spec"
)

// newCharts installs the charts of the user, after all of Gantry's own.
func newCharts(in inputs, m *maker) ([]pulumi.Resource, error) {
	var all []pulumi.Resource
	charts := in.platform.Addons.Charts
	for _, name := range slices.Sorted(maps.Keys(charts)) {
		made, err := newChart(in, m, name, charts[name])
		if err != nil {
			return nil, fmt.Errorf("gantry:addons.charts.%s: %w", name, err)
		}
		all = append(all, made...)
	}
	return all, nil
}

func newChart(in inputs, m *maker, name string, chart spec.Chart) ([]pulumi.Resource, error) {
	var namespace []pulumi.Resource
	if chart.Namespace != systemNamespace {
		var err error
		if namespace, err = m.namespaceAt(chart.Namespace, podSecurity(chart.PodSecurity)); err != nil {
			return nil, err
		}
	}
	values, err := chartValues(chart, in.platform.Secrets)
	if err != nil {
		return nil, err
	}
	source, err := in.chartSources().ofUser(chart)
	if err != nil {
		return nil, err
	}
	m = m.after(namespace...)
	release, err := helm.NewRelease(m.ctx, m.child("chart-"+name), &helm.ReleaseArgs{
		Name:          name,
		Namespace:     chart.Namespace,
		Chart:         source.chart,
		RepositoryURL: source.repository,
		Version:       source.version,
		Values:        values,
	}, m.opts...)
	if err != nil {
		return nil, err
	}
	return append(namespace, release), nil
}

// chartValues are the values with their secrets put in where the chart expects
// them.
func chartValues(chart spec.Chart, secrets map[string]spec.Secret) (pulumi.Map, error) {
	values := pulumi.Map{}
	for key, value := range chart.Values {
		values[key] = pulumi.Any(value)
	}
	for _, path := range slices.Sorted(maps.Keys(chart.Secrets)) {
		secret := pulumi.ToSecret(pulumi.String(secrets[chart.Secrets[path]].Reveal()))
		if err := put(values, strings.Split(path, "."), chart.Values, secret); err != nil {
			return nil, fmt.Errorf("secrets.%s: %w", path, err)
		}
	}
	return values, nil
}

// put sets the value at a path, and keeps what the plain values have beside it.
func put(into pulumi.Map, path []string, plain map[string]any, value pulumi.Input) error {
	key := path[0]
	if len(path) == 1 {
		into[key] = value
		return nil
	}
	beside, ok := plain[key].(map[string]any)
	if !ok && plain[key] != nil {
		return fmt.Errorf("%s is no map in the values", key)
	}
	below, ok := into[key].(pulumi.Map)
	if !ok {
		below = pulumi.Map{}
		for name, item := range beside {
			below[name] = pulumi.Any(item)
		}
		into[key] = below
	}
	return put(below, path[1:], beside, value)
}
