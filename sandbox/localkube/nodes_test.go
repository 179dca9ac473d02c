package localkube_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/sandbox/localkube"
)

// soon is how long the control plane may take for anything; it is long because
// a busy machine is slow, and costs nothing when it is fast.
const soon = 30 * time.Second

// settle is how long something is watched that must not happen.
const settle = 2 * time.Second

var gpuTaint = localkube.Taint{Key: naming.TaintGPU, Value: naming.TaintGPUValue, Effect: "NoSchedule"}

func cpuNode(name, zone string) localkube.Node {
	return localkube.Node{
		Name: name, ProviderID: "aws:///" + zone + "/i-" + name, Region: zone[:len(zone)-1], Zone: zone,
		Labels: map[string]string{naming.LabelRole: "system"},
		VCPU:   4, MemoryMiB: 16384, DiskGiB: 100, MaxPods: 58,
	}
}

func gpuNode(name string, gpus int) localkube.Node {
	n := cpuNode(name, "us-east-1b")
	n.Labels = map[string]string{naming.LabelRole: "inference", naming.LabelGPU: "l4"}
	n.Taints = []localkube.Taint{gpuTaint}
	n.GPUs = gpus
	return n
}

func TestNodeIsWhatTheCloudGivesIt(t *testing.T) {
	clusters, client := sharedClient(t)
	given := gpuNode("ip-10-0-3-17.ec2.internal", 1)
	given.Address = "10.0.3.17"
	putNode(t, clusters, given)

	node := getNode(t, client, "ip-10-0-3-17.ec2.internal")
	assert.Equal(t, "inference", node.Labels[naming.LabelRole])
	assert.Equal(t, "us-east-1b", node.Labels[corev1.LabelTopologyZone])
	assert.Equal(t, "us-east-1", node.Labels[corev1.LabelTopologyRegion])
	assert.Equal(t, "aws:///us-east-1b/i-ip-10-0-3-17.ec2.internal", node.Spec.ProviderID)
	assert.Equal(t, []corev1.Taint{{Key: naming.TaintGPU, Value: naming.TaintGPUValue, Effect: corev1.TaintEffectNoSchedule}}, node.Spec.Taints)
	assert.Equal(t, "4", node.Status.Capacity.Cpu().String())
	assert.Equal(t, "16Gi", node.Status.Capacity.Memory().String())
	assert.Equal(t, "3920m", node.Status.Allocatable.Cpu().String())
	assert.Contains(t, node.Status.Addresses, corev1.NodeAddress{Type: corev1.NodeInternalIP, Address: "10.0.3.17"})
	assert.Equal(t, "amd64", node.Status.NodeInfo.Architecture)
	assert.Regexp(t, `^v1\.\d+`, node.Status.NodeInfo.KubeletVersion)
	assert.NotContains(t, node.Status.Allocatable, corev1.ResourceName(naming.ResourceGPU), "nothing advertises it yet")
}

func TestPutNodeUpdatesWhatIsTheCloudsAndKeepsTheRest(t *testing.T) {
	clusters, client := sharedClient(t)
	const name = "updated"
	n := cpuNode(name, "us-east-1a")
	n.Labels["old"] = "x"
	putNode(t, clusters, n)
	patchNode(t, client, name, `{"metadata":{"labels":{"user":"y"}}}`)

	delete(n.Labels, "old")
	n.Labels["new"] = "z"
	n.Taints = []localkube.Taint{{Key: "dedicated", Value: "a", Effect: "NoSchedule"}}
	n.VCPU = 8
	require.NoError(t, clusters.PutNode(t.Context(), sharedName, n))

	node := getNode(t, client, name)
	assert.NotContains(t, node.Labels, "old")
	assert.Equal(t, "z", node.Labels["new"])
	assert.Equal(t, "y", node.Labels["user"])
	assert.Equal(t, "dedicated", node.Spec.Taints[0].Key)
	assert.Equal(t, "8", node.Status.Capacity.Cpu().String())
}

// A node that is silent for 50 s is given up, and its pods with it.
func TestNodesKeepBeating(t *testing.T) {
	clusters, client := sharedClient(t)
	putNode(t, clusters, cpuNode("alive", "us-east-1a"))
	first := heartbeat(t, client, "alive")
	require.Eventually(t, func() bool { return heartbeat(t, client, "alive").After(first) }, soon, 200*time.Millisecond)
	second := heartbeat(t, client, "alive")
	assert.LessOrEqual(t, second.Sub(first), 20*time.Second)
	for _, condition := range getNode(t, client, "alive").Status.Conditions {
		assert.NotEmpty(t, condition.Reason, "a heartbeat leaves the rest of condition %s", condition.Type)
	}
}

func heartbeat(t *testing.T, client kubernetes.Interface, name string) time.Time {
	t.Helper()
	for _, condition := range getNode(t, client, name).Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.LastHeartbeatTime.Time
		}
	}
	return time.Time{}
}

