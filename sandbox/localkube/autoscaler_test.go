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
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/sandbox/localkube"
	"gantry.dev/gantry/sandbox/localkube/fleet"
)

// scaled is a group that an autoscaler of the cloud may change. Its nodes are of
// no use to the pods of other tests.
func scaled(name string, cloud fleet.Cloud) localkube.NodeGroup {
	kind := gpuNode("", 0)
	kind.Labels = map[string]string{"test": name, naming.LabelPool: name, naming.LabelCapacity: "spot"}
	kind.Taints = []localkube.Taint{{Key: "test", Value: name, Effect: "NoSchedule"}}
	return localkube.NodeGroup{
		Name: name, Cloud: cloud, Max: 3, Kinds: []localkube.Node{kind},
		Places: []fleet.Place{
			{Name: "a", Zone: "us-east-1a", CIDR: "10.1.0.0/24", Prefix: name + "-a"}, {Name: "b", Zone: "us-east-1b", CIDR: "10.1.1.0/24", Prefix: name + "-b"},
		},
		NameForm: "{prefix}-{random}", IDForm: "gce://project/{zone}/{name}",
		// Short enough not to wait for, as the sandbox makes it shorter still.
		Profile: &fleet.Profile{Expander: "least-waste", UnneededTime: time.Minute, DelayAfterAdd: time.Minute},
	}
}

func putGroup(t *testing.T, clusters *localkube.Clusters, g localkube.NodeGroup) {
	t.Helper()
	_, err := clusters.PutNodeGroup(t.Context(), sharedName, g)
	require.NoError(t, err)
	t.Cleanup(func() {
		last, err := clusters.DeleteNodeGroup(context.Background(), sharedName, g.Name)
		assert.NoError(t, err)
		for _, name := range last.Names() {
			assert.NoError(t, clusters.DeleteNode(context.Background(), sharedName, name))
		}
	})
}

func nodesOfGroup(t *testing.T, client kubernetes.Interface, group string) (names []string) {
	t.Helper()
	list, err := client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{LabelSelector: "test=" + group})
	require.NoError(t, err)
	for _, node := range list.Items {
		names = append(names, node.Name)
	}
	return names
}

// workers are pods with a controller that only nodes of a group take, most of a
// node each.
func workers(t *testing.T, client kubernetes.Interface, namespace, group string, replicas int32) *appsv1.Deployment {
	t.Helper()
	deployment := newDeployment("workers", replicas, podOptions{selector: map[string]string{"test": group}})
	spec := &deployment.Spec.Template.Spec
	spec.Tolerations = []corev1.Toleration{{Key: "test", Operator: corev1.TolerationOpExists}}
	spec.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: gpuQuantity(3)}
	deployment, err := client.AppsV1().Deployments(namespace).Create(t.Context(), deployment, metav1.CreateOptions{})
	require.NoError(t, err)
	return deployment
}

func scaleTo(t *testing.T, client kubernetes.Interface, d *appsv1.Deployment, replicas int32) {
	t.Helper()
	scale, err := client.AppsV1().Deployments(d.Namespace).GetScale(t.Context(), d.Name, metav1.GetOptions{})
	require.NoError(t, err)
	scale.Spec.Replicas = replicas
	_, err = client.AppsV1().Deployments(d.Namespace).UpdateScale(t.Context(), d.Name, scale, metav1.UpdateOptions{})
	require.NoError(t, err)
}

