package gke

import (
	"fmt"
	"slices"

	gcpcontainer "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/rootdisk"
	"gantry.dev/gantry/modules/spec"
)

// scopeCloudPlatform lets a node ask for everything that the roles of its
// account allow. Scopes are the older, coarser bound of the two.
const scopeCloudPlatform = "https://www.googleapis.com/auth/cloud-platform"

// taintEffects as the GKE API spells them.
var taintEffects = map[spec.TaintEffect]string{
	spec.NoSchedule:       "NO_SCHEDULE",
	spec.PreferNoSchedule: "PREFER_NO_SCHEDULE",
	spec.NoExecute:        "NO_EXECUTE",
}

// nodePool is a pool of the platform and the node pool that it became.
type nodePool struct {
	plan  spec.PoolPlan
	group *gcpcontainer.NodePool
}

// groups returns the node pools of pools.
func groups(pools []nodePool) []pulumi.Resource {
	var all []pulumi.Resource
	for _, pool := range pools {
		all = append(all, pool.group)
	}
	return all
}

// nodePools registers a node pool for each pool. System pools come first, and
// all others wait for them: on destroy they then go last, and what the cluster
// itself needs never has to look for room on a GPU node.
func (b *build) nodePools(control *gcpcontainer.Cluster, n *network, nodes *account, p *places) ([]nodePool, error) {
	// Roles, and the way to the internet, have to outlive the nodes.
	after := slices.Concat(n.routed, nodes.granted)
	var pools []nodePool
	add := func(which func(spec.PoolPlan) bool) error {
		waitFor := pulumi.DependsOn(slices.Concat(after, groups(pools)))
		for _, plan := range b.pools {
			if !which(plan) {
				continue
			}
			group, err := b.nodePool(control, nodes, plan, p.of(plan), waitFor)
			if err != nil {
				return fmt.Errorf("%s: %w", plan.Name, err)
			}
			pools = append(pools, nodePool{plan: plan, group: group})
		}
		return nil
	}
	if err := add(isSystem); err != nil {
		return nil, err
	}
	return pools, add(func(plan spec.PoolPlan) bool { return !isSystem(plan) })
}

func (b *build) nodePool(control *gcpcontainer.Cluster, nodes *account, plan spec.PoolPlan, zones pulumi.StringArrayOutput, after pulumi.ResourceOption) (*gcpcontainer.NodePool, error) {
	args := &gcpcontainer.NodePoolArgs{
		Cluster:       control.Name,
		Project:       pulumi.String(b.platform.Account),
		Location:      pulumi.String(b.platform.Region),
		NodeLocations: zones,
		NodeConfig:    b.nodeConfig(plan, nodes),
		// A release channel wants both. Nodes follow the control plane in the
		// maintenance window, so the pool names no version.
		Management: gcpcontainer.NodePoolManagementArgs{
			AutoRepair:  pulumi.Bool(true),
			AutoUpgrade: pulumi.Bool(true),
		},
		UpgradeSettings: upgradeSettings(plan),
	}
	options := append(b.scale(args, plan, zones),
		after,
		pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "60m", Update: "120m", Delete: "60m"}),
	)
	// No name, so that a changed pool is made beside the old one, which is
	// drained and removed when the new one is up. The provider names it after
	// the Pulumi name, which therefore is bounded: it refuses namePrefix, because
	// it adds a name to that.
	name := naming.Bounded(naming.LimitNodePoolName, b.name, plan.Name)
	return gcpcontainer.NewNodePool(b.ctx, name, args, b.with(options...)...)
}

// nodeConfig is what each node of a pool is.
//
// Taints are not ignored, as was the custom while GKE's own taints showed as a
// difference: the provider now compares only those that it set, and changes them
// in place.
func (b *build) nodeConfig(plan spec.PoolPlan, nodes *account) gcpcontainer.NodePoolNodeConfigArgs {
	machine := plan.Machines[0]
	return gcpcontainer.NodePoolNodeConfigArgs{
		MachineType:    pulumi.String(machine.Type),
		ImageType:      pulumi.String(nodeImage(plan)),
		DiskSizeGb:     pulumi.Int(plan.DiskGiB),
		DiskType:       pulumi.String(rootdisk.OfGoogle(machine)),
		Spot:           pulumi.Bool(plan.Capacity == spec.CapacitySpot),
		ServiceAccount: nodes.Email,
		OauthScopes:    pulumi.ToStringArray([]string{scopeCloudPlatform}),
		Labels:         pulumi.ToStringMap(plan.NodeLabels),
		Taints:         taints(plan),
		ResourceLabels: pulumi.ToStringMap(b.labels),
		// Pods get credentials of their own service account or none: the
		// metadata server in front of the machine's hides those of the node.
		WorkloadMetadataConfig: gcpcontainer.NodePoolNodeConfigWorkloadMetadataConfigArgs{
			Mode: pulumi.String("GKE_METADATA"),
		},
		Metadata: pulumi.StringMap{"disable-legacy-endpoints": pulumi.String("true")},
		ShieldedInstanceConfig: gcpcontainer.NodePoolNodeConfigShieldedInstanceConfigArgs{
			// The operator's driver is built on the node, and nobody signs it.
			EnableSecureBoot:          pulumi.Bool(!drivenByOperator(plan)),
			EnableIntegrityMonitoring: pulumi.Bool(true),
		},
		// Newer machine series have no other network card.
		Gvnic:             gcpcontainer.NodePoolNodeConfigGvnicArgs{Enabled: pulumi.Bool(true)},
		GcfsConfig:        imageStreaming(plan),
		GuestAccelerators: guestAccelerators(plan),
	}
}

// imageStreaming starts containers before their image has arrived, which with
// GPUs has 10 GB and more. Other pools say nothing of it: GKE does not answer
// with a no, and the provider would replace the pool for the difference.
func imageStreaming(plan spec.PoolPlan) gcpcontainer.NodePoolNodeConfigGcfsConfigPtrInput {
	if !hasGPU(plan) || nodeImage(plan) != imageCOS {
		return nil
	}
	return gcpcontainer.NodePoolNodeConfigGcfsConfigArgs{Enabled: pulumi.Bool(true)}
}

// upgradeSettings replace node by node. A new node comes before the old one goes,
// but with GPUs, where a spare one often cannot be had and the upgrade would
// wait for it for ever: there, one node is missing for a while.
func upgradeSettings(plan spec.PoolPlan) gcpcontainer.NodePoolUpgradeSettingsArgs {
	surge, unavailable := 1, 0
	if hasGPU(plan) {
		surge, unavailable = 0, 1
	}
	return gcpcontainer.NodePoolUpgradeSettingsArgs{
		Strategy:       pulumi.String("SURGE"),
		MaxSurge:       pulumi.Int(surge),
		MaxUnavailable: pulumi.Int(unavailable),
	}
}

// taints are those that the pool declares; that of Arm nodes GKE sets itself.
func taints(plan spec.PoolPlan) gcpcontainer.NodePoolNodeConfigTaintArray {
	var all gcpcontainer.NodePoolNodeConfigTaintArray
	for _, taint := range plan.NodeTaints {
		if taint.Key == naming.TaintArch {
			continue
		}
		all = append(all, gcpcontainer.NodePoolNodeConfigTaintArgs{
			Key:    pulumi.String(taint.Key),
			Value:  pulumi.String(taint.Value),
			Effect: pulumi.String(taintEffects[taint.Effect]),
		})
	}
	return all
}
