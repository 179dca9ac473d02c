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

// livePool is the first system pool of the cluster that is there, nil where there
// is none yet.
//
// The pool is a part of the cluster, in a list in which AKS shows every pool, in
// an order of its own. To Pulumi each refresh would change the list, so that it
// is ignored as long as the pool that is there is the pool that is wanted. This
// look-up tells when it is not, and only then does the preview show a change.
func (b *build) livePool() (*azcontainers.ManagedClusterAgentPoolProfileResponse, error) {
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
	name := poolName(b.pools[firstSystemPool(b.pools)].Name)
	for _, profile := range found.AgentPoolProfiles {
		if profile.Name == name {
			return &profile, nil
		}
	}
	return nil, nil
}

// isNotFound reads the codes with which Azure says that a group or a resource
// does not exist. Source:
// https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
func isNotFound(err error) bool {
	return slices.ContainsFunc([]string{"ResourceNotFound", "ResourceGroupNotFound"}, func(code string) bool {
		return strings.Contains(err.Error(), code)
	})
}

// isAsPlanned is whether a pool that is there is what its plan makes of it. What
// Gantry sets the same for every pool is not compared.
func (b *build) isAsPlanned(live *azcontainers.ManagedClusterAgentPoolProfileResponse, plan spec.PoolPlan) bool {
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
