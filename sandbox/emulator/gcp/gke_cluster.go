package gcp

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/authority"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// defaultPool is the node pool that GKE makes with a cluster.
const defaultPool = "default-pool"

func (a *Account) cluster() emulator.Type {
	return emulator.Type{
		Token:  tokenCluster,
		Source: "hashicorp/terraform-provider-google google/services/container/resource_container_cluster.go",
		Replace: append([]string{
			"clusterAutoscaling.autoProvisioningDefaults.bootDiskKmsKey", "clusterIpv4Cidr", "confidentialNodes", "datapathProvider",
			"defaultMaxPodsPerNode", "description", "enableAutopilot", "enableKubernetesAlpha", "enableMultiNetworking", "enableTpu",
			"initialNodeCount", "ipAllocationPolicy.clusterIpv4CidrBlock", "ipAllocationPolicy.clusterSecondaryRangeName",
			"ipAllocationPolicy.podCidrOverprovisionConfig", "ipAllocationPolicy.servicesIpv4CidrBlock",
			"ipAllocationPolicy.servicesSecondaryRangeName", "ipAllocationPolicy.stackType", "location",
			"masterAuth.clientCertificateConfig", "name", "network", "networkingMode", "nodePools",
			"privateClusterConfig.enablePrivateNodes", "privateClusterConfig.masterIpv4CidrBlock",
			"privateClusterConfig.privateEndpointSubnetwork", "project", "subnetwork", "tpuConfig.enabled", "tpuConfig.useServiceNetworking",
		}, ofNodes(fixedConfig)...),
		ReplaceIf: notToBeDisabled,
		Sets: append([]string{
			"enableK8sBetaApis.enabledApis", "maintenancePolicy.maintenanceExclusions", "masterAuthorizedNetworksConfig.cidrBlocks",
			"nodeLocations",
		}, ofNodes(configSets)...),
		Name: &emulator.AutoName{Property: "name", MaxLength: 255},
		Defaults: emulator.Properties{
			"deletionProtection": true, "enableCiliumClusterwideNetworkPolicy": false, "enableFqdnNetworkPolicy": false,
			"enableKubernetesAlpha": false, "enableL4IlbSubsetting": false, "enableLegacyAbac": false,
			"enableMultiNetworking": false, "enableShieldedNodes": true, "ipAllocationPolicy.stackType": "IPV4",
			"network": "default",
		},
		Computed: []string{
			"masterAuth.clusterCaCertificate", "masterAuth.clientCertificate", "masterAuth.clientKey",
			"privateClusterConfig.privateEndpoint", "privateClusterConfig.publicEndpoint",
		},
		Volatile: func(olds, news emulator.Properties) []string {
			var changed []string
			if olds.String("minMasterVersion") != news.String("minMasterVersion") {
				changed = append(changed, "masterVersion")
			}
			if fmt.Sprint(olds.At("resourceLabels")) != fmt.Sprint(news.At("resourceLabels")) {
				changed = append(changed, "labelFingerprint")
			}
			return changed
		},
		Refs: []emulator.Ref{
			{Path: "network", To: byReference(tokenNetwork, true), Missing: a.noNetwork},
			{Path: "subnetwork", To: byReference(tokenSubnetwork, true), Missing: a.noSubnetwork},
		},
		Taken: existsInGKE,
		Validate: rules.All(
			clusterName, knownLocation, nodeCounts, privateNodes, addressPlan, clusterFeatures, resourceLabels("resourceLabels"),
			clusterEnumerations, configRules,
		),
		Lock: "deletionProtection",
		Protected: func(_ *emulator.Tx, o emulator.Object) error {
			if o.Outputs.Bool("deletionProtection") {
				return providerError("Cannot destroy cluster because deletion_protection is set to true. Set it to false to proceed with cluster deletion.")
			}
			return nil
		},
		Create: a.createCluster,
		Update: a.updateCluster,
		Delete: func(op *emulator.Op) error { // its node pools go with it
			return drop(op.Tx, poolsOf(op.Tx, *op.Object))
		},
		Ready: func(tx *emulator.Tx, o emulator.Object) error {
			return nodesJoin(tx, o, o, firstNodes(o))
		},
		Apply:  a.runCluster,
		Remove: func(ctx context.Context, o emulator.Object) error { return a.kube.DeleteCluster(ctx, controlPlane(o)) },
	}
}

