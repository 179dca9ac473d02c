package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/spec"
)

const eventScalingName = "keda"

// eventScalingAddon is KEDA, which owns the one API for external metrics of the
// cluster.
var eventScalingAddon = addon{
	name:      eventScalingName,
	chart:     "keda",
	namespace: EventScalingNamespace,
	when:      func(in inputs) bool { return spec.On(in.platform.Addons.EventScaling.Enabled) },
	after:     []string{monitoringName},
	values:    eventScalingValues,
}

func eventScalingValues(in inputs) (pulumi.Map, error) {
	monitor := pulumi.Map{"enabled": pulumi.Bool(monitored(in)), "serviceMonitor": serviceMonitor(in)}
	return pulumi.Map{
		// Two, of which one leads: a scaler that is down leaves every model at the
		// size that it has.
		"operator":          pulumi.Map{"replicaCount": pulumi.Int(2)},
		"metricsServer":     pulumi.Map{"replicaCount": pulumi.Int(2)},
		"priorityClassName": pulumi.String(systemNodes),
		"webhooks": pulumi.Map{
			// The chart's own lets a second scaler of a model pass while the
			// webhook is down, and two scalers fight.
			"failurePolicy": pulumi.String("Fail"),
			"replicaCount":  pulumi.Int(2),
		},
		"prometheus": pulumi.Map{
			"operator": monitor, "metricServer": monitor, "webhooks": monitor,
		},
	}, nil
}
