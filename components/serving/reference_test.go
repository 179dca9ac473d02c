package serving

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/componenttest/manifest"
	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

// reference is the platform of a model file, read as the program reads it.
func reference(t *testing.T) *fixture {
	t.Helper()
	file, err := os.ReadFile("testdata/reference.yaml")
	require.NoError(t, err)
	platform, pools, err := spec.Load(spec.Raw{
		Project: "gantry", Stack: "dev", Region: "us-east-1",
		Config: map[string]string{
			"cluster": `{"version": "1.34"}`,
			"pools": `[{"name": "system", "role": "system", "cpu": 4, "memory": "16Gi", "min": 2, "max": 4},
				{"name": "serve", "role": "inference", "gpu": "l4", "min": 2, "max": 12}]`,
		},
		ModelFiles: map[string][]byte{"stacks/models/image-classifier.yaml": file},
	})
	require.NoError(t, err)
	return &fixture{platform: platform, pools: pools, storage: []cluster.StorageClass{
		{Name: cluster.ClassShared, Access: cluster.ReadWriteMany},
	}}
}

func TestReference_Golden(t *testing.T) {
	f := reference(t)
	require.NoError(t, f.run())
	manifest.Golden(t, "testdata/reference.golden.yaml", f.rec.All())
}

// What the model file says is what Kubernetes gets, number by number.
func TestReference_EveryNumberArrives(t *testing.T) {
	f := reference(t)
	got := f.render(t)
	server := got.server()

	assert.Equal(t, "registry.example.com/image-classifier:v1", server.Image)
	assert.EqualValues(t, 8000, server.Ports[0].ContainerPort)
	assertQuantities(t, server.Resources.Requests, map[string]string{"memory": "2Gi", "cpu": "500m", naming.ResourceGPU: "1"})
	assertQuantities(t, server.Resources.Limits, map[string]string{"memory": "4Gi", "cpu": "2000m", naming.ResourceGPU: "1"})

	assert.EqualValues(t, 10, server.ReadinessProbe.InitialDelaySeconds)
	assert.EqualValues(t, 5, server.ReadinessProbe.PeriodSeconds)
	assert.EqualValues(t, 30, server.LivenessProbe.InitialDelaySeconds)
	assert.EqualValues(t, 10, server.LivenessProbe.PeriodSeconds)
	for _, probe := range []*corev1.Probe{server.ReadinessProbe, server.LivenessProbe} {
		assert.Equal(t, "/health", probe.HTTPGet.Path)
		assert.Equal(t, server.Ports[0].Name, probe.HTTPGet.Port.StrVal)
	}

	require.Len(t, got.service.Spec.Ports, 1)
	assert.EqualValues(t, 80, got.service.Spec.Ports[0].Port)
	assert.Equal(t, server.Ports[0].Name, got.service.Spec.Ports[0].TargetPort.StrVal, "the port that is 8000")

	require.NotNil(t, got.claim)
	size := got.claim.Spec.Resources.Requests[corev1.ResourceStorage]
	assert.Equal(t, "10Gi", size.String())
	assert.Equal(t, []corev1.PersistentVolumeAccessMode{corev1.ReadOnlyMany}, got.claim.Spec.AccessModes)
	assert.Equal(t, cluster.ClassShared, *got.claim.Spec.StorageClassName)
	assert.Contains(t, server.VolumeMounts, corev1.VolumeMount{Name: modelsVolume, MountPath: "/models", ReadOnly: true})

	scaler := got.scaler.Spec
	assert.EqualValues(t, 2, *scaler.MinReplicas)
	assert.EqualValues(t, 10, scaler.MaxReplicas)
	targets := map[corev1.ResourceName]int32{}
	for _, metric := range scaler.Metrics {
		targets[metric.Resource.Name] = *metric.Resource.Target.AverageUtilization
	}
	assert.Equal(t, map[corev1.ResourceName]int32{"cpu": 70, "memory": 80}, targets)
	assert.Equal(t, []autoscalingv2.HPAScalingPolicy{{Type: "Percent", Value: 100, PeriodSeconds: 30}}, scaler.Behavior.ScaleUp.Policies)
	assert.EqualValues(t, 0, *scaler.Behavior.ScaleUp.StabilizationWindowSeconds)
	assert.Equal(t, []autoscalingv2.HPAScalingPolicy{{Type: "Percent", Value: 50, PeriodSeconds: 60}}, scaler.Behavior.ScaleDown.Policies)
	assert.EqualValues(t, 300, *scaler.Behavior.ScaleDown.StabilizationWindowSeconds)
}

// The autoscaler owns the number of replicas; the Deployment names none, so that an
// update never takes back what the load has asked for.
func TestReference_TwoReplicasAreTheScalersLeast(t *testing.T) {
	f := reference(t)
	got := f.render(t)
	assert.EqualValues(t, 2, *got.scaler.Spec.MinReplicas)
	assert.Nil(t, got.deployment.Spec.Replicas)
	assert.Equal(t, "image-classifier", got.scaler.Spec.ScaleTargetRef.Name)
}

func assertQuantities(t *testing.T, got corev1.ResourceList, want map[string]string) {
	t.Helper()
	assert.Len(t, got, len(want))
	for name, text := range want {
		amount := got[corev1.ResourceName(name)]
		assert.Zero(t, amount.Cmp(resource.MustParse(text)), "%s is %s and not %s", name, amount.String(), text)
	}
}
