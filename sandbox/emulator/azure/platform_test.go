package azure_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/localkube"
)

func TestPlatform_ComesUpAndLeavesNothing(t *testing.T) {
	p := newPlatform(t)
	assert.Len(t, p.Objects(), len(p.All))
	for _, r := range p.All {
		assert.Regexp(t, `^/subscriptions/5a4d5b0e-0000-4000-8000-000000000001/resource[Gg]roups/`, r.ID, r.URN)
	}
	p.TakeDown()
	assert.Empty(t, p.Objects())
	assert.Empty(t, p.Kube.Clusters)
}

// What AKS shows of a cluster holds the pools beside it, so that azure-native
// takes them in when it refreshes the cluster. All else is as it was.
func TestPlatform_ASecondRunChangesNothingAndARefreshFindsThePoolsOnly(t *testing.T) {
	p := newPlatform(t)
	for _, r := range p.All {
		read, err := p.Read(r)
		require.NoError(t, err)
		if r.Token == clusterType {
			assert.Equal(t, []any{"system", "cpu", "train"}, namesIn(read.Inputs))
			assert.Equal(t, []any{"system", "cpu", "train"}, namesIn(read.Outputs))
			read.Inputs["agentPoolProfiles"], read.Outputs["agentPoolProfiles"] = r.Inputs["agentPoolProfiles"], r.Outputs["agentPoolProfiles"]
		}
		p.Unchanged(r, read, without(r.Inputs))
	}
}

func namesIn(cluster Props) []any {
	var names []any
	for _, v := range cluster["agentPoolProfiles"].([]any) {
		names = append(names, v.(Props)["name"])
	}
	return names
}

func TestCluster_AfterARefreshLeavesThePoolsBesideItAlone(t *testing.T) {
	p := newPlatform(t)
	refreshed, err := p.Read(p.By["cluster"])
	require.NoError(t, err)
	diff, err := p.Diff(refreshed, p.clusterProps())
	require.NoError(t, err)
	assert.Equal(t, []string{"agentPoolProfiles"}, diff.GetDiffs())
	assert.Empty(t, diff.GetReplaces())

	for name, props := range map[string]Props{
		"without them": p.clusterProps(),
		"with them":    change(without(refreshed.Inputs), Props{"tags": Props{"more": "x"}}),
	} {
		updated, err := p.Update(refreshed, props)
		require.NoError(t, err, name)
		assert.Equal(t, []any{"system", "cpu", "train"}, namesIn(updated.Outputs), name)
		assert.Len(t, p.pool("cpu"), 2, name)
		assert.Len(t, p.pool("system"), 2, name)
		refreshed, err = p.Read(updated)
		require.NoError(t, err)
		assert.Equal(t, updated, refreshed, "what the update returned already shows them")
	}
	require.NoError(t, p.Delete(p.By["cpu"]))
	read, err := p.Read(refreshed)
	require.NoError(t, err)
	assert.Equal(t, []any{"system", "train"}, namesIn(read.Outputs))
	assert.Empty(t, p.pool("cpu"))
}

func TestPlatform_SurvivesARestart(t *testing.T) {
	p := newPlatform(t)
	nodes := p.Kube.Nodes("kubernetes.io/os", "linux")
	require.Len(t, nodes, 6)

	again := p.Restart()
	assert.Equal(t, nodes, again.Kube.Nodes("kubernetes.io/os", "linux"))
	assert.True(t, again.Kube.Addons["dev/azure-blob-csi-driver"])
}

func TestRollback_UndoesAnInterruptedCreation(t *testing.T) {
	p := newCluster(t)
	known := p.Known()
	lost := p.Must(poolType, "cpu", p.poolProps())
	require.Len(t, p.pool("cpu"), 2)

	deleted, err := p.Cloud.Rollback(t.Context(), p.Project, p.Stack, known)
	require.NoError(t, err)
	require.Len(t, deleted, 1)
	assert.Equal(t, lost.ID, deleted[0].ID)
	assert.Empty(t, p.pool("cpu"))

	_, err = p.Cloud.Rollback(t.Context(), p.Project, p.Stack, nil)
	require.NoError(t, err)
	assert.Empty(t, p.Objects(), "an engine that knows nothing owns nothing")
	assert.Empty(t, p.Kube.Clusters)
}