// What the node controller does to the pods of a node that it has given up.
func TestPodsAreReadyAgainWhenTheirNodeIs(t *testing.T) {
	clusters, client := sharedClient(t)
	namespace := newNamespace(t, client)
	node := cpuNode("back", "us-east-1a")
	node.Labels["test"] = "back"
	putNode(t, clusters, node)
	createPod(t, client, namespace, "web", podOptions{selector: map[string]string{"test": "back"}})
	eventuallyRunning(t, client, namespace, 1)
	patch := []byte(`{"status":{"conditions":[{"type":"Ready","status":"False","reason":"NodeNotReady"}]}}`)
	_, err := client.CoreV1().Pods(namespace).Patch(t.Context(), "web", types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		pod, err := client.CoreV1().Pods(namespace).Get(t.Context(), "web", metav1.GetOptions{})
		if err != nil {
			return false
		}
		for _, condition := range pod.Status.Conditions {
			if condition.Type == corev1.PodReady {
				return condition.Status == corev1.ConditionTrue && condition.Reason == ""
			}
		}
		return false
	}, soon, 50*time.Millisecond)
}

func TestDeleteNodeMovesItsPods(t *testing.T) {
	clusters, client := sharedClient(t)
	namespace := newNamespace(t, client)
	first := cpuNode("leaving", "us-east-1a")
	first.Labels["test"] = "move"
	putNode(t, clusters, first)
	deployment := newDeployment("web", 2, podOptions{selector: map[string]string{"test": "move"}})
	_, err := client.AppsV1().Deployments(namespace).Create(t.Context(), deployment, metav1.CreateOptions{})
	require.NoError(t, err)
	eventuallyRunning(t, client, namespace, 2)

	second := cpuNode("staying", "us-east-1a")
	second.Labels["test"] = "move"
	putNode(t, clusters, second)
	require.NoError(t, clusters.DeleteNode(t.Context(), sharedName, "leaving"))

	_, err = client.CoreV1().Nodes().Get(t.Context(), "leaving", metav1.GetOptions{})
	require.True(t, apierrors.IsNotFound(err))
	for _, pod := range eventuallyRunning(t, client, namespace, 2) {
		assert.Equal(t, "staying", pod.Spec.NodeName)
	}
	assert.NoError(t, clusters.DeleteNode(t.Context(), sharedName, "leaving"), "deleting twice is no error")
}

func TestGPUsAreAllocatableOnlyWhileAPluginAdvertisesThem(t *testing.T) {
	clusters, client := sharedClient(t)
	namespace := newNamespace(t, client)
	const name = "gpu-four"
	node := gpuNode(name, 4)
	node.Labels["test"] = "gpu"
	putNode(t, clusters, node)
	gpuPod := podOptions{selector: map[string]string{"test": "gpu"}, gpus: 1, tolerate: true}

	early := createPod(t, client, namespace, "early", gpuPod)
	staysPending(t, client, early, "Insufficient nvidia.com/gpu")

	plugin := createPod(t, client, namespace, "plugin", podOptions{
		selector: map[string]string{"test": "gpu"}, tolerate: true,
		labels: map[string]string{"app.kubernetes.io/name": "nvidia-device-plugin"},
	})
	eventuallyAllocatable(t, client, name, 4)
	for _, pod := range []string{"second", "third", "fourth"} {
		createPod(t, client, namespace, pod, gpuPod)
	}
	eventuallyRunning(t, client, namespace, 5) // with the plugin

	t.Run("a fifth pod on four GPUs stays pending", func(t *testing.T) {
		staysPending(t, client, createPod(t, client, namespace, "fifth", gpuPod), "Insufficient nvidia.com/gpu")
	})
	t.Run("a pod without the toleration stays off", func(t *testing.T) {
		options := podOptions{selector: map[string]string{"test": "gpu"}}
		staysPending(t, client, createPod(t, client, namespace, "intolerant", options), "untolerated taint")
	})
	t.Run("the node says so when two plugins advertise", func(t *testing.T) {
		second := createPod(t, client, namespace, "plugin-two", podOptions{
			selector: map[string]string{"test": "gpu"}, tolerate: true,
			labels: map[string]string{"app": "nvidia-device-plugin-daemonset"},
		})
		eventuallyEvent(t, client, metav1.NamespaceDefault, name, "SeveralDevicePlugins")
		deletePod(t, client, second)
	})
	t.Run("an update of the node leaves the GPUs", func(t *testing.T) {
		require.NoError(t, clusters.PutNode(t.Context(), sharedName, node))
		assert.Equal(t, int64(4), allocatable(t, client, name))
	})
	t.Run("without the plugin none is allocatable and the capacity is known", func(t *testing.T) {
		deletePod(t, client, plugin)
		eventuallyAllocatable(t, client, name, 0)
		capacity := getNode(t, client, name).Status.Capacity[naming.ResourceGPU]
		assert.Equal(t, int64(4), capacity.Value())
	})
}

