package engine_test

import (
	"context"
	"maps"
	"slices"
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

// soon is how long a pending pod may wait for its node to come up.
const soon = 30 * time.Second

// zones are DNS zones as each cloud names them; that of Azure lies in a
// subscription of its own, as shared zones do.
var zones = map[string]string{
	"aws":   "Z0123456789ABCDEFGHIJ",
	"gcp":   "ml-example-com",
	"azure": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/dns/providers/Microsoft.Network/dnsZones/ml.example.com",
}

// On every cloud a pool that is empty has a node soon after a pod asks for one,
// and is empty again when nobody needs it. The engine sees none of it.
func TestAutoscaler_FollowsThePods(t *testing.T) {
	for _, cloud := range slices.Sorted(maps.Keys(clouds)) {
		t.Run(cloud, func(t *testing.T) {
			project := projectWith(t, func(config map[string]any) {
				config["gantry:models"] = map[string]any{"image-classifier": map[string]any{"enabled": false}}
				// What the shipped stacks leave out for want of a zone.
				config["gantry:addons"] = map[string]any{
					"dns":     map[string]any{"zone": zones[cloud], "domain": "ml.example.com"},
					"gateway": map[string]any{"host": "models.ml.example.com"},
				}
			})
			w := newWorldOn(t, project, cloud)
			w.up("dev")
			client := w.client(w.localCluster("dev"))
			require.Zero(t, trainNodes(t, client))

			begin := time.Now()
			node := requireSoon(t, client, createPod(t, client, "trainee", onSpotGPU))
			t.Logf("running after %s", time.Since(begin).Round(100*time.Millisecond))
			assert.Equal(t, "train", node.Labels[naming.LabelPool])
			assert.Equal(t, "spot", node.Labels[naming.LabelCapacity])
			assert.Equal(t, 1, trainNodes(t, client), "one node for one pod")
			assertTaintsAreDeclared(t, client, w.plans("dev"))

			w.with("dev", func(ctx context.Context, sandbox *engine.Sandbox) {
				changes, err := sandbox.Preview(ctx)
				require.NoError(t, err)
				assert.Zero(t, changes.Total(), "sizes are the autoscaler's")
			})
			assert.Zero(t, w.refresh("dev").Total())
			assert.Zero(t, w.up("dev").Total())
			assert.Equal(t, 1, trainNodes(t, client))

			deletePod(t, client, "trainee")
			require.Eventually(t, func() bool { return trainNodes(t, client) == 0 }, patience, poll, "an idle node stays")
			assert.Zero(t, w.up("dev").Total())
			assert.Zero(t, trainNodes(t, client), "and does not come back")

			reclaimed := requireSoon(t, client, createPod(t, client, "again", onSpotGPU))
			w.with("dev", func(ctx context.Context, sandbox *engine.Sandbox) {
				gone, err := sandbox.Evict(ctx, "train")
				require.NoError(t, err)
				assert.Equal(t, []string{reclaimed.Name}, gone)
			})
			requireSoon(t, client, createPod(t, client, "elsewhere", onSpotGPU))
			w.downToNothing("dev")
		})
	}
}

// onSpotGPU makes a pod ask for an accelerator of the spot pool.
func onSpotGPU(spec *corev1.PodSpec) {
	spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
	spec.NodeSelector = map[string]string{naming.LabelRole: "training"}
	spec.Containers[0].Resources.Limits = corev1.ResourceList{naming.ResourceGPU: resource.MustParse("1")}
}

// requireSoon requires that a pod runs soon, and returns its node.
func requireSoon(t *testing.T, client kubernetes.Interface, name string) *corev1.Node {
	t.Helper()
	ctx := context.Background()
	var pod *corev1.Pod
	require.Eventually(t, func() bool {
		var err error
		pod, err = client.CoreV1().Pods("default").Get(ctx, name, metav1.GetOptions{})
		return err == nil && pod.Status.Phase == corev1.PodRunning
	}, soon, poll, "no node for pod %s", name)
	node, err := client.CoreV1().Nodes().Get(ctx, pod.Spec.NodeName, metav1.GetOptions{})
	require.NoError(t, err)
	return node
}

func deletePod(t *testing.T, client kubernetes.Interface, name string) {
	t.Helper()
	now := int64(0)
	require.NoError(t, client.CoreV1().Pods("default").Delete(context.Background(), name, metav1.DeleteOptions{GracePeriodSeconds: &now}))
}
