package promtool

import (
	"testing"

	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	yaml2 "go.yaml.in/yaml/v2"
	"sigs.k8s.io/yaml"
)

// values of the chart, as components/platform makes them for everything that can
// be asked for.
type values struct {
	Alertmanager struct {
		Config map[string]any `json:"config"`
	} `json:"alertmanager"`
	Prometheus struct {
		Server struct {
			Scrape []struct {
				Relabel []map[string]any `json:"relabel_configs"`
			} `json:"additionalScrapeConfigs"`
		} `json:"prometheusSpec"`
	} `json:"prometheus"`
}

func chartValues(t *testing.T) values {
	t.Helper()
	var v values
	load(t, "../../../components/platform/testdata/monitoring.golden.yaml", &v)
	return v
}

func TestAlertmanager_ReadsItsConfiguration(t *testing.T) {
	raw, err := yaml.Marshal(chartValues(t).Alertmanager.Config)
	require.NoError(t, err)
	read, err := config.Load(string(raw))
	require.NoError(t, err)
	assert.Len(t, read.Receivers, 5)
	assert.Equal(t, "slack", read.Route.Receiver)
	assert.NotEmpty(t, read.InhibitRules)
}

// A target as service discovery finds it, and what becomes of it.
func TestScraping_FindsAnnotatedPods(t *testing.T) {
	scrape := chartValues(t).Prometheus.Server.Scrape
	require.Len(t, scrape, 1)
	raw, err := yaml.Marshal(scrape[0].Relabel)
	require.NoError(t, err)
	var steps []*relabel.Config
	require.NoError(t, yaml2.UnmarshalStrict(raw, &steps))
	for _, step := range steps {
		require.NoError(t, step.Validate(model.UTF8Validation))
	}

	const pod = "__meta_kubernetes_pod_"
	found := func(more map[string]string) map[string]string {
		target := map[string]string{
			"__address__": "10.0.0.1:9999", "__metrics_path__": "/metrics", "__scheme__": "http",
			"__meta_kubernetes_namespace": "models", pod + "name": "chat-1", pod + "ip": "10.0.0.1", pod + "phase": "Running",
			pod + "annotation_prometheus_io_scrape": "true", pod + "annotation_prometheus_io_port": "8000",
		}
		for key, value := range more {
			target[key] = value
		}
		return target
	}
	want := func(address, path, scheme, model string) map[string]string {
		labels := map[string]string{
			"__address__": address, "__metrics_path__": path, "__scheme__": scheme, "namespace": "models", "pod": "chat-1",
		}
		if model != "" {
			labels["model"] = model
		}
		return labels
	}
	for name, test := range map[string]struct {
		target, want map[string]string
	}{
		"a model": {
			found(map[string]string{pod + "label_gantry_dev_model": "chat", pod + "annotation_prometheus_io_path": "/prom"}),
			want("10.0.0.1:8000", "/prom", "http", "chat"),
		},
		"no model":           {found(nil), want("10.0.0.1:8000", "/metrics", "http", "")},
		"over TLS":           {found(map[string]string{pod + "annotation_prometheus_io_scheme": "https"}), want("10.0.0.1:8000", "/metrics", "https", "")},
		"an IPv6 address":    {found(map[string]string{pod + "ip": "fd00::1"}), want("[fd00::1]:8000", "/metrics", "http", "")},
		"not asked for":      {found(map[string]string{pod + "annotation_prometheus_io_scrape": "false"}), nil},
		"not placed yet":     {found(map[string]string{pod + "phase": "Pending", pod + "ip": ""}), nil},
		"done":               {found(map[string]string{pod + "phase": "Succeeded"}), nil},
		"no port":            {found(map[string]string{pod + "annotation_prometheus_io_port": ""}), nil},
		"a port by name":     {found(map[string]string{pod + "annotation_prometheus_io_port": "http"}), nil},
		"without an address": {found(map[string]string{pod + "ip": ""}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			builder := labels.NewBuilder(labels.FromMap(test.target))
			if !relabel.ProcessBuilder(builder, steps...) {
				assert.Nil(t, test.want, "it is dropped")
				return
			}
			got := map[string]string{}
			builder.Labels().Range(func(l labels.Label) {
				if len(l.Name) < 7 || l.Name[:7] != "__meta_" {
					got[l.Name] = l.Value
				}
			})
			require.NotNil(t, test.want, "it is kept as %v", got)
			assert.Equal(t, test.want, got)
		})
	}
}
