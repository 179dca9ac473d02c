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
	gpuQuota        = "gpu-operator"
	driverInstaller = "nvidia-driver-installer"
	// installerImage is on every GPU node of GKE with Google's image, at the
	// version that fits it.
	installerImage = "cos-nvidia-installer:fixed"
	// partitionImage cuts accelerators as the pool says. Source:
	// GoogleCloudPlatform/container-engine-accelerators,
	// nvidia-driver-installer/cos/daemonset-preloaded.yaml.
	partitionImage = "gcr.io/gke-release/nvidia-partition-gpu@sha256:c54fd003948fac687c2a93a55ea6e4d47ffbd641278a9191e75e822fe72471c2"
	// restImage does nothing once the work is done.
	restImage = "registry.k8s.io/pause:3.10"
)

// Pods of the operator: at most so many on a GPU node, one on any other, which
// discovers its features, and a few that are there once.
const (
	podsOnGPUNode = 12
	podsOnNode    = 1
	podsElsewhere = 20
)

// newGPUGround makes what the operator stands on in GKE: leave for its pods, and
// Google's driver where the pools have that.
func newGPUGround(in inputs, m *maker) ([]pulumi.Resource, error) {
	if in.platform.Cloud != spec.GCP {
		return nil, nil
	}
	quota, err := corev1.NewResourceQuota(m.ctx, m.child("gpu-quota"), quotaArgs(in), m.opts...)
	if err != nil {
		return nil, fmt.Errorf("quota: %w", err)
	}
	made := []pulumi.Resource{quota}
	pools := slices.DeleteFunc(scheduling.WithGPU(in.handle.Pools), drivenByOperator)
	if len(pools) == 0 {
		return made, nil
	}
	installer, err := appsv1.NewDaemonSet(m.ctx, m.child("gpu-driver"), installerArgs(pools), m.after(quota).opts...)
	if err != nil {
		return nil, fmt.Errorf("driver installer: %w", err)
	}
	return append(made, installer), nil
}

// quotaArgs let pods of the highest priorities into the namespace. GKE admits
// them nowhere but in kube-system, and where a quota counts them. Source:
// https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/google-gke.html,
// whose own quota is used up by a dozen nodes.
func quotaArgs(in inputs) *corev1.ResourceQuotaArgs {
	pods := podsElsewhere
	for _, pool := range in.handle.Pools {
		each := podsOnNode
		if pool.GPU != "" {
			each = podsOnGPUNode
		}
		pods += each * spec.MaxNodes(in.platform, pool)
	}
	return &corev1.ResourceQuotaArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name:      pulumi.String(gpuQuota),
			Namespace: pulumi.String(GPUNamespace),
			Labels:    pulumi.ToStringMap(naming.AppLabels(gpuQuota, "quota")),
		},
		Spec: &corev1.ResourceQuotaSpecArgs{
			Hard: pulumi.StringMap{"pods": pulumi.Sprintf("%d", pods)},
			ScopeSelector: &corev1.ScopeSelectorArgs{
				MatchExpressions: corev1.ScopedResourceSelectorRequirementArray{corev1.ScopedResourceSelectorRequirementArgs{
					ScopeName: pulumi.String("PriorityClass"),
					Operator:  pulumi.String("In"),
					Values:    pulumi.ToStringArray([]string{"system-node-critical", "system-cluster-critical"}),
				}},
			},
		},
	}
}

// mount is a directory of the node in a container.
type mount struct{ name, host, container string }

// installerMounts are the directories that the installer writes to and reads
// from, and the variables that tell it so.
var installerMounts = []struct {
	mount
	hostVariable, containerVariable string
}{
	{mount{"driver", driverOnCOS, "/usr/local/nvidia"}, "NVIDIA_INSTALL_DIR_HOST", "NVIDIA_INSTALL_DIR_CONTAINER"},
	{mount{"vulkan", driverOnCOS + "/vulkan/icd.d", "/etc/vulkan/icd.d"}, "VULKAN_ICD_DIR_HOST", "VULKAN_ICD_DIR_CONTAINER"},
	{mount{"tools", "/var/lib/cos-tools", "/build/cos-tools"}, "COS_TOOLS_DIR_HOST", "COS_TOOLS_DIR_CONTAINER"},
	{mount{"root", "/", "/root"}, "", "ROOT_MOUNT_DIR"},
	{mount{"devices", "/dev", "/dev"}, "", ""},
}

// partitionConfig is where a node keeps how its accelerators are to be cut.
var partitionConfig = mount{"partitions", "/etc/nvidia", "/etc/nvidia"}

