// Package autoscaler plays the autoscaler of a cluster: Cluster Autoscaler where
// its chart is installed, and the one that is a part of GKE and AKS. A pod that
// finds no node starts a machine of a group that it would fit, by what the real
// one knows of the group, and a node that nobody needs goes. Groups and their
// machines are those of package fleet; accounts learn later what became of them.
//
// What it does not play: back-off from groups that fail, provisioning requests,
// node auto-provisioning, and all that the settings do not name.
package autoscaler

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/retry"
	"k8s.io/klog/v2"

	"gantry.dev/gantry/sandbox/localkube/fleet"
)

// Component is what the autoscaler signs events as.
const Component = "cluster-autoscaler"

// interval between two looks; a cloud's autoscaler takes ten seconds.
const interval = 2 * time.Second

// Reasons of events.
const (
	eventTriggered = "TriggeredScaleUp"
	eventRefused   = "NotTriggerScaleUp"
	eventScaleDown = "ScaleDown"
)

// Autoscaler of one cluster.
type Autoscaler struct {
	client   kubernetes.Interface
	events   record.EventRecorder
	annotate func(fleet.Node) map[string]string
	sources  sources

	turn int
	// told is the last that each pod was told of why there is no node for it.
	told map[types.UID]string
	// unneededSince is when each node was found to be unneeded.
	unneededSince map[string]time.Time
	// emptying are the nodes that pods are being taken from, since when.
	emptying map[string]time.Time
	lastAdd  time.Time
}

// New is an autoscaler that looks at the objects of a factory, which it does not
// start. annotate makes the annotations of a node that joins.
func New(
	client kubernetes.Interface, factory informers.SharedInformerFactory, events record.EventRecorder,
	annotate func(fleet.Node) map[string]string,
) *Autoscaler {
	return &Autoscaler{
		client: client, events: events, annotate: annotate, sources: newSources(factory),
		told: map[types.UID]string{}, unneededSince: map[string]time.Time{}, emptying: map[string]time.Time{},
	}
}

