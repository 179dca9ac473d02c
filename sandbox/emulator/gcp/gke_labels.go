package gcp

import (
	"cmp"
	"maps"
	"strconv"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

// nodeLabels are what GKE, its cloud controller and the kubelet put on a node,
// and the labels of the pool.
// https://cloud.google.com/kubernetes-engine/docs/how-to/creating-managing-labels
func nodeLabels(pool emulator.Object, m machine, kind machineType) map[string]string {
	config := configOf(pool.Outputs)
	labels := map[string]string{
		"beta.kubernetes.io/arch":                      kind.Arch,
		"beta.kubernetes.io/instance-type":             kind.Type,
		"beta.kubernetes.io/os":                        "linux",
		"cloud.google.com/gke-boot-disk":               config.String("diskType"),
		"cloud.google.com/gke-container-runtime":       "containerd",
		"cloud.google.com/gke-cpu-scaling-level":       strconv.Itoa(kind.VCPU),
		"cloud.google.com/gke-logging-variant":         config.String("loggingVariant"),
		"cloud.google.com/gke-max-pods-per-node":       strconv.Itoa(maxPods(pool)),
		"cloud.google.com/gke-memory-gb-scaling-level": strconv.Itoa(kind.MemoryMiB / 1024),
		"cloud.google.com/gke-nodepool":                pool.State.String("pool"),
		"cloud.google.com/gke-os-distribution":         imageTypes[strings.ToUpper(config.String("imageType"))],
		"cloud.google.com/gke-provisioning":            provisioning(config),
		"cloud.google.com/gke-stack-type":              "IPV4",
		"cloud.google.com/machine-family":              kind.family(),
		"cloud.google.com/private-node":                strconv.FormatBool(privatePool(pool.Outputs)),
		"failure-domain.beta.kubernetes.io/region":     regionOf(m.Zone),
		"failure-domain.beta.kubernetes.io/zone":       m.Zone,
		"kubernetes.io/arch":                           kind.Arch,
		"kubernetes.io/hostname":                       m.Name,
		"kubernetes.io/os":                             "linux",
		"node.kubernetes.io/instance-type":             kind.Type,
		"topology.gke.io/zone":                         m.Zone,
		"topology.kubernetes.io/region":                regionOf(m.Zone),
		"topology.kubernetes.io/zone":                  m.Zone,
	}
	if config.String("workloadMetadataConfig.mode") == "GKE_METADATA" {
		labels["iam.gke.io/gke-metadata-server-enabled"] = "true"
	}
	if config.Bool("spot") {
		labels["cloud.google.com/gke-spot"] = "true"
	}
	if config.Bool("preemptible") {
		labels["cloud.google.com/gke-preemptible"] = "true"
	}
	maps.Copy(labels, gpuLabels(config))
	maps.Copy(labels, config.StringMap("labels"))
	return labels
}

func provisioning(config emulator.Properties) string {
	switch {
	case config.Bool("spot"):
		return "spot"
	case config.Bool("preemptible"):
		return "preemptible"
	default:
		return "standard"
	}
}

// driverVersions are the choices of a GPU driver as the label of a node tells
// them.
var driverVersions = map[string]string{"DEFAULT": "default", "LATEST": "latest", "INSTALLATION_DISABLED": "disabled"}

// gpuLabels are those by which GKE tells the nodes with GPUs.
func gpuLabels(config emulator.Properties) map[string]string {
	model, count := guests(config)
	if model == "" {
		return nil
	}
	version := driverVersions[config.String("guestAccelerators[0].gpuDriverInstallationConfig.gpuDriverVersion")]
	labels := map[string]string{
		"cloud.google.com/gke-accelerator":        model,
		"cloud.google.com/gke-accelerator-count":  strconv.Itoa(count),
		"cloud.google.com/gke-gpu":                "true",
		"cloud.google.com/gke-gpu-driver-version": cmp.Or(version, "default"),
	}
	if profile := partition(config); profile != "" {
		labels["cloud.google.com/gke-gpu-partition-size"] = profile
	}
	if strategy := sharingStrategies[config.String(sharing+".gpuSharingStrategy")]; strategy != "" {
		labels["cloud.google.com/gke-gpu-sharing-strategy"] = strategy
		labels["cloud.google.com/gke-max-shared-clients-per-gpu"] = strconv.Itoa(config.Int(sharing + ".maxSharedClientsPerGpu"))
	}
	return labels
}
