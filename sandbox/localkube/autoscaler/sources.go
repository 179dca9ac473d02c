package autoscaler

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	appslisters "k8s.io/client-go/listers/apps/v1"
	listersv1 "k8s.io/client-go/listers/core/v1"
	policylisters "k8s.io/client-go/listers/policy/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/tools/cache"

	"gantry.dev/gantry/sandbox/localkube/fleet"
)

// sources are what a look is made of.
type sources struct {
	pods       listersv1.PodLister
	nodes      listersv1.NodeLister
	claims     listersv1.PersistentVolumeClaimLister
	volumes    listersv1.PersistentVolumeLister
	classes    storagelisters.StorageClassLister
	daemonSets appslisters.DaemonSetLister
	budgets    policylisters.PodDisruptionBudgetLister
	synced     []cache.InformerSynced
}

func newSources(factory informers.SharedInformerFactory) sources {
	core, storage, apps, policy := factory.Core().V1(), factory.Storage().V1(), factory.Apps().V1(), factory.Policy().V1()
	s := sources{
		pods: core.Pods().Lister(), nodes: core.Nodes().Lister(),
		claims: core.PersistentVolumeClaims().Lister(), volumes: core.PersistentVolumes().Lister(),
		classes: storage.StorageClasses().Lister(), daemonSets: apps.DaemonSets().Lister(),
		budgets: policy.PodDisruptionBudgets().Lister(),
	}
	for _, informer := range []cache.SharedIndexInformer{
		core.Pods().Informer(), core.Nodes().Informer(), core.PersistentVolumeClaims().Informer(), core.PersistentVolumes().Informer(),
		storage.StorageClasses().Informer(), apps.DaemonSets().Informer(), policy.PodDisruptionBudgets().Informer(),
	} {
		s.synced = append(s.synced, informer.HasSynced)
	}
	return s
}

// look reads all of it, but for the groups.
func (s sources) look() (*look, error) {
	l := &look{nodes: map[string]*corev1.Node{}, podsOn: map[string][]*corev1.Pod{}}
	pods, err := s.pods.List(labels.Everything())
	if err != nil {
		return nil, fmt.Errorf("pods: %w", err)
	}
	for _, pod := range pods {
		switch {
		case pod.Spec.NodeName != "" && !isDone(pod):
			l.podsOn[pod.Spec.NodeName] = append(l.podsOn[pod.Spec.NodeName], pod)
		case isUnschedulable(pod):
			l.pending = append(l.pending, pod)
		}
	}
	nodes, err := s.nodes.List(labels.Everything())
	if err != nil {
		return nil, fmt.Errorf("nodes: %w", err)
	}
	for _, node := range nodes {
		l.nodes[node.Name] = node
	}
	if l.daemonSets, err = s.daemonSets.List(labels.Everything()); err != nil {
		return nil, fmt.Errorf("daemon sets: %w", err)
	}
	if l.budgets, err = s.budgets.List(labels.Everything()); err != nil {
		return nil, fmt.Errorf("disruption budgets: %w", err)
	}
	l.volumes, err = s.disks()
	return l, err
}

func (s sources) disks() (volumes, error) {
	v := volumes{
		claims: map[string]*corev1.PersistentVolumeClaim{}, volumes: map[string]*corev1.PersistentVolume{},
		classes: map[string]*storagev1.StorageClass{},
	}
	claims, err := s.claims.List(labels.Everything())
	if err != nil {
		return v, fmt.Errorf("claims: %w", err)
	}
	for _, c := range claims {
		v.claims[c.Namespace+"/"+c.Name] = c
	}
	all, err := s.volumes.List(labels.Everything())
	if err != nil {
		return v, fmt.Errorf("volumes: %w", err)
	}
	for _, pv := range all {
		v.volumes[pv.Name] = pv
	}
	classes, err := s.classes.List(labels.Everything())
	if err != nil {
		return v, fmt.Errorf("storage classes: %w", err)
	}
	for _, class := range classes {
		v.classes[class.Name] = class
	}
	return v, nil
}

// isUnschedulable tells whether the scheduler has tried a pod and found no node.
// A pod of a DaemonSet is for one node only.
func isUnschedulable(pod *corev1.Pod) bool {
	if pod.DeletionTimestamp != nil || pod.Spec.NodeName != "" || isDone(pod) || isDaemon(pod) {
		return false
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled {
			return c.Status == corev1.ConditionFalse && c.Reason == corev1.PodReasonUnschedulable
		}
	}
	return false
}

// addresses are those that nodes have.
func (l *look) addresses() map[string]bool {
	used := map[string]bool{}
	for _, node := range l.nodes {
		for _, address := range node.Status.Addresses {
			used[address.Address] = true
		}
	}
	return used
}

// machine finds a machine of a group by the name of its node.
func (l *look) machine(node string) (*managed, fleet.Machine) {
	for _, g := range l.groups {
		for _, m := range g.Machines {
			if m.Name == node {
				return g, m
			}
		}
	}
	return nil, fleet.Machine{}
}

// remaining are the pods on a node that do not go down with it.
func (l *look) remaining(node string) []*corev1.Pod {
	var left []*corev1.Pod
	for _, pod := range l.podsOn[node] {
		if !isMirror(pod) && !isDaemon(pod) {
			left = append(left, pod)
		}
	}
	return left
}