func TestCreate_LeavesNothingBehindWithoutAControlPlane(t *testing.T) {
	p := newCluster(t)
	p.Kube.Broken = errors.New("no port left")
	before := len(p.Objects())
	_, err := p.Create(clusterType, "two", change(p.clusterProps(), Props{"resourceName": "two"}))
	assert.ErrorContains(t, err, "creating two: no port left")
	assert.Len(t, p.Objects(), before)
	assert.NotContains(t, p.Kube.Clusters, "two")
}

func TestCluster_HasWhatAProgramCountsOn(t *testing.T) {
	p := newCluster(t)
	cluster := p.By["cluster"]
	out := cluster.Outputs
	assert.Equal(t, subscription+"/resourcegroups/dev/providers/Microsoft.ContainerService/managedClusters/dev", cluster.ID, "AKS spells its ids in its own way")
	assert.Regexp(t, `^dev-[a-z0-9]{8}\.hcp\.eastus\.azmk8s\.io$`, out["fqdn"])
	assert.Regexp(t, `^dev-[a-z0-9]{8}\.portal\.hcp\.eastus\.azmk8s\.io$`, out["azurePortalFQDN"])
	assert.Empty(t, out["privateFQDN"])
	assert.Regexp(t, `^https://eastus\.oic\.prod-aks\.azure\.com/`+tenant+`/[0-9a-f-]{36}/$`, p.issuer())
	assert.Equal(t, "MC_dev_dev_eastus", out["nodeResourceGroup"])
	assert.Equal(t, "1.34", out["kubernetesVersion"])
	assert.Equal(t, "1.34.6", out["currentKubernetesVersion"])
	assert.Equal(t, Props{p.id("control-plane"): Props{
		"clientId": p.Text("control-plane", "clientId"), "principalId": p.Text("control-plane", "principalId"),
	}}, out["identity"].(Props)["userAssignedIdentities"], "a list goes in, a map comes out")
	assert.NotContains(t, out, "resourceGroupName", "azure-native returns no parameters")
	system := out["agentPoolProfiles"].([]any)[0].(Props)
	assert.Equal(t, []any{"1.34.6", "Succeeded", "33%", 250.0}, []any{
		system["currentOrchestratorVersion"], system["provisioningState"], system["upgradeSettings"].(Props)["maxSurge"], system["maxPods"],
	})
	for addon, on := range map[string]bool{
		"metrics-server": true, "azure-disk-csi-driver": true, "azure-file-csi-driver": true, "azure-blob-csi-driver": true,
	} {
		assert.Equal(t, on, p.Kube.Addons["dev/"+addon], addon)
	}
	for endpoint, want := range map[string]bool{
		"https://" + out["fqdn"].(string) + ":443": true, "https://" + out["fqdn"].(string): true,
		out["fqdn"].(string): false, "https://:443": false, "https://example.com": false,
	} {
		name, ok := p.Cloud.ClusterByEndpoint(endpoint)
		assert.Equal(t, want, ok, endpoint)
		assert.Equal(t, want, name == "dev", endpoint)
	}
}

