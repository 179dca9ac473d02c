package platform

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/observability"
)

// labelDashboard marks a ConfigMap with dashboards; Grafana's sidecar looks for it
// in every namespace.
const labelDashboard = "grafana_dashboard"

// grafanaValues leave Grafana without a volume: its dashboards are code, and what
// is made in it by hand is gone with its pod. The chart makes up the password of
// the user admin once, and keeps it in the Secret monitoring-grafana. No address
// of it leaves the cluster.
func grafanaValues(in inputs) pulumi.Map {
	return onSystemPools(in, pulumi.Map{
		"persistence": off(),
		"ingress":     off(),
		"resources":   requests("100m", "256Mi", "512Mi"),
		"sidecar": pulumi.Map{
			"resources": requests("20m", "96Mi", "256Mi"),
			"dashboards": pulumi.Map{
				"label":           pulumi.String(labelDashboard),
				"labelValue":      pulumi.String("1"),
				"searchNamespace": pulumi.String("ALL"),
			},
		},
		"grafana.ini": pulumi.Map{
			// Asks nobody outside, which also keeps it fast where nobody answers.
			"analytics": pulumi.Map{
				"reporting_enabled":        pulumi.Bool(false),
				"check_for_updates":        pulumi.Bool(false),
				"check_for_plugin_updates": pulumi.Bool(false),
			},
			"plugins": pulumi.Map{"preinstall_disabled": pulumi.Bool(true)},
		},
	})
}

// newDashboards makes a ConfigMap for each dashboard.
func newDashboards(m *maker) ([]pulumi.Resource, error) {
	dashboards, err := observability.Dashboards()
	if err != nil {
		return nil, err
	}
	var made []pulumi.Resource
	for _, file := range slices.Sorted(maps.Keys(dashboards)) {
		name := "gantry-dashboard-" + strings.TrimSuffix(file, ".json")
		labels := naming.AppLabels(name, monitoringName)
		labels[labelDashboard] = "1"
		config, err := corev1.NewConfigMap(m.ctx, m.child(name), &corev1.ConfigMapArgs{
			Metadata: &metav1.ObjectMetaArgs{
				Name:      pulumi.String(name),
				Namespace: pulumi.String(MonitoringNamespace),
				Labels:    pulumi.ToStringMap(labels),
			},
			Data: pulumi.StringMap{"gantry-" + file: pulumi.String(dashboards[file])},
		}, m.opts...)
		if err != nil {
			return nil, fmt.Errorf("dashboard %s: %w", file, err)
		}
		made = append(made, config)
	}
	return made, nil
}
