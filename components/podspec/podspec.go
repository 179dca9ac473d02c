// Package podspec writes the plain placements of modules/scheduling as fields of
// a Kubernetes pod. It decides nothing.
package podspec

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/scheduling"
)

// Tolerations returns the tolerations of a pod.
func Tolerations(tolerations []scheduling.Toleration) corev1.TolerationArray {
	var out corev1.TolerationArray
	for _, t := range tolerations {
		out = append(out, corev1.TolerationArgs{
			Key:      pulumi.String(t.Key),
			Operator: pulumi.String("Equal"),
			Value:    valueOf(t),
			Effect:   pulumi.String(string(t.Effect)),
		})
	}
	return out
}

// valueOf leaves an empty value out: the API server drops it, and the next
// preview would show it as a change.
func valueOf(t scheduling.Toleration) pulumi.StringPtrInput {
	if t.Value == "" {
		return nil
	}
	return pulumi.String(t.Value)
}

// Affinity returns the node affinity that admits only nodes that meet one of
// the terms.
func Affinity(nodes []scheduling.Term) *corev1.AffinityArgs {
	var terms corev1.NodeSelectorTermArray
	for _, term := range nodes {
		var expressions corev1.NodeSelectorRequirementArray
		for _, requirement := range term {
			expressions = append(expressions, expression(requirement))
		}
		terms = append(terms, corev1.NodeSelectorTermArgs{MatchExpressions: expressions})
	}
	return &corev1.AffinityArgs{
		NodeAffinity: corev1.NodeAffinityArgs{
			RequiredDuringSchedulingIgnoredDuringExecution: corev1.NodeSelectorArgs{NodeSelectorTerms: terms},
		},
	}
}

func expression(r scheduling.Requirement) corev1.NodeSelectorRequirementArgs {
	args := corev1.NodeSelectorRequirementArgs{Key: pulumi.String(r.Key), Operator: pulumi.String("In")}
	switch {
	case r.Any:
		args.Operator = pulumi.String("Exists")
	case len(r.Values) == 0:
		args.Operator = pulumi.String("DoesNotExist")
	default:
		args.Values = pulumi.ToStringArray(r.Values)
	}
	return args
}