func TestCluster_ByItselfTakesWhatAKSChooses(t *testing.T) {
	p := newNetwork(t)
	p.Add(clusterType, "plain", Props{
		"resourceGroupName": "dev", "dnsPrefix": "plain", "identity": Props{"type": "SystemAssigned"}, "storageProfile": Props{"diskCSIDriver": Props{"enabled": false}},
		"agentPoolProfiles": []any{Props{"name": "one", "mode": "System", "vmSize": "standard_d4s_v5", "count": 1}},
	})
	out := p.By["plain"].Outputs
	name := out["name"].(string)
	assert.Regexp(t, `^plain[0-9a-f]{8}$`, name, "the logical name and eight digits")
	assert.Equal(t, "MC_dev_"+name+"_eastus", out["nodeResourceGroup"])
	assert.Equal(t, "1.35", out["kubernetesVersion"])
	network := out["networkProfile"].(Props)
	assert.Equal(t, []any{"azure", "overlay", "10.0.0.0/16", "10.0.0.10", "10.244.0.0/16", "loadBalancer"}, []any{
		network["networkPlugin"], network["networkPluginMode"], network["serviceCidr"], network["dnsServiceIP"], network["podCidr"], network["outboundType"],
	})
	identity := out["identity"].(Props)
	p.Add(roleType, "may-read", Props{
		"scope": p.id("group"), "roleDefinitionId": roleID(blobReader), "principalId": identity["principalId"], "principalType": "ServicePrincipal",
	})
	kubelet := out["identityProfile"].(Props)["kubeletidentity"].(Props)
	assert.Contains(t, kubelet["resourceId"], "/resourceGroups/MC_dev_"+name+"_eastus/")
	p.Add(roleType, "pulls", Props{
		"scope": kubelet["resourceId"], "roleDefinitionId": roleID(blobReader), "principalId": kubelet["objectId"], "principalType": "ServicePrincipal",
	})
	assert.NotContains(t, out["oidcIssuerProfile"], "issuerURL")
	_, err := p.Update(p.By["plain"], change(p.By["plain"].Inputs, Props{"enableRBAC": false}))
	assert.ErrorContains(t, err, "Changing property 'properties.enableRBAC' is not allowed.")
	assert.False(t, p.Kube.Addons[name+"/azure-disk-csi-driver"])
	assert.True(t, p.Kube.Addons[name+"/azure-file-csi-driver"])
	assert.False(t, p.Kube.Addons[name+"/azure-blob-csi-driver"])
	nodes := p.Kube.Clusters[name]
	require.Len(t, nodes, 1)
	for _, n := range nodes {
		assert.Equal(t, "10.224.0.4", n.Address, "in a network of AKS's own")
		assert.Equal(t, "0", n.Zone, "outside of zones")
		assert.Equal(t, "managed", n.Labels["storageprofile"])
	}
}

func TestCluster_PrivateHasAPrivateName(t *testing.T) {
	p := newCluster(t)
	access := func(public bool) Props {
		return change(p.clusterProps(), Props{"resourceName": "two", "dnsPrefix": "two", "apiServerAccessProfile": Props{
			"enablePrivateCluster": true, "enablePrivateClusterPublicFQDN": public, "privateDNSZone": "system", "authorizedIPRanges": nil,
		}})
	}
	hidden := p.Must(clusterType, "hidden", without(access(false)))
	assert.Regexp(t, `^two-[a-z0-9]{8}\.[0-9a-f-]{36}\.privatelink\.eastus\.azmk8s\.io$`, hidden.Outputs["privateFQDN"])
	assert.Empty(t, hidden.Outputs["fqdn"])
	name, ok := p.Cloud.ClusterByEndpoint("https://" + hidden.Outputs["privateFQDN"].(string) + ":443")
	assert.True(t, ok)
	assert.Equal(t, "two", name)
	require.NoError(t, p.Delete(hidden))
	seen := p.Must(clusterType, "seen", without(access(true)))
	assert.Regexp(t, `^two-[a-z0-9]{8}\.hcp\.`, seen.Outputs["fqdn"])
}

func TestCluster_OfAnotherGroupMayHaveTheSameName(t *testing.T) {
	p := newCluster(t)
	p.Add(groupType, "other", Props{"resourceGroupName": "other"})
	two := p.Must(clusterType, "two", change(p.clusterProps(), Props{"resourceGroupName": "other"}))
	name, ok := p.Cloud.ClusterByEndpoint("https://" + two.Outputs["fqdn"].(string) + ":443")
	require.True(t, ok)
	assert.Regexp(t, `^dev-[0-9a-f]{8}$`, name, "the local control planes are told apart")
	assert.Contains(t, p.Kube.Clusters, name)
	require.NoError(t, p.Delete(two))
	assert.Contains(t, p.Kube.Clusters, "dev")
}

