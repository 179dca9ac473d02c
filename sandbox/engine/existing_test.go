package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/sandbox/engine"
	"gantry.dev/gantry/sandbox/localkube"
	"gantry.dev/gantry/sandbox/localkube/agent"
)

// A cluster that somebody else made serves models too, on nodes that have none
// of Gantry's labels, and is still there when the stack is gone.
func TestExisting_ServesModelsAndIsLeftAlone(t *testing.T) {
	kubeconfig := filepath.Join(t.TempDir(), "config")
	project := projectWith(t, func(config map[string]any) {
		clear(config)
		config["gantry:cloud"] = "existing"
		config["gantry:existing"] = map[string]any{"kubeconfig": kubeconfig, "context": "lab"}
		config["gantry:pools"] = []any{
			map[string]any{"name": "cpu", "role": "system", "cpu": 8, "memory": "32Gi", "labels": map[string]any{"example.com/kind": "cpu"}},
			map[string]any{
				"name": "gpu", "role": "inference", "gpu": "l4", "gpuCount": 2, "cpu": 16, "memory": "64Gi", "min": 1, "max": 1,
				"labels": map[string]any{"example.com/kind": "gpu"},
				"taints": []any{map[string]any{"key": naming.TaintGPU, "value": "present"}},
			},
		}
		config["gantry:addons"] = map[string]any{"devicePlugin": map[string]any{"enabled": true}}
		config["gantry:models"] = map[string]any{"image-classifier": map[string]any{
			"scale":   map[string]any{"max": 2, "gpuUtilization": nil, "requestsPerReplica": nil},
			"storage": nil,
			// Nothing of the gateway and the monitoring is installed here.
			"route": nil, "slo": nil,
		}}
	})
	w := newWorldOn(t, project, "existing")
	clusters := w.makeLab(kubeconfig)

	first := w.up("dev")
	assert.Equal(t, first[apitype.OpCreate], first.Total())
	client := w.client("lab")
	require.Eventually(t, func() bool {
		pods, err := client.CoreV1().Pods("models").List(context.Background(), metav1.ListOptions{LabelSelector: naming.LabelModel})
		if err != nil || len(pods.Items) != 2 {
			return false
		}
		for _, pod := range pods.Items {
			if pod.Status.Phase != corev1.PodRunning || pod.Spec.NodeName != "gpu-1" {
				return false
			}
		}
		return true
	}, patience, poll, "both replicas run on the node with GPUs")
	assert.Zero(t, w.up("dev").Total(), "a second up changes nothing")
	assert.Zero(t, w.refresh("dev").Total(), "nothing drifts by itself")

	w.with("dev", func(ctx context.Context, sandbox *engine.Sandbox) {
		_, err := sandbox.Down(ctx)
		require.NoError(t, err)
		objects, err := sandbox.Objects()
		require.NoError(t, err)
		assert.Empty(t, objects, "nothing was ever made in a cloud")
	})
	names, err := clusters.Names()
	require.NoError(t, err)
	assert.Equal(t, []string{"lab"}, names, "the cluster is not the stack's to end")
	_, err = client.CoreV1().Namespaces().Get(context.Background(), "models", metav1.GetOptions{})
	assert.Error(t, err, "what the stack made in it is gone")
}

// makeLab makes a cluster by hand, and a kubeconfig with a context called lab.
func (w *world) makeLab(kubeconfig string) *localkube.Clusters {
	w.Helper()
	ctx := context.Background()
	clusters := engine.Clusters(w.options(""))
	require.NoError(w, clusters.CreateCluster(ctx, "lab"))
	require.NoError(w, clusters.SetAddon(ctx, "lab", agent.AddonMetrics, true))
	for _, node := range []localkube.Node{
		{Name: "cpu-1", Labels: map[string]string{"example.com/kind": "cpu"}, VCPU: 8, MemoryMiB: 32 * 1024, DiskGiB: 100, MaxPods: 110},
		{
			Name: "gpu-1", Labels: map[string]string{"example.com/kind": "gpu"}, VCPU: 16, MemoryMiB: 64 * 1024, DiskGiB: 200, MaxPods: 110, GPUs: 2,
			Taints: []localkube.Taint{{Key: naming.TaintGPU, Value: "present", Effect: "NoSchedule"}},
		},
	} {
		require.NoError(w, clusters.PutNode(ctx, "lab", node))
	}
	content, err := clusters.Kubeconfig("lab")
	require.NoError(w, err)
	config, err := clientcmd.Load(content)
	require.NoError(w, err)
	config.Contexts["lab"] = config.Contexts[config.CurrentContext]
	config.CurrentContext = "another"
	content, err = clientcmd.Write(*config)
	require.NoError(w, err)
	require.NoError(w, os.WriteFile(kubeconfig, content, 0o600))
	return clusters
}
