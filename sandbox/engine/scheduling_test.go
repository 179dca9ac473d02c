package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/sandbox/engine"
)

// How long the control plane may take to act, and how often a test looks.
const (
	patience = 60 * time.Second
	poll     = 250 * time.Millisecond
)

// What a user sees of four L4 nodes: their labels and taints, and which pods
// they take.
func TestScheduling_OnFourGPUNodes(t *testing.T) {
	project := projectWith(t, func(config map[string]any) {
		config["gantry:pools"] = []any{
			map[string]any{"name": "system", "role": "system", "min": 1, "max": 2},
			map[string]any{"name": "serve", "role": "inference", "gpu": "l4", "min": 4, "max": 4},
			map[string]any{"name": "train", "role": "training", "gpu": "a10g", "min": 1, "max": 2},
		}
		config["gantry:models"] = map[string]any{"image-classifier": map[string]any{"enabled": false}}
	})
	w := newWorld(t, project)
	w.up("dev")
	client := w.client("gantry-dev")

	t.Run("nodes carry the labels and taints of their pool", func(t *testing.T) { assertNodes(t, client) })
	t.Run("a pod that tolerates nothing stays off GPU nodes", func(t *testing.T) {
		pod := createPod(t, client, "plain", nil)
		running := requirePhase(t, client, pod, corev1.PodRunning)
		node, err := client.CoreV1().Nodes().Get(context.Background(), running.Spec.NodeName, metav1.GetOptions{})
		require.NoError(t, err)
		assert.Equal(t, "system", node.Labels[naming.LabelRole])
	})
	t.Run("a fifth GPU pod on four GPUs stays Pending", func(t *testing.T) {
		for i := range 4 {
			requirePhase(t, client, createPod(t, client, fmt.Sprintf("gpu-%d", i), onGPU), corev1.PodRunning)
		}
		fifth := createPod(t, client, "gpu-4", onGPU)
		require.Eventually(t, func() bool { return unschedulable(client, fifth) }, patience, poll)
	})
	t.Run("spot nodes that the cloud takes back return with the next up", func(t *testing.T) {
		assert.Len(t, w.evict("dev", "train"), 1)
		assert.Zero(t, trainNodes(t, client))
		assert.Zero(t, w.up("dev").Total(), "the account still has them")
		assert.Equal(t, 1, trainNodes(t, client))
	})
	w.downToNothing("dev")
}

// evict lets the cloud take back the nodes of a spot pool.
func (w *world) evict(stack, pool string) (nodes []string) {
	w.Helper()
	w.with(stack, func(ctx context.Context, sandbox *engine.Sandbox) {
		var err error
		nodes, err = sandbox.Evict(ctx, pool)
		require.NoError(w, err)
		_, err = sandbox.Evict(ctx, "serve")
		require.ErrorContains(w, err, "on-demand")
	})
	return nodes
}

func trainNodes(t *testing.T, client kubernetes.Interface) int {
	t.Helper()
	nodes, err := client.CoreV1().Nodes().List(context.Background(), metav1.ListOptions{LabelSelector: naming.LabelPool + "=train"})
	require.NoError(t, err)
	return len(nodes.Items)
}

func assertNodes(t *testing.T, client kubernetes.Interface) {
	nodes, err := client.CoreV1().Nodes().List(context.Background(), metav1.ListOptions{})
	require.NoError(t, err)
	count := map[string]int{}
	for _, node := range nodes.Items {
		pool := node.Labels[naming.LabelPool]
		count[pool]++
		taints := map[string]corev1.TaintEffect{}
		for _, taint := range node.Spec.Taints {
			taints[taint.Key+"="+taint.Value] = taint.Effect
		}
		wanted := map[string]struct {
			role, capacity, gpu string
			taints              map[string]corev1.TaintEffect
		}{
			"system": {"system", "on-demand", "", map[string]corev1.TaintEffect{}},
			"serve": {"inference", "on-demand", "l4", map[string]corev1.TaintEffect{
				"nvidia.com/gpu=present": corev1.TaintEffectNoSchedule,
			}},
			"train": {"training", "spot", "a10g", map[string]corev1.TaintEffect{
				"nvidia.com/gpu=present":   corev1.TaintEffectNoSchedule,
				"gantry.dev/role=training": corev1.TaintEffectNoSchedule,
			}},
		}[pool]
		assert.Equal(t, wanted.role, node.Labels[naming.LabelRole], node.Name)
		assert.Equal(t, wanted.capacity, node.Labels[naming.LabelCapacity], node.Name)
		assert.Equal(t, wanted.gpu, node.Labels[naming.LabelGPU], node.Name)
		assert.Equal(t, wanted.taints, taints, node.Name)
	}
	assert.Equal(t, map[string]int{"system": 1, "serve": 4, "train": 1}, count)
}

// onGPU makes a pod ask for an accelerator of an inference node.
func onGPU(spec *corev1.PodSpec) {
	spec.Tolerations = []corev1.Toleration{{Key: naming.TaintGPU, Operator: corev1.TolerationOpExists}}
	spec.NodeSelector = map[string]string{naming.LabelRole: "inference"}
	spec.Containers[0].Resources.Limits = corev1.ResourceList{naming.ResourceGPU: resource.MustParse("1")}
}

func createPod(t *testing.T, client kubernetes.Interface, name string, change func(*corev1.PodSpec)) string {
	t.Helper()
	spec := corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "registry.example.com/none:v1"}}}
	if change != nil {
		change(&spec)
	}
	_, err := client.CoreV1().Pods("default").Create(context.Background(),
		&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}, metav1.CreateOptions{})
	require.NoError(t, err)
	return name
}

func requirePhase(t *testing.T, client kubernetes.Interface, name string, phase corev1.PodPhase) (pod *corev1.Pod) {
	t.Helper()
	require.Eventually(t, func() bool {
		var err error
		pod, err = client.CoreV1().Pods("default").Get(context.Background(), name, metav1.GetOptions{})
		return err == nil && pod.Status.Phase == phase
	}, patience, poll, "pod %s is never %s", name, phase)
	return pod
}

// unschedulable tells whether the scheduler has tried the pod and found no
// room.
func unschedulable(client kubernetes.Interface, name string) bool {
	pod, err := client.CoreV1().Pods("default").Get(context.Background(), name, metav1.GetOptions{})
	if err != nil || pod.Status.Phase != corev1.PodPending {
		return false
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Reason == corev1.PodReasonUnschedulable {
			return true
		}
	}
	return false
}
