package gcp

import (
	"slices"
	"strings"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/sandbox/emulator"
)

// acceleratorZones are the zones that offer an accelerator, the models for AI
// only left out. An accelerator that is not in it is offered everywhere, for
// want of a list. Source: skypilot-org/skypilot-catalog, catalogs/v8/gcp/vms.csv,
// which is made from Google's price lists.
var acceleratorZones = map[string]map[string][]string{
	"nvidia-l4": zonesIn(`asia-east1-abc asia-northeast1-abc asia-northeast3-ab asia-south1-abc asia-southeast1-abc
		europe-west1-bc europe-west2-ab europe-west3-ab europe-west4-abc europe-west6-bc me-central2-ac
		northamerica-northeast1-bc northamerica-northeast2-ab us-central1-abc us-east1-bcd us-east4-ac us-west1-abc us-west4-ac`),
	"nvidia-tesla-a100": zonesIn(`asia-northeast1-ac asia-northeast3-ab asia-southeast1-abc europe-west4-ab me-west1-ac
		us-central1-abcf us-east1-b us-west1-b us-west3-b us-west4-b`),
	"nvidia-a100-80gb": zonesIn(`asia-southeast1-c europe-west4-a us-central1-ac us-east4-c us-east5-ab`),
	"nvidia-h100-80gb": zonesIn(`asia-east1-c asia-northeast1-b asia-northeast3-ac asia-south1-c asia-south2-b asia-southeast1-bc
		australia-southeast1-c europe-north1-c europe-west1-bc europe-west2-b europe-west3-ac europe-west4-bc europe-west9-c
		northamerica-northeast2-c us-central1-abc us-east4-abc us-east5-a us-west1-ab us-west4-a`),
	"nvidia-h100-mega-80gb": zonesIn(`asia-northeast1-b asia-northeast3-ac asia-south1-c asia-southeast1-bc australia-southeast1-c
		europe-west1-bc europe-west3-ac europe-west4-bc northamerica-northeast2-c
		us-central1-abc us-east4-abc us-east5-a us-west1-ab us-west4-a`),
	"nvidia-h200-141gb": zonesIn(`asia-south1-b asia-south2-c europe-west1-b europe-west4-a
		us-central1-b us-east4-b us-east5-a us-south1-b us-west1-c`),
	"nvidia-b200": zonesIn(`asia-northeast1-b asia-southeast1-b europe-north1-b europe-west4-b
		us-central1-b us-east1-b us-east4-b us-south1-b us-west2-c us-west3-bc`),
	"nvidia-tesla-t4": zonesIn(`asia-east1-ac asia-east2-ac asia-northeast1-ac asia-northeast3-bc asia-south1-ab asia-southeast1-abc
		asia-southeast2-ab australia-southeast1-ac europe-central2-bc europe-west1-bcd europe-west2-ab europe-west3-b europe-west4-abc
		me-west1-bc northamerica-northeast1-c southamerica-east1-abc us-central1-abcf us-east1-bcd us-east4-abc us-west1-ab
		us-west2-bc us-west3-b us-west4-ab`),
}

// builtIn is the accelerator that the machines of a series are built with.
// https://cloud.google.com/compute/docs/gpus
var builtIn = map[string]string{
	"g2-standard": "nvidia-l4",
	"g4-standard": "nvidia-rtx-pro-6000",
	"a2-highgpu":  "nvidia-tesla-a100",
	"a2-megagpu":  "nvidia-tesla-a100",
	"a2-ultragpu": "nvidia-a100-80gb",
	"a3-highgpu":  "nvidia-h100-80gb",
	"a3-megagpu":  "nvidia-h100-mega-80gb",
	"a3-ultragpu": "nvidia-h200-141gb",
	"a4-highgpu":  "nvidia-b200",
}

// attachable are the accelerators that N1 machines take, and how many.
// https://cloud.google.com/compute/docs/gpus#n1-gpus
var attachable = map[string][]int{
	"nvidia-tesla-t4": {1, 2, 4}, "nvidia-tesla-p4": {1, 2, 4}, "nvidia-tesla-p100": {1, 2, 4}, "nvidia-tesla-v100": {1, 2, 4, 8},
}

// onlyReserved are the machine types that are to be had as spot, by reservation
// or by queueing, and not on demand.
// https://cloud.google.com/compute/docs/accelerator-optimized-machines
var onlyReserved = []string{"a3-highgpu-1g", "a3-highgpu-2g", "a3-highgpu-4g", "a3-ultragpu-8g", "a4-highgpu-8g"}

