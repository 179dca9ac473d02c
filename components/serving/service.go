package serving

import (
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// servicePort is where every model answers inside the cluster, whatever port
// its server listens on.
const servicePort = 80

// service makes the ready replicas reachable inside the cluster.
//
// Pulumi's own wait for a Service ends when it has an endpoint. The Deployment
// already waits for that and says why when it fails; a second wait would only
// add a second error, with a shorter deadline.
func (s *server) service() *corev1.ServiceArgs {
	metadata := s.metadata()
	metadata.Annotations = pulumi.StringMap{"pulumi.com/skipAwait": pulumi.String("true")}
	selection := s.selection()
	if s.track == next {
		metadata.Name = pulumi.String(s.model.Name)
		selection = s.anyVersion()
	}
	if s.model.Route != "" && (s.track == stable || s.track == next) {
		s.share(metadata)
	}
	return &corev1.ServiceArgs{
		Metadata: metadata,
		Spec: &corev1.ServiceSpecArgs{
			Type:     pulumi.String("ClusterIP"),
			Selector: pulumi.ToStringMap(selection),
			Ports: corev1.ServicePortArray{corev1.ServicePortArgs{
				Name:        pulumi.String(portName),
				AppProtocol: pulumi.String("http"),
				Protocol:    pulumi.String("TCP"),
				Port:        pulumi.Int(servicePort),
				TargetPort:  pulumi.String(portName),
			}},
		},
	}
}

// endpoint is the URL of the Service, with the full name, so that it means the
// same in every namespace.
func (s *server) endpoint() string {
	return fmt.Sprintf("http://%s.%s.svc.cluster.local", s.name(), s.namespace)
}
