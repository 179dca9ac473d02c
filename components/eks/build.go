package eks

import (
	"fmt"
	"maps"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

// build is what every step of making one cluster shares.
type build struct {
	ctx      *pulumi.Context
	name     string
	platform spec.Platform
	pools    []spec.PoolPlan

	parent   pulumi.Resource
	provider *aws.Provider
	// tags of every resource. The provider sets them by default; they are
	// repeated where AWS does not pass them on.
	tags map[string]string
	// partition is the first part of every ARN: aws, aws-cn or aws-us-gov.
	partition string
	// dnsSuffix ends the host names of the partition's services:
	// amazonaws.com, amazonaws.com.cn.
	dnsSuffix string
}

func newBuild(ctx *pulumi.Context, name string, args *Args, parent pulumi.Resource) (*build, error) {
	p := args.Platform
	tags := naming.Tags(p.Name, p.Stack, p.Tags)
	provider, err := aws.NewProvider(ctx, name+"-aws", &aws.ProviderArgs{
		Region:      pulumi.String(p.Region),
		DefaultTags: aws.ProviderDefaultTagsArgs{Tags: pulumi.ToStringMap(tags)},
	}, pulumi.Parent(parent))
	if err != nil {
		return nil, fmt.Errorf("provider: %w", err)
	}
	partition, err := aws.GetPartition(ctx, nil, pulumi.Parent(parent), pulumi.Provider(provider))
	if err != nil {
		return nil, fmt.Errorf("partition of %s: %w", p.Region, err)
	}
	return &build{
		ctx:       ctx,
		name:      name,
		platform:  p,
		pools:     args.Pools,
		parent:    parent,
		provider:  provider,
		tags:      tags,
		partition: partition.Partition,
		dnsSuffix: partition.DnsSuffix,
	}, nil
}

// child is the Pulumi name of a child of the component.
func (b *build) child(what string) string { return b.name + "-" + what }

// with returns the options that every child has, and more.
func (b *build) with(more ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{pulumi.Parent(b.parent), pulumi.Provider(b.provider)}, more...)
}

// invokeOptions make a lookup use the same account and region as the children.
func (b *build) invokeOptions() []pulumi.InvokeOption {
	return []pulumi.InvokeOption{pulumi.Parent(b.parent), pulumi.Provider(b.provider)}
}

// protected tells whether this platform guards what holds data.
// keepData are the options of what holds data: on a protected platform it is
// neither deleted by a change nor by a destroy.
func (b *build) keepData() pulumi.ResourceOption {
	return pulumi.Composite(pulumi.Protect(b.platform.Protected()), pulumi.RetainOnDelete(b.platform.Protected()))
}

// named is the tag that the AWS console shows as the name of a resource.
func (b *build) named(what string) pulumi.StringMap {
	return pulumi.StringMap{"Name": pulumi.String(b.platform.Name + "-" + what)}
}

// allTags are the tags for a place that the provider's default does not reach.
func (b *build) allTags(what string) pulumi.StringMap {
	all := pulumi.ToStringMap(b.tags)
	maps.Copy(all, b.named(what))
	return all
}

// arn of something that AWS itself owns, for example
// iam::aws:policy/AmazonEKSClusterPolicy.
func (b *build) arn(rest string) string { return "arn:" + b.partition + ":" + rest }

// enabled reads a switch whose default is on.
func enabled(s *bool) bool { return s == nil || *s }
