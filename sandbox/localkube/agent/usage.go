package agent

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/client-go/informers"
	listersv1 "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
)

// Annotations on a pod that set what it seems to use, as quantities for the
// whole pod: with them a person can watch an autoscaler at work.
const (
	AnnotationCPUUsage    = "sandbox.gantry.dev/cpu-usage"
	AnnotationMemoryUsage = "sandbox.gantry.dev/memory-usage"
)

// What pods seem to use when no annotation says otherwise: a steady share of
// what they asked for, below the targets that people scale at.
const (
	cpuShareInPercent    = 30
	memoryShareInPercent = 50
)

var (
	// idle is the use of a container without requests.
	idle = usage{milliCPU: 5, bytes: 16 << 20}
	// system is what a node uses beside its pods.
	system = usage{milliCPU: 80, bytes: 600 << 20}
)

// window is the span that a figure is an average of, which is metrics-server's
// default resolution.
const window = 15 * time.Second

type usage struct {
	milliCPU int64
	bytes    int64
}

func (u usage) plus(v usage) usage {
	return usage{milliCPU: u.milliCPU + v.milliCPU, bytes: u.bytes + v.bytes}
}

func (u usage) resources() corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewMilliQuantity(u.milliCPU, resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity(u.bytes, resource.BinarySI),
	}
}

// figures makes up what pods and nodes use.
type figures struct {
	pods   listersv1.PodLister
	onNode cache.Indexer
	nodes  listersv1.NodeLister
	events record.EventRecorder
	now    func() time.Time
}

func newFigures(factory informers.SharedInformerFactory, events record.EventRecorder) *figures {
	pods := factory.Core().V1().Pods()
	return &figures{
		pods:   pods.Lister(),
		onNode: pods.Informer().GetIndexer(),
		nodes:  factory.Core().V1().Nodes().Lister(),
		events: events,
		now:    time.Now,
	}
}

// containers returns the use of each container of a running pod.
func (f *figures) containers(pod *corev1.Pod) []usage {
	used := make([]usage, len(pod.Spec.Containers))
	for i, c := range pod.Spec.Containers {
		used[i] = idle
		if cpu, ok := c.Resources.Requests[corev1.ResourceCPU]; ok {
			used[i].milliCPU = cpu.MilliValue() * cpuShareInPercent / 100
		}
		if memory, ok := c.Resources.Requests[corev1.ResourceMemory]; ok {
			used[i].bytes = memory.Value() * memoryShareInPercent / 100
		}
	}
	n := int64(len(used))
	if cpu, ok := f.annotated(pod, AnnotationCPUUsage); ok {
		for i := range used {
			used[i].milliCPU = cpu.MilliValue() / n
		}
	}
	if memory, ok := f.annotated(pod, AnnotationMemoryUsage); ok {
		for i := range used {
			used[i].bytes = memory.Value() / n
		}
	}
	return used
}

func (f *figures) annotated(pod *corev1.Pod, key string) (resource.Quantity, bool) {
	value, ok := pod.Annotations[key]
	if !ok {
		return resource.Quantity{}, false
	}
	quantity, err := resource.ParseQuantity(value)
	if err != nil || quantity.Sign() < 0 {
		f.events.Eventf(pod, corev1.EventTypeWarning, "InvalidUsage",
			"annotation %s: %q is not a quantity such as 450m or 2Gi; it has no effect", key, value)
		return resource.Quantity{}, false
	}
	return quantity, true
}

// node returns the use of a node and of all that runs on it.
func (f *figures) node(name string) (usage, error) {
	pods, err := f.onNode.ByIndex(byNode, name)
	if err != nil {
		return usage{}, err
	}
	total := system
	for _, obj := range pods {
		pod, ok := obj.(*corev1.Pod)
		if !ok || pod.Status.Phase != corev1.PodRunning {
			continue
		}
		for _, used := range f.containers(pod) {
			total = total.plus(used)
		}
	}
	return total, nil
}
