package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/sandbox/engine"
)

// settlePatience is how long the autoscalers may take to bring every model to
// its least number of replicas. They look every 15 seconds.
const settlePatience = 60 * time.Second

// settle waits until each model has the replicas that its autoscaler asks for at
// least. A model that does not get there is not an error of up: status shows it.
func settle(ctx context.Context, options engine.Options) error {
	clusters := engine.Clusters(options)
	names, err := clusters.Names()
	if err != nil {
		return err
	}
	deadline := time.Now().Add(settlePatience)
	for _, name := range names {
		client, err := clientOf(clusters, name)
		if err != nil {
			return err
		}
		for told := ""; time.Now().Before(deadline); {
			missing, err := missingReplicas(ctx, client)
			if err != nil {
				return fmt.Errorf("cluster %s: %w", name, err)
			}
			if missing == "" {
				break
			}
			if missing != told {
				fmt.Fprintln(options.Out, "   waiting for the autoscaler:", missing)
				told = missing
			}
			select {
			case <-time.After(500 * time.Millisecond):
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
	return nil
}

// missingReplicas names the models that have fewer ready replicas than their
// autoscaler's minimum.
func missingReplicas(ctx context.Context, client kubernetes.Interface) (string, error) {
	scalers, err := client.AutoscalingV2().HorizontalPodAutoscalers("").List(ctx, metav1.ListOptions{LabelSelector: naming.LabelModel})
	if err != nil {
		return "", err
	}
	var missing []string
	for _, scaler := range scalers.Items {
		deployment, err := client.AppsV1().Deployments(scaler.Namespace).Get(ctx, scaler.Spec.ScaleTargetRef.Name, metav1.GetOptions{})
		if err != nil {
			return "", err
		}
		least := int32(1)
		if scaler.Spec.MinReplicas != nil {
			least = *scaler.Spec.MinReplicas
		}
		if ready := deployment.Status.ReadyReplicas; ready < least {
			missing = append(missing, fmt.Sprintf("%s has %d of at least %d replicas", deployment.Name, ready, least))
		}
	}
	slices.Sort(missing)
	return strings.Join(missing, ", "), nil
}
