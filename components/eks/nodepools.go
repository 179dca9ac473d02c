package eks

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	awsec2 "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	awseks "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

// labelAccelerator tells Cluster Autoscaler that a node will have GPUs once its
// device plugin runs; without it the autoscaler takes a fresh GPU node for one
// with no GPU and starts another. Source: kubernetes/autoscaler,
// cluster-autoscaler/cloudprovider/aws/README.md.
const labelAccelerator = "k8s.amazonaws.com/accelerator"

// maxUnavailablePercent of a pool's nodes are replaced at a time by an update.
const maxUnavailablePercent = 33

// taintEffects as the EKS API spells them.
var taintEffects = map[spec.TaintEffect]string{
	spec.NoSchedule:       "NO_SCHEDULE",
	spec.PreferNoSchedule: "PREFER_NO_SCHEDULE",
	spec.NoExecute:        "NO_EXECUTE",
}

// nodePool is a pool of the platform and the node group that it became.
type nodePool struct {
	plan  spec.PoolPlan
	group *awseks.NodeGroup
}

// groups returns the node groups of pools.
func groups(pools []nodePool) []pulumi.Resource {
	var all []pulumi.Resource
	for _, pool := range pools {
		all = append(all, pool.group)
	}
	return all
}

// systemGroups returns the node groups that run the cluster's own services. A
// GPU pool that finds no capacity does not hold those up.
func systemGroups(pools []nodePool) []pulumi.Resource {
	return groups(slices.DeleteFunc(slices.Clone(pools), func(p nodePool) bool { return !isSystem(p.plan) }))
}

// nodePools registers a launch template and a managed node group for each pool.
func (b *build) nodePools(control *awseks.Cluster, n *network, agents []pulumi.Resource) ([]nodePool, error) {
	identity, err := b.nodeRole()
	if err != nil {
		return nil, err
	}
	// Nodes that boot before their route to the internet cannot pull an image;
	// before the network plugin, they never become Ready; before the role may
	// do what it must, they do not join. Each fails the node group after half
	// an hour. Going down, the same things have to outlive the nodes.
	after := pulumi.DependsOn(slices.Concat(n.routed, agents, identity.granted))
	var pools []nodePool
	for _, plan := range b.pools {
		group, err := b.nodeGroup(control, n, identity, plan, after)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", plan.Name, err)
		}
		pools = append(pools, nodePool{plan: plan, group: group})
	}
	return pools, nil
}

func (b *build) nodeGroup(control *awseks.Cluster, n *network, identity *role, plan spec.PoolPlan, after pulumi.ResourceOption) (*awseks.NodeGroup, error) {
	template, err := b.launchTemplate(control, plan)
	if err != nil {
		return nil, err
	}
	options := []pulumi.ResourceOption{
		after,
		pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "60m", Update: "120m", Delete: "60m"}),
	}
	if b.autoscaled() {
		// Every change of min or max sends the size along that the state has:
		// it is the autoscaler's only after a refresh.
		options = append(options, pulumi.IgnoreChanges([]string{"scalingConfig.desiredSize"}))
	}
	args := &awseks.NodeGroupArgs{
		ClusterName: control.Name,
		// A prefix, so that a changed pool is made beside the old one, which
		// is drained and removed when the new one is up.
		NodeGroupNamePrefix: pulumi.String(naming.Prefix(naming.LimitNodeGroupPrefix, b.platform.Name, plan.Name)),
		NodeRoleArn:         identity.Arn,
		SubnetIds:           n.subnetIDs(plan.Zones),
		CapacityType:        pulumi.String(capacityType(plan)),
		InstanceTypes:       machineTypes(plan),
		LaunchTemplate: awseks.NodeGroupLaunchTemplateArgs{
			Id:      template.ID().ToStringOutput(),
			Version: template.LatestVersion.ApplyT(strconv.Itoa).(pulumi.StringOutput),
		},
		Labels:        pulumi.ToStringMap(nodeLabels(plan)),
		Taints:        taints(plan),
		ScalingConfig: b.scaling(plan),
		UpdateConfig: awseks.NodeGroupUpdateConfigArgs{
			MaxUnavailablePercentage: pulumi.Int(maxUnavailablePercent),
		},
		NodeRepairConfig: awseks.NodeGroupNodeRepairConfigArgs{Enabled: pulumi.Bool(true)},
		Tags:             b.named(plan.Name),
	}
	if !ownImage(plan) {
		args.AmiType = pulumi.String(imageType(plan))
		// Nodes follow the control plane within one up. An update that a
		// PodDisruptionBudget stops fails and can be run again; it is not
		// forced, which would take replicas down.
		args.Version = control.Version
	}
	return awseks.NewNodeGroup(b.ctx, b.child(plan.Name), args, b.with(options...)...)
}

