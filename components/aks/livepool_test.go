package aks

import (
	"errors"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/componenttest"
)

// beside makes the cluster of args where one is there already whose first system
// pool has these settings, in place of those that dev makes it have; the setting
// beside is one more pool, and alone takes the pool serve away.
func beside(t *testing.T, args *Args, settings map[string]any) componenttest.Resource {
	t.Helper()
	pool := map[string]any{
		"name": "system", "count": 3, "enableAutoScaling": true, "minCount": 2, "maxCount": 4,
		"vmSize": "Standard_D4as_v6", "osDiskSizeGB": 200, "osDiskType": "Managed", "orchestratorVersion": "1.34.7",
		"nodeLabels": map[string]any{"gantry.dev/role": "system", "gantry.dev/pool": "system"},
		"nodeTaints": []any{"CriticalAddonsOnly=true:NoSchedule"},
	}
	for key, value := range settings {
		if key != "beside" && key != "alone" {
			pool[key] = value
		}
	}
	rec := &componenttest.Recorder{Outputs: outputs, Invoke: func(token string, asked resource.PropertyMap) (resource.PropertyMap, error) {
		answer, err := account(token, asked)
		if err != nil || token != "azure-native:containerservice/v20241001:getManagedCluster" {
			return answer, err
		}
		// AKS shows every pool, in an order of its own.
		serve := map[string]any{
			"name": "serve", "count": 7, "enableAutoScaling": true, "minCount": 0, "maxCount": 20,
			"vmSize": "Standard_NV36ads_A10_v5", "osDiskSizeGB": 200, "osDiskType": "Ephemeral", "orchestratorVersion": "1.34",
			"nodeLabels": map[string]any{"gantry.dev/role": "inference", "gantry.dev/pool": "serve", "gantry.dev/gpu": "a10"},
			"nodeTaints": []any{"nvidia.com/gpu=present:NoSchedule"},
		}
		pools := []any{serve, pool}
		if settings["alone"] != nil {
			pools = pools[1:]
		}
		if more, isPool := settings["beside"].(map[string]any); isPool {
			pools = append(pools, more)
		}
		answer["agentPoolProfiles"] = resource.NewPropertyValue(pools)
		return answer, nil
	}}
	require.NoError(t, rec.Run(func(ctx *pulumi.Context) error {
		_, err := New(ctx, "cluster", args)
		return err
	}))
	return rec.Named(t, "cluster-cluster")
}

func TestFirstPool_IsLeftAloneWhileItIsAsPlanned(t *testing.T) {
	control := beside(t, dev(), nil)
	assert.Equal(t, []string{"agentPoolProfiles"}, control.IgnoreChanges,
		"a refresh puts every pool into the list, and that is no change")

	control = run(t, dev()).Named(t, "cluster-cluster")
	assert.Equal(t, []string{"agentPoolProfiles"}, control.IgnoreChanges, "the first refresh is no change either")
}

func TestFirstPool_ChangesWhenTheClusterHasItOtherwise(t *testing.T) {
	for name, settings := range map[string]map[string]any{
		"size":             {"maxCount": 6},
		"version":          {"orchestratorVersion": "1.33.5"},
		"labels":           {"nodeLabels": map[string]any{"gantry.dev/role": "system"}},
		"taints":           {"nodeTaints": []any{}},
		"machine":          {"vmSize": "Standard_D8as_v6"},
		"disk":             {"osDiskSizeGB": 128},
		"a pool that goes": {"beside": map[string]any{"name": "old"}},
		"a pool beside it": {"beside": map[string]any{"name": "traina100", "enableAutoScaling": true, "maxCount": 2}},
	} {
		t.Run(name, func(t *testing.T) {
			control := beside(t, dev(), settings)
			assert.Empty(t, control.IgnoreChanges)
			assert.Equal(t, 3.0, control.Input(t, "agentPoolProfiles[0].count"), "the count stays the autoscaler's")
			assert.Equal(t, 4.0, control.Input(t, "agentPoolProfiles[0].maxCount"))
		})
	}
}

func TestFirstPool_WithoutAutoscalerHasExactlyMin(t *testing.T) {
	args := edit(dev(), func(a *Args) { a.Platform.Addons.Autoscaler.Enabled = off() })
	args.Pools = args.Pools[:1]
	fixed := map[string]any{"count": 2, "enableAutoScaling": false, "alone": true}
	assert.NotEmpty(t, beside(t, args, fixed).IgnoreChanges)

	fixed["count"] = 5
	control := beside(t, args, fixed)
	assert.Empty(t, control.IgnoreChanges, "a changed min must reach the pool")
	assert.Equal(t, 2.0, control.Input(t, "agentPoolProfiles[0].count"))
}

func TestIsNotFound_TellsAbsenceFromTrouble(t *testing.T) {
	assert.True(t, isNotFound(errors.New("Code=\"ResourceGroupNotFound\" Message=\"Resource group 'x' could not be found.\"")))
	assert.True(t, isNotFound(errors.New("ResourceNotFound: The Resource was not found.")))
	assert.False(t, isNotFound(errors.New("AuthorizationFailed: no right to perform action")))
}