// Run looks at the cluster again and again until ctx ends.
func (a *Autoscaler) Run(ctx context.Context) {
	if !cache.WaitForCacheSync(ctx.Done(), a.sources.synced...) {
		return
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		if err := a.tick(ctx); err != nil && ctx.Err() == nil {
			klog.FromContext(ctx).Error(err, "The autoscaler will try again")
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (a *Autoscaler) tick(ctx context.Context) error {
	groups, err := fleet.List(ctx, a.client)
	if err != nil || len(groups) == 0 {
		return err
	}
	l, err := a.sources.look()
	if err != nil {
		return err
	}
	a.turn++
	l.turn = a.turn
	if err := a.settle(ctx, groups, l); err != nil {
		return err
	}
	if err := a.manage(ctx, groups, l); err != nil {
		return err
	}
	units := l.units()
	s := l.simulate(units)
	planned := l.scaleUp(s, units)
	if err := a.start(ctx, planned, l); err != nil {
		return err
	}
	return a.takeAway(ctx, l, l.unneeded(s))
}

// settle lets the nodes of a cluster be those of the rosters: after an
// interruption, a machine may be without its node, or a node without its machine.
func (a *Autoscaler) settle(ctx context.Context, groups []fleet.Group, l *look) error {
	for _, g := range groups {
		for _, m := range g.Machines {
			if _, there := l.nodes[m.Name]; !there && !m.Reclaimed {
				if err := a.join(ctx, g, m); err != nil {
					return err
				}
			}
		}
		for _, m := range g.Ended {
			if node, there := l.nodes[m.Name]; there && node.Spec.ProviderID == m.ProviderID {
				if err := fleet.Leave(ctx, a.client, m.Name); err != nil {
					return fmt.Errorf("node %s: %w", m.Name, err)
				}
			}
		}
	}
	for name, node := range l.nodes {
		if _, own := a.emptying[name]; leaving(node) && !own {
			if err := a.taint(ctx, name, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// join makes a machine a node, unless its group has gone meanwhile.
func (a *Autoscaler) join(ctx context.Context, g fleet.Group, m fleet.Machine) error {
	n := g.Node(m)
	if err := fleet.Join(ctx, a.client, n, a.annotate(n)); err != nil {
		return fmt.Errorf("node %s: %w", m.Name, err)
	}
	now, found, err := fleet.Get(ctx, a.client, g.Name)
	if err != nil {
		return err
	}
	for _, other := range now.Machines {
		if found && other.ProviderID == m.ProviderID && !other.Reclaimed {
			return nil
		}
	}
	return fleet.Leave(ctx, a.client, m.Name)
}

// manage finds the groups that an autoscaler of this cluster decides on: the
// cloud's own those that the cloud says, one that Helm installed those that it
// discovers.
func (a *Autoscaler) manage(ctx context.Context, groups []fleet.Group, l *look) error {
	own, err := a.ofHelm(ctx)
	if err != nil {
		return err
	}
	for _, g := range groups {
		switch {
		case g.Profile != nil:
			s := ofCloud(*g.Profile)
			if s.priorities, err = a.priorities(ctx); err != nil {
				return err
			}
			l.groups = append(l.groups, &managed{g, s})
		case own != nil && g.Cloud == fleet.AWS && discovered(g, own.cluster):
			l.groups = append(l.groups, &managed{g, own.withOptions(g)})
		}
	}
	if own != nil {
		l.undiscovered = fmt.Sprintf("no Auto Scaling group has the tags %s and %s%s", tagEnabled, tagCluster, own.cluster)
	}
	return nil
}

// ofHelm are the settings of Cluster Autoscaler; nil when it is not installed.
func (a *Autoscaler) ofHelm(ctx context.Context) (*settings, error) {
	list, err := a.client.CoreV1().ConfigMaps(metav1.NamespaceSystem).List(ctx, metav1.ListOptions{
		LabelSelector: labels.Set{labelRelease: "true"}.String(),
	})
	if err != nil {
		return nil, fmt.Errorf("releases: %w", err)
	}
	release, ok := installed(list.Items)
	if !ok {
		return nil, nil
	}
	s, err := ofRelease(release.Data["values"])
	if err != nil {
		return nil, err
	}
	if len(s.priorities) == 0 {
		s.priorities, err = a.priorities(ctx)
	}
	return &s, err
}

// prioritiesConfigMap in kube-system has the priorities that people give to the
// expander.
const prioritiesConfigMap = "cluster-autoscaler-priority-expander"

func (a *Autoscaler) priorities(ctx context.Context) (map[int][]string, error) {
	config, err := a.client.CoreV1().ConfigMaps(metav1.NamespaceSystem).Get(ctx, prioritiesConfigMap, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("priorities of the expander: %w", err)
	}
	return prioritiesOf(config.Data["priorities"])
}

// start starts what is planned and tells the pods.
func (a *Autoscaler) start(ctx context.Context, p plan, l *look) error {
	used := l.addresses()
	for _, planned := range p.launches {
		var group fleet.Group
		var started *fleet.Machine
		_, err := fleet.Change(ctx, a.client, planned.group, func(g *fleet.Group) (bool, error) {
			started = nil
			if g.Room(planned.place) == 0 {
				return false, nil
			}
			m, err := g.Launch([]string{planned.place}, func(address string) bool { return used[address] })
			group, started = *g, &m
			return err == nil, err
		})
		if err != nil {
			return err
		}
		if started == nil {
			continue
		}
		a.lastAdd = time.Now()
		if err := a.join(ctx, group, *started); err != nil {
			return err
		}
	}
	for pod, message := range p.triggered {
		a.tell(pod, eventTriggered, message)
	}
	for pod, message := range p.refused {
		a.tell(pod, eventRefused, message)
	}
	waiting := map[types.UID]bool{}
	for _, pod := range l.pending {
		waiting[pod.UID] = true
	}
	for uid := range a.told {
		if !waiting[uid] {
			delete(a.told, uid)
		}
	}
	return nil
}

// tell tells a pod something that it was not told last.
func (a *Autoscaler) tell(pod *corev1.Pod, reason, message string) {
	if a.told[pod.UID] != message {
		a.events.Event(pod, corev1.EventTypeNormal, reason, message)
	}
	a.told[pod.UID] = message
}

// takeAway lets nodes go that have been unneeded for long enough: empty ones
// together, others one after the other.
func (a *Autoscaler) takeAway(ctx context.Context, l *look, unneeded []removal) error {
	now := time.Now()
	since := map[string]time.Time{}
	for _, r := range unneeded {
		since[r.machine.Name] = now
		if before, known := a.unneededSince[r.machine.Name]; known {
			since[r.machine.Name] = before
		}
	}
	a.unneededSince = since
	if err := a.goOnEmptying(ctx, l); err != nil {
		return err
	}
	taken := 0
	for _, r := range unneeded {
		s := r.group.settings
		needed := s.UnneededTime
		if r.unready {
			needed = s.UnreadyTime
		}
		switch {
		case now.Sub(a.lastAdd) < sandboxTime(s.DelayAfterAdd) || now.Sub(since[r.machine.Name]) < sandboxTime(needed):
		case len(r.evict) == 0 && taken < s.MaxEmptyNodesTakenAtOnce:
			taken++
			if err := a.end(ctx, r.group.Name, r.machine); err != nil {
				return err
			}
		case len(r.evict) > 0 && len(a.emptying) == 0 && taken == 0:
			a.emptying[r.machine.Name] = now
			if err := a.taint(ctx, r.machine.Name, true); err != nil {
				return err
			}
			return a.evict(ctx, r.evict)
		}
	}
	return nil
}

// goOnEmptying ends the nodes that are empty by now, asks once more for pods that
// a budget holds back, and lets a node be that has taken too long.
func (a *Autoscaler) goOnEmptying(ctx context.Context, l *look) error {
	for name, since := range a.emptying {
		group, machine := l.machine(name)
		if group == nil || l.nodes[name] == nil {
			delete(a.emptying, name)
			continue
		}
		pods, movable := l.toMove(group.settings, l.podsOn[name])
		switch {
		case movable && len(l.remaining(name)) == 0:
			delete(a.emptying, name)
			if err := a.end(ctx, group.Name, machine); err != nil {
				return err
			}
		case !movable || time.Since(since) > max(sandboxTime(group.settings.MaxGracefulTermination), graceTime):
			delete(a.emptying, name)
			if err := a.taint(ctx, name, false); err != nil {
				return err
			}
		default:
			if err := a.evict(ctx, pods); err != nil {
				return err
			}
		}
	}
	return nil
}

// evict asks for pods to go, in good order. A PodDisruptionBudget may refuse.
func (a *Autoscaler) evict(ctx context.Context, pods []*corev1.Pod) error {
	for _, pod := range pods {
		err := a.client.PolicyV1().Evictions(pod.Namespace).Evict(ctx, &policyv1.Eviction{
			ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name},
		})
		if err != nil && !apierrors.IsTooManyRequests(err) && !apierrors.IsNotFound(err) {
			return fmt.Errorf("evicting pod %s/%s: %w", pod.Namespace, pod.Name, err)
		}
	}
	return nil
}

// end ends a machine unless its group is at its least size by now.
func (a *Autoscaler) end(ctx context.Context, group string, m fleet.Machine) error {
	ended := false
	found, err := fleet.Change(ctx, a.client, group, func(g *fleet.Group) (bool, error) {
		ended = g.Spare(m.Place) > 0 && g.End(m.Name)
		return ended, nil
	})
	if err != nil || !found || !ended {
		return err
	}
	if node, err := a.client.CoreV1().Nodes().Get(ctx, m.Name, metav1.GetOptions{}); err == nil {
		a.events.Event(node, corev1.EventTypeNormal, eventScaleDown, "node removed by cluster autoscaler")
	}
	delete(a.unneededSince, m.Name)
	if err := fleet.Leave(ctx, a.client, m.Name); err != nil {
		return fmt.Errorf("node %s: %w", m.Name, err)
	}
	return nil
}

// taint keeps pods off a node that is being emptied, or lets them on again.
func (a *Autoscaler) taint(ctx context.Context, name string, on bool) error {
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		node, err := a.client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		var taints []corev1.Taint
		for _, t := range node.Spec.Taints {
			if t.Key != fleet.TaintToBeDeleted {
				taints = append(taints, t)
			}
		}
		if on {
			taints = append(taints, corev1.Taint{
				Key: fleet.TaintToBeDeleted, Value: fmt.Sprint(time.Now().Unix()), Effect: corev1.TaintEffectNoSchedule,
			})
		}
		node.Spec.Taints = taints
		_, err = a.client.CoreV1().Nodes().Update(ctx, node, metav1.UpdateOptions{})
		return err
	})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("taint of node %s: %w", name, err)
	}
	return nil
}
