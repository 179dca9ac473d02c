package platform

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/helm"
	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

func withRollouts(t *testing.T, rollout spec.ModelRollout) *fixture {
	t.Helper()
	addons := noAddons()
	addons.Monitoring.Enabled = new(true)
	return fixtureOf(t, spec.Platform{
		Project: "gantry", Stack: "dev", Cloud: spec.AWS, Region: "us-east-1", Pools: []spec.Pool{system}, Addons: addons,
		Models: map[string]spec.Model{"a": {Name: "a", Image: "a:v1", Rollout: rollout}},
	})
}

var judgedModel = spec.ModelRollout{Analysis: spec.ModelAnalysis{MaxErrorRate: 1}}

func TestRollouts_FlaggerOnlyWhereItHasSomethingToJudge(t *testing.T) {
	f := withRollouts(t, spec.ModelRollout{Canary: spec.ModelCanary{Image: "a:v2", Weight: 5}})
	f.run(t)
	for _, release := range f.rec.OfType(helm.Type) {
		assert.NotEqual(t, "flagger", release.Input(t, "name"))
	}
	f = withRollouts(t, judgedModel)
	f.run(t)
	release := f.release(t, "flagger")
	assert.Equal(t, "1.44.0", release.Input(t, "version"))
	assert.True(t, f.rec.DependsOn(release, f.release(t, "monitoring")), "which brings the PodMonitor")
}

func TestRollouts_FlaggerKnowsGantrysWays(t *testing.T) {
	f := withRollouts(t, judgedModel)
	f.run(t)
	release := f.release(t, "flagger")
	assert.Equal(t, "gatewayapi:v1", release.Input(t, "values.meshProvider"))
	assert.Equal(t, PrometheusURL, release.Input(t, "values.metricsServer"))
	assert.Equal(t, ModelNamespace, release.Input(t, "values.namespace"))
	assert.Equal(t, naming.LabelVersion, release.Input(t, "values.selectorLabels"))
	for _, label := range []string{naming.LabelModel, naming.LabelVersion} {
		copied := false
		for prefix := range strings.SplitSeq(release.Input(t, "values.includeLabelPrefix").(string), ",") {
			copied = copied || strings.HasPrefix(label, prefix)
		}
		assert.True(t, copied, "%s: alerts know what serves by it", label)
	}
	assert.Equal(t, 2.0, release.Input(t, "values.leaderElection.replicaCount"))
	assert.Equal(t, true, release.Input(t, "values.leaderElection.enabled"), "two leaders would fight")
}

func TestRollouts_JudgesTheRequestsOfOneVersion(t *testing.T) {
	f := withRollouts(t, judgedModel)
	f.run(t)
	release := f.release(t, "flagger")
	for _, name := range []string{metricErrorRate, metricP95} {
		template := f.rec.Named(t, "platform-"+name)
		assert.Equal(t, name, template.Input(t, "metadata.name"))
		assert.Equal(t, release.Input(t, "namespace"), template.Input(t, "metadata.namespace"))
		assert.Equal(t, PrometheusURL, template.Input(t, "spec.provider.address"))
		query, ok := template.Input(t, "spec.query").(string)
		require.True(t, ok)
		assert.Equal(t, strings.Count(query, "http_request"), strings.Count(query, `namespace="{{ namespace }}", version="{{ target }}"`), query)
		assert.NotContains(t, query, "%!", "a format without its value")
		assert.True(t, f.rec.DependsOn(template, release))
	}
}
