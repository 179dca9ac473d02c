package autoscaler

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/sandbox/localkube/fleet"
)

func planFor(l *look, pending ...*corev1.Pod) plan {
	l.pending = pending
	units := l.units()
	return l.scaleUp(l.simulate(units), units)
}

func TestScaleUp_StartsWhatPendingPodsFit(t *testing.T) {
	full := func(g *fleet.Group) { with(4)(g) }
	for name, test := range map[string]struct {
		groups []fleet.Group
		pods   []*corev1.Pod
		want   string
		// refused is what the pods that get nothing are told, in part.
		refused string
	}{
		"a pod that fits":                        {groups: []fleet.Group{serve("serve")}, pods: pods(1), want: "serve+1"},
		"a node for each of three one-GPU pods":  {groups: []fleet.Group{serve("serve")}, pods: pods(3), want: "serve+3"},
		"one node for several pods without GPU":  {groups: []fleet.Group{serve("serve")}, pods: pods(4, asks(naming.ResourceGPU, "0")), want: "serve+1"},
		"no more than the greatest size":         {groups: []fleet.Group{serve("serve")}, pods: pods(6), want: "serve+4", refused: "1 max node group size reached"},
		"a group that is full":                   {groups: []fleet.Group{serve("serve", full)}, pods: append(pods(4), onGPU("fifth")), refused: "1 max node group size reached"},
		"a taint that the pod does not tolerate": {groups: []fleet.Group{serve("serve")}, pods: pods(1, func(p *corev1.Pod) { p.Spec.Tolerations = nil }), refused: "1 node(s) had untolerated taint {nvidia.com/gpu: present}"},
		"more GPUs than a machine has":           {groups: []fleet.Group{serve("serve")}, pods: pods(1, asks(naming.ResourceGPU, "2")), refused: "1 Insufficient nvidia.com/gpu"},
		"a pool that is none":                    {groups: []fleet.Group{serve("serve")}, pods: pods(1, inPool("train")), refused: "1 node(s) didn't match Pod's node affinity/selector"},
		"no group at all":                        {pods: pods(1), refused: "there is no node group to scale"},
		"a pod that is not worth a node":         {groups: []fleet.Group{serve("serve")}, pods: pods(1, priority(-11))},
		"disk, as the tag tells":                 {groups: []fleet.Group{serve("serve")}, pods: pods(1, asks("ephemeral-storage", "50Gi")), want: "serve+1"},

		"without the tag of the label": {
			groups: []fleet.Group{serve("serve", without(tagLabel+naming.LabelPool))}, pods: pods(1),
			refused: "1 node(s) didn't match Pod's node affinity/selector; a node of serve would do, and its Auto Scaling group does not say so: " +
				"it lacks the tag k8s.io/cluster-autoscaler/node-template/label/gantry.dev/pool",
		},
		"without the tag of the disk": {
			groups: []fleet.Group{serve("serve", without(tagResource+"ephemeral-storage"))}, pods: pods(1, asks("ephemeral-storage", "50Gi")),
			refused: "Insufficient ephemeral-storage; a node of serve would do, and its Auto Scaling group does not say so: " +
				"it lacks the tag k8s.io/cluster-autoscaler/node-template/resources/ephemeral-storage",
		},
		"without the tag of the GPU, which the type tells": {
			groups: []fleet.Group{serve("serve", without(tagResource+naming.ResourceGPU))}, pods: pods(1), want: "serve+1",
		},
		"without the tag of the taint, for a pod that the node will not take": {
			groups: []fleet.Group{serve("serve", without(tagTaint+naming.TaintGPU))},
			pods:   pods(1, func(p *corev1.Pod) { p.Spec.Tolerations = nil }), want: "serve+1",
		},
		"a taint without its effect": {
			groups: []fleet.Group{serve("serve", func(g *fleet.Group) { g.Tags[tagTaint+"dedicated"] = "team" })}, pods: pods(1), want: "serve+1",
		},
		"tags or not, where a node tells": {
			groups: []fleet.Group{serve("serve", without(tagLabel+naming.LabelPool), with(1))}, pods: pods(2), want: "serve+1",
		},
		"what the cloud knows itself": {
			groups: []fleet.Group{serve("pool", onCloud(fleet.GCP))}, pods: pods(2), want: "pool+2",
		},
		"what a scale set knows itself": {
			groups: []fleet.Group{serve("pool", onCloud(fleet.Azure))}, pods: pods(2), want: "pool+2",
		},
		"a machine in place of one that the cloud took back": {
			groups: []fleet.Group{serve("serve", full, func(g *fleet.Group) { g.Machines[0].Reclaimed = true })}, pods: pods(4), want: "serve+1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := planFor(lookAt(test.groups...), test.pods...)
			assert.Equal(t, test.want, p.summary())
			if test.refused == "" {
				assert.Empty(t, p.refused)
				return
			}
			assert.NotEmpty(t, p.refused)
			for _, message := range p.refused {
				assert.Contains(t, message, "pod didn't trigger scale-up: ")
				assert.Contains(t, message, test.refused)
			}
		})
	}
}

