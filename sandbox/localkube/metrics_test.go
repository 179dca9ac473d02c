package localkube_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"

	"gantry.dev/gantry/sandbox/localkube/agent"
)

func TestMetricsServerMakesAutoscalersWork(t *testing.T) {
	clusters, client := sharedClient(t)
	namespace := newNamespace(t, client)
	node := cpuNode("measured", "us-east-1a")
	node.Labels["test"] = "metrics"
	putNode(t, clusters, node)
	deployment := newDeployment("busy", 1, podOptions{
		selector:    map[string]string{"test": "metrics"},
		annotations: map[string]string{agent.AnnotationCPUUsage: "200m"},
	})
	_, err := client.AppsV1().Deployments(namespace).Create(t.Context(), deployment, metav1.CreateOptions{})
	require.NoError(t, err)
	eventuallyRunning(t, client, namespace, 1)

	_, err = podMetrics(t, client, namespace)
	require.Error(t, err, "nobody serves metrics without the add-on")
	setAddon(t, clusters, agent.AddonMetrics)

	var pods metricsv1beta1.PodMetricsList
	require.Eventually(t, func() bool {
		pods, err = podMetrics(t, client, namespace)
		return err == nil && len(pods.Items) == 1
	}, soon, 100*time.Millisecond)
	used := pods.Items[0].Containers[0]
	assert.Equal(t, "main", used.Name)
	assert.Equal(t, "200m", used.Usage.Cpu().String(), "as the annotation says")
	assert.Equal(t, "64Mi", used.Usage.Memory().String(), "half of the request")

	_, err = client.AutoscalingV2().HorizontalPodAutoscalers(namespace).Create(t.Context(), autoscaler("busy", 3), metav1.CreateOptions{})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		scaled, err := client.AppsV1().Deployments(namespace).Get(t.Context(), "busy", metav1.GetOptions{})
		return err == nil && *scaled.Spec.Replicas == 3
	}, 90*time.Second, 500*time.Millisecond, "200 %% of the request against a target of 70 %%")
}

func podMetrics(t *testing.T, client kubernetes.Interface, namespace string) (list metricsv1beta1.PodMetricsList, err error) {
	t.Helper()
	path := "/apis/metrics.k8s.io/v1beta1/namespaces/" + namespace + "/pods"
	body, err := client.CoreV1().RESTClient().Get().AbsPath(path).Param("labelSelector", "app=busy").DoRaw(t.Context())
	if err != nil {
		return list, err
	}
	return list, json.Unmarshal(body, &list)
}

func autoscaler(deployment string, maxReplicas int32) *autoscalingv2.HorizontalPodAutoscaler {
	target := int32(70)
	return &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Name: deployment},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: deployment},
			MaxReplicas:    maxReplicas,
			Metrics: []autoscalingv2.MetricSpec{{
				Type: autoscalingv2.ResourceMetricSourceType,
				Resource: &autoscalingv2.ResourceMetricSource{
					Name:   corev1.ResourceCPU,
					Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &target},
				},
			}},
		},
	}
}
