package azure

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

// fixedForPool are the settings of a pool that AKS refuses to change. azure-native
// replaces the pool for two of them, vmSize and gpuInstanceProfile; for the
// others a program asks for it, or the update fails.
// https://learn.microsoft.com/azure/aks/manage-node-pools
var fixedForPool = []string{
	"availabilityZones", "capacityReservationGroupID", "creationData", "enableEncryptionAtHost", "enableNodePublicIP",
	"enableUltraSSD", "gpuInstanceProfile", "hostGroupID", "kubeletConfig", "kubeletDiskType", "linuxOSConfig", "maxPods",
	"nodePublicIPPrefixID", "osDiskSizeGB", "osDiskType", "osSKU", "osType", "podSubnetID", "proximityPlacementGroupID",
	"scaleSetEvictionPolicy", "scaleSetPriority", "spotMaxPrice", "type", "vmSize", "vnetSubnetID", "workloadRuntime",
}

// maxPools is how many pools a cluster takes.
// https://learn.microsoft.com/azure/aks/quotas-skus-regions
const maxPools = 100

func (a *Account) agentPool() emulator.Type {
	return emulator.Type{
		Token:   tokenAgentPool,
		Source:  "specification/containerservice/resource-manager/Microsoft.ContainerService/aks/stable/2024-10-01/managedClusters.json",
		Replace: []string{"agentPoolName", "gpuInstanceProfile", "resourceGroupName", "resourceName", "vmSize"},
		Name:    namedAlike("agentPoolName"),
		Refs:    []emulator.Ref{groupRef(), poolSubnetRef("vnetSubnetID")},
		Validate: func(in emulator.Properties) error {
			return poolRules(in.String("agentPoolName"), in)
		},
		Create:  a.createPool,
		Update:  a.updatePool,
		Delete:  func(op *emulator.Op) error { return forgetPool(op.Tx, *op.Object) },
		Apply:   a.runPool,
		Remove:  a.removePool,
		Observe: a.observePool,
	}
}

// poolSubnetRef is the subnet of a pool's nodes.
func poolSubnetRef(path string) emulator.Ref {
	return emulator.Ref{
		Path: path, To: []emulator.Target{{Token: tokenSubnet, Holds: true}},
		Missing: func(id string) error {
			return refuseAt("agentPoolProfile.vnetSubnetID", "SubnetNotFound", "Subnet %s is not found.", id)
		},
	}
}

func (a *Account) createPool(op *emulator.Op) error {
	in, out := op.In(), op.Out()
	name := in.String("agentPoolName")
	cluster, err := parent(op.Tx, tokenCluster, a.clusterID(in.String("resourceGroupName"), in.String("resourceName")), kindAgentPool)
	if err != nil {
		return err
	}
	if err := claim(op, cluster.ID+"/agentPools/"+name); err != nil {
		return err
	}
	pools := poolsOf(op.Tx, cluster)
	if _, inline := pools[name]; inline {
		return exists(*op.Object)
	}
	if len(pools) >= maxPools {
		return refuse("AgentPoolsCountExceeded", "A cluster has at most %d node pools.", maxPools)
	}
	if err := poolMayRun(op.Tx, cluster, op.Object.ID, in); err != nil {
		return err
	}
	out["name"], out["type"] = name, kindAgentPool
	op.Object.State = newScaleSet(cluster, name)
	if err := settlePool(out, op.Object.State, cluster); err != nil {
		return err
	}
	if err := roomInSubnets(op.Tx, cluster, name, out); err != nil {
		return err
	}
	if err := scale(newAddresses(op.Tx), out, op.Object.State, true); err != nil {
		return err
	}
	return showPool(op.Tx, cluster, name, out, op.Object.State)
}

// poolMayRun refuses a pool that could not be a part of its cluster.
func poolMayRun(tx *emulator.Tx, cluster emulator.Object, id string, pool emulator.Properties) error {
	location := cluster.Outputs.String("location")
	if err := knownSize(pool.String("vmSize"), location); err != nil {
		return err
	}
	if err := zonesExist(lastOf(id), location, pool); err != nil {
		return err
	}
	subnet := pool.String("vnetSubnetID")
	if subnet != "" && !strings.EqualFold(parentOf(subnet), networkOf(cluster)) {
		return refuse("AgentPoolsInDifferentVNet", "All the agent pools of a managed cluster must use the same virtual network; "+
			"subnet %s is not in %s.", subnet, networkOf(cluster))
	}
	return subnetServes(tx, cluster, id, subnet)
}

