package previewreport

// googleMeanings are about resources of Google Cloud. What cannot change in place
// follows the provider; see the tables of the emulated cloud in
// sandbox/emulator/gcp.
var googleMeanings = []consequence{
	{
		Types: []string{"gcp:container/nodePool:NodePool"}, Ops: []Op{Replace}, Weight: Disruption,
		Says:  "New nodes come up first; then the old ones are drained, for an hour at most, and go. Pods move, and jobs without a checkpoint begin again.",
		First: "The old nodes are drained and go before the new ones are there: until then the pool has no nodes, and its pods wait.",
	},
	{
		Types: []string{"gcp:container/nodePool:NodePool"}, Ops: []Op{Delete}, Weight: Disruption,
		Says: "The nodes are drained and go. Pods that no other pool takes stay Pending.",
	},
	{
		Types: []string{"gcp:container/nodePool:NodePool"}, Ops: []Op{Update}, Weight: StepByStep,
		Properties: []string{"version", "nodeConfig.machineType", "nodeConfig.diskSizeGb", "nodeConfig.diskType", "nodeConfig.imageType"},
		Says:       "The nodes are replaced step by step, as the upgrade settings of the pool say.",
	},
	{
		Types: []string{"gcp:container/cluster:Cluster"}, Ops: []Op{Replace, Delete}, Weight: DataLoss,
		Says: "The cluster is lost with everything in it: workloads, their configuration, and volumes that are not kept.",
	},
	{
		Types: []string{"gcp:container/cluster:Cluster"}, Ops: []Op{Update}, Weight: StepByStep, Properties: []string{"minMasterVersion"},
		Says: "The control plane is upgraded, which cannot be taken back; the nodes follow.",
	},
	{
		Types: []string{"gcp:container/cluster:Cluster"}, Ops: []Op{Update}, Weight: Disruption,
		Properties: []string{"masterAuthorizedNetworksConfig", "privateClusterConfig"},
		Says:       "Who can reach the Kubernetes API changes, Pulumi itself included.",
	},
	{
		Types: []string{"gcp:kms/cryptoKey:CryptoKey"}, Ops: []Op{Replace, Delete}, Weight: DataLoss,
		Says: "Its versions are destroyed after a waiting period: nothing that was encrypted with them, Kubernetes secrets among it, can be read again. The name stays taken for ever.",
	},
	{
		Types: []string{"gcp:kms/keyRing:KeyRing"}, Ops: []Op{Replace, Delete}, Weight: StepByStep,
		Says: "Google Cloud never deletes a key ring: it stays, and Pulumi forgets it.",
	},
	{
		Types: []string{"gcp:filestore/instance:Instance"}, Ops: []Op{Replace, Delete}, Weight: DataLoss,
		Says: "All files on it are lost.",
	},
	{
		Types: []string{"gcp:storage/bucket:Bucket"}, Ops: []Op{Replace, Delete}, Weight: DataLoss,
		Says: "Its objects are lost; where it may not be emptied, Google Cloud refuses.",
	},
	{
		Types: []string{"gcp:compute/network:Network", "gcp:compute/subnetwork:Subnetwork"}, Ops: []Op{Replace, Delete}, Weight: Disruption,
		Says: "All that is in the network has to go first: the cluster, its nodes, file access.",
	},
	{
		Types: []string{"gcp:compute/router:Router", "gcp:compute/routerNat:RouterNat", "gcp:compute/address:Address"}, Ops: []Op{Replace, Delete}, Weight: Disruption,
		Says: "Nodes cannot reach the internet meanwhile, and may come from another address later: lists that allow the old one have to follow.",
	},
	{
		Types: []string{"gcp:serviceaccount/account:Account"}, Ops: []Op{Replace, Delete}, Weight: Disruption,
		Says: "What runs under it loses its rights at once. A new account of the same name has none of them.",
	},
	{
		Types: []string{"gcp:projects/service:Service"}, Ops: []Op{Delete}, Weight: Disruption,
		Says: "The API is switched off for the whole project, unless it is kept on destroy.",
	},
}
