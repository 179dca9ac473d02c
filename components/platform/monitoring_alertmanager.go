package platform

import (
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

const (
	// receivers is the Secret with what Alertmanager needs to reach people. Its
	// keys are the names of the receivers.
	receivers = "alert-receivers"
	// receiversPath is where the operator mounts it.
	receiversPath = "/etc/alertmanager/secrets/" + receivers + "/"
	// alertsStorage holds silences and what was told to whom. The smallest disk of
	// Google Cloud.
	alertsStorage = "10Gi"

	pagerDuty = "pagerduty"
	slack     = "slack"
	webhook   = "webhook"
	heartbeat = "heartbeat"
	nobody    = "nobody"
)

// receiverSecrets are the secrets of the configuration by the receiver that they
// are for.
func receiverSecrets(a spec.Alerts) map[string]string {
	names := map[string]string{pagerDuty: a.PagerDuty, slack: a.Slack, webhook: a.Webhook, heartbeat: a.Heartbeat}
	for receiver, name := range names {
		if name == "" {
			delete(names, receiver)
		}
	}
	return names
}

// newReceivers makes the Secret that the receivers read. Alertmanager reads it
// from a file, so that no value of the chart, and no release, holds a secret.
func newReceivers(in inputs, m *maker) ([]pulumi.Resource, error) {
	names := receiverSecrets(in.platform.Addons.Monitoring.Alerts)
	if len(names) == 0 {
		return nil, nil
	}
	data := pulumi.StringMap{}
	for receiver, name := range names {
		data[receiver] = pulumi.ToSecret(pulumi.String(in.platform.Secrets[name].Reveal())).(pulumi.StringOutput)
	}
	secret, err := corev1.NewSecret(m.ctx, m.child(receivers), &corev1.SecretArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name:      pulumi.String(receivers),
			Namespace: pulumi.String(MonitoringNamespace),
			Labels:    pulumi.ToStringMap(naming.AppLabels(receivers, monitoringName)),
		},
		StringData: data,
	}, m.opts...)
	if err != nil {
		return nil, fmt.Errorf("receivers of alerts: %w", err)
	}
	return []pulumi.Resource{secret}, nil
}

func alertmanagerValues(in inputs) pulumi.Map {
	config := in.platform.Addons.Monitoring
	server := onSystemPools(in, pulumi.Map{
		"replicas":  pulumi.Int(config.Replicas),
		"storage":   pulumi.Map{"volumeClaimTemplate": claim(in, alertsStorage)},
		"resources": requests("20m", "64Mi", "256Mi"),
	})
	if len(receiverSecrets(config.Alerts)) > 0 {
		server["secrets"] = pulumi.ToStringArray([]string{receivers})
	}
	return pulumi.Map{
		"alertmanagerSpec":    server,
		"config":              alertmanagerConfig(config.Alerts),
		"podDisruptionBudget": pulumi.Map{"enabled": pulumi.Bool(config.Replicas > 1)},
	}
}

// alertmanagerConfig is the configuration of Alertmanager in full: the chart
// replaces lists and merges maps with its own.
func alertmanagerConfig(a spec.Alerts) pulumi.Map {
	return pulumi.Map{
		"route":     routes(a),
		"receivers": receiverList(a),
		"inhibit_rules": pulumi.Array{
			// What is critical says all that a warning of the same would.
			inhibit("severity = critical", "severity =~ warning|info", "namespace", "alertname", "model"),
			inhibit("severity = warning", "severity = info", "namespace", "alertname", "model"),
			// A model that is down is slow and full of errors too.
			inhibit("alertname = ModelDown", "alertname =~ Model(Error|Latency)BudgetBurn.*", "namespace", "model"),
			// A budget that burns fast burns slowly too.
			inhibit("alertname = ModelErrorBudgetBurnFast", "alertname = ModelErrorBudgetBurnSlow", "namespace", "model"),
			inhibit("alertname = ModelLatencyBudgetBurnFast", "alertname = ModelLatencyBudgetBurnSlow", "namespace", "model"),
			// The chart's own: information without anything worse tells nobody anything.
			inhibit("alertname = InfoInhibitor", "severity = info", "namespace"),
		},
	}
}

