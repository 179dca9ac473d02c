package platform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/spec"
	"gantry.dev/gantry/modules/versions"
)

const (
	autoscalerName = "cluster-autoscaler"
	systemNodes    = "system-cluster-critical"
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
	image, err := chart.AppFor(in.platform.Cluster.Version)
	if err != nil {
		return nil, fmt.Errorf("gantry:cluster.version: %w", err)
	}
	values := pulumi.Map{
		"cloudProvider": pulumi.String("aws"),
		// Nodes let no pod ask for their metadata, so that the region cannot be
		// found out.
		"awsRegion":     pulumi.String(in.platform.Region),
		"autoDiscovery": pulumi.Map{"clusterName": pulumi.String(in.handle.Name)},
		// Not the chart's own: the minor of the autoscaler has to be the
		// cluster's.
		"image": pulumi.Map{"tag": pulumi.String(image)},
		"rbac":  pulumi.Map{"serviceAccount": accountValues(autoscalerName, in.account(autoscalerName).Annotations)},
		// Two, of which one leads: while a node is replaced, another scales.
		"replicaCount":      pulumi.Int(2),
		"priorityClassName": pulumi.String(systemNodes),
		"extraArgs":         autoscalerArgs(options),
		"serviceMonitor":    serviceMonitor(in),
	}
	if slices.Contains(options.Expanders, spec.ExpanderPriority) {
		values["expanderPriorities"] = expanderPriorities(in.handle.Pools)
	}
	return values, nil
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

// expanderPriorities rank spot pools before on-demand ones; the greater number
// wins. The rules match the names of Auto Scaling groups, which EKS derives from
// those of node groups.
func expanderPriorities(pools []spec.PoolPlan) pulumi.String {
	groups := map[spec.Capacity][]string{}
	for _, pool := range pools {
		groups[pool.Capacity] = append(groups[pool.Capacity], pool.Name)
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
		for _, pool := range groups[rank.capacity] {
			fmt.Fprintf(&b, "  - ^eks-.*-%s-.*\n", pool)
		}
	}
	return pulumi.String(b.String())
}

func joined(expanders []spec.Expander) string {
	var names []string
	for _, expander := range expanders {
		names = append(names, string(expander))
	}
	return strings.Join(names, ",")
}
