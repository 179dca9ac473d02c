package platform

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/componenttest/manifest"
	"gantry.dev/gantry/modules/observability"
	"gantry.dev/gantry/modules/spec"
)

// monitoredOn is a platform of a cloud with the monitoring and nothing else.
func monitoredOn(t *testing.T, cloud spec.Cloud, edits ...func(p *spec.Platform)) *fixture {
	t.Helper()
	p := spec.Platform{Project: "gantry", Stack: "dev", Cloud: cloud, Pools: []spec.Pool{system, train, serve}, Addons: noAddons()}
	p.Addons.Monitoring.Enabled = new(true)
	switch cloud {
	case spec.AWS:
		p.Region = "us-east-1"
	case spec.GCP:
		p.Region, p.Account = "us-central1", "example-project"
	case spec.Azure:
		p.Region, p.Account = "eastus", "11111111-2222-3333-4444-555555555555"
		p.Pools = []spec.Pool{system}
	case spec.Existing:
		p.Pools = []spec.Pool{{Name: "system", Role: spec.RoleSystem, Labels: map[string]string{"pool": "a"}}}
	}
	for _, edit := range edits {
		edit(&p)
	}
	f := fixtureOf(t, p)
	f.args.Handle.Accounts = map[string]*cluster.BoundAccount{}
	for name := range Bindings(f.args.Platform) {
		f.args.Handle.Accounts[name] = &cluster.BoundAccount{
			Annotations: pulumi.StringMap{"identity": pulumi.String("of-" + name)},
			PodLabels:   map[string]string{"use-identity": "true"},
		}
	}
	return f
}

// toldAll has every receiver there is.
func toldAll(p *spec.Platform) {
	p.Addons.Monitoring.Alerts = spec.Alerts{
		PagerDuty: "key", Slack: "url", SlackChannel: "#ml-platform", Webhook: "hook", Heartbeat: "beat",
		RunbookBaseURL: "https://docs.example.com/runbooks",
	}
	p.Secrets = map[string]spec.Secret{
		"key": "hunter2-key", "url": "https://hunter2.example.com", "hook": "https://hunter2.example.com/hook", "beat": "https://hunter2.example.com/beat",
	}
}

func writing(workspace, endpoint string) func(p *spec.Platform) {
	return func(p *spec.Platform) {
		p.Addons.Monitoring.RemoteWrite = spec.RemoteWrite{Enabled: new(true), Workspace: workspace, Endpoint: endpoint}
	}
}

func twice(p *spec.Platform) { p.Addons.Monitoring.Replicas = 2 }

const workspace = "ws-01234567-89ab-cdef-0123-456789abcdef"

