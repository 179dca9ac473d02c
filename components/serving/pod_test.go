package serving

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

func TestPod_RequestsWholeGPUsAndLimitsThemToTheSame(t *testing.T) {
	for name, count := range map[string]int{"one": 1, "four": 4} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, changed(func(m *spec.Model) { m.GPU.Count = count }))
			for i := range f.pools {
				f.pools[i].GPUCount *= count
				f.pools[i].Machines[0].MemoryMiB *= count
			}
			resources := f.render(t).server().Resources
			request, limit := resources.Requests[naming.ResourceGPU], resources.Limits[naming.ResourceGPU]
			assert.EqualValues(t, count, request.Value())
			assert.Equal(t, request, limit)
		})
	}
}

func TestPod_AsksForSlicesByTheNameThatItsPoolGivesThem(t *testing.T) {
	f := newFixture(t, changed(func(m *spec.Model) { m.Pool = "serve" }))
	for i := range f.pools {
		if f.pools[i].Name == "serve" {
			f.pools[i].Sharing = spec.Sharing{MIG: "1g.10gb", MIGStrategy: spec.MIGMixed}
		}
	}
	resources := f.render(t).server().Resources
	limit := resources.Limits["nvidia.com/mig-1g.10gb"]
	assert.EqualValues(t, 1, limit.Value())
	assert.Equal(t, limit, resources.Requests["nvidia.com/mig-1g.10gb"])
	assert.NotContains(t, resources.Limits, corev1.ResourceName(naming.ResourceGPU))
}

func TestPod_WithoutGPUAsksForNone(t *testing.T) {
	resources := render(t, changed(onCPU)).server().Resources
	assert.NotContains(t, resources.Requests, corev1.ResourceName(naming.ResourceGPU))
	assert.NotContains(t, resources.Limits, corev1.ResourceName(naming.ResourceGPU))
}

func TestPod_LimitsMemoryAndNotCPU(t *testing.T) {
	resources := render(t, changed(func(m *spec.Model) { m.Resources.MemoryLimit = "3Gi" })).server().Resources
	assert.Equal(t, "2Gi", resources.Requests.Memory().String())
	assert.Equal(t, "3Gi", resources.Limits.Memory().String())
	assert.Equal(t, "500m", resources.Requests.Cpu().String())
	assert.NotContains(t, resources.Limits, corev1.ResourceCPU)
}

// The scheduler's own functions decide which pools' nodes a pod may go to.
func TestPod_GoesToOnDemandInferencePoolsOnly(t *testing.T) {
	tests := map[string]struct {
		model spec.Model
		want  []string
	}{
		"GPU":                  {classifier(), []string{"serve"}},
		"CPU":                  {changed(onCPU), []string{"system"}},
		"a pool that it names": {changed(func(m *spec.Model) { m.Pool = "spot" }), []string{"spot"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, test.model)
			pod := f.render(t).pod().Spec
			var admitted []string
			for _, pool := range f.pools {
				if admits(t, pool, pod) {
					admitted = append(admitted, pool.Name)
				}
			}
			assert.Equal(t, test.want, admitted)
		})
	}
}

func TestPod_NeverToleratesTrainingNodes(t *testing.T) {
	training := corev1.Taint{Key: naming.TaintRole, Value: string(spec.RoleTraining), Effect: corev1.TaintEffectNoSchedule}
	for name, model := range variants() {
		for _, toleration := range render(t, model).pod().Spec.Tolerations {
			assert.False(t, toleration.ToleratesTaint(klog.Background(), &training, false), name)
			assert.NotEqual(t, corev1.TolerationOpExists, toleration.Operator, "%s: %s tolerates more than is known", name, toleration.Key)
		}
	}
}

// admits tells whether the pool's nodes have the labels that the pod requires
// and no taint that it does not tolerate.
func admits(t *testing.T, pool spec.PoolPlan, pod corev1.PodSpec) bool {
	t.Helper()
	for _, taint := range pool.NodeTaints {
		node := corev1.Taint{Key: taint.Key, Value: taint.Value, Effect: corev1.TaintEffect(taint.Effect)}
		tolerated := false
		for _, toleration := range pod.Tolerations {
			tolerated = tolerated || toleration.ToleratesTaint(klog.Background(), &node, false)
		}
		if !tolerated {
			return false
		}
	}
	required := pod.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	require.Len(t, required.NodeSelectorTerms, 1)
	for _, r := range required.NodeSelectorTerms[0].MatchExpressions {
		value, ok := pool.NodeLabels[r.Key]
		switch r.Operator {
		case corev1.NodeSelectorOpIn:
			if !ok || !assert.ObjectsAreEqual([]string{value}, r.Values) {
				return false
			}
		case corev1.NodeSelectorOpDoesNotExist:
			if ok {
				return false
			}
		default:
			t.Fatalf("unexpected operator %s", r.Operator)
		}
	}
	return true
}

func TestPod_SpreadsOverZonesAndNodesWithoutInsisting(t *testing.T) {
	var domains []string
	for _, spread := range render(t, classifier()).pod().Spec.TopologySpreadConstraints {
		domains = append(domains, spread.TopologyKey)
		assert.Equal(t, corev1.ScheduleAnyway, spread.WhenUnsatisfiable)
		assert.EqualValues(t, 1, spread.MaxSkew)
		assert.Equal(t, []string{"pod-template-hash"}, spread.MatchLabelKeys)
	}
	assert.Equal(t, []string{corev1.LabelTopologyZone, corev1.LabelHostname}, domains)
}

func TestPod_TellsPrometheusWhereToLook(t *testing.T) {
	pod := render(t, changed(func(m *spec.Model) { m.Port, m.Metrics.Path = 9000, "/prom" })).pod()
	assert.Equal(t, map[string]string{
		"prometheus.io/scrape": "true", "prometheus.io/port": "9000", "prometheus.io/path": "/prom",
	}, pod.Annotations)
}

func TestPod_EnvironmentIsTheModelsInAFixedOrder(t *testing.T) {
	env := func(m *spec.Model) { m.Env = map[string]string{"ZONE": "z", "ALPHA": "a"} }
	assert.Equal(t, []corev1.EnvVar{{Name: "ALPHA", Value: "a"}, {Name: "HOME", Value: "/tmp"}, {Name: "ZONE", Value: "z"}},
		render(t, changed(env)).server().Env)
	home := func(m *spec.Model) { m.Env = map[string]string{"HOME": "/srv"} }
	assert.Equal(t, []corev1.EnvVar{{Name: "HOME", Value: "/srv"}}, render(t, changed(home)).server().Env)
}

func TestPod_RunsTheImageAsItIsUnlessTold(t *testing.T) {
	server := render(t, classifier()).server()
	assert.Nil(t, server.Command)
	assert.Nil(t, server.Args)
	told := render(t, variants()["everything said"]).server()
	assert.Equal(t, []string{"/bin/server"}, told.Command)
	assert.Equal(t, []string{"--quiet"}, told.Args)
}
