package previewreport

// azureMeanings are about resources of Azure. What cannot change in place follows
// the provider; see the tables of the emulated cloud in sandbox/emulator/azure.
var azureMeanings = []consequence{
	{
		Types: []string{"azure-native:containerservice:AgentPool"}, Ops: []Op{Replace}, Weight: Disruption,
		Says:  "New nodes come up first; then the old ones are drained, which respects disruption budgets, and go. Pods move, and jobs without a checkpoint begin again.",
		First: "The old nodes are drained and go before the new ones are there, because a pool's name is taken while it exists: until then the pool has no nodes, and its pods wait.",
	},
	{
		Types: []string{"azure-native:containerservice:AgentPool"}, Ops: []Op{Delete}, Weight: Disruption,
		Says: "The nodes are drained and go. Pods that no other pool takes stay Pending.",
	},
	{
		Types: []string{"azure-native:containerservice:AgentPool"}, Ops: []Op{Update}, Weight: StepByStep, Properties: []string{"orchestratorVersion"},
		Says: "The nodes are replaced step by step, as the upgrade settings of the pool say.",
	},
	{
		Types: []string{"azure-native:containerservice:ManagedCluster"}, Ops: []Op{Replace, Delete}, Weight: DataLoss,
		Says: "The cluster is lost with everything in it: workloads, their configuration, and volumes that are not kept.",
	},
	{
		Types: []string{"azure-native:containerservice:ManagedCluster"}, Ops: []Op{Update}, Weight: StepByStep, Properties: []string{"kubernetesVersion"},
		Says: "The control plane is upgraded, which cannot be taken back; the nodes follow.",
	},
	{
		Types: []string{"azure-native:containerservice:ManagedCluster"}, Ops: []Op{Update}, Weight: Disruption, Properties: []string{"apiServerAccessProfile"},
		Says: "Who can reach the Kubernetes API changes, Pulumi itself included.",
	},
	{
		Types: []string{"azure-native:resources:ResourceGroup"}, Ops: []Op{Replace, Delete}, Weight: DataLoss,
		Says: "Azure deletes everything in it, also what Pulumi does not know.",
	},
	{
		Types: []string{"azure-native:keyvault:Key", "azure-native:keyvault:Vault"}, Ops: []Op{Replace, Delete}, Weight: DataLoss,
		Says: "When its retention is over, nothing that was encrypted with it can be read again.",
	},
	{
		Types: []string{
			"azure-native:storage:StorageAccount", "azure-native:storage:FileShare", "azure-native:storage:BlobContainer",
		}, Ops: []Op{Replace, Delete}, Weight: DataLoss,
		Says: "The files in it are lost.",
	},
	{
		Types: []string{"azure-native:operationalinsights:Workspace"}, Ops: []Op{Replace, Delete}, Weight: DataLoss,
		Says: "The logs in it are lost, the audit log of the cluster among them.",
	},
	{
		Types: []string{"azure-native:network:VirtualNetwork", "azure-native:network:Subnet"}, Ops: []Op{Replace, Delete}, Weight: Disruption,
		Says: "All that is in the network has to go first: the cluster, its nodes, load balancers.",
	},
	{
		Types: []string{"azure-native:network:PublicIPAddress", "azure-native:network:NatGateway"}, Ops: []Op{Replace, Delete}, Weight: Disruption,
		Says: "Nodes cannot reach the internet meanwhile, and later come from another address: lists that allow the old one have to follow.",
	},
	{
		Types: []string{"azure-native:managedidentity:UserAssignedIdentity"}, Ops: []Op{Replace, Delete}, Weight: Disruption,
		Says: "What runs under it loses its rights. A new identity of the same name has none of them.",
	},
	{
		Types: []string{"azure-native:authorization:RoleAssignment", "azure-native:managedidentity:FederatedIdentityCredential"}, Ops: []Op{Delete}, Weight: StepByStep,
		Says: "Whatever still runs with these rights loses them.",
	},
}
