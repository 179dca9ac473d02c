package autoscaler

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	schedulinghelpers "k8s.io/component-helpers/scheduling/corev1"

	"gantry.dev/gantry/sandbox/localkube/fleet"
)

// expendable is the priority below which a pod is not worth a node.
const expendable = -10

// launch is one more machine.
type launch struct{ group, place string }

// plan is what becomes of the pods that find no node.
type plan struct {
	launches []launch
	// triggered and refused tell what pods are told.
	triggered, refused map[*corev1.Pod]string
}

// option is one way to bring pods to nodes.
type option struct {
	unit  *unit
	count int
	pods  []*corev1.Pod
}

// scaleUp plans machines for the pending pods. Those that fit a node that is
// there or coming wait for it. The simulation has all of them placed afterwards.
func (l *look) scaleUp(s *simulation, units []*unit) plan {
	p := plan{triggered: map[*corev1.Pod]string{}, refused: map[*corev1.Pod]string{}}
	var left []*corev1.Pod
	for _, pod := range inOrder(l.pending) {
		if !s.place(pod) {
			left = append(left, pod)
		}
	}
	for len(left) > 0 {
		options := optionsFor(s, units, left)
		if len(options) == 0 {
			break
		}
		best := choose(options, options[0].unit.group.settings)
		p.grow(s, best, peers(best, options))
		left = slices.DeleteFunc(left, func(pod *corev1.Pod) bool { return slices.Contains(best.pods, pod) })
	}
	for _, pod := range left {
		p.refused[pod] = l.whyNot(s, units, pod)
	}
	return p
}

// inOrder are pods in the order in which the scheduler takes them.
func inOrder(pods []*corev1.Pod) []*corev1.Pod {
	pods = slices.DeleteFunc(slices.Clone(pods), func(p *corev1.Pod) bool { return schedulinghelpers.PodPriority(p) < expendable })
	slices.SortStableFunc(pods, func(x, y *corev1.Pod) int {
		return cmp.Or(
			cmp.Compare(schedulinghelpers.PodPriority(y), schedulinghelpers.PodPriority(x)),
			x.CreationTimestamp.Compare(y.CreationTimestamp.Time),
			cmp.Compare(x.Namespace+"/"+x.Name, y.Namespace+"/"+y.Name),
		)
	})
	return pods
}

// optionsFor packs the pods on new nodes of each unit.
func optionsFor(s *simulation, units []*unit, pods []*corev1.Pod) []option {
	var options []option
	for _, u := range units {
		trial, o := s.clone(), option{unit: u}
		var fresh []*host
		for _, pod := range largestFirst(pods, u.template) {
			if put(trial, fresh, pod) {
				o.pods = append(o.pods, pod)
				continue
			}
			if o.count >= u.room() {
				continue
			}
			h := u.host(fmt.Sprintf("%s-new-%d", u.group.Name, o.count), nil)
			if trial.refuses(pod, h) != "" {
				continue
			}
			h.put(pod)
			trial.hosts, fresh = append(trial.hosts, h), append(fresh, h)
			o.pods, o.count = append(o.pods, pod), o.count+1
		}
		if o.count > 0 {
			options = append(options, o)
		}
	}
	return options
}

// put puts a pod on the first of some hosts of a simulation that it fits.
func put(s *simulation, hosts []*host, pod *corev1.Pod) bool {
	for _, h := range hosts {
		if s.refuses(pod, h) == "" {
			h.put(pod)
			return true
		}
	}
	return false
}

// largestFirst are pods by how much of a node they take.
func largestFirst(pods []*corev1.Pod, node *corev1.Node) []*corev1.Pod {
	whole := amountsOf(node.Status.Allocatable)
	share := func(pod *corev1.Pod) float64 {
		sum := 0.0
		for name, n := range requestsOf(pod) {
			if whole[name] > 0 && name != corev1.ResourcePods {
				sum += float64(n) / float64(whole[name])
			}
		}
		return sum
	}
	return slices.SortedStableFunc(slices.Values(pods), func(x, y *corev1.Pod) int { return cmp.Compare(share(y), share(x)) })
}

// peers are the units among which the machines of an option are spread, so that
// they keep equal: zones of one group, and like groups where that is asked for.
func peers(best option, options []option) []*unit {
	units := []*unit{best.unit}
	for _, o := range options {
		sameGroup := o.unit.group == best.unit.group && !best.unit.group.AnyPlace
		alike := best.unit.group.settings.Balance && similar(o.unit, best.unit)
		takesAll := !slices.ContainsFunc(best.pods, func(p *corev1.Pod) bool { return !slices.Contains(o.pods, p) })
		if o.unit != best.unit && (sameGroup || alike) && takesAll {
			units = append(units, o.unit)
		}
	}
	return units
}

