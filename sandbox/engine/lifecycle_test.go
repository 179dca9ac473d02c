package engine_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/sandbox/engine"
)

// clouds are those that every shipped stack comes up on, and the accelerator
// that its models get there.
var clouds = map[string]string{"aws": "l4", "gcp": "l4", "azure": "t4"}

// Every shipped stack goes from an empty account to served models and back, on
// every cloud.
func TestStacks_UpAgainRefreshDown(t *testing.T) {
	for _, cloud := range slices.Sorted(maps.Keys(clouds)) {
		for _, stack := range []string{"dev", "prod"} {
			t.Run(cloud+"/"+stack, func(t *testing.T) {
				w := newWorldOn(t, repository(t), cloud)
				first := w.up(stack)
				assert.Positive(t, first[apitype.OpCreate])
				assert.Equal(t, first[apitype.OpCreate], first.Total(), "a new stack only creates")
				w.requireModelsRunning(w.localCluster(stack), clouds[cloud])

				assert.Zero(t, w.up(stack).Total(), "a second up changes nothing")
				assert.Zero(t, w.refresh(stack).Total(), "nothing drifts by itself")
				w.downToNothing(stack)
			})
		}
	}
}

// requireModelsRunning requires that every model has its least number of
// replicas running on on-demand inference nodes that have the accelerator.
func (w *world) requireModelsRunning(cluster, gpu string) {
	w.Helper()
	ctx := context.Background()
	client := w.client(cluster)
	scalers, err := client.AutoscalingV2().HorizontalPodAutoscalers("").List(ctx, metav1.ListOptions{})
	require.NoError(w, err)
	require.NotEmpty(w, scalers.Items)
	for _, scaler := range scalers.Items {
		name := scaler.Spec.ScaleTargetRef.Name
		least := int(*scaler.Spec.MinReplicas)
		var running []corev1.Pod
		require.Eventually(w, func() bool {
			pods, err := client.CoreV1().Pods(scaler.Namespace).List(ctx, metav1.ListOptions{LabelSelector: naming.LabelModel + "=" + name})
			if err != nil {
				return false
			}
			running = nil
			for _, pod := range pods.Items {
				if pod.Status.Phase == corev1.PodRunning {
					running = append(running, pod)
				}
			}
			return len(running) >= least
		}, patience, poll, "model %s never had %d running replicas", name, least)
		for _, pod := range running {
			node, err := client.CoreV1().Nodes().Get(ctx, pod.Spec.NodeName, metav1.GetOptions{})
			require.NoError(w, err)
			assert.Equal(w, "inference", node.Labels[naming.LabelRole], pod.Name)
			assert.Equal(w, "on-demand", node.Labels[naming.LabelCapacity], pod.Name)
			assert.Equal(w, gpu, node.Labels[naming.LabelGPU], pod.Name)
		}
	}
}

func TestPreview_ChangesNothing(t *testing.T) {
	w := newWorld(t, repository(t))
	w.with("prod", func(ctx context.Context, sandbox *engine.Sandbox) {
		changes, err := sandbox.Preview(ctx)
		require.NoError(t, err)
		assert.Positive(t, changes[apitype.OpCreate])
		objects, err := sandbox.Objects()
		require.NoError(t, err)
		assert.Empty(t, objects)
	})
}

func TestDrift_IsReportedAndPutBack(t *testing.T) {
	w := newWorld(t, repository(t))
	w.up("dev")
	ctx := context.Background()
	client := w.client("gantry-dev")
	services := client.CoreV1().Services("models")
	require.NoError(t, services.Delete(ctx, "image-classifier", metav1.DeleteOptions{}))

	assert.Equal(t, 1, w.refresh("dev")[apitype.OpDelete], "the deleted service")
	changes := w.up("dev")
	assert.Equal(t, 1, changes.Total())
	assert.Equal(t, 1, changes[apitype.OpCreate])
	_, err := services.Get(ctx, "image-classifier", metav1.GetOptions{})
	require.NoError(t, err)
	w.downToNothing("dev")
}

func TestBadConfig_ReportsEveryProblemAndCreatesNothing(t *testing.T) {
	project := projectWith(t, func(config map[string]any) {
		config["gantry:addon"] = map[string]any{}
		config["gantry:cluster"].(map[string]any)["version"] = "1.12"
		config["gantry:pools"].([]any)[0].(map[string]any)["max"] = 0
	})
	w := newWorld(t, project)
	var out strings.Builder
	opened := w.options("dev")
	opened.Out = &out
	sandbox, err := engine.Open(context.Background(), opened)
	require.NoError(t, err)
	defer sandbox.Close()

	_, err = sandbox.Up(context.Background())
	require.ErrorIs(t, err, engine.ErrReported)
	for _, said := range []string{"gantry:addon:", "did you mean addons", "gantry:cluster.version", "1.12", "gantry:pools[0].max"} {
		assert.Contains(t, out.String(), said)
	}
	objects, err := sandbox.Objects()
	require.NoError(t, err)
	assert.Empty(t, objects)
}

func TestOpen_RefusesASecondSandboxInTheSameHome(t *testing.T) {
	w := newWorld(t, repository(t))
	w.with("dev", func(ctx context.Context, _ *engine.Sandbox) {
		_, err := engine.Open(ctx, w.options("dev"))
		require.ErrorContains(t, err, "another sandbox command is running")
	})
}

func TestOpen_NamesAMissingStackFile(t *testing.T) {
	w := newWorld(t, repository(t))
	_, err := engine.Open(context.Background(), w.options("staging"))
	require.ErrorContains(t, err, "Pulumi.staging.yaml")
}
