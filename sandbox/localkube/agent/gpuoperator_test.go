package agent

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/sandbox/localkube/fleet"
)

// watched is a cluster of one node, looked at by the device plugins' part.
type watched struct {
	t       *testing.T
	client  *fake.Clientset
	plugins *devicePlugins
	events  *record.FakeRecorder
}

func watch(t *testing.T, objects ...runtime.Object) *watched {
	t.Helper()
	client := fake.NewClientset(objects...)
	factory := informers.NewSharedInformerFactory(client, 0)
	events := record.NewFakeRecorder(4)
	plugins, err := newDevicePlugins(client, factory, events)
	require.NoError(t, err)
	factory.Start(t.Context().Done())
	core := factory.Core().V1()
	require.True(t, cache.WaitForCacheSync(t.Context().Done(),
		core.Pods().Informer().HasSynced, core.Nodes().Informer().HasSynced, core.ConfigMaps().Informer().HasSynced))
	return &watched{t: t, client: client, plugins: plugins, events: events}
}

// node looks at the node and returns what it has become.
func (w *watched) node() *corev1.Node {
	w.t.Helper()
	require.NoError(w.t, w.plugins.sync(w.t.Context(), "node"))
	got, err := w.client.CoreV1().Nodes().Get(w.t.Context(), "node", metav1.GetOptions{})
	require.NoError(w.t, err)
	return got
}

// gpuNode is a node with eight A100 of 80 GB.
func gpuNode(edit func(*fleet.Node)) *corev1.Node {
	n := fleet.Node{Name: "node", GPUs: 8, Accelerator: fleet.Accelerator{Model: "a100", MemoryMiB: 81920}, Labels: map[string]string{}}
	n.Taints = []fleet.Taint{{Key: "nvidia.com/gpu", Value: "present", Effect: "NoSchedule"}}
	if edit != nil {
		edit(&n)
	}
	node := n.Object("v1.34.0")
	node.Annotations = Annotations(n)
	return node
}

// release is the record of the operator's release.
func release(values string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "release.gpu-system.gpu-operator", Namespace: releaseNamespace, Labels: map[string]string{releaseLabel: "true"}},
		Data:       map[string]string{keyChart: "gpu-operator", keyValues: values},
	}
}

func installerPod() *corev1.Pod {
	pod := podWith(nil)
	pod.Labels = map[string]string{"app.kubernetes.io/name": "nvidia-driver-installer"}
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	return pod
}

// gpuResources are the accelerators that can be allocated, and those that there
// are, where the numbers differ.
func gpuResources(node *corev1.Node) map[string]int64 {
	found := map[string]int64{}
	for name, quantity := range node.Status.Allocatable {
		if len(name) > 11 && name[:11] == nvidiaResources {
			found[string(name)] = quantity.Value()
		}
	}
	return found
}

const sharingConfigs = `
driver: {enabled: false}
devicePlugin:
  config:
    default: whole
    data:
      whole: "version: v1"
      time-slices-4: |
        version: v1
        sharing: {timeSlicing: {resources: [{name: nvidia.com/gpu, replicas: 4}]}}
      mps-2: |
        version: v1
        sharing: {mps: {resources: [{name: nvidia.com/gpu, replicas: 2}]}}
`

