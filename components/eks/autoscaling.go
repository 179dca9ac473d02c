package eks

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	awsautoscaling "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/autoscaling"
	awseks "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/spec"
)

// templateTag begins the tags from which Cluster Autoscaler builds the node
// that a group would start. Source: kubernetes/autoscaler,
// cluster-autoscaler/cloudprovider/aws/README.md, "Auto-Discovery Setup".
const templateTag = "k8s.io/cluster-autoscaler/node-template/"

// Limits of the tags of an Auto Scaling group. Source: Amazon EC2 Auto Scaling
// user guide, "Tag Auto Scaling groups and instances".
const (
	maxGroupTags = 50
	// tagsOfEKS is what EKS puts on the groups that it makes: cluster name,
	// node group name, ownership, and the two that let Cluster Autoscaler find
	// the group.
	tagsOfEKS   = 5
	maxTagKey   = 128
	maxTagValue = 256
)

// A node cannot give its whole disk to pods: the kubelet evicts when a tenth is
// left, and keeps 1 GiB for itself; 1 GiB more goes to boot partitions and the
// file system. Source: awslabs/amazon-eks-ami, nodeadm/internal/kubelet/config.go.
const reservedDiskGiB = 2

// groupTag is one tag of an Auto Scaling group.
type groupTag struct{ key, value string }

// autoscaled tells whether a cluster autoscaler decides on node counts.
func (b *build) autoscaled() bool { return b.platform.Autoscaled() }

// scaling is the size of a node group. With an autoscaler, the desired size is
// where the group starts and is the autoscaler's from then on. Without one the
// pool has exactly min nodes; EKS wants room for one node even where it is 0.
func (b *build) scaling(plan spec.PoolPlan) awseks.NodeGroupScalingConfigArgs {
	greatest := plan.Min
	if b.autoscaled() {
		greatest = max(plan.Max, plan.Min)
	}
	return awseks.NodeGroupScalingConfigArgs{
		MinSize:     pulumi.Int(plan.Min),
		DesiredSize: pulumi.Int(plan.Min),
		MaxSize:     pulumi.Int(max(greatest, 1)),
	}
}

// scaleFromZero tags the Auto Scaling group of each pool with what its nodes
// would be. EKS does not copy labels and taints to the group, and the autoscaler
// cannot look at a node where there is none: without the tags a group that has
// gone down to 0 stays there.
func (b *build) scaleFromZero(pools []nodePool) error {
	if !b.autoscaled() {
		return nil
	}
	for _, pool := range pools {
		group := pool.group.Resources.Index(pulumi.Int(0)).AutoscalingGroups().Index(pulumi.Int(0)).Name().Elem()
		for _, tag := range groupTags(pool.plan) {
			what := fmt.Sprintf("%s-asg-%s", pool.plan.Name, tag.key[len(templateTag):])
			_, err := awsautoscaling.NewTag(b.ctx, b.child(what), &awsautoscaling.TagArgs{
				AutoscalingGroupName: group,
				Tag: awsautoscaling.TagTagArgs{
					Key:   pulumi.String(tag.key),
					Value: pulumi.String(tag.value),
					// The autoscaler reads the group; an instance has no use for it.
					PropagateAtLaunch: pulumi.Bool(false),
				},
			}, b.with()...)
			if err != nil {
				return fmt.Errorf("%s: %w", pool.plan.Name, err)
			}
		}
	}
	return nil
}

// groupTags are the node-template tags of a pool, sorted by key.
func groupTags(plan spec.PoolPlan) []groupTag {
	var tags []groupTag
	add := func(kind, key, value string) {
		tags = append(tags, groupTag{key: templateTag + kind + "/" + key, value: value})
	}
	labels := nodeLabels(plan)
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		add("label", key, labels[key])
	}
	if plan.GPU != "" {
		// What of a node's GPUs the machine type cannot tell: slices and shares.
		add("resources", plan.GPUResource(), strconv.Itoa(plan.GPUSlots()))
	}
	// Not part of what the autoscaler knows of a machine type: without it, no
	// pod that asks for disk ever gets a node.
	add("resources", "ephemeral-storage", fmt.Sprintf("%dGi", max(plan.DiskGiB*9/10-reservedDiskGiB, 1)))
	for _, taint := range plan.NodeTaints {
		// The autoscaler ignores a taint without its effect.
		add("taint", taint.Key, taint.Value+":"+string(taint.Effect))
	}
	return tags
}

// validateGroupTags finds what AWS would refuse half-way through an up.
func validateGroupTags(plan spec.PoolPlan) []error {
	var problems []error
	tags := groupTags(plan)
	if room := maxGroupTags - tagsOfEKS; len(tags) > room {
		problems = append(problems, fmt.Errorf("pool %s needs %d tags for its labels and taints, and AWS takes %d: take labels or taints away",
			plan.Name, len(tags), room))
	}
	seen := map[string]bool{}
	for _, tag := range tags {
		if len(tag.key) > maxTagKey || len(tag.value) > maxTagValue {
			problems = append(problems, fmt.Errorf("pool %s: the tag %s=%s is longer than AWS takes (%d and %d characters): shorten the label or taint",
				plan.Name, tag.key, tag.value, maxTagKey, maxTagValue))
		}
		if seen[tag.key] {
			problems = append(problems, fmt.Errorf("pool %s has two taints with the key %s: the autoscaler can be told of one only: rename one",
				plan.Name, tag.key[len(templateTag+"taint/"):]))
		}
		seen[tag.key] = true
	}
	return problems
}
