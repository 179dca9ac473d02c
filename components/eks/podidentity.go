package eks

import (
	"fmt"

	awseks "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	awsiam "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	awskms "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/naming"
)

// podIdentities binds service accounts through EKS Pod Identity: the agent on
// the node hands the role's credentials to pods of the account, which need no
// annotation for it. What the role may do is in grants.go.
type podIdentities struct {
	build   *build
	control *awseks.Cluster
	// agents are the add-ons that hand the credentials out.
	agents []pulumi.Resource
	// models is the platform's bucket, nil where there is none; key encrypts it.
	models *cluster.Bucket
	key    *awskms.Key
}

// BindServiceAccount implements cluster.Binder with an IAM role, its policies and
// a Pod Identity association.
func (p *podIdentities) BindServiceAccount(ctx *pulumi.Context, name string, binding cluster.Binding, opts ...pulumi.ResourceOption) (*cluster.BoundAccount, error) {
	b := p.build
	child := func(more ...pulumi.ResourceOption) []pulumi.ResourceOption {
		return append(b.with(more...), opts...)
	}
	r, err := awsiam.NewRole(ctx, name+"-role", &awsiam.RoleArgs{
		NamePrefix:       pulumi.String(naming.Prefix(naming.LimitRolePrefix, b.platform.Name, name)),
		AssumeRolePolicy: pulumi.String(fmt.Sprintf(trustWithTags, servicePods)),
		Tags:             b.named(name),
	}, child()...)
	if err != nil {
		return nil, fmt.Errorf("role: %w", err)
	}
	granted := append([]pulumi.Resource{}, p.agents...)
	for i, grant := range binding.Grants {
		policy, err := awsiam.NewRolePolicy(ctx, fmt.Sprintf("%s-policy-%d", name, i+1), &awsiam.RolePolicyArgs{
			Role:   r.Name,
			Policy: p.policy(grant),
		}, child()...)
		if err != nil {
			return nil, fmt.Errorf("grant %d: %w", i, err)
		}
		granted = append(granted, policy)
	}
	association, err := awseks.NewPodIdentityAssociation(ctx, name+"-association", &awseks.PodIdentityAssociationArgs{
		ClusterName:    p.control.Name,
		Namespace:      pulumi.String(binding.Namespace),
		ServiceAccount: pulumi.String(binding.ServiceAccount),
		RoleArn:        r.Arn,
		Tags:           b.named(name),
	}, child(pulumi.DependsOn(granted))...)
	if err != nil {
		return nil, fmt.Errorf("association: %w", err)
	}
	return &cluster.BoundAccount{Ready: append(granted, association)}, nil
}
