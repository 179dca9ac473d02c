package previewreport

// awsMeanings are about resources of AWS. What cannot change in place follows the
// provider; see the tables of the emulated cloud in sandbox/emulator/aws.
var awsMeanings = []consequence{
	{
		Types: []string{"aws:eks/nodeGroup:NodeGroup"}, Ops: []Op{Replace}, Weight: Disruption,
		Says:  "New nodes come up first; then the old ones are drained, which respects disruption budgets, and go. Pods move, and jobs without a checkpoint begin again.",
		First: "The old nodes are drained and go before the new ones are there: until then the pool has no nodes, and its pods wait.",
	},
	{
		Types: []string{"aws:eks/nodeGroup:NodeGroup"}, Ops: []Op{Delete}, Weight: Disruption,
		Says: "The nodes are drained and go. Pods that no other pool takes stay Pending.",
	},
	{
		Types: []string{"aws:eks/nodeGroup:NodeGroup"}, Ops: []Op{Update}, Weight: StepByStep,
		Properties: []string{"version", "releaseVersion", "launchTemplate"},
		Says:       "The nodes are replaced step by step, a third of them at a time; disruption budgets are respected.",
	},
	{
		Types: []string{"aws:eks/nodeGroup:NodeGroup"}, Ops: []Op{Update}, Weight: Disruption, Properties: []string{"taints"},
		Says: "The taints change on running nodes: NO_EXECUTE evicts what does not tolerate it at once.",
	},
	{
		Types: []string{"aws:eks/cluster:Cluster"}, Ops: []Op{Replace, Delete}, Weight: DataLoss,
		Says: "The cluster is lost with everything in it: workloads, their configuration, and volumes that are not kept.",
	},
	{
		Types: []string{"aws:eks/cluster:Cluster"}, Ops: []Op{Update}, Weight: StepByStep, Properties: []string{"version"},
		Says: "The control plane is upgraded, which cannot be taken back. The API may not answer for moments; the nodes follow.",
	},
	{
		Types: []string{"aws:eks/cluster:Cluster"}, Ops: []Op{Update}, Weight: Disruption,
		Properties: []string{"vpcConfig.publicAccessCidrs", "vpcConfig.endpointPublicAccess", "vpcConfig.endpointPrivateAccess"},
		Says:       "Who can reach the Kubernetes API changes, Pulumi itself included.",
	},
	{
		Types: []string{"aws:eks/addon:Addon"}, Ops: []Op{Replace, Delete}, Weight: Disruption,
		Says: "The cluster does without it, at least meanwhile; what relies on it may stop.",
	},
	{
		Types: []string{"aws:eks/accessEntry:AccessEntry", "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"}, Ops: []Op{Replace, Delete}, Weight: Disruption,
		Says: "Somebody loses access to the cluster.",
	},
	{
		Types: []string{"aws:kms/key:Key"}, Ops: []Op{Replace, Delete}, Weight: DataLoss,
		Says: "When its waiting period is over, nothing that was encrypted with it can be read again, Kubernetes secrets, files and logs among it. Until then the deletion can be cancelled.",
	},
	{
		Types: []string{"aws:efs/fileSystem:FileSystem"}, Ops: []Op{Replace, Delete}, Weight: DataLoss,
		Says: "All files on it are lost, those of the models among them.",
	},
	{
		Types: []string{"aws:efs/mountTarget:MountTarget"}, Ops: []Op{Replace, Delete}, Weight: Disruption,
		Says: "Pods of the zone hang when they use files of the file system, as long as there is no other.",
	},
	{
		Types: []string{"aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"}, Ops: []Op{Replace, Delete}, Weight: DataLoss,
		Says: "Its objects are lost; where it may not be emptied, AWS refuses.",
	},
	{
		Types: []string{"aws:cloudwatch/logGroup:LogGroup"}, Ops: []Op{Replace, Delete}, Weight: DataLoss,
		Says: "The logs in it are lost, the audit log of the cluster among them.",
	},
	{
		Types: []string{"aws:cloudwatch/logGroup:LogGroup"}, Ops: []Op{Update}, Weight: Disruption, Properties: []string{"retentionInDays"},
		Says: "Logs that are older than the new time are deleted, if it is shorter.",
	},
	{
		Types: []string{"aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"}, Ops: []Op{Replace, Delete}, Weight: Disruption,
		Says: "All that is in the network has to go first: nodes, file access, load balancers.",
	},
	{
		Types: []string{"aws:ec2/natGateway:NatGateway", "aws:ec2/eip:Eip"}, Ops: []Op{Delete}, Weight: Disruption,
		Says: "Nodes that reach the internet through it no longer do.",
	},
	{
		Types: []string{"aws:ec2/natGateway:NatGateway", "aws:ec2/eip:Eip"}, Ops: []Op{Replace}, Weight: Disruption,
		Says: "Nodes cannot reach the internet meanwhile, and later come from another address: lists that allow the old one have to follow.",
	},
	{
		Types: []string{
			"aws:ec2/route:Route", "aws:ec2/routeTable:RouteTable", "aws:ec2/routeTableAssociation:RouteTableAssociation",
			"aws:ec2/internetGateway:InternetGateway", "aws:ec2/vpcEndpoint:VpcEndpoint",
		}, Ops: []Op{Replace}, Weight: Disruption,
		Says: "The subnets may have no way out meanwhile.",
	},
	{
		Types: []string{"aws:iam/role:Role"}, Ops: []Op{Replace}, Weight: Disruption,
		Says: "What runs under the old role loses its rights when it goes, and gets those of the new one when it starts again.",
	},
	{
		Types: []string{
			"aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy", "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
			"aws:eks/podIdentityAssociation:PodIdentityAssociation",
		}, Ops: []Op{Delete}, Weight: StepByStep,
		Says: "Whatever still runs with these rights loses them.",
	},
	{
		Types: []string{"aws:ec2/launchTemplate:LaunchTemplate"}, Ops: []Op{Update}, Weight: StepByStep,
		Says: "A new version of it: nodes that are there keep the old one until their group follows.",
	},
}
