package agent

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listersv1 "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
)

// readiness puts pods back in service when their node is. The node controller
// takes them out when the node is silent for a while, as after a machine slept
// or KWOK died; a kubelet that is back says that they are ready, KWOK does not.
type readiness struct {
	client kubernetes.Interface
	nodes  listersv1.NodeLister
	pods   cache.Indexer
	queue  queue
}

// newReadiness needs the index of pods by node.
func newReadiness(client kubernetes.Interface, factory informers.SharedInformerFactory) (*readiness, error) {
	pods, nodes := factory.Core().V1().Pods(), factory.Core().V1().Nodes()
	r := &readiness{client: client, nodes: nodes.Lister(), pods: pods.Informer().GetIndexer(), queue: newQueue("readiness")}
	_, err := pods.Informer().AddEventHandler(onAnyChange(func(obj any) {
		if pod, ok := obj.(*corev1.Pod); ok && outOfService(pod) {
			r.queue.Add(pod.Spec.NodeName)
		}
	}))
	if err != nil {
		return nil, fmt.Errorf("readiness of pods: %w", err)
	}
	_, err = nodes.Informer().AddEventHandler(onAnyChange(func(obj any) {
		if node, ok := obj.(*corev1.Node); ok {
			r.queue.Add(node.Name)
		}
	}))
	if err != nil {
		return nil, fmt.Errorf("readiness of pods: %w", err)
	}
	return r, nil
}

func (r *readiness) run(ctx context.Context) { r.queue.run(ctx, r.sync) }

// sync looks at the pods of a node.
func (r *readiness) sync(ctx context.Context, name string) error {
	node, err := r.nodes.Get(name)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil || !isUp(node) {
		return err
	}
	pods, err := r.pods.ByIndex(byNode, name)
	if err != nil {
		return err
	}
	for _, obj := range pods {
		if pod, ok := obj.(*corev1.Pod); ok && outOfService(pod) {
			if err := r.putBack(ctx, pod); err != nil {
				return err
			}
		}
	}
	return nil
}

func isUp(node *corev1.Node) bool {
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// outOfService tells whether a pod is not ready although its containers are, and
// nothing of its own keeps it so.
func outOfService(pod *corev1.Pod) bool {
	if pod.DeletionTimestamp != nil || pod.Status.Phase != corev1.PodRunning || len(pod.Spec.ReadinessGates) > 0 {
		return false
	}
	status := map[corev1.PodConditionType]corev1.ConditionStatus{}
	for _, condition := range pod.Status.Conditions {
		status[condition.Type] = condition.Status
	}
	return status[corev1.ContainersReady] == corev1.ConditionTrue && status[corev1.PodReady] == corev1.ConditionFalse
}

func (r *readiness) putBack(ctx context.Context, pod *corev1.Pod) error {
	// Conditions are merged by type.
	patch, err := json.Marshal(map[string]any{"status": map[string]any{"conditions": []map[string]any{{
		"type": corev1.PodReady, "status": corev1.ConditionTrue, "reason": nil, "message": nil, "lastTransitionTime": metav1.Now(),
	}}}})
	if err != nil {
		return err
	}
	_, err = r.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("readiness of pod %s/%s: %w", pod.Namespace, pod.Name, err)
	}
	return nil
}
