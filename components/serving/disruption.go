package serving

import (
	policyv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/policy/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// budget lets drains take one replica at a time. It counts what may be missing
// and not what must be there, so that a node with the only replica of a model
// can still be drained; and a replica that is not healthy serves no one, so it
// never holds a drain up.
func (s *server) budget() *policyv1.PodDisruptionBudgetArgs {
	return &policyv1.PodDisruptionBudgetArgs{
		Metadata: s.metadata(),
		Spec: &policyv1.PodDisruptionBudgetSpecArgs{
			MaxUnavailable:             pulumi.Int(1),
			Selector:                   s.selector(),
			UnhealthyPodEvictionPolicy: pulumi.String("AlwaysAllow"),
		},
	}
}
