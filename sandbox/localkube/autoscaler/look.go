package autoscaler

import (
	"cmp"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"

	"gantry.dev/gantry/sandbox/localkube/fleet"
)

// look is what one look at a cluster shows. Planning changes the groups in it and
// nothing else.
type look struct {
	groups     []*managed
	nodes      map[string]*corev1.Node
	podsOn     map[string][]*corev1.Pod
	pending    []*corev1.Pod
	daemonSets []*appsv1.DaemonSet
	budgets    []*policyv1.PodDisruptionBudget
	volumes    volumes
	// undiscovered tells why no group is found where an autoscaler looks for
	// some.
	undiscovered string
	// turn counts the looks.
	turn int
}

// managed is a group that the autoscaler decides on.
type managed struct {
	fleet.Group
	settings settings
}

// unit is what the autoscaler scales: a group, or one zone of it where the cloud
// leaves the choice of the zone to the autoscaler, as on GKE.
type unit struct {
	group    *managed
	places   []string
	template *corev1.Node
	daemons  []*corev1.Pod
}

func (u *unit) room() int { return u.group.Room(u.places[0]) }

// size is how many machines the unit has.
func (u *unit) size() int {
	n := 0
	for _, place := range u.places {
		n += u.group.In(place)
	}
	return n
}

// host is one more node of the unit.
func (u *unit) host(name string, at *fleet.Place) *host {
	h := newHost(named(u.template, name, at), u.daemons)
	h.coming = true
	return h
}

// units are the units of all groups, in the order of their names.
func (l *look) units() []*unit {
	var units []*unit
	for _, g := range l.groups {
		var names []string
		for _, p := range g.Places {
			names = append(names, p.Name)
		}
		split := [][]string{names}
		if g.Cloud == fleet.GCP {
			split = nil
			for _, name := range names {
				split = append(split, []string{name})
			}
		}
		for _, places := range split {
			u := &unit{group: g, places: places}
			u.template = l.template(u)
			u.daemons = daemonsOn(u.template, l.daemonSets)
			units = append(units, u)
		}
	}
	return units
}

// template is the node that one more machine of a unit is expected to be: like
// one that there is, or what the cloud tells of the group.
func (l *look) template(u *unit) *corev1.Node {
	for _, m := range sorted(u.group.Machines) {
		node := l.nodes[m.Name]
		if node != nil && slices.Contains(u.places, m.Place) && !comingUp(node, u.group.Cloud) && !leaving(node) {
			return fromLive(node)
		}
	}
	switch u.group.Cloud {
	case fleet.AWS:
		return fromTags(u.group.Group)
	default:
		// Azure's autoscaler looks at any one zone of several.
		return fromCloud(u.group.Group, u.group.Place(u.places[l.turn%len(u.places)]))
	}
}

func sorted(machines []fleet.Machine) []fleet.Machine {
	return slices.SortedFunc(slices.Values(machines), func(x, y fleet.Machine) int { return cmp.Compare(x.Name, y.Name) })
}

// leaving tells whether the autoscaler is emptying a node.
func leaving(node *corev1.Node) bool {
	return slices.ContainsFunc(node.Spec.Taints, func(t corev1.Taint) bool { return t.Key == fleet.TaintToBeDeleted })
}

// simulate is the cluster with the nodes that are in service and those that are
// coming up.
func (l *look) simulate(units []*unit) *simulation {
	s := &simulation{volumes: l.volumes}
	coming := map[string]bool{}
	for _, u := range units {
		for _, m := range sorted(u.group.Machines) {
			if m.Reclaimed || !slices.Contains(u.places, m.Place) {
				continue
			}
			if node := l.nodes[m.Name]; node == nil || comingUp(node, u.group.Cloud) {
				at := u.group.Place(m.Place)
				s.hosts = append(s.hosts, u.host(m.Name, &at))
				coming[m.Name] = true
			}
		}
	}
	var live []*host
	for name, node := range l.nodes {
		if !coming[name] && isReady(node) && !leaving(node) {
			live = append(live, newHost(node, l.podsOn[name]))
		}
	}
	slices.SortFunc(live, func(x, y *host) int { return strings.Compare(x.node.Name, y.node.Name) })
	s.hosts = append(live, s.hosts...)
	return s
}
