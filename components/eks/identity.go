package eks

import (
	"fmt"

	awsiam "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	awskms "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/naming"
)

// The services that assume the roles of a cluster.
const (
	serviceControlPlane = "eks.amazonaws.com"
	serviceNodes        = "ec2.amazonaws.com"
	servicePods         = "pods.eks.amazonaws.com"
)

// trustWithTags lets a service assume a role and say, in session tags, for
// which cluster and pod: EKS does both for the control plane and Pod Identity.
const trustWithTags = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":%q},"Action":["sts:AssumeRole","sts:TagSession"]}]}`

// trust lets a service assume a role.
const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":%q},"Action":["sts:AssumeRole"]}]}`

// useKey is what the control plane does with the key of the secrets. Source:
// terraform-aws-eks, cluster encryption policy.
const useKey = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:Encrypt","kms:Decrypt","kms:ListGrants","kms:DescribeKey"],"Resource":%q}]}`

// bootstrapNode is what the node agent of AL2023 asks of EC2 before it joins:
// its own host name, and the network limits of its type. The managed policy for
// it, AmazonEKSWorkerNodePolicy, also lets every node describe the whole
// network. Source: awslabs/amazon-eks-ami, nodeadm/internal/api/status.go and
// nodeadm/internal/kubelet.
const bootstrapNode = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:DescribeInstances","ec2:DescribeInstanceTypes"],"Resource":"*"}]}`

// role is an IAM role with its permissions.
type role struct {
	*awsiam.Role
	// granted are the permissions. Whoever uses the role has to depend on
	// them: the role's ARN is known before it may do anything, and on destroy
	// it must not lose them before its user is gone.
	granted []pulumi.Resource
}

// controlPlaneRole is the role of the Kubernetes control plane.
func (b *build) controlPlaneRole(key *awskms.Key) (*role, error) {
	r, err := b.role("cluster", fmt.Sprintf(trustWithTags, serviceControlPlane), "AmazonEKSClusterPolicy")
	if err != nil {
		return nil, err
	}
	document := key.Arn.ApplyT(func(arn string) string { return fmt.Sprintf(useKey, arn) }).(pulumi.StringOutput)
	return r, b.grant(r, "cluster-key", document)
}

// nodeRole is the role of every node. It does not hold the permissions of the
// network plugin, which has a role of its own: pods in the host network can use
// whatever a node may do.
func (b *build) nodeRole() (*role, error) {
	r, err := b.role("node", fmt.Sprintf(trust, serviceNodes),
		"AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly")
	if err != nil {
		return nil, err
	}
	return r, b.grant(r, "node-bootstrap", pulumi.String(bootstrapNode))
}

// podRole is the role of one service account, through EKS Pod Identity. The
// policies are AWS managed ones, by the end of their ARN.
func (b *build) podRole(what string, policies ...string) (*role, error) {
	return b.role(what, fmt.Sprintf(trustWithTags, servicePods), policies...)
}

// role registers a role with a trust policy and AWS managed policies.
func (b *build) role(what, trusted string, policies ...string) (*role, error) {
	registered, err := awsiam.NewRole(b.ctx, b.child(what+"-role"), &awsiam.RoleArgs{
		NamePrefix:       pulumi.String(naming.Prefix(naming.LimitRolePrefix, b.platform.Name, what)),
		AssumeRolePolicy: pulumi.String(trusted),
		Tags:             b.named(what),
	}, b.with()...)
	if err != nil {
		return nil, err
	}
	r := &role{Role: registered}
	for _, policy := range policies {
		attachment, err := awsiam.NewRolePolicyAttachment(b.ctx, b.child(what+"-"+policy), &awsiam.RolePolicyAttachmentArgs{
			Role:      r.Name,
			PolicyArn: pulumi.String(b.arn("iam::aws:policy/" + policy)),
		}, b.with()...)
		if err != nil {
			return nil, err
		}
		r.granted = append(r.granted, attachment)
	}
	return r, nil
}

// grant adds a policy of the role's own.
func (b *build) grant(r *role, what string, document pulumi.StringInput) error {
	policy, err := awsiam.NewRolePolicy(b.ctx, b.child(what+"-policy"), &awsiam.RolePolicyArgs{
		Role:   r.Name,
		Policy: document,
	}, b.with()...)
	r.granted = append(r.granted, policy)
	return err
}
