package autoscaler

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/sandbox/localkube/fleet"
)

// Annotations by which people keep the autoscaler off pods and nodes.
const (
	annotationSafe     = "cluster-autoscaler.kubernetes.io/safe-to-evict"
	annotationKeepNode = "cluster-autoscaler.kubernetes.io/scale-down-disabled"
)

// removal is a node that is not needed.
type removal struct {
	group   *managed
	machine fleet.Machine
	// evict are the pods that have room elsewhere.
	evict []*corev1.Pod
	// unready tells that the node is not in service.
	unready bool
}

// unneeded are the nodes that could go now. The simulation has the pending pods
// on the nodes that they wait for. Nodes that others move to stay.
func (l *look) unneeded(s *simulation) []removal {
	var found []removal
	budgets := l.openBudgets()
	for _, g := range l.groups {
		if g.settings.keepNodes {
			continue
		}
		left := g.Group
		for _, m := range sorted(g.Machines) {
			node := l.nodes[m.Name]
			if node == nil || m.Reclaimed || leaving(node) || node.Annotations[annotationKeepNode] == "true" || left.Spare(m.Place) == 0 {
				continue
			}
			h := s.find(m.Name)
			if h == nil || h.used {
				continue
			}
			pods, movable := l.toMove(g.settings, l.podsOn[m.Name])
			if !movable || utilization(node, l.podsOn[m.Name], g.settings) >= g.settings.UtilizationThreshold {
				continue
			}
			trial := s.without(m.Name)
			if h.coming && len(pods) > 0 || !budgets.allow(pods) || !trial.moveAll(pods) {
				continue
			}
			budgets.take(pods)
			s = trial
			left.End(m.Name)
			found = append(found, removal{group: g, machine: m, evict: pods, unready: h.coming})
		}
	}
	return found
}

func (s *simulation) find(node string) *host {
	for _, h := range s.hosts {
		if h.node.Name == node {
			return h
		}
	}
	return nil
}

// moveAll puts pods on other nodes that are in service.
func (s *simulation) moveAll(pods []*corev1.Pod) bool {
	live := slices.DeleteFunc(slices.Clone(s.hosts), func(h *host) bool { return h.coming })
	for _, pod := range pods {
		moved := pod.DeepCopy()
		moved.Spec.NodeName = ""
		placed := false
		for _, h := range live {
			if s.refuses(moved, h) == "" {
				h.put(moved)
				h.used, placed = true, true
				break
			}
		}
		if !placed {
			return false
		}
	}
	return true
}

// utilization is the share of a node that its pods ask for: of its accelerators
// when it has some, else of cores or memory, whichever is more.
func utilization(node *corev1.Node, pods []*corev1.Pod, s settings) float64 {
	sum := amounts{}
	for _, pod := range pods {
		if isMirror(pod) || isDaemon(pod) && !s.CountDaemonSets || isDone(pod) {
			continue
		}
		for name, n := range requestsOf(pod) {
			sum[name] += n
		}
	}
	whole := amountsOf(node.Status.Allocatable)
	if gpus := whole[naming.ResourceGPU]; gpus > 0 {
		return float64(sum[naming.ResourceGPU]) / float64(gpus)
	}
	highest := 0.0
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		if whole[name] > 0 {
			highest = max(highest, float64(sum[name])/float64(whole[name]))
		}
	}
	return highest
}

// toMove are the pods that have to move when a node goes. movable is false when
// one of them keeps the node.
// https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md#what-types-of-pods-can-prevent-ca-from-removing-a-node
func (l *look) toMove(s settings, pods []*corev1.Pod) (move []*corev1.Pod, movable bool) {
	for _, pod := range pods {
		if isMirror(pod) || isDaemon(pod) || isDone(pod) || pod.DeletionTimestamp != nil {
			continue
		}
		safe := pod.Annotations[annotationSafe]
		switch {
		case safe == "true":
		case safe == "false",
			metav1.GetControllerOf(pod) == nil,
			s.KeepLocalStorage && hasLocalStorage(pod),
			s.KeepSystemPods && pod.Namespace == metav1.NamespaceSystem && !l.hasBudget(pod):
			return nil, false
		}
		move = append(move, pod)
	}
	return move, true
}

func isDaemon(pod *corev1.Pod) bool {
	owner := metav1.GetControllerOf(pod)
	return owner != nil && owner.Kind == "DaemonSet"
}

func isMirror(pod *corev1.Pod) bool {
	_, mirror := pod.Annotations[corev1.MirrorPodAnnotationKey]
	return mirror
}

func isDone(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

func hasLocalStorage(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool {
		return v.HostPath != nil || v.EmptyDir != nil && v.EmptyDir.Medium != corev1.StorageMediumMemory
	})
}

// budget is what a PodDisruptionBudget allows to be taken away.
type budget struct {
	namespace string
	selector  labels.Selector
	left      int32
}

func (b *budget) covers(pod *corev1.Pod) bool {
	return b.namespace == pod.Namespace && b.selector.Matches(labels.Set(pod.Labels))
}

type budgets []*budget

func (l *look) openBudgets() budgets {
	var all budgets
	for _, b := range l.budgets {
		if selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector); err == nil {
			all = append(all, &budget{b.Namespace, selector, b.Status.DisruptionsAllowed})
		}
	}
	return all
}

func (l *look) hasBudget(pod *corev1.Pod) bool {
	return slices.ContainsFunc(l.openBudgets(), func(b *budget) bool { return b.covers(pod) })
}

// allow tells whether pods may go all together.
func (b budgets) allow(pods []*corev1.Pod) bool {
	for _, one := range b {
		n := int32(0)
		for _, pod := range pods {
			if one.covers(pod) {
				n++
			}
		}
		if n > one.left && n > 0 {
			return false
		}
	}
	return true
}

func (b budgets) take(pods []*corev1.Pod) {
	for _, one := range b {
		for _, pod := range pods {
			if one.covers(pod) {
				one.left--
			}
		}
	}
}
