package engine_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"gantry.dev/gantry/sandbox/engine"
)

const (
	oldImage = "registry.example.com/image-classifier:v1"
	// crashImage never becomes ready, see sandbox/localkube/stages.yaml.
	crashImage = "registry.example.com/image-classifier:v3-crash"
	// rollbackPatience is how long a rollback may take: seconds, and far less than
	// the update timeout of a model, which is more than fifteen minutes.
	rollbackPatience = 60 * time.Second
)

// requireCrashing waits until a pod of a version is crash-looping.
func requireCrashing(t *testing.T, client kubernetes.Interface, version string) {
	t.Helper()
	require.Eventually(t, func() bool {
		pods, err := client.CoreV1().Pods("models").List(context.Background(), metav1.ListOptions{LabelSelector: "gantry.dev/version=" + version})
		if err != nil {
			return false
		}
		for _, pod := range pods.Items {
			for _, container := range pod.Status.ContainerStatuses {
				if container.State.Waiting != nil && container.State.Waiting.Reason == "CrashLoopBackOff" {
					return true
				}
			}
		}
		return false
	}, patience, poll, "no pod of the version %s crash-loops", version)
}

// rollback is make rollback, while the up of another process may be running.
func (w *world) rollback(running *exec.Cmd) engine.RolledBack {
	w.Helper()
	ctx := context.Background()
	start := time.Now()
	stopped, err := engine.Interrupt(ctx, w.options("dev"))
	require.NoError(w, err)
	sandbox, err := engine.OpenWhenFree(ctx, w.options("dev"))
	require.NoError(w, err)
	defer func() { require.NoError(w, sandbox.Close()) }()
	done, err := sandbox.Rollback(ctx, servedModel)
	require.NoError(w, err)
	took := time.Since(start)
	w.Logf("rolled back from %s to %s in %s", done.Before, done.After, took.Round(100*time.Millisecond))
	assert.Less(w, took, rollbackPatience)
	if running != nil {
		assert.NotZero(w, stopped, "the up that was running")
		assert.Error(w, running.Wait(), "and it says that it did not end")
	}
	return done
}

// A version that crash-loops while up still waits for it is left within seconds,
// and the stable version serves all the while.
func TestRollback_WhileTheBadVersionCrashLoops(t *testing.T) {
	w := newWorldOn(t, projectWith(t, func(map[string]any) {}), "aws")
	scale := map[string]any{"max": 2}
	canary := func(image string) map[string]any {
		return map[string]any{"scale": scale, "rollout": map[string]any{"canary": map[string]any{"image": image, "weight": 50}}}
	}
	w.setModel(map[string]any{"scale": scale})
	w.up("dev")
	cluster := w.localCluster("dev")
	client := w.client(cluster)
	requireReady(t, client, servedModel, 2)
	stop := watch(client)

	w.with("dev", func(ctx context.Context, sandbox *engine.Sandbox) {
		_, err := sandbox.Rollback(ctx, servedModel)
		assert.ErrorContains(t, err, "there is nothing to go back to")
		_, err = sandbox.Rollback(ctx, "no-model")
		assert.ErrorContains(t, err, "has no model")
	})

	// A canary with half of the requests gets an image that crash-loops.
	w.setModel(canary(newImage))
	w.up("dev")
	w.setModel(canary(crashImage))
	running := w.startUp()
	requireCrashing(t, client, "canary")
	assert.Equal(t, map[string]int64{servedModel: 50, servedModel + "-canary": 50}, w.weights(cluster))
	done := w.rollback(running)
	assert.Equal(t, []string{"gantry:models." + servedModel + ".rollout.canary removed"}, done.Lines)
	assert.Equal(t, map[string]int64{servedModel: 100}, w.weights(cluster))
	// The room that the canary took lets the stable version surge again.
	assert.Equal(t, 1, w.up("dev").Total(), "what the next up left to do")

	// Green has all requests when its new image crash-loops.
	green := func(image string) map[string]any {
		return map[string]any{"scale": scale, "rollout": map[string]any{"blueGreen": map[string]any{"green": image, "active": "green"}}}
	}
	w.setModel(green(newImage))
	w.up("dev")
	w.setModel(green(crashImage))
	running = w.startUp()
	requireCrashing(t, client, "green")
	done = w.rollback(running)
	assert.Equal(t, []string{"gantry:models." + servedModel + ".rollout.blueGreen.active: blue"}, done.Lines)
	assert.Equal(t, map[string]int64{servedModel: 100, servedModel + "-green": 0}, w.weights(cluster))
	w.setModel(map[string]any{"scale": scale})
	w.up("dev")

	fewest, pods := stop()
	assert.EqualValues(t, 2, fewest, "ready replicas of the stable version")
	assert.Len(t, pods, 2, "and they are the same from beginning to end")

	// The stable version itself gets an image that crash-loops.
	stop = watch(client)
	w.setModel(map[string]any{"scale": scale, "image": crashImage})
	running = w.startUp()
	requireCrashing(t, client, "stable")
	done = w.rollback(running)
	assert.Equal(t, []string{fmt.Sprintf("gantry:models.%s.image: %s", servedModel, oldImage)}, done.Lines)
	fewest, _ = stop()
	assert.EqualValues(t, 2, fewest, "replicas of the old image that served while the rollout was stuck")
	requireOnly(t, client, oldImage)
	assert.Zero(t, w.up("dev").Total(), "what the next up left to do")

	written, err := os.ReadFile(filepath.Join(w.project, "Pulumi.dev.yaml"))
	require.NoError(t, err)
	assert.NotContains(t, string(written), crashImage)
	w.downToNothing("dev")
}

// requireOnly waits until all pods of the stable version run one image.
func requireOnly(t *testing.T, client kubernetes.Interface, image string) {
	t.Helper()
	require.Eventually(t, func() bool {
		pods, err := client.CoreV1().Pods("models").List(context.Background(), metav1.ListOptions{LabelSelector: "gantry.dev/version=stable"})
		if err != nil || len(pods.Items) == 0 {
			return false
		}
		for _, pod := range pods.Items {
			if pod.Status.Phase != corev1.PodRunning || pod.Spec.Containers[0].Image != image {
				return false
			}
		}
		return true
	}, patience, poll, "pods that do not run %s", image)
}
