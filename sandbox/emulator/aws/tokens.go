package aws

// Tokens of the resource types.
const (
	tokenVPC                     = "aws:ec2/vpc:Vpc"
	tokenDefaultSecurityGroup    = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
	tokenInternetGateway         = "aws:ec2/internetGateway:InternetGateway"
	tokenSubnet                  = "aws:ec2/subnet:Subnet"
	tokenEIP                     = "aws:ec2/eip:Eip"
	tokenNAT                     = "aws:ec2/natGateway:NatGateway"
	tokenRouteTable              = "aws:ec2/routeTable:RouteTable"
	tokenRoute                   = "aws:ec2/route:Route"
	tokenRouteTableAssociation   = "aws:ec2/routeTableAssociation:RouteTableAssociation"
	tokenVPCEndpoint             = "aws:ec2/vpcEndpoint:VpcEndpoint"
	tokenSecurityGroup           = "aws:ec2/securityGroup:SecurityGroup"
	tokenIngressRule             = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	tokenLaunchTemplate          = "aws:ec2/launchTemplate:LaunchTemplate"
	tokenKey                     = "aws:kms/key:Key"
	tokenAlias                   = "aws:kms/alias:Alias"
	tokenLogGroup                = "aws:cloudwatch/logGroup:LogGroup"
	tokenRole                    = "aws:iam/role:Role"
	tokenRolePolicy              = "aws:iam/rolePolicy:RolePolicy"
	tokenRolePolicyAttachment    = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	tokenCluster                 = "aws:eks/cluster:Cluster"
	tokenAccessEntry             = "aws:eks/accessEntry:AccessEntry"
	tokenAccessPolicyAssociation = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
	tokenAddon                   = "aws:eks/addon:Addon"
	tokenPodIdentityAssociation  = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
	tokenNodeGroup               = "aws:eks/nodeGroup:NodeGroup"
	tokenFileSystem              = "aws:efs/fileSystem:FileSystem"
	tokenMountTarget             = "aws:efs/mountTarget:MountTarget"
	tokenGroupTag                = "aws:autoscaling/tag:Tag"
	tokenRepository              = "aws:ecr/repository:Repository"
	tokenLifecyclePolicy         = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
	tokenBucket                  = "aws:s3/bucketV2:BucketV2"
	tokenPublicAccessBlock       = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
	tokenOwnershipControls       = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
	tokenBucketEncryption        = "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
	tokenBucketVersioning        = "aws:s3/bucketVersioningV2:BucketVersioningV2"
	tokenBucketLifecycle         = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
	tokenBucketPolicy            = "aws:s3/bucketPolicy:BucketPolicy"
)

// taggable are the types that take tags.
var taggable = map[string]bool{
	tokenVPC: true, tokenDefaultSecurityGroup: true, tokenInternetGateway: true, tokenSubnet: true,
	tokenEIP: true, tokenNAT: true, tokenRouteTable: true, tokenVPCEndpoint: true,
	tokenSecurityGroup: true, tokenIngressRule: true, tokenLaunchTemplate: true,
	tokenKey: true, tokenLogGroup: true, tokenRole: true,
	tokenCluster: true, tokenAccessEntry: true, tokenAddon: true, tokenPodIdentityAssociation: true,
	tokenNodeGroup: true, tokenFileSystem: true, tokenRepository: true, tokenBucket: true,
}