// launchTemplate registers what EKS does not choose itself: the metadata
// service, the root disk and the tags of instances. EKS adds role and the
// security group of the cluster, and image and user data where the pool has no
// image of its own.
func (b *build) launchTemplate(control *awseks.Cluster, plan spec.PoolPlan) (*awsec2.LaunchTemplate, error) {
	var tags awsec2.LaunchTemplateTagSpecificationArray
	for _, kind := range []string{"instance", "volume", "network-interface"} {
		tags = append(tags, awsec2.LaunchTemplateTagSpecificationArgs{
			ResourceType: pulumi.String(kind),
			Tags:         b.allTags(plan.Name),
		})
	}
	args := &awsec2.LaunchTemplateArgs{
		NamePrefix:           pulumi.String(naming.Prefix(naming.LimitLaunchTemplatePrefix, b.platform.Name, plan.Name)),
		UpdateDefaultVersion: pulumi.Bool(true),
		// With one hop the answers of the metadata service, the credentials of
		// the node among them, end at the node: only pods in its host network
		// get them. All others have a role of their own or none.
		MetadataOptions: awsec2.LaunchTemplateMetadataOptionsArgs{
			HttpEndpoint:            pulumi.String("enabled"),
			HttpTokens:              pulumi.String("required"),
			HttpPutResponseHopLimit: pulumi.Int(1),
		},
		BlockDeviceMappings: awsec2.LaunchTemplateBlockDeviceMappingArray{rootDisk(plan)},
		Monitoring:          awsec2.LaunchTemplateMonitoringArgs{Enabled: pulumi.Bool(true)},
		TagSpecifications:   tags,
		Tags:                b.named(plan.Name),
	}
	if ownImage(plan) {
		image, err := b.ubuntuImage(plan)
		if err != nil {
			return nil, err
		}
		args.ImageId, args.UserData = pulumi.String(image), ubuntuUserData(control, plan)
	}
	return awsec2.NewLaunchTemplate(b.ctx, b.child(plan.Name+"-template"), args, b.with()...)
}

// rootDisk is encrypted with the account's own EBS key: a key of ours would
// have to be granted to the service-linked role of EC2 Auto Scaling first.
func rootDisk(plan spec.PoolPlan) awsec2.LaunchTemplateBlockDeviceMappingArgs {
	return awsec2.LaunchTemplateBlockDeviceMappingArgs{
		DeviceName: pulumi.String(rootDevice(plan)),
		Ebs: awsec2.LaunchTemplateBlockDeviceMappingEbsArgs{
			VolumeType:          pulumi.String("gp3"),
			VolumeSize:          pulumi.Int(plan.DiskGiB),
			Encrypted:           pulumi.String("true"),
			DeleteOnTermination: pulumi.String("true"),
		},
	}
}

func capacityType(plan spec.PoolPlan) string {
	if plan.Capacity == spec.CapacitySpot {
		return "SPOT"
	}
	return "ON_DEMAND"
}

func machineTypes(plan spec.PoolPlan) pulumi.StringArray {
	var types pulumi.StringArray
	for _, machine := range plan.Machines {
		types = append(types, pulumi.String(machine.Type))
	}
	return types
}

// nodeLabels are the pool's labels and the one that the autoscaler needs. It is
// left out where slices have names of their own: a node with the label and no
// nvidia.com/gpu is for ever unready to the autoscaler.
func nodeLabels(plan spec.PoolPlan) map[string]string {
	labels := maps.Clone(plan.NodeLabels)
	if plan.GPU != "" && plan.GPUResource() == naming.ResourceGPU {
		labels[labelAccelerator] = plan.GPU
	}
	return labels
}

func taints(plan spec.PoolPlan) awseks.NodeGroupTaintArray {
	var all awseks.NodeGroupTaintArray
	for _, taint := range plan.NodeTaints {
		all = append(all, awseks.NodeGroupTaintArgs{
			Key:    pulumi.String(taint.Key),
			Value:  pulumi.String(taint.Value),
			Effect: pulumi.String(taintEffects[taint.Effect]),
		})
	}
	return all
}
