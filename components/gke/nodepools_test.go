package gke

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

func TestNodePools_OfEachKindOfPool(t *testing.T) {
	rec := run(t, dev())
	for _, test := range []struct {
		pool, machine string
		spot          bool
		streams       any
		accelerators  any
		surge, gone   int
	}{
		{"system", "e2-standard-4", false, nil, nil, 1, 0},
		{"train", "a2-highgpu-8g", true, true, []any{map[string]any{
			"type": "nvidia-tesla-a100", "count": 8.0, "gpuDriverInstallationConfig": map[string]any{"gpuDriverVersion": "DEFAULT"},
		}}, 0, 1},
		{"serve", "g2-standard-4", false, true, []any{map[string]any{
			"type": "nvidia-l4", "count": 1.0, "gpuDriverInstallationConfig": map[string]any{"gpuDriverVersion": "DEFAULT"},
		}}, 0, 1},
	} {
		pool := rec.Named(t, "cluster-"+test.pool)
		assert.Equal(t, test.machine, pool.Input(t, "nodeConfig.machineType"))
		assert.Equal(t, test.spot, pool.Input(t, "nodeConfig.spot"))
		assert.Equal(t, test.streams, pool.Input(t, "nodeConfig.gcfsConfig.enabled"), "not false: GKE does not answer with it")
		assert.Equal(t, test.accelerators, pool.Input(t, "nodeConfig.guestAccelerators"))
		assert.EqualValues(t, test.surge, pool.Input(t, "upgradeSettings.maxSurge"), test.pool)
		assert.EqualValues(t, test.gone, pool.Input(t, "upgradeSettings.maxUnavailable"), test.pool)
	}
}

func TestNodePools_HaveInCommon(t *testing.T) {
	rec := run(t, dev())
	assert.Len(t, rec.OfType(typeNodePool), 3)
	for _, pool := range rec.OfType(typeNodePool) {
		assert.Equal(t, "gantry-dev", pool.Input(t, "cluster"), pool.Name)
		assert.Equal(t, "us-central1", pool.Input(t, "location"), pool.Name)
		assert.Nil(t, pool.Input(t, "name"), "a fixed name cannot be replaced without a gap")
		assert.Nil(t, pool.Input(t, "namePrefix"), "the provider adds a name to it, and then refuses both")
		assert.Nil(t, pool.Input(t, "version"), "nodes follow the control plane")
		assert.Equal(t, map[string]any{"autoRepair": true, "autoUpgrade": true}, pool.Input(t, "management"))

		assert.Equal(t, "COS_CONTAINERD", pool.Input(t, "nodeConfig.imageType"))
		assert.EqualValues(t, 200, pool.Input(t, "nodeConfig.diskSizeGb"))
		assert.Equal(t, "pd-balanced", pool.Input(t, "nodeConfig.diskType"))
		assert.Equal(t, nodesEmail, pool.Input(t, "nodeConfig.serviceAccount"))
		assert.Equal(t, "GKE_METADATA", pool.Input(t, "nodeConfig.workloadMetadataConfig.mode"))
		assert.Equal(t, "true", pool.Input(t, "nodeConfig.metadata.disable-legacy-endpoints"))
		assert.Equal(t, map[string]any{"enableSecureBoot": true, "enableIntegrityMonitoring": true},
			pool.Input(t, "nodeConfig.shieldedInstanceConfig"))
		assert.Equal(t, true, pool.Input(t, "nodeConfig.gvnic.enabled"))
	}
}