// ownLabels differ between groups that are alike.
var ownLabels = []string{
	corev1.LabelHostname, corev1.LabelTopologyZone, corev1.LabelFailureDomainBetaZone, "topology.gke.io/zone",
	labelEBSZone, "topology.disk.csi.azure.com/zone", "topology.k8s.aws/zone-id", "eks.amazonaws.com/nodegroup", "nodegroup-name",
	"eks.amazonaws.com/sourceLaunchTemplateId", "eks.amazonaws.com/sourceLaunchTemplateVersion", "eks.amazonaws.com/nodegroup-image",
	"agentpool", "kubernetes.azure.com/agentpool", "cloud.google.com/gke-nodepool",
}

// similar tells whether the nodes of two units are alike but for their zone and
// the name of their group.
func similar(x, y *unit) bool {
	shared := func(u *unit) map[string]string {
		labels := maps.Clone(u.template.Labels)
		for _, own := range ownLabels {
			delete(labels, own)
		}
		return labels
	}
	return maps.Equal(shared(x), shared(y)) && maps.Equal(amountsOf(x.template.Status.Capacity), amountsOf(y.template.Status.Capacity))
}

// grow starts the machines of an option, each in the unit and at the place with
// the fewest, and puts the pods on them.
func (p *plan) grow(s *simulation, o option, among []*unit) {
	before := map[*managed]int{}
	for _, u := range among {
		before[u.group] = u.group.Size()
	}
	for range o.count {
		open := slices.DeleteFunc(slices.Clone(among), func(u *unit) bool { return u.room() == 0 })
		if len(open) == 0 {
			break
		}
		u := slices.MinFunc(open, func(x, y *unit) int { return cmp.Compare(x.size(), y.size()) })
		name := slices.MinFunc(u.places, func(x, y string) int { return cmp.Compare(u.group.In(x), u.group.In(y)) })
		at := u.group.Place(name)
		m := fleet.Machine{Name: fmt.Sprintf("%s-new-%d", u.group.Name, len(p.launches)), Place: name}
		u.group.Machines = append(slices.Clone(u.group.Machines), m)
		s.hosts = append(s.hosts, u.host(m.Name, &at))
		p.launches = append(p.launches, launch{u.group.Name, name})
	}
	var changes []string
	for _, u := range among {
		if was, counted := before[u.group]; counted && u.group.Size() > was {
			changes = append(changes, fmt.Sprintf("{%s %d->%d (max: %d)}", u.group.Name, was, u.group.Size(), u.group.Max))
			delete(before, u.group)
		}
	}
	for _, pod := range o.pods {
		// A machine may be in another zone than the template: then the pod
		// is looked at again when the machine is there.
		s.place(pod)
		p.triggered[pod] = fmt.Sprintf("pod triggered scale-up: [%s]", strings.Join(changes, " "))
	}
}

// whyNot tells why no unit can help a pod, in the words of Cluster Autoscaler,
// and on AWS which tags are to blame.
func (l *look) whyNot(s *simulation, units []*unit, pod *corev1.Pod) string {
	const prefix = "pod didn't trigger scale-up: "
	if len(units) == 0 {
		return prefix + cmp.Or(l.undiscovered, "there is no node group to scale")
	}
	counts, hints := map[string]int{}, []string{}
	for _, u := range units {
		reason := s.refuses(pod, u.host(u.group.Name+"-new", nil))
		if reason == "" && u.room() == 0 {
			reason = reasonMax
		}
		counts[reason]++
		if hint := missingTags(s, u, pod); hint != "" && reason != reasonMax {
			hints = append(hints, hint)
		}
	}
	var reasons []string
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		reasons = append(reasons, fmt.Sprintf("%d %s", counts[reason], reason))
	}
	return prefix + strings.Join(append([]string{strings.Join(reasons, ", ")}, hints...), "; ")
}

// missingTags names the tags for want of which the autoscaler does not know that
// a machine of an Auto Scaling group without nodes would do for a pod.
func missingTags(s *simulation, u *unit, pod *corev1.Pod) string {
	if u.group.Cloud != fleet.AWS || u.size() > 0 {
		return ""
	}
	at := firstZone(u.group.Group)
	real := fromCloud(u.group.Group, at)
	if s.refuses(pod, newHost(named(real, "real", &at), nil)) != "" {
		return ""
	}
	var missing []string
	for _, key := range labelsOf(pod) {
		if value, has := real.Labels[key]; has && u.template.Labels[key] != value {
			missing = append(missing, tagLabel+key)
		}
	}
	requests, known := requestsOf(pod), amountsOf(u.template.Status.Allocatable)
	for _, name := range slices.Sorted(maps.Keys(requests)) {
		if requests[name] > known[name] {
			missing = append(missing, tagResource+string(name))
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf("a node of %s would do, and its Auto Scaling group does not say so: it lacks the tag %s",
		u.group.Name, strings.Join(missing, ", "))
}

// labelsOf are the labels of nodes that a pod asks for.
func labelsOf(pod *corev1.Pod) []string {
	keys := map[string]bool{}
	for key := range pod.Spec.NodeSelector {
		keys[key] = true
	}
	if pod.Spec.Affinity != nil && pod.Spec.Affinity.NodeAffinity != nil {
		if required := pod.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution; required != nil {
			for _, term := range required.NodeSelectorTerms {
				for _, match := range term.MatchExpressions {
					keys[match.Key] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(keys))
}
