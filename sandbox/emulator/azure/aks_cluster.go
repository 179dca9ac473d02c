package azure

import (
	"context"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/authority"
	"gantry.dev/gantry/sandbox/emulator/random"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// apiPort ends the URL of every cluster's API, as AKS writes it.
const apiPort = ":443"

func (a *Account) cluster() emulator.Type {
	return emulator.Type{
		Token:  tokenCluster,
		Source: "specification/containerservice/resource-manager/Microsoft.ContainerService/aks/stable/2024-10-01/managedClusters.json",
		Replace: []string{
			"diskEncryptionSetID", "dnsPrefix", "fqdnSubdomain", "linuxProfile", "location", "networkProfile", "nodeResourceGroup",
			"resourceGroupName", "resourceName", "windowsProfile",
		},
		Sets: []string{"identity.userAssignedIdentities"},
		Name: named("resourceName"),
		Refs: []emulator.Ref{
			groupRef(), poolSubnetRef("agentPoolProfiles[].vnetSubnetID"),
			identityRef("identity.userAssignedIdentities[]"), identityRef("identityProfile.kubeletidentity.resourceId"),
			idRef("networkProfile.loadBalancerProfile.outboundIPs.publicIPs[].id", tokenPublicIP),
		},
		Validate: rules.All(
			matching("resourceName", clusterForm), located(kindCluster), tagRules,
			clusterValues, clusterNames, clusterIdentity, clusterAccess, clusterFeatures, networkRules, firstPools,
		),
		Create: a.createCluster,
		Update: a.updateCluster,
		Delete: func(op *emulator.Op) error { return dropInside(op.Tx, op.Object.ID) },
		Apply:  a.runCluster,
		Remove: func(ctx context.Context, o emulator.Object) error {
			return a.kube.DeleteCluster(ctx, localName(o))
		},
		Observe: a.observePools,
	}
}

// localName is the name of a cluster's local control plane.
func localName(cluster emulator.Object) string { return cluster.State.String("local") }

// newLocalName is the cluster's name, or, when a cluster of another resource
// group has it, that and some digits.
func newLocalName(tx *emulator.Tx, name string) string {
	for _, o := range tx.Of(tokenCluster) {
		if strings.EqualFold(localName(o), name) {
			return name + "-" + random.Hex(8)
		}
	}
	return name
}

func (a *Account) createCluster(op *emulator.Op) error {
	in, out := op.In(), op.Out()
	name, group, location := in.String("resourceName"), in.String("resourceGroupName"), normalLocation(in.String("location"))
	if err := claim(op, a.clusterID(group, name)); err != nil {
		return err
	}
	setDefault(out, "nodeResourceGroup", "MC_"+group+"_"+name+"_"+location)
	if err := a.nodeGroupFree(op.Tx, out.String("nodeResourceGroup")); err != nil {
		return err
	}
	certificates, err := authority.New("ca")
	if err != nil {
		return err
	}
	op.Object.State = emulator.Properties{"local": newLocalName(op.Tx, name), "authority": certificates, "guid": newGUID(), "hash": random.Of(alphanumeric, 8)}
	out["name"], out["type"] = name, "Microsoft.ContainerService/ManagedClusters"
	if err := a.settleCluster(op); err != nil {
		return err
	}
	if err := clusterMayRun(op); err != nil {
		return err
	}
	return startPools(op)
}

// nodeGroupFree refuses a node resource group that exists.
func (a *Account) nodeGroupFree(tx *emulator.Tx, name string) error {
	_, taken := find(tx, tokenResourceGroup, a.groupID(name))
	for _, o := range tx.Of(tokenCluster) {
		taken = taken || strings.EqualFold(o.Outputs.String("nodeResourceGroup"), name)
	}
	if taken {
		return refuseAt("nodeResourceGroup", "InvalidParameter", "The node resource group %s exists already. AKS makes it, and it must not be there before.", name)
	}
	return nil
}

// settleCluster fills in what the request leaves open, and what AKS makes.
func (a *Account) settleCluster(op *emulator.Op) error {
	out := op.Out()
	for path, value := range map[string]any{
		"sku.name": "Base", "sku.tier": "Free", "supportPlan": "KubernetesOfficial", "enableRBAC": true,
		"storageProfile.diskCSIDriver.enabled": true, "storageProfile.fileCSIDriver.enabled": true,
		"storageProfile.snapshotController.enabled": true,
		"oidcIssuerProfile.enabled":                 false, "autoUpgradeProfile.nodeOSUpgradeChannel": "NodeImage",
		"servicePrincipalProfile.clientId": "msi",
	} {
		setDefault(out, path, value)
	}
	out["provisioningState"], out["maxAgentPools"] = "Succeeded", float64(maxPools)
	out["powerState"] = map[string]any{"code": "Running"}
	if err := settleVersion(op); err != nil {
		return err
	}
	settleNetwork(out)
	a.settleNames(op)
	return a.settleIdentity(op)
}

func settleVersion(op *emulator.Op) error {
	out := op.Out()
	setDefault(out, "kubernetesVersion", defaultVersion)
	wanted := out.String("kubernetesVersion")
	if err := supportedVersion(wanted, out.String("sku.tier"), out.String("supportPlan")); err != nil {
		return err
	}
	version, current := fullVersion(wanted), op.Old.Outputs.String("currentKubernetesVersion")
	if current != "" && version != wanted && minorOf(current) == minorOf(wanted) {
		version = current // a minor alone upgrades nothing within the minor
	}
	if current != "" {
		if err := nextVersion(current, version); err != nil {
			return err
		}
	}
	out["currentKubernetesVersion"] = version
	return nil
}

// settleNames makes the names of the API and of the issuer, which stay for life.
func (a *Account) settleNames(op *emulator.Op) {
	out, state, location := op.Out(), op.Object.State, op.Out().String("location")
	host := out.String("dnsPrefix") + "-" + state.String("hash")
	if sub := out.String("fqdnSubdomain"); sub != "" {
		host = sub
	}
	const domain = ".azmk8s.io"
	private := out.Bool("apiServerAccessProfile.enablePrivateCluster")
	out["fqdn"], out["privateFQDN"] = "", ""
	if private {
		out["privateFQDN"] = host + "." + state.String("guid") + ".privatelink." + location + domain
	}
	if !private || !out.Has("apiServerAccessProfile.enablePrivateClusterPublicFQDN") || out.Bool("apiServerAccessProfile.enablePrivateClusterPublicFQDN") {
		out["fqdn"] = host + ".hcp." + location + domain
	}
	out["azurePortalFQDN"] = host + ".portal.hcp." + location + domain
	if out.Bool("oidcIssuerProfile.enabled") {
		out.Set("oidcIssuerProfile.issuerURL",
			"https://"+location+".oic.prod-aks.azure.com/"+a.settings().tenant+"/"+state.String("guid")+"/")
	}
}

// settleIdentity tells who the cluster and its nodes are.
func (a *Account) settleIdentity(op *emulator.Op) error {
	in, out := op.In(), op.Out()
	if assigned := in.Strings("identity.userAssignedIdentities"); len(assigned) > 0 {
		users := map[string]any{}
		for _, id := range assigned {
			o := get(op.Tx, tokenIdentity, id)
			users[id] = map[string]any{"clientId": o.Outputs.String("clientId"), "principalId": o.Outputs.String("principalId")}
		}
		out.Set("identity.userAssignedIdentities", users)
	} else {
		setDefault(out, "identity.principalId", newGUID())
		setDefault(out, "identity.tenantId", a.settings().tenant)
	}
	const kubelet = "identityProfile.kubeletidentity"
	if !in.Has(kubelet + ".resourceId") {
		setDefault(out, kubelet+".resourceId", a.id(out.String("nodeResourceGroup"), kindIdentity, lastOf(op.Object.ID)+"-agentpool"))
		setDefault(out, kubelet+".clientId", newGUID())
		setDefault(out, kubelet+".objectId", newGUID())
		return nil
	}
	o := get(op.Tx, tokenIdentity, in.String(kubelet+".resourceId"))
	for property, own := range map[string]string{"clientId": "clientId", "objectId": "principalId"} {
		if given := in.String(kubelet + "." + property); given != "" && given != o.Outputs.String(own) {
			return refuse("CustomKubeletIdentityPropertyError", "The %s of the kubelet identity %s is %s, and the request says %s.",
				property, o.ID, o.Outputs.String(own), given)
		}
		out.Set(kubelet+"."+property, o.Outputs.String(own))
	}
	return nil
}

func (a *Account) updateCluster(op *emulator.Op) error {
	if err := clusterUnchanged(op); err != nil {
		return err
	}
	if err := a.settleCluster(op); err != nil {
		return err
	}
	if err := clusterMayRun(op); err != nil {
		return err
	}
	return changePools(op)
}

// runCluster brings the control plane up, with its add-ons and nodes.
func (a *Account) runCluster(ctx context.Context, o emulator.Object) error {
	if err := a.kube.CreateCluster(ctx, localName(o)); err != nil {
		return err
	}
	for addon, on := range map[string]bool{
		"metrics-server":        true,
		"azure-disk-csi-driver": o.Outputs.Bool("storageProfile.diskCSIDriver.enabled"),
		"azure-file-csi-driver": o.Outputs.Bool("storageProfile.fileCSIDriver.enabled"),
		"azure-blob-csi-driver": o.Outputs.Bool("storageProfile.blobCSIDriver.enabled"),
	} {
		if err := a.kube.SetAddon(ctx, localName(o), addon, on); err != nil {
			return err
		}
	}
	return a.runPools(ctx, o)
}
