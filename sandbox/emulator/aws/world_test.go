package aws_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/aws"
	"gantry.dev/gantry/sandbox/emulator/emulatortest"
	"gantry.dev/gantry/sandbox/localkube"
)

type Props = emulatortest.Props

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
)

// kubernetes remembers what it was told.
type kubernetes struct {
	mu       sync.Mutex
	clusters map[string]map[string]localkube.Node
	addons   map[string]bool
	broken   error
}

func newKubernetes() *kubernetes {
	return &kubernetes{clusters: map[string]map[string]localkube.Node{}, addons: map[string]bool{}}
}

func (k *kubernetes) CreateCluster(_ context.Context, name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.clusters[name] == nil {
		k.clusters[name] = map[string]localkube.Node{}
	}
	return k.broken
}

func (k *kubernetes) DeleteCluster(_ context.Context, name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.clusters, name)
	return nil
}

func (k *kubernetes) PutNode(_ context.Context, cluster string, n localkube.Node) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.clusters[cluster] == nil {
		return fmt.Errorf("no cluster %s", cluster)
	}
	k.clusters[cluster][n.Name] = n
	return nil
}

func (k *kubernetes) DeleteNode(_ context.Context, cluster, name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.clusters[cluster], name)
	return nil
}

func (k *kubernetes) SetAddon(_ context.Context, cluster, addon string, installed bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.addons[cluster+"/"+addon] = installed
	return nil
}

