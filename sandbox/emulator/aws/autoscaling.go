package aws

import (
	"context"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

// maxGroupTags is how many tags an Auto Scaling group takes.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html
const maxGroupTags = 50

// tagsOfEKS are the tags that EKS puts on the groups that it makes.
func tagsOfEKS(cluster string) []string {
	return []string{
		"eks:cluster-name", "eks:nodegroup-name", "k8s.io/cluster-autoscaler/enabled",
		"k8s.io/cluster-autoscaler/" + cluster, "kubernetes.io/cluster/" + cluster,
	}
}

// scalingGroupPath is where a node group tells the names of its Auto Scaling
// groups.
const scalingGroupPath = "resources[].autoscalingGroups[].name"

func (a *Account) groupTag() emulator.Type {
	return emulator.Type{
		Token:   tokenGroupTag,
		Source:  "hashicorp/terraform-provider-aws internal/service/autoscaling/group_tag.go",
		Replace: []string{"autoscalingGroupName", "tag.key"},
		Refs: []emulator.Ref{{
			Path: "autoscalingGroupName", To: []emulator.Target{{Token: tokenNodeGroup, Attr: scalingGroupPath}},
			Missing: missing("ValidationError", "AutoScalingGroup name not found - AutoScalingGroup '%s' not found"),
		}},
		Validate: tagFits,
		Create: func(op *emulator.Op) error {
			group, key := op.In().String("autoscalingGroupName"), op.In().String("tag.key")
			owner, _ := op.Find(tokenNodeGroup, func(o emulator.Object) bool { return o.Outputs.At(scalingGroupPath) == group })
			count := len(tagsOfEKS(owner.Inputs.String("clusterName")))
			for _, o := range op.Of(tokenGroupTag) {
				if o.Inputs.String("autoscalingGroupName") == group {
					count++
				}
			}
			if count >= maxGroupTags {
				return refuse("ValidationError", "The number of tags for the AutoScalingGroup '%s' would exceed the limit of %d", group, maxGroupTags)
			}
			op.Object.ID = group + "," + key
			return nil
		},
		Apply:  func(ctx context.Context, tag emulator.Object) error { return a.publishTag(ctx, tag, "") },
		Remove: func(ctx context.Context, tag emulator.Object) error { return a.publishTag(ctx, tag, tag.ID) },
	}
}

func tagFits(in emulator.Properties) error {
	key, value := in.String("tag.key"), in.String("tag.value")
	switch {
	case len(key) > 128:
		return refuse("ValidationError", "1 validation error detected: Value '%s' at 'tags.1.member.key' failed to satisfy constraint: Member must have length less than or equal to 128", key)
	case len(value) > 256:
		return refuse("ValidationError", "1 validation error detected: Value '%s' at 'tags.1.member.value' failed to satisfy constraint: Member must have length less than or equal to 256", value)
	case strings.HasPrefix(key, "aws:"):
		return refuse("ValidationError", "The tag key '%s' uses the reserved prefix aws:", key)
	}
	return nil
}
