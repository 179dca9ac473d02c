package aks

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	azcontainers "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20241001"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/rootdisk"
	"gantry.dev/gantry/modules/spec"
)

// Modes of a pool. Pods of the cluster itself go to system pools first; AKS
// wants one.
const (
	modeSystem = "System"
	modeUser   = "User"
)

// minSystemNodes is the least size of a system pool: with one node, DNS and all
// else of the cluster stop whenever it is replaced. Source:
// https://learn.microsoft.com/azure/aks/use-system-pools
const minSystemNodes = 2

const (
	// surgePercentCPU of a CPU pool's nodes are made at a time beside the old
	// ones by an upgrade, as Microsoft advises for production. Source:
	// https://learn.microsoft.com/azure/aks/upgrade-aks-node-pools-rolling
	surgePercentCPU = 33
	// surgeGPU is the least number that AKS takes: each needs quota and capacity
	// for GPUs that nothing else uses.
	surgeGPU = 1
	// drainMinutes is how long an upgrade waits for the pods of a node, as by
	// default. When they do not leave, because of a PodDisruptionBudget, the
	// upgrade fails and can be run again; it takes no replica down.
	drainMinutes = 30
)

// anySpotPrice is to pay up to the price of an on-demand machine: a bound below
// only means to lose the machine earlier.
const anySpotPrice = -1

// fixedForPool are the settings that AKS refuses to change. A pool with another
// one is a new pool. Source: terraform-provider-azurerm,
// internal/services/containers/kubernetes_cluster_node_pool_resource.go.
var fixedForPool = []string{
	"availabilityZones", "enableEncryptionAtHost", "gpuInstanceProfile", "osDiskSizeGB", "osDiskType", "osSKU",
	"scaleSetEvictionPolicy", "scaleSetPriority", "spotMaxPrice", "vmSize", "vnetSubnetID",
}

// firstSystemPool is the place of the first pool of mode System, or -1. That
// pool is made with the cluster, its machines are the cluster's for life, and it
// has to stay the first: AKS takes no other into the cluster later.
func firstSystemPool(pools []spec.PoolPlan) int {
	return slices.IndexFunc(pools, func(p spec.PoolPlan) bool { return poolMode(p) == modeSystem })
}

// firstPool is the first system pool as a part of the cluster, and what of it is
// ignored: see livePools.
func (b *build) firstPool(n *network) (azcontainers.ManagedClusterAgentPoolProfileArgs, pulumi.ResourceOption, error) {
	plan := b.pools[firstSystemPool(b.pools)]
	args := inline(b.poolArgs(plan, n))
	live, err := b.livePools()
	if err != nil || b.areAsPlanned(live) {
		return args, pulumi.IgnoreChanges([]string{"agentPoolProfiles"}), err
	}
	if first, there := live[poolName(plan.Name)]; there && b.autoscaled() {
		args.Count = pulumi.Int(valueOf(first.Count)) // the autoscaler's
	}
	return args, pulumi.IgnoreChanges(nil), nil
}

// nodePools registers every pool but the first system pool.
func (b *build) nodePools(control *azcontainers.ManagedCluster, n *network) ([]pulumi.Resource, error) {
	var pools []pulumi.Resource
	for i, plan := range b.pools {
		if i == firstSystemPool(b.pools) {
			continue
		}
		pool, err := b.nodePool(control, n, plan)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", plan.Name, err)
		}
		pools = append(pools, pool)
	}
	return pools, nil
}

func (b *build) nodePool(control *azcontainers.ManagedCluster, n *network, plan spec.PoolPlan) (*azcontainers.AgentPool, error) {
	args := b.poolArgs(plan, n)
	args.ResourceGroupName, args.ResourceName = b.group.Name, control.Name
	options := []pulumi.ResourceOption{
		pulumi.ReplaceOnChanges(fixedForPool),
		// The name has twelve characters, all of them the pool's: a new pool
		// cannot be made beside the old one.
		pulumi.DeleteBeforeReplace(true),
		pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "60m", Update: "120m", Delete: "60m"}),
	}
	if b.autoscaled() {
		// Every other change sends the count along that the state has: it is
		// the autoscaler's only after a refresh.
		options = append(options, pulumi.IgnoreChanges([]string{"count"}))
	}
	return azcontainers.NewAgentPool(b.ctx, b.child(plan.Name), args, b.with(options...)...)
}