// nodes of the cluster dev that carry a label, by name.
func (k *kubernetes) nodes(label, value string) []localkube.Node {
	k.mu.Lock()
	defer k.mu.Unlock()
	var found []localkube.Node
	for _, n := range k.clusters["dev"] {
		if n.Labels[label] == value {
			found = append(found, n)
		}
	}
	slices.SortFunc(found, func(a, b localkube.Node) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return found
}

// account is an empty account with a client.
type account struct {
	*emulatortest.Client
	t     *testing.T
	path  string
	kube  *kubernetes
	store *emulator.Store
	aws   *aws.Account
}

func newAccount(t *testing.T) *account {
	t.Helper()
	return openAccount(t, filepath.Join(t.TempDir(), "aws.db"), newKubernetes())
}

func openAccount(t *testing.T, path string, kube *kubernetes) *account {
	t.Helper()
	store, err := emulator.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	server, a := aws.NewProvider(store, kube, aws.Options{Patience: -1})
	c := &account{Client: emulatortest.New(t, server), t: t, path: path, kube: kube, store: store, aws: a}
	require.NoError(t, c.Configure(Props{"region": "us-east-1", "defaultTags": `{"tags":{"team":"ml"}}`}))
	return c
}

func (a *account) objects() []emulator.Object {
	a.t.Helper()
	objects, err := a.store.Objects()
	require.NoError(a.t, err)
	return objects
}

// platform is everything that a small cluster needs, in the order of creation.
type platform struct {
	*account
	all []emulatortest.Resource
	by  map[string]emulatortest.Resource
}

// add creates a resource that nothing is wrong with.
func (p *platform) add(token, name string, props Props) emulatortest.Resource {
	p.t.Helper()
	r := p.Must(token, name, props)
	p.all = append(p.all, r)
	p.by[name] = r
	return r
}

// arn of a resource, by name.
func (p *platform) arn(name string) string {
	p.t.Helper()
	arn, ok := p.by[name].Outputs["arn"].(string)
	require.True(p.t, ok, "the ARN of %s", name)
	return arn
}

func trust(service string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":%q},"Action":["sts:AssumeRole","sts:TagSession"]}]}`, service)
}

// role adds a role with managed policies.
func (p *platform) role(name, service string, policies ...string) {
	p.t.Helper()
	p.add(roleType, name, Props{"assumeRolePolicy": trust(service)})
	for _, policy := range policies {
		p.add(attachmentType, name+"-"+policy, Props{"role": p.by[name].ID, "policyArn": "arn:aws:iam::aws:policy/" + policy})
	}
}

// newNetwork has a VPC with a public subnet and two private ones behind a NAT
// gateway.
func newNetwork(t *testing.T) *platform {
	t.Helper()
	p := &platform{account: newAccount(t), by: map[string]emulatortest.Resource{}}
	vpc := p.add(vpcType, "vpc", Props{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true})
	p.add(defaultSGType, "default-sg", Props{"vpcId": vpc.ID})
	igw := p.add(gatewayType, "igw", Props{"vpcId": vpc.ID})
	p.subnet("public", "us-east-1a", "10.0.0.0/20")
	p.subnet("private-1", "us-east-1a", "10.0.32.0/19")
	p.subnet("private-2", "us-east-1b", "10.0.64.0/19")
	eip := p.add(eipType, "nat-ip", Props{"domain": "vpc"})
	nat := p.add(natType, "nat", Props{"allocationId": eip.ID, "subnetId": p.by["public"].ID})
	public := p.add(tableType, "public-routes", Props{"vpcId": vpc.ID})
	p.add(routeType, "public-internet", Props{"routeTableId": public.ID, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": igw.ID})
	p.add(associationType, "public-association", Props{"routeTableId": public.ID, "subnetId": p.by["public"].ID})
	private := p.add(tableType, "private-routes", Props{"vpcId": vpc.ID})
	p.add(routeType, "private-internet", Props{"routeTableId": private.ID, "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": nat.ID})
	for _, name := range []string{"private-1", "private-2"} {
		p.add(associationType, name+"-association", Props{"routeTableId": private.ID, "subnetId": p.by[name].ID})
	}
	p.add(endpointType, "s3", Props{"vpcId": vpc.ID, "serviceName": "com.amazonaws.us-east-1.s3", "routeTableIds": []any{private.ID}})
	return p
}

func (p *platform) subnet(name, zone, cidr string) {
	p.t.Helper()
	p.add(subnetType, name, Props{"vpcId": p.by["vpc"].ID, "availabilityZone": zone, "cidrBlock": cidr})
}

// newCluster adds a control plane with the add-ons that nodes need, and the
// role of the nodes.
func newCluster(t *testing.T) *platform {
	t.Helper()
	p := newNetwork(t)
	p.add(keyType, "key", Props{"enableKeyRotation": true, "deletionWindowInDays": 7})
	p.add(aliasType, "alias", Props{"name": "alias/gantry/dev", "targetKeyId": p.by["key"].ID})
	p.role("control", "eks.amazonaws.com", "AmazonEKSClusterPolicy")
	p.add(policyType, "control-key", Props{"role": p.by["control"].ID, "policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:Encrypt","Resource":"*"}]}`})
	p.add(logType, "logs", Props{"name": "/aws/eks/dev/cluster", "retentionInDays": 30})
	p.add(clusterType, "cluster", p.clusterProps())
	p.add(entryType, "admin", Props{"clusterName": "dev", "principalArn": "arn:aws:iam::111122223333:user/sandbox"})
	p.add(accessType, "admin-policy", Props{
		"clusterName": "dev", "principalArn": "arn:aws:iam::111122223333:user/sandbox", "accessScope": Props{"type": "cluster"},
		"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
	})
	p.role("cni", "pods.eks.amazonaws.com", "AmazonEKS_CNI_Policy")
	p.add(addonType, "agent", Props{"clusterName": "dev", "addonName": "eks-pod-identity-agent", "addonVersion": "v1.3.10-eksbuild.3"})
	p.add(addonType, "vpc-cni", Props{
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
			"subnetIds":             []any{p.by["private-1"].ID, p.by["private-2"].ID},
			"endpointPrivateAccess": true, "endpointPublicAccess": true, "publicAccessCidrs": []any{"203.0.113.0/24"},
		},
	}
}

// newPlatform adds nodes and everything else.
func newPlatform(t *testing.T) *platform {
	t.Helper()
	p := newCluster(t)
	p.add(templateType, "template", Props{
		"namePrefix": "dev-gpu-", "updateDefaultVersion": true,
		"metadataOptions":     Props{"httpTokens": "required", "httpPutResponseHopLimit": 1},
		"blockDeviceMappings": []any{Props{"deviceName": "/dev/xvda", "ebs": Props{"volumeSize": 200, "volumeType": "gp3", "encrypted": "true"}}},
	})
	p.add(groupType, "gpu", p.groupProps())
	p.add(tagType, "gpu-tag", Props{
		"autoscalingGroupName": p.scalingGroup(),
		"tag":                  Props{"key": "k8s.io/cluster-autoscaler/node-template/label/gantry.dev/pool", "value": "gpu", "propagateAtLaunch": false},
	})
	p.add(addonType, "coredns", Props{"clusterName": "dev", "addonName": "coredns"})
	p.role("app", "pods.eks.amazonaws.com")
	p.add(identityType, "app-identity", Props{"clusterName": "dev", "namespace": "ml", "serviceAccount": "app", "roleArn": p.arn("app")})
	p.add(filesType, "files", Props{"encrypted": true, "kmsKeyId": p.arn("key"), "throughputMode": "elastic"})
	p.add(sgType, "files-sg", Props{"namePrefix": "dev-files-", "vpcId": p.by["vpc"].ID, "description": "NFS"})
	p.add(ruleType, "nfs", Props{
		"securityGroupId": p.by["files-sg"].ID, "ipProtocol": "tcp", "fromPort": 2049, "toPort": 2049,
		"referencedSecurityGroupId": p.clusterGroup(),
	})
	for _, subnet := range []string{"private-1", "private-2"} {
		p.add(targetType, "files-"+subnet, Props{
			"fileSystemId": p.by["files"].ID, "subnetId": p.by[subnet].ID, "securityGroups": []any{p.by["files-sg"].ID},
		})
	}
	return p
}

// groupProps are two L4 nodes with a launch template.
func (p *platform) groupProps() Props {
	return Props{
		"clusterName": "dev", "nodeGroupNamePrefix": "dev-gpu-", "nodeRoleArn": p.arn("node"),
		"subnetIds": []any{p.by["private-1"].ID, p.by["private-2"].ID},
		"amiType":   "AL2023_x86_64_NVIDIA", "capacityType": "ON_DEMAND", "instanceTypes": []any{"g6.xlarge"},
		"launchTemplate": Props{"id": p.by["template"].ID, "version": "1"},
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
		"subnetIds":     []any{p.by["private-1"].ID, p.by["private-2"].ID},
		"instanceTypes": []any{"m6i.large"}, "scalingConfig": Props{"minSize": 0, "desiredSize": nodes, "maxSize": 10},
	}
}

// scalingGroup is the Auto Scaling group of the node group gpu.
func (p *platform) scalingGroup() string {
	resources := p.by["gpu"].Outputs["resources"].([]any)
	groups := resources[0].(Props)["autoscalingGroups"].([]any)
	return groups[0].(Props)["name"].(string)
}

func (p *platform) clusterGroup() string {
	return p.by["cluster"].Outputs["vpcConfig"].(Props)["clusterSecurityGroupId"].(string)
}

// change is props with the values at top-level names replaced; nested objects
// are merged.
func change(props, more Props) Props {
	out := emulatortest.With(props, nil)
	for key, v := range more {
		object, isObject := v.(Props)
		before, wasObject := out[key].(Props)
		if isObject && wasObject {
			v = change(before, object)
		}
		out[key] = v
	}
	return out
}
