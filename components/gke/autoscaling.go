package gke

import (
	gcpcontainer "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/spec"
)

// How the autoscaler chooses the zone of a new node.
const (
	// zonesBalanced keeps the zones equal, so that the loss of one is bearable.
	zonesBalanced = "BALANCED"
	// zonesAny takes whichever zone has capacity, reservations first.
	zonesAny = "ANY"
)

// The profiles of the autoscaler. GKE takes no time and no percentage.
const (
	// profileBalanced keeps some room for pods to come.
	profileBalanced = "BALANCED"
	// profilePacked fills nodes before it adds others, and removes idle ones
	// sooner.
	profilePacked = "OPTIMIZE_UTILIZATION"
)

// packedFrom is the scaleDownUtilization, in percent, that stands for
// profilePacked: whoever sets it that high wants nodes to be full.
const packedFrom = 65

// autoscalingProfile is when a node is removed.
func (b *build) autoscalingProfile() string {
	if b.platform.Addons.Autoscaler.ScaleDownUtilization >= packedFrom {
		return profilePacked
	}
	return profileBalanced
}

// autoscaled tells whether the cluster autoscaler decides on node counts. It is
// a part of GKE, which knows the labels, taints and GPUs of an empty pool: a pool
// scales from zero without further ado.
func (b *build) autoscaled() bool { return b.platform.Autoscaled() }

// scale sets the size of a node pool over its zones and returns the options that
// go with it.
//
// With an autoscaler, the bounds are those of the whole pool, and the size is
// where the pool starts: the autoscaler's from then on, in nodeCount and, of
// which a change would replace the pool, in initialNodeCount. Without an
// autoscaler the pool has exactly min nodes.
func (b *build) scale(args *gcpcontainer.NodePoolArgs, plan spec.PoolPlan, zones pulumi.StringArrayOutput) []pulumi.ResourceOption {
	perZone := func(count func(zones int) int) pulumi.IntOutput {
		return zones.ApplyT(func(zones []string) int { return count(len(zones)) }).(pulumi.IntOutput)
	}
	if !b.autoscaled() {
		args.NodeCount = perZone(func(zones int) int { return plan.Min / zones })
		return nil
	}
	greatest := max(plan.Max, plan.Min, 1)
	args.InitialNodeCount = perZone(func(zones int) int { return firstCount(plan.Min, greatest, zones) })
	args.Autoscaling = gcpcontainer.NodePoolAutoscalingArgs{
		TotalMinNodeCount: pulumi.Int(plan.Min),
		TotalMaxNodeCount: pulumi.Int(greatest),
		LocationPolicy:    pulumi.String(b.locationPolicy(plan)),
	}
	return []pulumi.ResourceOption{pulumi.IgnoreChanges([]string{"initialNodeCount", "nodeCount"})}
}

// firstCount is how many nodes a pool starts with in each zone: enough for the
// least of the whole pool, because the autoscaler adds nodes for pods and not to
// reach a least, but never more than the greatest.
func firstCount(least, greatest, zones int) int {
	count := (least + zones - 1) / zones
	if count*zones > greatest {
		return greatest / zones
	}
	return count
}

// locationPolicy is for GPUs and spot to be had at all, and for the others to be
// spread, unless the platform does without.
func (b *build) locationPolicy(plan spec.PoolPlan) string {
	unbalanced := b.platform.Addons.Autoscaler.BalanceZones != nil && !*b.platform.Addons.Autoscaler.BalanceZones
	if unbalanced || hasGPU(plan) || plan.Capacity == spec.CapacitySpot {
		return zonesAny
	}
	return zonesBalanced
}
