package autoscaler

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

const (
	reasonSpread       = "node(s) didn't match pod topology spread constraints"
	reasonAntiAffinity = "node(s) didn't match pod anti-affinity rules"
	reasonPodAffinity  = "node(s) didn't match pod affinity rules"
)

// spreadRefuses looks at the spread that a pod insists on.
func (s *simulation) spreadRefuses(pod *corev1.Pod, h *host) string {
	for _, c := range pod.Spec.TopologySpreadConstraints {
		if c.WhenUnsatisfiable != corev1.DoNotSchedule {
			continue
		}
		own, ok := h.node.Labels[c.TopologyKey]
		selector, err := spreadSelector(pod, c)
		if !ok || err != nil {
			return reasonSpread
		}
		in := map[string]int{own: 0}
		for _, other := range s.hosts {
			domain, has := other.node.Labels[c.TopologyKey]
			if !has || !s.counts(pod, c, other) {
				continue
			}
			in[domain] += matching(other.pods, pod.Namespace, selector)
		}
		fewest := in[own]
		for _, n := range in {
			fewest = min(fewest, n)
		}
		if c.MinDomains != nil && len(in) < int(*c.MinDomains) {
			fewest = 0
		}
		self := 0
		if selector.Matches(labels.Set(pod.Labels)) {
			self = 1
		}
		if in[own]+self-fewest > int(c.MaxSkew) {
			return reasonSpread
		}
	}
	return ""
}

func spreadSelector(pod *corev1.Pod, c corev1.TopologySpreadConstraint) (labels.Selector, error) {
	selector, err := metav1.LabelSelectorAsSelector(c.LabelSelector)
	if err != nil {
		return nil, err
	}
	for _, key := range c.MatchLabelKeys {
		if value, has := pod.Labels[key]; has {
			own, err := labels.ValidatedSelectorFromSet(labels.Set{key: value})
			if err != nil {
				return nil, err
			}
			requirements, _ := own.Requirements()
			selector = selector.Add(requirements...)
		}
	}
	return selector, nil
}

// counts tells whether a node is one of those that a pod is spread over: unless
// it says otherwise, those that its affinity allows, whatever their taints.
func (s *simulation) counts(pod *corev1.Pod, c corev1.TopologySpreadConstraint, h *host) bool {
	if c.NodeAffinityPolicy == nil || *c.NodeAffinityPolicy == corev1.NodeInclusionPolicyHonor {
		if match, err := nodeaffinity.GetRequiredNodeAffinity(pod).Match(h.node); err != nil || !match {
			return false
		}
	}
	return c.NodeTaintsPolicy == nil || *c.NodeTaintsPolicy == corev1.NodeInclusionPolicyIgnore || s.tolerates(pod, h)
}

func matching(pods []*corev1.Pod, namespace string, selector labels.Selector) int {
	n := 0
	for _, pod := range pods {
		if pod.Namespace == namespace && pod.DeletionTimestamp == nil && selector.Matches(labels.Set(pod.Labels)) {
			n++
		}
	}
	return n
}

// neighboursRefuse looks at what a pod insists on of the pods around it, and
// they of it.
func (s *simulation) neighboursRefuse(pod *corev1.Pod, h *host) string {
	for _, term := range antiAffinity(pod) {
		if s.has(h, term, pod.Namespace) {
			return reasonAntiAffinity
		}
	}
	for _, other := range s.hosts {
		for _, neighbour := range other.pods {
			for _, term := range antiAffinity(neighbour) {
				domain, has := other.node.Labels[term.TopologyKey]
				if has && h.node.Labels[term.TopologyKey] == domain && selects(term, neighbour.Namespace, pod) {
					return reasonAntiAffinity
				}
			}
		}
	}
	if pod.Spec.Affinity == nil || pod.Spec.Affinity.PodAffinity == nil {
		return ""
	}
	for _, term := range pod.Spec.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution {
		first := selects(term, pod.Namespace, pod) && !s.has(nil, term, pod.Namespace)
		if !first && !s.has(h, term, pod.Namespace) {
			return reasonPodAffinity
		}
	}
	return ""
}

func antiAffinity(pod *corev1.Pod) []corev1.PodAffinityTerm {
	if pod.Spec.Affinity == nil || pod.Spec.Affinity.PodAntiAffinity == nil {
		return nil
	}
	return pod.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution
}

// has tells whether a pod that a term selects is in the domain of a node, or
// anywhere when there is none.
func (s *simulation) has(h *host, term corev1.PodAffinityTerm, namespace string) bool {
	for _, other := range s.hosts {
		if h != nil {
			domain, has := h.node.Labels[term.TopologyKey]
			if !has || other.node.Labels[term.TopologyKey] != domain {
				continue
			}
		}
		for _, pod := range other.pods {
			if selects(term, namespace, pod) {
				return true
			}
		}
	}
	return false
}

// selects tells whether a term of a pod in a namespace means another pod. A
// selector of namespaces is taken to mean all of them.
func selects(term corev1.PodAffinityTerm, namespace string, pod *corev1.Pod) bool {
	switch {
	case term.NamespaceSelector != nil:
	case len(term.Namespaces) > 0:
		if !slices.Contains(term.Namespaces, pod.Namespace) {
			return false
		}
	case pod.Namespace != namespace:
		return false
	}
	selector, err := metav1.LabelSelectorAsSelector(term.LabelSelector)
	return err == nil && selector.Matches(labels.Set(pod.Labels))
}
