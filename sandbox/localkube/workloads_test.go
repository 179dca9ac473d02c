package localkube_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"gantry.dev/gantry/modules/naming"
)

// podOptions are the ways in which the pods of the tests differ.
type podOptions struct {
	selector    map[string]string
	labels      map[string]string
	annotations map[string]string
	gpus        int
	tolerate    bool
	claim       string
}

func (o podOptions) template() corev1.PodTemplateSpec {
	container := corev1.Container{Name: "main", Image: "registry.example.com/image:v1"}
	container.Resources.Requests = corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("100m"),
		corev1.ResourceMemory: resource.MustParse("128Mi"),
	}
	if o.gpus > 0 {
		container.Resources.Limits = corev1.ResourceList{naming.ResourceGPU: gpuQuantity(o.gpus)}
	}
	pod := corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: o.labels, Annotations: o.annotations},
		Spec:       corev1.PodSpec{NodeSelector: o.selector},
	}
	if o.tolerate {
		pod.Spec.Tolerations = []corev1.Toleration{{Key: naming.TaintGPU, Operator: corev1.TolerationOpExists}}
	}
	if o.claim != "" {
		pod.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: o.claim},
		}}}
		container.VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
	}
	pod.Spec.Containers = []corev1.Container{container}
	return pod
}

func newDeployment(name string, replicas int32, o podOptions) *appsv1.Deployment {
	o.labels = map[string]string{"app": name}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: o.labels},
			Template: o.template(),
		},
	}
}

func newNamespace(t *testing.T, client kubernetes.Interface) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	created, err := client.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{})
	require.NoError(t, err)
	// The admission of pods waits for the namespace's service account.
	require.Eventually(t, func() bool {
		_, err := client.CoreV1().ServiceAccounts(created.Name).Get(t.Context(), "default", metav1.GetOptions{})
		return err == nil
	}, soon, 20*time.Millisecond)
	t.Cleanup(func() {
		assert.NoError(t, client.CoreV1().Namespaces().Delete(context.Background(), created.Name, metav1.DeleteOptions{}))
	})
	return created.Name
}

func createPod(t *testing.T, client kubernetes.Interface, namespace, name string, o podOptions) *corev1.Pod {
	t.Helper()
	template := o.template()
	pod := &corev1.Pod{ObjectMeta: template.ObjectMeta, Spec: template.Spec}
	pod.Name = name
	created, err := client.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{})
	require.NoError(t, err)
	return created
}

func deletePod(t *testing.T, client kubernetes.Interface, pod *corev1.Pod) {
	t.Helper()
	require.NoError(t, client.CoreV1().Pods(pod.Namespace).Delete(t.Context(), pod.Name, metav1.DeleteOptions{}))
	require.Eventually(t, func() bool {
		_, err := client.CoreV1().Pods(pod.Namespace).Get(t.Context(), pod.Name, metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	}, soon, 50*time.Millisecond)
}

// eventuallyRunning waits for exactly n ready pods in a namespace.
func eventuallyRunning(t *testing.T, client kubernetes.Interface, namespace string, n int) []corev1.Pod {
	t.Helper()
	var running []corev1.Pod
	require.Eventually(t, func() bool {
		pods, err := client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			return false
		}
		running = nil
		for _, pod := range pods.Items {
			if pod.Status.Phase == corev1.PodRunning && pod.DeletionTimestamp == nil {
				running = append(running, pod)
			}
		}
		return len(running) == n
	}, soon, 50*time.Millisecond, "%d pods running", n)
	return running
}

// staysPending waits until the scheduler has refused the pod for the reason,
// and a while longer.
func staysPending(t *testing.T, client kubernetes.Interface, pod *corev1.Pod, reason string) {
	t.Helper()
	get := func() *corev1.Pod {
		current, err := client.CoreV1().Pods(pod.Namespace).Get(t.Context(), pod.Name, metav1.GetOptions{})
		require.NoError(t, err)
		return current
	}
	require.Eventually(t, func() bool {
		for _, c := range get().Status.Conditions {
			if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse && strings.Contains(c.Message, reason) {
				return true
			}
		}
		return false
	}, soon, 50*time.Millisecond, "refused by the scheduler: %s", reason)
	never(t, func() bool { return get().Spec.NodeName != "" })
}

// never watches a while for something that must not happen. It looks from the
// test's own goroutine, which the end of the test cannot overtake.
func never(t *testing.T, happens func() bool) {
	t.Helper()
	for end := time.Now().Add(settle); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		require.False(t, happens())
	}
}

// eventuallyEvent waits for an event about an object and returns its message.
func eventuallyEvent(t *testing.T, client kubernetes.Interface, namespace, object, reason string) string {
	t.Helper()
	var message string
	require.Eventually(t, func() bool {
		events, err := client.CoreV1().Events(namespace).List(t.Context(), metav1.ListOptions{
			FieldSelector: "involvedObject.name=" + object,
		})
		if err != nil {
			return false
		}
		for _, e := range events.Items {
			if e.Reason == reason {
				message = e.Message
				return true
			}
		}
		return false
	}, soon, 50*time.Millisecond, "event %s on %s", reason, object)
	return message
}

func patchNode(t *testing.T, client kubernetes.Interface, name, patch string) {
	t.Helper()
	_, err := client.CoreV1().Nodes().Patch(t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	require.NoError(t, err)
}
