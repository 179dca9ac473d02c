package spec

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// closure is what checkTolerations finds.
func closure(p Platform, plans []PoolPlan, parts []clusterPart) Problems {
	r := &report{}
	checkTolerations(r, p, plans, parts)
	return r.problems
}

func TestTolerations_CoverTheShippedStacksOnEveryCloud(t *testing.T) {
	for _, stack := range []string{"dev", "prod"} {
		for _, cloud := range madeByGantry {
			platform, plans := load(t, shippedOn(t, stack, cloud))
			parts := partsOf[cloud]
			require.NotEmpty(t, parts)

			assert.Empty(t, closure(platform, plans, parts), "%s on %s", stack, cloud)

			// The same by hand: each part of each node, and a home for all others.
			for _, part := range parts {
				if !part.isThere(platform) {
					continue
				}
				homes := 0
				for _, plan := range plans {
					taint, refused := part.refuses(plan.NodeTaints)
					if part.everyNode && (part.on == nil || part.on(plan)) {
						assert.False(t, refused, "%s on %s: %s does not tolerate %v of pool %s", stack, cloud, part.name, taint, plan.Name)
					}
					if !refused && plan.Min > 0 && plan.Capacity == CapacityOnDemand {
						homes++
					}
				}
				if !part.everyNode {
					assert.Positive(t, homes, "%s on %s: %s has no home", stack, cloud, part.name)
				}
			}
		}
	}
}

// One taint that a part does not know of is told with pool, taint and part, for
// every cloud and every part.
func TestTolerations_OneUnknownTaintIsTold(t *testing.T) {
	unknown := Taint{Key: "team.example.com/x", Effect: NoSchedule}
	for _, cloud := range madeByGantry {
		platform, plans := load(t, shippedOn(t, "prod", cloud))
		for _, part := range partsOf[cloud] {
			if !part.isThere(platform) || part.everyNode {
				continue
			}
			tainted := platform
			tainted.Pools = append([]Pool{}, platform.Pools...)
			tainted.Pools[0].Taints = []Taint{unknown}

			problems := closure(tainted, plans, []clusterPart{part})
			require.Len(t, problems, 1, "%s of %s", part.name, cloud)
			assert.Equal(t, "gantry:pools[0].taints", problems[0].Path)
			assert.Equal(t, unknown.Key, problems[0].Value)
			assert.Equal(t, "keeps "+part.name+" off pool system, and no other system pool can always run it", problems[0].What)
		}

		// Parts of every node tolerate everything today; one that knows the
		// taints of GPUs only, like the operands of the GPU Operator, does not.
		narrow := clusterPart{name: "gpu-feature-discovery", everyNode: true, on: hasGPUs, tolerates: []tolerance{{key: "nvidia.com/gpu"}}}
		problems := closure(platform, plans, []clusterPart{narrow})
		require.Len(t, problems, 1, cloud)
		assert.Equal(t, "gantry:pools[1].taints", problems[0].Path, cloud)
		assert.Equal(t, "gantry.dev/role", problems[0].Value, cloud)
		assert.Equal(t, "keeps gpu-feature-discovery off the nodes of pool train, on each of which it has to run", problems[0].What, cloud)
	}
}

// The spot taints of the clouds are what most parts written by others miss.
func TestTolerations_SpotTaintOfTheCloudIsOneOfThem(t *testing.T) {
	narrow := clusterPart{name: "agent", everyNode: true, tolerates: []tolerance{{key: "nvidia.com/gpu"}, {key: "CriticalAddonsOnly"}, {key: "gantry.dev/role"}}}
	for cloud, want := range map[Cloud]string{AWS: "", GCP: "cloud.google.com/gke-spot", Azure: "kubernetes.azure.com/scalesetpriority"} {
		platform, plans := load(t, shippedOn(t, "prod", cloud))
		problems := closure(platform, plans, []clusterPart{narrow})
		if want == "" {
			assert.Empty(t, problems, cloud)
			continue
		}
		require.Len(t, problems, 1, cloud)
		assert.Equal(t, want, problems[0].Value, cloud)
	}
}

