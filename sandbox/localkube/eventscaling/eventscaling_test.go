package eventscaling

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	fakedynamic "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/kubernetes/fake"
)

// object is a ScaledObject as serving makes it.
func object(triggers ...any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject",
		"metadata": map[string]any{"name": "classifier", "namespace": "models", "uid": "1"},
		"spec": map[string]any{
			"scaleTargetRef":  map[string]any{"name": "classifier"},
			"minReplicaCount": int64(2), "maxReplicaCount": int64(10),
			"advanced": map[string]any{"horizontalPodAutoscalerConfig": map[string]any{
				"name":     "classifier",
				"behavior": map[string]any{"scaleDown": map[string]any{"stabilizationWindowSeconds": int64(300)}},
			}},
			"triggers": triggers,
		},
	}}
}

var (
	cpu = map[string]any{"type": "cpu", "metricType": "Utilization", "metadata": map[string]any{"value": "70", "containerName": "server"}}
	gpu = map[string]any{"type": "prometheus", "metricType": "AverageValue", "metadata": map[string]any{"query": "sum(x)", "threshold": "70"}}
	// office is at least eight from nine to six on weekdays in Berlin.
	office = map[string]any{"type": "cron", "metadata": map[string]any{
		"timezone": "Europe/Berlin", "start": "0 9 * * 1-5", "end": "0 18 * * 1-5", "desiredReplicas": "8",
	}}
)

func made(t *testing.T, at string, triggers ...any) *autoscalingv2.HorizontalPodAutoscaler {
	t.Helper()
	now, err := time.Parse(time.RFC3339, at)
	require.NoError(t, err)
	var scaled scaledObject
	require.NoError(t, runtime.DefaultUnstructuredConverter.FromUnstructured(object(triggers...).Object, &scaled))
	autoscaler, err := scaled.autoscaler(now)
	require.NoError(t, err)
	return autoscaler
}

func TestAutoscaler_HasTheBoundsAndWhatCanBeMeasured(t *testing.T) {
	autoscaler := made(t, "2026-11-24T03:00:00Z", cpu, gpu)
	assert.Equal(t, "classifier", autoscaler.Name)
	assert.Equal(t, "Deployment", autoscaler.Spec.ScaleTargetRef.Kind)
	assert.EqualValues(t, 2, *autoscaler.Spec.MinReplicas)
	assert.EqualValues(t, 10, autoscaler.Spec.MaxReplicas)
	assert.EqualValues(t, 300, *autoscaler.Spec.Behavior.ScaleDown.StabilizationWindowSeconds)
	require.Len(t, autoscaler.Spec.Metrics, 1)
	assert.Equal(t, "server", autoscaler.Spec.Metrics[0].ContainerResource.Container)
	assert.EqualValues(t, 70, *autoscaler.Spec.Metrics[0].ContainerResource.Target.AverageUtilization)
}

func TestAutoscaler_FollowsTheTimeOfDay(t *testing.T) {
	for at, want := range map[string]int32{
		"2026-11-24T07:59:00Z": 2, // Tuesday, 08:59 in Berlin
		"2026-11-24T08:01:00Z": 8, // 09:01
		"2026-11-24T16:59:00Z": 8, // 17:59
		"2026-11-24T17:01:00Z": 2, // 18:01
		"2026-11-28T11:00:00Z": 2, // Saturday
	} {
		assert.Equal(t, want, *made(t, at, cpu, office).Spec.MinReplicas, at)
	}
}

func TestAutoscaler_RefusesWhatKEDARefuses(t *testing.T) {
	for want, trigger := range map[string]any{
		"is not a utilization": map[string]any{"type": "cpu", "metricType": "Utilization", "metadata": map[string]any{"value": "much"}},
		"unknown time zone":    map[string]any{"type": "cron", "metadata": map[string]any{"timezone": "Atlantis"}},
		"start":                map[string]any{"type": "cron", "metadata": map[string]any{"timezone": "UTC", "start": "nine"}},
	} {
		var scaled scaledObject
		require.NoError(t, runtime.DefaultUnstructuredConverter.FromUnstructured(object(trigger).Object, &scaled))
		_, err := scaled.autoscaler(time.Now())
		assert.ErrorContains(t, err, want)
	}
}

func TestOperator_MakesTheAutoscalerAndSaysSo(t *testing.T) {
	kinds := map[schema.GroupVersionResource]string{Resource: "ScaledObjectList"}
	objects := fakedynamic.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), kinds, object(cpu))
	client := fake.NewClientset()
	require.NoError(t, New(client, objects).once(t.Context()))

	autoscaler, err := client.AutoscalingV2().HorizontalPodAutoscalers("models").Get(t.Context(), "classifier", metav1.GetOptions{})
	require.NoError(t, err)
	require.Len(t, autoscaler.OwnerReferences, 1)
	assert.Equal(t, "ScaledObject", autoscaler.OwnerReferences[0].Kind)
	scaled, err := objects.Resource(Resource).Namespace("models").Get(t.Context(), "classifier", metav1.GetOptions{})
	require.NoError(t, err)
	name, _, err := unstructured.NestedString(scaled.Object, "status", "hpaName")
	require.NoError(t, err)
	assert.Equal(t, "classifier", name)
}
