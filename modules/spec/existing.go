package spec

// ExistingCluster is how to reach a cluster that Gantry did not make, and what
// it offers.
type ExistingCluster struct {
	// Kubeconfig is the path of the file that leads to the cluster, absolute or
	// beginning with ~/. Credentials stay in the file: the state holds its path.
	// Default: the first file that the variable KUBECONFIG names, or
	// ~/.kube/config.
	Kubeconfig string `json:"kubeconfig" jsonschema:"example=~/.kube/config"`
	// Context of the kubeconfig, which has to be named, so that whatever kubectl
	// was last pointed at is never changed by mistake. Default: none.
	Context string `json:"context" jsonschema:"example=kind-ml"`
	// StorageClasses of the cluster that serve models.
	StorageClasses ExistingStorage `json:"storageClasses"`
}

// ExistingStorage names storage classes of an existing cluster.
type ExistingStorage struct {
	// Block is a class of disks. Default: none.
	Block string `json:"block" jsonschema:"example=standard"`
	// Shared is a class of file systems that many nodes mount for writing.
	// Models that store files need it. Default: none.
	Shared string `json:"shared" jsonschema:"example=nfs-client"`
	// ReadOnly is a class of volumes that many nodes read. Default: none.
	ReadOnly string `json:"readOnly" jsonschema:"example=model-files"`
}