// acceleratorFits refuses accelerators that a machine does not take.
func acceleratorFits(config emulator.Properties) error {
	kind := config.String("machineType")
	m, known := machineOf(kind)
	for _, accelerator := range config.Objects("guestAccelerators") {
		if !known || !accelerator.Known("type") || !accelerator.Known("count") {
			continue
		}
		model, count := accelerator.String("type"), accelerator.Int("count")
		own := builtIn[m.series]
		switch {
		case own != "" && (model != own || count != m.GPUs):
			return badRequest("[%s, %s] features are not compatible for creating instance. Machine type %s comes with %d %s, got %d %s.",
				model, kind, kind, m.GPUs, own, count, model)
		case own == "" && (!m.n1() || !slices.Contains(attachable[model], count)):
			return badRequest("[%s, %s] features are not compatible for creating instance.", model, kind)
		}
	}
	return nil
}

// guests are the accelerators of a node: those that are asked for, or those that
// the machine is built with.
func guests(config emulator.Properties) (model string, count int) {
	for _, accelerator := range config.Objects("guestAccelerators") {
		return accelerator.String("type"), accelerator.Int("count")
	}
	m, _ := machineOf(config.String("machineType"))
	return builtIn[m.series], m.GPUs
}

// partition is the MIG profile that the accelerators of a node are cut into.
func partition(config emulator.Properties) string {
	return config.String("guestAccelerators[0].gpuPartitionSize")
}

// sharing is where a pool says how containers share an accelerator.
const sharing = "guestAccelerators[0].gpuSharingConfig"

// sharingStrategies are the ways to share, as the labels of nodes tell them.
var sharingStrategies = map[string]string{"TIME_SHARING": "time-sharing", "MPS": "mps"}

// maxSharedClients is the greatest number of containers on an accelerator.
// https://cloud.google.com/kubernetes-engine/docs/how-to/timesharing-gpus
const maxSharedClients = 48

// shareable refuses a way to share that GKE does not have.
func shareable(config emulator.Properties) error {
	if !config.Has(sharing) || !config.Known(sharing) {
		return nil
	}
	strategy, clients := config.String(sharing+".gpuSharingStrategy"), config.Int(sharing+".maxSharedClientsPerGpu")
	switch {
	case config.Known(sharing+".gpuSharingStrategy") && sharingStrategies[strategy] == "":
		return badRequest("GPU sharing strategy %q is not supported. Supported are MPS and TIME_SHARING.", strategy)
	case config.Known(sharing+".maxSharedClientsPerGpu") && (clients < 2 || clients > maxSharedClients):
		return badRequest("The maximum number of shared clients per GPU must be between 2 and %d, got %d.", maxSharedClients, clients)
	}
	return nil
}

// slots are the accelerators that a node offers: whole ones, or their slices.
func slots(config emulator.Properties) int {
	_, count := guests(config)
	m, _ := machineOf(config.String("machineType"))
	if each, cut := accelerators.MIGSlices(m.Machine, partition(config)); cut {
		return count * each
	}
	return count
}

// cuttable refuses a partition that the accelerators of a pool do not have.
// https://cloud.google.com/kubernetes-engine/docs/how-to/gpus-multi
func cuttable(config emulator.Properties) error {
	profile := partition(config)
	if profile == "" {
		return nil
	}
	m, _ := machineOf(config.String("machineType"))
	if _, cut := accelerators.MIGSlices(m.Machine, profile); !cut || strings.HasPrefix(profile, "4g.") {
		model, _ := guests(config)
		return badRequest("GPU partition size %q is not supported for accelerator type %q.", profile, model)
	}
	return nil
}

// offered refuses zones that do not have the machine of a pool, or its
// accelerator.
func offered(config emulator.Properties, zones []string) error {
	model, _ := guests(config)
	m, _ := machineOf(config.String("machineType"))
	for _, zone := range zones {
		if !inZone(acceleratorZones[model], zone) {
			return badRequest("Accelerator type %q does not exist in zone %s.", model, zone)
		}
		if !m.soldIn(zone) {
			return badRequest("Machine type with name '%s' does not exist in zone '%s'.", m.Type, zone)
		}
	}
	return nil
}

// inZone tells whether a zone is among some; without a list, every zone is.
func inZone(places map[string][]string, zone string) bool {
	return places == nil || slices.Contains(places[regionOf(zone)], zone)
}