func TestAutoscalerFollowsThePods(t *testing.T) {
	clusters, client := sharedClient(t)
	namespace := newNamespace(t, client)
	g := scaled("elastic", fleet.GCP)
	putGroup(t, clusters, g)

	begin := time.Now()
	deployment := workers(t, client, namespace, g.Name, 4)
	running := eventuallyRunning(t, client, namespace, 3)
	t.Logf("three nodes in %s", time.Since(begin).Round(100*time.Millisecond))
	assert.Len(t, nodesOfGroup(t, client, g.Name), 3)
	eventuallyEvent(t, client, namespace, running[0].Name, "TriggeredScaleUp")
	eventuallyRefused(t, client, namespace, "max node group size reached")

	node := getNode(t, client, running[0].Spec.NodeName)
	assert.Regexp(t, `^elastic-[ab]-[a-z0-9]{4}$`, node.Name)
	assert.Equal(t, "gce://project/"+node.Labels[corev1.LabelTopologyZone]+"/"+node.Name, node.Spec.ProviderID)
	published, found, err := clusters.NodeGroup(t.Context(), sharedName, g.Name)
	require.NoError(t, err)
	require.True(t, found)
	assert.Equal(t, 3, published.Size(), "the account will learn of it")
	assert.NotEqual(t, 3, published.In("a"), "the zones are kept equal")

	t.Run("idle nodes go, down to the least size", func(t *testing.T) {
		g.Min = 1
		merged, err := clusters.PutNodeGroup(t.Context(), sharedName, g)
		require.NoError(t, err)
		assert.Len(t, merged.Machines, 3, "what the autoscaler started stays")
		scaleTo(t, client, deployment, 0)
		require.Eventually(t, func() bool { return len(nodesOfGroup(t, client, g.Name)) == 1 }, soon, 100*time.Millisecond)
		time.Sleep(settle + 2*time.Second)
		assert.Len(t, nodesOfGroup(t, client, g.Name), 1)
	})
	t.Run("a node by hand is back", func(t *testing.T) {
		name := nodesOfGroup(t, client, g.Name)[0]
		require.NoError(t, clusters.DeleteNode(t.Context(), sharedName, name))
		require.Eventually(t, func() bool { return len(nodesOfGroup(t, client, g.Name)) == 1 }, soon, 100*time.Millisecond, "its machine runs on")
	})
	t.Run("an eviction takes nodes that the autoscaler made", func(t *testing.T) {
		gone, err := clusters.Reclaim(t.Context(), sharedName, g.Name)
		require.NoError(t, err)
		assert.Len(t, gone, 1)
		time.Sleep(settle + 2*time.Second)
		assert.Empty(t, nodesOfGroup(t, client, g.Name), "nobody needs it")
		scaleTo(t, client, deployment, 1)
		moved := eventuallyRunning(t, client, namespace, 1)
		assert.NotEqual(t, gone[0], moved[0].Spec.NodeName, "another one, from the cloud's other machines")
	})
	t.Run("what was withdrawn is not scaled", func(t *testing.T) {
		_, err := clusters.DeleteNodeGroup(t.Context(), sharedName, g.Name)
		require.NoError(t, err)
		scaleTo(t, client, deployment, 2)
		time.Sleep(3 * settle)
		assert.Len(t, nodesOfGroup(t, client, g.Name), 1)
		_, err = clusters.DeleteNodeGroup(t.Context(), sharedName, g.Name)
		require.NoError(t, err, "twice is no error")
		for _, name := range nodesOfGroup(t, client, g.Name) {
			require.NoError(t, clusters.DeleteNode(t.Context(), sharedName, name))
		}
	})
}

// eventuallyRefused waits until a pod is told why it gets no node.
func eventuallyRefused(t *testing.T, client kubernetes.Interface, namespace, why string) {
	t.Helper()
	require.Eventually(t, func() bool {
		events, err := client.CoreV1().Events(namespace).List(t.Context(), metav1.ListOptions{FieldSelector: "reason=NotTriggerScaleUp"})
		if err != nil {
			return false
		}
		for _, event := range events.Items {
			if strings.Contains(event.Message, why) {
				return true
			}
		}
		return false
	}, soon, 100*time.Millisecond, "no pod is told: %s", why)
}

