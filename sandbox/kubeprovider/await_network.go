package kubeprovider

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// settle is how long a Service may stay without any pod before it counts as
// one that has none, such as that of a model scaled to zero.
const settle = 10 * time.Second

// serviceReady waits for the load balancer's address, where the type asks for
// one, and for the selected pods.
func serviceReady(ctx context.Context, p probe, live *unstructured.Unstructured) verdict {
	service := as[corev1.Service](live)
	if service.Spec.Type == corev1.ServiceTypeLoadBalancer && len(service.Status.LoadBalancer.Ingress) == 0 {
		return verdict{
			waiting: "waiting for the load balancer's address",
			reasons: []string{"Service was not allocated an IP address; does your cloud provider support this?"},
		}
	}
	headless := service.Spec.ClusterIP == corev1.ClusterIPNone
	if headless || service.Spec.Type == corev1.ServiceTypeExternalName || len(service.Spec.Selector) == 0 {
		return isReady
	}
	ready, pending, err := p.endpoints(ctx, service)
	switch {
	case err != nil:
		return verdict{waiting: "waiting for the service's endpoints: " + err.Error()}
	case pending == 0 && (ready > 0 || p.waited >= settle):
		return isReady
	case pending > 0:
		reasons := p.troubles(ctx, service.Namespace, metav1.SetAsLabelSelector(service.Spec.Selector))
		return verdict{
			waiting: because(fmt.Sprintf("waiting for %d/%d pods of the service", pending, ready+pending), reasons),
			reasons: reasons,
		}
	}
	return verdict{
		waiting: "finding Pods to direct traffic to",
		reasons: []string{"Service does not target any Pods. Selected Pods may not be ready, or " +
			"field '.spec.selector' may not match labels on any Pods"},
	}
}

// endpoints counts the pods that a service directs traffic to, and those that
// it would if they were ready.
func (p probe) endpoints(ctx context.Context, service *corev1.Service) (ready, pending int, err error) {
	slices := discoveryv1.SchemeGroupVersion.WithResource("endpointslices")
	list, err := p.objects.Resource(slices).Namespace(service.Namespace).List(ctx, metav1.ListOptions{
		LabelSelector: discoveryv1.LabelServiceName + "=" + service.Name,
	})
	if err != nil {
		return 0, 0, err
	}
	for i := range list.Items {
		for _, endpoint := range as[discoveryv1.EndpointSlice](&list.Items[i]).Endpoints {
			conditions := endpoint.Conditions
			switch {
			case conditions.Ready == nil || *conditions.Ready:
				ready++
			case conditions.Terminating == nil || !*conditions.Terminating:
				pending++
			}
		}
	}
	return ready, pending, nil
}

func ingressReady(_ context.Context, _ probe, live *unstructured.Unstructured) verdict {
	if len(as[networkingv1.Ingress](live).Status.LoadBalancer.Ingress) > 0 {
		return isReady
	}
	return verdict{
		waiting: "waiting for the ingress controller to assign an address",
		reasons: []string{"Ingress .status.loadBalancer field was not updated with a hostname/IP address. " +
			"Is an ingress controller for its class running?"},
	}
}