func TestGPUOperator_AdvertisesAsItsValuesAndTheNodesLabelsSay(t *testing.T) {
	label := func(key, value string) func(*fleet.Node) {
		return func(n *fleet.Node) { n.Labels[key] = value }
	}
	taint := func(key, value string) func(*fleet.Node) {
		return func(n *fleet.Node) {
			n.Taints = append(n.Taints, fleet.Taint{Key: key, Value: value, Effect: "NoSchedule"})
		}
	}
	const spotTolerated = `
daemonsets: {tolerations: &all [{key: nvidia.com/gpu, operator: Exists}, {key: kubernetes.azure.com/scalesetpriority, operator: Equal, value: spot, effect: NoSchedule}]}
node-feature-discovery: {worker: {tolerations: *all}}
`
	const gpu, a100 = "nvidia.com/gpu", "NVIDIA-A100-SXM4-80GB"
	whole := map[string]int64{gpu: 8}
	for name, test := range map[string]struct {
		values string
		edit   func(*fleet.Node)
		want   map[string]int64
		// labels that are there, and with an empty value those that are not
		labels map[string]string
	}{
		"whole": {"{}", nil, whole, map[string]string{
			labelProduct: a100, labelCount: "8", labelReplicas: "1", labelPresent: "true", labelMIGState: "", labelMIGStrategy: ""}},
		"a taint of its own chart":             {"{}", taint("node.kubernetes.io/not-ready", ""), whole, nil},
		"a taint that is in the way":           {"{}", taint("kubernetes.azure.com/scalesetpriority", "spot"), nil, map[string]string{labelProduct: ""}},
		"which is tolerated":                   {spotTolerated, taint("kubernetes.azure.com/scalesetpriority", "spot"), whole, nil},
		"by half of it only":                   {"daemonsets: {tolerations: [{operator: Exists}]}", taint("kubernetes.azure.com/scalesetpriority", "spot"), nil, nil},
		"tolerations that replace the chart's": {"daemonsets: {tolerations: []}", nil, nil, nil},
		"of another value":                     {`{daemonsets: {tolerations: [{key: nvidia.com/gpu, operator: Equal, value: absent}]}}`, nil, nil, nil},
		"a node that says no":                  {"{}", label("nvidia.com/gpu.deploy.operands", "false"), nil, map[string]string{labelPresent: ""}},
		"without its plugin":                   {"devicePlugin: {enabled: false}", nil, nil, map[string]string{labelProduct: a100}},
		"turns":                                {sharingConfigs, label("nvidia.com/device-plugin.config", "time-slices-4"), map[string]int64{gpu: 32}, map[string]string{labelProduct: a100 + "-SHARED", labelReplicas: "4", labelCount: "8"}},
		"at once":                              {sharingConfigs, label("nvidia.com/device-plugin.config", "mps-2"), map[string]int64{gpu: 16}, map[string]string{labelProduct: a100 + "-SHARED", labelReplicas: "2"}},
		"no way of sharing":                    {sharingConfigs, nil, whole, map[string]string{labelReplicas: "1"}},
		"a way that is not there":              {sharingConfigs, label("nvidia.com/device-plugin.config", "mps-3"), nil, nil},
		"slices":                               {"mig: {strategy: single}", label("nvidia.com/mig.config", "all-1g.10gb"), map[string]int64{gpu: 56}, map[string]string{labelProduct: a100 + "-MIG-1g.10gb", labelMIGState: "success", labelMIGStrategy: "single", labelCount: "56"}},
		"slices by profile":                    {"mig: {strategy: mixed}", label("nvidia.com/mig.config", "all-3g.40gb"), map[string]int64{"nvidia.com/mig-3g.40gb": 16}, map[string]string{labelProduct: a100, labelMIGState: "success", labelMIGStrategy: "mixed"}},
		"slices that it has not":               {"{}", label("nvidia.com/mig.config", "all-1g.5gb"), whole, map[string]string{labelMIGState: "failed", labelProduct: a100}},
		"slices nobody cuts":                   {"migManager: {enabled: false}", label("nvidia.com/mig.config", "all-1g.10gb"), whole, map[string]string{labelMIGState: ""}},
		"slices of the cloud": {"migManager: {enabled: false}", func(n *fleet.Node) { n.GPUs, n.Accelerator.Partition = 7, "1g.10gb" }, map[string]int64{gpu: 7}, map[string]string{
			labelProduct: a100 + "-MIG-1g.10gb", labelMIGState: "", labelMIGStrategy: "single"}},
		"slices of the cloud by profile": {"{mig: {strategy: mixed}, migManager: {enabled: false}}", func(n *fleet.Node) { n.GPUs, n.Accelerator.Partition = 7, "1g.10gb" },
			map[string]int64{"nvidia.com/mig-1g.10gb": 7}, nil},
		"no driver":      {"driver: {enabled: false}", func(n *fleet.Node) { n.Accelerator.Driverless = true }, nil, nil},
		"its own driver": {"driver: {enabled: true}", func(n *fleet.Node) { n.Accelerator.Driverless = true }, whole, nil},
		"its own driver, kept away": {"{}", func(n *fleet.Node) {
			n.Accelerator.Driverless = true
			n.Labels["nvidia.com/gpu.deploy.driver"] = "false"
		}, nil, nil},
		"its own driver on Google's": {"{}", func(n *fleet.Node) {
			n.Accelerator.Driverless = true
			n.Labels["cloud.google.com/gke-os-distribution"] = "cos"
		}, nil, nil},
		"no accelerator": {"{}", func(n *fleet.Node) { n.GPUs = 0 }, nil, map[string]string{labelPresent: ""}},
	} {
		t.Run(name, func(t *testing.T) {
			node := watch(t, gpuNode(test.edit), release(test.values)).node()
			if test.want == nil {
				test.want = map[string]int64{}
			}
			assert.Equal(t, test.want, gpuResources(node))
			for key, value := range test.labels {
				assert.Equal(t, value, node.Labels[key], key)
			}
		})
	}
}

