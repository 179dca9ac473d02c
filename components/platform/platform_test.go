package platform

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/componenttest"
	"gantry.dev/gantry/components/componenttest/manifest"
	"gantry.dev/gantry/modules/scheduling"
	"gantry.dev/gantry/modules/spec"
)

var (
	system = spec.Pool{Name: "system", Role: spec.RoleSystem, CPU: 4, Memory: "16Gi", Min: 2, Max: 4}
	train  = spec.Pool{Name: "train", Role: spec.RoleTraining, GPU: "a100", GPUCount: 8, Max: 4}
	serve  = spec.Pool{Name: "serve", Role: spec.RoleInference, GPU: "l4", Max: 4}
	tools  = spec.Pool{Name: "tools", Role: spec.RoleInference, Max: 4, Taints: []spec.Taint{{Key: "example.com/tools"}}}
)

// fixture is a cluster and what it is to be made into.
type fixture struct {
	args Args
	rec  componenttest.Recorder
	// made is the result of the last run.
	made *Platform
}

func newFixture(t *testing.T, pools ...spec.Pool) *fixture {
	t.Helper()
	return fixtureOf(t, spec.Platform{Project: "gantry", Stack: "dev", Pools: pools, Addons: noAddons()})
}

// noAddons are the add-ons switched off, so that a test sees those that it is
// about.
func noAddons() spec.Addons {
	off := new(false)
	return spec.Addons{
		Autoscaler:   spec.Autoscaler{Enabled: off},
		GPUOperator:  spec.GPUOperator{Enabled: off},
		Monitoring:   spec.Monitoring{Enabled: off},
		Certificates: spec.Certificates{Enabled: off},
		Gateway:      spec.Gateway{Enabled: off},
		EventScaling: spec.EventScaling{Enabled: off},
	}
}

// fixtureOf is a cluster of the platform.
func fixtureOf(t *testing.T, platform spec.Platform) *fixture {
	t.Helper()
	platform = spec.Default(platform)
	plans, err := spec.PlanPools(platform)
	require.NoError(t, err)
	return &fixture{args: Args{Platform: platform, Handle: &cluster.Handle{
		Name:  platform.Name,
		Pools: plans,
		Storage: []cluster.StorageClass{
			{
				Name: cluster.ClassBlock, Provisioner: "ebs.csi.aws.com", Access: cluster.ReadWriteOnce,
				Default: true, WaitForConsumer: true,
				Parameters: pulumi.StringMap{"type": pulumi.String("gp3"), "encrypted": pulumi.String("true")},
			},
			{
				Name: cluster.ClassShared, Provisioner: "efs.csi.aws.com", Access: cluster.ReadWriteMany,
				MountOptions: []string{"tls"},
			},
		},
	}}}
}

// run sets the cluster up after a resource called "nodes".
func (f *fixture) run(t *testing.T) {
	t.Helper()
	require.NoError(t, f.rec.Run(func(ctx *pulumi.Context) error {
		var nodes struct{ pulumi.CustomResourceState }
		if err := ctx.RegisterResource("test:index:Nodes", "nodes", nil, &nodes); err != nil {
			return err
		}
		f.args.Handle.Ready = []pulumi.Resource{&nodes}
		made, err := New(ctx, "platform", &f.args)
		f.made = made
		return err
	}))
}

func TestPlatform_Golden(t *testing.T) {
	f := newFixture(t, system, train, serve)
	f.run(t)
	manifest.Golden(t, "testdata/platform.golden.yaml", f.rec.All())
}

func TestPlatform_NothingOutlivesTheNodes(t *testing.T) {
	f := newFixture(t, system, serve)
	f.run(t)
	platform, nodes := f.rec.Named(t, "platform"), f.rec.Named(t, "nodes")
	assert.Equal(t, Type, platform.Type)
	objects := 0
	for _, res := range f.rec.All() {
		if res.Parent != platform.URN {
			continue
		}
		objects++
		assert.True(t, f.rec.DependsOn(res, nodes), res.Name)
	}
	assert.Equal(t, 7, objects)
	assert.Len(t, f.made.Ready, 1+objects, "models wait for the cluster and for everything made here")
}

