package platform

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
	"gantry.dev/gantry/modules/versions"
)

const (
	autoscalerName = "cluster-autoscaler"
	systemNodes    = "system-cluster-critical"
	// priorityConfig is the name under which the autoscaler looks for the ranks
	// of its priority expander, see expander/priority/readme.md in its
	// repository.
	priorityConfig = "cluster-autoscaler-priority-expander"
)

// autoscalerAddon is Cluster Autoscaler. GKE and AKS run their own, which their
// packages set to the same options.
var autoscalerAddon = addon{
	name:      autoscalerName,
	chart:     "cluster-autoscaler",
	namespace: systemNamespace,
	when: func(in inputs) bool {
		return in.platform.Cloud == spec.AWS && in.platform.Autoscaled()
	},
	after: []string{monitoringName},
	account: func(p spec.Platform) *cluster.Binding {
		if p.Cloud != spec.AWS || !p.Autoscaled() {
			return nil
		}
		return &cluster.Binding{
			Namespace: systemNamespace, ServiceAccount: autoscalerName,
			Grants: []cluster.Grant{{Kind: cluster.ScaleNodes}},
		}
	},
	values: autoscalerValues,
}

func autoscalerValues(in inputs) (pulumi.Map, error) {
	options := in.platform.Addons.Autoscaler
	chart, err := versions.Of("cluster-autoscaler")
	if err != nil {
		return nil, err
	}
	image, err := chart.AppFor(in.platform.KubernetesVersion())
	if err != nil {
		return nil, fmt.Errorf("gantry:cluster.version: %w", err)
	}
	values := pulumi.Map{
		"cloudProvider": pulumi.String("aws"),
		// Without it everything is called cluster-autoscaler-aws-cluster-autoscaler.
		"fullnameOverride": pulumi.String(autoscalerName),
		// Nodes let no pod ask for their metadata, so that the region cannot be
		// found out.
		"awsRegion": pulumi.String(in.platform.Region),
		// EKS tags the Auto Scaling groups of node groups with the cluster's name.
		"autoDiscovery": pulumi.Map{"clusterName": pulumi.String(in.handle.Name)},
		// Not the chart's own: the minor of the autoscaler has to be the
		// cluster's.
		"image": pulumi.Map{"tag": pulumi.String(image)},
		"rbac":  pulumi.Map{"serviceAccount": accountValues(autoscalerName, in.account(autoscalerName).Annotations)},
		// Two, of which one leads: while a node is replaced, another scales.
		"replicaCount":              pulumi.Int(2),
		"topologySpreadConstraints": spreadOverNodes("app.kubernetes.io/instance", autoscalerName),
		"podDisruptionBudget":       pulumi.Map{"maxUnavailable": pulumi.Int(1)},
		"priorityClassName":         pulumi.String(systemNodes),
		"nodeSelector":              systemSelector(in),
		"tolerations":               systemTolerations(in),
		"securityContext": pulumi.Map{
			"runAsNonRoot":   pulumi.Bool(true),
			"runAsUser":      pulumi.Int(65534), // nobody
			"seccompProfile": pulumi.Map{"type": pulumi.String("RuntimeDefault")},
		},
		"containerSecurityContext": pulumi.Map{
			"allowPrivilegeEscalation": pulumi.Bool(false),
			"readOnlyRootFilesystem":   pulumi.Bool(true),
			"capabilities":             pulumi.Map{"drop": pulumi.ToStringArray([]string{"ALL"})},
		},
		// It keeps every pod and node in memory.
		"resources":      requests("100m", "600Mi", "1Gi"),
		"extraArgs":      autoscalerArgs(options),
		"serviceMonitor": autoscalerMonitor(in),
	}
	if ranksPools(in.platform) {
		values["expanderPriorities"] = pulumi.String(expanderPriorities(in))
	}
	return values, nil
}

// autoscalerMonitor is serviceMonitor for a chart whose own namespace and label
// are those of another installation.
func autoscalerMonitor(in inputs) pulumi.Map {
	monitor := serviceMonitor(in)
	monitor["namespace"] = pulumi.String(systemNamespace)
	monitor["selector"] = pulumi.StringMap{"release": pulumi.String(monitoringName)}
	return monitor
}

