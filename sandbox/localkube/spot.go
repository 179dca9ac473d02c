package localkube

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gantry.dev/gantry/modules/naming"
)

// capacitySpot is the value of naming.LabelCapacity on nodes that the cloud may
// take back.
const capacitySpot = "spot"

// Reclaim takes the nodes of a spot pool away, with their pods, as a cloud does
// that needs its machines back, and returns their names. Only the cluster loses
// them: the account that started the machines still has them on record. It is an
// error when the pool has no nodes or is not a spot pool.
func (c *Clusters) Reclaim(ctx context.Context, cluster, pool string) ([]string, error) {
	client, err := c.client(cluster)
	if err != nil {
		return nil, err
	}
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("nodes of local cluster %s: %w", cluster, err)
	}
	names, err := spotNodes(nodes.Items, pool)
	if err != nil {
		return nil, fmt.Errorf("local cluster %s: %w", cluster, err)
	}
	// Before the nodes go, or the autoscaler would take them for slow to come.
	if err := markReclaimed(ctx, client, names); err != nil {
		return nil, fmt.Errorf("local cluster %s: %w", cluster, err)
	}
	for _, name := range names {
		if err := c.DeleteNode(ctx, cluster, name); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// spotNodes are the names of the nodes of a spot pool.
func spotNodes(nodes []corev1.Node, pool string) ([]string, error) {
	var names []string
	capacities := map[string]string{}
	for _, node := range nodes {
		own := node.Labels[naming.LabelPool]
		capacities[own] = node.Labels[naming.LabelCapacity]
		if own == pool {
			names = append(names, node.Name)
		}
	}
	capacity, hasNodes := capacities[pool]
	switch {
	case pool == "" || !hasNodes:
		return nil, fmt.Errorf("pool %q has no nodes; %s", pool, spotPools(capacities))
	case capacity != capacitySpot:
		return nil, fmt.Errorf("pool %q is %s, and a cloud takes back only spot nodes; %s", pool, capacity, spotPools(capacities))
	}
	slices.Sort(names)
	return names, nil
}

func spotPools(capacities map[string]string) string {
	var spot []string
	for _, pool := range slices.Sorted(maps.Keys(capacities)) {
		if capacities[pool] == capacitySpot {
			spot = append(spot, pool)
		}
	}
	if len(spot) == 0 {
		return "no spot pool has nodes now"
	}
	return "spot pools with nodes: " + strings.Join(spot, ", ")
}