func TestPlatform_EveryPodIsLetIntoItsNamespace(t *testing.T) {
	f := newFixture(t, system, serve)
	f.run(t)
	namespaces := map[string]corev1.Namespace{}
	for _, res := range f.rec.OfType("kubernetes:core/v1:Namespace") {
		namespace := manifest.Decode[corev1.Namespace](t, res)
		namespaces[namespace.Name] = namespace
	}
	plugin := manifest.Decode[appsv1.DaemonSet](t, f.rec.Named(t, "platform-device-plugin"))
	require.Contains(t, namespaces, plugin.Namespace)
	level := namespaces[plugin.Namespace].Labels["pod-security.kubernetes.io/enforce"]
	assert.Empty(t, manifest.Violations(t, level, plugin.Spec.Template))
	assert.NotEmpty(t, manifest.Violations(t, "baseline", plugin.Spec.Template), "a narrower level would do")
	assert.True(t, f.rec.DependsOn(f.rec.Named(t, "platform-device-plugin"), f.rec.Named(t, "platform-gpu-system")))
}

func TestPlatform_ModelsAreConfined(t *testing.T) {
	f := newFixture(t, system)
	f.run(t)
	models := manifest.Decode[corev1.Namespace](t, f.rec.Named(t, "platform-models"))
	assert.Equal(t, f.made.ModelNamespace, models.Name)
	for _, mode := range []string{"enforce", "warn", "audit"} {
		assert.Equal(t, "restricted", models.Labels["pod-security.kubernetes.io/"+mode])
	}
}

func TestPlatform_StorageClassesAreTheClusters(t *testing.T) {
	for _, protect := range []bool{true, false} {
		f := newFixture(t, system)
		f.args.Platform.Protect = &protect
		f.run(t)
		block := manifest.Decode[storagev1.StorageClass](t, f.rec.Named(t, "platform-gantry-block"))
		shared := manifest.Decode[storagev1.StorageClass](t, f.rec.Named(t, "platform-gantry-shared"))

		assert.Equal(t, "true", block.Annotations["storageclass.kubernetes.io/is-default-class"])
		assert.Equal(t, "false", shared.Annotations["storageclass.kubernetes.io/is-default-class"])
		assert.Equal(t, "ebs.csi.aws.com", block.Provisioner)
		assert.Equal(t, map[string]string{"type": "gp3", "encrypted": "true"}, block.Parameters)
		assert.Equal(t, []string{"tls"}, shared.MountOptions)
		assert.Equal(t, storagev1.VolumeBindingWaitForFirstConsumer, *block.VolumeBindingMode)
		assert.Equal(t, storagev1.VolumeBindingImmediate, *shared.VolumeBindingMode)
		want := corev1.PersistentVolumeReclaimDelete
		if protect {
			want = corev1.PersistentVolumeReclaimRetain
		}
		for _, class := range []storagev1.StorageClass{block, shared} {
			assert.True(t, *class.AllowVolumeExpansion)
			assert.Equal(t, want, *class.ReclaimPolicy, "protect: %t", protect)
		}
	}
}

func TestDevicePlugin_OnlyWhereGantryAdvertisesGPUs(t *testing.T) {
	tests := map[string]struct {
		pools   []spec.Pool
		enabled bool
		want    int
	}{
		"a GPU pool":             {[]spec.Pool{system, serve}, true, 1},
		"no GPU pool":            {[]spec.Pool{system}, true, 0},
		"something else does it": {[]spec.Pool{system, serve}, false, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, test.pools...)
			f.args.Platform.Addons.DevicePlugin.Enabled = &test.enabled
			f.run(t)
			assert.Len(t, f.rec.OfType("kubernetes:apps/v1:DaemonSet"), test.want)
			assert.Len(t, f.rec.OfType("kubernetes:core/v1:Namespace"), 1+test.want)
		})
	}
}

