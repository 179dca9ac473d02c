package autoscaler

import (
	"fmt"
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podresource "k8s.io/component-helpers/resource"
	schedulinghelpers "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	"k8s.io/klog/v2"
)

// Why a pod does not fit a node, in the words of the scheduler, which are those
// of an autoscaler.
const (
	reasonUnschedulable = "node(s) were unschedulable"
	reasonAffinity      = "node(s) didn't match Pod's node affinity/selector"
	reasonPods          = "Too many pods"
	reasonMax           = "max node group size reached"
)

// amounts of resources, in thousandths.
type amounts map[corev1.ResourceName]int64

func amountsOf(list corev1.ResourceList) amounts {
	a := amounts{}
	for name, quantity := range list {
		a[name] = quantity.MilliValue()
	}
	return a
}

// requestsOf is what a pod takes of a node.
func requestsOf(pod *corev1.Pod) amounts {
	a := amountsOf(podresource.PodRequests(pod, podresource.PodResourcesOptions{}))
	a[corev1.ResourcePods] = 1000
	return a
}

// host is a node in the simulation, with the pods on it.
type host struct {
	node *corev1.Node
	free amounts
	pods []*corev1.Pod
	// coming tells that the node is not in service yet.
	coming bool
	// used tells that the simulation put a pod on it.
	used bool
}

func newHost(node *corev1.Node, pods []*corev1.Pod) *host {
	h := &host{node: node, free: amountsOf(node.Status.Allocatable)}
	for _, pod := range pods {
		h.put(pod)
	}
	return h
}

func (h *host) put(pod *corev1.Pod) {
	h.pods = append(h.pods, pod)
	for name, n := range requestsOf(pod) {
		h.free[name] -= n
	}
}

func (h *host) clone() *host {
	c := *h
	c.free, c.pods = maps.Clone(h.free), slices.Clone(h.pods)
	return &c
}

// simulation is the nodes of a cluster as a scheduler sees them.
type simulation struct {
	hosts   []*host
	volumes volumes
}

func (s *simulation) clone() *simulation {
	c := &simulation{volumes: s.volumes}
	for _, h := range s.hosts {
		c.hosts = append(c.hosts, h.clone())
	}
	return c
}

func (s *simulation) without(node string) *simulation {
	c := s.clone()
	c.hosts = slices.DeleteFunc(c.hosts, func(h *host) bool { return h.node.Name == node })
	return c
}

// place puts a pod on the first node that it fits.
func (s *simulation) place(pod *corev1.Pod) bool {
	for _, h := range s.hosts {
		if s.refuses(pod, h) == "" {
			h.put(pod)
			h.used = true
			return true
		}
	}
	return false
}

// refuses tells why a pod does not fit a node; nothing when it does.
func (s *simulation) refuses(pod *corev1.Pod, h *host) string {
	if h.node.Spec.Unschedulable {
		return reasonUnschedulable
	}
	taint, found := schedulinghelpers.FindMatchingUntoleratedTaint(klog.Background(), h.node.Spec.Taints, pod.Spec.Tolerations,
		func(t *corev1.Taint) bool { return t.Effect != corev1.TaintEffectPreferNoSchedule }, false)
	if found {
		return fmt.Sprintf("node(s) had untolerated taint {%s: %s}", taint.Key, taint.Value)
	}
	if match, err := nodeaffinity.GetRequiredNodeAffinity(pod).Match(h.node); err != nil || !match {
		return reasonAffinity
	}
	requests := requestsOf(pod)
	for _, name := range slices.Sorted(maps.Keys(requests)) {
		if n := requests[name]; n > 0 && n > h.free[name] {
			if name == corev1.ResourcePods {
				return reasonPods
			}
			return "Insufficient " + string(name)
		}
	}
	if reason := s.volumes.refuse(pod, h.node); reason != "" {
		return reason
	}
	if reason := s.spreadRefuses(pod, h); reason != "" {
		return reason
	}
	return s.neighboursRefuse(pod, h)
}

// daemonsOn are the pods that DaemonSets would put on a node.
func daemonsOn(node *corev1.Node, sets []*appsv1.DaemonSet) []*corev1.Pod {
	var pods []*corev1.Pod
	for _, set := range sets {
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: set.Namespace, Name: set.Name, Labels: set.Spec.Template.Labels},
			Spec:       *set.Spec.Template.Spec.DeepCopy(),
		}
		pod.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(set, appsv1.SchemeGroupVersion.WithKind("DaemonSet"))}
		s := &simulation{}
		empty := newHost(node, nil)
		if match, err := nodeaffinity.GetRequiredNodeAffinity(pod).Match(node); err == nil && match && s.tolerates(pod, empty) {
			pods = append(pods, pod)
		}
	}
	return pods
}

func (s *simulation) tolerates(pod *corev1.Pod, h *host) bool {
	_, found := schedulinghelpers.FindMatchingUntoleratedTaint(klog.Background(), h.node.Spec.Taints, pod.Spec.Tolerations,
		func(t *corev1.Taint) bool { return t.Effect != corev1.TaintEffectPreferNoSchedule }, false)
	return !found
}
