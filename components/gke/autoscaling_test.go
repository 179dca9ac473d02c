package gke

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/spec"
)

func TestScale_AutoscalerOwnsTheNodeCount(t *testing.T) {
	rec := run(t, dev())
	assert.Equal(t, map[string]any{"totalMinNodeCount": 2.0, "totalMaxNodeCount": 4.0, "locationPolicy": "BALANCED"},
		rec.Named(t, "cluster-system").Input(t, "autoscaling"))
	assert.Equal(t, map[string]any{"totalMinNodeCount": 0.0, "totalMaxNodeCount": 20.0, "locationPolicy": "ANY"},
		rec.Named(t, "cluster-serve").Input(t, "autoscaling"))
	assert.EqualValues(t, 1, rec.Named(t, "cluster-system").Input(t, "initialNodeCount"), "in each of two zones")
	assert.EqualValues(t, 0, rec.Named(t, "cluster-serve").Input(t, "initialNodeCount"))
	for _, pool := range rec.OfType(typeNodePool) {
		assert.ElementsMatch(t, []string{"initialNodeCount", "nodeCount"}, pool.IgnoreChanges, pool.Name)
		assert.Nil(t, pool.Input(t, "nodeCount"), "GKE refuses it beside initialNodeCount")
	}
}

func TestScale_WithoutAutoscalerThePoolHasExactlyMin(t *testing.T) {
	rec := run(t, edit(dev(), func(a *Args) {
		a.Platform.Addons.Autoscaler.Enabled = off()
		a.pool("system").Min = 4
	}))
	assert.EqualValues(t, 2, rec.Named(t, "cluster-system").Input(t, "nodeCount"), "in each of two zones")
	assert.EqualValues(t, 0, rec.Named(t, "cluster-serve").Input(t, "nodeCount"))
	for _, pool := range rec.OfType(typeNodePool) {
		assert.Empty(t, pool.IgnoreChanges, "a changed min must reach %s", pool.Name)
		assert.Nil(t, pool.Input(t, "autoscaling"))
		assert.Nil(t, pool.Input(t, "initialNodeCount"))
	}
}

func TestScale_WithoutAutoscalerZonesShareEqually(t *testing.T) {
	odd := func(change func(*Args)) *Args {
		return edit(dev(), func(a *Args) {
			a.Platform.Addons.Autoscaler.Enabled = off()
			a.pool("system").Min = 3
			change(a)
		})
	}
	_, err := try(odd(func(*Args) {}), nil)
	require.ErrorContains(t, err, "pool system: min is 3, which its 2 zones (us-central1-a, us-central1-b) cannot share")

	rec := run(t, odd(func(a *Args) { a.pool("system").Zones = 1 }))
	assert.EqualValues(t, 3, rec.Named(t, "cluster-system").Input(t, "nodeCount"))
}

func TestFirstCount(t *testing.T) {
	for _, test := range []struct {
		least, greatest, zones, want int
		why                          string
	}{
		{0, 20, 3, 0, "an empty pool starts empty"},
		{2, 4, 2, 1, "shared equally"},
		{2, 4, 3, 1, "the least is reached, with one more than asked"},
		{4, 20, 3, 2, "rounded up"},
		{1, 1, 3, 0, "one in each zone would be more than the greatest: the first pod brings the node"},
		{4, 5, 3, 1, "six would be more than the greatest"},
		{3, 3, 1, 3, "one zone has them all"},
	} {
		got := firstCount(test.least, test.greatest, test.zones)
		assert.Equal(t, test.want, got, test.why)
		assert.LessOrEqual(t, got*test.zones, test.greatest)
	}
}

func TestLocationPolicy(t *testing.T) {
	for _, test := range []struct {
		gpu      string
		capacity spec.Capacity
		balance  *bool
		want     string
	}{
		{"", spec.CapacityOnDemand, nil, "BALANCED"},
		{"", spec.CapacityOnDemand, on(), "BALANCED"},
		{"", spec.CapacityOnDemand, off(), "ANY"},
		{"", spec.CapacitySpot, on(), "ANY"},
		{"l4", spec.CapacityOnDemand, on(), "ANY"},
		{"l4", spec.CapacitySpot, nil, "ANY"},
	} {
		b := &build{platform: spec.Platform{Addons: spec.Addons{Autoscaler: spec.Autoscaler{BalanceZones: test.balance}}}}
		assert.Equal(t, test.want, b.locationPolicy(spec.PoolPlan{Pool: spec.Pool{GPU: test.gpu, Capacity: test.capacity}}))
	}
}

func TestAutoscalingProfile_FollowsHowFullNodesAreToBe(t *testing.T) {
	for percent, want := range map[int]string{10: "BALANCED", 50: "BALANCED", 64: "BALANCED", 65: "OPTIMIZE_UTILIZATION", 90: "OPTIMIZE_UTILIZATION"} {
		control := run(t, edit(dev(), func(a *Args) { a.Platform.Addons.Autoscaler.ScaleDownUtilization = percent })).Named(t, "cluster-cluster")
		assert.Equal(t, want, control.Input(t, "clusterAutoscaling.autoscalingProfile"), percent)
	}
}
