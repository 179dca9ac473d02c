package aws_test

import (
	"fmt"
	"testing"

	"gantry.dev/gantry/sandbox/emulator/aws"
	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

type Props = emulatortest.Props

// change merges properties, without drops those that are nil.
var change, without = emulatortest.Change, emulatortest.Compact

const (
	vpcType         = "aws:ec2/vpc:Vpc"
	defaultSGType   = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
	gatewayType     = "aws:ec2/internetGateway:InternetGateway"
	subnetType      = "aws:ec2/subnet:Subnet"
	eipType         = "aws:ec2/eip:Eip"
	natType         = "aws:ec2/natGateway:NatGateway"
	tableType       = "aws:ec2/routeTable:RouteTable"
	routeType       = "aws:ec2/route:Route"
	associationType = "aws:ec2/routeTableAssociation:RouteTableAssociation"
	endpointType    = "aws:ec2/vpcEndpoint:VpcEndpoint"
	sgType          = "aws:ec2/securityGroup:SecurityGroup"
	ruleType        = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	templateType    = "aws:ec2/launchTemplate:LaunchTemplate"
	keyType         = "aws:kms/key:Key"
	aliasType       = "aws:kms/alias:Alias"
	logType         = "aws:cloudwatch/logGroup:LogGroup"
	roleType        = "aws:iam/role:Role"
	policyType      = "aws:iam/rolePolicy:RolePolicy"
	attachmentType  = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	clusterType     = "aws:eks/cluster:Cluster"
	entryType       = "aws:eks/accessEntry:AccessEntry"
	accessType      = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
	addonType       = "aws:eks/addon:Addon"
	identityType    = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
	groupType       = "aws:eks/nodeGroup:NodeGroup"
	filesType       = "aws:efs/fileSystem:FileSystem"
	targetType      = "aws:efs/mountTarget:MountTarget"
	tagType         = "aws:autoscaling/tag:Tag"
	repositoryType  = "aws:ecr/repository:Repository"
	expiryType      = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
	bucketType      = "aws:s3/bucketV2:BucketV2"
	blockType       = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
	ownershipType   = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
	encryptionType  = "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
	versioningType  = "aws:s3/bucketVersioningV2:BucketVersioningV2"
	lifecycleType   = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
	bucketPolicy    = "aws:s3/bucketPolicy:BucketPolicy"
)

// platform is an account, and what a test has made in it.
type platform struct {
	*emulatortest.Account[*aws.Account]
}

func newAccount(t *testing.T) *platform {
	t.Helper()
	config := Props{"region": "us-east-1", "defaultTags": `{"tags":{"team":"ml"}}`}
	return &platform{emulatortest.NewAccount(t, "dev", config, aws.NewProvider, aws.Options{Patience: -1})}
}

// arn of a resource, by name.
func (p *platform) arn(name string) string {
	p.T.Helper()
	return p.Text(name, "arn")
}

func trust(service string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":%q},"Action":["sts:AssumeRole","sts:TagSession"]}]}`, service)
}

// role adds a role with managed policies.
func (p *platform) role(name, service string, policies ...string) {
	p.T.Helper()
	p.Add(roleType, name, Props{"assumeRolePolicy": trust(service)})
	for _, policy := range policies {
		p.Add(attachmentType, name+"-"+policy, Props{"role": p.By[name].ID, "policyArn": "arn:aws:iam::aws:policy/" + policy})
	}
}

// newNetwork has a VPC with a public subnet and two private ones behind a NAT
// gateway.
func newNetwork(t *testing.T) *platform {
	t.Helper()
	p := newAccount(t)
	vpc := p.Add(vpcType, "vpc", Props{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true})
	p.Add(defaultSGType, "default-sg", Props{"vpcId": vpc.ID})
	igw := p.Add(gatewayType, "igw", Props{"vpcId": vpc.ID})
	p.subnet("public", "us-east-1a", "10.0.0.0/20")
	p.subnet("private-1", "us-east-1a", "10.0.32.0/19")
	p.subnet("private-2", "us-east-1b", "10.0.64.0/19")
	eip := p.Add(eipType, "nat-ip", Props{"domain": "vpc"})
	nat := p.Add(natType, "nat", Props{"allocationId": eip.ID, "subnetId": p.By["public"].ID})
	public := p.Add(tableType, "public-routes", Props{"vpcId": vpc.ID})
	p.Add(routeType, "public-internet", Props{"routeTableId": public.ID, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": igw.ID})
	p.Add(associationType, "public-association", Props{"routeTableId": public.ID, "subnetId": p.By["public"].ID})
	private := p.Add(tableType, "private-routes", Props{"vpcId": vpc.ID})
	p.Add(routeType, "private-internet", Props{"routeTableId": private.ID, "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": nat.ID})
	for _, name := range []string{"private-1", "private-2"} {
		p.Add(associationType, name+"-association", Props{"routeTableId": private.ID, "subnetId": p.By[name].ID})
	}
	p.Add(endpointType, "s3", Props{"vpcId": vpc.ID, "serviceName": "com.amazonaws.us-east-1.s3", "routeTableIds": []any{private.ID}})
	return p
}

func (p *platform) subnet(name, zone, cidr string) {
	p.T.Helper()
	p.Add(subnetType, name, Props{"vpcId": p.By["vpc"].ID, "availabilityZone": zone, "cidrBlock": cidr})
}

// newCluster adds a control plane with the add-ons that nodes need, and the
// role of the nodes.
func newCluster(t *testing.T) *platform {
	t.Helper()
	p := newNetwork(t)
	p.Add(keyType, "key", Props{"enableKeyRotation": true, "deletionWindowInDays": 7})
	p.Add(aliasType, "alias", Props{"name": "alias/gantry/dev", "targetKeyId": p.By["key"].ID})
	p.role("control", "eks.amazonaws.com", "AmazonEKSClusterPolicy")
	p.Add(policyType, "control-key", Props{"role": p.By["control"].ID, "policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:Encrypt","Resource":"*"}]}`})
	p.Add(logType, "logs", Props{"name": "/aws/eks/dev/cluster", "retentionInDays": 30})
	p.Add(clusterType, "cluster", p.clusterProps())
	p.Add(entryType, "admin", Props{"clusterName": "dev", "principalArn": "arn:aws:iam::111122223333:user/sandbox"})
	p.Add(accessType, "admin-policy", Props{
		"clusterName": "dev", "principalArn": "arn:aws:iam::111122223333:user/sandbox", "accessScope": Props{"type": "cluster"},
		"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
	})
	p.role("cni", "pods.eks.amazonaws.com", "AmazonEKS_CNI_Policy")
	p.Add(addonType, "agent", Props{"clusterName": "dev", "addonName": "eks-pod-identity-agent", "addonVersion": "v1.3.10-eksbuild.3"})
	p.Add(addonType, "vpc-cni", Props{
		"clusterName": "dev", "addonName": "vpc-cni", "addonVersion": "v1.22.4-eksbuild.3", "resolveConflictsOnCreate": "OVERWRITE",
		"podIdentityAssociations": []any{Props{"serviceAccount": "aws-node", "roleArn": p.arn("cni")}},
	})
	p.role("node", "ec2.amazonaws.com", "AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly")
	return p
}

func (p *platform) clusterProps() Props {
	return Props{
		"name": "dev", "version": "1.34", "roleArn": p.arn("control"),
		"enabledClusterLogTypes": []any{"api", "audit"}, "bootstrapSelfManagedAddons": false,
		"accessConfig":     Props{"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": false},
		"encryptionConfig": Props{"provider": Props{"keyArn": p.arn("key")}, "resources": []any{"secrets"}},
		"vpcConfig": Props{
			"subnetIds":             []any{p.By["private-1"].ID, p.By["private-2"].ID},
			"endpointPrivateAccess": true, "endpointPublicAccess": true, "publicAccessCidrs": []any{"203.0.113.0/24"},
		},
	}
}

// newPlatform adds nodes and everything else.
func newPlatform(t *testing.T) *platform {
	t.Helper()
	p := newCluster(t)
	p.Add(templateType, "template", Props{
		"namePrefix": "dev-gpu-", "updateDefaultVersion": true,
		"metadataOptions":     Props{"httpTokens": "required", "httpPutResponseHopLimit": 1},
		"blockDeviceMappings": []any{Props{"deviceName": "/dev/xvda", "ebs": Props{"volumeSize": 200, "volumeType": "gp3", "encrypted": "true"}}},
	})
	p.Add(groupType, "gpu", p.groupProps())
	p.Add(tagType, "gpu-tag", Props{
		"autoscalingGroupName": p.scalingGroup(),
		"tag":                  Props{"key": "k8s.io/cluster-autoscaler/node-template/label/gantry.dev/pool", "value": "gpu", "propagateAtLaunch": false},
	})
	p.Add(addonType, "coredns", Props{"clusterName": "dev", "addonName": "coredns"})
	p.role("app", "pods.eks.amazonaws.com")
	p.Add(identityType, "app-identity", Props{"clusterName": "dev", "namespace": "ml", "serviceAccount": "app", "roleArn": p.arn("app")})
	p.Add(filesType, "files", Props{"encrypted": true, "kmsKeyId": p.arn("key"), "throughputMode": "elastic"})
	p.Add(sgType, "files-sg", Props{"namePrefix": "dev-files-", "vpcId": p.By["vpc"].ID, "description": "NFS"})
	p.Add(ruleType, "nfs", Props{
		"securityGroupId": p.By["files-sg"].ID, "ipProtocol": "tcp", "fromPort": 2049, "toPort": 2049,
		"referencedSecurityGroupId": p.clusterGroup(),
	})
	for _, subnet := range []string{"private-1", "private-2"} {
		p.Add(targetType, "files-"+subnet, Props{
			"fileSystemId": p.By["files"].ID, "subnetId": p.By[subnet].ID, "securityGroups": []any{p.By["files-sg"].ID},
		})
	}
	p.images()
	p.models()
	return p
}

// images is a repository that keeps ten images.
func (p *platform) images() {
	p.T.Helper()
	p.Add(repositoryType, "images", p.repositoryProps())
	p.Add(expiryType, "images-expiry", Props{"repository": "dev/classifier", "policy": keepTen})
}

const keepTen = `{"rules":[{"rulePriority":1,"description":"ten","selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":10},"action":{"type":"expire"}}]}`

func (p *platform) repositoryProps() Props {
	return Props{
		"name": "dev/classifier", "imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": Props{"scanOnPush": true},
		"encryptionConfigurations": []any{Props{"encryptionType": "KMS", "kmsKey": p.arn("key")}}, "forceDelete": true,
	}
}

// models is a private bucket with all its settings.
func (p *platform) models() {
	p.T.Helper()
	bucket := p.Add(bucketType, "models", Props{"bucketPrefix": "dev-models-", "forceDestroy": true})
	p.Add(blockType, "models-private", Props{
		"bucket": bucket.ID, "blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true,
	})
	p.Add(ownershipType, "models-owner", Props{"bucket": bucket.ID, "rule": Props{"objectOwnership": "BucketOwnerEnforced"}})
	p.Add(encryptionType, "models-encryption", Props{"bucket": bucket.ID, "rules": []any{Props{
		"applyServerSideEncryptionByDefault": Props{"sseAlgorithm": "aws:kms", "kmsMasterKeyId": p.arn("key")}, "bucketKeyEnabled": true,
	}}})
	p.Add(versioningType, "models-versions", Props{"bucket": bucket.ID, "versioningConfiguration": Props{"status": "Enabled"}})
	p.Add(lifecycleType, "models-expiry", Props{"bucket": bucket.ID, "rules": []any{Props{
		"id": "old", "status": "Enabled", "filter": Props{"prefix": ""}, "noncurrentVersionExpiration": Props{"noncurrentDays": 30},
	}}})
	p.Add(bucketPolicy, "models-tls", Props{"bucket": bucket.ID, "policy": p.onlyTLS("models")})
}

func (p *platform) onlyTLS(bucket string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"%s/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`, p.arn(bucket))
}