func inhibit(source, target string, equal ...string) pulumi.Map {
	return pulumi.Map{
		"source_matchers": pulumi.ToStringArray([]string{source}),
		"target_matchers": pulumi.ToStringArray([]string{target}),
		"equal":           pulumi.ToStringArray(equal),
	}
}

// routes decide who hears of an alert. The first that matches takes it, but for
// that of the webhook, which passes it on.
func routes(a spec.Alerts) pulumi.Map {
	var all pulumi.Array
	if a.Heartbeat != "" {
		// Watchdog always fires: whoever stops hearing of it knows that alerts have
		// stopped.
		all = append(all, pulumi.Map{
			"receiver": pulumi.String(heartbeat), "matchers": matching("alertname = Watchdog"),
			"group_wait": pulumi.String("0s"), "group_interval": pulumi.String("1m"), "repeat_interval": pulumi.String("5m"),
		})
	}
	all = append(all, pulumi.Map{
		"receiver": pulumi.String(nobody), "matchers": matching("alertname =~ Watchdog|InfoInhibitor"),
	}, pulumi.Map{
		"receiver": pulumi.String(nobody), "matchers": matching("severity =~ info|none"),
	})
	if a.Webhook != "" {
		all = append(all, pulumi.Map{"receiver": pulumi.String(webhook), "continue": pulumi.Bool(true)})
	}
	if a.PagerDuty != "" {
		all = append(all, pulumi.Map{
			"receiver": pulumi.String(pagerDuty), "matchers": matching("severity = critical"),
			// Again while it lasts, for whoever took over in between.
			"repeat_interval": pulumi.String("4h"),
		})
	}
	rest := nobody
	if a.Slack != "" {
		rest = slack
	}
	return pulumi.Map{
		"receiver":        pulumi.String(rest),
		"group_by":        pulumi.ToStringArray([]string{"alertname", "namespace", "model"}),
		"group_wait":      pulumi.String("30s"),
		"group_interval":  pulumi.String("5m"),
		"repeat_interval": pulumi.String("12h"),
		"routes":          all,
	}
}

func matching(matcher string) pulumi.StringArray { return pulumi.ToStringArray([]string{matcher}) }

// receiverList are the receivers of the routes.
func receiverList(a spec.Alerts) pulumi.Array {
	all := pulumi.Array{pulumi.Map{"name": pulumi.String(nobody)}}
	add := func(name, kind, file string, more pulumi.Map) {
		more[file] = pulumi.String(receiversPath + name)
		more["send_resolved"] = pulumi.Bool(name != heartbeat)
		all = append(all, pulumi.Map{"name": pulumi.String(name), kind: pulumi.Array{more}})
	}
	if a.PagerDuty != "" {
		add(pagerDuty, "pagerduty_configs", "routing_key_file", pulumi.Map{
			"description": pulumi.String(`{{ .CommonLabels.alertname }}: {{ (index .Alerts 0).Annotations.summary }}`),
			"severity":    pulumi.String(`{{ if .CommonLabels.severity }}{{ .CommonLabels.severity }}{{ else }}error{{ end }}`),
			"details": pulumi.Map{
				"runbook": pulumi.String(`{{ (index .Alerts 0).Annotations.runbook_url }}`),
				"alerts":  pulumi.String(alertList),
			},
		})
	}
	if a.Slack != "" {
		add(slack, "slack_configs", "api_url_file", pulumi.Map{
			"channel": pulumi.String(a.SlackChannel),
			"title":   pulumi.String(`{{ .Status | toUpper }}: {{ .CommonLabels.alertname }} ({{ len .Alerts }})`),
			"text":    pulumi.String(alertList),
		})
	}
	if a.Webhook != "" {
		add(webhook, "webhook_configs", "url_file", pulumi.Map{})
	}
	if a.Heartbeat != "" {
		add(heartbeat, "webhook_configs", "url_file", pulumi.Map{})
	}
	return all
}

// alertList is a line an alert with its page.
const alertList = `{{ range .Alerts }}{{ .Annotations.summary }} {{ .Annotations.runbook_url }}
{{ end }}`
