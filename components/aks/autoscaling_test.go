package aks

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/components/componenttest"
	"gantry.dev/gantry/modules/spec"
)

// size is what a resource says about the size of a pool, below a path.
func size(t *testing.T, res componenttest.Resource, at string) map[string]any {
	t.Helper()
	got := map[string]any{}
	for _, key := range []string{"enableAutoScaling", "count", "minCount", "maxCount"} {
		if value := res.Input(t, at+key); value != nil {
			got[key] = value
		}
	}
	return got
}

func TestScaling_AutoscalerOwnsTheCount(t *testing.T) {
	rec := run(t, dev())
	control := rec.Named(t, "cluster-cluster")
	assert.Equal(t, map[string]any{"enableAutoScaling": true, "count": 2.0, "minCount": 2.0, "maxCount": 4.0}, size(t, control, "agentPoolProfiles[0]."))
	assert.Equal(t, map[string]any{"enableAutoScaling": true, "count": 0.0, "minCount": 0.0, "maxCount": 20.0},
		size(t, rec.Named(t, "cluster-serve"), ""), "user pools go down to zero")
	for _, pool := range rec.OfType(typeAgentPool) {
		assert.Equal(t, []string{"count"}, pool.IgnoreChanges, pool.Name)
	}
}

func TestScaling_WithoutAutoscalerThePoolHasExactlyMin(t *testing.T) {
	rec := run(t, edit(dev(), func(a *Args) { a.Platform.Addons.Autoscaler.Enabled = off() }))
	control := rec.Named(t, "cluster-cluster")
	assert.Equal(t, map[string]any{"enableAutoScaling": false, "count": 2.0}, size(t, control, "agentPoolProfiles[0]."))
	assert.Nil(t, control.Input(t, "autoScalerProfile"))
	assert.Equal(t, map[string]any{"enableAutoScaling": false, "count": 0.0}, size(t, rec.Named(t, "cluster-serve"), ""))
	for _, pool := range rec.OfType(typeAgentPool) {
		assert.Empty(t, pool.IgnoreChanges, pool.Name)
	}
}

func TestScaling_ASystemPoolHasTwoNodes(t *testing.T) {
	for _, enabled := range []*bool{on(), off()} {
		rec := run(t, edit(dev(), func(a *Args) {
			a.Platform.Addons.Autoscaler.Enabled = enabled
			a.Pools[0].Min, a.Pools[0].Max = 1, 1
		}))
		got := size(t, rec.Named(t, "cluster-cluster"), "agentPoolProfiles[0].")
		assert.EqualValues(t, 2, got["count"])
		if *enabled {
			assert.EqualValues(t, 2, got["minCount"])
			assert.EqualValues(t, 2, got["maxCount"])
		}
	}
}

func TestAutoscaler_LetsNodesOfModelsGoAndWaitsForGPUs(t *testing.T) {
	profile := run(t, dev()).Named(t, "cluster-cluster")
	for key, want := range map[string]any{
		"expander":                    "least-waste", // where no options are given
		"skipNodesWithLocalStorage":   "false",
		"maxNodeProvisionTime":        "25m",
		"maxGracefulTerminationSec":   "600",
		"ignoreDaemonsetsUtilization": true,
	} {
		assert.Equal(t, want, profile.Input(t, "autoScalerProfile."+key), key)
	}
}

func TestAutoscaler_FollowsTheOptions(t *testing.T) {
	with := func(options spec.Autoscaler) componenttest.Resource {
		return run(t, edit(dev(), func(a *Args) { a.Platform.Addons.Autoscaler = options })).Named(t, "cluster-cluster")
	}
	control := with(spec.Autoscaler{
		Enabled: on(), Expanders: []spec.Expander{spec.ExpanderPriority, spec.ExpanderLeastWaste},
		ScaleDownMinutes: 25, ScaleDownUtilization: 65, BalanceZones: on(),
	})
	for key, want := range map[string]any{
		"expander":                      "priority", // AKS takes one
		"scaleDownUnneededTime":         "25m",
		"scaleDownUtilizationThreshold": "0.65",
		"balanceSimilarNodeGroups":      "true",
	} {
		assert.Equal(t, want, control.Input(t, "autoScalerProfile."+key), key)
	}
	control = with(spec.Autoscaler{Enabled: on(), Expanders: []spec.Expander{spec.ExpanderLeastWaste}, ScaleDownUtilization: 50, BalanceZones: off()})
	for key, want := range map[string]any{
		"expander": "least-waste", "scaleDownUtilizationThreshold": "0.5", "balanceSimilarNodeGroups": "false",
	} {
		assert.Equal(t, want, control.Input(t, "autoScalerProfile."+key), key)
	}
}
