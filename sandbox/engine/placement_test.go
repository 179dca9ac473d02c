package engine_test

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/scheduling"
	"gantry.dev/gantry/modules/spec"
	"gantry.dev/gantry/modules/stackfile"
	"gantry.dev/gantry/sandbox/engine"
	"gantry.dev/gantry/stacks"
)

// On every cloud the same model lands on the inference pool, a training job on
// spot, and an eviction of the spot pool touches no model.
func TestPlacement_OnEveryCloud(t *testing.T) {
	for _, cloud := range slices.Sorted(maps.Keys(clouds)) {
		t.Run(cloud, func(t *testing.T) {
			project := projectWith(t, func(config map[string]any) {
				config["gantry:pools"].([]any)[1].(map[string]any)["min"] = 1 // one training node
			})
			w := newWorldOn(t, project, cloud)
			w.up("dev")
			client := w.client(w.localCluster("dev"))
			plans := w.plans("dev")

			assertTaintsAreDeclared(t, client, plans)
			w.requireModelsRunning(w.localCluster("dev"), clouds[cloud])
			node := runTrainingJob(t, client, plans)
			assert.Equal(t, "spot", node.Labels[naming.LabelCapacity])
			assert.Equal(t, "training", node.Labels[naming.LabelRole])

			before := servingPods(t, client)
			w.with("dev", func(ctx context.Context, sandbox *engine.Sandbox) {
				gone, err := sandbox.Evict(ctx, "train")
				require.NoError(t, err)
				assert.Contains(t, gone, node.Name, "with all nodes of the pool: GKE begins with one a zone")
			})
			_, err := client.CoreV1().Nodes().Get(context.Background(), node.Name, metav1.GetOptions{})
			require.Error(t, err, "the spot node is gone")
			assert.Equal(t, before, servingPods(t, client), "the models' pods are the same, and ready")
			w.downToNothing("dev")
		})
	}
}

// plans are the pools of a stack as the program plans them.
func (w *world) plans(stack string) []spec.PoolPlan {
	w.Helper()
	file, err := stackfile.Read(os.DirFS(w.project), stack)
	require.NoError(w, err)
	models, err := stacks.ModelFiles()
	require.NoError(w, err)
	_, plans, err := spec.Load(file.On(spec.Cloud(w.cloud)).Raw(models))
	require.NoError(w, err)
	return plans
}

// assertTaintsAreDeclared asserts that nodes carry no taint that their pool's
// plan does not have: what computes tolerations from plans would miss it.
func assertTaintsAreDeclared(t *testing.T, client kubernetes.Interface, plans []spec.PoolPlan) {
	t.Helper()
	declared := map[string][]corev1.Taint{}
	for _, plan := range plans {
		declared[plan.Name] = []corev1.Taint{}
		for _, taint := range plan.NodeTaints {
			declared[plan.Name] = append(declared[plan.Name], corev1.Taint{Key: taint.Key, Value: taint.Value, Effect: corev1.TaintEffect(taint.Effect)})
		}
	}
	nodes, err := client.CoreV1().Nodes().List(context.Background(), metav1.ListOptions{})
	require.NoError(t, err)
	require.NotEmpty(t, nodes.Items)
	for _, node := range nodes.Items {
		// Kubernetes itself puts a taint on a node that is just getting ready.
		taints := slices.DeleteFunc(node.Spec.Taints, func(t corev1.Taint) bool { return strings.HasPrefix(t.Key, "node.kubernetes.io/") })
		assert.ElementsMatch(t, declared[node.Labels[naming.LabelPool]], taints, node.Name)
	}
}

// runTrainingJob runs a job as a user writes one, by the labels and taints of
// the training pools, and returns the node that its pod is on.
func runTrainingJob(t *testing.T, client kubernetes.Interface, plans []spec.PoolPlan) *corev1.Node {
	t.Helper()
	ctx := context.Background()
	var tolerations []corev1.Toleration
	training := slices.DeleteFunc(slices.Clone(plans), func(p spec.PoolPlan) bool { return p.Role != spec.RoleTraining })
	for _, toleration := range scheduling.TolerateAll(training) {
		tolerations = append(tolerations, corev1.Toleration{
			Key: toleration.Key, Operator: corev1.TolerationOpEqual, Value: toleration.Value, Effect: corev1.TaintEffect(toleration.Effect),
		})
	}
	_, err := client.BatchV1().Jobs("default").Create(ctx, &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: "train"},
		Spec: batchv1.JobSpec{Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyNever,
			NodeSelector:  map[string]string{naming.LabelRole: "training"},
			Tolerations:   tolerations,
			Containers: []corev1.Container{{
				Name: "train", Image: "registry.example.com/train:v1",
				Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{naming.ResourceGPU: resource.MustParse("1")}},
			}},
		}}},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	var pod corev1.Pod
	require.Eventually(t, func() bool {
		pods, err := client.CoreV1().Pods("default").List(ctx, metav1.ListOptions{LabelSelector: "job-name=train"})
		if err != nil || len(pods.Items) == 0 {
			return false
		}
		pod = pods.Items[0]
		// A simulated job has nothing to do and may be done already.
		return pod.Status.Phase == corev1.PodRunning || pod.Status.Phase == corev1.PodSucceeded
	}, patience, poll, "the training job never runs")
	node, err := client.CoreV1().Nodes().Get(ctx, pod.Spec.NodeName, metav1.GetOptions{})
	require.NoError(t, err)
	return node
}

// servingPods maps the UID of every pod of a model to whether it is ready.
func servingPods(t *testing.T, client kubernetes.Interface) map[string]bool {
	t.Helper()
	pods, err := client.CoreV1().Pods("").List(context.Background(), metav1.ListOptions{LabelSelector: naming.LabelModel})
	require.NoError(t, err)
	require.NotEmpty(t, pods.Items)
	ready := map[string]bool{}
	for _, pod := range pods.Items {
		ready[string(pod.UID)] = slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
		})
	}
	return ready
}