// zonesExist refuses zones in a region without them.
func zonesExist(pool, location string, profile emulator.Properties) error {
	zones := profile.Strings("availabilityZones")
	if len(zones) == 0 || len(zonesOf(location)) > 0 {
		return nil
	}
	return refuse("AvailabilityZoneNotSupported", "Preflight validation check for resource(s) for container service failed. "+
		"Message: The zone(s) '%s' for resource '%s' is not supported. The supported zones for location '%s' are ''.",
		strings.Join(zones, ","), pool, location)
}

func (a *Account) updatePool(op *emulator.Op) error {
	cluster := get(op.Tx, tokenCluster, parentOf(op.Object.ID))
	name := lastOf(op.Object.ID)
	if err := poolUnchanged("properties.", op.Old.Inputs, op.In()); err != nil {
		return err
	}
	if op.Old.Outputs.String("mode") == modeSystem && modeOf(op.In()) != modeSystem && lastSystemPool(op.Tx, cluster, name) {
		return refuseAt("properties.mode", "OperationNotAllowed", "There has to be at least one system agent pool.")
	}
	if err := settlePool(op.Out(), op.Object.State, cluster); err != nil {
		return err
	}
	if err := roomInSubnets(op.Tx, cluster, name, op.Out()); err != nil {
		return err
	}
	if err := scale(newAddresses(op.Tx), op.Out(), op.Object.State, op.Old.Inputs.Int("count") != op.In().Int("count")); err != nil {
		return err
	}
	return showPool(op.Tx, cluster, name, op.Out(), op.Object.State)
}

// poolUnchanged refuses changes that AKS cannot make to a pool.
func poolUnchanged(prefix string, olds, news emulator.Properties) error {
	for _, fixed := range fixedForPool {
		if !reflect.DeepEqual(olds[fixed], news[fixed]) {
			return refuseAt(prefix+fixed, "PropertyChangeNotAllowed", "Changing property '%s' is not allowed.", prefix+fixed)
		}
	}
	return nil
}

// settlePool fills in what the request leaves open, and what AKS adds.
func settlePool(pool, state emulator.Properties, cluster emulator.Object) error {
	kind, _ := machineOf(pool.String("vmSize"))
	setDefault(pool, "mode", modeUser)
	setDefault(pool, "osType", "Linux")
	setDefault(pool, "osSKU", "Ubuntu")
	setDefault(pool, "scaleDownMode", "Delete")
	setDefault(pool, "kubeletDiskType", "OS")
	setDefault(pool, "maxPods", defaultPods(cluster.Outputs))
	for _, off := range []string{"enableAutoScaling", "enableFIPS", "enableNodePublicIP"} {
		setDefault(pool, off, false)
	}
	if pool.Int("osDiskSizeGB") == 0 {
		pool["osDiskSizeGB"] = float64(defaultDiskGiB(kind.VCPU))
	}
	if local, known := localGiB(pool.String("vmSize")); known && local >= pool.Int("osDiskSizeGB") {
		setDefault(pool, "osDiskType", ephemeral)
	}
	setDefault(pool, "osDiskType", "Managed")
	pool["powerState"] = map[string]any{"code": "Running"}
	pool["provisioningState"] = "Succeeded"
	if pool.String("scaleSetPriority") == spot {
		setDefault(pool, "scaleSetEvictionPolicy", "Delete")
		setDefault(pool, "spotMaxPrice", -1)
		markSpot(pool)
	}
	if err := settlePoolVersion(pool, cluster); err != nil {
		return err
	}
	state["labels"] = emulator.StringMap(labelsOf(pool, cluster, kind))
	return nil
}