// The agent plays the GPU Operator from the record of its release.
func TestGPUOperatorCutsAndSharesAcceleratorsAsNodesAreLabelled(t *testing.T) {
	clusters, client := sharedClient(t)
	namespace := newNamespace(t, client)
	sliced, shared := gpuNode("gpu-sliced", 1), gpuNode("gpu-shared", 1)
	sliced.Accelerator = localkube.Accelerator{Model: "a100", MemoryMiB: 81920}
	sliced.Labels["nvidia.com/mig.config"] = "all-1g.10gb"
	shared.Accelerator = localkube.Accelerator{Model: "l4", MemoryMiB: 22888}
	shared.Labels["nvidia.com/device-plugin.config"] = "time-slices-4"
	for _, n := range []localkube.Node{sliced, shared} {
		n.Labels["test"] = n.Name
		putNode(t, clusters, n)
	}
	record := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Name: "release.gpu-system.gpu-operator", Namespace: "kube-system",
			Labels: map[string]string{"sandbox.gantry.dev/release": "true"},
		},
		Data: map[string]string{"chart": "gpu-operator", "state": "recorded", "values": `
driver: {enabled: false}
mig: {strategy: single}
devicePlugin:
  config:
    data:
      time-slices-4: |
        version: v1
        sharing: {timeSlicing: {resources: [{name: nvidia.com/gpu, replicas: 4}]}}
`},
	}
	configMaps := client.CoreV1().ConfigMaps("kube-system")
	_, err := configMaps.Create(t.Context(), record, metav1.CreateOptions{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = configMaps.Delete(context.Background(), record.Name, metav1.DeleteOptions{}) })

	for node, slots := range map[string]int{"gpu-sliced": 7, "gpu-shared": 4} {
		eventuallyAllocatable(t, client, node, int64(slots))
		pod := podOptions{selector: map[string]string{"test": node}, gpus: 1, tolerate: true}
		for i := range slots {
			createPod(t, client, namespace, fmt.Sprintf("%s-%d", node, i), pod)
		}
		staysPending(t, client, createPod(t, client, namespace, node+"-more", pod), "Insufficient nvidia.com/gpu")
	}
	assert.Equal(t, "NVIDIA-A100-SXM4-80GB-MIG-1g.10gb", getNode(t, client, "gpu-sliced").Labels["nvidia.com/gpu.product"])
	assert.Equal(t, "NVIDIA-L4-SHARED", getNode(t, client, "gpu-shared").Labels["nvidia.com/gpu.product"])

	t.Run("an update of the node leaves what the operator did", func(t *testing.T) {
		require.NoError(t, clusters.PutNode(t.Context(), sharedName, sliced))
		assert.Equal(t, int64(7), allocatable(t, client, "gpu-sliced"))
		assert.Equal(t, "success", getNode(t, client, "gpu-sliced").Labels["nvidia.com/mig.config.state"])
	})
	t.Run("and nothing of it stays without the release", func(t *testing.T) {
		require.NoError(t, configMaps.Delete(t.Context(), record.Name, metav1.DeleteOptions{}))
		eventuallyAllocatable(t, client, "gpu-sliced", 0)
		eventuallyAllocatable(t, client, "gpu-shared", 0)
		require.Eventually(t, func() bool {
			return getNode(t, client, "gpu-sliced").Labels["nvidia.com/gpu.product"] == ""
		}, soon, 50*time.Millisecond)
	})
}

func putNode(t *testing.T, clusters *localkube.Clusters, n localkube.Node) {
	t.Helper()
	require.NoError(t, clusters.PutNode(t.Context(), sharedName, n))
	t.Cleanup(func() { assert.NoError(t, clusters.DeleteNode(context.Background(), sharedName, n.Name)) })
}

func getNode(t *testing.T, client kubernetes.Interface, name string) *corev1.Node {
	t.Helper()
	node, err := client.CoreV1().Nodes().Get(t.Context(), name, metav1.GetOptions{})
	require.NoError(t, err)
	return node
}

func allocatable(t *testing.T, client kubernetes.Interface, node string) int64 {
	t.Helper()
	gpus, ok := getNode(t, client, node).Status.Allocatable[naming.ResourceGPU]
	if !ok {
		return -1
	}
	return gpus.Value()
}

func eventuallyAllocatable(t *testing.T, client kubernetes.Interface, node string, want int64) {
	t.Helper()
	require.Eventually(t, func() bool { return allocatable(t, client, node) == want }, soon, 50*time.Millisecond)
}

func gpuQuantity(n int) resource.Quantity { return *resource.NewQuantity(int64(n), resource.DecimalSI) }