func TestNodePools_CarryLabelsAndTaints(t *testing.T) {
	rec := run(t, edit(dev(), func(a *Args) {
		a.pool("train").NodeTaints = append(a.pool("train").NodeTaints,
			spec.Taint{Key: "a", Effect: spec.NoExecute}, spec.Taint{Key: "b", Value: "v", Effect: spec.PreferNoSchedule})
	}))
	train := rec.Named(t, "cluster-train")
	assert.Equal(t, map[string]any{
		naming.LabelRole: "training", naming.LabelPool: "train", naming.LabelGPU: "a100",
	}, train.Input(t, "nodeConfig.labels"))
	assert.Equal(t, []any{
		map[string]any{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"},
		map[string]any{"key": "cloud.google.com/gke-spot", "value": "true", "effect": "NO_SCHEDULE"},
		map[string]any{"key": "a", "value": "", "effect": "NO_EXECUTE"},
		map[string]any{"key": "b", "value": "v", "effect": "PREFER_NO_SCHEDULE"},
	}, train.Input(t, "nodeConfig.taints"))
	for _, pool := range rec.OfType(typeNodePool) {
		assert.NotContains(t, pool.IgnoreChanges, "nodeConfig.taints", "a changed taint must reach %s", pool.Name)
	}
	assert.Nil(t, rec.Named(t, "cluster-system").Input(t, "nodeConfig.taints"))
}

// The label takes GKE's device plugin off a node, and with it the driver, which
// the same DaemonSet installs.
func TestNodePools_LeaveTheGPUsToGKE(t *testing.T) {
	for _, pool := range run(t, dev()).OfType(typeNodePool) {
		assert.NotContains(t, pool.Input(t, "nodeConfig.labels"), "gke-no-default-nvidia-gpu-device-plugin", pool.Name)
	}
}

func TestNodePools_SystemPoolIsTheFirst(t *testing.T) {
	rec := run(t, dev())
	system := rec.Named(t, "cluster-system")
	for _, name := range []string{"cluster-serve", "cluster-train"} {
		assert.True(t, rec.DependsOn(rec.Named(t, name), system), name)
	}
	assert.False(t, rec.DependsOn(rec.Named(t, "cluster-train"), rec.Named(t, "cluster-serve")), "GPU pools do not wait for each other")
}

func TestNodePools_WaitForNetworkAndPermissions(t *testing.T) {
	rec := run(t, prod())
	for _, pool := range rec.OfType(typeNodePool) {
		for _, name := range []string{"cluster-nat", "cluster-node-defaultNodeServiceAccount", "cluster-node-reader"} {
			assert.True(t, rec.DependsOn(pool, rec.Named(t, name)), "%s before %s", name, pool.Name)
		}
	}
}

func TestNodeAccount_HasNoMoreThanANodeNeeds(t *testing.T) {
	rec := run(t, dev())
	assert.Equal(t, "gantry-dev-nodes", rec.Named(t, "cluster-node-account").Input(t, "accountId"))
	var roles []any
	for _, grant := range rec.OfType(typeIAMMember) {
		if grant.Input(t, "member") == "serviceAccount:"+nodesEmail {
			roles = append(roles, grant.Input(t, "role"))
			assert.Equal(t, project, grant.Input(t, "project"))
		}
	}
	assert.ElementsMatch(t, []any{"roles/container.defaultNodeServiceAccount", "roles/artifactregistry.reader"}, roles)
}

func TestAcceleratorType_OfEveryMachineOfTheCatalog(t *testing.T) {
	want := map[string]string{
		"g2-standard-4": "nvidia-l4", "g4-standard-48": "nvidia-rtx-pro-6000",
		"a2-highgpu-1g": "nvidia-tesla-a100", "a2-megagpu-16g": "nvidia-tesla-a100", "a2-ultragpu-1g": "nvidia-a100-80gb",
		"a3-highgpu-8g": "nvidia-h100-80gb", "a3-megagpu-8g": "nvidia-h100-mega-80gb",
		"a3-ultragpu-8g": "nvidia-h200-141gb", "a4-highgpu-8g": "nvidia-b200",
	}
	found := 0
	for _, name := range accelerators.MachineTypes("gcp") {
		machine, _ := accelerators.Lookup("gcp", name)
		kind, known := acceleratorType(machine)
		assert.Equal(t, machine.GPU != "", known, name)
		if want[name] != "" {
			assert.Equal(t, want[name], kind, name)
			found++
		}
	}
	assert.Equal(t, len(want), found)
	_, known := acceleratorType(accelerators.Machine{Type: "metal"})
	assert.False(t, known)
}

func TestNodePools_CutTheirAcceleratorsWhereAsked(t *testing.T) {
	rec := run(t, edit(dev(), func(a *Args) {
		for i := range a.Pools {
			if a.Pools[i].Name == "train" {
				a.Pools[i].Sharing.MIG = "1g.5gb"
			}
		}
	}))
	assert.Equal(t, "1g.5gb", rec.Named(t, "cluster-train").Input(t, "nodeConfig.guestAccelerators[0].gpuPartitionSize"))
	assert.Nil(t, rec.Named(t, "cluster-serve").Input(t, "nodeConfig.guestAccelerators[0].gpuPartitionSize"))
}
