package serving

import (
	"fmt"
	"strconv"
	"time"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/custom"
	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/observability"
)

const (
	monitoringAPI = "monitoring.coreos.com/v1"
	// labelDashboard is what Grafana's sidecar looks for. Source: the chart
	// grafana, values sidecar.dashboards.label.
	labelDashboard = "grafana_dashboard"
)

// registerObservability registers what watches the model: how it is scraped, its
// dashboard, and the alerts of its promises.
func (s *server) registerObservability(ctx *pulumi.Context, args *ModelArgs, child pulumi.ResourceOption) error {
	if !s.monitored {
		return nil
	}
	name := s.model.Name
	if _, err := custom.New(ctx, name+"-monitor", s.serviceMonitor(), child); err != nil {
		return err
	}
	dashboard, err := s.dashboard()
	if err != nil {
		return err
	}
	if _, err := corev1.NewConfigMap(ctx, name+"-dashboard", dashboard, child); err != nil {
		return fmt.Errorf("dashboard: %w", err)
	}
	if s.model.SLO.Availability == "" && s.model.SLO.P95 == "" {
		return nil
	}
	alerts, err := s.alerts(args.RunbookBaseURL)
	if err != nil {
		return err
	}
	_, err = custom.New(ctx, name+"-alerts", alerts, child)
	return err
}

// serviceMonitor has Prometheus scrape every replica of every version, and put the
// labels model and version on what they export: all rules and dashboards know a
// model by them.
func (s *server) serviceMonitor() custom.Object {
	from := func(label, to string) map[string]any {
		return map[string]any{"sourceLabels": []any{"__meta_kubernetes_pod_label_" + label}, "targetLabel": to}
	}
	return custom.Object{APIVersion: monitoringAPI, Kind: "ServiceMonitor", Metadata: s.metadata(), Spec: map[string]any{
		"selector": map[string]any{"matchLabels": map[string]any{naming.LabelModel: s.model.Name}},
		"endpoints": []any{map[string]any{
			"port":        portName,
			"path":        s.model.Metrics.Path,
			"relabelings": []any{from("gantry_dev_model", "model"), from("gantry_dev_version", "version")},
		}},
	}}
}

// dashboard is the model's own, for Grafana's sidecar, which reads all namespaces.
func (s *server) dashboard() (*corev1.ConfigMapArgs, error) {
	text, err := observability.ModelDashboard(s.namespace, s.model.Name)
	if err != nil {
		return nil, err
	}
	labels := s.labels()
	labels[labelDashboard] = "1"
	return &corev1.ConfigMapArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name: pulumi.String(s.model.Name + "-dashboard"), Namespace: pulumi.String(s.namespace), Labels: pulumi.ToStringMap(labels),
		},
		Data: pulumi.StringMap{s.model.Name + ".json": pulumi.String(text)},
	}, nil
}

// latencyTarget is the share of requests that an SLO of p95 is about, in percent.
const latencyTarget = 95

// alerts tell when the model breaks its promises so fast that somebody should know
// before the month is over.
func (s *server) alerts(runbooks string) (custom.Object, error) {
	slo := observability.SLO{Namespace: s.namespace, Model: s.model.Name}
	var err error
	if s.model.SLO.Availability != "" {
		if slo.Availability, err = strconv.ParseFloat(string(s.model.SLO.Availability), 64); err != nil {
			return custom.Object{}, fmt.Errorf("models.%s.slo.availability: %w", s.model.Name, err)
		}
	}
	if s.model.SLO.P95 != "" {
		if slo.Latency, err = time.ParseDuration(s.model.SLO.P95); err != nil {
			return custom.Object{}, fmt.Errorf("models.%s.slo.p95: %w", s.model.Name, err)
		}
		slo.LatencyTarget = latencyTarget
	}
	group, err := observability.BurnRate(slo)
	if err != nil {
		return custom.Object{}, fmt.Errorf("models.%s.slo: %w", s.model.Name, err)
	}
	set := observability.RuleSet{Name: s.model.Name, Groups: []observability.Group{group}}
	rules, err := set.WithRunbooks(runbooks).Spec()
	if err != nil {
		return custom.Object{}, err
	}
	return custom.Object{APIVersion: monitoringAPI, Kind: "PrometheusRule", Metadata: s.metadata(), Spec: rules}, nil
}
