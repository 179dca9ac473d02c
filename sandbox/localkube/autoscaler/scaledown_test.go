package autoscaler

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/sandbox/localkube/fleet"
)

func unneededIn(l *look, pending ...*corev1.Pod) (names []string) {
	l.pending = pending
	units := l.units()
	s := l.simulate(units)
	l.scaleUp(s, units)
	for _, r := range l.unneeded(s) {
		names = append(names, r.machine.Name)
	}
	return names
}

// small is a pod that leaves most of a node free.
func small(name string, change ...func(*corev1.Pod)) *corev1.Pod {
	pod := onGPU(name, append([]func(*corev1.Pod){asks(naming.ResourceGPU, "0"), asks(corev1.ResourceCPU, "500m")}, change...)...)
	pod.Status.Phase = corev1.PodRunning
	return pod
}

func TestScaleDown_TakesWhatNobodyNeeds(t *testing.T) {
	cpuOnly := func(g *fleet.Group) { g.Kinds[0].GPUs = 0; delete(g.Kinds[0].Labels, "k8s.amazonaws.com/accelerator") }
	annotate := func(key, value string) func(*corev1.Pod) {
		return func(p *corev1.Pod) { p.Annotations = map[string]string{key: value} }
	}
	for name, test := range map[string]struct {
		change func(g *fleet.Group)
		// on are the pods on the first node; the second has one that keeps it.
		on      []*corev1.Pod
		alter   func(l *look)
		pending []*corev1.Pod
		want    []string
	}{
		"an empty node":                          {want: []string{"serve-0"}},
		"a node with daemons only":               {on: []*corev1.Pod{small("d", func(p *corev1.Pod) { p.OwnerReferences[0].Kind = "DaemonSet" })}, want: []string{"serve-0"}},
		"a node with a mirror pod only":          {on: []*corev1.Pod{small("m", annotate(corev1.MirrorPodAnnotationKey, "x"))}, want: []string{"serve-0"}},
		"a pod that fits elsewhere":              {on: []*corev1.Pod{small("a")}, want: []string{"serve-0"}},
		"a pod that fits nowhere else":           {on: []*corev1.Pod{small("a", func(p *corev1.Pod) { p.Spec.NodeSelector["zone"] = "x" })}},
		"more than half used":                    {on: []*corev1.Pod{small("a", asks(corev1.ResourceCPU, "2"))}},
		"a pod that is not safe to evict":        {on: []*corev1.Pod{small("a", annotate(annotationSafe, "false"))}},
		"a pod without a controller":             {on: []*corev1.Pod{small("a", func(p *corev1.Pod) { p.OwnerReferences = nil })}},
		"such a pod that is safe to evict":       {on: []*corev1.Pod{small("a", func(p *corev1.Pod) { p.OwnerReferences = nil }, annotate(annotationSafe, "true"))}, want: []string{"serve-0"}},
		"a pod of the system":                    {on: []*corev1.Pod{small("a", func(p *corev1.Pod) { p.Namespace = "kube-system" })}, alter: func(l *look) { l.groups[0].settings.KeepSystemPods = true }},
		"such a pod where it does not matter":    {on: []*corev1.Pod{small("a", func(p *corev1.Pod) { p.Namespace = "kube-system" })}, want: []string{"serve-0"}},
		"local storage":                          {on: []*corev1.Pod{small("a", scratch)}, alter: func(l *look) { l.groups[0].settings.KeepLocalStorage = true }},
		"local storage where it does not matter": {on: []*corev1.Pod{small("a", scratch)}, want: []string{"serve-0"}},
		"a budget that allows nothing":           {on: []*corev1.Pod{small("a")}, alter: withBudget(0)},
		"a budget that allows one":               {on: []*corev1.Pod{small("a")}, alter: withBudget(1), want: []string{"serve-0"}},
		"a budget that allows one of two":        {on: []*corev1.Pod{small("a"), small("b")}, alter: withBudget(1)},
		"the least size":                         {change: func(g *fleet.Group) { g.Min = 2 }},
		"the least size, one of them reclaimed":  {change: func(g *fleet.Group) { g.Min = 1; g.Machines[1].Reclaimed = true }},
		"the least size of a zone":               {change: func(g *fleet.Group) { g.Min, g.PerPlace = 1, true }},
		"a node that a pending pod waits for":    {pending: []*corev1.Pod{small("p")}, want: nil},
		"a node that someone keeps":              {alter: func(l *look) { l.nodes["serve-0"].Annotations = map[string]string{annotationKeepNode: "true"} }},
		"scaling down is off":                    {alter: func(l *look) { l.groups[0].settings.keepNodes = true }},
		"a node that goes already":               {alter: func(l *look) { l.nodes["serve-0"].Spec.Taints = []corev1.Taint{{Key: fleet.TaintToBeDeleted}} }},
	} {
		t.Run(name, func(t *testing.T) {
			changes := []func(*fleet.Group){cpuOnly, with(2)}
			if test.change != nil {
				changes = append(changes, test.change)
			}
			l := lookAt(serve("serve", changes...))
			l.podsOn["serve-0"] = test.on
			l.podsOn["serve-1"] = []*corev1.Pod{small("keeps", annotate(annotationSafe, "false"))}
			if test.alter != nil {
				test.alter(l)
			}
			assert.Equal(t, test.want, unneededIn(l, test.pending...))
		})
	}
}

