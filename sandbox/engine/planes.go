package engine

import (
	"context"

	"gantry.dev/gantry/sandbox/localkube"
)

// planes are the control planes of one cloud. Clusters of two clouds may have
// the same name, and do while a stack moves from one to the other: the prefix
// tells their control planes apart.
type planes struct {
	all    localkube.ControlPlanes
	prefix string
}

var _ localkube.ControlPlanes = planes{}

func (p planes) CreateCluster(ctx context.Context, name string) error {
	return p.all.CreateCluster(ctx, p.prefix+name)
}

func (p planes) DeleteCluster(ctx context.Context, name string) error {
	return p.all.DeleteCluster(ctx, p.prefix+name)
}

func (p planes) PutNode(ctx context.Context, cluster string, node localkube.Node) error {
	return p.all.PutNode(ctx, p.prefix+cluster, node)
}

func (p planes) DeleteNode(ctx context.Context, cluster, node string) error {
	return p.all.DeleteNode(ctx, p.prefix+cluster, node)
}

func (p planes) SetAddon(ctx context.Context, cluster, addon string, installed bool) error {
	return p.all.SetAddon(ctx, p.prefix+cluster, addon, installed)
}

func (p planes) PutNodeGroup(ctx context.Context, cluster string, group localkube.NodeGroup) (localkube.NodeGroup, error) {
	return p.all.PutNodeGroup(ctx, p.prefix+cluster, group)
}

func (p planes) NodeGroup(ctx context.Context, cluster, name string) (localkube.NodeGroup, bool, error) {
	return p.all.NodeGroup(ctx, p.prefix+cluster, name)
}

func (p planes) DeleteNodeGroup(ctx context.Context, cluster, name string) (localkube.NodeGroup, error) {
	return p.all.DeleteNodeGroup(ctx, p.prefix+cluster, name)
}
