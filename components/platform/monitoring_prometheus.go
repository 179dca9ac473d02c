package platform

import (
	"fmt"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/api/resource"

	"gantry.dev/gantry/components/cluster"
)

// keptPercent is the part of its volume that Prometheus fills with metrics: the
// rest is for what it is just writing and compacting.
const keptPercent = 85

func prometheusValues(in inputs) (pulumi.Map, error) {
	config := in.platform.Addons.Monitoring
	size, err := retentionSize(config.Storage)
	if err != nil {
		return nil, fmt.Errorf("gantry:addons.monitoring.storage: %w", err)
	}
	account := in.account(monitoringName)
	server := onSystemPools(in, pulumi.Map{
		"replicas":      pulumi.Int(config.Replicas),
		"retention":     pulumi.Sprintf("%dd", config.RetentionDays),
		"retentionSize": pulumi.String(size),
		"storageSpec":   pulumi.Map{"volumeClaimTemplate": claim(in, config.Storage)},
		"resources":     requests("500m", "2Gi", "4Gi"),
		// Tells the metrics of one cluster from those of others where they meet.
		"externalLabels": pulumi.Map{"cluster": pulumi.String(in.handle.Name)},
		"podMetadata":    pulumi.Map{"labels": pulumi.ToStringMap(account.PodLabels)},
		// Everything in the cluster is scraped and evaluated, not only what this
		// release has made.
		"ruleSelectorNilUsesHelmValues":           pulumi.Bool(false),
		"serviceMonitorSelectorNilUsesHelmValues": pulumi.Bool(false),
		"podMonitorSelectorNilUsesHelmValues":     pulumi.Bool(false),
		"probeSelectorNilUsesHelmValues":          pulumi.Bool(false),
		"scrapeConfigSelectorNilUsesHelmValues":   pulumi.Bool(false),
		"additionalScrapeConfigs":                 pulumi.Array{annotatedPods()},
	})
	values := pulumi.Map{
		"serviceAccount": accountValues(prometheusAccount, account.Annotations),
		"prometheusSpec": server,
	}
	if config.Replicas > 1 {
		// Replicas do not hold quite the same: one reader keeps to one of them.
		values["service"] = pulumi.Map{"sessionAffinity": pulumi.String("ClientIP")}
		values["podDisruptionBudget"] = pulumi.Map{"enabled": pulumi.Bool(true)}
	}
	remote := managedPrometheus(in)
	maps.Copy(server, remote.server)
	maps.Copy(values, remote.values)
	return values, nil
}

// retentionSize is how much of a volume metrics may fill, as Prometheus writes it:
// its MB are MiB.
func retentionSize(storage string) (string, error) {
	size, err := resource.ParseQuantity(storage)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%dMB", size.Value()/(1<<20)*keptPercent/100), nil
}

// claim is a volume of the cluster's disks.
func claim(in inputs, storage string) pulumi.Map {
	volume := pulumi.Map{
		"accessModes": pulumi.ToStringArray([]string{string(cluster.ReadWriteOnce)}),
		"resources":   pulumi.Map{"requests": pulumi.Map{"storage": pulumi.String(storage)}},
	}
	// Without one it is the cluster's default.
	if class, ok := in.handle.Storage.For(cluster.ReadWriteOnce); ok {
		volume["storageClassName"] = pulumi.String(class.Name)
	}
	return pulumi.Map{"spec": volume}
}

// annotatedPods is the scrape configuration for pods with the annotations
// prometheus.io/scrape, port, path and scheme, as models have them. It is one of
// Prometheus itself, because a PodMonitor wants to know the port.
func annotatedPods() pulumi.Map {
	const meta = "__meta_kubernetes_pod_"
	return pulumi.Map{
		"job_name":              pulumi.String("annotated-pods"),
		"kubernetes_sd_configs": pulumi.Array{pulumi.Map{"role": pulumi.String("pod")}},
		"relabel_configs": pulumi.Array{
			relabel{from: []string{meta + "annotation_prometheus_io_scrape"}, action: "keep", regex: "true"}.value(),
			relabel{from: []string{meta + "phase"}, action: "drop", regex: "Pending|Succeeded|Failed"}.value(),
			// A pod is found once for each of its ports; with the address the same,
			// Prometheus takes it once. A pod without an address is passed over.
			relabel{from: []string{meta + "ip", meta + "annotation_prometheus_io_port"}, action: "keep", regex: ".+;[0-9]+"}.value(),
			relabel{from: []string{meta + "ip", meta + "annotation_prometheus_io_port"}, regex: "([^:]+);(.+)", to: "__address__", replacement: "$1:$2"}.value(),
			relabel{from: []string{meta + "ip", meta + "annotation_prometheus_io_port"}, regex: "(.*:.*);(.+)", to: "__address__", replacement: "[$1]:$2"}.value(),
			relabel{from: []string{meta + "annotation_prometheus_io_path"}, regex: "(.+)", to: "__metrics_path__"}.value(),
			relabel{from: []string{meta + "annotation_prometheus_io_scheme"}, regex: "(https?)", to: "__scheme__"}.value(),
			relabel{from: []string{"__meta_kubernetes_namespace"}, to: "namespace"}.value(),
			relabel{from: []string{meta + "name"}, to: "pod"}.value(),
			relabel{from: []string{meta + "label_gantry_dev_model"}, to: "model"}.value(),
		},
	}
}

// relabel is a step of relabelling; what is empty is Prometheus' own.
type relabel struct {
	from                           []string
	action, regex, to, replacement string
}

func (r relabel) value() pulumi.Map {
	step := pulumi.Map{"source_labels": pulumi.ToStringArray(r.from)}
	for key, value := range map[string]string{
		"action": r.action, "regex": r.regex, "target_label": r.to, "replacement": r.replacement,
	} {
		if value != "" {
			step[key] = pulumi.String(value)
		}
	}
	return step
}
