package engine_test

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gantry.dev/gantry/sandbox/engine"
)

// kills is how often the sandbox is killed, and seed decides when.
const (
	kills = 10
	seed  = 20261124
)

// A sandbox killed at any moment of up leaves nothing that the next up does not
// put right, and nothing twice.
func TestUp_ConvergesAfterAKill(t *testing.T) {
	w := newWorld(t, repository(t))
	start := time.Now()
	require.NoError(t, w.startUp().Wait())
	whole := time.Since(start)
	undisturbed := w.inventory()
	w.downToNothing("dev")

	random := rand.New(rand.NewPCG(seed, seed))
	for range kills {
		point := time.Duration(random.Int64N(int64(whole)))
		t.Run("killed after "+point.Round(time.Millisecond).String(), func(t *testing.T) {
			w := &world{T: t, project: w.project, home: w.home, cloud: w.cloud}
			process := w.startUp()
			time.Sleep(point)
			require.NoError(t, process.Process.Kill())
			_ = process.Wait() // its error says that it was killed

			w.up("dev")
			assert.Equal(t, undisturbed, w.inventory())
			w.requireModelsRunning("gantry-dev", "l4")
			assert.Zero(t, w.up("dev").Total(), "what the next up left to do")
			w.downToNothing("dev")
		})
	}
}

func (w *world) startUp() *exec.Cmd {
	w.Helper()
	command := exec.Command(os.Args[0], upRole, w.project, w.home, "dev", w.cloud)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	require.NoError(w, command.Start())
	return command
}

// inventory lists the URN of every object of the emulated accounts and the pool
// of every node, both sorted, so that anything made twice shows.
func (w *world) inventory() (all []string) {
	w.Helper()
	w.with("dev", func(_ context.Context, sandbox *engine.Sandbox) {
		objects, err := sandbox.Objects()
		require.NoError(w, err)
		for _, object := range objects {
			all = append(all, object.URN)
		}
	})
	nodes, err := w.client("gantry-dev").CoreV1().Nodes().List(context.Background(), metav1.ListOptions{})
	require.NoError(w, err)
	for _, node := range nodes.Items {
		all = append(all, "node of "+node.Labels["gantry.dev/pool"])
	}
	slices.Sort(all)
	return all
}
