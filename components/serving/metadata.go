package serving

import (
	"maps"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/naming"
)

// metadata of an object of the model.
func (s *server) metadata() *metav1.ObjectMetaArgs {
	return &metav1.ObjectMetaArgs{
		Name:      pulumi.String(s.model.Name),
		Namespace: pulumi.String(s.namespace),
		Labels:    pulumi.ToStringMap(s.labels()),
	}
}

func (s *server) labels() map[string]string {
	labels := naming.AppLabels(s.model.Name, "model-server")
	maps.Copy(labels, s.selection())
	return labels
}

// selection is the one label that tells the model's pods from all others. A
// Deployment cannot change its selector, so it holds nothing that may change.
func (s *server) selection() map[string]string {
	return map[string]string{naming.LabelModel: s.model.Name}
}

func (s *server) selector() *metav1.LabelSelectorArgs {
	return &metav1.LabelSelectorArgs{MatchLabels: pulumi.ToStringMap(s.selection())}
}
