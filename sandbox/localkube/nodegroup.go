package localkube

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/client-go/kubernetes"

	"gantry.dev/gantry/sandbox/localkube/fleet"
)

// PutNodeGroup tells a cluster of a group of nodes whose size an autoscaler may
// change, and returns it as it is now: with the machines that the autoscaler has
// started since the account looked, without those that it has ended, and with
// those that the cloud had reclaimed. Their nodes are the caller's to put.
func (c *Clusters) PutNodeGroup(ctx context.Context, cluster string, group NodeGroup) (NodeGroup, error) {
	client, err := c.client(cluster)
	if err != nil {
		return NodeGroup{}, err
	}
	merged, err := fleet.Publish(ctx, client, group)
	if err != nil {
		return NodeGroup{}, fmt.Errorf("local cluster %s: %w", cluster, err)
	}
	return merged, nil
}

// NodeGroup is a group of a cluster as the autoscaler left it. found is false
// when the cluster, or the group, is not there.
func (c *Clusters) NodeGroup(ctx context.Context, cluster, name string) (group NodeGroup, found bool, err error) {
	client, err := c.client(cluster)
	if errors.Is(err, ErrNotFound) {
		return NodeGroup{}, false, nil
	}
	if err != nil {
		return NodeGroup{}, false, err
	}
	group, found, err = fleet.Get(ctx, client, name)
	if err != nil {
		return NodeGroup{}, false, fmt.Errorf("local cluster %s: %w", cluster, err)
	}
	return group, found, nil
}

// DeleteNodeGroup takes a group from the autoscaler and returns it as it was
// last. Its nodes are the caller's to delete. A group that is not there is no
// error and has no machines.
func (c *Clusters) DeleteNodeGroup(ctx context.Context, cluster, name string) (NodeGroup, error) {
	client, err := c.client(cluster)
	if err != nil {
		return NodeGroup{}, err
	}
	last, err := fleet.Withdraw(ctx, client, name)
	if err != nil {
		return NodeGroup{}, fmt.Errorf("local cluster %s: %w", cluster, err)
	}
	return last, nil
}

// markReclaimed notes in the groups which of their machines the cloud has taken
// back, so that nobody takes them for ended.
func markReclaimed(ctx context.Context, client kubernetes.Interface, nodes []string) error {
	groups, err := fleet.List(ctx, client)
	if err != nil {
		return err
	}
	for _, g := range groups {
		_, err := fleet.Change(ctx, client, g.Name, func(g *fleet.Group) (bool, error) { return g.Reclaim(nodes), nil })
		if err != nil {
			return err
		}
	}
	return nil
}