// A node with little on it is emptied, but not against a budget.
func TestAutoscalerMovesPodsTogetherAsBudgetsAllow(t *testing.T) {
	clusters, client := sharedClient(t)
	namespace := newNamespace(t, client)
	g := scaled("packed", fleet.Azure)
	g.NameForm = "packed-vmss{number36}"
	putGroup(t, clusters, g)
	deployment := workers(t, client, namespace, g.Name, 2)
	eventuallyRunning(t, client, namespace, 2)
	both := intstr.FromInt32(2)
	_, err := client.PolicyV1().PodDisruptionBudgets(namespace).Create(t.Context(), &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: "workers"},
		Spec:       policyv1.PodDisruptionBudgetSpec{MinAvailable: &both, Selector: deployment.Spec.Selector},
	}, metav1.CreateOptions{})
	require.NoError(t, err)

	// Smaller pods replace the large ones all at once: the scheduler prefers the
	// emptier node.
	patch := []byte(`[{"op":"replace","path":"/spec/strategy","value":{"type":"Recreate"}},{"op":"replace","path":"/spec/template/spec/containers/0/resources/requests/cpu","value":"200m"}]`)
	_, err = client.AppsV1().Deployments(namespace).Patch(t.Context(), deployment.Name, "application/json-patch+json", patch, metav1.PatchOptions{})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return onlySmall(t, client, namespace) }, soon, 100*time.Millisecond)
	spread := map[string]bool{}
	for _, pod := range eventuallyRunning(t, client, namespace, 2) {
		spread[pod.Spec.NodeName] = true
	}
	require.Len(t, spread, 2)
	time.Sleep(5 * settle)
	assert.Len(t, nodesOfGroup(t, client, g.Name), 2, "the budget allows no disruption")

	require.NoError(t, client.PolicyV1().PodDisruptionBudgets(namespace).Delete(t.Context(), "workers", metav1.DeleteOptions{}))
	require.Eventually(t, func() bool { return len(nodesOfGroup(t, client, g.Name)) == 1 }, soon, 100*time.Millisecond)
	for _, pod := range eventuallyRunning(t, client, namespace, 2) {
		assert.Equal(t, nodesOfGroup(t, client, g.Name)[0], pod.Spec.NodeName)
	}
}

func onlySmall(t *testing.T, client kubernetes.Interface, namespace string) bool {
	t.Helper()
	pods, err := client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	for _, pod := range pods.Items {
		if pod.Spec.Containers[0].Resources.Requests.Cpu().String() != "200m" || pod.DeletionTimestamp != nil {
			return false
		}
	}
	return len(pods.Items) == 2
}

// Without the chart nobody looks at the groups of AWS.
func TestAutoscalerOfAWSIsTheChart(t *testing.T) {
	clusters, client := sharedClient(t)
	namespace := newNamespace(t, client)
	g := scaled("chart", fleet.AWS)
	g.Profile = nil
	g.Tags = map[string]string{
		"k8s.io/cluster-autoscaler/enabled": "true", "k8s.io/cluster-autoscaler/" + sharedName: "owned",
		"k8s.io/cluster-autoscaler/node-template/label/test": "chart",
	}
	putGroup(t, clusters, g)
	workers(t, client, namespace, g.Name, 1)
	time.Sleep(2 * settle)
	assert.Empty(t, nodesOfGroup(t, client, g.Name))

	release := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Name: "release.kube-system.cluster-autoscaler", Namespace: metav1.NamespaceSystem,
			Labels: map[string]string{"sandbox.gantry.dev/release": "true"},
		},
		Data: map[string]string{"chart": "cluster-autoscaler", "values": "autoDiscovery: {clusterName: other}"},
	}
	maps := client.CoreV1().ConfigMaps(metav1.NamespaceSystem)
	_, err := maps.Create(t.Context(), release, metav1.CreateOptions{})
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := maps.Delete(context.Background(), release.Name, metav1.DeleteOptions{}); !apierrors.IsNotFound(err) {
			assert.NoError(t, err)
		}
	})
	eventuallyRefused(t, client, namespace, "no Auto Scaling group has the tags k8s.io/cluster-autoscaler/enabled and k8s.io/cluster-autoscaler/other")

	release.Data["values"] = "autoDiscovery: {clusterName: " + sharedName + "}\nextraArgs: {expander: least-waste}"
	_, err = maps.Update(t.Context(), release, metav1.UpdateOptions{})
	require.NoError(t, err)
	eventuallyRunning(t, client, namespace, 1)
}
