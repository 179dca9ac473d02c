package gke

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp"
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
	provider *gcp.Provider
	// labels of every resource that takes them. The provider sets them by
	// default; they are repeated where its default does not reach.
	labels map[string]string
}

func newBuild(ctx *pulumi.Context, name string, args *Args, parent pulumi.Resource) (*build, error) {
	p := args.Platform
	labels, err := cloudLabels(naming.Tags(p.Name, p.Stack, p.Tags))
	if err != nil {
		return nil, err
	}
	provider, err := gcp.NewProvider(ctx, name+"-gcp", &gcp.ProviderArgs{
		Project:       pulumi.String(p.Account),
		Region:        pulumi.String(p.Region),
		DefaultLabels: pulumi.ToStringMap(labels),
	}, pulumi.Parent(parent))
	if err != nil {
		return nil, fmt.Errorf("provider: %w", err)
	}
	return &build{
		ctx:      ctx,
		name:     name,
		platform: p,
		pools:    args.Pools,
		parent:   parent,
		provider: provider,
		labels:   labels,
	}, nil
}

// child is the Pulumi name of a child of the component. A resource that is given
// no name of its own is called so, followed by a few random digits: its
// replacement can be made beside it.
func (b *build) child(what string) string { return b.name + "-" + what }

// with returns the options that every child has, and more.
func (b *build) with(more ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{pulumi.Parent(b.parent), pulumi.Provider(b.provider)}, more...)
}

// invokeOptions make a lookup use the same project and region as the children.
func (b *build) invokeOptions() []pulumi.InvokeOption {
	return []pulumi.InvokeOption{pulumi.Parent(b.parent), pulumi.Provider(b.provider)}
}

// keepData are the options of what holds data: on a protected platform it is
// neither deleted by a change nor by a destroy.
func (b *build) keepData() pulumi.ResourceOption {
	return pulumi.Composite(pulumi.Protect(b.platform.Protected()), pulumi.RetainOnDelete(b.platform.Protected()))
}

// enableHint ends the error of a lookup in a new project. Gantry enables the
// APIs that it needs, but the one through which it does so has to be enabled by
// hand.
func (b *build) enableHint(err error) string {
	if !strings.Contains(err.Error(), "SERVICE_DISABLED") && !strings.Contains(err.Error(), "has not been used in project") {
		return ""
	}
	return ": enable the first API by hand, `gcloud services enable cloudresourcemanager.googleapis.com --project " + b.platform.Account + "`"
}
