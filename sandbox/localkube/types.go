// Package localkube runs real Kubernetes control planes on loopback for the
// emulated clouds: etcd, kube-apiserver, kube-controller-manager,
// kube-scheduler and KWOK as background processes, one set a cluster, and an
// agent that plays the parts of a cloud that live inside a cluster.
package localkube

import (
	"context"

	"gantry.dev/gantry/sandbox/localkube/fleet"
)

// ControlPlanes is what an emulated cloud asks of the clusters that it runs;
// Clusters implements it. Every method is idempotent.
type ControlPlanes interface {
	// CreateCluster brings a control plane up, or back up, and waits for it.
	CreateCluster(ctx context.Context, name string) error
	// DeleteCluster ends a control plane and forgets its data.
	DeleteCluster(ctx context.Context, name string) error
	// PutNode lets a node join, or updates it.
	PutNode(ctx context.Context, cluster string, node Node) error
	// DeleteNode takes a node out, and its pods with it.
	DeleteNode(ctx context.Context, cluster, node string) error
	// PutNodeGroup tells the cluster of a group whose size an autoscaler may
	// change, and returns it with what the autoscaler did to it meanwhile. It
	// touches no node.
	PutNodeGroup(ctx context.Context, cluster string, group NodeGroup) (NodeGroup, error)
	// NodeGroup is a group as the autoscaler left it; found is false when the
	// cluster was not told of it.
	NodeGroup(ctx context.Context, cluster, name string) (group NodeGroup, found bool, err error)
	// DeleteNodeGroup takes a group from the autoscaler and returns it as it
	// was last. It touches no node.
	DeleteNodeGroup(ctx context.Context, cluster, name string) (NodeGroup, error)
	// SetAddon tells whether an add-on, by the name that the agent knows it
	// by, runs in the cluster.
	SetAddon(ctx context.Context, cluster, addon string, installed bool) error
}

// Node is a machine that joins a local cluster.
type Node = fleet.Node

// Taint of a node.
type Taint = fleet.Taint

// NodeGroup is a group of machines whose number an autoscaler may change.
type NodeGroup = fleet.Group

// Accelerator is what a node's accelerators are.
type Accelerator = fleet.Accelerator
