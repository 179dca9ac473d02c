package gke

import (
	gcpcontainer "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/rootdisk"
)

// logComponents are all kinds of logs that a cluster writes to Cloud Logging:
// GKE's own parts, the workloads and the control plane. Audit logs of the
// Kubernetes API are written for every project and cannot be switched off.
var logComponents = []string{"SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "SCHEDULER", "CONTROLLER_MANAGER"}

// releaseChannel decides when GKE upgrades control plane and nodes by itself:
// some weeks after a version came out. The minor of the configuration is the
// least version, and what a cluster begins with.
const releaseChannel = "REGULAR"

// The maintenance window: six hours on both days of the weekend, at an hour that
// is weekend from California to Japan. GKE wants 48 hours in 32 days. The date is
// that of the first window, a Saturday, in the past.
const (
	windowStart      = "2025-01-04T08:00:00Z"
	windowEnd        = "2025-01-04T14:00:00Z"
	windowRecurrence = "FREQ=WEEKLY;BYDAY=SA,SU"
)

// controlPlane registers the cluster itself: regional, so that the Kubernetes
// API survives the loss of a zone, and without nodes.
func (b *build) controlPlane(n *network, nodes *account, key *key, p *places) (*gcpcontainer.Cluster, error) {
	return gcpcontainer.NewCluster(b.ctx, b.child("cluster"), &gcpcontainer.ClusterArgs{
		Name:             pulumi.String(b.platform.Name),
		Description:      pulumi.String("Gantry platform " + b.platform.Name),
		Project:          pulumi.String(b.platform.Account),
		Location:         pulumi.String(b.platform.Region),
		NodeLocations:    p.zones(),
		MinMasterVersion: pulumi.String(b.platform.Cluster.Version),
		ReleaseChannel:   gcpcontainer.ClusterReleaseChannelArgs{Channel: pulumi.String(releaseChannel)},
		MaintenancePolicy: gcpcontainer.ClusterMaintenancePolicyArgs{
			RecurringWindow: gcpcontainer.ClusterMaintenancePolicyRecurringWindowArgs{
				StartTime:  pulumi.String(windowStart),
				EndTime:    pulumi.String(windowEnd),
				Recurrence: pulumi.String(windowRecurrence),
			},
		},

		// Every cluster is born with a pool. It is removed at once: a pool of
		// the cluster itself cannot be changed without the cluster.
		RemoveDefaultNodePool: pulumi.Bool(true),
		InitialNodeCount:      pulumi.Int(1),
		NodeConfig:            firstNode(nodes),

		Network:          n.vpc.ID(),
		Subnetwork:       n.subnet.ID(),
		NetworkingMode:   pulumi.String("VPC_NATIVE"),
		DatapathProvider: pulumi.String("ADVANCED_DATAPATH"), // enforces network policies
		IpAllocationPolicy: gcpcontainer.ClusterIpAllocationPolicyArgs{
			ClusterSecondaryRangeName:  pulumi.String(rangePods),
			ServicesSecondaryRangeName: pulumi.String(rangeServices),
		},
		// Envoy Gateway brings the definitions of the Gateway API in the version
		// that it was made for; GKE would set them back to its own.
		GatewayApiConfig: gcpcontainer.ClusterGatewayApiConfigArgs{
			Channel: pulumi.String("CHANNEL_DISABLED"),
		},
		PrivateClusterConfig:           b.endpointAccess(n),
		MasterAuthorizedNetworksConfig: b.authorizedNetworks(),

		EnableShieldedNodes: pulumi.Bool(true),
		EnableLegacyAbac:    pulumi.Bool(false),
		MasterAuth: gcpcontainer.ClusterMasterAuthArgs{
			// A certificate of an administrator, for ever and without a name.
			ClientCertificateConfig: gcpcontainer.ClusterMasterAuthClientCertificateConfigArgs{
				IssueClientCertificate: pulumi.Bool(false),
			},
		},
		WorkloadIdentityConfig: gcpcontainer.ClusterWorkloadIdentityConfigArgs{
			WorkloadPool: pulumi.String(b.workloadPool()),
		},
		DatabaseEncryption: gcpcontainer.ClusterDatabaseEncryptionArgs{
			State:   pulumi.String("ENCRYPTED"),
			KeyName: key.ID().ToStringOutput(),
		},

		LoggingConfig: gcpcontainer.ClusterLoggingConfigArgs{EnableComponents: pulumi.ToStringArray(logComponents)},
		CostManagementConfig: gcpcontainer.ClusterCostManagementConfigArgs{
			Enabled: pulumi.Bool(true), // the bill tells namespaces and labels apart
		},
		ClusterAutoscaling: gcpcontainer.ClusterClusterAutoscalingArgs{
			Enabled:            pulumi.Bool(false), // no pools beside those of the configuration
			AutoscalingProfile: pulumi.String(b.autoscalingProfile()),
		},
		AddonsConfig: b.drivers(),

		DeletionProtection: pulumi.Bool(b.platform.Protected()),
		ResourceLabels:     pulumi.ToStringMap(b.labels),
	}, b.with(
		// GKE tries the key before it makes anything.
		pulumi.DependsOn([]pulumi.Resource{key.granted}),
		// Both describe the first pool, which is gone; GKE then answers with
		// those of whichever pool is the first.
		pulumi.IgnoreChanges([]string{"nodeConfig", "initialNodeCount"}),
		// Not retained: a cluster that outlives its network is of no use.
		pulumi.Protect(b.platform.Protected()),
		pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "60m", Update: "90m", Delete: "60m"}),
	)...)
}