// notToBeDisabled replaces a cluster for switches that go one way.
func notToBeDisabled(olds, news emulator.Properties) []string {
	var fixed []string
	for _, path := range []string{"enableL4IlbSubsetting", "enableFqdnNetworkPolicy"} {
		if olds.Bool(path) && news.Known(path) && !news.Bool(path) {
			fixed = append(fixed, path)
		}
	}
	return fixed
}

func (a *Account) noNetwork(value string) error {
	return badRequest("Project %q has no network named %q.", a.settings().project, lastOf(value))
}

func (a *Account) noSubnetwork(value string) error {
	return badRequest("Project %q has no subnetwork named %q.", a.settings().project, lastOf(value))
}

// existsInGKE is the refusal to make a cluster or a node pool twice.
func existsInGKE(o emulator.Object) error {
	return conflict("alreadyExists", "Already exists: %s.", o.ID)
}

// firstNodes is how many nodes GKE makes with a cluster, also when the program
// has it take them away again.
func firstNodes(cluster emulator.Object) int {
	return cluster.Inputs.Int("initialNodeCount") * len(placesOf(cluster))
}

func (a *Account) createCluster(op *emulator.Op) error {
	o, out := op.Object, op.Out()
	location, err := a.location(out)
	if err != nil {
		return err
	}
	project, name := out.String("project"), out.String("name")
	out["location"] = location
	o.ID = fmt.Sprintf("projects/%s/locations/%s/clusters/%s", project, location, name)
	o.State = emulator.Properties{"controlPlane": strings.Join([]string{"gke", project, location, name}, "_")}
	if _, exists := op.Get(tokenCluster, o.ID); exists { // before its own ranges are in its way
		return existsInGKE(*o)
	}
	if len(out.Strings("nodeLocations")) == 0 {
		out["nodeLocations"] = emulator.Strings(zonesOf(location)...)
	}
	if err := a.placeCluster(op); err != nil {
		return err
	}
	if err := clusterMayRun(op); err != nil {
		return err
	}
	out["masterVersion"], err = resolveVersion(op.In().String("minMasterVersion"))
	if err != nil {
		return err
	}
	out["nodeVersion"] = out["masterVersion"]
	certificate, err := authority.New(digest(o.ID))
	if err != nil {
		return err
	}
	out["masterAuth"] = map[string]any{
		"clusterCaCertificate": certificate, "clientCertificate": "", "clientKey": "",
		"clientCertificateConfig": map[string]any{"issueClientCertificate": op.In().Bool("masterAuth.clientCertificateConfig.issueClientCertificate")},
	}
	out["selfLink"] = "https://container.googleapis.com/v1/" + o.ID
	settleCluster(out)
	return firstPool(op)
}

// controlPlane is the name of a cluster's local control plane, which is the one
// that gcloud gives the cluster in a kubeconfig: it tells projects, locations and
// clouds apart.
func controlPlane(o emulator.Object) string { return o.State.String("controlPlane") }

// location is where a cluster or a node pool is: a region or a zone.
func (a *Account) location(out emulator.Properties) (string, error) {
	if location := out.String("location"); location != "" {
		return location, nil
	}
	if zone := a.settings().zone; zone != "" {
		return zone, nil
	}
	return "", errors.New("cannot determine location: set it in this resource, or set gcp:zone")
}

// zonesOf are the zones in which nodes are when the request names none: in a
// region, three.
func zonesOf(location string) []string {
	zones, regional := regions[location]
	if !regional {
		return []string{location}
	}
	return zones[:min(len(zones), 3)]
}

