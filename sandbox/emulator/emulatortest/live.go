package emulatortest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/sandbox/localkube"
	"gantry.dev/gantry/sandbox/localkube/agent"
)

// Run is TestMain of a package whose tests start control planes: the test binary
// acts as their agent, too.
func Run(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == agent.CommandName {
		command := agent.NewCommand()
		command.SetArgs(os.Args[2:])
		if err := command.ExecuteContext(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// Live brings up real control planes for the clusters of an account, and a client
// of the only one. They end with the test.
func (a *Account[C]) Live() Cluster {
	a.T.Helper()
	if testing.Short() {
		a.T.Skip("starts a control plane")
	}
	bin, err := filepath.Abs(filepath.Join("..", "..", "..", ".gantry", "bin"))
	require.NoError(a.T, err)
	for _, program := range []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"} {
		if _, err := os.Stat(filepath.Join(bin, program)); err != nil {
			a.T.Skipf("%s is not built: run make build", program)
		}
	}
	clusters := localkube.New(localkube.Options{
		Dir: a.T.TempDir(), BinDir: bin, AgentCommand: []string{os.Args[0], agent.CommandName}, Log: a.T.Logf,
	})
	a.T.Cleanup(func() {
		names, err := clusters.Names()
		assert.NoError(a.T, err)
		for _, name := range names {
			assert.NoError(a.T, clusters.DeleteCluster(context.Background(), name))
		}
	})
	a.Kube.Live = clusters
	require.NoError(a.T, a.Cloud.Restore(a.T.Context()))
	names, err := clusters.Names()
	require.NoError(a.T, err)
	require.Len(a.T, names, 1)
	config, err := clusters.RESTConfig(names[0])
	require.NoError(a.T, err)
	client, err := kubernetes.NewForConfig(config)
	require.NoError(a.T, err)
	return Cluster{a.T, client}
}

// Cluster is a client of a control plane.
type Cluster struct {
	T *testing.T
	kubernetes.Interface
}

// Soon is how long the autoscaler may take to bring a node, or to tell why not.
const Soon = 30 * time.Second

// AskForGPU creates a pod that asks for an accelerator of a pool.
func (c Cluster) AskForGPU(name, pool string) {
	c.T.Helper()
	_, err := c.CoreV1().Pods(metav1.NamespaceDefault).Create(c.T.Context(), &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{
			NodeSelector: map[string]string{naming.LabelPool: pool},
			Tolerations:  []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
			Containers: []corev1.Container{{Name: "main", Image: "registry.example.com/none:v1", Resources: corev1.ResourceRequirements{
				Limits: corev1.ResourceList{naming.ResourceGPU: resource.MustParse("1")},
			}}},
		},
	}, metav1.CreateOptions{})
	require.NoError(c.T, err)
}

// Forget deletes a pod.
func (c Cluster) Forget(name string) {
	c.T.Helper()
	now := int64(0)
	require.NoError(c.T, c.CoreV1().Pods(metav1.NamespaceDefault).Delete(c.T.Context(), name, metav1.DeleteOptions{GracePeriodSeconds: &now}))
}

// InstallDevicePlugin puts NVIDIA's plugin on every node with an accelerator.
func (c Cluster) InstallDevicePlugin() {
	c.T.Helper()
	labels := map[string]string{"app.kubernetes.io/name": "nvidia-device-plugin"}
	_, err := c.AppsV1().DaemonSets(metav1.NamespaceSystem).Create(c.T.Context(), &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Name: "nvidia-device-plugin"},
		Spec: appsv1.DaemonSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{
					Tolerations: []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
					Containers:  []corev1.Container{{Name: "main", Image: "registry.example.com/plugin:v1"}},
				},
			},
		},
	}, metav1.CreateOptions{})
	require.NoError(c.T, err)
}

// Running waits for a pod to run and returns its node.
func (c Cluster) Running(name string) *corev1.Node {
	c.T.Helper()
	var pod *corev1.Pod
	require.Eventually(c.T, func() bool {
		var err error
		pod, err = c.CoreV1().Pods(metav1.NamespaceDefault).Get(c.T.Context(), name, metav1.GetOptions{})
		return err == nil && pod.Status.Phase == corev1.PodRunning
	}, Soon, 100*time.Millisecond, "pod %s never runs", name)
	node, err := c.CoreV1().Nodes().Get(c.T.Context(), pod.Spec.NodeName, metav1.GetOptions{})
	require.NoError(c.T, err)
	return node
}

// InPool are the names of the nodes of a pool.
func (c Cluster) InPool(pool string) []string {
	c.T.Helper()
	nodes, err := c.CoreV1().Nodes().List(c.T.Context(), metav1.ListOptions{LabelSelector: naming.LabelPool + "=" + pool})
	require.NoError(c.T, err)
	names := []string{}
	for _, node := range nodes.Items {
		names = append(names, node.Name)
	}
	return names
}

// Shrinks waits for a pool to have so many nodes.
func (c Cluster) Shrinks(pool string, nodes int) {
	c.T.Helper()
	require.Eventually(c.T, func() bool { return len(c.InPool(pool)) == nodes }, 2*Soon, 100*time.Millisecond, "pool %s never has %d nodes", pool, nodes)
}

// Refused waits for the event that tells a pod why it gets no node.
func (c Cluster) Refused(name string) (message string) {
	c.T.Helper()
	require.Eventually(c.T, func() bool {
		events, err := c.CoreV1().Events(metav1.NamespaceDefault).List(c.T.Context(), metav1.ListOptions{
			FieldSelector: "reason=NotTriggerScaleUp,involvedObject.name=" + name,
		})
		if err != nil || len(events.Items) == 0 {
			return false
		}
		message = events.Items[0].Message
		return true
	}, Soon, 100*time.Millisecond, "pod %s is never told why", name)
	return message
}
