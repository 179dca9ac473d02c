package gcp

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// The rules for a cluster that need nothing but its inputs.

var clusterNameForm = regexp.MustCompile(`^[a-z0-9-]+$`)

// maxClusterName is the length of a cluster's name.
const maxClusterName = 40

func clusterName(in emulator.Properties) error {
	name := in.String("name")
	switch {
	case name == "":
		return nil
	case len(name) > maxClusterName:
		return rules.Invalid("name", "is %q, which has %d characters; it cannot be longer than %d characters", name, len(name), maxClusterName)
	case !clusterNameForm.MatchString(name):
		return rules.Invalid("name", "is %q; it can only contain lowercase letters, numbers and hyphens", name)
	case name[0] < 'a':
		return rules.Invalid("name", "is %q; it must start with a letter", name)
	case strings.HasSuffix(name, "-"):
		return rules.Invalid("name", "is %q; it must end with a number or a letter", name)
	}
	return nil
}

// knownLocation refuses places that do not exist, and nodes in another region
// than their control plane.
func knownLocation(in emulator.Properties) error {
	location := in.String("location")
	if location == "" {
		return nil
	}
	region := regionOf(location)
	if region == "" {
		return &APIError{403, fmt.Sprintf("Location %q does not exist.", location), "forbidden"}
	}
	for _, zone := range in.Strings("nodeLocations") {
		switch {
		case regionOf(zone) != region || isRegion(zone):
			return badRequest("Invalid location %q: nodes must be in zones of the region %s.", zone, region)
		case zone == location:
			return rules.Invalid("nodeLocations", "should not contain the original 'zone' %s of a multi-zonal cluster", zone)
		}
	}
	return nil
}

func nodeCounts(in emulator.Properties) error {
	switch {
	case in.Has("nodePools"):
		return rules.Invalid("nodePools", "cannot be declared inside a cluster in the emulated account; declare each as a gcp.container.NodePool")
	case in.Bool("enableAutopilot"):
		return rules.Invalid("enableAutopilot", "is not emulated; declare a Standard cluster with node pools")
	case in.Known("initialNodeCount") && in.Int("initialNodeCount") < 1:
		return badRequest("Cluster.initial_node_count must be greater than zero.")
	case in.Has("nodeVersion") && in.Bool("removeDefaultNodePool"):
		return rules.Invalid("nodeVersion", "can only be specified if removeDefaultNodePool is not true")
	}
	node, master := in.String("nodeVersion"), in.String("minMasterVersion")
	if node != "" && master != "" && strings.SplitN(node, "-", 2)[0] != strings.SplitN(master, "-", 2)[0] {
		return rules.Invalid("nodeVersion", "(value: %s) must either be unset or set to the same value as minMasterVersion (value: %s) on create", node, master)
	}
	return nil
}

func privateNodes(in emulator.Properties) error {
	const (
		nodes, block, subnetwork = "privateClusterConfig.enablePrivateNodes", "privateClusterConfig.masterIpv4CidrBlock", "privateClusterConfig.privateEndpointSubnetwork"
		authorized               = "masterAuthorizedNetworksConfig"
	)
	switch {
	case in.Has(block) && in.Known(nodes) && !in.Bool(nodes):
		return rules.Invalid(block, "can only be set if enablePrivateNodes is true")
	case in.Bool(nodes) && !in.Has(block) && !in.Has(subnetwork):
		return rules.Invalid(block, "must be set if enablePrivateNodes is true")
	case in.Bool("privateClusterConfig.enablePrivateEndpoint") && !in.Has(authorized):
		return badRequest("Master authorized networks must be enabled when the private endpoint is: set %s.", authorized)
	case in.Bool(nodes) && in.String("networkingMode") == "ROUTES":
		return badRequest("Private clusters must be VPC native: enable private nodes only with networkingMode VPC_NATIVE.")
	}
	return rules.Network(block, 28, 28)(in)
}

