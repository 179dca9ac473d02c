package serving

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"

	"gantry.dev/gantry/components/componenttest/manifest"
	"gantry.dev/gantry/modules/spec"
)

// analysed is a classifier whose new versions Flagger lets in.
func analysed(t *testing.T, change func(*spec.Model)) *fixture {
	t.Helper()
	return routedFixture(t, func(m *spec.Model) {
		m.Rollout.Analysis = spec.ModelAnalysis{MaxErrorRate: 2, MaxP95: "300ms", Steps: []int{10, 50}}
		if change != nil {
			change(m)
		}
	})
}

const canaryName = "image-classifier-canary"

func TestAnalysis_Golden(t *testing.T) {
	manifest.Golden(t, "testdata/analysed.golden.yaml", analysed(t, nil).rec.All())
}

func TestAnalysis_HandsTheNewestVersionToFlagger(t *testing.T) {
	f := analysed(t, nil)
	canary := f.rec.Named(t, canaryName)
	deployment := manifest.Decode[appsv1.Deployment](t, f.rec.Named(t, "image-classifier-next-deployment"))
	scaler := manifest.Decode[autoscalingv2.HorizontalPodAutoscaler](t, f.rec.Named(t, "image-classifier-next-scaler"))
	assert.Equal(t, deployment.Name, canary.Input(t, "spec.targetRef.name"))
	assert.Equal(t, scaler.Name, canary.Input(t, "spec.autoscalerRef.name"))
	assert.Equal(t, "HorizontalPodAutoscaler", canary.Input(t, "spec.autoscalerRef.kind"))
	assert.EqualValues(t, *deployment.Spec.ProgressDeadlineSeconds, canary.Input(t, "spec.progressDeadlineSeconds"))
	assert.Equal(t, []any{10.0, 50.0}, canary.Input(t, "spec.analysis.stepWeights"))
	assert.Equal(t, 3.0, canary.Input(t, "spec.analysis.threshold"))
	assert.Equal(t, "60s", canary.Input(t, "spec.analysis.interval"))
	assert.Equal(t, 2.0, canary.Input(t, "spec.analysis.metrics[0].thresholdRange.max"), "in percent")
	assert.Equal(t, 0.3, canary.Input(t, "spec.analysis.metrics[1].thresholdRange.max"), "in seconds")
	for _, first := range []string{"image-classifier-next-deployment", "image-classifier-route", "image-classifier-traffic"} {
		assert.True(t, f.rec.DependsOn(canary, f.rec.Named(t, first)), "%s is there before Flagger takes over", first)
	}

	withoutLatency := analysed(t, func(m *spec.Model) { m.Rollout.Analysis.MaxP95 = "" }).rec.Named(t, canaryName)
	assert.Len(t, withoutLatency.Input(t, "spec.analysis.metrics"), 1)
}

// Flagger's selectors are one label, which it looks for in the Deployment, and it
// renames it in a spread where its value is the Deployment's name.
func TestAnalysis_OneLabelIsTheVersionsAlone(t *testing.T) {
	deployment := manifest.Decode[appsv1.Deployment](t, analysed(t, nil).rec.Named(t, "image-classifier-next-deployment"))
	assert.Equal(t, deployment.Name, deployment.Spec.Selector.MatchLabels["gantry.dev/version"])
	assert.Equal(t, deployment.Name, deployment.Spec.Template.Labels["gantry.dev/version"])
	for _, spread := range deployment.Spec.Template.Spec.TopologySpreadConstraints {
		assert.Equal(t, deployment.Name, spread.LabelSelector.MatchLabels["gantry.dev/version"])
	}
}

func TestAnalysis_FlaggerLeadsWhatIsThereAlready(t *testing.T) {
	before, f := routedFixture(t, nil), analysed(t, nil)
	canary := f.rec.Named(t, canaryName)
	plain := manifest.Decode[corev1.Service](t, before.rec.Named(t, "image-classifier-service"))
	service := manifest.Decode[corev1.Service](t, f.rec.Named(t, "image-classifier-service"))
	route := f.rec.Named(t, routeName)
	assert.Equal(t, plain.Name, service.Name)
	assert.Equal(t, plain.Spec.Ports, service.Spec.Ports)
	assert.Equal(t, service.Name, canary.Input(t, "spec.service.name"))
	port := service.Spec.Ports[0]
	assert.EqualValues(t, port.Port, canary.Input(t, "spec.service.port"))
	assert.Equal(t, port.Name, canary.Input(t, "spec.service.portName"))
	assert.Equal(t, port.TargetPort.StrVal, canary.Input(t, "spec.service.targetPort"))
	assert.Equal(t, *port.AppProtocol, canary.Input(t, "spec.service.appProtocol"))
	assert.Equal(t, map[string]int{"image-classifier": 100}, weights(t, f), "until Flagger leads them elsewhere")

	// Flagger writes the route anew, as it is.
	for theirs, ours := range map[string]string{
		"gatewayRefs": "parentRefs", "hosts": "hostnames",
		"match[0].uri.prefix": "rules[0].matches[0].path.value",
		"rewrite.uri":         "rules[0].filters[0].urlRewrite.path.replacePrefixMatch",
		"rewrite.type":        "rules[0].filters[0].urlRewrite.path.type",
		"timeout":             "rules[0].timeouts.request",
	} {
		assert.Equal(t, route.Input(t, "spec."+ours), canary.Input(t, "spec.service."+theirs), theirs)
	}
	assert.Equal(t, route.Input(t, "metadata.labels"), canary.Input(t, "spec.service.apex.labels"))
	access := before.rec.Named(t, "image-classifier-traffic").Input(t, "spec.targetRefs")
	assert.Equal(t, access, f.rec.Named(t, "image-classifier-traffic").Input(t, "spec.targetRefs"), "policies hold all the same")
}