func inPool(name string) func(*corev1.Pod) {
	return func(p *corev1.Pod) { p.Spec.NodeSelector[naming.LabelPool] = name }
}

func priority(n int32) func(*corev1.Pod) { return func(p *corev1.Pod) { p.Spec.Priority = &n } }

func TestScaleUp_WaitsForWhatIsComing(t *testing.T) {
	for name, change := range map[string]func(l *look){
		"a machine without its node":  func(l *look) { delete(l.nodes, "serve-0") },
		"a node that is not ready":    func(l *look) { l.nodes["serve-0"].Status.Conditions = nil },
		"a node without its GPUs yet": func(l *look) { delete(l.nodes["serve-0"].Status.Allocatable, naming.ResourceGPU) },
	} {
		t.Run(name, func(t *testing.T) {
			l := lookAt(serve("serve", with(1)))
			change(l)
			assert.Empty(t, planFor(l, pods(1)...).launches)
			assert.Equal(t, "serve+1", planFor(l, pods(2)...).summary(), "it takes one pod")
		})
	}
	t.Run("not for GPUs that no label promises", func(t *testing.T) {
		l := lookAt(serve("serve", with(1), func(g *fleet.Group) { delete(g.Kinds[0].Labels, "k8s.amazonaws.com/accelerator") }))
		delete(l.nodes["serve-0"].Status.Allocatable, naming.ResourceGPU)
		p := planFor(l, pods(1)...)
		assert.Len(t, p.refused, 1, "the node looks like one that has none, and the next would too")
	})
}

func TestScaleUp_LeavesRoomForDaemons(t *testing.T) {
	l := lookAt(serve("serve"))
	l.daemonSets = []*appsv1.DaemonSet{daemonSet("exporter", "3600m")}
	assert.Len(t, planFor(l, pods(1)...).refused, 1)
	l.daemonSets = []*appsv1.DaemonSet{daemonSet("exporter", "3500m")}
	assert.Equal(t, "serve+1", planFor(l, pods(1)...).summary())
}

func placesOf(p plan) (places []string) {
	for _, l := range p.launches {
		places = append(places, l.place)
	}
	return places
}

func TestScaleUp_KeepsZonesEqual(t *testing.T) {
	aws := planFor(lookAt(serve("serve", with(1))), append(pods(1), onGPU("x"), onGPU("y"))...)
	assert.ElementsMatch(t, []string{"subnet-1", "subnet-2"}, placesOf(aws), "a machine in each of the empty zones")

	balanced := serve("pool", onCloud(fleet.GCP), with(1))
	gke := planFor(lookAt(balanced), append(pods(1), onGPU("x"), onGPU("y"))...)
	assert.ElementsMatch(t, []string{"subnet-1", "subnet-2"}, placesOf(gke))

	anywhere := serve("pool", onCloud(fleet.GCP), func(g *fleet.Group) { g.AnyPlace = true })
	assert.Equal(t, []string{"subnet-0", "subnet-0"}, placesOf(planFor(lookAt(anywhere), pods(2)...)))

	perZone := serve("pool", onCloud(fleet.GCP), func(g *fleet.Group) { g.Max, g.PerPlace = 1, true })
	p := planFor(lookAt(perZone), pods(4)...)
	assert.ElementsMatch(t, []string{"subnet-0", "subnet-1", "subnet-2"}, placesOf(p))
	assert.Len(t, p.refused, 1, "one a zone is the most")
}

func TestScaleUp_GoesWhereAVolumeIs(t *testing.T) {
	inZone := func(zone string) volumes {
		name := "standard"
		return volumes{
			claims: map[string]*corev1.PersistentVolumeClaim{"ml/data": {Spec: corev1.PersistentVolumeClaimSpec{VolumeName: "pv", StorageClassName: &name}}},
			volumes: map[string]*corev1.PersistentVolume{"pv": {Spec: corev1.PersistentVolumeSpec{NodeAffinity: &corev1.VolumeNodeAffinity{
				Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{
					{Key: corev1.LabelTopologyZone, Operator: corev1.NodeSelectorOpIn, Values: []string{zone}},
				}}}},
			}}}},
			classes: map[string]*storagev1.StorageClass{},
		}
	}
	mounts := func(p *corev1.Pod) {
		p.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data"},
		}}}
	}
	gke := lookAt(serve("pool", onCloud(fleet.GCP)))
	gke.volumes = inZone("us-east-1c")
	assert.Equal(t, []string{"subnet-2"}, placesOf(planFor(gke, pods(1, mounts)...)))

	// Cluster Autoscaler looks at the first zone of a group only.
	aws := lookAt(serve("serve"))
	aws.volumes = inZone("us-east-1c")
	for _, message := range planFor(aws, pods(1, mounts)...).refused {
		assert.Contains(t, message, reasonVolume)
	}
	aws.volumes = inZone("us-east-1a")
	assert.Equal(t, "serve+1", planFor(aws, pods(1, mounts)...).summary())
	aws.volumes.claims["ml/data"].Spec.VolumeName = ""
	for _, message := range planFor(aws, pods(1, mounts)...).refused {
		assert.Contains(t, message, reasonUnbound)
	}
}

