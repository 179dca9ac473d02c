package aks

import (
	"net/netip"

	azcontainers "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20241001"
	azinsights "github.com/pulumi/pulumi-azure-native-sdk/insights/v2"
	azlogs "github.com/pulumi/pulumi-azure-native-sdk/operationalinsights/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/naming"
)

// limitNodeGroup: the name of the group that AKS makes for nodes has 80
// characters. Source: https://learn.microsoft.com/azure/aks/faq
const limitNodeGroup naming.Limit = 80

// imageCleanerHours is how often images that no container runs and that have
// known vulnerabilities are removed from nodes: once a week, as by default.
const imageCleanerHours = 168

// Pricing tiers. Standard has an SLA for the Kubernetes API and costs $0.10 for
// each hour, about $73 a month; Free has neither and is meant for at most ten
// nodes. Source: https://learn.microsoft.com/azure/aks/free-standard-pricing-tiers
const (
	tierStandard = "Standard"
	tierFree     = "Free"
)

// controlPlaneLogs are the kinds of logs that are kept. Of the two audit logs,
// kube-audit-admin leaves out what only reads, which is most of kube-audit, and
// Log Analytics is paid by the gigabyte. Guard is the authentication by
// Entra. Source: https://learn.microsoft.com/azure/aks/monitor-aks-reference
var controlPlaneLogs = []string{
	"kube-apiserver", "kube-audit-admin", "guard", "kube-controller-manager",
	"kube-scheduler", "cloud-controller-manager", "cluster-autoscaler",
}

// fixedForLife are the settings that AKS refuses to change. A change of one is
// a new cluster: the preview says so, and fails where the platform is protected.
//
// Of the first system pool, which is one of the settings, AKS changes numbers,
// labels, taints and version; it refuses another machine type, disk, zone or
// subnet. That fails the up and replaces nothing: see livePools.
var fixedForLife = []string{
	"dnsPrefix", "nodeResourceGroup", "apiServerAccessProfile.enablePrivateCluster",
	"networkProfile.podCidr", "networkProfile.serviceCidr", "networkProfile.dnsServiceIP",
}

// controlPlane registers the cluster itself with its first system pool, without
// which AKS makes none.
func (b *build) controlPlane(n *network, ids *identities, access []pulumi.Resource) (*azcontainers.ManagedCluster, error) {
	firstPool, ignored, err := b.firstPool(n)
	if err != nil {
		return nil, err
	}
	options := []pulumi.ResourceOption{
		pulumi.DependsOn(append(ids.granted, access...)),
		ignored,
		pulumi.ReplaceOnChanges(fixedForLife),
		pulumi.DeleteBeforeReplace(true),
		// Not retained: a cluster that outlives its network is of no use.
		pulumi.Protect(b.platform.Protected()),
		pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "45m", Update: "120m", Delete: "45m"}),
	}
	return azcontainers.NewManagedCluster(b.ctx, b.child("cluster"), &azcontainers.ManagedClusterArgs{
		ResourceGroupName: b.group.Name,
		ResourceName:      pulumi.String(b.platform.Name),
		Location:          b.location(),
		DnsPrefix:         pulumi.String(b.platform.Name),
		// The minor: AKS chooses the newest patch, and the upgrade channel
		// follows it.
		KubernetesVersion: pulumi.String(b.platform.Cluster.Version),
		Sku:               azcontainers.ManagedClusterSKUArgs{Name: pulumi.String("Base"), Tier: pulumi.String(b.tier())},

		Identity: azcontainers.ManagedClusterIdentityArgs{
			Type:                   azcontainers.ResourceIdentityTypeUserAssigned,
			UserAssignedIdentities: pulumi.StringArray{ids.controlPlane.ID().ToStringOutput()},
		},
		IdentityProfile: azcontainers.UserAssignedIdentityMap{"kubeletidentity": azcontainers.UserAssignedIdentityArgs{
			ResourceId: ids.kubelet.ID().ToStringOutput(),
			ClientId:   ids.kubelet.ClientId,
			ObjectId:   ids.kubelet.PrincipalId,
		}},
		// Local accounts are certificates that nobody can take back.
		DisableLocalAccounts: pulumi.Bool(true),
		EnableRBAC:           pulumi.Bool(true),
		AadProfile:           b.entra(),

		NetworkProfile:         b.overlay(),
		ApiServerAccessProfile: b.endpointAccess(n),
		AgentPoolProfiles:      azcontainers.ManagedClusterAgentPoolProfileArray{firstPool},
		AutoScalerProfile:      b.autoscaler(),

		OidcIssuerProfile: azcontainers.ManagedClusterOIDCIssuerProfileArgs{Enabled: pulumi.Bool(true)},
		SecurityProfile: azcontainers.ManagedClusterSecurityProfileArgs{
			WorkloadIdentity: azcontainers.ManagedClusterSecurityProfileWorkloadIdentityArgs{Enabled: pulumi.Bool(true)},
			ImageCleaner: azcontainers.ManagedClusterSecurityProfileImageCleanerArgs{
				Enabled:       pulumi.Bool(true),
				IntervalHours: pulumi.Int(imageCleanerHours),
			},
		},
		StorageProfile: storageDrivers(),

		AutoUpgradeProfile: azcontainers.ManagedClusterAutoUpgradeProfileArgs{
			UpgradeChannel:       pulumi.String("patch"),
			NodeOSUpgradeChannel: pulumi.String("NodeImage"),
		},
		NodeResourceGroup: pulumi.String(naming.Bounded(limitNodeGroup, b.platform.Name, "nodes")),
		// Machines and disks of the cluster are changed through Kubernetes and
		// AKS; whoever changes them by hand breaks it.
		NodeResourceGroupProfile: azcontainers.ManagedClusterNodeResourceGroupProfileArgs{
			RestrictionLevel: pulumi.String("ReadOnly"),
		},
		Tags: b.tags,
	}, b.with(options...)...)
}

