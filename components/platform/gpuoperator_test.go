package platform

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/components/componenttest/manifest"
	"gantry.dev/gantry/modules/spec"
)

// withOperator is a cluster of a cloud with the GPU Operator and no other
// add-on.
func withOperator(t *testing.T, cloud spec.Cloud, pools ...spec.Pool) *fixture {
	t.Helper()
	addons := noAddons()
	addons.GPUOperator.Enabled = new(true)
	first := system
	if cloud == spec.Existing {
		first = foreign(system)
	}
	return fixtureOf(t, spec.Platform{
		Project: "gantry", Stack: "dev", Cloud: cloud, Cluster: spec.Cluster{Zones: 2},
		Pools: append([]spec.Pool{first}, pools...), Addons: addons,
	})
}

// operatorValues are the values of the operator's chart.
func operatorValues(t *testing.T, f *fixture) map[string]any {
	t.Helper()
	f.run(t)
	values, ok := f.rec.Named(t, "platform-gpu-operator").Input(t, "values").(map[string]any)
	require.True(t, ok)
	return values
}

// at is the value at a path with dots.
func at(values map[string]any, path string) any {
	var value any = values
	for key := range strings.SplitSeq(path, ".") {
		below, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = below[key]
	}
	return value
}

func TestGPUOperator_FitsTheDriverOfThePools(t *testing.T) {
	cloudOwned := spec.Pool{Name: "serve", Role: spec.RoleInference, GPU: "l4", GPUAlternatives: []string{"t4"}, Max: 4}
	operatorOwned := cloudOwned
	operatorOwned.Driver = spec.DriverOperator
	const cos = "/home/kubernetes/bin/nvidia"
	fromFile := []any{map[string]any{"name": "RUNTIME_CONFIG_SOURCE", "value": "file"}}
	for name, test := range map[string]struct {
		cloud                  spec.Cloud
		pool                   spec.Pool
		driver, toolkit        bool
		runtimeClass, dir, env any
		migManager             bool
	}{
		"EKS AL2023":               {spec.AWS, cloudOwned, false, false, nil, nil, nil, true},
		"EKS Ubuntu":               {spec.AWS, operatorOwned, true, true, nil, nil, nil, true},
		"GKE COS":                  {spec.GCP, cloudOwned, false, true, nil, cos, fromFile, false},
		"GKE Ubuntu":               {spec.GCP, operatorOwned, true, true, nil, nil, fromFile, false},
		"AKS":                      {spec.Azure, cloudOwned, false, false, "nvidia-container-runtime", nil, nil, false},
		"existing":                 {spec.Existing, foreign(cloudOwned), false, false, nil, nil, nil, false},
		"existing, without driver": {spec.Existing, foreign(operatorOwned), true, true, nil, nil, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			values := operatorValues(t, withOperator(t, test.cloud, test.pool))
			assert.Equal(t, test.driver, at(values, "driver.enabled"))
			assert.Equal(t, test.toolkit, at(values, "toolkit.enabled"))
			assert.Equal(t, test.runtimeClass, at(values, "operator.runtimeClass"))
			assert.Equal(t, test.dir, at(values, "hostPaths.driverInstallDir"))
			assert.Equal(t, test.dir, at(values, "toolkit.installDir"))
			assert.Equal(t, test.env, at(values, "toolkit.env"))
			assert.Equal(t, test.migManager, at(values, "migManager.enabled"))
			assert.Equal(t, true, at(values, "devicePlugin.enabled"), "it is what advertises")
		})
	}
}

// foreign is a pool of nodes that are there.
func foreign(pool spec.Pool) spec.Pool {
	pool.Labels, pool.CPU, pool.Memory = map[string]string{"example.com/pool": pool.Name}, 8, "32Gi"
	return pool
}

func TestGPUOperator_WhereAPoolHasGPUsAndItIsWanted(t *testing.T) {
	off := withOperator(t, spec.AWS, serve)
	off.args.Platform.Addons.GPUOperator.Enabled = new(false)
	for name, test := range map[string]struct {
		f    *fixture
		want int
	}{"wanted": {withOperator(t, spec.AWS, serve), 1}, "no GPUs": {withOperator(t, spec.AWS), 0}, "not wanted": {off, 0}} {
		test.f.run(t)
		assert.Len(t, test.f.rec.OfType("kubernetes:helm.sh/v3:Release"), test.want, name)
		assert.Empty(t, test.f.rec.OfType("kubernetes:apps/v1:DaemonSet"), name, "no second device plugin")
	}
}