func TestAnalysis_IsGivenBackWhenItGoes(t *testing.T) {
	before, f := routedFixture(t, nil), analysed(t, nil)
	for _, name := range []string{"image-classifier-service", routeName} {
		plain := before.rec.Named(t, name).Input(t, "metadata.annotations").(map[string]any)
		shared := f.rec.Named(t, name).Input(t, "metadata.annotations").(map[string]any)
		assert.Equal(t, "true", plain["pulumi.com/patchForce"], "%s takes back what Flagger holds", name)
		assert.NotEqual(t, plain, shared, "%s is written anew without the analysis", name)
	}
	next := manifest.Decode[appsv1.Deployment](t, f.rec.Named(t, "image-classifier-next-deployment"))
	stable := manifest.Decode[appsv1.Deployment](t, before.rec.Named(t, stableName))
	assert.NotEqual(t, stable.Name, next.Name, "the one is there before the other goes")
}

// The pods that serve have all labels of the newest version's, but for the
// version.
func TestAnalysis_WhatServesIsGuardedToo(t *testing.T) {
	f := analysed(t, nil)
	newest := manifest.Decode[policyv1.PodDisruptionBudget](t, f.rec.Named(t, "image-classifier-next-budget"))
	serves := manifest.Decode[policyv1.PodDisruptionBudget](t, f.rec.Named(t, "image-classifier-next-primary-budget"))
	assert.Equal(t, "image-classifier-next", newest.Spec.Selector.MatchLabels["gantry.dev/version"])
	assert.Equal(t, "image-classifier-next-primary", serves.Spec.Selector.MatchLabels["gantry.dev/version"])
	policy := manifest.Decode[networkingv1.NetworkPolicy](t, f.rec.Named(t, "image-classifier-network"))
	assert.NotContains(t, policy.Spec.PodSelector.MatchLabels, "gantry.dev/version")
	service := f.rec.Named(t, canaryName)
	assert.Equal(t, map[string]any{"gantry.dev/model": "image-classifier"}, service.Input(t, "spec.service.canary.labels"), "scraped")
	assert.Nil(t, service.Input(t, "spec.service.primary"), "scraped through the model's Service, and once")
}

func TestAnalysis_EveryVersionScalesByItsOwnRequests(t *testing.T) {
	f := analysed(t, func(m *spec.Model) {
		m.Scale.RequestsPerReplica, m.Scale.P95 = 20, "1s"
		m.Scale.Queries = []spec.ScaleQuery{{Query: "sum(image_classifier_next_open)", PerReplica: 3}}
	})
	scaler, canary := f.rec.Named(t, "image-classifier-next-scaler"), f.rec.Named(t, canaryName)
	assert.Equal(t, "ScaledObject", canary.Input(t, "spec.autoscalerRef.kind"))
	assert.Nil(t, scaler.Input(t, "spec.fallback"), "Flagger's copy would scale down without Prometheus")
	queries, ok := canary.Input(t, "spec.autoscalerRef.primaryScalerQueries").(map[string]any)
	require.True(t, ok)
	assert.Equal(t, `sum(rate(http_requests_total{namespace="models", model="image-classifier", version="image-classifier-next-primary"}[1m]))`, queries["requests"])
	assert.Contains(t, queries["p95"], `version="image-classifier-next-primary"`)
	assert.Equal(t, "sum(image_classifier_next_open)", queries["query-1"], "as it was written")
	asked := 0
	for _, each := range scaler.Input(t, "spec.triggers").([]any) {
		trigger := each.(map[string]any)
		if query, asks := trigger["metadata"].(map[string]any)["query"].(string); asks {
			asked++
			assert.NotContains(t, query, "primary")
			assert.Contains(t, queries, trigger["name"])
		}
	}
	assert.Len(t, queries, asked)
}