func scratch(p *corev1.Pod) {
	p.Spec.Volumes = []corev1.Volume{{Name: "scratch", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
}

func withBudget(allowed int32) func(*look) {
	return func(l *look) {
		l.budgets = []*policyv1.PodDisruptionBudget{{
			ObjectMeta: metav1.ObjectMeta{Namespace: "ml"},
			Spec:       policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "classifier"}}},
			Status:     policyv1.PodDisruptionBudgetStatus{DisruptionsAllowed: allowed},
		}}
	}
}

func TestScaleDown_NeverBelowTheLeastSize(t *testing.T) {
	l := lookAt(serve("serve", with(4), func(g *fleet.Group) { g.Min = 1 }))
	assert.Len(t, unneededIn(l), 3)
}

func TestScaleDown_NodesThatOthersMoveToStay(t *testing.T) {
	l := lookAt(serve("serve", with(2), func(g *fleet.Group) { g.Kinds[0].GPUs = 0; delete(g.Kinds[0].Labels, "k8s.amazonaws.com/accelerator") }))
	l.podsOn["serve-0"], l.podsOn["serve-1"] = []*corev1.Pod{small("a")}, []*corev1.Pod{small("b")}
	assert.Equal(t, []string{"serve-0"}, unneededIn(l))
}

func TestScaleDown_CountsTheGPUsOfAGPUNode(t *testing.T) {
	l := lookAt(serve("serve", with(1)))
	l.podsOn["serve-0"] = []*corev1.Pod{onGPU("a")}
	assert.Empty(t, unneededIn(l))
}

func TestSettings_OfTheChart(t *testing.T) {
	s, err := ofRelease(`
autoDiscovery: {clusterName: dev}
extraArgs:
  expander: priority,least-waste
  scale-down-unneeded-time: 5m
  scale-down-utilization-threshold: 0.65
  balance-similar-node-groups: true
  skip-nodes-with-local-storage: false
  skip-nodes-with-system-pods: "false"
  v: 4
expanderPriorities: {10: [".*"], 50: [".*-spot-.*"]}
`)
	require.NoError(t, err)
	assert.Equal(t, "dev", s.cluster)
	assert.Equal(t, []string{"priority", "least-waste"}, s.expanders)
	assert.Equal(t, map[int][]string{10: {".*"}, 50: {".*-spot-.*"}}, s.priorities)
	assert.Equal(t, 5*time.Minute, s.UnneededTime)
	assert.InDelta(t, 0.65, s.UtilizationThreshold, 0)
	assert.True(t, s.Balance)
	assert.False(t, s.KeepLocalStorage)
	assert.False(t, s.KeepSystemPods)

	s, err = ofRelease("expanderPriorities: |\n  10: [a]\n")
	require.NoError(t, err)
	assert.Equal(t, map[int][]string{10: {"a"}}, s.priorities)
	assert.True(t, s.KeepLocalStorage, "the program's own default")
	assert.Equal(t, 10*time.Minute, s.UnneededTime)

	for text, want := range map[string]string{
		"extraArgs: {scale-down-unneeded-time: soon}": "scale-down-unneeded-time",
		"expanderPriorities: {high: [a]}":             `"high" is not a number`,
		"- a":                                         "values of the chart",
	} {
		_, err := ofRelease(text)
		assert.ErrorContains(t, err, want)
	}
}

func TestSettings_OfAGroup(t *testing.T) {
	g := serve("serve", func(g *fleet.Group) { g.Tags[tagOption+"scaledownunneededtime"] = "20m" })
	assert.Equal(t, 20*time.Minute, settings{}.withDefaults().withOptions(g).UnneededTime)
}

func TestSandboxTime(t *testing.T) {
	assert.Equal(t, 10*time.Second, sandboxTime(10*time.Minute))
	assert.Equal(t, shortest, sandboxTime(time.Minute))
}

func TestInstalled_GoesByTheNameOfTheChart(t *testing.T) {
	release := func(chart string) corev1.ConfigMap { return corev1.ConfigMap{Data: map[string]string{"chart": chart}} }
	for chart, want := range map[string]bool{
		"cluster-autoscaler": true, "oci://mirror.example.com/charts/cluster-autoscaler": true, "gpu-operator": false, "": false,
	} {
		_, found := installed([]corev1.ConfigMap{release("keda"), release(chart)})
		assert.Equal(t, want, found, chart)
	}
}