func TestGPUOperator_GetsPastTheTaintsOfEveryGPUPool(t *testing.T) {
	reserved := serve
	reserved.GPU, reserved.Name, reserved.Taints = "a100", "reserved", []spec.Taint{{Key: "example.com/team", Value: "vision"}}
	spot := spec.Pool{Name: "spot", Role: spec.RoleTraining, GPU: "a100", Max: 1}
	values := operatorValues(t, withOperator(t, spec.Azure, reserved, spot, tools))
	keys := func(path string) []string {
		list, ok := at(values, path).([]any)
		require.True(t, ok, path)
		var keys []string
		for _, item := range list {
			keys = append(keys, item.(map[string]any)["key"].(string))
		}
		return keys
	}
	want := []string{"example.com/team", "gantry.dev/role", "kubernetes.azure.com/scalesetpriority", "nvidia.com/gpu"}
	assert.Equal(t, want, keys("daemonsets.tolerations"))
	assert.Equal(t, want, keys("node-feature-discovery.worker.tolerations"))
	for _, path := range []string{"operator.tolerations", "node-feature-discovery.master.tolerations", "node-feature-discovery.gc.tolerations"} {
		assert.Equal(t, []string{"CriticalAddonsOnly"}, keys(path), "the system pools of AKS")
	}
}

func TestGPUOperator_SharesAcceleratorsAsPoolsSay(t *testing.T) {
	turns, together, slices := serve, serve, spec.Pool{Name: "slices", Role: spec.RoleInference, GPU: "a100", GPUCount: 8, GPUMemory: "80Gi", Max: 1}
	turns.Name, turns.Sharing = "turns", spec.Sharing{TimeSlices: 4}
	together.Name, together.Sharing = "together", spec.Sharing{MPS: 3}
	slices.Sharing = spec.Sharing{MIG: "1g.10gb", MIGStrategy: spec.MIGMixed}
	f := withOperator(t, spec.AWS, serve, turns, together, slices)
	values := operatorValues(t, f)

	assert.Equal(t, "mixed", at(values, "mig.strategy"))
	assert.Equal(t, []any{map[string]any{"name": "WITH_REBOOT", "value": "true"}}, at(values, "migManager.env"))
	config := at(values, "devicePlugin.config").(map[string]any)
	assert.Equal(t, true, config["create"])
	data := config["data"].(map[string]any)
	assert.Len(t, data, 3)
	assert.Contains(t, data, config["default"])
	for name, test := range map[string]struct {
		way      string
		replicas int
	}{"time-slices-4": {"timeSlicing", 4}, "mps-3": {"mps", 3}} {
		var parsed struct {
			Version string
			Flags   struct{ MigStrategy string }
			Sharing map[string]struct {
				RenameByDefault, FailRequestsGreaterThanOne bool
				Resources                                   []struct {
					Name     string
					Replicas int
				}
			}
		}
		require.NoError(t, yaml.UnmarshalStrict([]byte(data[name].(string)), &parsed), name)
		assert.Equal(t, "v1", parsed.Version)
		require.Contains(t, parsed.Sharing, test.way)
		way := parsed.Sharing[test.way]
		assert.True(t, way.FailRequestsGreaterThanOne)
		require.Len(t, way.Resources, 1)
		assert.Equal(t, "nvidia.com/gpu", way.Resources[0].Name)
		assert.Equal(t, test.replicas, way.Resources[0].Replicas)
	}
	for _, pool := range f.args.Handle.Pools {
		if name := pool.NodeLabels["nvidia.com/device-plugin.config"]; name != "" {
			assert.Contains(t, data, name, "the node's configuration is there")
		}
	}
	assert.Equal(t, []any{map[string]any{"name": "KUBERNETES_VIRTUAL_GPUS", "value": "true"}}, at(values, "dcgmExporter.env"))

	whole := operatorValues(t, withOperator(t, spec.AWS, serve))
	assert.Equal(t, "single", at(whole, "mig.strategy"))
	assert.Len(t, at(whole, "devicePlugin.config.data"), 1)
	assert.Nil(t, at(whole, "dcgmExporter.env"))
}

func TestGPUOperator_MeasuresForWhoeverUsesAnAccelerator(t *testing.T) {
	f := withOperator(t, spec.AWS, serve)
	values := operatorValues(t, f)
	assert.Equal(t, false, at(values, "dcgmExporter.serviceMonitor.enabled"), "nothing scrapes")
	assert.Equal(t, true, at(values, "dcgmExporter.serviceMonitor.honorLabels"))
	assert.Equal(t, true, at(values, "dcgmExporter.enablePodLabels"))
	assert.Equal(t, []any{`^gantry\.dev/model$`}, at(values, "dcgmExporter.podLabelAllowlistRegex"))
	assert.Equal(t, true, at(values, "dcgmExporter.config.create"))

	var fields []string
	for line := range strings.Lines(at(values, "dcgmExporter.config.data").(string)) {
		columns := strings.SplitN(strings.TrimSpace(line), ", ", 3)
		require.Len(t, columns, 3, line)
		assert.Contains(t, []string{"gauge", "counter", "label"}, columns[1], line)
		assert.NotContains(t, columns[2], ",", "the exporter reads columns")
		assert.NotContains(t, fields, columns[0])
		fields = append(fields, columns[0])
	}
	for _, field := range []string{
		"DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_PROF_GR_ENGINE_ACTIVE", "DCGM_FI_DEV_FB_USED",
		"DCGM_FI_DEV_XID_ERRORS", "DCGM_EXP_XID_ERRORS_COUNT", "DCGM_FI_DEV_ROW_REMAP_FAILURE",
	} {
		assert.Contains(t, fields, field)
	}

	scraped := withOperator(t, spec.AWS, serve)
	scraped.args.Platform.Addons.Monitoring.Enabled = new(true)
	assert.Equal(t, true, at(operatorValues(t, scraped), "dcgmExporter.serviceMonitor.enabled"))
}

