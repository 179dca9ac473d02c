package aks

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	azcontainers "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20241001"

	"gantry.dev/gantry/modules/rootdisk"
	"gantry.dev/gantry/modules/spec"
)

// livePools are the pools of the cluster that is there, by their names in AKS; none
// where there is no cluster yet.
//
// The first system pool is a part of the cluster, in a list in which AKS shows
// every pool, in an order of its own. To Pulumi each refresh would change the
// list, so that it is ignored as long as the pools that are there are those that
// are wanted. This look-up tells when they are not. The list is then sent as the
// program has it, with the first system pool alone: one that a refresh had read
// would put other pools back to what they were, and be refused for pools that
// are gone.
func (b *build) livePools() (map[string]azcontainers.ManagedClusterAgentPoolProfileResponse, error) {
	found, err := azcontainers.LookupManagedCluster(b.ctx, &azcontainers.LookupManagedClusterArgs{
		ResourceGroupName: b.platform.Name,
		ResourceName:      b.platform.Name,
	}, b.invokeOptions()...)
	if err != nil {
		if isNotFound(err) {
			return nil, nil
		}
		return nil, fmt.Errorf("looking for a cluster %s that is there already: %w", b.platform.Name, err)
	}
	pools := map[string]azcontainers.ManagedClusterAgentPoolProfileResponse{}
	for _, profile := range found.AgentPoolProfiles {
		pools[profile.Name] = profile
	}
	return pools, nil
}

// isNotFound reads the codes with which Azure says that a group or a resource
// does not exist. Source:
// https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
func isNotFound(err error) bool {
	return slices.ContainsFunc([]string{"ResourceNotFound", "ResourceGroupNotFound"}, func(code string) bool {
		return strings.Contains(err.Error(), code)
	})
}

// areAsPlanned is whether every pool that is there is planned, and is what its
// plan makes of it.
func (b *build) areAsPlanned(live map[string]azcontainers.ManagedClusterAgentPoolProfileResponse) bool {
	for name, pool := range live {
		i := slices.IndexFunc(b.pools, func(p spec.PoolPlan) bool { return poolName(p.Name) == name })
		if i < 0 || !b.isAsPlanned(pool, b.pools[i]) {
			return false
		}
	}
	return true
}

// isAsPlanned is whether a pool that is there is what its plan makes of it. What
// Gantry sets the same for every pool is not compared.
func (b *build) isAsPlanned(live azcontainers.ManagedClusterAgentPoolProfileResponse, plan spec.PoolPlan) bool {
	least, most := bounds(plan)
	sized := valueOf(live.Count) == least && !valueOf(live.EnableAutoScaling)
	if b.autoscaled() {
		sized = valueOf(live.EnableAutoScaling) && valueOf(live.MinCount) == least && valueOf(live.MaxCount) == most
	}
	return sized &&
		valueOf(live.VmSize) == plan.Machines[0].Type &&
		valueOf(live.OsDiskSizeGB) == plan.DiskGiB &&
		valueOf(live.OsDiskType) == string(rootdisk.OfAzure(plan.Machines[0], plan.DiskGiB)) &&
		strings.HasPrefix(valueOf(live.OrchestratorVersion)+".", b.platform.Cluster.Version+".") &&
		maps.Equal(live.NodeLabels, nodeLabels(plan)) &&
		sameTaints(live.NodeTaints, plan)
}

func sameTaints(live []string, plan spec.PoolPlan) bool {
	wanted := nodeTaints(plan)
	slices.Sort(wanted)
	return slices.Equal(slices.Sorted(slices.Values(live)), wanted)
}

func valueOf[T any](pointer *T) (value T) {
	if pointer != nil {
		value = *pointer
	}
	return value
}
