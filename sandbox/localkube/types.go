// Package localkube runs real Kubernetes control planes on loopback for the
// emulated clouds: etcd, kube-apiserver, kube-controller-manager,
// kube-scheduler and KWOK as background processes, one set a cluster, and an
// agent that plays the parts of a cloud that live inside a cluster.
package localkube

import "context"

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
	// SetAddon tells whether an add-on, by the name that the agent knows it
	// by, runs in the cluster.
	SetAddon(ctx context.Context, cluster, addon string, installed bool) error
}

// Node is a machine that joins a local cluster. KWOK simulates its kubelet.
type Node struct {
	// Name as kubectl shows it, for example ip-10-0-3-17.ec2.internal.
	Name string
	// ProviderID in the cloud's form, for example aws:///us-east-1a/i-0123.
	ProviderID string
	// Region and Zone as the cloud's node controller labels them, for example
	// us-east-1 and us-east-1a. Empty: no such label.
	Region, Zone string
	// Address of the machine inside its network. Empty: none is shown.
	Address string
	// Labels and taints that the cloud and the pool give the node.
	Labels map[string]string
	Taints []Taint
	// VCPU, MemoryMiB, DiskGiB and MaxPods are the machine's capacity.
	VCPU      int
	MemoryMiB int
	DiskGiB   int
	MaxPods   int
	// GPUs is the number of accelerators in the machine. They become
	// allocatable when a device plugin runs on the node.
	GPUs int
	// DevicePlugin tells that the cloud itself runs a device plugin on the
	// node, as GKE does.
	DevicePlugin bool
}

// Taint of a node, with the effect as Kubernetes spells it.
type Taint struct {
	Key, Value, Effect string
}
