package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listersv1 "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"

	"gantry.dev/gantry/modules/naming"
)

// AnnotationGPUs on a node is the number of accelerators in the machine. The
// node offers them to pods only while a device plugin advertises them.
const AnnotationGPUs = "sandbox.gantry.dev/gpus"

// AnnotationDevicePlugin on a node names the device plugin that the cloud runs on
// it, CloudDevicePlugin. It has no pod here.
const (
	AnnotationDevicePlugin = "sandbox.gantry.dev/device-plugin"
	CloudDevicePlugin      = "the cloud's own"
)

// advertisers are the labels of the pods that are NVIDIA device plugins: those
// of the plugin's own Helm chart and of the GPU Operator.
// https://github.com/NVIDIA/k8s-device-plugin/tree/main/deployments/helm
// https://github.com/NVIDIA/gpu-operator/tree/main/assets/state-device-plugin
var advertisers = []struct{ key, value string }{
	{"app.kubernetes.io/name", "nvidia-device-plugin"},
	{"app", "nvidia-device-plugin-daemonset"},
}

// byNode indexes pods by the node they are on.
const byNode = "node"

// devicePlugins gives a node its GPUs while a device plugin is ready on it, as
// the kubelet does: with the plugin gone, the capacity is still known, and
// nothing of it can be allocated.
type devicePlugins struct {
	client kubernetes.Interface
	nodes  listersv1.NodeLister
	pods   cache.Indexer
	events record.EventRecorder
	queue  queue
	// conflicts are the nodes that were warned about, so that each is
	// warned about once.
	conflicts map[string]bool
}

func newDevicePlugins(client kubernetes.Interface, factory informers.SharedInformerFactory, events record.EventRecorder) (*devicePlugins, error) {
	pods, nodes := factory.Core().V1().Pods(), factory.Core().V1().Nodes()
	err := pods.Informer().AddIndexers(cache.Indexers{byNode: func(obj any) ([]string, error) {
		return []string{obj.(*corev1.Pod).Spec.NodeName}, nil
	}})
	if err != nil {
		return nil, fmt.Errorf("device plugins: %w", err)
	}
	d := &devicePlugins{
		client:    client,
		nodes:     nodes.Lister(),
		pods:      pods.Informer().GetIndexer(),
		events:    events,
		queue:     newQueue("device-plugins"),
		conflicts: map[string]bool{},
	}
	_, err = pods.Informer().AddEventHandler(onAnyChange(func(obj any) {
		if pod, ok := obj.(*corev1.Pod); ok && isAdvertiser(pod) && pod.Spec.NodeName != "" {
			d.queue.Add(pod.Spec.NodeName)
		}
	}))
	if err != nil {
		return nil, fmt.Errorf("device plugins: %w", err)
	}
	_, err = nodes.Informer().AddEventHandler(onAnyChange(func(obj any) {
		if node, ok := obj.(*corev1.Node); ok {
			d.queue.Add(node.Name)
		}
	}))
	if err != nil {
		return nil, fmt.Errorf("device plugins: %w", err)
	}
	return d, nil
}

func (d *devicePlugins) run(ctx context.Context) { d.queue.run(ctx, d.sync) }

func (d *devicePlugins) sync(ctx context.Context, name string) error {
	node, err := d.nodes.Get(name)
	if apierrors.IsNotFound(err) {
		delete(d.conflicts, name)
		return nil
	}
	if err != nil {
		return err
	}
	gpus, _ := strconv.Atoi(node.Annotations[AnnotationGPUs])
	plugins, err := d.readyAdvertisers(name)
	if err != nil {
		return err
	}
	if own := node.Annotations[AnnotationDevicePlugin]; own != "" {
		plugins = append(plugins, own)
	}
	d.warnOfConflict(node, plugins)
	return d.advertise(ctx, node, gpus, len(plugins) > 0)
}

func (d *devicePlugins) readyAdvertisers(node string) ([]string, error) {
	pods, err := d.pods.ByIndex(byNode, node)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, obj := range pods {
		if pod, ok := obj.(*corev1.Pod); ok && isAdvertiser(pod) && isReady(pod) {
			names = append(names, pod.Namespace+"/"+pod.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// warnOfConflict tells when two plugins advertise the same GPUs. On a machine
// the second takes over the kubelet's socket from the first, and pods get
// devices that are in use.
func (d *devicePlugins) warnOfConflict(node *corev1.Node, plugins []string) {
	conflict := len(plugins) > 1
	if conflict && !d.conflicts[node.Name] {
		d.events.Eventf(node, corev1.EventTypeWarning, "SeveralDevicePlugins",
			"%d device plugins advertise %s on this node: %v; keep exactly one", len(plugins), naming.ResourceGPU, plugins)
	}
	d.conflicts[node.Name] = conflict
}

func (d *devicePlugins) advertise(ctx context.Context, node *corev1.Node, gpus int, present bool) error {
	capacity, known := node.Status.Capacity[naming.ResourceGPU]
	allocatable := node.Status.Allocatable[naming.ResourceGPU]
	wantCapacity, wantAllocatable := int64(gpus), int64(gpus)
	if !present {
		if !known {
			return nil
		}
		wantCapacity, wantAllocatable = capacity.Value(), 0
	} else if gpus == 0 && !known {
		return nil
	}
	if known && capacity.Value() == wantCapacity && allocatable.Value() == wantAllocatable {
		return nil
	}
	quantity := func(n int64) map[string]any {
		return map[string]any{naming.ResourceGPU: resource.NewQuantity(n, resource.DecimalSI)}
	}
	patch, err := json.Marshal(map[string]any{"status": map[string]any{
		"capacity": quantity(wantCapacity), "allocatable": quantity(wantAllocatable),
	}})
	if err != nil {
		return err
	}
	_, err = d.client.CoreV1().Nodes().Patch(ctx, node.Name, types.MergePatchType, patch, metav1.PatchOptions{}, "status")
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("advertising GPUs of node %s: %w", node.Name, err)
	}
	return nil
}

func isAdvertiser(pod *corev1.Pod) bool {
	for _, a := range advertisers {
		if pod.Labels[a.key] == a.value {
			return true
		}
	}
	return false
}

func isReady(pod *corev1.Pod) bool {
	return pod.DeletionTimestamp == nil && slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}
