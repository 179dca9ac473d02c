package fleet

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// fieldManager owns what the cloud gives to a node. What users and controllers
// add to the same node is theirs and survives an update.
const fieldManager = "sandbox-cloud"

// TaintToBeDeleted is what Cluster Autoscaler keeps pods off a node with that it
// is emptying.
const TaintToBeDeleted = "ToBeDeletedByClusterAutoscaler"

// conditionTaints is the prefix of the taints that Kubernetes itself puts on a
// node for its conditions.
const conditionTaints = "node.kubernetes.io/"

// Join lets a machine join a cluster, or updates its node. Labels of an earlier
// call that are not in n are removed. Annotations tell the agent what is in the
// machine.
func Join(ctx context.Context, client kubernetes.Interface, n Node, annotations map[string]string) error {
	version, err := client.Discovery().ServerVersion()
	if err != nil {
		return err
	}
	node := n.Object(version.GitVersion)
	node.Annotations = annotations
	current, err := client.CoreV1().Nodes().Get(ctx, n.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
	case err != nil:
		return err
	default:
		// The list of taints is applied as a whole.
		for _, t := range current.Spec.Taints {
			if strings.HasPrefix(t.Key, conditionTaints) || t.Key == TaintToBeDeleted {
				node.Spec.Taints = append(node.Spec.Taints, t)
			}
		}
	}
	patch, err := json.Marshal(node)
	if err != nil {
		return err
	}
	force := true
	options := metav1.PatchOptions{FieldManager: fieldManager, Force: &force}
	// A new node takes its status from the first request, as a kubelet's
	// registration does; on an existing one only the second sets it.
	for _, subresource := range [][]string{nil, {"status"}} {
		_, err := client.CoreV1().Nodes().Patch(ctx, n.Name, types.ApplyPatchType, patch, options, subresource...)
		if err != nil {
			return err
		}
	}
	return nil
}

// Object is the Node as a kubelet of the version and the cloud's node controller
// would register it.
func (n Node) Object(version string) *corev1.Node {
	labels := n.labels()
	node := &corev1.Node{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Node"},
		ObjectMeta: metav1.ObjectMeta{
			Name:   n.Name,
			Labels: labels,
		},
		Spec: corev1.NodeSpec{ProviderID: n.ProviderID},
		Status: corev1.NodeStatus{
			Capacity:    n.Capacity(),
			Allocatable: n.Allocatable(),
			Addresses:   n.addresses(),
			NodeInfo: corev1.NodeSystemInfo{
				Architecture:            labels[corev1.LabelArchStable],
				OperatingSystem:         labels[corev1.LabelOSStable],
				KubeletVersion:          version,
				OSImage:                 "simulated",
				KernelVersion:           "none",
				ContainerRuntimeVersion: "kwok://none",
			},
		},
	}
	for _, t := range n.Taints {
		node.Spec.Taints = append(node.Spec.Taints, corev1.Taint{Key: t.Key, Value: t.Value, Effect: corev1.TaintEffect(t.Effect)})
	}
	return node
}

// labels adds to the given labels those that a kubelet and a cloud's node
// controller put on every node.
func (n Node) labels() map[string]string {
	labels := map[string]string{
		corev1.LabelHostname:   n.Name,
		corev1.LabelOSStable:   "linux",
		corev1.LabelArchStable: "amd64",
	}
	if n.Zone != "" {
		labels[corev1.LabelTopologyZone] = n.Zone
	}
	if n.Region != "" {
		labels[corev1.LabelTopologyRegion] = n.Region
	}
	for key, value := range n.Labels {
		labels[key] = value
	}
	return labels
}

func (n Node) addresses() []corev1.NodeAddress {
	addresses := []corev1.NodeAddress{
		{Type: corev1.NodeHostName, Address: n.Name},
		{Type: corev1.NodeInternalDNS, Address: n.Name},
	}
	if n.Address != "" {
		addresses = slices.Insert(addresses, 0, corev1.NodeAddress{Type: corev1.NodeInternalIP, Address: n.Address})
	}
	return addresses
}

// Leave takes a machine out of a cluster, and its pods with it, so that their
// controllers replace them elsewhere. A node that is not there is no error.
func Leave(ctx context.Context, client kubernetes.Interface, name string) error {
	err := client.CoreV1().Nodes().Delete(ctx, name, metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	return evict(ctx, client, name)
}

// evict deletes the pods of a node that is gone, at once, as nobody is left to
// stop them in good order. It repeats until none is left, because the
// scheduler may still have known the node.
func evict(ctx context.Context, client kubernetes.Interface, node string) error {
	onNode := metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("spec.nodeName", node).String()}
	now := int64(0)
	for {
		pods, err := client.CoreV1().Pods(metav1.NamespaceAll).List(ctx, onNode)
		if err != nil || len(pods.Items) == 0 {
			return err
		}
		for _, pod := range pods.Items {
			err := client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{GracePeriodSeconds: &now})
			if err != nil && !apierrors.IsNotFound(err) {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