func TestGPUOperator_OnGKEStandsOnAQuotaAndGooglesDriver(t *testing.T) {
	f := withOperator(t, spec.GCP, serve, spec.Pool{Name: "spot", Role: spec.RoleTraining, GPU: "l4", Max: 2})
	f.args.Platform.Addons.Autoscaler.Enabled = new(true)
	f.run(t)
	release := f.rec.Named(t, "platform-gpu-operator")

	quota := manifest.Decode[corev1.ResourceQuota](t, f.rec.Named(t, "platform-gpu-quota"))
	pods := quota.Spec.Hard[corev1.ResourcePods]
	assert.EqualValues(t, 20+4+12*(4+2), pods.Value(), "four system nodes, six with GPUs")
	assert.Equal(t, []string{"system-node-critical", "system-cluster-critical"}, quota.Spec.ScopeSelector.MatchExpressions[0].Values)
	assert.Equal(t, GPUNamespace, quota.Namespace)
	assert.True(t, f.rec.DependsOn(release, f.rec.Named(t, "platform-gpu-quota")))

	installer := f.rec.Named(t, "platform-gpu-driver")
	assert.True(t, f.rec.DependsOn(release, installer), "the operator waits for the driver")
	pod := manifest.Decode[appsv1.DaemonSet](t, installer).Spec.Template.Spec
	require.Len(t, pod.InitContainers, 1, "nothing is cut")
	assert.Equal(t, corev1.PullNever, pod.InitContainers[0].ImagePullPolicy)
	assert.Contains(t, pod.InitContainers[0].Env, corev1.EnvVar{Name: "NVIDIA_INSTALL_DIR_HOST", Value: "/home/kubernetes/bin/nvidia"})
	assert.Contains(t, pod.InitContainers[0].Env, corev1.EnvVar{Name: "ROOT_MOUNT_DIR", Value: "/root"})
	var tolerated, volumes []string
	for _, toleration := range pod.Tolerations {
		tolerated = append(tolerated, toleration.Key)
	}
	assert.Equal(t, []string{"cloud.google.com/gke-spot", "gantry.dev/role", "nvidia.com/gpu"}, tolerated)
	for _, volume := range pod.Volumes {
		volumes = append(volumes, volume.Name)
	}
	for _, mounted := range pod.InitContainers[0].VolumeMounts {
		assert.Contains(t, volumes, mounted.Name)
	}

	cut := withOperator(t, spec.GCP, spec.Pool{Name: "slices", Role: spec.RoleInference, GPU: "a100", GPUMemory: "80Gi", Max: 1, Sharing: spec.Sharing{MIG: "1g.10gb"}})
	cut.run(t)
	steps := manifest.Decode[appsv1.DaemonSet](t, cut.rec.Named(t, "platform-gpu-driver")).Spec.Template.Spec.InitContainers
	require.Len(t, steps, 2)
	assert.Equal(t, "partition-gpus", steps[1].Name)
	assert.True(t, slices.ContainsFunc(steps[1].VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == "/etc/nvidia" }))
}

func TestGPUOperator_BringsNoInstallerWhereItBuildsTheDriver(t *testing.T) {
	own := serve
	own.Driver = spec.DriverOperator
	f := withOperator(t, spec.GCP, own)
	f.run(t)
	assert.Empty(t, f.rec.OfType("kubernetes:apps/v1:DaemonSet"))
	assert.Len(t, f.rec.OfType("kubernetes:core/v1:ResourceQuota"), 1)

	for _, cloud := range []spec.Cloud{spec.AWS, spec.Azure} {
		f := withOperator(t, cloud, spec.Pool{Name: "gpu", Role: spec.RoleInference, GPU: "a100", GPUMemory: "80Gi", GPUCount: map[spec.Cloud]int{spec.AWS: 8, spec.Azure: 1}[cloud], Max: 1})
		f.run(t)
		assert.Empty(t, f.rec.OfType("kubernetes:core/v1:ResourceQuota"), cloud)
	}
}