// tier is paid for where the platform is one to rely on.
func (b *build) tier() string {
	if b.platform.Protected() {
		return tierStandard
	}
	return tierFree
}

// overlay is Azure CNI Overlay with Cilium: nodes have addresses of the VNet,
// pods of a range that only the cluster knows, and network policies are
// enforced in the kernel. Nodes reach the internet by the NAT gateway of their
// subnet.
func (b *build) overlay() azcontainers.ContainerServiceNetworkProfileArgs {
	services := netip.MustParsePrefix(b.platform.Cluster.ServiceCIDR).Masked() // valid: see validate
	return azcontainers.ContainerServiceNetworkProfileArgs{
		NetworkPlugin:     pulumi.String("azure"),
		NetworkPluginMode: pulumi.String("overlay"),
		NetworkDataplane:  pulumi.String("cilium"),
		NetworkPolicy:     pulumi.String("cilium"),
		PodCidr:           pulumi.String(b.platform.Cluster.PodCIDR),
		ServiceCidr:       pulumi.String(b.platform.Cluster.ServiceCIDR),
		DnsServiceIP:      pulumi.String(address(services, dnsAddress).String()),
		OutboundType:      pulumi.String("userAssignedNATGateway"),
		LoadBalancerSku:   pulumi.String("standard"),
	}
}

// endpointAccess keeps the Kubernetes API inside the network, or opens it to the
// named ranges of the internet. There nodes come by the internet too, so that
// their own address has to be in the list: without it none ever joins.
func (b *build) endpointAccess(n *network) azcontainers.ManagedClusterAPIServerAccessProfileArgs {
	access := azcontainers.ManagedClusterAPIServerAccessProfileArgs{
		// `az aks command invoke` is a way to the API past the network.
		DisableRunCommand: pulumi.Bool(true),
	}
	cidrs := b.platform.Cluster.PublicAccessCIDRs
	if len(cidrs) == 0 {
		access.EnablePrivateCluster = pulumi.Bool(true)
		access.EnablePrivateClusterPublicFQDN = pulumi.Bool(false)
		access.PrivateDNSZone = pulumi.String("system")
		return access
	}
	access.EnablePrivateCluster = pulumi.Bool(false)
	ranges := pulumi.ToStringArray(cidrs)
	ranges = append(ranges, pulumi.Sprintf("%s/32", n.egress))
	access.AuthorizedIPRanges = ranges
	return access
}

// logWorkspace registers the workspace that the control plane logs to.
func (b *build) logWorkspace() (*azlogs.Workspace, error) {
	return azlogs.NewWorkspace(b.ctx, b.child("logs"), &azlogs.WorkspaceArgs{
		ResourceGroupName: b.group.Name,
		WorkspaceName:     b.named("logs"),
		Location:          b.location(),
		Sku:               azlogs.WorkspaceSkuArgs{Name: pulumi.String("PerGB2018")},
		RetentionInDays:   pulumi.Int(b.platform.Cluster.LogRetentionDays),
		Tags:              b.tags,
	}, b.with(b.keepData())...)
}

// controlPlaneLogs sends the logs of the control plane to the workspace, to
// tables of their own and not to the one that all resources of Azure share.
func (b *build) controlPlaneLogs(control *azcontainers.ManagedCluster, logs *azlogs.Workspace) error {
	var kinds azinsights.LogSettingsArray
	for _, category := range controlPlaneLogs {
		kinds = append(kinds, azinsights.LogSettingsArgs{Category: pulumi.String(category), Enabled: pulumi.Bool(true)})
	}
	_, err := azinsights.NewDiagnosticSetting(b.ctx, b.child("control-plane-logs"), &azinsights.DiagnosticSettingArgs{
		Name:                        b.named("control-plane"),
		ResourceUri:                 control.ID().ToStringOutput(),
		WorkspaceId:                 logs.ID().ToStringOutput(),
		LogAnalyticsDestinationType: pulumi.String("Dedicated"),
		Logs:                        kinds,
	}, b.with()...)
	return err
}
