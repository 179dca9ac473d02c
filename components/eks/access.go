package eks

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	awseks "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	awsiam "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/naming"
)

// clusterAdminPolicy is the access policy with all rights in all namespaces.
const clusterAdminPolicy = "eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"

// admin is an identity with all rights in the cluster.
type admin struct {
	// what names its resources: it must not depend on the place in a list, or
	// taking one admin away would rename all that follow.
	what string
	arn  string
	// keep the identity of the first up, whoever runs the next one.
	keep bool
}

// adminAccess registers an access entry for each admin and returns what has to
// exist before an admin can do anything.
func (b *build) adminAccess(control *awseks.Cluster) ([]pulumi.Resource, error) {
	admins, err := b.admins()
	if err != nil {
		return nil, err
	}
	var ready []pulumi.Resource
	for _, a := range admins {
		granted, err := b.admit(control, a)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.arn, err)
		}
		ready = append(ready, granted)
	}
	return ready, nil
}

// admins are the configured ones, or else the caller.
func (b *build) admins() ([]admin, error) {
	var admins []admin
	for _, arn := range b.platform.Cluster.Admins {
		admins = append(admins, admin{what: "admin-" + naming.Hash(arn), arn: arn})
	}
	if len(admins) > 0 {
		return admins, nil
	}
	caller, err := aws.GetCallerIdentity(b.ctx, nil, b.invokeOptions()...)
	if err != nil {
		return nil, fmt.Errorf("who is calling: %w", err)
	}
	// A session of an assumed role has an ARN of its own; access is granted to
	// the role behind it.
	session, err := awsiam.GetSessionContext(b.ctx, &awsiam.GetSessionContextArgs{Arn: caller.Arn}, b.invokeOptions()...)
	if err != nil {
		return nil, fmt.Errorf("role behind %s: %w", caller.Arn, err)
	}
	return []admin{{what: "admin-caller", arn: session.IssuerArn, keep: true}}, nil
}

func (b *build) admit(control *awseks.Cluster, a admin) (pulumi.Resource, error) {
	var options []pulumi.ResourceOption
	if a.keep {
		options = append(options, pulumi.IgnoreChanges([]string{"principalArn"}))
	}
	entry, err := awseks.NewAccessEntry(b.ctx, b.child(a.what), &awseks.AccessEntryArgs{
		ClusterName:  control.Name,
		PrincipalArn: pulumi.String(a.arn),
		Tags:         b.named(a.what),
	}, b.with(options...)...)
	if err != nil {
		return nil, err
	}
	return awseks.NewAccessPolicyAssociation(b.ctx, b.child(a.what+"-policy"), &awseks.AccessPolicyAssociationArgs{
		ClusterName:  control.Name,
		PrincipalArn: entry.PrincipalArn,
		PolicyArn:    pulumi.String(b.arn(clusterAdminPolicy)),
		AccessScope:  awseks.AccessPolicyAssociationAccessScopeArgs{Type: pulumi.String("cluster")},
	}, b.with()...)
}
