package gcp

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// fixedConfig are the properties of a nodeConfig that no update changes. Machine
// type, disks, image, labels and taints are not among them.
// hashicorp/terraform-provider-google google/services/container/node_config.go
var fixedConfig = []string{
	"advancedMachineFeatures", "bootDiskKmsKey", "confidentialNodes", "enableConfidentialStorage", "ephemeralStorageConfig",
	"ephemeralStorageLocalSsdConfig", "gcfsConfig", "guestAccelerators", "gvnic", "hostMaintenancePolicy", "localNvmeSsdBlockConfig",
	"localSsdCount", "metadata", "minCpuPlatform", "nodeGroup", "oauthScopes", "preemptible", "reservationAffinity", "sandboxConfig",
	"secondaryBootDisks", "serviceAccount", "shieldedInstanceConfig", "soleTenantConfig", "spot",
}

// configSets are its arrays whose order means nothing.
var configSets = []string{"oauthScopes", "reservationAffinity.values", "soleTenantConfig.nodeAffinities"}

// ofNodes are paths in the nodeConfig of a pool.
func ofNodes(paths []string) []string {
	var found []string
	for _, path := range paths {
		found = append(found, "nodeConfig."+path)
	}
	return found
}

// taintEffects translates the effects of GKE into those of Kubernetes.
var taintEffects = map[string]string{
	"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule",
}

// imageTypes are the node images of GKE, with the system that they are known by
// in labels.
// https://cloud.google.com/kubernetes-engine/docs/concepts/node-images
var imageTypes = map[string]string{"COS_CONTAINERD": "cos", "UBUNTU_CONTAINERD": "ubuntu"}

// configRules are the rules for a nodeConfig that need nothing but it. The pool
// around it has rules of its own.
var configRules = rules.All(
	rules.AtLeast("nodeConfig.diskSizeGb", 10), rules.AtLeast("nodeConfig.localSsdCount", 0),
	rules.OneOf("nodeConfig.taints[].effect", "NO_SCHEDULE", "PREFER_NO_SCHEDULE", "NO_EXECUTE"),
	rules.OneOf("nodeConfig.loggingVariant", "DEFAULT", "MAX_THROUGHPUT"),
	rules.OneOf("nodeConfig.workloadMetadataConfig.mode", "MODE_UNSPECIFIED", "GCE_METADATA", "GKE_METADATA"),
	rules.OneOf(reservation, "UNSPECIFIED", "NO_RESERVATION", "ANY_RESERVATION", "SPECIFIC_RESERVATION"),
	rules.OneOf("nodeConfig.guestAccelerators[].gpuDriverInstallationConfig.gpuDriverVersion",
		"GPU_DRIVER_VERSION_UNSPECIFIED", "INSTALLATION_DISABLED", "DEFAULT", "LATEST"),
	rules.Matching("nodeConfig.tags[]", nameForm, "a network tag: 1 to 63 lower-case letters, digits and '-'"),
	resourceLabels("nodeConfig.resourceLabels"),
	func(in emulator.Properties) error {
		return rules.All(machineRules, capacityRules, nodeLabelRules, nodeTaintRules, acceleratorFits, shareable, streamable)(configOf(in))
	},
)

func machineRules(config emulator.Properties) error {
	kind, image, disk := config.String("machineType"), strings.ToUpper(config.String("imageType")), config.String("diskType")
	if image != "" && imageTypes[image] == "" {
		return badRequest("Image type %q is not supported. Supported image types are: %s.",
			image, strings.Join(slices.Sorted(maps.Keys(imageTypes)), ", "))
	}
	if kind == "" {
		if len(config.Objects("guestAccelerators")) > 0 && config.Known("machineType") {
			return badRequest("Cannot use default machine type (%s) with GPUs; choose a different machine type.", defaultMachineType)
		}
		return nil
	}
	m, known := machineOf(kind)
	switch {
	case !known:
		return badRequest("Machine type with name '%s' does not exist.", kind)
	case disk != "" && !slices.Contains(m.disks(), disk):
		return badRequest("[%s, %s] features are not compatible for creating instance. Machine type %s takes %s.",
			disk, kind, kind, strings.Join(m.disks(), ", "))
	}
	return nil
}

// streamable refuses image streaming on images that do not have it.
// https://cloud.google.com/kubernetes-engine/docs/how-to/image-streaming
func streamable(config emulator.Properties) error {
	if image := strings.ToUpper(config.String("imageType")); config.Bool("gcfsConfig.enabled") && image != "" && image != "COS_CONTAINERD" {
		return badRequest("Image streaming is only supported with the image type COS_CONTAINERD, got %s.", image)
	}
	return nil
}

