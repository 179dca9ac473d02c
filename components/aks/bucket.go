package aks

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	azstorage "github.com/pulumi/pulumi-azure-native-sdk/storage/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

// limitAccount: the name of a storage account has 24 characters. Source:
// https://learn.microsoft.com/azure/storage/common/storage-account-overview
const limitAccount naming.Limit = 24

// containerModels is the blob container of the model files.
const containerModels = "models"

// modelBucket registers a storage account with one private container, whose blobs
// keep their old versions; or returns nil where the platform wants none.
func (b *build) modelBucket(n *network) (*cluster.Bucket, error) {
	if !spec.On(b.platform.ModelBucket.Enabled) {
		return nil, nil
	}
	account, err := azstorage.NewStorageAccount(b.ctx, b.child("models"), &azstorage.StorageAccountArgs{
		ResourceGroupName: b.group.Name,
		AccountName:       pulumi.String(b.accountName()),
		Location:          b.location(),
		Kind:              pulumi.String("StorageV2"),
		// A copy in each of three zones, as the buckets of the other clouds have
		// them.
		Sku:        azstorage.SkuArgs{Name: pulumi.String("Standard_ZRS")},
		AccessTier: azstorage.AccessTierHot,
		// Keys of the account are passwords for everything in it. Identities of
		// Entra alone read and write.
		AllowSharedKeyAccess:         pulumi.Bool(false),
		DefaultToOAuthAuthentication: pulumi.Bool(true),
		AllowBlobPublicAccess:        pulumi.Bool(false),
		AllowCrossTenantReplication:  pulumi.Bool(false),
		EnableHttpsTrafficOnly:       pulumi.Bool(true),
		MinimumTlsVersion:            pulumi.String("TLS1_2"),
		PublicNetworkAccess:          pulumi.String("Enabled"),
		NetworkRuleSet:               b.bucketAccess(n),
		Tags:                         b.tags,
	}, b.with(b.keepData())...)
	if err != nil {
		return nil, err
	}
	container, err := b.modelContainer(account)
	if err != nil {
		return nil, err
	}
	return &cluster.Bucket{
		URL:      pulumi.Sprintf("%s%s", account.PrimaryEndpoints.Blob(), container.Name),
		Resource: container.ID().ToStringOutput(),
		Mount:    b.bucketMount(account),
	}, nil
}

// accountName is of lower-case letters and digits, and no one else's in all of
// Azure: it is a host name.
func (b *build) accountName() string {
	end := containerModels + b.mark()
	name := b.plainName()
	return name[:min(len(name), int(limitAccount)-len(end))] + end
}

// bucketAccess lets the nodes in, by the service endpoints of their subnets, and
// the ranges that may reach the Kubernetes API; everyone else is turned away
// before Azure asks who it is.
func (b *build) bucketAccess(n *network) azstorage.NetworkRuleSetArgs {
	rules := azstorage.NetworkRuleSetArgs{
		DefaultAction: azstorage.DefaultActionDeny,
		Bypass:        pulumi.String("AzureServices"),
	}
	subnets := azstorage.VirtualNetworkRuleArray{}
	for _, pool := range slices.Sorted(maps.Keys(n.subnetIDs)) {
		subnets = append(subnets, azstorage.VirtualNetworkRuleArgs{
			Action:                   azstorage.ActionAllow,
			VirtualNetworkResourceId: n.subnetIDs[pool],
		})
	}
	rules.VirtualNetworkRules = subnets
	ranges := azstorage.IPRuleArray{}
	for _, cidr := range b.platform.Cluster.PublicAccessCIDRs {
		for _, text := range storageRanges(cidr) {
			ranges = append(ranges, azstorage.IPRuleArgs{Action: azstorage.ActionAllow, IPAddressOrRange: pulumi.String(text)})
		}
	}
	rules.IpRules = ranges
	return rules
}

// storageRanges is a range as the rules of a storage account take it: one or two
// addresses are written one by one, without a length. Source:
// https://learn.microsoft.com/azure/storage/common/storage-network-security
func storageRanges(cidr string) []string {
	network, err := netip.ParsePrefix(cidr)
	if err != nil || network.Bits() < 31 {
		return []string{cidr}
	}
	first := network.Masked().Addr()
	if network.Bits() == 32 {
		return []string{first.String()}
	}
	return []string{first.String(), first.Next().String()}
}

// modelContainer registers what keeps old versions, and then the container. They
// stay where the account does, which must not lose them.
func (b *build) modelContainer(account *azstorage.StorageAccount) (*azstorage.BlobContainer, error) {
	kept, days := b.keepData(), b.platform.ModelBucket.OldVersionDays
	retention := azstorage.DeleteRetentionPolicyArgs{Enabled: pulumi.Bool(true), Days: pulumi.Int(days)}
	versions, err := azstorage.NewBlobServiceProperties(b.ctx, b.child("models-versions"), &azstorage.BlobServicePropertiesArgs{
		ResourceGroupName:   b.group.Name,
		AccountName:         account.Name,
		BlobServicesName:    pulumi.String("default"),
		IsVersioningEnabled: pulumi.Bool(true),
		// A version that its rule removes, or that somebody deletes, can be
		// brought back for as long again.
		DeleteRetentionPolicy:          retention,
		ContainerDeleteRetentionPolicy: retention,
	}, b.with(kept)...)
	if err != nil {
		return nil, fmt.Errorf("versions: %w", err)
	}
	expiry, err := azstorage.NewManagementPolicy(b.ctx, b.child("models-expiry"), &azstorage.ManagementPolicyArgs{
		ResourceGroupName:    b.group.Name,
		AccountName:          account.Name,
		ManagementPolicyName: pulumi.String("default"),
		Policy:               azstorage.ManagementPolicySchemaArgs{Rules: oldVersions(days)},
	}, b.with(kept, pulumi.DependsOn([]pulumi.Resource{versions}))...)
	if err != nil {
		return nil, fmt.Errorf("expiry: %w", err)
	}
	return azstorage.NewBlobContainer(b.ctx, b.child("models-container"), &azstorage.BlobContainerArgs{
		ResourceGroupName: b.group.Name,
		AccountName:       account.Name,
		ContainerName:     pulumi.String(containerModels),
		PublicAccess:      azstorage.PublicAccessNone,
	}, b.with(kept, pulumi.DependsOn([]pulumi.Resource{expiry}))...)
}

// oldVersions removes versions some days after they were written. Azure counts
// from there, and not from when they were replaced: the retention of deleted blobs
// is what a replaced file is brought back from.
func oldVersions(days int) azstorage.ManagementPolicyRuleArray {
	return azstorage.ManagementPolicyRuleArray{azstorage.ManagementPolicyRuleArgs{
		Name:    pulumi.String("old-versions"),
		Type:    pulumi.String("Lifecycle"),
		Enabled: pulumi.Bool(true),
		Definition: azstorage.ManagementPolicyDefinitionArgs{
			Filters: azstorage.ManagementPolicyFilterArgs{BlobTypes: pulumi.ToStringArray([]string{"blockBlob"})},
			Actions: azstorage.ManagementPolicyActionArgs{
				Version: azstorage.ManagementPolicyVersionArgs{
					Delete: azstorage.DateAfterCreationArgs{DaysAfterCreationGreaterThan: pulumi.Float64(days)},
				},
			},
		},
	}}
}
