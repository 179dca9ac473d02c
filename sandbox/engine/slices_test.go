package engine_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"gantry.dev/gantry/modules/naming"
)

// parted is a platform of a cloud with a pool `parts` of one node, which has one
// accelerator unless the cloud sells more only, and no model.
func parted(t *testing.T, cloud string, pool map[string]any) *world {
	t.Helper()
	parts := map[string]any{"name": "parts", "role": "inference", "min": 1, "max": 1, "zones": 1}
	maps.Copy(parts, pool)
	return newWorldOn(t, projectWith(t, func(config map[string]any) {
		config["gantry:pools"] = []any{map[string]any{"name": "system", "role": "system", "min": 2, "max": 2}, parts}
		config["gantry:models"] = map[string]any{"image-classifier": map[string]any{"enabled": false}}
		// What has nothing to do with GPUs is left out.
		off := map[string]any{"enabled": false}
		config["gantry:addons"] = map[string]any{"monitoring": off, "certificates": off, "gateway": off, "eventScaling": off}
	}), cloud)
}

// onParts asks for one of a resource on the node of the pool `parts`.
func onParts(name corev1.ResourceName) func(*corev1.PodSpec) {
	return func(spec *corev1.PodSpec) {
		spec.Tolerations = []corev1.Toleration{{Key: naming.TaintGPU, Operator: corev1.TolerationOpExists}}
		spec.NodeSelector = map[string]string{naming.LabelPool: "parts"}
		spec.Containers[0].Resources.Limits = corev1.ResourceList{name: resource.MustParse("1")}
	}
}

// fill runs as many pods as there is room for, and requires that one more waits.
func fill(t *testing.T, client kubernetes.Interface, slots int, one func(*corev1.PodSpec)) {
	t.Helper()
	for i := range slots {
		requirePhase(t, client, createPod(t, client, fmt.Sprintf("part-%d", i), one), corev1.PodRunning)
	}
	extra := createPod(t, client, fmt.Sprintf("part-%d", slots), one)
	require.Eventually(t, func() bool { return unschedulable(client, extra) }, patience, poll)
}

// labelsOfParts are the labels of the one node of the pool.
func labelsOfParts(t *testing.T, client kubernetes.Interface) map[string]string {
	t.Helper()
	nodes, err := client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{LabelSelector: naming.LabelPool + "=parts"})
	require.NoError(t, err)
	require.Len(t, nodes.Items, 1)
	return nodes.Items[0].Labels
}

// An A100 cut into seven slices runs seven pods that ask for one each; the eighth
// waits. AWS sells A100 by eight.
func TestSlices_SevenPodsOnOneAccelerator(t *testing.T) {
	for cloud, accelerators := range map[string]int{"aws": 8, "azure": 1, "gcp": 1} {
		t.Run(cloud, func(t *testing.T) {
			w := parted(t, cloud, map[string]any{
				"gpu": "a100", "gpuMemory": "80Gi", "gpuCount": accelerators, "sharing": map[string]any{"mig": "1g.10gb"},
			})
			w.up("dev")
			client := w.client(w.localCluster("dev"))
			fill(t, client, 7*accelerators, onParts(naming.ResourceGPU))
			labels := labelsOfParts(t, client)
			assert.Equal(t, "NVIDIA-A100-SXM4-80GB-MIG-1g.10gb", labels["nvidia.com/gpu.product"])
			assert.Equal(t, "single", labels["nvidia.com/mig.strategy"])
			if cloud == "aws" {
				assert.Equal(t, "success", labels["nvidia.com/mig.config.state"], "the operator cuts there")
			}
			assert.Zero(t, w.up("dev").Total())
			w.downToNothing("dev")
		})
	}
}

// Slices that are advertised by their profile are asked for by it.
func TestSlices_ByProfile(t *testing.T) {
	w := parted(t, "aws", map[string]any{
		"gpu": "a100", "gpuMemory": "80Gi", "gpuCount": 8, "sharing": map[string]any{"mig": "3g.40gb", "migStrategy": "mixed"},
	})
	w.up("dev")
	client := w.client(w.localCluster("dev"))
	whole := createPod(t, client, "whole", onParts(naming.ResourceGPU))
	fill(t, client, 16, onParts(naming.ResourceMIGPrefix+"3g.40gb"))
	assert.True(t, unschedulable(client, whole), "no accelerator is whole")
	w.downToNothing("dev")
}

// Four pods take turns on one accelerator; the fifth waits. On every cloud the
// operator's device plugin hands it out, and nothing else.
func TestShares_FourPodsOnOneAccelerator(t *testing.T) {
	for cloud, gpu := range map[string]string{"aws": "l4", "azure": "t4", "gcp": "l4"} {
		t.Run(cloud, func(t *testing.T) {
			w := parted(t, cloud, map[string]any{"gpu": gpu, "sharing": map[string]any{"timeSlices": 4}})
			w.up("dev")
			client := w.client(w.localCluster("dev"))
			fill(t, client, 4, onParts(naming.ResourceGPU))
			labels := labelsOfParts(t, client)
			assert.Equal(t, "4", labels["nvidia.com/gpu.replicas"])
			assert.Contains(t, labels["nvidia.com/gpu.product"], "-SHARED")
			events, err := client.CoreV1().Events(metav1.NamespaceDefault).List(t.Context(), metav1.ListOptions{FieldSelector: "reason=SeveralDevicePlugins"})
			require.NoError(t, err)
			assert.Empty(t, events.Items)
			w.downToNothing("dev")
		})
	}
}

// The operator builds the driver on Ubuntu nodes: without it, they have none.
func TestDriver_OfTheOperator(t *testing.T) {
	for _, cloud := range []string{"aws", "gcp"} {
		t.Run(cloud, func(t *testing.T) {
			w := parted(t, cloud, map[string]any{"gpu": "l4", "driver": "operator"})
			w.up("dev")
			client := w.client(w.localCluster("dev"))
			fill(t, client, 1, onParts(naming.ResourceGPU))
			assert.Zero(t, w.up("dev").Total(), "the image stays the same")
			w.downToNothing("dev")
		})
	}
}