func addressPlan(in emulator.Properties) error {
	pods, services := in.String(clusterRangeName), in.String(servicesRangeName)
	switch {
	case in.Has("clusterIpv4Cidr") && in.Has("ipAllocationPolicy"):
		return rules.Invalid("clusterIpv4Cidr", "conflicts with ipAllocationPolicy")
	case pods != "" && pods == services:
		return badRequest("Pod secondary range name (%s) should not be the same as service secondary range name.", pods)
	case (pods != "" || services != "") && (in.Has(clusterRange) || in.Has(servicesRange)):
		return rules.Invalid("ipAllocationPolicy", "takes the names of secondary ranges or CIDR blocks, not both")
	}
	for _, path := range []string{clusterRange, servicesRange} {
		if block := in.String(path); block != "" && !rangeForm.MatchString(block) {
			return badRequest("Invalid CIDR block %q: give a range such as 10.4.0.0/14, or its size such as /14.", block)
		}
	}
	return rules.Network("masterAuthorizedNetworksConfig.cidrBlocks[].cidrBlock", 0, 32)(in)
}

// rangeForm is a range, or only its size.
var rangeForm = regexp.MustCompile(`^(\d{1,3}(\.\d{1,3}){3})?/\d{1,2}$`)

func clusterFeatures(in emulator.Properties) error {
	channel := in.String("releaseChannel.channel")
	switch {
	case in.String("datapathProvider") == "ADVANCED_DATAPATH" && in.Bool("networkPolicy.enabled"):
		return badRequest("Enabling NetworkPolicy for clusters with DatapathProvider=ADVANCED_DATAPATH is not allowed.")
	case in.Bool("networkPolicy.enabled") && in.Has("addonsConfig.networkPolicyConfig") && in.Bool("addonsConfig.networkPolicyConfig.disabled"):
		return badRequest("Network policy addon must be enabled before updating the nodes.")
	case in.Bool("addonsConfig.gcsFuseCsiDriverConfig.enabled") && absent(in, "workloadIdentityConfig.workloadPool"):
		return badRequest("Cloud Storage FUSE CSI driver requires Workload Identity to be enabled: set workloadIdentityConfig.workloadPool.")
	case in.String("databaseEncryption.state") == "ENCRYPTED" && absent(in, "databaseEncryption.keyName"):
		return badRequest("DatabaseEncryption.key_name must be set when state is ENCRYPTED.")
	case in.Bool("enableKubernetesAlpha") && channel != "" && channel != "UNSPECIFIED":
		return badRequest("Alpha clusters cannot be in release channel %s.", channel)
	}
	if most := in.Int("defaultMaxPodsPerNode"); in.Has("defaultMaxPodsPerNode") && in.Known("defaultMaxPodsPerNode") {
		return podsPerNode("defaultMaxPodsPerNode", most)
	}
	return nil
}

// absent tells whether there is certainly no value.
func absent(in emulator.Properties, path string) bool { return !in.Has(path) && in.Settled(path) }

// podsPerNode: https://cloud.google.com/kubernetes-engine/docs/how-to/flexible-pod-cidr
func podsPerNode(path string, most int) error {
	if most < 8 || most > 256 {
		return badRequest("Max pods per node (%s) must be between 8 and 256, got %d.", path, most)
	}
	return nil
}

