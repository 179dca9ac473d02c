package gcp

import (
	"fmt"
	"regexp"
	"slices"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// poolNameForm is that of node pools, which have up to 40 characters.
var poolNameForm = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$`)

func (a *Account) nodePool() emulator.Type {
	return emulator.Type{
		Token:  tokenNodePool,
		Source: "hashicorp/terraform-provider-google google/services/container/resource_container_node_pool.go",
		Replace: append([]string{
			"cluster", "initialNodeCount", "location", "maxPodsPerNode", "name", "namePrefix", "networkConfig.additionalNodeNetworkConfigs",
			"networkConfig.additionalPodNetworkConfigs", "networkConfig.createPodRange", "networkConfig.podCidrOverprovisionConfig",
			"networkConfig.podIpv4CidrBlock", "networkConfig.podRange", "placementPolicy.policyName", "project", "queuedProvisioning",
		}, ofNodes(fixedConfig)...),
		ReplaceIf: func(olds, news emulator.Properties) []string {
			if olds.Has("placementPolicy") != news.Has("placementPolicy") {
				return []string{"placementPolicy"}
			}
			return nil
		},
		Sets: append([]string{"nodeLocations"}, ofNodes(configSets)...),
		Name: &emulator.AutoName{Property: "name", MaxLength: 255},
		Defaults: emulator.Properties{
			"management.autoRepair": true, "management.autoUpgrade": true, "upgradeSettings.strategy": "SURGE",
		},
		Computed: []string{"nodeConfig.effectiveTaints"},
		Volatile: func(olds, news emulator.Properties) []string {
			var changed []string
			if fmt.Sprint(olds.At("nodeConfig.taints")) != fmt.Sprint(news.At("nodeConfig.taints")) {
				changed = append(changed, "nodeConfig.effectiveTaints")
			}
			if fmt.Sprint(olds.At("autoscaling")) != fmt.Sprint(news.At("autoscaling")) {
				changed = append(changed, "nodeCount")
			}
			return changed
		},
		Refs: []emulator.Ref{{
			Path: "cluster", To: []emulator.Target{{Token: tokenCluster}, {Token: tokenCluster, Attr: "name"}},
			Missing: func(value string) error { return notFound("Not found: cluster %s.", value) },
		}},
		Taken: existsInGKE,
		Validate: rules.All(
			poolName, knownLocation, configRules, scalingRules, upgradeRules, placementRules, queueRules, onDemandRules,
			rules.OneOf("autoscaling.locationPolicy", "BALANCED", "ANY"), rules.OneOf("upgradeSettings.strategy", "SURGE", "BLUE_GREEN"),
			rules.OneOf("placementPolicy.type", "COMPACT"),
			func(in emulator.Properties) error {
				if in.Has("maxPodsPerNode") && in.Known("maxPodsPerNode") {
					return podsPerNode("maxPodsPerNode", in.Int("maxPodsPerNode"))
				}
				return nil
			},
		),
		Create: a.createNodePool,
		Update: a.updateNodePool,
		Ready: func(tx *emulator.Tx, o emulator.Object) error {
			cluster := get(tx, tokenCluster, o.State.String("clusterID"))
			return nodesJoin(tx, cluster, o, len(machines(o)))
		},
		Apply:   a.runNodes,
		Remove:  a.removeNodes,
		Observe: a.observeNodes,
	}
}

// poolName refuses names that GKE does not take, and a namePrefix: pulumi-gcp
// chooses a name beside it, and Terraform wants one of the two.
func poolName(in emulator.Properties) error {
	name := in.String("name")
	if in.Has("name") && in.Has("namePrefix") {
		return providerError("Cannot specify both name and name_prefix for a node_pool")
	}
	if name != "" && !poolNameForm.MatchString(name) {
		return badRequest("Invalid value for field \"node_pool.name\": %q. It has %d characters, and must match '(?:[a-z](?:[-a-z0-9]{0,38}[a-z0-9])?)'.",
			name, len(name))
	}
	return nil
}

func (a *Account) createNodePool(op *emulator.Op) error {
	o, out := op.Object, op.Out()
	cluster, err := a.clusterOf(op)
	if err != nil {
		return err
	}
	name := out.String("name")
	o.ID = cluster.ID + "/nodePools/" + name
	if _, exists := op.Get(tokenNodePool, o.ID); exists || name == defaultPool && len(machines(cluster)) > 0 {
		return existsInGKE(*o)
	}
	out["location"], out["project"] = cluster.Outputs["location"], cluster.Outputs["project"]
	o.State = emulator.Properties{
		"clusterID": cluster.ID, "cluster": cluster.Outputs["name"], "controlPlane": controlPlane(cluster), "pool": name,
	}
	o.State[stateTaints] = taintsOfGKE(op, cluster)
	if len(out.Strings("nodeLocations")) == 0 {
		out["nodeLocations"] = emulator.Strings(placesOf(cluster)...)
	}
	out["initialNodeCount"] = firstCount(op.In())
	return settlePool(op, cluster)
}

// clusterOf is the cluster that a pool is for: by its path, or by name and
// location.
func (a *Account) clusterOf(op *emulator.Op) (emulator.Object, error) {
	asked := op.In().String("cluster")
	if cluster, ok := op.Get(tokenCluster, asked); ok {
		return cluster, nil
	}
	location, err := a.location(op.Out())
	if err != nil {
		return emulator.Object{}, err
	}
	id := fmt.Sprintf("projects/%s/locations/%s/clusters/%s", op.Out().String("project"), location, asked)
	cluster, ok := op.Get(tokenCluster, id)
	if !ok {
		return cluster, notFound("Not found: %s.", id)
	}
	return cluster, nil
}

// placesOf are the zones of a cluster's nodes. A zonal cluster reports only those
// beside its own.
func placesOf(cluster emulator.Object) []string {
	zones := cluster.Outputs.Strings("nodeLocations")
	if location := cluster.Outputs.String("location"); !isRegion(location) && !slices.Contains(zones, location) {
		zones = append([]string{location}, zones...)
	}
	return zones
}

// poolsOf are the node pools of a cluster.
func poolsOf(tx *emulator.Tx, cluster emulator.Object) []emulator.Object {
	return slices.DeleteFunc(tx.Of(tokenNodePool), func(o emulator.Object) bool { return o.State.String("clusterID") != cluster.ID })
}

// settlePool refuses what the cluster does not fit, fills in what the request
// leaves open, and starts and ends nodes.
func settlePool(op *emulator.Op, cluster emulator.Object) error {
	in, out := op.In(), op.Out()
	if err := poolFits(op, cluster); err != nil {
		return err
	}
	settleConfig(op.Object, out)
	if !out.Has("maxPodsPerNode") {
		out["maxPodsPerNode"] = cluster.Outputs["defaultMaxPodsPerNode"]
	}
	if !out.Has("networkConfig.enablePrivateNodes") {
		out.Set("networkConfig.enablePrivateNodes", cluster.Outputs.Bool("privateClusterConfig.enablePrivateNodes"))
	}
	settlePodRange(op, cluster)
	if in.String("upgradeSettings.strategy") != "BLUE_GREEN" && !in.Has("upgradeSettings.maxSurge") && !in.Has("upgradeSettings.maxUnavailable") {
		out.Set("upgradeSettings.maxSurge", 1)
		out.Set("upgradeSettings.maxUnavailable", 0)
	}
	if in.Has("autoscaling") && !out.Has("autoscaling.locationPolicy") {
		out.Set("autoscaling.locationPolicy", "BALANCED")
	}
	if err := settleNodeVersion(op, cluster); err != nil {
		return err
	}
	if err := scale(op, cluster, wantedNodes(op), renewed(op)); err != nil {
		return err
	}
	describeGroups(op.Object)
	return nil
}

// settlePodRange tells the range of a pool's pods: its own, or the cluster's.
func settlePodRange(op *emulator.Op, cluster emulator.Object) {
	name, block := op.In().String("networkConfig.podRange"), op.In().String("networkConfig.podIpv4CidrBlock")
	if name == "" {
		name = cluster.Outputs.String(clusterRangeName)
	}
	if block == "" {
		block = cluster.Outputs.String("clusterIpv4Cidr")
		if own, ok := rangeNamed(get(op.Tx, tokenSubnetwork, cluster.Outputs.String("subnetwork")), name); ok {
			block = own.String()
		}
	}
	op.Out().Set("networkConfig.podRange", name)
	op.Out().Set("networkConfig.podIpv4CidrBlock", block)
}

// poolFits refuses nodes that the cluster's place, channel or network does not
// allow.
func poolFits(op *emulator.Op, cluster emulator.Object) error {
	in, out := op.In(), op.Out()
	region := regionOf(cluster.Outputs.String("location"))
	for _, zone := range out.Strings("nodeLocations") {
		if regionOf(zone) != region {
			return badRequest("Invalid location %q: nodes must be in zones of the region %s of cluster %s.", zone, region, cluster.Outputs.String("name"))
		}
	}
	if err := cuttable(configOf(in)); err != nil {
		return err
	}
	if err := offered(configOf(in), out.Strings("nodeLocations")); err != nil {
		return err
	}
	channel := cluster.Outputs.String("releaseChannel.channel")
	if channel != "UNSPECIFIED" && (!out.Bool("management.autoUpgrade") || !out.Bool("management.autoRepair")) {
		return badRequest("Auto_upgrade and auto_repair cannot be false when release_channel %s is set.", channel)
	}
	if name := in.String("networkConfig.podRange"); name != "" && !in.Bool("networkConfig.createPodRange") {
		subnetwork := get(op.Tx, tokenSubnetwork, cluster.Outputs.String("subnetwork"))
		if _, ok := rangeNamed(subnetwork, name); !ok {
			return badRequest("Pod secondary range %q not found in network %q, subnetwork %q.",
				name, subnetwork.Outputs.String("network"), subnetwork.Outputs.String("name"))
		}
	}
	if in.String("nodeConfig.workloadMetadataConfig.mode") == "GKE_METADATA" && !cluster.Outputs.Has("workloadIdentityConfig.workloadPool") {
		return badRequest("GKE_METADATA requires Workload Identity to be enabled on cluster %s.", cluster.Outputs.String("name"))
	}
	return configMayRun(op.Tx, in, out.String("project"))
}

// settleNodeVersion takes the version of the control plane for nodes that ask for
// none, and refuses nodes that are newer than it, or more than two minors older.
func settleNodeVersion(op *emulator.Op, cluster emulator.Object) error {
	out, master := op.Out(), cluster.Outputs.String("masterVersion")
	asked := op.In().String("version")
	if asked == "" {
		if before := op.Old.Outputs.String("version"); before != "" {
			out["version"] = before
			return nil
		}
		out["version"] = master
		return nil
	}
	version, err := resolveVersion(asked)
	if err != nil {
		return err
	}
	switch ahead := minorsAhead(version, master); {
	case ahead > 0:
		return badRequest("desired node version %q cannot be greater than current master version %q.", version, master)
	case ahead < -2:
		return badRequest("desired node version %q is more than two minor versions older than current master version %q.", version, master)
	}
	out["version"] = version
	return nil
}

func (a *Account) updateNodePool(op *emulator.Op) error {
	cluster := get(op.Tx, tokenCluster, op.Object.State.String("clusterID"))
	op.Out()["initialNodeCount"] = op.Old.Outputs["initialNodeCount"]
	return settlePool(op, cluster)
}

// renewed tells whether a change means new machines.
func renewed(op *emulator.Op) bool {
	return op.Old.ID != "" && slices.ContainsFunc([]string{
		"version", "nodeConfig.machineType", "nodeConfig.imageType", "nodeConfig.diskType", "nodeConfig.diskSizeGb",
	}, func(path string) bool { return op.Old.Outputs.At(path) != op.Out().Clone().At(path) })
}