func TestPreview_KnowsNoOutputsButInputs(t *testing.T) {
	p := newCluster(t)
	plan, err := p.Preview(clusterType, "other", change(p.clusterProps(), Props{
		"resourceName": "other", "identity": Props{"userAssignedIdentities": []any{unknown}}, "resourceGroupName": unknown,
	}))
	require.NoError(t, err)
	for _, property := range []string{"fqdn", "name", "nodeResourceGroup", "identity.userAssignedIdentities"} {
		first, second, nested := strings.Cut(property, ".")
		v := plan.Outputs[first]
		if nested {
			v = v.(Props)[second]
		}
		assert.Equal(t, any(unknown), v, property)
	}
	assert.Equal(t, any(unknown), plan.Outputs["oidcIssuerProfile"].(Props)["issuerURL"])

	plan, err = p.PreviewUpdate(p.By["cluster"], change(p.clusterProps(), Props{"tags": Props{"a": "b"}}))
	require.NoError(t, err)
	assert.Equal(t, "dev", plan.Outputs["name"])
	assert.Equal(t, any(unknown), plan.Outputs["fqdn"], "after any update, as far as a preview knows")

	subnet, err := p.Preview(subnetType, "s", change(p.subnetProps("10.0.8.0/22"), Props{"virtualNetworkName": unknown, "natGateway": Props{"id": unknown}}))
	require.NoError(t, err)
	assert.Equal(t, any(unknown), subnet.Outputs["natGateway"].(Props)["id"])
}

func TestPools_BecomeNodesAsAKSLabelsThem(t *testing.T) {
	p := newPlatform(t)
	system, train := p.pool("system"), p.pool("train")
	require.Len(t, system, 2)
	require.Len(t, train, 2)
	n := system[0]
	assert.Regexp(t, `^aks-system-[0-9]{8}-vmss000000$`, n.Name)
	assert.Equal(t, "azure://"+subscription+"/resourceGroups/mc_dev_dev_eastus/providers/Microsoft.Compute/virtualMachineScaleSets/"+
		strings.TrimSuffix(n.Name, "000000")+"/virtualMachines/0", n.ProviderID)
	assert.Equal(t, []string{"eastus", "eastus-1", "eastus-2", "10.0.0.4"}, []string{n.Region, n.Zone, system[1].Zone, n.Address})
	assert.Equal(t, []int{4, 16384, 128, 250, 0}, []int{n.VCPU, n.MemoryMiB, n.DiskGiB, n.MaxPods, n.GPUs})
	assert.Equal(t, []localkube.Taint{{Key: "CriticalAddonsOnly", Value: "true", Effect: "NoSchedule"}}, n.Taints)
	for label, want := range map[string]string{
		"kubernetes.azure.com/agentpool": "system", "kubernetes.azure.com/cluster": "MC_dev_dev_eastus", "kubernetes.azure.com/mode": "system",
		"kubernetes.azure.com/os-sku": "Ubuntu", "kubernetes.azure.com/role": "agent", "kubernetes.azure.com/storageprofile": "ephemeral",
		"kubernetes.azure.com/ebpf-dataplane": "cilium", "kubernetes.azure.com/podnetwork-type": "overlay",
		"kubernetes.azure.com/kubelet-identity-client-id": p.Text("kubelet", "clientId"),
		"kubernetes.io/arch":                              "amd64", "kubernetes.io/hostname": n.Name, "kubernetes.io/os": "linux",
		"node.kubernetes.io/instance-type": "Standard_D4ds_v5", "topology.disk.csi.azure.com/zone": "eastus-1", "gantry.dev/pool": "system",
	} {
		assert.Equal(t, want, n.Labels[label], label)
	}
	assert.NotContains(t, n.Labels, "accelerator")

	gpu := train[0]
	assert.Equal(t, 1, gpu.GPUs)
	for label, want := range map[string]string{
		"accelerator": "nvidia", "kubernetes.azure.com/accelerator": "nvidia", "kubernetes.azure.com/mode": "user",
		"kubernetes.azure.com/scalesetpriority": "spot", "gantry.dev/gpu": "a100",
	} {
		assert.Equal(t, want, gpu.Labels[label], label)
	}
	assert.Equal(t, []localkube.Taint{
		{Key: "nvidia.com/gpu", Value: "present", Effect: "NoSchedule"},
		{Key: "kubernetes.azure.com/scalesetpriority", Value: "spot", Effect: "NoSchedule"},
	}, gpu.Taints, "AKS adds the taint of spot nodes itself")
	assert.Equal(t, "10.0.4.6", gpu.Address, "after the two nodes of the other pool in its subnet")
	out := p.By["train"].Outputs
	assert.Equal(t, []any{"nvidia.com/gpu=present:NoSchedule", "kubernetes.azure.com/scalesetpriority=spot:NoSchedule"}, out["nodeTaints"])
	assert.Equal(t, "spot", out["nodeLabels"].(Props)["kubernetes.azure.com/scalesetpriority"])
	assert.Equal(t, 2.0, p.By["cpu"].Outputs["count"])
}

