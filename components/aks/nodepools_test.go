package aks

import (
	"reflect"
	"testing"

	azcontainers "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20241001"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

func TestPools_TheFirstSystemPoolIsPartOfTheCluster(t *testing.T) {
	rec := run(t, edit(dev(), func(a *Args) { a.Pools = append(a.Pools[1:], a.Pools[0]) }))
	control := rec.Named(t, "cluster-cluster")
	require.Len(t, control.Input(t, "agentPoolProfiles"), 1, "AKS adds no pool to a cluster that way")
	assert.Equal(t, "system", control.Input(t, "agentPoolProfiles[0].name"), "wherever it stands")
	assert.Equal(t, "System", control.Input(t, "agentPoolProfiles[0].mode"))
	var others []string
	for _, pool := range rec.OfType(typeAgentPool) {
		others = append(others, pool.Name)
		assert.Equal(t, "gantry-dev", pool.Input(t, "resourceName"))
		assert.True(t, rec.DependsOn(pool, control), pool.Name)
	}
	assert.ElementsMatch(t, []string{"cluster-train-a100", "cluster-serve"}, others)
}

// Whatever the two types have in common, a pool has in both places.
func TestInline_LeavesNothingOut(t *testing.T) {
	b := &build{platform: dev().Platform}
	source := reflect.ValueOf(b.poolArgs(dev().Pools[0], &network{subnetIDs: map[string]pulumi.StringOutput{"system": pulumi.String("id").ToStringOutput()}})).Elem()
	target := reflect.ValueOf(inline(source.Addr().Interface().(*azcontainers.AgentPoolArgs)))
	for i := range source.NumField() {
		name := source.Type().Field(i).Name
		if source.Field(i).IsNil() || name == "AgentPoolName" {
			continue
		}
		field := target.FieldByName(name)
		require.True(t, field.IsValid(), name)
		assert.Equal(t, source.Field(i).Interface(), field.Interface(), name)
	}
	assert.Equal(t, pulumi.String("system"), target.FieldByName("Name").Interface())
}

func TestPools_OfEachKind(t *testing.T) {
	rec := run(t, dev())
	for _, test := range []struct {
		pool, name, mode, size, disk string
		priority, surge              any
	}{
		{"cluster-train-a100", "traina100", "User", "Standard_ND96asr_v4", "Managed", "Spot", nil},
		{"cluster-serve", "serve", "User", "Standard_NV36ads_A10_v5", "Ephemeral", nil, "1"},
	} {
		pool := rec.Named(t, test.pool)
		assert.Equal(t, test.name, pool.Input(t, "agentPoolName"), "AKS takes no '-'")
		assert.Equal(t, test.mode, pool.Input(t, "mode"))
		assert.Equal(t, test.size, pool.Input(t, "vmSize"))
		assert.Equal(t, test.disk, pool.Input(t, "osDiskType"))
		assert.EqualValues(t, 200, pool.Input(t, "osDiskSizeGB"))
		assert.Equal(t, test.priority, pool.Input(t, "scaleSetPriority"))
		assert.Equal(t, test.surge, pool.Input(t, "upgradeSettings.maxSurge"))
		assert.Equal(t, "1.34", pool.Input(t, "orchestratorVersion"), "nodes follow the control plane")
		assert.Equal(t, true, pool.Input(t, "enableEncryptionAtHost"), "ephemeral disks are encrypted by the host or not at all")
		assert.Equal(t, false, pool.Input(t, "enableNodePublicIP"))
		assert.Nil(t, pool.Input(t, "gpuInstanceProfile"), "GPUs are given out whole")
		assert.True(t, pool.DeleteBeforeReplace, "the name is taken")
		assert.Subset(t, pool.ReplaceOnChanges, []string{"vmSize", "vnetSubnetID", "osDiskSizeGB", "scaleSetPriority", "availabilityZones"})
	}
	profile := rec.Named(t, "cluster-cluster")
	assert.Equal(t, "33%", profile.Input(t, "agentPoolProfiles[0].upgradeSettings.maxSurge"))
	assert.EqualValues(t, 30, profile.Input(t, "agentPoolProfiles[0].upgradeSettings.drainTimeoutInMinutes"))
	assert.Equal(t, "VirtualMachineScaleSets", profile.Input(t, "agentPoolProfiles[0].type"))
}

func TestPools_OfSpotMachines(t *testing.T) {
	pool := run(t, dev()).Named(t, "cluster-train-a100")
	assert.Equal(t, "Delete", pool.Input(t, "scaleSetEvictionPolicy"))
	assert.EqualValues(t, -1, pool.Input(t, "spotMaxPrice"))
	assert.Nil(t, pool.Input(t, "upgradeSettings"), "AKS refuses them")
	assert.Equal(t, "spot", pool.Input(t, `nodeLabels["kubernetes.azure.com/scalesetpriority"]`))
	assert.Contains(t, pool.Strings(t, "nodeTaints"), "kubernetes.azure.com/scalesetpriority=spot:NoSchedule")

	serve := run(t, dev()).Named(t, "cluster-serve")
	assert.Nil(t, serve.Input(t, "scaleSetEvictionPolicy"), "only for spot machines")
	assert.Nil(t, serve.Input(t, "spotMaxPrice"))
}

func TestPools_ThatAKSWouldNotHaveAsSystemPoolsAreUserPools(t *testing.T) {
	small := machine("Standard_D4as_v6", "", 0)
	spot := plan(spec.Pool{Name: "spot", Role: spec.RoleSystem, Capacity: spec.CapacitySpot, Min: 1, Max: 2}, small)
	reserved := plan(spec.Pool{Name: "reserved", Role: spec.RoleSystem, Capacity: spec.CapacityOnDemand, Min: 1, Max: 2}, small)
	reserved.NodeTaints = append(reserved.NodeTaints, spec.Taint{Key: "team", Value: "x", Effect: spec.NoExecute})
	soft := plan(spec.Pool{Name: "soft", Role: spec.RoleSystem, Capacity: spec.CapacityOnDemand, Min: 1, Max: 2}, small)
	soft.NodeTaints = append(soft.NodeTaints, spec.Taint{Key: "team", Value: "x", Effect: spec.PreferNoSchedule})

	rec := run(t, edit(dev(), func(a *Args) { a.Pools = append([]spec.PoolPlan{spot, reserved}, append(a.Pools, soft)...) }))
	assert.Equal(t, "system", rec.Named(t, "cluster-cluster").Input(t, "agentPoolProfiles[0].name"))
	for _, name := range []string{"cluster-spot", "cluster-reserved"} {
		assert.Equal(t, "User", rec.Named(t, name).Input(t, "mode"), name)
		assert.EqualValues(t, 1, rec.Named(t, name).Input(t, "minCount"), name)
	}
	assert.Equal(t, "System", rec.Named(t, "cluster-soft").Input(t, "mode"))
	assert.EqualValues(t, 2, rec.Named(t, "cluster-soft").Input(t, "minCount"))
}

func TestPools_CarryLabelsAndTaints(t *testing.T) {
	args := edit(dev(), func(a *Args) {
		a.Pools[2].NodeTaints = append(a.Pools[2].NodeTaints,
			spec.Taint{Key: "a", Effect: spec.NoExecute}, spec.Taint{Key: "b", Value: "v", Effect: spec.PreferNoSchedule})
	})
	rec := run(t, args)
	serve := rec.Named(t, "cluster-serve")
	assert.Equal(t, map[string]any{naming.LabelRole: "inference", naming.LabelPool: "serve", naming.LabelGPU: "a10"}, serve.Input(t, "nodeLabels"))
	assert.Equal(t, []string{"nvidia.com/gpu=present:NoSchedule", "a=:NoExecute", "b=v:PreferNoSchedule"}, serve.Strings(t, "nodeTaints"))
	assert.Equal(t, []string{"CriticalAddonsOnly=true:NoSchedule"}, rec.Named(t, "cluster-cluster").Strings(t, "agentPoolProfiles[0].nodeTaints"))
	assert.NotContains(t, args.Pools[1].NodeLabels, naming.TaintSpotAKS, "the argument is not changed")
}

func TestPools_InTheirOwnSubnetsAndZones(t *testing.T) {
	rec := run(t, edit(prod(), func(a *Args) { a.Pools[1].Zones = 1 }))
	assert.Equal(t, []string{"1"}, rec.Named(t, "cluster-train-a100").Strings(t, "availabilityZones"))
	assert.Equal(t, []string{"1", "2", "3"}, rec.Named(t, "cluster-serve").Strings(t, "availabilityZones"))
	assert.Equal(t, []string{"1", "2", "3"}, rec.Named(t, "cluster-cluster").Strings(t, "agentPoolProfiles[0].availabilityZones"))
	subnets := map[any]bool{rec.Named(t, "cluster-cluster").Input(t, "agentPoolProfiles[0].vnetSubnetID"): true}
	for _, pool := range rec.OfType(typeAgentPool) {
		subnets[pool.Input(t, "vnetSubnetID")] = true
	}
	assert.Len(t, subnets, 3)
}

func TestNodesAtMost_CountsThoseOfAnUpgrade(t *testing.T) {
	for _, test := range []struct {
		pool spec.Pool
		want int
	}{
		{spec.Pool{Role: spec.RoleSystem, Max: 3}, 4},
		{spec.Pool{Role: spec.RoleInference, Max: 10}, 14},
		{spec.Pool{Role: spec.RoleInference, Max: 10, GPU: "a10"}, 11},
		{spec.Pool{Role: spec.RoleTraining, Max: 10, GPU: "a100", Capacity: spec.CapacitySpot}, 10},
		{spec.Pool{Role: spec.RoleSystem, Max: 1}, 3},
	} {
		assert.Equal(t, test.want, nodesAtMost(spec.PoolPlan{Pool: test.pool}), "%+v", test.pool)
	}
}

func TestNodePools_CutTheirAcceleratorsWhereAsked(t *testing.T) {
	rec := run(t, edit(dev(), func(a *Args) { a.Pools[1].Sharing.MIG = "1g.5gb" }))
	cut := rec.Named(t, "cluster-train-a100")
	assert.Equal(t, "MIG1g", cut.Input(t, "gpuInstanceProfile"))
	assert.Contains(t, cut.ReplaceOnChanges, "gpuInstanceProfile", "AKS changes it for no pool")
	assert.Nil(t, rec.Named(t, "cluster-serve").Input(t, "gpuInstanceProfile"))
}
