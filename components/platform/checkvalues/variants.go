package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/modules/spec"
)

// variant is a platform to take the values of.
type variant struct {
	name string
	raw  spec.Raw
}

// place is what differs between the clouds.
type place struct {
	region, account string
	// zone of DNS, and what metrics are written to.
	zone, remoteWrite string
	// extra is written below gantry: beside everything else.
	extra string
	// shared are pools whose accelerators are shared in all ways of the cloud.
	shared []string
}

var places = map[spec.Cloud]place{
	spec.AWS: {
		region: "us-east-1", zone: "Z0123456789ABCDEFGHIJ",
		remoteWrite: "{enabled: true, workspace: ws-01234567-89ab-cdef-0123-456789abcdef}",
		shared: []string{
			"{name: slices, role: inference, gpu: a100, gpuCount: 8, sharing: {mig: 1g.5gb}}",
			"{name: turns, role: inference, gpu: l4, sharing: {timeSlices: 4}}",
		},
	},
	spec.GCP: {
		region: "us-central1", account: "example-project", zone: "ml-example-com",
		remoteWrite: "{enabled: true}",
		shared: []string{
			"{name: slices, role: inference, gpu: a100, sharing: {mig: 1g.5gb}}",
			"{name: turns, role: inference, gpu: l4, sharing: {timeSlices: 4}}",
		},
	},
	spec.Azure: {
		region: "eastus", account: "11111111-2222-3333-4444-555555555555",
		zone: "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/dns/providers/Microsoft.Network/dnsZones/ml.example.com",
		remoteWrite: "{enabled: true, workspace: /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/metrics/providers/Microsoft.Insights/dataCollectionRules/ml, " +
			"endpoint: 'https://ml-1.eastus-1.metrics.ingest.monitor.azure.com/dataCollectionRules/dcr-0123/streams/Microsoft-PrometheusMetrics/api/v1/write?api-version=2023-04-24'}",
		shared: []string{
			"{name: slices, role: inference, gpu: a100, sharing: {mig: 1g.10gb}}",
			"{name: turns, role: inference, gpu: t4, sharing: {timeSlices: 4}}",
		},
	},
}

// variants are platforms on every cloud: as little and as much as can be asked
// for, and what excludes that.
func variants() []variant {
	var all []variant
	for _, cloud := range []spec.Cloud{spec.AWS, spec.GCP, spec.Azure} {
		at := places[cloud]
		pools := []string{
			"{name: system, role: system, cpu: 4, memory: 16Gi, min: 2, max: 4}",
			"{name: train, role: training, gpu: a100, gpuCount: 8, max: 4}",
			"{name: serve, role: inference, gpu: l4, gpuAlternatives: [t4], min: 2, max: 4}",
		}
		all = append(all,
			at.variant(cloud, "least", "dev", pools, ""),
			at.variant(cloud, "most", "prod", append(pools, at.shared...), at.everything()),
			at.variant(cloud, "no monitoring", "dev", pools, "monitoring: {enabled: false}\ngateway: {certificate: {secret: models-tls}}"),
			at.variant(cloud, "device plugin", "dev", pools, "gpuOperator: {enabled: false}\nautoscaler: {enabled: false}"),
		)
		if cloud != spec.Azure { // whose nodes always bring their driver
			all = append(all, at.variant(cloud, "driver by the operator", "dev", []string{
				pools[0], "{name: serve, role: inference, gpu: l4, driver: operator}",
			}, ""))
		}
	}
	existing := place{extra: "existing: {context: kind-ml}\n"}
	return append(all, existing.variant(spec.Existing, "all", "dev",
		[]string{
			"{name: system, role: system, labels: {kind: cpu}, cpu: 8, memory: 32Gi}",
			"{name: serve, role: inference, labels: {kind: gpu}, gpu: l4, cpu: 8, memory: 32Gi}",
		}, "monitoring: {enabled: true}\ngpuOperator: {enabled: true}\ncertificates: {enabled: true}\ngateway: {enabled: true, public: true}\neventScaling: {enabled: true}"))
}

// analysedModel makes the platform install what judges new versions.
var analysedModel = map[string]any{"judged": map[string]any{
	"image": "registry.example.com/judged:v1", "gpu": map[string]any{"type": "l4", "alternatives": []string{"t4"}},
	"route": "/judged", "scale": map[string]any{"min": 2, "max": 2, "requestsPerReplica": 5},
	"rollout": map[string]any{"analysis": map[string]any{"maxErrorRate": 1, "maxP95": "300ms"}},
}}

// everything is the add-ons with all that changes their values.
func (p place) everything() string {
	return fmt.Sprintf(`
autoscaler: {scaleDownMinutes: 20, balanceZones: false}
monitoring:
  replicas: 2
  alerts: {pagerDuty: pager, slack: chat, slackChannel: "#ml", webhook: hook, runbookBaseURL: https://docs.example.com}
  remoteWrite: %s
gateway:
  public: true
  host: models.ml.example.com
  allowedCidrs: [203.0.113.0/24]
  certificate: {acmeEmail: ml@example.com}
dns: {zone: %q, domain: ml.example.com}
`, p.remoteWrite, p.zone)
}

func (p place) variant(cloud spec.Cloud, name, stack string, pools []string, addons string) variant {
	text := fmt.Sprintf("cloud: %s\ncluster: {version: %q}\n%spools:\n  - %s\n", cloud, "1.34", p.extra, strings.Join(pools, "\n  - "))
	if cloud == spec.Existing {
		text = strings.Replace(text, "cluster: {version: \"1.34\"}\n", "", 1)
	}
	if addons != "" {
		text += "addons:\n  " + strings.ReplaceAll(strings.TrimSpace(addons), "\n", "\n  ") + "\n"
	}
	raw := spec.Raw{Project: "gantry", Stack: stack, Region: p.region, Account: p.account, Config: map[string]string{}}
	var values map[string]any
	if err := yaml.Unmarshal([]byte(text), &values); err != nil {
		panic("a variant is no YAML: " + err.Error()) // built in, and tested
	}
	if stack == "prod" {
		values["models"] = analysedModel
	}
	values["secrets"] = map[string]string{"pager": "a", "chat": "b", "hook": "c"}
	raw.Secrets = []string{"secrets"}
	for key, value := range values {
		encoded, isText := value.(string)
		if !isText {
			item, err := json.Marshal(value)
			if err != nil {
				panic("a variant is no JSON: " + err.Error()) // built in, and tested
			}
			encoded = string(item)
		}
		raw.Config[key] = encoded
	}
	return variant{name: fmt.Sprintf("%s, %s", cloud, name), raw: raw}
}