func TestPools_DividedGPUsAreMoreDevices(t *testing.T) {
	p := newCluster(t)
	p.Must(poolType, "mig", change(without(p.gpuProps()), Props{"gpuInstanceProfile": "MIG2g", "agentPoolName": "mig"}))
	assert.Equal(t, 3, p.pool("mig")[0].GPUs)
	accelerator := p.pool("mig")[0].Accelerator
	assert.Regexp(t, `^2g\.\d+gb$`, accelerator.Partition)
	assert.NotEmpty(t, accelerator.Model)
	assert.False(t, accelerator.Driverless, "AKS installs the driver")
}

func TestPools_UpdatesReachTheNodes(t *testing.T) {
	p := newCluster(t)
	pool := p.Must(poolType, "cpu", change(p.poolProps(), Props{"count": 3}))
	before := p.pool("cpu")
	require.Len(t, before, 3)
	assert.Equal(t, []string{"eastus-1", "eastus-2", "eastus-1"}, []string{before[0].Zone, before[1].Zone, before[2].Zone})

	pool, err := p.Update(pool, change(p.poolProps(), Props{"count": 1, "nodeLabels": Props{"team": "a"}}))
	require.NoError(t, err)
	require.Len(t, p.pool("cpu"), 1, "scaled in")
	assert.Equal(t, before[0].Name, p.pool("cpu")[0].Name)
	assert.Equal(t, "a", p.pool("cpu")[0].Labels["team"])

	pool, err = p.Update(pool, change(p.poolProps(), Props{"enableAutoScaling": true, "count": 3, "minCount": 3, "maxCount": 5, "nodeTaints": []any{"k=v:NoExecute"}}))
	require.NoError(t, err)
	require.Len(t, p.pool("cpu"), 3, "scaled out")
	for _, n := range p.pool("cpu") {
		assert.Equal(t, []localkube.Taint{{Key: "k", Value: "v", Effect: "NoExecute"}}, n.Taints)
		assert.NotContains(t, n.Labels, "team")
	}
	read, err := p.Read(p.By["cluster"])
	require.NoError(t, err)
	assert.Equal(t, 3.0, read.Outputs["agentPoolProfiles"].([]any)[1].(Props)["count"])

	require.NoError(t, p.Delete(pool))
	assert.Empty(t, p.pool("cpu"))
}

func TestPools_NeverGoBelowTheLeastOfTheAutoscaler(t *testing.T) {
	p := newCluster(t)
	p.Must(poolType, "cpu", without(change(p.poolProps(), Props{"enableAutoScaling": true, "count": nil, "minCount": 3, "maxCount": 5})))
	assert.Len(t, p.pool("cpu"), 3)
	p.Must(poolType, "none", without(change(p.poolProps(), Props{"agentPoolName": "none", "enableAutoScaling": true, "count": nil, "minCount": 0, "maxCount": 5})))
	assert.Empty(t, p.pool("none"))
	p.Must(poolType, "one", without(change(p.poolProps(), Props{"agentPoolName": "one", "count": nil})))
	assert.Len(t, p.pool("one"), 1)
}

