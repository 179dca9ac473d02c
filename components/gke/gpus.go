package gke

import (
	gcpcontainer "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

// Images of nodes.
const (
	// imageCOS is Google's own, the only one with image streaming.
	imageCOS = "COS_CONTAINERD"
	// imageUbuntu is the one on which the GPU Operator can build a driver.
	imageUbuntu = "UBUNTU_CONTAINERD"
)

// Versions of the driver as the GKE API spells them. A change replaces the pool.
const (
	// driverOfGKE is the driver that GKE has tested with the node's version, and
	// installs.
	driverOfGKE = "DEFAULT"
	// driverOfOthers leaves the installation to others.
	driverOfOthers = "INSTALLATION_DISABLED"
)

// sharingTurns lets containers take turns on an accelerator of GKE's own plugin.
const sharingTurns = "TIME_SHARING"

func drivenByOperator(plan spec.PoolPlan) bool { return plan.Driver == spec.DriverOperator }

// ownPlugin tells whether GKE's own device plugin advertises the GPUs of a pool.
func ownPlugin(plan spec.PoolPlan) bool { return plan.NodeLabels[naming.LabelNoGKEPlugin] != "true" }

func nodeImage(plan spec.PoolPlan) string {
	if drivenByOperator(plan) {
		return imageUbuntu
	}
	return imageCOS
}

// guestAccelerators are the GPUs of a node. GKE installs the driver and
// advertises the GPUs with one DaemonSet of its own, so that the label that
// keeps the one off a node keeps the other off as well: where the GPU Operator
// advertises, GKE must not be asked for a driver that it could not install.
// Google's installer then runs as a DaemonSet of the platform, or the operator
// builds the driver. Source:
// https://docs.nvidia.com/aicr/integrator-guide/gke-gpu-setup, driver-installer.
func guestAccelerators(plan spec.PoolPlan) gcpcontainer.NodePoolNodeConfigGuestAcceleratorArray {
	if !hasGPU(plan) {
		return nil
	}
	driver := driverOfOthers
	if ownPlugin(plan) {
		driver = driverOfGKE
	}
	kind, _ := acceleratorType(plan.Machines[0]) // known: see validatePools
	args := gcpcontainer.NodePoolNodeConfigGuestAcceleratorArgs{
		Type:  pulumi.String(kind),
		Count: pulumi.Int(plan.GPUCount),
		GpuDriverInstallationConfig: gcpcontainer.NodePoolNodeConfigGuestAcceleratorGpuDriverInstallationConfigArgs{
			GpuDriverVersion: pulumi.String(driver),
		},
	}
	if profile := plan.Sharing.MIG; profile != "" {
		args.GpuPartitionSize = pulumi.String(profile)
	}
	if turns := plan.Sharing.TimeSlices; turns > 0 && ownPlugin(plan) {
		args.GpuSharingConfig = gcpcontainer.NodePoolNodeConfigGuestAcceleratorGpuSharingConfigArgs{
			GpuSharingStrategy:     pulumi.String(sharingTurns),
			MaxSharedClientsPerGpu: pulumi.Int(turns),
		}
	}
	return gcpcontainer.NodePoolNodeConfigGuestAcceleratorArray{args}
}
