package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/spec"
)

const monitoringName = "monitoring"

// monitoringAddon is kube-prometheus-stack with Gantry's dashboards and alerts.
var monitoringAddon = addon{
	name:      monitoringName,
	chart:     "kube-prometheus-stack",
	namespace: MonitoringNamespace,
	when:      monitored,
	values:    func(inputs) (pulumi.Map, error) { return pulumi.Map{}, nil },
}

// monitored tells whether Prometheus runs in the cluster.
func monitored(in inputs) bool { return spec.On(in.platform.Addons.Monitoring.Enabled) }

// serviceMonitor switches on the ServiceMonitor of a chart where something
// scrapes it; its definition comes with the monitoring.
func serviceMonitor(in inputs) pulumi.Map {
	return pulumi.Map{"enabled": pulumi.Bool(monitored(in))}
}
