package eks

import (
	"encoding/json"
	"fmt"
	"strings"

	awseks "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	awsiam "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/naming"
)

// objectActions are what a grant allows on the objects of a bucket; listing the
// bucket itself comes with either. Source: Amazon S3 user guide, "Policy actions
// for Amazon S3".
var objectActions = map[cluster.GrantKind][]string{
	cluster.ReadObjects:  {"s3:GetObject"},
	cluster.WriteObjects: {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"},
}

// podIdentities binds service accounts through EKS Pod Identity: the agent on
// the node hands the role's credentials to pods of the account, which need no
// annotation for it.
type podIdentities struct {
	build   *build
	control *awseks.Cluster
	// agents are the add-ons that hand the credentials out.
	agents []pulumi.Resource
}

// BindServiceAccount implements cluster.Binder with an IAM role, its policy and
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
			Policy: bucketPolicy(grant),
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

// bucketPolicy allows a grant on its bucket and on nothing else.
func bucketPolicy(grant cluster.Grant) pulumi.StringOutput {
	return grant.Resource.ToStringOutput().ApplyT(func(bucket string) (string, error) {
		if !strings.HasPrefix(bucket, "arn:") {
			return "", fmt.Errorf("the bucket %q of a grant is not an ARN, for example arn:aws:s3:::my-bucket", bucket)
		}
		document, err := json.Marshal(map[string]any{
			"Version": "2012-10-17",
			"Statement": []any{
				map[string]any{"Effect": "Allow", "Action": []string{"s3:ListBucket"}, "Resource": bucket},
				map[string]any{"Effect": "Allow", "Action": objectActions[grant.Kind], "Resource": bucket + "/*"},
			},
		})
		return string(document), err
	}).(pulumi.StringOutput)
}