func TestScaleUp_SpreadsWhatInsistsOnIt(t *testing.T) {
	spread := func(p *corev1.Pod) {
		p.Spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{
			MaxSkew: 1, TopologyKey: corev1.LabelTopologyZone, WhenUnsatisfiable: corev1.DoNotSchedule,
			LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "classifier"}},
		}}
	}
	l := lookAt(serve("pool", onCloud(fleet.GCP), with(3), func(g *fleet.Group) { g.Max = 9 }))
	for i, name := range []string{"pool-0", "pool-1"} {
		l.podsOn[name] = []*corev1.Pod{onGPU([]string{"a", "b"}[i], spread)}
	}
	// The third zone has a free node, and takes the pod.
	assert.Empty(t, planFor(l, pods(1, spread)...).launches)
	l.podsOn["pool-2"] = []*corev1.Pod{onGPU("other", func(p *corev1.Pod) { p.Labels = nil })}
	assert.Equal(t, []string{"subnet-2"}, placesOf(planFor(l, pods(1, spread)...)), "only there it may be")
}

func TestScaleUp_KeepsPodsApart(t *testing.T) {
	apart := func(p *corev1.Pod) {
		p.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{
				TopologyKey: corev1.LabelHostname, LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "classifier"}},
			}},
		}}
	}
	assert.Equal(t, "serve+3", planFor(lookAt(serve("serve")), pods(3, asks(naming.ResourceGPU, "0"), apart)...).summary())
}

func TestExpander_ChoosesAmongGroups(t *testing.T) {
	big := serve("big", func(g *fleet.Group) { g.Kinds[0].VCPU, g.Kinds[0].MemoryMiB = 48, 196608 })
	spot := serve("eks-dev-spot-1")
	for name, test := range map[string]struct {
		settings settings
		groups   []fleet.Group
		want     string
	}{
		"the least waste":                    {settings{expanders: []string{"least-waste"}}, []fleet.Group{big, spot}, "eks-dev-spot-1+1"},
		"the highest priority":               {settings{expanders: []string{"priority"}, priorities: map[int][]string{10: {"spot"}, 50: {"^big$"}}}, []fleet.Group{big, spot}, "big+1"},
		"priority first, then waste":         {settings{expanders: []string{"priority", "least-waste"}, priorities: map[int][]string{10: {".*"}}}, []fleet.Group{big, spot}, "eks-dev-spot-1+1"},
		"groups without priority come last":  {settings{expanders: []string{"priority", "least-waste"}, priorities: map[int][]string{1: {"big"}}}, []fleet.Group{big, spot}, "big+1"},
		"no priority for any":                {settings{expanders: []string{"priority", "least-waste"}, priorities: map[int][]string{1: {"none"}}}, []fleet.Group{big, spot}, "eks-dev-spot-1+1"},
		"the alphabet where nothing decides": {settings{expanders: []string{"random"}}, []fleet.Group{spot, big}, "big+1"},
		"the next group when the best is full": {settings{expanders: []string{"priority"}, priorities: map[int][]string{10: {"spot"}, 50: {"^big$"}}}, []fleet.Group{
			serve("big", func(g *fleet.Group) { g.Max = 0 }), spot}, "eks-dev-spot-1+1"},
	} {
		t.Run(name, func(t *testing.T) {
			l := lookAt(test.groups...)
			for _, g := range l.groups {
				g.settings = test.settings.withDefaults()
			}
			assert.Equal(t, test.want, planFor(l, pods(1)...).summary())
		})
	}
}

func TestBalance_SpreadsOverLikeGroups(t *testing.T) {
	alike := func(name string) fleet.Group { return serve(name) }
	l := lookAt(alike("a"), alike("b"))
	assert.Equal(t, "a+4", planFor(l, pods(4)...).summary())
	l = lookAt(alike("a"), alike("b"), serve("c", func(g *fleet.Group) { g.Tags[tagLabel+"team"] = "x" }))
	for _, g := range l.groups {
		g.settings.Balance = true
	}
	p := planFor(l, pods(4)...)
	assert.Equal(t, "a+2 b+2", p.summary())
	for _, message := range p.triggered {
		assert.Equal(t, "pod triggered scale-up: [{a 0->2 (max: 4)} {b 0->2 (max: 4)}]", message)
	}
}

func TestDiscovery_GoesByTheTagsOfEKS(t *testing.T) {
	assert.True(t, discovered(serve("a"), "dev"))
	assert.False(t, discovered(serve("a"), "prod"), "of another cluster")
	assert.False(t, discovered(serve("a", without(tagEnabled)), "dev"))
	assert.False(t, discovered(serve("a"), ""))
	l := &look{undiscovered: "no Auto Scaling group has the tags"}
	messages := planFor(l, pods(1)...).refused
	assert.True(t, slices.ContainsFunc(valuesOf(messages), func(m string) bool { return m == "pod didn't trigger scale-up: no Auto Scaling group has the tags" }))
}

func valuesOf(m map[*corev1.Pod]string) (all []string) {
	for _, v := range m {
		all = append(all, v)
	}
	return all
}
