package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

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
	"gantry.dev/gantry/sandbox/localkube/fleet"
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

// AnnotationAccelerator tells what the accelerators are, as fleet.Accelerator in
// JSON.
const AnnotationAccelerator = "sandbox.gantry.dev/accelerator"

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

// nvidiaResources begins every resource that NVIDIA's plugins advertise.
const nvidiaResources = "nvidia.com/"

// labelSharedClients is how many pods GKE's own plugin lets onto an accelerator.
const labelSharedClients = "cloud.google.com/gke-max-shared-clients-per-gpu"

// devicePlugins gives a node its GPUs while something advertises them, as the
// kubelet does: with the plugin gone, the capacity is still known, and nothing of
// it can be allocated. Beside it, it plays what the GPU Operator does to nodes.
type devicePlugins struct {
	client   kubernetes.Interface
	nodes    listersv1.NodeLister
	pods     cache.Indexer
	releases listersv1.ConfigMapLister
	events   record.EventRecorder
	queue    queue
	// conflicts are the nodes that were warned about, so that each is
	// warned about once.
	conflicts map[string]bool
}

func newDevicePlugins(client kubernetes.Interface, factory informers.SharedInformerFactory, events record.EventRecorder) (*devicePlugins, error) {
	pods, nodes, configMaps := factory.Core().V1().Pods(), factory.Core().V1().Nodes(), factory.Core().V1().ConfigMaps()
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
		releases:  configMaps.Lister(),
		events:    events,
		queue:     newQueue("device-plugins"),
		conflicts: map[string]bool{},
	}
	for informer, changed := range map[cache.SharedIndexInformer]func(any){
		pods.Informer(): func(obj any) {
			pod, ok := obj.(*corev1.Pod)
			if ok && (isAdvertiser(pod) || isInstaller(pod)) && pod.Spec.NodeName != "" {
				d.queue.Add(pod.Spec.NodeName)
			}
		},
		nodes.Informer(): func(obj any) {
			if node, ok := obj.(*corev1.Node); ok {
				d.queue.Add(node.Name)
			}
		},
		configMaps.Informer(): func(obj any) {
			if config, ok := obj.(*corev1.ConfigMap); ok && isOperatorRelease(config) {
				d.lookAtAll()
			}
		},
	} {
		if _, err := informer.AddEventHandler(onAnyChange(changed)); err != nil {
			return nil, fmt.Errorf("device plugins: %w", err)
		}
	}
	return d, nil
}

// lookAtAll has every node looked at. The error of a cache is never one.
func (d *devicePlugins) lookAtAll() {
	nodes, err := d.nodes.List(everything)
	if err != nil {
		return
	}
	for _, node := range nodes {
		d.queue.Add(node.Name)
	}
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
	machine := machineOf(node)
	pods, err := d.readyOn(name)
	if err != nil {
		return err
	}
	operator, err := d.operator()
	if err != nil {
		return err
	}
	if operator != nil && !operator.runsOn(node) {
		operator = nil
	}
	offered := d.offered(node, machine, pods, operator)
	if err := d.label(ctx, node, operator.labels(node, machine)); err != nil {
		return err
	}
	return d.advertise(ctx, node, offered)
}

// offered is what is advertised on a node, by resource; nil when nothing is.
func (d *devicePlugins) offered(node *corev1.Node, m machine, pods []*corev1.Pod, operator *gpuOperator) map[corev1.ResourceName]int {
	own := node.Annotations[AnnotationDevicePlugin]
	var offered map[corev1.ResourceName]int
	var plugins []string
	offer := func(plugin string, what map[corev1.ResourceName]int) {
		if plugins = append(plugins, plugin); offered == nil {
			offered = what
		}
	}
	driver := !m.Driverless || slices.ContainsFunc(pods, isInstaller) || operator.installsDriver(node)
	if operator.advertises(node) && driver {
		offer(operator.name, operator.offers(node, m))
	}
	for _, pod := range pods {
		if isAdvertiser(pod) && driver {
			offer(pod.Namespace+"/"+pod.Name, m.whole(hasMixedStrategy(pod)))
		}
	}
	if own != "" {
		offer(own, map[corev1.ResourceName]int{naming.ResourceGPU: m.gpus * max(number(node.Labels[labelSharedClients]), 1)})
	}
	d.warnOfConflict(node, plugins)
	return offered
}

// machine is what a node's machine has.
type machine struct {
	fleet.Accelerator
	// gpus are the accelerators, or the slices that the cloud has made of them.
	gpus int
}