// installerArgs are Google's own installer of the driver for its image, see
// partitionImage. GKE runs it by itself together with its device plugin only,
// which would be a second beside the operator's.
func installerArgs(pools []spec.PoolPlan) *appsv1.DaemonSetArgs {
	labels := pulumi.ToStringMap(naming.AppLabels(driverInstaller, "gpu-driver"))
	selection := pulumi.StringMap{naming.LabelAppName: pulumi.String(driverInstaller)}
	return &appsv1.DaemonSetArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name: pulumi.String(driverInstaller), Namespace: pulumi.String(GPUNamespace), Labels: labels,
		},
		Spec: &appsv1.DaemonSetSpecArgs{
			Selector: &metav1.LabelSelectorArgs{MatchLabels: selection},
			Template: &corev1.PodTemplateSpecArgs{
				Metadata: &metav1.ObjectMetaArgs{Labels: labels},
				Spec: &corev1.PodSpecArgs{
					PriorityClassName:            pulumi.String("system-node-critical"),
					AutomountServiceAccountToken: pulumi.Bool(false),
					EnableServiceLinks:           pulumi.Bool(false),
					// Loads a kernel module, for which it looks at the node's
					// processes.
					HostNetwork:    pulumi.Bool(true),
					HostPID:        pulumi.Bool(true),
					Affinity:       podspec.Affinity(scheduling.OnGPU(pools)),
					Tolerations:    podspec.Tolerations(scheduling.TolerateAll(pools)),
					InitContainers: installerSteps(pools),
					Containers:     corev1.ContainerArray{restContainer()},
					Volumes:        installerVolumes(),
				},
			},
		},
	}
}

func installerSteps(pools []spec.PoolPlan) corev1.ContainerArray {
	var env corev1.EnvVarArray
	var mounts corev1.VolumeMountArray
	set := func(name, value string) {
		if name != "" {
			env = append(env, corev1.EnvVarArgs{Name: pulumi.String(name), Value: pulumi.String(value)})
		}
	}
	for _, m := range installerMounts {
		mounts = append(mounts, m.args())
		set(m.hostVariable, m.host)
		set(m.containerVariable, m.container)
	}
	steps := corev1.ContainerArray{corev1.ContainerArgs{
		Name:            pulumi.String(driverInstaller),
		Image:           pulumi.String(installerImage),
		ImagePullPolicy: pulumi.String("Never"), // no registry has it
		Env:             env,
		Resources:       installerResources(),
		SecurityContext: &corev1.SecurityContextArgs{Privileged: pulumi.Bool(true)},
		VolumeMounts:    mounts,
	}}
	if !slices.ContainsFunc(pools, func(p spec.PoolPlan) bool { return p.Sharing.MIG != "" }) {
		return steps
	}
	driver, devices := installerMounts[0].args(), mount{"devices", "/dev", "/dev"}.args()
	return append(steps, corev1.ContainerArgs{
		Name:            pulumi.String("partition-gpus"),
		Image:           pulumi.String(partitionImage),
		Env:             corev1.EnvVarArray{corev1.EnvVarArgs{Name: pulumi.String("LD_LIBRARY_PATH"), Value: pulumi.String("/usr/local/nvidia/lib64")}},
		Resources:       installerResources(),
		SecurityContext: &corev1.SecurityContextArgs{Privileged: pulumi.Bool(true)},
		VolumeMounts:    corev1.VolumeMountArray{driver, devices, partitionConfig.args()},
	})
}

func installerResources() *corev1.ResourceRequirementsArgs {
	return &corev1.ResourceRequirementsArgs{
		Requests: pulumi.StringMap{"cpu": pulumi.String("150m"), "memory": pulumi.String("512Mi")},
		// It links the driver against the node's kernel.
		Limits: pulumi.StringMap{"memory": pulumi.String("1Gi")},
	}
}

// restContainer keeps the pod, and so the knowledge that the driver is there.
func restContainer() corev1.ContainerArgs {
	return corev1.ContainerArgs{
		Name:  pulumi.String("rest"),
		Image: pulumi.String(restImage),
		Resources: &corev1.ResourceRequirementsArgs{
			Requests: pulumi.StringMap{"cpu": pulumi.String("10m"), "memory": pulumi.String("16Mi")},
			Limits:   pulumi.StringMap{"memory": pulumi.String("32Mi")},
		},
		SecurityContext: &corev1.SecurityContextArgs{
			AllowPrivilegeEscalation: pulumi.Bool(false),
			Capabilities:             &corev1.CapabilitiesArgs{Drop: pulumi.ToStringArray([]string{"ALL"})},
		},
	}
}

func installerVolumes() corev1.VolumeArray {
	var volumes corev1.VolumeArray
	add := func(m mount) {
		volumes = append(volumes, corev1.VolumeArgs{
			Name: pulumi.String(m.name), HostPath: &corev1.HostPathVolumeSourceArgs{Path: pulumi.String(m.host)},
		})
	}
	for _, m := range installerMounts {
		add(m.mount)
	}
	add(partitionConfig)
	return volumes
}

func (m mount) args() corev1.VolumeMountArgs {
	return corev1.VolumeMountArgs{Name: pulumi.String(m.name), MountPath: pulumi.String(m.container)}
}