var clusterEnumerations = rules.All(
	rules.OneOf("networkingMode", "VPC_NATIVE", "ROUTES"),
	rules.OneOf("datapathProvider", "DATAPATH_PROVIDER_UNSPECIFIED", "LEGACY_DATAPATH", "ADVANCED_DATAPATH"),
	rules.OneOf("databaseEncryption.state", "ENCRYPTED", "DECRYPTED"),
	rules.OneOf("releaseChannel.channel", "UNSPECIFIED", "RAPID", "REGULAR", "STABLE"),
	rules.OneOf("ipAllocationPolicy.stackType", "IPV4", "IPV4_IPV6"),
	rules.OneOf("networkPolicy.provider", "PROVIDER_UNSPECIFIED", "CALICO"),
	rules.OneOf("clusterAutoscaling.autoscalingProfile", "BALANCED", "OPTIMIZE_UTILIZATION"),
	rules.OneOf("loggingConfig.enableComponents[]", "SYSTEM_COMPONENTS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER", "WORKLOADS"),
	rules.OneOf("monitoringConfig.enableComponents[]",
		"SYSTEM_COMPONENTS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER", "STORAGE", "HPA", "POD", "DAEMONSET", "DEPLOYMENT",
		"STATEFULSET", "KUBELET", "CADVISOR", "DCGM", "WORKLOADS"),
	rules.OneOf("loggingService", "logging.googleapis.com", "logging.googleapis.com/kubernetes", "none"),
	rules.OneOf("monitoringService", "monitoring.googleapis.com", "monitoring.googleapis.com/kubernetes", "none"),
	rules.OneOf("securityPostureConfig.mode", "DISABLED", "BASIC", "ENTERPRISE", "MODE_UNSPECIFIED"),
	rules.OneOf("securityPostureConfig.vulnerabilityMode",
		"VULNERABILITY_DISABLED", "VULNERABILITY_BASIC", "VULNERABILITY_ENTERPRISE", "VULNERABILITY_MODE_UNSPECIFIED"),
	rules.OneOf("dnsConfig.clusterDns", "PROVIDER_UNSPECIFIED", "PLATFORM_DEFAULT", "CLOUD_DNS"),
	rules.OneOf("gatewayApiConfig.channel", "CHANNEL_DISABLED", "CHANNEL_EXPERIMENTAL", "CHANNEL_STANDARD"),
)

var (
	labelKeyForm   = regexp.MustCompile(`^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\d_-]{0,62}$`)
	labelValueForm = regexp.MustCompile(`^[\p{Ll}\p{Lo}\d_-]{0,63}$`)
)

// maxResourceLabels is how many labels a resource takes.
// https://cloud.google.com/resource-manager/docs/labels-overview#requirements
const maxResourceLabels = 64

// resourceLabels takes labels of Google Cloud, which are not those of Kubernetes.
func resourceLabels(path string) rules.Check {
	return func(in emulator.Properties) error {
		labels := in.StringMap(path)
		if len(labels) > maxResourceLabels {
			return badRequest("A resource takes at most %d labels, got %d.", maxResourceLabels, len(labels))
		}
		for _, key := range slices.Sorted(maps.Keys(labels)) {
			if !labelKeyForm.MatchString(key) || !labelValueForm.MatchString(labels[key]) {
				return badRequest("Invalid resource label %s=%s in %s: keys and values have up to 63 lower-case letters, digits, '_' and '-', and keys begin with a letter.",
					key, labels[key], path)
			}
		}
		return nil
	}
}

// clusterMayRun refuses a key, a service account or an identity pool that GKE
// could not use.
func clusterMayRun(op *emulator.Op) error {
	in, out := op.In(), op.Out()
	project := out.String("project")
	own := project + ".svc.id.goog"
	if pool := in.String("workloadIdentityConfig.workloadPool"); pool != "" && pool != own {
		return badRequest("Currently, the only supported identity namespace is the project's default %q, got %q.", own, pool)
	}
	if in.String("databaseEncryption.state") == "ENCRYPTED" {
		key := in.String("databaseEncryption.keyName")
		if place := placeOfKey(key); place != regionOf(out.String("location")) {
			return badRequest("Cloud KMS key %s is in location %q, and must be in the region %q of the cluster.", key, place, regionOf(out.String("location")))
		}
		if err := keyUsable(op.Tx, key, gkeAgent(project)); err != nil {
			return err
		}
	}
	return configMayRun(op.Tx, in, project)
}

// placeOfKey is the location in the name of a key.
func placeOfKey(key string) string {
	parts := strings.Split(key, "/")
	if len(parts) != 8 {
		return ""
	}
	return parts[3]
}

// overlap is the first of the ranges in use that overlaps another one.
func overlap(taken []takenRange, prefix netip.Prefix) (takenRange, bool) {
	i := slices.IndexFunc(taken, func(t takenRange) bool { return t.prefix.Overlaps(prefix) })
	if i < 0 {
		return takenRange{}, false
	}
	return taken[i], true
}