func TestCluster_ChangesItsOwnPools(t *testing.T) {
	p := newCluster(t)
	system := change(p.systemProps(), Props{"count": 3, "nodeLabels": Props{"gantry.dev/pool": "system", "team": "a"}})
	cluster, err := p.Update(p.By["cluster"], change(p.clusterProps(), Props{"agentPoolProfiles": []any{system}, "storageProfile": Props{"blobCSIDriver": Props{"enabled": false}}}))
	require.NoError(t, err)
	require.Len(t, p.pool("system"), 3)
	assert.Equal(t, "a", p.pool("system")[0].Labels["team"])
	assert.False(t, p.Kube.Addons["dev/azure-blob-csi-driver"])
	assert.Equal(t, p.By["cluster"].Outputs["fqdn"], cluster.Outputs["fqdn"], "names stay for life")
	assert.Equal(t, p.By["cluster"].Outputs["oidcIssuerProfile"], cluster.Outputs["oidcIssuerProfile"])

	pool := p.Must(poolType, "cpu", p.poolProps())
	cluster, err = p.Update(cluster, change(p.clusterProps(), Props{"kubernetesVersion": "1.35", "agentPoolProfiles": []any{change(system, Props{"orchestratorVersion": "1.35"})}}))
	require.NoError(t, err)
	assert.Equal(t, "1.35.3", cluster.Outputs["currentKubernetesVersion"])
	profiles := cluster.Outputs["agentPoolProfiles"].([]any)
	assert.Equal(t, "1.35.3", profiles[0].(Props)["currentOrchestratorVersion"])
	assert.Equal(t, "1.34.6", profiles[1].(Props)["currentOrchestratorVersion"], "other pools stay behind until they are told")
	pool, err = p.Update(pool, change(p.poolProps(), Props{"orchestratorVersion": "1.35"}))
	require.NoError(t, err)
	assert.Equal(t, "1.35.3", pool.Outputs["currentOrchestratorVersion"])
	_, err = p.Update(pool, change(p.poolProps(), Props{"orchestratorVersion": "1.34"}))
	assert.ErrorContains(t, err, "Downgrading Kubernetes version 1.35.3 to 1.34.6 is not allowed.")
}

// A request to a cluster with what an earlier refresh found sets every pool to
// what it was then.
func TestCluster_SetsPoolsBesideItToWhatTheRequestSays(t *testing.T) {
	p := newPlatform(t)
	refreshed, err := p.Read(p.By["cluster"])
	require.NoError(t, err)
	cpu, err := p.Update(p.By["cpu"], change(p.poolProps(), Props{"count": 3, "nodeLabels": Props{"team": "a"}}))
	require.NoError(t, err)
	require.Len(t, p.pool("cpu"), 3)

	old := without(change(refreshed.Inputs, Props{"tags": Props{"more": "x"}}))
	cluster, err := p.Update(refreshed, old)
	require.NoError(t, err)
	assert.Equal(t, []any{"system", "cpu", "train"}, namesIn(cluster.Outputs))
	assert.Len(t, p.pool("cpu"), 2)
	assert.Len(t, p.pool("train"), 2)
	drifted, err := p.Read(cpu)
	require.NoError(t, err)
	assert.Equal(t, 2.0, drifted.Inputs["count"])
	assert.Equal(t, 2.0, drifted.Outputs["count"])

	profiles := slices.Clone(old["agentPoolProfiles"].([]any))
	profiles[1] = change(profiles[1].(Props), Props{"vmSize": "Standard_D8s_v5"})
	_, err = p.Update(cluster, change(old, Props{"agentPoolProfiles": profiles}))
	assert.ErrorContains(t, err, "Changing property 'agentPoolProfile.vmSize' is not allowed.")

	require.NoError(t, p.Delete(cpu))
	_, err = p.Update(cluster, change(old, Props{"tags": Props{"more": "y"}}))
	assert.ErrorContains(t, err, "A new agent pool was introduced.", "what is gone is not made again")
}

func TestGroup_TakesEverythingAlong(t *testing.T) {
	p := newPlatform(t)
	require.NoError(t, p.Delete(p.By["group"]))
	for _, o := range p.Objects() {
		assert.Equal(t, roleType, o.Token, "assignments elsewhere stay")
	}
	assert.Empty(t, p.Kube.Clusters)
}
