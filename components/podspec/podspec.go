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

// Affinity returns the node affinity that admits only nodes that meet all
// requirements.
func Affinity(nodes []scheduling.Requirement) *corev1.AffinityArgs {
	var term corev1.NodeSelectorRequirementArray
	for _, r := range nodes {
		if len(r.Values) == 0 {
			term = append(term, corev1.NodeSelectorRequirementArgs{
				Key: pulumi.String(r.Key), Operator: pulumi.String("DoesNotExist"),
			})
			continue
		}
		term = append(term, corev1.NodeSelectorRequirementArgs{
			Key: pulumi.String(r.Key), Operator: pulumi.String("In"), Values: pulumi.ToStringArray(r.Values),
		})
	}
	return &corev1.AffinityArgs{
		NodeAffinity: corev1.NodeAffinityArgs{
			RequiredDuringSchedulingIgnoredDuringExecution: corev1.NodeSelectorArgs{
				NodeSelectorTerms: corev1.NodeSelectorTermArray{
					corev1.NodeSelectorTermArgs{MatchExpressions: term},
				},
			},
		},
	}
}
