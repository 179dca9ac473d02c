package kubeprovider

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func namespaceReady(_ context.Context, _ probe, live *unstructured.Unstructured) verdict {
	phase := as[corev1.Namespace](live).Status.Phase
	if phase == corev1.NamespaceActive {
		return isReady
	}
	return verdict{waiting: fmt.Sprintf("waiting for the namespace to be active: it is %s", phase)}
}

// definitionReady waits until the API server serves a custom kind.
func definitionReady(_ context.Context, _ probe, live *unstructured.Unstructured) verdict {
	if refused := condition(live, "NamesAccepted"); refused.status == "False" {
		return verdict{failed: true, waiting: fmt.Sprintf("[%s] %s", refused.reason, refused.message)}
	}
	if condition(live, "Established").status == "True" {
		return isReady
	}
	return verdict{waiting: "waiting for the kind to be established"}
}

func quotaReady(_ context.Context, _ probe, live *unstructured.Unstructured) verdict {
	quota := as[corev1.ResourceQuota](live)
	if equality.Semantic.DeepEqual(quota.Spec.Hard, quota.Status.Hard) {
		return isReady
	}
	return verdict{waiting: "waiting for the quota to be in force"}
}

// secretReady waits for the token of a service account's Secret, which a
// controller fills in. Any other Secret is complete as it is.
func secretReady(_ context.Context, _ probe, live *unstructured.Unstructured) verdict {
	secret := as[corev1.Secret](live)
	if secret.Type != corev1.SecretTypeServiceAccountToken || len(secret.Data) > 0 {
		return isReady
	}
	return verdict{waiting: fmt.Sprintf("waiting for the token of service account %q",
		secret.Annotations[corev1.ServiceAccountNameKey])}
}

// statusCondition is an entry of status.conditions.
type statusCondition struct {
	status, reason, message string
}

func condition(live *unstructured.Unstructured, kind string) statusCondition {
	conditions, _, _ := unstructured.NestedSlice(live.Object, "status", "conditions")
	for _, c := range conditions {
		entry, _ := c.(map[string]any)
		if entry["type"] != kind {
			continue
		}
		field := func(name string) string { s, _ := entry[name].(string); return s }
		return statusCondition{field("status"), field("reason"), field("message")}
	}
	return statusCondition{}
}
