package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/sandbox/engine"
)

const (
	servedModel = "image-classifier"
	newImage    = "registry.example.com/image-classifier:v2"
)

// setModel changes what the dev stack says of the served model.
func (w *world) setModel(model map[string]any) {
	w.Helper()
	file := filepath.Join(w.project, "Pulumi.dev.yaml")
	data, err := os.ReadFile(file)
	require.NoError(w, err)
	var content map[string]map[string]any
	require.NoError(w, yaml.Unmarshal(data, &content))
	content["config"]["gantry:models"] = map[string]any{servedModel: model}
	data, err = yaml.Marshal(content)
	require.NoError(w, err)
	require.NoError(w, os.WriteFile(file, data, 0o600))
}

// weights are the shares of the model's versions, as the gateway would read them.
func (w *world) weights(cluster string) map[string]int64 {
	w.Helper()
	config, err := engine.Clusters(w.options("dev")).RESTConfig(cluster)
	require.NoError(w, err)
	client, err := dynamic.NewForConfig(config)
	require.NoError(w, err)
	routes := schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes"}
	route, err := client.Resource(routes).Namespace("models").Get(context.Background(), servedModel, metav1.GetOptions{})
	require.NoError(w, err)
	shares := map[string]int64{}
	rule := route.Object["spec"].(map[string]any)["rules"].([]any)[0].(map[string]any)
	for _, backend := range rule["backendRefs"].([]any) {
		b := backend.(map[string]any)
		shares[b["name"].(string)] = b["weight"].(int64)
	}
	return shares
}

// watch samples the ready replicas of the stable version until it is stopped, and
// tells the fewest that it saw, and the pods that it saw.
func watch(client kubernetes.Interface) (stop func() (fewest int32, pods map[string]bool)) {
	ctx, cancel := context.WithCancel(context.Background())
	fewest, pods := int32(1<<30), map[string]bool{}
	var done sync.WaitGroup
	done.Go(func() {
		for ctx.Err() == nil {
			deployment, err := client.AppsV1().Deployments("models").Get(ctx, servedModel, metav1.GetOptions{})
			if err == nil {
				fewest = min(fewest, deployment.Status.ReadyReplicas)
			}
			list, err := client.CoreV1().Pods("models").List(ctx, metav1.ListOptions{LabelSelector: "gantry.dev/version=stable"})
			if err == nil {
				for _, pod := range list.Items {
					pods[pod.Name] = true
				}
			}
			time.Sleep(poll)
		}
	})
	return func() (int32, map[string]bool) {
		cancel()
		done.Wait()
		return fewest, pods
	}
}

// A new version gets its share step by step, and gives it back; at no time is a
// replica of the stable version missing or replaced.
func TestRollout_NeverTouchesTheStableVersion(t *testing.T) {
	for _, cloud := range []string{"aws", "azure", "gcp"} {
		t.Run(cloud, func(t *testing.T) {
			w := newWorldOn(t, projectWith(t, func(map[string]any) {}), cloud)
			scale := map[string]any{"max": 2}
			w.setModel(map[string]any{"scale": scale})
			w.up("dev")
			cluster := w.localCluster("dev")
			client := w.client(cluster)
			requireReady(t, client, servedModel, 2)
			stop := watch(client)

			canary := func(weight int) map[string]any {
				return map[string]any{"scale": scale, "rollout": map[string]any{
					"canary": map[string]any{"image": newImage, "weight": weight},
				}}
			}
			for _, weight := range []int{5, 50, 100} {
				w.setModel(canary(weight))
				w.up("dev")
				requireReady(t, client, servedModel+"-canary", 2)
				assert.Equal(t, map[string]int64{servedModel: int64(100 - weight), servedModel + "-canary": int64(weight)}, w.weights(cluster))
			}
			w.setModel(map[string]any{"scale": scale})
			w.up("dev")
			assert.Equal(t, map[string]int64{servedModel: 100}, w.weights(cluster))

			for _, active := range []string{"blue", "green", "blue"} {
				w.setModel(map[string]any{"scale": scale, "rollout": map[string]any{
					"blueGreen": map[string]any{"green": newImage, "active": active},
				}})
				w.up("dev")
				want := map[string]int64{servedModel: 100, servedModel + "-green": 0}
				if active == "green" {
					want = map[string]int64{servedModel: 0, servedModel + "-green": 100}
				}
				assert.Equal(t, want, w.weights(cluster))
			}

			fewest, pods := stop()
			assert.EqualValues(t, 2, fewest, "ready replicas of the stable version")
			assert.Len(t, pods, 2, "and they are the same from beginning to end")
			w.downToNothing("dev")
		})
	}
}

func requireReady(t *testing.T, client kubernetes.Interface, deployment string, want int32) {
	t.Helper()
	require.Eventually(t, func() bool {
		found, err := client.AppsV1().Deployments("models").Get(context.Background(), deployment, metav1.GetOptions{})
		return err == nil && found.Status.ReadyReplicas >= want
	}, patience, poll, "%s has fewer than %d ready replicas", deployment, want)
}
