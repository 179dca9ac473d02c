package platform

import (
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/spec"
)

const (
	// monitoringName is also what the names of everything in the chart begin with.
	monitoringName = "monitoring"
	// prometheusAccount is the service account of Prometheus.
	prometheusAccount = "prometheus"
	// PrometheusURL is where Prometheus answers inside the cluster.
	PrometheusURL = "http://" + monitoringName + "-prometheus." + MonitoringNamespace + ".svc:9090"
)

// monitoringAddon is kube-prometheus-stack with Gantry's dashboards and alerts.
var monitoringAddon = addon{
	name:      monitoringName,
	chart:     "kube-prometheus-stack",
	namespace: MonitoringNamespace,
	when:      monitored,
	account: func(p spec.Platform) *cluster.Binding {
		if !spec.On(p.Addons.Monitoring.Enabled) {
			return nil
		}
		return metricsBinding(p)
	},
	values: monitoringValues,
	before: newReceivers,
	with: func(in inputs, m *maker) ([]pulumi.Resource, error) {
		rules, err := newRules(in, m)
		if err != nil {
			return nil, err
		}
		dashboards, err := newDashboards(m)
		return append(rules, dashboards...), err
	},
}

// monitored tells whether Prometheus runs in the cluster.
func monitored(in inputs) bool { return spec.On(in.platform.Addons.Monitoring.Enabled) }

// serviceMonitor switches on the ServiceMonitor of a chart where something
// scrapes it; its definition comes with the monitoring.
func serviceMonitor(in inputs) pulumi.Map {
	return pulumi.Map{"enabled": pulumi.Bool(monitored(in))}
}

func monitoringValues(in inputs) (pulumi.Map, error) {
	prometheus, err := prometheusValues(in)
	if err != nil {
		return nil, err
	}
	values := pulumi.Map{
		// The names of what others ask, such as PrometheusURL, are those of the
		// chart otherwise, cut in the middle of a word.
		"fullnameOverride": pulumi.String(monitoringName),
		"defaultRules":     defaultRules(),

		"prometheus":         prometheus,
		"alertmanager":       alertmanagerValues(in),
		"grafana":            grafanaValues(in),
		"prometheusOperator": operatorOfPrometheus(in),
		"kube-state-metrics": onSystemPools(in, pulumi.Map{
			"metricLabelsAllowlist": pulumi.ToStringArray(exportedLabels),
			"resources":             requests("50m", "128Mi", "512Mi"),
		}),
		"prometheus-node-exporter": pulumi.Map{
			// Every node, whatever its taints.
			"tolerations": pulumi.Array{pulumi.Map{"operator": pulumi.String("Exists")}},
			"resources":   requests("50m", "64Mi", "128Mi"),
		},

		// A cloud runs these and lets nobody scrape them; kube-proxy answers on the
		// node's own loopback only. Left on, alerts tell that they are down.
		"kubeControllerManager": off(),
		"kubeScheduler":         off(),
		"kubeEtcd":              off(),
		"kubeProxy":             off(),
		// GKE runs kube-dns, which exports something else.
		"coreDns": pulumi.Map{"enabled": pulumi.Bool(in.platform.Cloud != spec.GCP)},
	}
	return values, nil
}

func off() pulumi.Map { return pulumi.Map{"enabled": pulumi.Bool(false)} }

// exportedLabels are the labels that kube-state-metrics exports: those that tie
// samples to models and nodes to pools, and by which NVIDIA and GKE tell of
// shared GPUs. Every label of every pod would be a series.
var exportedLabels = []string{
	"pods=[gantry.dev/model]",
	"deployments=[gantry.dev/model]",
	"nodes=[gantry.dev/pool,gantry.dev/role,gantry.dev/capacity,gantry.dev/gpu,nvidia.com/gpu.sharing-strategy,cloud.google.com/gke-gpu-sharing-strategy]",
}

// defaultRules are the chart's own alerts and recording rules, without those of
// what is not scraped and those that Gantry has itself.
func defaultRules() pulumi.Map {
	rules, disabled := pulumi.Map{}, pulumi.Map{}
	for _, group := range []string{"etcd", "kubeControllerManager", "kubeProxy", "kubeSchedulerAlerting", "kubeSchedulerRecording", "windows"} {
		rules[group] = pulumi.Bool(false)
	}
	// ContainerCrashLooping and AutoscalerAtMaximum say the same.
	for _, alert := range []string{"KubePodCrashLooping", "KubeHpaMaxedOut"} {
		disabled[alert] = pulumi.Bool(true)
	}
	return pulumi.Map{"rules": rules, "disabled": disabled}
}

func operatorOfPrometheus(in inputs) pulumi.Map {
	return onSystemPools(in, pulumi.Map{
		"resources":                requests("100m", "128Mi", "256Mi"),
		"prometheusConfigReloader": pulumi.Map{"resources": requests("10m", "32Mi", "64Mi")},
		// The jobs that make the certificate of its webhook.
		"admissionWebhooks": pulumi.Map{"patch": onSystemPools(in, pulumi.Map{"resources": requests("10m", "32Mi", "128Mi")})},
	})
}

// onSystemPools adds to the values of a workload that it runs there.
func onSystemPools(in inputs, values pulumi.Map) pulumi.Map {
	placed := pulumi.Map{"tolerations": systemTolerations(in), "nodeSelector": systemSelector(in)}
	maps.Copy(placed, values)
	return placed
}