// clusterDefaults is what GKE fills in for a cluster that leaves it open.
// https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters
var clusterDefaults = emulator.Properties{
	"addonsConfig.gcePersistentDiskCsiDriverConfig.enabled": true,
	"addonsConfig.gcpFilestoreCsiDriverConfig.enabled":      false,
	"addonsConfig.gcsFuseCsiDriverConfig.enabled":           false,
	"addonsConfig.networkPolicyConfig.disabled":             true,
	"clusterAutoscaling.enabled":                            false,
	"clusterAutoscaling.autoscalingProfile":                 "BALANCED",
	"databaseEncryption.state":                              "DECRYPTED",
	"datapathProvider":                                      "LEGACY_DATAPATH",
	"defaultMaxPodsPerNode":                                 110,
	"loggingConfig.enableComponents":                        emulator.Strings("SYSTEM_COMPONENTS", "WORKLOADS"),
	"loggingService":                                        "logging.googleapis.com/kubernetes",
	"monitoringConfig.enableComponents":                     emulator.Strings("SYSTEM_COMPONENTS"),
	"monitoringConfig.managedPrometheus.enabled":            true,
	"monitoringService":                                     "monitoring.googleapis.com/kubernetes",
	"networkingMode":                                        "VPC_NATIVE",
	"releaseChannel.channel":                                "REGULAR",
}

func settleCluster(out emulator.Properties) {
	for path, value := range clusterDefaults {
		if !out.Has(path) {
			out.Set(path, value)
		}
	}
	out["labelFingerprint"] = digest(fmt.Sprint(out.StringMap("resourceLabels")))
}

func (a *Account) updateCluster(op *emulator.Op) error {
	out := op.Out()
	current := op.Old.Outputs.String("masterVersion")
	var err error
	if out["masterVersion"], err = upgrade(current, op.In().String("minMasterVersion")); err != nil {
		return err
	}
	if err := clusterMayRun(op); err != nil {
		return err
	}
	out["network"], out["subnetwork"] = op.Old.Outputs["network"], op.Old.Outputs["subnetwork"]
	settleEndpoint(out)
	settleCluster(out)
	return firstPool(op)
}

// firstPool is the nodes of the default pool, while there is one.
func firstPool(op *emulator.Op) error {
	if op.Out().Bool("removeDefaultNodePool") || !op.In().Has("initialNodeCount") {
		op.Object.State[stateTerminated] = remember(machines(op.Old))
		op.Object.State[stateNodes] = []any{}
		return nil
	}
	op.Object.State["pool"], op.Object.State["cluster"] = defaultPool, op.Out()["name"]
	settleConfig(op.Object, op.Out())
	wanted := map[string]int{}
	for _, zone := range placesOf(*op.Object) {
		wanted[zone] = op.In().Int("initialNodeCount")
	}
	return scale(op, *op.Object, wanted, false)
}

// addons are what runs in a cluster as the agent of the local control planes
// knows it, with the output that tells whether it does. GKE always runs a metrics
// server.
var addons = map[string]string{
	"gcp-pd-csi-driver":        "addonsConfig.gcePersistentDiskCsiDriverConfig.enabled",
	"gcp-filestore-csi-driver": "addonsConfig.gcpFilestoreCsiDriverConfig.enabled",
	"gcs-fuse-csi-driver":      "addonsConfig.gcsFuseCsiDriverConfig.enabled",
	"metrics-server":           "",
}

// runCluster brings the control plane up, with its add-ons and the nodes of the
// default pool.
func (a *Account) runCluster(ctx context.Context, o emulator.Object) error {
	name := controlPlane(o)
	if err := a.kube.CreateCluster(ctx, name); err != nil {
		return err
	}
	for addon, path := range addons {
		if err := a.kube.SetAddon(ctx, name, addon, path == "" || o.Outputs.Bool(path)); err != nil {
			return err
		}
	}
	if err := a.runNodes(ctx, o); err != nil {
		return err
	}
	return a.publishPools(ctx, o)
}