func machineOf(node *corev1.Node) machine {
	m := machine{gpus: number(node.Annotations[AnnotationGPUs])}
	// What cannot be read says nothing.
	_ = json.Unmarshal([]byte(node.Annotations[AnnotationAccelerator]), &m.Accelerator)
	return m
}

// whole is what a plugin advertises where nothing is shared: accelerators, or
// slices of the cloud by their profile when it is told to.
func (m machine) whole(mixed bool) map[corev1.ResourceName]int {
	if mixed && m.Partition != "" {
		return map[corev1.ResourceName]int{naming.ResourceGPU: 0, corev1.ResourceName(naming.ResourceMIGPrefix + m.Partition): m.gpus}
	}
	return map[corev1.ResourceName]int{naming.ResourceGPU: m.gpus}
}

func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// readyOn are the ready pods of a node that have to do with GPUs, by name.
func (d *devicePlugins) readyOn(node string) ([]*corev1.Pod, error) {
	objects, err := d.pods.ByIndex(byNode, node)
	if err != nil {
		return nil, err
	}
	var pods []*corev1.Pod
	for _, obj := range objects {
		if pod, ok := obj.(*corev1.Pod); ok && (isAdvertiser(pod) || isInstaller(pod)) && isReady(pod) {
			pods = append(pods, pod)
		}
	}
	slices.SortFunc(pods, func(a, b *corev1.Pod) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	return pods, nil
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

// advertise brings the status of a node in line with what is offered on it. Nil
// takes back what was allocatable and leaves the capacity.
func (d *devicePlugins) advertise(ctx context.Context, node *corev1.Node, offered map[corev1.ResourceName]int) error {
	capacity, allocatable := map[corev1.ResourceName]any{}, map[corev1.ResourceName]any{}
	set := func(name corev1.ResourceName, has, gives int64) {
		before, free := node.Status.Capacity[name], node.Status.Allocatable[name]
		_, known := node.Status.Capacity[name]
		if known && before.Value() == has && free.Value() == gives || !known && has == 0 {
			return
		}
		capacity[name], allocatable[name] = resource.NewQuantity(has, resource.DecimalSI), resource.NewQuantity(gives, resource.DecimalSI)
	}
	for name, quantity := range node.Status.Capacity {
		if _, still := offered[name]; still || !strings.HasPrefix(string(name), nvidiaResources) {
			continue
		}
		has := quantity.Value()
		if offered != nil {
			has = 0 // of another way to share
		}
		set(name, has, 0)
	}
	for name, n := range offered {
		set(name, int64(n), int64(n))
	}
	if len(capacity) == 0 {
		return nil
	}
	return d.patch(ctx, node.Name, map[string]any{"status": map[string]any{"capacity": capacity, "allocatable": allocatable}}, "status")
}

// label gives a node the labels of feature discovery, and takes back those that
// it no longer has.
func (d *devicePlugins) label(ctx context.Context, node *corev1.Node, want map[string]string) error {
	changes := map[string]any{}
	for _, key := range discovered {
		value, wanted := want[key]
		have, there := node.Labels[key]
		switch {
		case wanted && have != value:
			changes[key] = value
		case !wanted && there:
			changes[key] = nil
		}
	}
	if len(changes) == 0 {
		return nil
	}
	return d.patch(ctx, node.Name, map[string]any{"metadata": map[string]any{"labels": changes}})
}

func (d *devicePlugins) patch(ctx context.Context, node string, change map[string]any, subresources ...string) error {
	patch, err := json.Marshal(change)
	if err != nil {
		return err
	}
	_, err = d.client.CoreV1().Nodes().Patch(ctx, node, types.MergePatchType, patch, metav1.PatchOptions{}, subresources...)
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("GPUs of node %s: %w", node, err)
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

// isInstaller tells whether a pod is Google's installer of the driver, by the
// labels of its own manifest or by Gantry's.
// https://github.com/GoogleCloudPlatform/container-engine-accelerators/tree/master/nvidia-driver-installer
func isInstaller(pod *corev1.Pod) bool {
	const installer = "nvidia-driver-installer"
	return pod.Labels["k8s-app"] == installer || pod.Labels["app.kubernetes.io/name"] == installer
}

// hasMixedStrategy tells whether a plugin advertises slices by their profile.
func hasMixedStrategy(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Spec.Containers, func(c corev1.Container) bool {
		return slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return e.Name == "MIG_STRATEGY" && e.Value == strategyMixed })
	})
}

func isReady(pod *corev1.Pod) bool {
	return pod.DeletionTimestamp == nil && slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}