// capacityRules keep apart the ways in which a machine can be had.
func capacityRules(config emulator.Properties) error {
	spot, takes := config.Bool("spot"), config.String("reservationAffinity.consumeReservationType")
	switch {
	case spot && config.Bool("preemptible"):
		return badRequest("Spot and preemptible cannot both be true.")
	case spot && slices.Contains([]string{"ANY_RESERVATION", "SPECIFIC_RESERVATION"}, takes):
		return badRequest("Spot VMs cannot consume reservations: set consumeReservationType to NO_RESERVATION, got %s.", takes)
	case takes == "SPECIFIC_RESERVATION" && (absent(config, "reservationAffinity.key") || absent(config, "reservationAffinity.values")):
		return badRequest("A specific reservation needs a key and values.")
	}
	return nil
}

// ownLabels are the labels and prefixes below the reserved domains that a kubelet
// may put on its node.
// https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
var ownLabels = []string{"kubelet.kubernetes.io/", "node.kubernetes.io/"}

func nodeLabelRules(config emulator.Properties) error {
	labels := config.StringMap("labels")
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		if problems := validation.IsQualifiedName(key); len(problems) > 0 {
			return badRequest("Invalid node label key %q: %s", key, problems[0])
		}
		if problems := validation.IsValidLabelValue(labels[key]); len(problems) > 0 {
			return badRequest("Invalid value %q of node label %s: %s", labels[key], key, problems[0])
		}
		if reservedLabel(key) {
			return badRequest("Node label %q is in a reserved namespace: kubernetes.io and k8s.io are for Kubernetes itself.", key)
		}
	}
	return nil
}

func reservedLabel(key string) bool {
	domain, _, qualified := strings.Cut(key, "/")
	own := slices.ContainsFunc(ownLabels, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
	return qualified && !own && slices.ContainsFunc([]string{"kubernetes.io", "k8s.io"}, func(reserved string) bool {
		return domain == reserved || strings.HasSuffix(domain, "."+reserved)
	})
}

func nodeTaintRules(config emulator.Properties) error {
	seen := map[string]bool{}
	for i, taint := range config.Objects("taints") {
		key, value, effect := taint.String("key"), taint.String("value"), taint.String("effect")
		switch {
		case taint.Known("key") && len(validation.IsQualifiedName(key)) > 0:
			return badRequest("Invalid taint key %q in taints[%d]", key, i)
		case len(validation.IsValidLabelValue(value)) > 0:
			return badRequest("Invalid taint value %q in taints[%d]", value, i)
		case seen[key+effect] && taint.Known("key") && taint.Known("effect"):
			return badRequest("Taint %s with effect %s is declared twice.", key, effect)
		}
		seen[key+effect] = true
	}
	return nil
}

// configMayRun refuses a service account or a disk key that nodes could not use.
func configMayRun(tx *emulator.Tx, in emulator.Properties, project string) error {
	if email := in.String("nodeConfig.serviceAccount"); email != "" && email != "default" {
		account, exists := accountByEmail(tx, email)
		switch {
		case !exists && strings.HasSuffix(email, "@"+project+".iam.gserviceaccount.com"):
			return badRequest("Service account %q does not exist.", email)
		case account.Outputs.Bool("disabled"):
			return badRequest("Service account %q is disabled.", email)
		}
	}
	if key := in.String("nodeConfig.bootDiskKmsKey"); key != "" {
		return keyUsable(tx, key, computeAgent(project))
	}
	return nil
}

// configDefaults is what GKE fills in for nodes that leave it open.
// https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/NodeConfig
var configDefaults = emulator.Properties{
	"diskSizeGb":     100,
	"imageType":      "COS_CONTAINERD",
	"loggingVariant": "DEFAULT",
	"machineType":    defaultMachineType,
	"metadata":       map[string]any{"disable-legacy-endpoints": "true"},
	"oauthScopes":    emulator.Strings("https://www.googleapis.com/auth/cloud-platform"),
	"preemptible":    false,
	"serviceAccount": "default",
	"shieldedInstanceConfig.enableIntegrityMonitoring": true,
	"shieldedInstanceConfig.enableSecureBoot":          false,
	"spot": false,
}

// settleConfig fills in the nodeConfig of a pool, and the taints that its nodes
// will have.
func settleConfig(o *emulator.Object, out emulator.Properties) {
	for path, value := range configDefaults {
		if !out.Has("nodeConfig." + path) {
			out.Set("nodeConfig."+path, value)
		}
	}
	config := configOf(out)
	m, _ := machineOf(config.String("machineType"))
	if !config.Has("diskType") {
		config["diskType"] = m.defaultDisk()
	}
	model, count := guests(config)
	if model != "" && len(config.Objects("guestAccelerators")) == 0 {
		config["guestAccelerators"] = []any{map[string]any{
			"type": model, "count": count, "gpuDriverInstallationConfig": map[string]any{"gpuDriverVersion": "DEFAULT"},
		}}
	}
	config["effectiveTaints"] = effectiveTaints(config, o.State)
}

// configOf is the nodeConfig of a pool, to be read and changed.
func configOf(out emulator.Properties) emulator.Properties {
	config, _ := out["nodeConfig"].(map[string]any)
	return config
}
