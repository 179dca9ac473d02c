package aks

import (
	"fmt"
	"strings"

	azregistry "github.com/pulumi/pulumi-azure-native-sdk/containerregistry/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

// Service tiers of a registry. Only Premium removes untagged images by itself.
// Source: https://learn.microsoft.com/azure/container-registry/container-registry-skus
const (
	registryStandard = "Standard"
	registryPremium  = "Premium"
)

// registry registers a container registry that identities of Entra use and nobody
// else, and what has to exist before a node can pull from it; or returns nil where
// the platform wants none. An image of a new name needs no repository of its own.
func (b *build) registry(ids *identities) (*cluster.Registry, []pulumi.Resource, error) {
	if !spec.On(b.platform.Registry.Enabled) {
		return nil, nil, nil
	}
	args := &azregistry.RegistryArgs{
		ResourceGroupName: b.group.Name,
		RegistryName:      pulumi.String(b.registryName()),
		Location:          b.location(),
		Sku:               azregistry.SkuArgs{Name: pulumi.String(b.registryTier())},
		// One password for everyone.
		AdminUserEnabled: pulumi.Bool(false),
		Tags:             b.tags,
	}
	if b.registryTier() == registryPremium {
		args.Policies = azregistry.PoliciesArgs{RetentionPolicy: azregistry.RetentionPolicyArgs{
			Status: pulumi.String("enabled"),
			Days:   pulumi.Int(b.platform.Registry.UntaggedDays),
		}}
	}
	registry, err := azregistry.NewRegistry(b.ctx, b.child("images"), args, b.with(b.keepData())...)
	if err != nil {
		return nil, nil, err
	}
	pulling, err := b.assign(b.child("kubelet-images"), grant{
		what:      "kubelet-images",
		role:      acrPull,
		scope:     registry.ID().ToStringOutput(),
		principal: ids.kubelet.PrincipalId,
		kind:      servicePrincipal,
	}, b.with()...)
	if err != nil {
		return nil, nil, fmt.Errorf("nodes: %w", err)
	}
	return &cluster.Registry{URL: registry.LoginServer}, []pulumi.Resource{pulling}, nil
}

// registryTier is paid for by the day, whatever is in the registry.
func (b *build) registryTier() string {
	if b.platform.Protected() {
		return registryPremium
	}
	return registryStandard
}

// registryName is of letters and digits, 5 to 50 of them, and no one else's in all
// of Azure: it is a host name. Source:
// https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
func (b *build) registryName() string { return b.plainName() + b.mark() }

// plainName is the name of the platform in lower-case letters and digits.
func (b *build) plainName() string {
	return strings.ToLower(strings.ReplaceAll(b.platform.Name, "-", ""))
}

// mark tells platforms of one name in different subscriptions apart.
func (b *build) mark() string { return naming.Hash(b.caller.SubscriptionId + "/" + b.platform.Name) }