// firstNode is the node of the pool that every cluster is born with. It lives
// some minutes, but a project may forbid nodes that are not shielded or run as
// the default account.
func firstNode(nodes *account) gcpcontainer.ClusterNodeConfigArgs {
	return gcpcontainer.ClusterNodeConfigArgs{
		MachineType:    pulumi.String("e2-medium"),
		DiskSizeGb:     pulumi.Int(30),
		DiskType:       pulumi.String(rootdisk.PDBalanced),
		ServiceAccount: nodes.Email,
		OauthScopes:    pulumi.ToStringArray([]string{scopeCloudPlatform}),
		ShieldedInstanceConfig: gcpcontainer.ClusterNodeConfigShieldedInstanceConfigArgs{
			EnableSecureBoot:          pulumi.Bool(true),
			EnableIntegrityMonitoring: pulumi.Bool(true),
		},
	}
}

// endpointAccess keeps nodes without public addresses, and the Kubernetes API
// too unless ranges of the internet are named.
func (b *build) endpointAccess(n *network) gcpcontainer.ClusterPrivateClusterConfigArgs {
	return gcpcontainer.ClusterPrivateClusterConfigArgs{
		EnablePrivateNodes:    pulumi.Bool(true),
		EnablePrivateEndpoint: pulumi.Bool(len(b.platform.Cluster.PublicAccessCIDRs) == 0),
		MasterIpv4CidrBlock:   pulumi.String(n.controlPlane.String()),
	}
}

// authorizedNetworks are the only callers of the Kubernetes API beside nodes and
// pods: everything else in the network, and the named ranges of the internet.
// Machines of other Google customers are not among them.
func (b *build) authorizedNetworks() gcpcontainer.ClusterMasterAuthorizedNetworksConfigArgs {
	block := func(cidr, name string) gcpcontainer.ClusterMasterAuthorizedNetworksConfigCidrBlockArgs {
		return gcpcontainer.ClusterMasterAuthorizedNetworksConfigCidrBlockArgs{
			CidrBlock: pulumi.String(cidr), DisplayName: pulumi.String(name),
		}
	}
	blocks := gcpcontainer.ClusterMasterAuthorizedNetworksConfigCidrBlockArray{block(b.platform.Cluster.NetworkCIDR, "network")}
	for _, cidr := range b.platform.Cluster.PublicAccessCIDRs {
		blocks = append(blocks, block(cidr, "gantry:cluster.publicAccessCidrs"))
	}
	return gcpcontainer.ClusterMasterAuthorizedNetworksConfigArgs{
		CidrBlocks:                  blocks,
		GcpPublicCidrsAccessEnabled: pulumi.Bool(false),
	}
}

// drivers switches on the CSI drivers of the storage classes.
func (b *build) drivers() gcpcontainer.ClusterAddonsConfigArgs {
	return gcpcontainer.ClusterAddonsConfigArgs{
		GcePersistentDiskCsiDriverConfig: gcpcontainer.ClusterAddonsConfigGcePersistentDiskCsiDriverConfigArgs{
			Enabled: pulumi.Bool(true),
		},
		GcpFilestoreCsiDriverConfig: gcpcontainer.ClusterAddonsConfigGcpFilestoreCsiDriverConfigArgs{
			Enabled: pulumi.Bool(b.platform.StoresFiles()),
		},
		GcsFuseCsiDriverConfig: gcpcontainer.ClusterAddonsConfigGcsFuseCsiDriverConfigArgs{
			Enabled: pulumi.Bool(true),
		},
	}
}
