package platform

import (
	"fmt"
	"slices"

	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/podspec"
	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/scheduling"
	"gantry.dev/gantry/modules/spec"
)

const (
	devicePlugin = "nvidia-device-plugin"
	// devicePluginImage is used where the configuration names no image:
	// https://github.com/NVIDIA/k8s-device-plugin/releases/tag/v0.20.0
	devicePluginImage = "nvcr.io/nvidia/k8s-device-plugin:v0.20.0"
	// devicePluginSockets is where the kubelet looks for device plugins:
	// https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/
	devicePluginSockets = "/var/lib/kubelet/device-plugins"
	socketsVolume       = "sockets"
)

// newDevicePlugin installs the plugin and returns what it made: nothing where
// no pool has a GPU or something else advertises them.
func newDevicePlugin(in inputs, m *maker) ([]pulumi.Resource, error) {
	pools := scheduling.WithGPU(in.handle.Pools)
	plugin := in.platform.Addons.DevicePlugin
	if len(pools) == 0 || !spec.On(plugin.Enabled) {
		return nil, nil
	}
	// The plugin mounts a directory of the node, which no other level allows.
	namespace, err := m.namespace(GPUNamespace)
	if err != nil {
		return nil, err
	}
	daemons, err := appsv1.NewDaemonSet(m.ctx, m.child("device-plugin"), devicePluginArgs(plugin, pools), m.after(namespace...).opts...)
	if err != nil {
		return nil, fmt.Errorf("device plugin: %w", err)
	}
	return append(namespace, daemons), nil
}

// devicePluginArgs is the plugin as NVIDIA's own static manifest runs it, see
// deployments/static in its repository, on every GPU pool whatever its taints.
// It needs no runtime class: where Gantry makes GPU nodes, their image has
// NVIDIA's runtime as the default.
func devicePluginArgs(plugin spec.DevicePlugin, pools []spec.PoolPlan) *appsv1.DaemonSetArgs {
	labels := pulumi.ToStringMap(naming.AppLabels(devicePlugin, "device-plugin"))
	selection := pulumi.StringMap{naming.LabelAppName: pulumi.String(devicePlugin)}
	return &appsv1.DaemonSetArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name:      pulumi.String(devicePlugin),
			Namespace: pulumi.String(GPUNamespace),
			Labels:    labels,
		},
		Spec: &appsv1.DaemonSetSpecArgs{
			Selector: &metav1.LabelSelectorArgs{MatchLabels: selection},
			// Running pods keep their GPUs while the plugin restarts, so the
			// nodes need not go one by one.
			UpdateStrategy: &appsv1.DaemonSetUpdateStrategyArgs{
				Type: pulumi.String("RollingUpdate"),
				RollingUpdate: &appsv1.RollingUpdateDaemonSetArgs{
					MaxUnavailable: pulumi.String("25%"),
				},
			},
			Template: &corev1.PodTemplateSpecArgs{
				Metadata: &metav1.ObjectMetaArgs{Labels: labels},
				Spec: &corev1.PodSpecArgs{
					PriorityClassName:            pulumi.String("system-node-critical"),
					AutomountServiceAccountToken: pulumi.Bool(false),
					EnableServiceLinks:           pulumi.Bool(false),
					Affinity:                     podspec.Affinity(scheduling.OnGPU(pools)),
					Tolerations:                  podspec.Tolerations(scheduling.TolerateAll(pools)),
					Containers:                   corev1.ContainerArray{devicePluginContainer(plugin, pools)},
					Volumes: corev1.VolumeArray{corev1.VolumeArgs{
						Name: pulumi.String(socketsVolume),
						HostPath: &corev1.HostPathVolumeSourceArgs{
							Path: pulumi.String(devicePluginSockets),
							Type: pulumi.String("Directory"),
						},
					}},
				},
			},
		},
	}
}

func devicePluginEnv(pools []spec.PoolPlan) corev1.EnvVarArray {
	env := corev1.EnvVarArray{corev1.EnvVarArgs{
		// A node whose driver is broken shows a running plugin and no GPUs; a
		// plugin that exits would hide behind its restarts.
		Name: pulumi.String("FAIL_ON_INIT_ERROR"), Value: pulumi.String("false"),
	}}
	if slices.ContainsFunc(pools, func(p spec.PoolPlan) bool { return p.Sharing.MIG != "" }) {
		// Nodes whose accelerators are not cut are not concerned.
		env = append(env, corev1.EnvVarArgs{Name: pulumi.String("MIG_STRATEGY"), Value: pulumi.String(string(migStrategy(pools)))})
	}
	return env
}

func devicePluginContainer(plugin spec.DevicePlugin, pools []spec.PoolPlan) *corev1.ContainerArgs {
	image := plugin.Image
	if image == "" {
		image = devicePluginImage
	}
	return &corev1.ContainerArgs{
		Name:  pulumi.String(devicePlugin),
		Image: pulumi.String(image),
		Env:   devicePluginEnv(pools),
		Resources: &corev1.ResourceRequirementsArgs{
			Requests: pulumi.StringMap{"cpu": pulumi.String("10m"), "memory": pulumi.String("64Mi")},
			Limits:   pulumi.StringMap{"memory": pulumi.String("256Mi")},
		},
		SecurityContext: &corev1.SecurityContextArgs{
			AllowPrivilegeEscalation: pulumi.Bool(false),
			Capabilities:             &corev1.CapabilitiesArgs{Drop: pulumi.ToStringArray([]string{"ALL"})},
		},
		VolumeMounts: corev1.VolumeMountArray{corev1.VolumeMountArgs{
			Name:      pulumi.String(socketsVolume),
			MountPath: pulumi.String(devicePluginSockets),
		}},
	}
}
