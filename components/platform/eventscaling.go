package platform

import (
	"fmt"
	"maps"
	"slices"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

const (
	eventScalingName = "keda"
	// eventScalingAccount asks queues and other sources of the cloud how much
	// there is to do.
	eventScalingAccount = "keda-operator"
	// eventScalingPods of two replicas of each of its three parts, and as many
	// again while they are replaced.
	eventScalingPods = 12
)

// eventScalingAddon is KEDA, which owns the one API for external metrics of the
// cluster: everything that scales on more than CPU and memory goes through it.
var eventScalingAddon = addon{
	name:      eventScalingName,
	chart:     "keda",
	namespace: EventScalingNamespace,
	when:      func(in inputs) bool { return spec.On(in.platform.Addons.EventScaling.Enabled) },
	after:     []string{monitoringName},
	account: func(p spec.Platform) *cluster.Binding {
		if !spec.On(p.Addons.EventScaling.Enabled) || p.Cloud == spec.Existing {
			return nil
		}
		return &cluster.Binding{Namespace: EventScalingNamespace, ServiceAccount: eventScalingAccount, Grants: measureQueues(p)}
	},
	before: func(_ inputs, m *maker) ([]pulumi.Resource, error) {
		return m.criticalPods(EventScalingNamespace, eventScalingPods)
	},
	values: eventScalingValues,
}

// measureQueues lets KEDA see how long the queues are that models scale on, each
// once. On Google Cloud all of a project are one right.
func measureQueues(p spec.Platform) []cluster.Grant {
	queues := map[string]bool{}
	for _, model := range p.Models {
		queue := model.Scale.Queue
		for _, address := range []string{queue.SQS, queue.PubSub, queue.ServiceBus} {
			if spec.On(model.Enabled) && address != "" {
				queues[address] = true
			}
		}
	}
	names := slices.Sorted(maps.Keys(queues))
	if p.Cloud == spec.GCP && len(names) > 1 {
		names = names[:1]
	}
	var grants []cluster.Grant
	for _, name := range names {
		grants = append(grants, cluster.Grant{Kind: cluster.MeasureQueue, Resource: pulumi.String(name)})
	}
	return grants
}

func eventScalingValues(in inputs) (pulumi.Map, error) {
	account := in.account(eventScalingName)
	monitor := pulumi.Map{"enabled": pulumi.Bool(monitored(in)), "serviceMonitor": serviceMonitor(in)}
	oneDown := pulumi.Map{"maxUnavailable": pulumi.Int(1)}
	return pulumi.Map{
		"clusterName": pulumi.String(in.handle.Name),
		// The tag is a release, which does not change: a restart must not wait
		// for the registry.
		"image": pulumi.Map{"pullPolicy": pulumi.String("IfNotPresent")},
		// Two, of which one leads: a scaler that is down leaves every model at the
		// size that it has.
		"operator":      pulumi.Map{"replicaCount": pulumi.Int(2)},
		"metricsServer": pulumi.Map{"replicaCount": pulumi.Int(2)},
		"webhooks": pulumi.Map{
			"replicaCount": pulumi.Int(2),
			// The chart's own lets a second scaler of a model pass while the
			// webhook is down, and two scalers fight.
			"failurePolicy": pulumi.String("Fail"),
		},
		"podDisruptionBudget": pulumi.Map{"operator": oneDown, "metricServer": oneDown, "webhooks": oneDown},
		"topologySpreadConstraints": pulumi.Map{
			"operator":      spreadOverNodes("app", "keda-operator"),
			"metricsServer": spreadOverNodes("app", "keda-operator-metrics-apiserver"),
			"webhooks":      spreadOverNodes("app", "keda-admission-webhooks"),
		},
		"priorityClassName":  pulumi.String(systemNodes),
		"nodeSelector":       systemSelector(in),
		"tolerations":        systemTolerations(in),
		"enableServiceLinks": pulumi.Bool(false),
		"serviceAccount":     pulumi.Map{"operator": accountValues(eventScalingAccount, account.Annotations)},
		"podLabels":          pulumi.Map{"keda": pulumi.ToStringMap(account.PodLabels)},
		"rbac": pulumi.Map{
			// The chart's own reads every object of every kind in the cluster, for
			// the case that one of them can be scaled. Models are Deployments.
			"enabledCustomScaledRefKinds": pulumi.Bool(false),
		},
		"prometheus": pulumi.Map{
			"operator": monitor, "metricServer": monitor, "webhooks": monitor,
		},
	}, nil
}

// criticalPods lets a namespace have pods of the classes that the cluster does
// without last. GKE admits them outside of kube-system only where a quota counts
// them; elsewhere it is a bound. Source: "Limit Priority Class consumption by
// default" in the Kubernetes documentation of resource quotas.
func (m *maker) criticalPods(namespace string, pods int) ([]pulumi.Resource, error) {
	quota, err := corev1.NewResourceQuota(m.ctx, m.child(namespace+"-critical-pods"), &corev1.ResourceQuotaArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name:      pulumi.String("critical-pods"),
			Namespace: pulumi.String(namespace),
			Labels:    pulumi.ToStringMap(naming.AppLabels("critical-pods", "quota")),
		},
		Spec: &corev1.ResourceQuotaSpecArgs{
			Hard: pulumi.StringMap{"pods": pulumi.Sprintf("%d", pods)},
			ScopeSelector: &corev1.ScopeSelectorArgs{
				MatchExpressions: corev1.ScopedResourceSelectorRequirementArray{
					corev1.ScopedResourceSelectorRequirementArgs{
						ScopeName: pulumi.String("PriorityClass"),
						Operator:  pulumi.String("In"),
						Values:    pulumi.ToStringArray([]string{"system-node-critical", systemNodes}),
					},
				},
			},
		},
	}, m.opts...)
	if err != nil {
		return nil, fmt.Errorf("quota of critical pods in %s: %w", namespace, err)
	}
	return []pulumi.Resource{quota}, nil
}
