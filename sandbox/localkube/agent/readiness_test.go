package agent

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"
)

func TestPodsAreReadyAgainWhenTheirNodeIs(t *testing.T) {
	condition := func(kind corev1.PodConditionType, status corev1.ConditionStatus) corev1.PodCondition {
		return corev1.PodCondition{Type: kind, Status: status}
	}
	for name, test := range map[string]struct {
		node   corev1.ConditionStatus
		change func(pod *corev1.Pod)
		want   corev1.ConditionStatus
	}{
		"a node that is back":     {corev1.ConditionTrue, nil, corev1.ConditionTrue},
		"a node that is silent":   {corev1.ConditionUnknown, nil, corev1.ConditionFalse},
		"a pod that waits":        {corev1.ConditionTrue, func(pod *corev1.Pod) { pod.Status.Phase = corev1.PodPending }, corev1.ConditionFalse},
		"a pod that has its gate": {corev1.ConditionTrue, func(pod *corev1.Pod) { pod.Spec.ReadinessGates = make([]corev1.PodReadinessGate, 1) }, corev1.ConditionFalse},
		"a pod with a bad probe": {corev1.ConditionTrue, func(pod *corev1.Pod) {
			pod.Status.Conditions[1].Status = corev1.ConditionFalse
		}, corev1.ConditionFalse},
		"a pod that goes": {corev1.ConditionTrue, func(pod *corev1.Pod) {
			pod.DeletionTimestamp, pod.Finalizers = new(metav1.Now()), []string{"test"}
		}, corev1.ConditionFalse},
	} {
		t.Run(name, func(t *testing.T) {
			pod := podWith(nil)
			pod.Status.Conditions = []corev1.PodCondition{condition(corev1.PodReady, corev1.ConditionFalse), condition(corev1.ContainersReady, corev1.ConditionTrue)}
			if test.change != nil {
				test.change(pod)
			}
			node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node"}}
			node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: test.node}}
			client := fake.NewClientset(pod, node)
			factory := informers.NewSharedInformerFactory(client, 0)
			require.NoError(t, factory.Core().V1().Pods().Informer().AddIndexers(cache.Indexers{byNode: func(obj any) ([]string, error) {
				return []string{obj.(*corev1.Pod).Spec.NodeName}, nil
			}}))
			r, err := newReadiness(client, factory)
			require.NoError(t, err)
			factory.Start(t.Context().Done())
			factory.WaitForCacheSync(t.Context().Done())

			require.NoError(t, r.sync(t.Context(), "node"))
			got, err := client.CoreV1().Pods(pod.Namespace).Get(t.Context(), pod.Name, metav1.GetOptions{})
			require.NoError(t, err)
			assert.Equal(t, test.want, got.Status.Conditions[0].Status)
			assert.NoError(t, r.sync(t.Context(), "gone"))
		})
	}
}