func TestTolerations_WhatCountsAsAHome(t *testing.T) {
	critical := []Taint{{Key: "CriticalAddonsOnly", Effect: NoSchedule}}
	clean := Pool{Name: "system", Role: RoleSystem}
	for name, test := range map[string]struct {
		pools  []Pool
		addons Addons
		want   string // the end of what is wrong
	}{
		"one clean system pool":                 {[]Pool{clean}, Addons{}, ""},
		"a tainted one beside a clean one":      {[]Pool{{Name: "a", Role: RoleSystem, Taints: critical}, clean}, Addons{}, ""},
		"a taint that asks softly":              {[]Pool{{Name: "a", Role: RoleSystem, Taints: []Taint{{Key: "x", Effect: PreferNoSchedule}}}}, Addons{}, ""},
		"a taint that all but one tolerate":     {[]Pool{{Name: "a", Role: RoleSystem, Taints: critical}}, Addons{}, "keeps metrics-server off pool a, and no other system pool can always run it"},
		"and that one is not there":             {[]Pool{{Name: "a", Role: RoleSystem, Taints: critical}}, Addons{MetricsServer: MetricsServer{Enabled: new(false)}}, ""},
		"a taint that drives pods away":         {[]Pool{{Name: "a", Role: RoleSystem, Taints: []Taint{{Key: "x", Effect: NoExecute}}}}, Addons{}, "keeps coredns off pool a, and no other system pool can always run it"},
		"a clean one that is taken back":        {[]Pool{{Name: "a", Role: RoleSystem, Capacity: CapacitySpot}}, Addons{}, "can be taken back at any time, and no other system pool can always run coredns"},
		"no system pool":                        {[]Pool{{Name: "a", Role: RoleInference, Min: 1}}, Addons{}, "have no system pool, so nothing can run what the cluster needs"},
		"no pool":                               {nil, Addons{}, "have no system pool, so nothing can run what the cluster needs"},
		"one whose role may have been meant so": {[]Pool{{Name: "a", Role: "sistem"}}, Addons{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			platform := Default(Platform{Cloud: AWS, Stack: "dev", Pools: test.pools, Addons: test.addons})
			plans, _ := PlanPools(platform)
			problems := closure(platform, plans, partsOf[AWS])
			if test.want == "" {
				assert.Empty(t, problems)
				return
			}
			require.Len(t, problems, 1)
			assert.Equal(t, test.want, problems[0].What)
		})
	}
}

func TestTolerations_AHomeHasANodeAtAnyTime(t *testing.T) {
	platform := Default(Platform{Cloud: AWS, Stack: "dev", Pools: []Pool{{Name: "a", Role: RoleSystem}}})
	platform.Pools[0].Min = 0

	assert.Equal(t, Problems{
		{Path: "gantry:pools[0].min", Value: "0", What: "leaves no node that can always run coredns", Fix: "use min: 1 or more"},
	}, closure(platform, nil, partsOf[AWS]))
}

func TestTolerations_SayWhereTheyAreWrittenDown(t *testing.T) {
	for _, cloud := range madeByGantry {
		names := map[string]bool{}
		somewhere := 0
		for _, part := range partsOf[cloud] {
			assert.NotEmpty(t, part.source, "%s of %s", part.name, cloud)
			assert.False(t, names[part.name], "%s of %s is listed twice", part.name, cloud)
			names[part.name] = true
			if !part.everyNode {
				somewhere++
			}
		}
		assert.GreaterOrEqual(t, somewhere, 4, cloud)
		assert.GreaterOrEqual(t, len(names)-somewhere, 6, cloud)
	}
	assert.Empty(t, partsOf[Existing], "they run already")
}

func TestTolerance_Covers(t *testing.T) {
	taint := Taint{Key: "a", Value: "b", Effect: NoSchedule}
	for _, test := range []struct {
		tolerance tolerance
		want      bool
	}{
		{tolerance{}, true},
		{tolerance{key: "a"}, true},
		{tolerance{key: "a", value: "b"}, true},
		{tolerance{key: "a", value: "c"}, false},
		{tolerance{key: "b"}, false},
		{tolerance{effect: NoSchedule}, true},
		{tolerance{effect: NoExecute}, false},
		{tolerance{key: "a", effect: NoExecute}, false},
	} {
		assert.Equal(t, test.want, test.tolerance.covers(taint), fmt.Sprint(test.tolerance))
	}
}
