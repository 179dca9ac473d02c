package aks

import (
	"fmt"
	"strconv"

	azcontainers "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20241001"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/spec"
)

// autoscaled tells whether a cluster autoscaler decides on node counts.
func (b *build) autoscaled() bool { return b.platform.Autoscaled() }

// autoscaler is how AKS's own autoscaler decides, for all pools alike; nil where
// there is none. It knows labels, taints and GPUs of a pool without nodes from
// AKS itself, so that nothing more is needed to go from zero. Values are named
// also where they are the default, so that AKS changes none of them.
func (b *build) autoscaler() azcontainers.ManagedClusterPropertiesAutoScalerProfilePtrInput {
	if !b.autoscaled() {
		return nil
	}
	options := b.platform.Addons.Autoscaler
	return azcontainers.ManagedClusterPropertiesAutoScalerProfileArgs{
		Expander: pulumi.String(expander(options)),
		// A pool spans its zones by itself; this is for pools that are alike.
		BalanceSimilarNodeGroups: pulumi.String(strconv.FormatBool(spec.On(options.BalanceZones))),
		// How often the autoscaler looks.
		ScanInterval: pulumi.String("10s"),
		// A pod that finds no node is reason enough at once.
		NewPodScaleUpDelay: pulumi.String("0s"),
		// A GPU node installs its driver before it is ready; the default of 15
		// minutes gives up on large machines that are about to come.
		MaxNodeProvisionTime: pulumi.String("25m"),
		// A node goes when less of what it has is asked for than this, for as
		// long, and ten minutes after the last one came.
		ScaleDownUtilizationThreshold: pulumi.String(strconv.FormatFloat(float64(options.ScaleDownUtilization)/100, 'f', -1, 64)),
		ScaleDownUnneededTime:         pulumi.String(fmt.Sprintf("%dm", options.ScaleDownMinutes)),
		ScaleDownDelayAfterAdd:        pulumi.String("10m"),
		ScaleDownDelayAfterFailure:    pulumi.String("3m"),
		ScaleDownUnreadyTime:          pulumi.String("20m"),
		// As long as a model may drain: see drainSeconds of a model.
		MaxGracefulTerminationSec: pulumi.String("600"),
		MaxEmptyBulkDelete:        pulumi.String("10"),
		// Models cache on the node's disk: a node would never go.
		SkipNodesWithLocalStorage: pulumi.String("false"),
		// Pods of the cluster run on system pools, of which the least size is
		// kept; elsewhere, only daemons do.
		SkipNodesWithSystemPods: pulumi.String("true"),
		// Drivers and exporters run on every GPU node, and are no reason to
		// keep one; they end with it.
		IgnoreDaemonsetsUtilization:       pulumi.Bool(true),
		DaemonsetEvictionForEmptyNodes:    pulumi.Bool(false),
		DaemonsetEvictionForOccupiedNodes: pulumi.Bool(true),
		// When this much is broken at once, it is not the nodes.
		MaxTotalUnreadyPercentage: pulumi.String("45"),
		OkTotalUnreadyCount:       pulumi.String("3"),
	}
}

// expander chooses among several pools that a pod fits. AKS takes one, the first
// of the platform's; where that leaves several, it takes any. Without a choice it
// would be any at once, also eight GPUs for a pod that asks for one. The ranks of
// priority are a ConfigMap in the cluster, which the platform's add-ons make.
// Source: https://learn.microsoft.com/azure/aks/cluster-autoscaler
func expander(options spec.Autoscaler) string {
	if len(options.Expanders) == 0 {
		return string(spec.ExpanderLeastWaste)
	}
	return string(options.Expanders[0])
}

// setSize says how many nodes a pool has. With an autoscaler, the count is where
// the pool starts and is the autoscaler's from then on. Without one the pool has
// exactly min nodes.
func (b *build) setSize(args *azcontainers.AgentPoolArgs, plan spec.PoolPlan) {
	least, most := bounds(plan)
	args.Count = pulumi.Int(least)
	args.EnableAutoScaling = pulumi.Bool(b.autoscaled())
	if b.autoscaled() {
		args.MinCount, args.MaxCount = pulumi.Int(least), pulumi.Int(most)
	}
}

// bounds are the least and the greatest size of a pool. System pools have two
// nodes also where the configuration asks for one.
func bounds(plan spec.PoolPlan) (least, most int) {
	least = plan.Min
	if poolMode(plan) == modeSystem {
		least = max(least, minSystemNodes)
	}
	return least, max(plan.Max, least, 1)
}