// poolArgs are the settings of a pool, but for the cluster that it belongs to.
//
// There is no profile of the GPU driver among them: AKS installs its own, and
// the stable API offers no choice. spec refuses driver: operator for it.
func (b *build) poolArgs(plan spec.PoolPlan, n *network) *azcontainers.AgentPoolArgs {
	args := &azcontainers.AgentPoolArgs{
		AgentPoolName: pulumi.String(poolName(plan.Name)),
		Mode:          pulumi.String(poolMode(plan)),
		Type:          pulumi.String("VirtualMachineScaleSets"),
		VmSize:        pulumi.String(plan.Machines[0].Type),
		OsType:        pulumi.String("Linux"),
		OsSKU:         pulumi.String("Ubuntu"),
		OsDiskType:    pulumi.String(rootdisk.OfAzure(plan.Machines[0], plan.DiskGiB)),
		OsDiskSizeGB:  pulumi.Int(plan.DiskGiB),
		// Disks are encrypted at rest anyway; caches, temporary disks and
		// ephemeral disks only by the host. A subscription has to be registered
		// for it once:
		//
		//	az feature register --namespace Microsoft.Compute --name EncryptionAtHost
		EnableEncryptionAtHost: pulumi.Bool(true),
		EnableNodePublicIP:     pulumi.Bool(false),
		VnetSubnetID:           n.subnetIDs[plan.Name],
		AvailabilityZones:      b.zones(plan),
		// Nodes follow the control plane within one up.
		OrchestratorVersion: pulumi.String(b.platform.Cluster.Version),
		NodeLabels:          pulumi.ToStringMap(nodeLabels(plan)),
		NodeTaints:          pulumi.ToStringArray(nodeTaints(plan)),
		Tags:                b.tags,
	}
	b.setSize(args, plan)
	if profile := plan.Sharing.MIG; profile != "" {
		args.GpuInstanceProfile = pulumi.String(instanceProfile(profile))
	}
	if plan.Capacity == spec.CapacitySpot {
		args.ScaleSetPriority = pulumi.String("Spot")
		// Deallocated machines would count against the quota and keep the
		// autoscaler from trying elsewhere.
		args.ScaleSetEvictionPolicy = pulumi.String("Delete")
		args.SpotMaxPrice = pulumi.Float64(anySpotPrice)
		return args // AKS refuses upgrade settings of a spot pool
	}
	args.UpgradeSettings = azcontainers.AgentPoolUpgradeSettingsArgs{
		MaxSurge:              pulumi.String(maxSurge(plan)),
		DrainTimeoutInMinutes: pulumi.Int(drainMinutes),
	}
	return args
}

// inline is a pool as AKS takes it in a cluster: the same settings, of another
// type.
func inline(a *azcontainers.AgentPoolArgs) azcontainers.ManagedClusterAgentPoolProfileArgs {
	return azcontainers.ManagedClusterAgentPoolProfileArgs{
		Name:                   a.AgentPoolName.(pulumi.String),
		Mode:                   a.Mode,
		Type:                   a.Type,
		VmSize:                 a.VmSize,
		OsType:                 a.OsType,
		OsSKU:                  a.OsSKU,
		OsDiskType:             a.OsDiskType,
		OsDiskSizeGB:           a.OsDiskSizeGB,
		EnableEncryptionAtHost: a.EnableEncryptionAtHost,
		EnableNodePublicIP:     a.EnableNodePublicIP,
		VnetSubnetID:           a.VnetSubnetID,
		AvailabilityZones:      a.AvailabilityZones,
		OrchestratorVersion:    a.OrchestratorVersion,
		NodeLabels:             a.NodeLabels,
		NodeTaints:             a.NodeTaints,
		Tags:                   a.Tags,
		EnableAutoScaling:      a.EnableAutoScaling,
		Count:                  a.Count,
		MinCount:               a.MinCount,
		MaxCount:               a.MaxCount,
		UpgradeSettings:        a.UpgradeSettings,
	}
}

// poolName is the name of a pool in AKS, which takes no '-'.
func poolName(name string) string { return naming.AgentPool(name) }

// poolMode of a pool whose machines can be taken back, or that is reserved by a
// taint of the user's, is User, whatever its role. AKS refuses both in a system
// pool (SystemPoolHasRestrictedTaint).
func poolMode(plan spec.PoolPlan) string {
	if plan.Role != spec.RoleSystem || plan.Capacity == spec.CapacitySpot || slices.ContainsFunc(plan.NodeTaints, reserves) {
		return modeUser
	}
	return modeSystem
}

func reserves(taint spec.Taint) bool {
	return taint.Key != naming.TaintCriticalAddons && taint.Effect != spec.PreferNoSchedule
}

// zones are the first of the region, as many as the pool spans.
func (b *build) zones(plan spec.PoolPlan) pulumi.StringArray {
	spans := plan.Zones
	if spans == 0 {
		spans = b.platform.Cluster.Zones
	}
	var zones pulumi.StringArray
	for zone := range spans {
		zones = append(zones, pulumi.String(strconv.Itoa(zone+1)))
	}
	return zones
}

// nodeLabels are the pool's labels and the one that AKS puts on spot nodes
// anyway, which would otherwise be a difference at every refresh.
func nodeLabels(plan spec.PoolPlan) map[string]string {
	labels := maps.Clone(plan.NodeLabels)
	if plan.Capacity == spec.CapacitySpot {
		labels[naming.TaintSpotAKS] = "spot"
	}
	return labels
}

// instanceProfile is a MIG profile as AKS names it: 1g.10gb is MIG1g. Source:
// https://learn.microsoft.com/azure/aks/gpu-multi-instance
func instanceProfile(profile string) string {
	size, _, _ := strings.Cut(profile, ".")
	return "MIG" + size
}

// nodeTaints are the taints of a pool as AKS writes them.
func nodeTaints(plan spec.PoolPlan) []string {
	var all []string
	for _, taint := range plan.NodeTaints {
		all = append(all, fmt.Sprintf("%s=%s:%s", taint.Key, taint.Value, taint.Effect))
	}
	return all
}

// maxSurge is how many nodes an upgrade makes beside the old ones.
func maxSurge(plan spec.PoolPlan) string {
	if plan.GPU != "" {
		return strconv.Itoa(surgeGPU)
	}
	return fmt.Sprintf("%d%%", surgePercentCPU)
}

// nodesAtMost is the greatest number of nodes of a pool, those of an upgrade
// among them.
func nodesAtMost(plan spec.PoolPlan) int {
	_, most := bounds(plan)
	switch {
	case plan.Capacity == spec.CapacitySpot:
		return most
	case plan.GPU != "":
		return most + surgeGPU
	default:
		return most + (most*surgePercentCPU+99)/100 // AKS rounds up
	}
}