func TestGPUOperator_WaitsForGooglesInstaller(t *testing.T) {
	bare := gpuNode(func(n *fleet.Node) {
		n.Accelerator.Driverless = true
		n.Labels["cloud.google.com/gke-os-distribution"] = "cos"
	})
	values := release("driver: {enabled: false}")
	assert.Empty(t, gpuResources(watch(t, bare, values).node()))
	assert.Equal(t, map[string]int64{"nvidia.com/gpu": 8}, gpuResources(watch(t, bare, values, installerPod()).node()))

	pending := installerPod()
	pending.Status.Conditions = nil
	assert.Empty(t, gpuResources(watch(t, bare, values, pending).node()), "it is at work")
}

func TestGPUOperator_LeavesNothingBehind(t *testing.T) {
	w := watch(t, gpuNode(func(n *fleet.Node) { n.Labels["nvidia.com/mig.config"] = "all-1g.10gb" }), release("mig: {strategy: mixed}"))
	node := w.node()
	require.Equal(t, map[string]int64{"nvidia.com/mig-1g.10gb": 56}, gpuResources(node))
	require.Contains(t, node.Labels, labelProduct)

	change := func(apply func(ctx context.Context) error) *corev1.Node {
		require.NoError(t, apply(t.Context()))
		var after *corev1.Node
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			// The caches follow a moment later.
			after = w.node()
			again := w.node()
			assert.Equal(c, after.Labels, again.Labels)
			assert.NotEqual(c, gpuResources(node), gpuResources(after))
		}, 5e9, 2e7)
		return after
	}
	single := release("mig: {strategy: single}")
	after := change(func(ctx context.Context) error {
		_, err := w.client.CoreV1().ConfigMaps(releaseNamespace).Update(ctx, single, metav1.UpdateOptions{})
		return err
	})
	assert.Equal(t, map[string]int64{"nvidia.com/gpu": 56, "nvidia.com/mig-1g.10gb": 0}, gpuResources(after), "another strategy")

	node = after
	after = change(func(ctx context.Context) error {
		return w.client.CoreV1().ConfigMaps(releaseNamespace).Delete(ctx, single.Name, metav1.DeleteOptions{})
	})
	assert.Equal(t, map[string]int64{"nvidia.com/gpu": 0, "nvidia.com/mig-1g.10gb": 0}, gpuResources(after))
	capacity := after.Status.Capacity["nvidia.com/gpu"]
	assert.EqualValues(t, 56, capacity.Value(), "the kubelet still knows them")
	for _, key := range discovered {
		assert.NotContains(t, after.Labels, key)
	}
	assert.Contains(t, after.Labels, "nvidia.com/mig.config", "which is the pool's")
}

