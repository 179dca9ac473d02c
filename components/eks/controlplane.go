package eks

import (
	awscloudwatch "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	awseks "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	awskms "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// controlPlaneLogs are all kinds that EKS writes.
var controlPlaneLogs = []string{"api", "audit", "authenticator", "controllerManager", "scheduler"}

// controlPlaneZones is the number of zones with a network interface of the
// control plane. Two is what EKS asks for, and they can never be others: EKS
// refuses to change their zones, so they must not follow gantry:cluster.zones.
// Nodes may run in any zone of the network.
const controlPlaneZones = 2

// controlPlane registers the cluster itself with its role and its logs.
func (b *build) controlPlane(n *network, key *awskms.Key) (*awseks.Cluster, error) {
	logs, err := b.logGroup()
	if err != nil {
		return nil, err
	}
	identity, err := b.controlPlaneRole(key)
	if err != nil {
		return nil, err
	}
	return awseks.NewCluster(b.ctx, b.child("cluster"), &awseks.ClusterArgs{
		Name:                   pulumi.String(b.platform.Name),
		Version:                pulumi.String(b.platform.Cluster.Version),
		RoleArn:                identity.Arn,
		VpcConfig:              b.endpointAccess(n),
		EnabledClusterLogTypes: pulumi.ToStringArray(controlPlaneLogs),
		EncryptionConfig: awseks.ClusterEncryptionConfigArgs{
			Provider:  awseks.ClusterEncryptionConfigProviderArgs{KeyArn: key.Arn},
			Resources: pulumi.ToStringArray([]string{"secrets"}),
		},
		// Whoever creates a cluster would be its admin for ever, in a way that
		// nothing lists and nobody can take back. adminAccess names the admins.
		AccessConfig: awseks.ClusterAccessConfigArgs{
			AuthenticationMode:                      pulumi.String("API"),
			BootstrapClusterCreatorAdminPermissions: pulumi.Bool(false),
		},
		// Unmanaged copies of the add-ons would stand in the way of the pinned
		// ones and never be updated.
		BootstrapSelfManagedAddons: pulumi.Bool(false),
		// The other choice, extended support, costs six times as much for each
		// hour after the end of standard support.
		UpgradePolicy: awseks.ClusterUpgradePolicyArgs{SupportType: pulumi.String("STANDARD")},
		Tags:          b.named("cluster"),
	}, b.with(
		// Without the log group EKS makes one itself, which keeps logs for
		// ever, survives destroy and blocks the next up. Without the
		// permissions EKS cannot remove its network interfaces on destroy, and
		// the subnets stay.
		pulumi.DependsOn(append(identity.granted, logs)),
		// Not retained: a cluster that outlives its network is of no use.
		pulumi.Protect(b.platform.Protected()),
		pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "45m", Update: "90m", Delete: "30m"}),
	)...)
}

// endpointAccess keeps the Kubernetes API inside the network, and opens it to
// the named ranges of the internet if there are any. Nodes always use the
// private side.
func (b *build) endpointAccess(n *network) awseks.ClusterVpcConfigArgs {
	access := awseks.ClusterVpcConfigArgs{
		SubnetIds:             n.subnetIDs(controlPlaneZones),
		EndpointPrivateAccess: pulumi.Bool(true),
		EndpointPublicAccess:  pulumi.Bool(false),
	}
	if cidrs := b.platform.Cluster.PublicAccessCIDRs; len(cidrs) > 0 {
		access.EndpointPublicAccess = pulumi.Bool(true)
		access.PublicAccessCidrs = pulumi.ToStringArray(cidrs)
	}
	return access
}

// logGroup registers the group that EKS writes to: the name is EKS's choice.
func (b *build) logGroup() (*awscloudwatch.LogGroup, error) {
	return awscloudwatch.NewLogGroup(b.ctx, b.child("logs"), &awscloudwatch.LogGroupArgs{
		Name:            pulumi.String("/aws/eks/" + b.platform.Name + "/cluster"),
		RetentionInDays: pulumi.Int(b.platform.Cluster.LogRetentionDays),
		Tags:            b.named("logs"),
	}, b.with(b.keepData())...)
}