// groupProps are two L4 nodes with a launch template.
func (p *platform) groupProps() Props {
	return Props{
		"clusterName": "dev", "nodeGroupNamePrefix": "dev-gpu-", "nodeRoleArn": p.arn("node"),
		"subnetIds": []any{p.By["private-1"].ID, p.By["private-2"].ID},
		"amiType":   "AL2023_x86_64_NVIDIA", "capacityType": "ON_DEMAND", "instanceTypes": []any{"g6.xlarge"},
		"launchTemplate": Props{"id": p.By["template"].ID, "version": "1"},
		"scalingConfig":  Props{"minSize": 0, "desiredSize": 2, "maxSize": 4},
		"updateConfig":   Props{"maxUnavailablePercentage": 33},
		"labels":         Props{"gantry.dev/pool": "gpu"},
		"taints":         []any{Props{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}},
	}
}

// cpuProps are nodes without launch template and GPU.
func (p *platform) cpuProps(nodes int) Props {
	return Props{
		"clusterName": "dev", "nodeGroupName": "cpu", "nodeRoleArn": p.arn("node"),
		"subnetIds":     []any{p.By["private-1"].ID, p.By["private-2"].ID},
		"instanceTypes": []any{"m6i.large"}, "scalingConfig": Props{"minSize": 0, "desiredSize": nodes, "maxSize": 10},
	}
}

// scalingGroup is the Auto Scaling group of the node group gpu.
func (p *platform) scalingGroup() string {
	resources := p.By["gpu"].Outputs["resources"].([]any)
	groups := resources[0].(Props)["autoscalingGroups"].([]any)
	return groups[0].(Props)["name"].(string)
}

func (p *platform) clusterGroup() string {
	return p.By["cluster"].Outputs["vpcConfig"].(Props)["clusterSecurityGroupId"].(string)
}
