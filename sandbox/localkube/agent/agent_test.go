package agent

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

// factoryWith has the objects in its caches.
func factoryWith(t *testing.T, objects ...runtime.Object) informers.SharedInformerFactory {
	t.Helper()
	factory := informers.NewSharedInformerFactory(fake.NewClientset(objects...), 0)
	pods, nodes := factory.Core().V1().Pods().Informer(), factory.Core().V1().Nodes().Informer()
	require.NoError(t, pods.AddIndexers(cache.Indexers{byNode: func(obj any) ([]string, error) {
		return []string{obj.(*corev1.Pod).Spec.NodeName}, nil
	}}))
	factory.Start(t.Context().Done())
	require.True(t, cache.WaitForCacheSync(t.Context().Done(), pods.HasSynced, nodes.HasSynced))
	return factory
}

func podWith(annotations map[string]string, containers ...corev1.ResourceList) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "n", Annotations: annotations},
		Spec:       corev1.PodSpec{NodeName: "node"},
		Status:     corev1.PodStatus{Phase: corev1.PodRunning},
	}
	for _, requests := range containers {
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{
			Name: "c", Resources: corev1.ResourceRequirements{Requests: requests},
		})
	}
	return pod
}

func TestUsageIsAShareOfRequestsUnlessAnnotated(t *testing.T) {
	requests := corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("1Gi"),
	}
	for _, test := range []struct {
		name    string
		pod     *corev1.Pod
		want    []usage
		warning bool
	}{
		{"share of the requests", podWith(nil, requests), []usage{{300, 512 << 20}}, false},
		{"no requests", podWith(nil, nil), []usage{idle}, false},
		{"annotated CPU leaves memory", podWith(map[string]string{AnnotationCPUUsage: "450m"}, requests), []usage{{450, 512 << 20}}, false},
		{"annotation is for the whole pod", podWith(map[string]string{AnnotationMemoryUsage: "2Gi"}, requests, requests),
			[]usage{{300, 1 << 30}, {300, 1 << 30}}, false},
		{"bad annotation", podWith(map[string]string{AnnotationCPUUsage: "much"}, requests), []usage{{300, 512 << 20}}, true},
		{"negative annotation", podWith(map[string]string{AnnotationCPUUsage: "-1"}, requests), []usage{{300, 512 << 20}}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			events := record.NewFakeRecorder(1)
			f := newFigures(factoryWith(t), events)
			assert.Equal(t, test.want, f.containers(test.pod))
			assert.Len(t, events.Events, map[bool]int{true: 1}[test.warning])
		})
	}
}

func TestMetricsAPI(t *testing.T) {
	waiting := podWith(nil, nil)
	waiting.Name, waiting.Status.Phase = "waiting", corev1.PodPending
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node"}}
	f := newFigures(factoryWith(t, podWith(nil, nil), waiting, node), record.NewFakeRecorder(1))
	get := func(path string, into any) int {
		recorder := httptest.NewRecorder()
		f.handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/apis/metrics.k8s.io"+path, nil))
		require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), into))
		return recorder.Code
	}

	var pods metricsv1beta1.PodMetricsList
	require.Equal(t, http.StatusOK, get("/v1beta1/pods", &pods))
	require.Len(t, pods.Items, 1, "only running pods have figures")
	assert.Equal(t, "p", pods.Items[0].Name)

	var none metricsv1beta1.PodMetricsList
	require.Equal(t, http.StatusOK, get("/v1beta1/namespaces/n/pods?labelSelector=app%3Dother", &none))
	assert.Empty(t, none.Items)

	var used metricsv1beta1.NodeMetrics
	require.Equal(t, http.StatusOK, get("/v1beta1/nodes/node", &used))
	assert.Equal(t, system.milliCPU+idle.milliCPU, used.Usage.Cpu().MilliValue())

	var status metav1.Status
	assert.Equal(t, http.StatusNotFound, get("/v1beta1/namespaces/n/pods/waiting", &status))
	assert.Equal(t, metav1.StatusReasonNotFound, status.Reason)
	assert.Equal(t, http.StatusNotFound, get("/v1beta1/nodes/other", &status))
	assert.Equal(t, http.StatusBadRequest, get("/v1beta1/pods?labelSelector=%3D%3D", &status))
}

// recordedRole counts what is asked of an add-on and fails at first.
type recordedRole struct {
	failures  int
	installed bool
	running   bool
}

func (r *recordedRole) install(context.Context) error {
	if r.failures > 0 {
		r.failures--
		return errors.New("the API server is away")
	}
	r.installed = true
	return nil
}

func (r *recordedRole) run(ctx context.Context) {
	r.running = true
	<-ctx.Done()
	r.running = false
}

func (r *recordedRole) uninstall(context.Context) error {
	r.installed = false
	return nil
}

func TestAddonsFollowTheConfigMapAndAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		client := fake.NewClientset()
		added := &recordedRole{failures: 3}
		left := &recordedRole{installed: true} // by an agent that has died
		a, err := newAddons(client, map[string]role{"added": added, "left": left})
		require.NoError(t, err)
		done := make(chan struct{})
		go func() { defer close(done); a.run(ctx) }()

		maps := client.CoreV1().ConfigMaps(metav1.NamespaceSystem)
		config := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: AddonsConfigMap}, Data: map[string]string{"added": AddonInstalled}}
		time.Sleep(time.Second)
		assert.False(t, left.installed, "what is not installed goes")
		_, err = maps.Create(ctx, config, metav1.CreateOptions{})
		require.NoError(t, err)
		time.Sleep(10 * time.Second)
		assert.True(t, added.installed)
		assert.True(t, added.running)

		config.Data = nil
		_, err = maps.Update(ctx, config, metav1.UpdateOptions{})
		require.NoError(t, err)
		time.Sleep(10 * time.Second)
		assert.False(t, added.installed)
		assert.False(t, added.running)

		cancel()
		<-done
	})
}
