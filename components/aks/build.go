package aks

import (
	"fmt"

	"github.com/google/uuid"
	azauthorization "github.com/pulumi/pulumi-azure-native-sdk/authorization/v2"
	azresources "github.com/pulumi/pulumi-azure-native-sdk/resources/v2"
	azure "github.com/pulumi/pulumi-azure-native-sdk/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/spec"
)

// build is what every step of making one cluster shares.
type build struct {
	ctx      *pulumi.Context
	name     string
	platform spec.Platform
	pools    []spec.PoolPlan

	parent   pulumi.Resource
	provider *azure.Provider
	// caller is who runs Pulumi, and in which subscription.
	caller *azauthorization.GetClientConfigResult
	// tags of every resource that can carry them: the provider has no default
	// ones.
	tags pulumi.StringMap
	// group holds everything; it is the first that is registered.
	group *azresources.ResourceGroup
}

func newBuild(ctx *pulumi.Context, name string, args *Args, parent pulumi.Resource) (*build, error) {
	p := args.Platform
	settings := &azure.ProviderArgs{Location: pulumi.String(p.Region)}
	if p.Account != "" {
		settings.SubscriptionId = pulumi.String(p.Account)
	}
	provider, err := azure.NewProvider(ctx, name+"-azure", settings, pulumi.Parent(parent))
	if err != nil {
		return nil, fmt.Errorf("provider: %w", err)
	}
	caller, err := azauthorization.GetClientConfig(ctx, pulumi.Parent(parent), pulumi.Provider(provider))
	if err != nil {
		return nil, fmt.Errorf("who is calling, and in which subscription: %w", err)
	}
	return &build{
		ctx:      ctx,
		name:     name,
		platform: p,
		pools:    args.Pools,
		parent:   parent,
		provider: provider,
		caller:   caller,
		tags:     pulumi.ToStringMap(resourceTags(p)),
	}, nil
}

// child is the Pulumi name of a child of the component.
func (b *build) child(what string) string { return b.name + "-" + what }

// with returns the options that every child has, and more.
func (b *build) with(more ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{pulumi.Parent(b.parent), pulumi.Provider(b.provider)}, more...)
}

// invokeOptions make a lookup use the same credentials and subscription as the
// children.
func (b *build) invokeOptions() []pulumi.InvokeOption {
	return []pulumi.InvokeOption{pulumi.Parent(b.parent), pulumi.Provider(b.provider)}
}

// keepData are the options of what holds data: on a protected platform it is
// neither deleted by a change nor by a destroy.
func (b *build) keepData() pulumi.ResourceOption {
	return pulumi.Composite(pulumi.Protect(b.platform.Protected()), pulumi.RetainOnDelete(b.platform.Protected()))
}

// named is the name of a resource in Azure. Names are fixed, because almost
// nothing of these resources is ever replaced and because the portal shows no
// other: they need only be unique in the resource group, which is the
// platform's own.
func (b *build) named(what string) pulumi.String {
	return pulumi.String(b.platform.Name + "-" + what)
}

// location of every resource.
func (b *build) location() pulumi.String { return pulumi.String(b.platform.Region) }

// guid is a name for what Azure names by GUID: always the same one for the same
// thing of the same platform, and no other platform's.
func (b *build) guid(what string) string {
	scope := fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/%s", b.caller.SubscriptionId, b.platform.Name, what)
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(scope)).String()
}

// resourceGroup registers the group of the platform, whose name is the
// platform's. A group takes everything in it along, so that it has to stay
// where data has to.
func (b *build) resourceGroup() error {
	group, err := azresources.NewResourceGroup(b.ctx, b.child("group"), &azresources.ResourceGroupArgs{
		ResourceGroupName: pulumi.String(b.platform.Name),
		Location:          b.location(),
		Tags:              b.tags,
	}, b.with(b.keepData())...)
	b.group = group
	return err
}
