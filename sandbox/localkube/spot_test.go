package localkube_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gantry.dev/gantry/modules/naming"
)

func TestReclaimTakesTheNodesOfASpotPool(t *testing.T) {
	clusters, client := sharedClient(t)
	namespace := newNamespace(t, client)
	for name, labels := range map[string][2]string{
		"spot-1": {"train", "spot"}, "spot-2": {"train", "spot"}, "steady": {"serve", "on-demand"},
	} {
		node := cpuNode(name, "us-east-1a")
		node.Labels = map[string]string{naming.LabelPool: labels[0], naming.LabelCapacity: labels[1], "test": "reclaim"}
		putNode(t, clusters, node)
	}
	for _, refused := range []struct{ pool, want string }{
		{"serve", `pool "serve" is on-demand, and a cloud takes back only spot nodes; spot pools with nodes: train`},
		{"trian", `pool "trian" has no nodes; spot pools with nodes: train`},
		{"", `pool "" has no nodes`},
	} {
		_, err := clusters.Reclaim(t.Context(), sharedName, refused.pool)
		assert.ErrorContains(t, err, refused.want)
	}
	deployment := newDeployment("trainer", 3, podOptions{selector: map[string]string{"test": "reclaim"}})
	_, err := client.AppsV1().Deployments(namespace).Create(t.Context(), deployment, metav1.CreateOptions{})
	require.NoError(t, err)
	eventuallyRunning(t, client, namespace, 3)

	gone, err := clusters.Reclaim(t.Context(), sharedName, "train")
	require.NoError(t, err)
	assert.Equal(t, []string{"spot-1", "spot-2"}, gone)
	for _, name := range gone {
		_, err := client.CoreV1().Nodes().Get(t.Context(), name, metav1.GetOptions{})
		assert.True(t, apierrors.IsNotFound(err), name)
	}
	for _, pod := range eventuallyRunning(t, client, namespace, 3) {
		assert.Equal(t, "steady", pod.Spec.NodeName, "its controller has replaced it")
	}
	_, err = clusters.Reclaim(t.Context(), sharedName, "train")
	assert.ErrorContains(t, err, "no spot pool has nodes now")
}
