package manifest

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// Violations returns what the Pod Security admission of Kubernetes has against
// a pod in a namespace with the level; empty when it lets the pod in.
func Violations(t testing.TB, level string, pod corev1.PodTemplateSpec) string {
	t.Helper()
	parsed, err := api.ParseLevel(level)
	require.NoError(t, err)
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	require.NoError(t, err)
	results := policy.AggregateCheckResults(evaluator.EvaluatePod(
		api.LevelVersion{Level: parsed, Version: api.LatestVersion()}, &pod.ObjectMeta, &pod.Spec))
	return results.ForbiddenDetail()
}