// The golden file is also what sandbox/tools/promtool holds against Prometheus
// and Alertmanager.
func TestMonitoring_Golden(t *testing.T) {
	f := monitoredOn(t, spec.AWS, toldAll, twice, writing(workspace, ""))
	f.run(t)
	values, err := yaml.Marshal(f.release(t, monitoringName).Input(t, "values"))
	require.NoError(t, err)
	const file = "testdata/monitoring.golden.yaml"
	if flag.Lookup("update").Value.String() == "true" {
		require.NoError(t, os.WriteFile(file, values, 0o644))
		t.Fatalf("%s was rewritten: read the difference, then run the test without -update", file)
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run the test with -update to write the file")
	assert.Equal(t, string(want), string(values), "run the test with -update if the change is meant")
}

func TestMonitoring_NoSecretLeavesTheSecret(t *testing.T) {
	f := monitoredOn(t, spec.AWS, toldAll)
	f.run(t)
	secret := f.rec.Named(t, "platform-alert-receivers")
	assert.Equal(t, map[string]any{
		"pagerduty": "hunter2-key", "slack": "https://hunter2.example.com",
		"webhook": "https://hunter2.example.com/hook", "heartbeat": "https://hunter2.example.com/beat",
	}, secret.Input(t, "stringData"))
	assert.True(t, secret.Secret(t, "stringData"))
	assert.True(t, f.rec.DependsOn(f.release(t, monitoringName), secret), "Alertmanager does not start without it")
	for _, res := range f.rec.All() {
		if res.Name == secret.Name {
			continue
		}
		raw, err := json.Marshal(res.Input(t, ""))
		require.NoError(t, err)
		assert.NotContains(t, string(raw), "hunter2", res.Name)
	}
	assert.Equal(t, []any{"alert-receivers"}, f.values(t, monitoringName, "alertmanager.alertmanagerSpec.secrets"))

	f = monitoredOn(t, spec.AWS)
	f.run(t)
	assert.Empty(t, f.rec.OfType("kubernetes:core/v1:Secret"))
	assert.Nil(t, f.values(t, monitoringName, "alertmanager.alertmanagerSpec.secrets"))
	assert.Equal(t, []any{map[string]any{"name": "nobody"}}, f.values(t, monitoringName, "alertmanager.config.receivers"))
}

// route tells who hears of an alert, by Alertmanager's own rules: the first route
// whose matchers hold, and those after it while they continue.
func routed(t *testing.T, f *fixture, labels map[string]string) []string {
	t.Helper()
	config, ok := f.values(t, monitoringName, "alertmanager.config.route").(map[string]any)
	require.True(t, ok)
	var told []string
	for _, each := range config["routes"].([]any) {
		route := each.(map[string]any)
		if !holds(t, route["matchers"], labels) {
			continue
		}
		told = append(told, route["receiver"].(string))
		if route["continue"] != true {
			return told
		}
	}
	return append(told, config["receiver"].(string))
}

func holds(t *testing.T, matchers any, labels map[string]string) bool {
	t.Helper()
	if matchers == nil {
		return true
	}
	for _, matcher := range matchers.([]any) {
		parts := strings.Fields(matcher.(string))
		require.Len(t, parts, 3)
		found := false
		for value := range strings.SplitSeq(parts[2], "|") {
			found = found || labels[parts[0]] == value
		}
		if !found {
			return false
		}
	}
	return true
}

func TestMonitoring_WhoHearsOfAnAlert(t *testing.T) {
	critical := map[string]string{"alertname": "ModelDown", "severity": "critical"}
	warning := map[string]string{"alertname": "GPUIdle", "severity": "warning"}
	watchdog := map[string]string{"alertname": "Watchdog", "severity": "none"}
	info := map[string]string{"alertname": "CPUThrottlingHigh", "severity": "info"}
	for name, test := range map[string]struct {
		alerts                            spec.Alerts
		critical, warning, watchdog, info []string
	}{
		"everybody": {spec.Alerts{PagerDuty: "s", Slack: "s", SlackChannel: "#a", Webhook: "s", Heartbeat: "s"},
			[]string{"webhook", "pagerduty"}, []string{"webhook", "slack"}, []string{"heartbeat"}, []string{"nobody"}},
		"Slack only":     {spec.Alerts{Slack: "s", SlackChannel: "#a"}, []string{"slack"}, []string{"slack"}, []string{"nobody"}, []string{"nobody"}},
		"PagerDuty only": {spec.Alerts{PagerDuty: "s"}, []string{"pagerduty"}, []string{"nobody"}, []string{"nobody"}, []string{"nobody"}},
		"webhook only":   {spec.Alerts{Webhook: "s"}, []string{"webhook", "nobody"}, []string{"webhook", "nobody"}, []string{"nobody"}, []string{"nobody"}},
		"nobody":         {spec.Alerts{}, []string{"nobody"}, []string{"nobody"}, []string{"nobody"}, []string{"nobody"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := monitoredOn(t, spec.AWS, func(p *spec.Platform) {
				p.Addons.Monitoring.Alerts, p.Secrets = test.alerts, map[string]spec.Secret{"s": "hunter2"}
			})
			f.run(t)
			assert.Equal(t, test.critical, routed(t, f, critical))
			assert.Equal(t, test.warning, routed(t, f, warning))
			assert.Equal(t, test.watchdog, routed(t, f, watchdog))
			assert.Equal(t, test.info, routed(t, f, info))
		})
	}
}

func TestMonitoring_KeepsMetricsOnTheClustersDisks(t *testing.T) {
	f := monitoredOn(t, spec.AWS, func(p *spec.Platform) {
		p.Addons.Monitoring.Storage, p.Addons.Monitoring.RetentionDays = "100Gi", 30
	})
	f.run(t)
	const server = "prometheus.prometheusSpec."
	assert.Equal(t, "30d", f.values(t, monitoringName, server+"retention"))
	assert.Equal(t, "87040MB", f.values(t, monitoringName, server+"retentionSize"), "85 % of the volume")
	const volume = "volumeClaimTemplate.spec."
	assert.Equal(t, "100Gi", f.values(t, monitoringName, server+"storageSpec."+volume+"resources.requests.storage"))
	assert.Equal(t, cluster.ClassBlock, f.values(t, monitoringName, server+"storageSpec."+volume+"storageClassName"))
	assert.Equal(t, cluster.ClassBlock, f.values(t, monitoringName, "alertmanager.alertmanagerSpec.storage."+volume+"storageClassName"))
	assert.True(t, f.rec.DependsOn(f.release(t, monitoringName), f.rec.Named(t, "platform-"+cluster.ClassBlock)))
	assert.Equal(t, "privileged", labelsOf(t, f, MonitoringNamespace)["pod-security.kubernetes.io/enforce"], "of the node exporter")

	f = monitoredOn(t, spec.Existing)
	f.args.Handle.Storage = nil
	f.run(t)
	assert.Nil(t, f.values(t, monitoringName, server+"storageSpec."+volume+"storageClassName"), "the cluster's default")

	for storage, want := range map[string]string{"10Gi": "8704MB", "50G": "40530MB"} {
		got, err := retentionSize(storage)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := retentionSize("plenty")
	assert.Error(t, err)
}

func labelsOf(t *testing.T, f *fixture, name string) map[string]string {
	t.Helper()
	for _, res := range f.rec.OfType("kubernetes:core/v1:Namespace") {
		if namespace := manifest.Decode[corev1.Namespace](t, res); namespace.Name == name {
			return namespace.Labels
		}
	}
	return nil
}

func TestMonitoring_WritesToTheManagedPrometheusOfEveryCloud(t *testing.T) {
	const endpoint = "https://ml.eastus-1.metrics.ingest.monitor.azure.com/dataCollectionRules/dcr-1/streams/Microsoft-PrometheusMetrics/api/v1/write?api-version=2023-04-24"
	const rule = "/subscriptions/a/resourceGroups/b/providers/Microsoft.Insights/dataCollectionRules/c"
	for cloud, test := range map[spec.Cloud]struct {
		workspace, endpoint string
		write               any
		image               any
	}{
		spec.AWS: {workspace, "", []any{map[string]any{
			"url":   "https://aps-workspaces.us-east-1.amazonaws.com/workspaces/" + workspace + "/api/v1/remote_write",
			"sigv4": map[string]any{"region": "us-east-1"},
		}}, nil},
		spec.Azure: {rule, endpoint, []any{map[string]any{
			"url": endpoint, "azureAd": map[string]any{"cloud": "AzurePublic", "sdk": map[string]any{}},
		}}, nil},
		// Google Cloud takes no remote write.
		spec.GCP: {"", "", nil, "prometheus-engine/prometheus"},
	} {
		t.Run(string(cloud), func(t *testing.T) {
			f := monitoredOn(t, cloud, writing(test.workspace, test.endpoint), twice)
			f.run(t)
			const server = "prometheus.prometheusSpec."
			assert.Equal(t, test.write, f.values(t, monitoringName, server+"remoteWrite"))
			assert.Equal(t, test.image, f.values(t, monitoringName, server+"image.repository"))
			assert.Equal(t, "gantry-dev", f.values(t, monitoringName, server+"externalLabels.cluster"))

			binding, ok := Bindings(f.args.Platform)[monitoringName]
			require.True(t, ok)
			assert.Equal(t, MonitoringNamespace, binding.Namespace)
			assert.Equal(t, f.values(t, monitoringName, "prometheus.serviceAccount.name"), binding.ServiceAccount)
			require.Len(t, binding.Grants, 1)
			assert.Equal(t, cluster.WriteMetrics, binding.Grants[0].Kind)
			assert.Equal(t, pulumi.String(test.workspace), binding.Grants[0].Resource)
			assert.Equal(t, "of-monitoring", f.values(t, monitoringName, "prometheus.serviceAccount.annotations.identity"))
			assert.Equal(t, map[string]any{"use-identity": "true"}, f.values(t, monitoringName, server+"podMetadata.labels"))
		})
		f := monitoredOn(t, cloud)
		f.run(t)
		assert.Nil(t, f.values(t, monitoringName, "prometheus.prometheusSpec.remoteWrite"))
		assert.NotContains(t, Bindings(f.args.Platform), monitoringName, "no identity without a use")
	}
}

func TestMonitoring_OneReplicaSendsToGoogleAtATime(t *testing.T) {
	f := monitoredOn(t, spec.GCP, writing("", ""), twice)
	f.run(t)
	args, ok := f.values(t, monitoringName, "prometheus.prometheusSpec.additionalArgs").([]any)
	require.True(t, ok)
	assert.Contains(t, args, map[string]any{"name": "export.ha.backend", "value": "kube"})
	assert.Equal(t, []any{map[string]any{
		"apiGroups": []any{"coordination.k8s.io"}, "resources": []any{"leases"}, "verbs": []any{"get", "create", "update"},
	}}, f.values(t, monitoringName, "prometheus.additionalRulesForClusterRole"))

	f = monitoredOn(t, spec.GCP, writing("", ""))
	f.run(t)
	assert.Nil(t, f.values(t, monitoringName, "prometheus.prometheusSpec.additionalArgs"))
}

func TestMonitoring_InstallsTheRulesAndDashboards(t *testing.T) {
	f := monitoredOn(t, spec.AWS, toldAll)
	f.run(t)
	sets, err := observability.RuleSets()
	require.NoError(t, err)
	release := f.release(t, monitoringName)
	names := map[string]bool{}
	for _, res := range f.rec.OfType("kubernetes:monitoring.coreos.com/v1:PrometheusRule") {
		names[res.Input(t, "metadata.name").(string)] = true
		assert.Equal(t, MonitoringNamespace, res.Input(t, "metadata.namespace"))
		assert.True(t, f.rec.DependsOn(res, release), "the chart brings the definition")
		raw, err := json.Marshal(res.Input(t, "spec.groups"))
		require.NoError(t, err)
		var groups []observability.Group
		require.NoError(t, yaml.UnmarshalStrict(raw, &groups))
		for _, group := range groups {
			for _, rule := range group.Rules {
				if rule.Alert != "" {
					assert.Equal(t, "https://docs.example.com/runbooks/"+rule.Alert+".md", rule.Annotations["runbook_url"])
				}
			}
		}
	}
	for _, set := range sets {
		assert.True(t, names[set.Name], set.Name)
	}
	assert.True(t, names["gantry-slo"])
	assert.True(t, names["gantry-prices"])
	assert.Len(t, names, len(sets)+2)

	dashboards, err := observability.Dashboards()
	require.NoError(t, err)
	configs := f.rec.OfType("kubernetes:core/v1:ConfigMap")
	assert.Len(t, configs, len(dashboards))
	label := f.values(t, monitoringName, "grafana.sidecar.dashboards.label").(string)
	for _, res := range configs {
		config := manifest.Decode[corev1.ConfigMap](t, res)
		assert.Equal(t, f.values(t, monitoringName, "grafana.sidecar.dashboards.labelValue"), config.Labels[label])
		require.Len(t, config.Data, 1)
		for file, text := range config.Data {
			assert.Equal(t, dashboards[strings.TrimPrefix(file, "gantry-")], text)
		}
	}
}

func TestMonitoring_PricesAreThoseOfThePools(t *testing.T) {
	f := monitoredOn(t, spec.AWS)
	prices := hourlyPrices(f.args.Handle.Pools)
	assert.InDelta(t, 0.8048, prices["serve"], 0.0001)
	for _, pool := range f.args.Handle.Pools {
		price := pool.Machines[0].Price
		if pool.Capacity == spec.CapacitySpot {
			for _, machine := range pool.Machines {
				if machine.Price.Spot > 0 {
					assert.GreaterOrEqual(t, prices[pool.Name], machine.Price.Spot, "the dearest counts")
				}
			}
			continue
		}
		assert.GreaterOrEqual(t, prices[pool.Name], price.OnDemand, pool.Name)
	}
	foreign := monitoredOn(t, spec.Existing)
	assert.Empty(t, hourlyPrices(foreign.args.Handle.Pools), "nobody knows them")
	foreign.run(t)
	for _, res := range foreign.rec.OfType("kubernetes:monitoring.coreos.com/v1:PrometheusRule") {
		assert.NotEqual(t, "gantry-prices", res.Input(t, "metadata.name"))
	}
}

func TestMonitoring_IsAskedWhereItIs(t *testing.T) {
	f := monitoredOn(t, spec.AWS)
	f.run(t)
	// The chart calls the Service <fullnameOverride>-prometheus.
	name := f.values(t, monitoringName, "fullnameOverride").(string)
	assert.Equal(t, "http://"+name+"-prometheus.monitoring.svc:9090", PrometheusURL)
	for _, public := range []string{"prometheus.ingress.enabled", "alertmanager.ingress.enabled", "grafana.ingress.enabled"} {
		assert.NotEqual(t, true, f.values(t, monitoringName, public))
	}
}

func TestMonitoring_ScrapesWhateverIsInTheCluster(t *testing.T) {
	f := monitoredOn(t, spec.AWS)
	f.run(t)
	for _, kind := range []string{"rule", "serviceMonitor", "podMonitor", "probe", "scrapeConfig"} {
		assert.Equal(t, false, f.values(t, monitoringName, "prometheus.prometheusSpec."+kind+"SelectorNilUsesHelmValues"), kind)
	}
	for _, hidden := range []string{"kubeControllerManager", "kubeScheduler", "kubeEtcd", "kubeProxy"} {
		assert.Equal(t, false, f.values(t, monitoringName, hidden+".enabled"), hidden)
	}
	assert.Equal(t, true, f.values(t, monitoringName, "coreDns.enabled"))
	gke := monitoredOn(t, spec.GCP)
	gke.run(t)
	assert.Equal(t, false, gke.values(t, monitoringName, "coreDns.enabled"))
}

// On AKS the system pools have a taint: what tolerates it not would stay Pending.
func TestMonitoring_RunsOnTheSystemPools(t *testing.T) {
	f := monitoredOn(t, spec.Azure)
	f.run(t)
	for _, workload := range []string{
		"prometheus.prometheusSpec", "alertmanager.alertmanagerSpec", "grafana", "kube-state-metrics",
		"prometheusOperator", "prometheusOperator.admissionWebhooks.patch",
	} {
		assert.Equal(t, []any{map[string]any{"key": "CriticalAddonsOnly", "operator": "Equal", "value": "true", "effect": "NoSchedule"}},
			f.values(t, monitoringName, workload+".tolerations"), workload)
		assert.Equal(t, map[string]any{"gantry.dev/role": "system"}, f.values(t, monitoringName, workload+".nodeSelector"), workload)
	}
	assert.Equal(t, []any{map[string]any{"operator": "Exists"}}, f.values(t, monitoringName, "prometheus-node-exporter.tolerations"))
}

// What the rules read of a GPU is what the exporter is told to measure.
func TestMonitoring_ReadsOfGPUsWhatIsMeasured(t *testing.T) {
	raw, err := os.ReadFile("../../modules/observability/metrics.yaml")
	require.NoError(t, err)
	var table map[string]struct {
		Metrics []string `json:"metrics"`
	}
	require.NoError(t, yaml.Unmarshal(raw, &table))
	require.NotEmpty(t, table["DCGM exporter"].Metrics)
	measured := map[string]bool{}
	for _, counter := range counters {
		measured[counter.field] = true
	}
	for _, metric := range table["DCGM exporter"].Metrics {
		assert.True(t, measured[metric], metric)
	}
}

// The labels that rules join on are those that kube-state-metrics exports.
func TestMonitoring_ExportsTheLabelsThatRulesJoinOn(t *testing.T) {
	sets, err := observability.RuleSets()
	require.NoError(t, err)
	allowed := strings.NewReplacer(".", "_", "/", "_", "-", "_").Replace(strings.Join(exportedLabels, " "))
	found := 0
	for _, set := range sets {
		for _, group := range set.Groups {
			for _, rule := range group.Rules {
				for _, word := range strings.FieldsFunc(rule.Expr, func(r rune) bool { return strings.ContainsRune(` "'{}(),=~!`, r) }) {
					if label, ok := strings.CutPrefix(word, "label_"); ok && label != "replace" {
						assert.Contains(t, allowed, label)
						found++
					}
				}
			}
		}
	}
	assert.Positive(t, found)
}
