package agent

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	informersv1 "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/klog/v2"
)

// topology puts the zone of nodes under the label of a driver, as a kubelet does
// when the driver registers with it.
type topology struct {
	client   kubernetes.Interface
	nodes    informersv1.NodeInformer
	label    string
	zoneless bool
}

// newTopology is nil for a driver that uses the label that nodes have anyway.
func newTopology(client kubernetes.Interface, nodes informersv1.NodeInformer, d disk) *topology {
	label := d.zoneLabels[0]
	if label == corev1.LabelTopologyZone {
		return nil
	}
	return &topology{client: client, nodes: nodes, label: label, zoneless: d.zoneless}
}

func (t *topology) run(ctx context.Context) {
	queue := newQueue("topology")
	registration, err := t.nodes.Informer().AddEventHandler(onAnyChange(func(obj any) {
		if node, ok := obj.(*corev1.Node); ok {
			queue.Add(node.Name)
		}
	}))
	if err != nil {
		klog.FromContext(ctx).Error(err, "Nodes will not be labelled", "label", t.label)
		return
	}
	queue.run(ctx, t.sync)
	if err := t.nodes.Informer().RemoveEventHandler(registration); err != nil {
		klog.FromContext(ctx).Error(err, "Still watching nodes", "label", t.label)
	}
}

func (t *topology) sync(ctx context.Context, name string) error {
	node, err := t.nodes.Lister().Get(name)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	zone := placeOf(node).zone
	if now, labelled := node.Labels[t.label]; labelled && now == zone || zone == "" && !t.zoneless {
		return nil
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": map[string]string{t.label: zone}}})
	if err != nil {
		return err
	}
	_, err = t.client.CoreV1().Nodes().Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("zone of node %s: %w", name, err)
	}
	return nil
}