func TestDevicePlugin_RunsOnEveryGPUPoolWhateverItsTaints(t *testing.T) {
	reserved := serve
	reserved.Name, reserved.Taints = "reserved", []spec.Taint{{Key: "example.com/team", Value: "vision"}}
	f := newFixture(t, system, train, serve, reserved, tools)
	f.run(t)
	pod := manifest.Decode[appsv1.DaemonSet](t, f.rec.Named(t, "platform-device-plugin")).Spec.Template.Spec

	var tolerated []scheduling.Toleration
	for _, toleration := range pod.Tolerations {
		assert.Equal(t, corev1.TolerationOpEqual, toleration.Operator)
		tolerated = append(tolerated, scheduling.Toleration{
			Key: toleration.Key, Value: toleration.Value, Effect: spec.TaintEffect(toleration.Effect),
		})
	}
	assert.Equal(t, []scheduling.Toleration{
		{Key: "example.com/team", Value: "vision", Effect: spec.NoSchedule},
		{Key: "gantry.dev/role", Value: "training", Effect: spec.NoSchedule},
		{Key: "nvidia.com/gpu", Value: "present", Effect: spec.NoSchedule},
	}, tolerated, "the taints of GPU pools, and not those of others")

	terms := pod.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
	assert.Equal(t, []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{
		{Key: "gantry.dev/gpu", Operator: corev1.NodeSelectorOpExists},
	}}}, terms)
}

func TestDevicePlugin_ImageCanBeReplaced(t *testing.T) {
	for configured, want := range map[string]string{
		"":                              "nvcr.io/nvidia/k8s-device-plugin:v0.20.0",
		"registry.example.com/plugin:1": "registry.example.com/plugin:1",
	} {
		f := newFixture(t, system, serve)
		f.args.Platform.Addons.DevicePlugin.Image = configured
		f.run(t)
		plugin := manifest.Decode[appsv1.DaemonSet](t, f.rec.Named(t, "platform-device-plugin"))
		assert.Equal(t, want, plugin.Spec.Template.Spec.Containers[0].Image)
		assert.Equal(t, "nvidia-device-plugin", plugin.Spec.Template.Labels["app.kubernetes.io/name"])
		assert.Equal(t, plugin.Spec.Template.Labels["app.kubernetes.io/name"], plugin.Spec.Selector.MatchLabels["app.kubernetes.io/name"])
	}
}

func TestNew_RefusesMissingArguments(t *testing.T) {
	var rec componenttest.Recorder
	for _, args := range []*Args{nil, {}} {
		err := rec.Run(func(ctx *pulumi.Context) error {
			_, err := New(ctx, "platform", args)
			return err
		})
		assert.ErrorContains(t, err, "must be set")
		assert.Empty(t, rec.OfType(Type))
	}
}

func TestDevicePlugin_AdvertisesSlicesWhereAPoolHasThem(t *testing.T) {
	strategy := func(pools ...spec.Pool) string {
		f := newFixture(t, pools...)
		for i := range f.args.Handle.Pools {
			if f.args.Handle.Pools[i].Name == "train" {
				f.args.Handle.Pools[i].Sharing.MIG = "1g.5gb"
			}
		}
		f.run(t)
		plugin := manifest.Decode[appsv1.DaemonSet](t, f.rec.Named(t, "platform-device-plugin"))
		for _, variable := range plugin.Spec.Template.Spec.Containers[0].Env {
			if variable.Name == "MIG_STRATEGY" {
				return variable.Value
			}
		}
		return ""
	}
	assert.Equal(t, "single", strategy(system, train, serve))
	assert.Empty(t, strategy(system, serve))
}
