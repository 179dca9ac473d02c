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
		Name:      pulumi.String(s.name()),
		Namespace: pulumi.String(s.namespace),
		Labels:    pulumi.ToStringMap(s.labels()),
	}
}

func (s *server) labels() map[string]string {
	labels := naming.AppLabels(s.model.Name, "model-server")
	maps.Copy(labels, s.selection())
	if s.model.SpotTolerant {
		labels[naming.LabelSpotTolerant] = "true"
	}
	return labels
}

// selection are the labels that tell the pods of one version of the model from
// all others. A Deployment cannot change its selector, so they hold nothing that
// may change.
func (s *server) selection() map[string]string {
	return map[string]string{naming.LabelModel: s.model.Name, naming.LabelVersion: s.version()}
}

// version is the label of the version. Flagger selects by this one label alone, so
// that with an analysis it says whose version it is; and it puts its own value
// wherever it finds the name of the Deployment.
func (s *server) version() string {
	if s.track == next || s.track == promoted {
		return s.name()
	}
	return string(s.track)
}

func (s *server) selector() *metav1.LabelSelectorArgs {
	return &metav1.LabelSelectorArgs{MatchLabels: pulumi.ToStringMap(s.selection())}
}
