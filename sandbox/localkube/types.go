// Package localkube runs real Kubernetes control planes on loopback for the
// emulated clouds: etcd, kube-apiserver, kube-controller-manager,
// kube-scheduler and KWOK as background processes, one set a cluster, and an
// agent that plays the parts of a cloud that live inside a cluster.
package localkube

// Node is a machine that joins a local cluster. KWOK simulates its kubelet.
type Node struct {
	// Name as kubectl shows it, for example ip-10-0-3-17.ec2.internal.
	Name string
	// ProviderID in the cloud's form, for example aws:///us-east-1a/i-0123.
	ProviderID string
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
}

// Taint of a node, with the effect as Kubernetes spells it.
type Taint struct {
	Key, Value, Effect string
}
