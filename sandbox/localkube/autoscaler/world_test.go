package autoscaler

import (
	"fmt"
	"maps"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/sandbox/localkube/fleet"
)

// Three zones, one subnet in each.
var zones = []string{"us-east-1a", "us-east-1b", "us-east-1c"}

// serve is an empty group of L4 machines on AWS, tagged as it should be.
func serve(name string, change ...func(*fleet.Group)) fleet.Group {
	g := fleet.Group{
		Name: name, Cloud: fleet.AWS, Max: 4, NameForm: "ip-{address}.ec2.internal", IDForm: "aws:///{zone}/i-0{hex}",
		Tags: map[string]string{
			tagEnabled: "true", tagCluster + "dev": "owned", "eks:cluster-name": "dev", "eks:nodegroup-name": name,
			tagLabel + naming.LabelPool: "serve", tagLabel + "k8s.amazonaws.com/accelerator": "l4",
			tagTaint + naming.TaintGPU:       naming.TaintGPUValue + ":NoSchedule",
			tagResource + naming.ResourceGPU: "1", tagResource + "ephemeral-storage": "80Gi",
		},
		Kinds: []fleet.Node{{
			Region: "us-east-1", VCPU: 4, MemoryMiB: 16384, DiskGiB: 100, MaxPods: 58, GPUs: 1,
			Labels: map[string]string{
				naming.LabelPool: "serve", "k8s.amazonaws.com/accelerator": "l4", corev1.LabelArchStable: "amd64",
				corev1.LabelInstanceTypeStable: "g6.xlarge",
			},
			Taints: []fleet.Taint{{Key: naming.TaintGPU, Value: naming.TaintGPUValue, Effect: "NoSchedule"}},
		}},
	}
	for i, zone := range zones {
		g.Places = append(g.Places, fleet.Place{Name: fmt.Sprintf("subnet-%d", i), Zone: zone, CIDR: fmt.Sprintf("10.0.%d.0/24", i)})
	}
	for _, f := range change {
		f(&g)
	}
	return g
}

// onCloud makes a group one whose cloud has an autoscaler of its own.
func onCloud(cloud fleet.Cloud) func(*fleet.Group) {
	return func(g *fleet.Group) {
		g.Cloud, g.Tags, g.Profile = cloud, nil, &fleet.Profile{}
		label := acceleratorLabels[cloud][0]
		g.Kinds[0].Labels = maps.Clone(g.Kinds[0].Labels)
		g.Kinds[0].Labels[label] = "nvidia-l4"
	}
}

func without(tag string) func(*fleet.Group) { return func(g *fleet.Group) { delete(g.Tags, tag) } }

// with gives a group machines, at one place after the other.
func with(machines int) func(*fleet.Group) {
	return func(g *fleet.Group) {
		for i := range machines {
			name := fmt.Sprintf("%s-%d", g.Name, i)
			g.Machines = append(g.Machines, fleet.Machine{Name: name, ProviderID: name, Place: g.Places[i%len(g.Places)].Name, Number: i})
		}
	}
}

// lookAt is a look at groups whose machines are nodes in service.
func lookAt(groups ...fleet.Group) *look {
	l := &look{nodes: map[string]*corev1.Node{}, podsOn: map[string][]*corev1.Pod{}}
	for _, g := range groups {
		s := settings{cluster: "dev"}.withDefaults()
		if g.Profile != nil {
			s = ofCloud(*g.Profile)
		}
		l.groups = append(l.groups, &managed{g, s})
		for _, m := range g.Machines {
			if !m.Reclaimed {
				l.nodes[m.Name] = inService(g, m)
			}
		}
	}
	return l
}

func inService(g fleet.Group, m fleet.Machine) *corev1.Node {
	node := g.Node(m).Object("")
	node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
	if gpus := g.Kinds[m.Kind].GPUs; gpus > 0 {
		node.Status.Capacity[naming.ResourceGPU] = *resource.NewQuantity(int64(gpus), resource.DecimalSI)
		node.Status.Allocatable[naming.ResourceGPU] = *resource.NewQuantity(int64(gpus), resource.DecimalSI)
	}
	return node
}

var began = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// onGPU is a pod that asks for a whole accelerator of the pool serve.
func onGPU(name string, change ...func(*corev1.Pod)) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "ml", Name: name, UID: types.UID(name), CreationTimestamp: metav1.NewTime(began), Labels: map[string]string{"app": "classifier"},
			OwnerReferences: []metav1.OwnerReference{{Kind: "ReplicaSet", Name: "classifier", Controller: new(bool)}},
		},
		Spec: corev1.PodSpec{
			NodeSelector: map[string]string{naming.LabelPool: "serve"},
			Tolerations:  []corev1.Toleration{{Key: naming.TaintGPU, Operator: corev1.TolerationOpExists}},
			Containers:   []corev1.Container{{Name: "main"}},
		},
	}
	*pod.OwnerReferences[0].Controller = true
	asks(naming.ResourceGPU, "1")(pod)
	asks(corev1.ResourceCPU, "500m")(pod)
	for _, f := range change {
		f(pod)
	}
	return pod
}

func asks(name corev1.ResourceName, amount string) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		requests := &pod.Spec.Containers[0].Resources.Requests
		if *requests == nil {
			*requests = corev1.ResourceList{}
		}
		(*requests)[name] = resource.MustParse(amount)
	}
}

func pods(n int, change ...func(*corev1.Pod)) []*corev1.Pod {
	var all []*corev1.Pod
	for i := range n {
		all = append(all, onGPU(fmt.Sprintf("pod-%d", i), change...))
	}
	return all
}

// launches tells how many machines a plan starts, by group and place.
func (p plan) summary() string {
	counts := map[string]int{}
	var order []string
	for _, l := range p.launches {
		if counts[l.group]++; counts[l.group] == 1 {
			order = append(order, l.group)
		}
	}
	var text []string
	for _, group := range order {
		text = append(text, fmt.Sprintf("%s+%d", group, counts[group]))
	}
	return strings.Join(text, " ")
}

func daemonSet(name string, cpu string) *appsv1.DaemonSet {
	set := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: name}}
	set.Spec.Template.Spec = corev1.PodSpec{
		Tolerations: []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
		Containers: []corev1.Container{{Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu)},
		}}},
	}
	return set
}