// markSpot puts the label and the taint of spot nodes on a pool.
func markSpot(pool emulator.Properties) {
	labels := pool.StringMap("nodeLabels")
	labels[spotKey] = "spot"
	pool["nodeLabels"] = emulator.StringMap(labels)
	if taints := pool.Strings("nodeTaints"); !slices.Contains(taints, spotTaint) {
		pool["nodeTaints"] = emulator.Strings(append(taints, spotTaint)...)
	}
}

// defaultPods is how many pods a node takes by default.
// https://learn.microsoft.com/azure/aks/quotas-skus-regions
func defaultPods(cluster emulator.Properties) int {
	switch {
	case cluster.String("networkProfile.networkPluginMode") == overlayMode:
		return 250
	case cluster.String("networkProfile.networkPlugin") == "kubenet":
		return 110
	default:
		return 30
	}
}

func settlePoolVersion(pool emulator.Properties, cluster emulator.Object) error {
	control := cluster.Outputs.String("currentKubernetesVersion")
	setDefault(pool, "orchestratorVersion", cluster.Outputs.String("kubernetesVersion"))
	wanted := pool.String("orchestratorVersion")
	version := fullVersion(wanted)
	// A minor alone upgrades nothing within the minor.
	if current := pool.String("currentOrchestratorVersion"); version != wanted && minorOf(current) == minorOf(wanted) {
		version = current
	}
	if err := poolVersion(version, control); err != nil {
		return err
	}
	if current := pool.String("currentOrchestratorVersion"); current != "" {
		if err := noDowngrade(current, version); err != nil {
			return err
		}
	}
	pool["currentOrchestratorVersion"] = version
	pool["nodeImageVersion"] = nodeImage
	return nil
}

// nodeImage is the image of every node.
const nodeImage = "AKSUbuntu-2204gen2containerd-202511.07.0"

// forgetPool takes a pool out of what its cluster shows.
func forgetPool(tx *emulator.Tx, pool emulator.Object) error {
	cluster, found := find(tx, tokenCluster, parentOf(pool.ID))
	if !found {
		return nil
	}
	return showPool(tx, cluster, lastOf(pool.ID), nil, nil)
}

// removePool ends a pool's nodes. The last system pool stays.
func (a *Account) removePool(ctx context.Context, pool emulator.Object) error {
	if err := a.mayGo(pool); err != nil {
		return err
	}
	place := placeIn(pool.State)
	// The control plane may have died with an interrupted sandbox.
	if err := a.kube.CreateCluster(ctx, place.local); err != nil {
		return err
	}
	last, err := a.kube.DeleteNodeGroup(ctx, place.local, pool.State.String("scaleSet"))
	if err != nil {
		return err
	}
	names := last.Names()
	for _, m := range append(machines(pool.State), remembered(pool.State, stateTerminated)...) {
		names = append(names, m.Name)
	}
	for _, name := range names {
		if err := a.kube.DeleteNode(ctx, place.local, name); err != nil {
			return err
		}
	}
	return nil
}

// mayGo refuses to delete the last system pool of a cluster.
func (a *Account) mayGo(pool emulator.Object) error {
	objects, err := a.store.Objects()
	if err != nil || pool.Outputs.String("mode") != modeSystem {
		return err
	}
	for _, o := range objects {
		if o.Token != tokenCluster || !strings.EqualFold(o.ID, parentOf(pool.ID)) {
			continue
		}
		others := slices.DeleteFunc(o.Outputs.Objects("agentPoolProfiles"), func(p emulator.Properties) bool {
			return p.String("mode") != modeSystem || p.String("name") == lastOf(pool.ID)
		})
		if len(others) == 0 {
			return refuse("OperationNotAllowed", "There has to be at least one system agent pool.")
		}
	}
	return nil
}

// lastSystemPool tells whether no other pool of a cluster than the named one is
// a system pool.
func lastSystemPool(tx *emulator.Tx, cluster emulator.Object, name string) bool {
	for other, profile := range poolsOf(tx, cluster) {
		if other != name && profile.String("mode") == modeSystem {
			return false
		}
	}
	return true
}

func (a *Account) runPool(ctx context.Context, pool emulator.Object) error {
	return a.runNodes(ctx, parentOf(pool.ID), pool.Outputs, pool.State)
}
