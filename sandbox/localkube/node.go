package localkube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"gantry.dev/gantry/sandbox/localkube/agent"
)

// fieldManager owns what the cloud gives to a node. What users and controllers
// add to the same node is theirs and survives an update.
const fieldManager = "sandbox-cloud"

// conditionTaints is the prefix of the taints that Kubernetes itself puts on a
// node for its conditions.
const conditionTaints = "node.kubernetes.io/"

// nodeTimeout is how long a node may take to become ready; KWOK takes about a
// second.
const nodeTimeout = time.Minute

// PutNode lets a machine join a cluster, or updates it, and waits until pods
// can be placed on it. Labels of an earlier call that are not in n are removed.
func (c *Clusters) PutNode(ctx context.Context, cluster string, n Node) error {
	client, err := c.client(cluster)
	if err != nil {
		return err
	}
	if err := applyNode(ctx, client, n); err != nil {
		return fmt.Errorf("node %s of local cluster %s: %w", n.Name, cluster, err)
	}
	if err := c.waitForNode(ctx, client, n.Name); err != nil {
		return fmt.Errorf("node %s of local cluster %s: %w", n.Name, cluster, err)
	}
	return nil
}

func applyNode(ctx context.Context, client kubernetes.Interface, n Node) error {
	version, err := client.Discovery().ServerVersion()
	if err != nil {
		return err
	}
	node := n.object(version.GitVersion)
	current, err := client.CoreV1().Nodes().Get(ctx, n.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
	case err != nil:
		return err
	default:
		// The list of taints is applied as a whole.
		for _, t := range current.Spec.Taints {
			if strings.HasPrefix(t.Key, conditionTaints) {
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

// object is the Node as a kubelet of the version and the cloud's node
// controller would register it.
func (n Node) object(version string) *corev1.Node {
	labels := n.labels()
	node := &corev1.Node{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Node"},
		ObjectMeta: metav1.ObjectMeta{
			Name:        n.Name,
			Labels:      labels,
			Annotations: n.annotations(),
		},
		Spec: corev1.NodeSpec{ProviderID: n.ProviderID},
		Status: corev1.NodeStatus{
			Capacity:    n.capacity(),
			Allocatable: n.allocatable(),
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

// annotations tell the agent what is in the machine.
func (n Node) annotations() map[string]string {
	annotations := map[string]string{agent.AnnotationGPUs: strconv.Itoa(n.GPUs)}
	if n.DevicePlugin {
		annotations[agent.AnnotationDevicePlugin] = agent.CloudDevicePlugin
	}
	return annotations
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

// waitForNode waits until the node is ready and the taint of unready nodes is
// gone.
func (c *Clusters) waitForNode(ctx context.Context, client kubernetes.Interface, name string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, nodeTimeout, fmt.Errorf("not ready after %s", nodeTimeout))
	defer cancel()
	begin := time.Now()
	reported := begin
	for {
		node, err := client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
		if err == nil && isReady(node) {
			return nil
		}
		if err != nil && apierrors.IsNotFound(err) {
			return errors.New("deleted while it was getting ready")
		}
		if time.Since(reported) >= progressEvery {
			reported = time.Now()
			c.opts.Log("waiting for node %s (%d s)…", name, int(time.Since(begin).Seconds()))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func isReady(node *corev1.Node) bool {
	tainted := slices.ContainsFunc(node.Spec.Taints, func(t corev1.Taint) bool {
		return t.Key == corev1.TaintNodeNotReady
	})
	return !tainted && slices.ContainsFunc(node.Status.Conditions, func(condition corev1.NodeCondition) bool {
		return condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue
	})
}

// DeleteNode takes a machine out of a cluster, and its pods with it, so that
// their controllers replace them elsewhere. A node that is not there is no
// error.
func (c *Clusters) DeleteNode(ctx context.Context, cluster, name string) error {
	client, err := c.client(cluster)
	if err != nil {
		return err
	}
	err = client.CoreV1().Nodes().Delete(ctx, name, metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("node %s of local cluster %s: %w", name, cluster, err)
	}
	if err := evict(ctx, client, name); err != nil {
		return fmt.Errorf("pods of node %s of local cluster %s: %w", name, cluster, err)
	}
	return nil
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
