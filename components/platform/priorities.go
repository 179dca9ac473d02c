package platform

import (
	"fmt"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	schedulingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/scheduling/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/naming"
)

// Priority classes of workloads. What has none is at 0, between the two.
const (
	// InferencePriority is that of models: where nodes are short, they take the
	// place of training and of everything that has no priority.
	InferencePriority = "gantry-inference"
	// TrainingPriority is that of jobs, which can be interrupted and resumed.
	TrainingPriority = "gantry-training"
)

// priorityClasses are far below those of the cluster's own parts, which begin at two
// billion. Source:
// https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
var priorityClasses = []struct {
	name, about string
	value       int
}{
	{InferencePriority, "Models that answer requests.", 100_000},
	{TrainingPriority, "Jobs that can be interrupted and resumed.", -100},
}

func newPriorityClasses(m *maker) ([]pulumi.Resource, error) {
	var all []pulumi.Resource
	for _, p := range priorityClasses {
		made, err := schedulingv1.NewPriorityClass(m.ctx, m.child(p.name), &schedulingv1.PriorityClassArgs{
			Metadata: &metav1.ObjectMetaArgs{
				Name:   pulumi.String(p.name),
				Labels: pulumi.ToStringMap(naming.AppLabels(p.name, "priority")),
			},
			Description: pulumi.String(p.about),
			Value:       pulumi.Int(p.value),
		}, m.opts...)
		if err != nil {
			return nil, fmt.Errorf("priority class %s: %w", p.name, err)
		}
		all = append(all, made)
	}
	return all, nil
}