func autoscalerArgs(options spec.Autoscaler) pulumi.Map {
	return pulumi.Map{
		"expander":                         pulumi.String(joined(options.Expanders)),
		"balance-similar-node-groups":      pulumi.Bool(spec.On(options.BalanceZones)),
		"scale-down-unneeded-time":         pulumi.Sprintf("%dm", options.ScaleDownMinutes),
		"scale-down-utilization-threshold": pulumi.Sprintf("%.2f", float64(options.ScaleDownUtilization)/100),
		// Every pool has pods of the system, and most pods have an emptyDir: with
		// the defaults hardly a node would ever go.
		"skip-nodes-with-system-pods":   pulumi.Bool(false),
		"skip-nodes-with-local-storage": pulumi.Bool(false),
		// A GPU node is Ready minutes before its GPUs are; with the default of 15
		// minutes a slow one is given up and tried again elsewhere.
		"max-node-provision-time": pulumi.String("25m"),
	}
}

// ranksPools tells whether the autoscaler chooses pools by a list of ranks.
func ranksPools(p spec.Platform) bool {
	return p.Autoscaled() && slices.Contains(p.Addons.Autoscaler.Expanders, spec.ExpanderPriority)
}

// newPriorities makes the list of ranks for the autoscaler that AKS runs itself,
// and reads from the cluster. On EKS it comes with the chart.
func newPriorities(in inputs, m *maker) ([]pulumi.Resource, error) {
	if in.platform.Cloud != spec.Azure || !ranksPools(in.platform) {
		return nil, nil
	}
	made, err := corev1.NewConfigMap(m.ctx, m.child("autoscaler-priorities"), &corev1.ConfigMapArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name:      pulumi.String(priorityConfig),
			Namespace: pulumi.String(systemNamespace),
			Labels:    pulumi.ToStringMap(naming.AppLabels(autoscalerName, "autoscaler")),
		},
		Data: pulumi.StringMap{"priorities": pulumi.String(expanderPriorities(in))},
	}, m.opts...)
	if err != nil {
		return nil, fmt.Errorf("autoscaler priorities: %w", err)
	}
	return []pulumi.Resource{made}, nil
}

// expanderPriorities rank spot pools before on-demand ones; the greater number
// wins. A group that no rule matches is never scaled up, so the last rule
// matches the groups of others.
func expanderPriorities(in inputs) string {
	groups := map[spec.Capacity][]string{}
	for _, pool := range in.handle.Pools {
		groups[pool.Capacity] = append(groups[pool.Capacity], scalingGroup(in, pool.Name))
	}
	var b strings.Builder
	for _, rank := range []struct {
		number   int
		capacity spec.Capacity
	}{{20, spec.CapacitySpot}, {10, spec.CapacityOnDemand}} {
		if len(groups[rank.capacity]) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%d:\n", rank.number)
		for _, group := range groups[rank.capacity] {
			fmt.Fprintf(&b, "  - %s\n", group)
		}
	}
	b.WriteString("1:\n  - .*\n")
	return b.String()
}

// scalingGroup matches the name of what a pool is scaled through, and no other
// pool's, even if the name of one begins with that of another. EKS calls the
// Auto Scaling group of a node group eks-<node group>-<UUID>, and the name of
// the node group ends in a suffix of its own, without '-'. AKS calls the scale
// set of a pool aks-<pool>-<number>-vmss.
func scalingGroup(in inputs, pool string) string {
	if in.platform.Cloud == spec.Azure {
		return "^aks-" + regexp.QuoteMeta(naming.AgentPool(pool)) + "-[0-9]+-vmss$"
	}
	prefix := naming.Prefix(naming.LimitNodeGroupPrefix, in.handle.Name, pool)
	return "^eks-" + regexp.QuoteMeta(prefix) + "[^-]+(-[0-9a-f]+){5}$"
}

// spreadOverNodes keeps the pods with a label apart where there is a choice.
func spreadOverNodes(label, value string) pulumi.Array {
	return pulumi.Array{pulumi.Map{
		"maxSkew":           pulumi.Int(1),
		"topologyKey":       pulumi.String("kubernetes.io/hostname"),
		"whenUnsatisfiable": pulumi.String("ScheduleAnyway"),
		"labelSelector":     pulumi.Map{"matchLabels": pulumi.StringMap{label: pulumi.String(value)}},
	}}
}

func joined(expanders []spec.Expander) string {
	var names []string
	for _, expander := range expanders {
		names = append(names, string(expander))
	}
	return strings.Join(names, ",")
}