func TestGPUOperator_IsOneAdvertiserAmongOthers(t *testing.T) {
	plugin := podWith(nil)
	plugin.Labels = map[string]string{advertisers[0].key: advertisers[0].value}
	plugin.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	own := gpuNode(func(n *fleet.Node) { n.DevicePlugin = true })
	for name, test := range map[string]struct {
		objects  []runtime.Object
		warnings int
	}{
		"alone":                    {[]runtime.Object{gpuNode(nil), release("{}")}, 0},
		"beside a plugin":          {[]runtime.Object{gpuNode(nil), release("{}"), plugin}, 1},
		"beside GKE's":             {[]runtime.Object{own, release("{}")}, 1},
		"with its plugin off":      {[]runtime.Object{own, release("devicePlugin: {enabled: false}")}, 0},
		"of another chart":         {[]runtime.Object{own, &corev1.ConfigMap{ObjectMeta: release("").ObjectMeta, Data: map[string]string{keyChart: "keda"}}}, 0},
		"from a mirror of charts":  {[]runtime.Object{own, &corev1.ConfigMap{ObjectMeta: release("").ObjectMeta, Data: map[string]string{keyChart: "oci://example.com/charts/gpu-operator", keyValues: "{}"}}}, 1},
		"packed":                   {[]runtime.Object{own, &corev1.ConfigMap{ObjectMeta: release("").ObjectMeta, Data: map[string]string{keyChart: "gpu-operator-v26.7.0.tgz", keyValues: "{}"}}}, 1},
		"written by somebody else": {[]runtime.Object{own, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: releaseNamespace}, Data: release("{}").Data}}, 0},
	} {
		w := watch(t, test.objects...)
		w.node()
		w.node()
		assert.Len(t, w.events.Events, test.warnings, "%s: each node is told once", name)
	}
}

func TestGPUOperator_ValuesThatAreNoneAreAnError(t *testing.T) {
	w := watch(t, gpuNode(nil), release("driver: [1"))
	assert.ErrorContains(t, w.plugins.sync(t.Context(), "node"), "values of release.gpu-system.gpu-operator")
}

func TestCloudDevicePlugin_SharesAsTheNodeIsLabelled(t *testing.T) {
	node := watch(t, gpuNode(func(n *fleet.Node) {
		n.DevicePlugin, n.Labels[labelSharedClients] = true, "4"
	})).node()
	assert.Equal(t, map[string]int64{"nvidia.com/gpu": 32}, gpuResources(node))
}

func TestDevicePlugin_AdvertisesSlicesByProfileWhenToldTo(t *testing.T) {
	plugin := podWith(nil)
	plugin.Labels = map[string]string{advertisers[0].key: advertisers[0].value}
	plugin.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	plugin.Spec.Containers = []corev1.Container{{Name: "plugin", Env: []corev1.EnvVar{{Name: "MIG_STRATEGY", Value: "mixed"}}}}
	node := watch(t, gpuNode(func(n *fleet.Node) { n.GPUs, n.Accelerator.Partition = 7, "1g.10gb" }), plugin).node()
	assert.Equal(t, map[string]int64{"nvidia.com/mig-1g.10gb": 7}, gpuResources(node))
}

func TestAnnotations_TellWhatIsInTheMachine(t *testing.T) {
	accelerator := fleet.Accelerator{Model: "a100", MemoryMiB: 81920, Partition: "1g.10gb", Driverless: true}
	annotations := Annotations(fleet.Node{GPUs: 7, Accelerator: accelerator})
	var read fleet.Accelerator
	require.NoError(t, json.Unmarshal([]byte(annotations[AnnotationAccelerator]), &read))
	assert.Equal(t, accelerator, read)
	assert.NotContains(t, Annotations(fleet.Node{}), AnnotationAccelerator)
}

func TestProducts_OfEveryAcceleratorOfTheCatalog(t *testing.T) {
	for _, cloud := range []string{"aws", "gcp", "azure"} {
		for _, name := range accelerators.MachineTypes(cloud) {
			machine, _ := accelerators.Lookup(cloud, name)
			if machine.GPU != "" {
				assert.NotEmpty(t, products[machine.GPU][machine.GPUMemoryMiB], "%s %s: %s of %d MiB", cloud, name, machine.GPU, machine.GPUMemoryMiB)
			}
		}
	}
}
