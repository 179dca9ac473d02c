package agent

import (
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

	"gantry.dev/gantry/modules/naming"
)

func TestDevicePlugins_TheCloudsOwnNeedsNoPod(t *testing.T) {
	plugin := podWith(nil)
	plugin.Labels = map[string]string{advertisers[0].key: advertisers[0].value}
	plugin.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	gpus := map[string]string{AnnotationGPUs: "2"}
	own := map[string]string{AnnotationGPUs: "2", AnnotationDevicePlugin: CloudDevicePlugin}
	for name, test := range map[string]struct {
		annotations map[string]string
		pods        []runtime.Object
		want        int64
		warnings    int
	}{
		"nobody advertises":        {gpus, nil, 0, 0},
		"a pod does":               {gpus, []runtime.Object{plugin}, 2, 0},
		"the cloud does":           {own, nil, 2, 0},
		"both do":                  {own, []runtime.Object{plugin}, 2, 1},
		"the cloud, without a GPU": {map[string]string{AnnotationGPUs: "0", AnnotationDevicePlugin: CloudDevicePlugin}, nil, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node", Annotations: test.annotations}}
			client := fake.NewClientset(append(test.pods, node)...)
			factory := informers.NewSharedInformerFactory(client, 0)
			events := record.NewFakeRecorder(1)
			plugins, err := newDevicePlugins(client, factory, events)
			require.NoError(t, err)
			factory.Start(t.Context().Done())
			require.True(t, cache.WaitForCacheSync(t.Context().Done(),
				factory.Core().V1().Pods().Informer().HasSynced, factory.Core().V1().Nodes().Informer().HasSynced))

			require.NoError(t, plugins.sync(t.Context(), "node"))
			got, err := client.CoreV1().Nodes().Get(t.Context(), "node", metav1.GetOptions{})
			require.NoError(t, err)
			allocatable := got.Status.Allocatable[naming.ResourceGPU]
			assert.Equal(t, test.want, allocatable.Value())
			assert.Len(t, events.Events, test.warnings)
		})
	}
}
