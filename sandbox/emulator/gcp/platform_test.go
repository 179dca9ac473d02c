package gcp_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
	"gantry.dev/gantry/sandbox/localkube"
)

func TestPlatform_ComesUpAndLeavesNothing(t *testing.T) {
	p := newPlatform(t)
	assert.Equal(t, len(p.All), len(p.Objects()))
	for _, r := range p.All {
		assert.NotEmpty(t, r.ID, r.URN)
		if link, ok := r.Outputs["selfLink"].(string); ok {
			form := `(compute/)?v1/projects/` + project + `/.+/`
			if r.Token == bucketType {
				form = `storage/v1/b/`
			}
			assert.Regexp(t, `^https://(www|container)\.googleapis\.com/`+form+r.Outputs["name"].(string)+`$`, link)
		}
	}
	p.TakeDown()
	assert.Empty(t, p.Kube.Clusters)
	assert.Empty(t, p.Objects())
}

func TestPlatform_LeavesItsAPIsToOthersInTheProject(t *testing.T) {
	p := newNetwork(t)
	p.Stack = "prod"
	theirs := p.Must(networkType, "their-vpc", Props{})
	p.Stack = "dev"
	p.TakeDown()
	left := p.Objects()
	require.Len(t, left, 5)
	for _, o := range left {
		assert.Equal(t, o.Token == networkType, o.URN != "", "an API that stays enabled belongs to no stack")
	}

	p.Stack = "prod"
	compute := p.Must(serviceType, "compute", Props{"service": "compute.googleapis.com", "disableOnDestroy": false})
	assert.Len(t, p.Objects(), 5, "to enable what is enabled is no error")
	require.NoError(t, p.Delete(theirs))
	require.NoError(t, p.Delete(compute))
	assert.Empty(t, p.Objects(), "nobody is left in the project")
}

func TestPlatform_ASecondRunChangesNothingAndARefreshFindsNoDrift(t *testing.T) {
	p := newPlatform(t)
	for _, r := range p.All {
		read, err := p.Read(r)
		require.NoError(t, err)
		p.Unchanged(r, read, given(r))
	}
}

func TestPlatform_SurvivesARestart(t *testing.T) {
	p := newPlatform(t)
	nodes := p.Kube.Nodes("kubernetes.io/os", "linux")
	require.Len(t, nodes, 5)

	again := p.Restart()
	assert.Equal(t, nodes, again.Kube.Nodes("kubernetes.io/os", "linux"))
	assert.Equal(t, p.Kube.Addons, again.Kube.Addons)
}

func TestRollback_UndoesAnInterruptedCreation(t *testing.T) {
	p := newCluster(t)
	known := p.Known()
	lost := p.Must(poolType, "cpu", p.cpuProps("cpu", 1))
	guarded := p.Must(clusterType, "guarded", change(p.clusterProps(), Props{
		"name": "guarded", "deletionProtection": true, "privateClusterConfig": Props{"masterIpv4CidrBlock": "10.0.255.224/28"},
	}))
	require.Len(t, p.pool("cpu"), 2)

	deleted, err := p.Cloud.Rollback(t.Context(), p.Project, p.Stack, known)
	require.NoError(t, err)
	require.Len(t, deleted, 2)
	assert.Equal(t, []string{guarded.ID, lost.ID}, []string{deleted[0].ID, deleted[1].ID}, "also what is protected, for nobody knows it yet")
	assert.Empty(t, p.pool("cpu"))
	assert.Len(t, p.Kube.Clusters, 1)

	_, err = p.Cloud.Rollback(t.Context(), p.Project, p.Stack, nil)
	require.NoError(t, err)
	assert.Empty(t, p.Objects(), "an engine that knows nothing owns nothing")
}

func TestCluster_HasWhatAKubeconfigNeeds(t *testing.T) {
	p := newCluster(t)
	cluster := p.By["cluster"]
	out := cluster.Outputs
	assert.Equal(t, "projects/"+project+"/locations/us-central1/clusters/dev", cluster.ID)
	assert.Equal(t, "198.51.100.1", out["endpoint"])
	assert.Equal(t, "1.34.6-gke.1067000", out["masterVersion"])
	assert.Equal(t, "100.64.0.0/14", out["clusterIpv4Cidr"])
	assert.Equal(t, "172.20.0.0/20", out["servicesIpv4Cidr"])
	assert.Equal(t, "projects/"+project+"/regions/us-central1/subnetworks/"+p.Text("subnet", "name"), out["subnetwork"])
	assert.Equal(t, Props{
		"enablePrivateNodes": true, "enablePrivateEndpoint": false, "masterIpv4CidrBlock": "10.0.255.240/28",
		"privateEndpoint": "10.0.255.242", "publicEndpoint": "198.51.100.1",
	}, out["privateClusterConfig"])

	text, err := base64.StdEncoding.DecodeString(out["masterAuth"].(Props)["clusterCaCertificate"].(string))
	require.NoError(t, err)
	emulatortest.IsAuthority(t, text)

	for endpoint, known := range map[string]bool{
		"https://198.51.100.1": true, "198.51.100.1": true, "https://10.0.255.242": true,
		"https://198.51.100.2": false, "https://": false, "": false,
	} {
		name, ok := p.Cloud.ClusterByEndpoint(endpoint)
		assert.Equal(t, known, ok, endpoint)
		if known {
			assert.Equal(t, control, name)
			assert.Contains(t, p.Kube.Clusters, name)
		}
	}
}

func TestCluster_AnswersWhereItIsPrivate(t *testing.T) {
	p := newCluster(t)
	cluster := p.alter("cluster", Props{"privateClusterConfig": Props{"enablePrivateEndpoint": true}})
	assert.Equal(t, "10.0.255.242", cluster.Outputs["endpoint"])
	name, ok := p.Cloud.ClusterByEndpoint("https://10.0.255.242")
	assert.True(t, ok)
	assert.Equal(t, control, name)
}

func TestCluster_IsUnknownUntilItExists(t *testing.T) {
	p := newCluster(t)
	plan, err := p.Preview(clusterType, "other", change(p.clusterProps(), Props{"name": "other", "network": unknown, "subnetwork": unknown}))
	require.NoError(t, err)
	assert.Equal(t, "other", plan.Outputs["name"])
	assert.Equal(t, project, plan.Outputs["project"])
	for _, property := range []string{"endpoint", "masterVersion", "selfLink", "clusterIpv4Cidr", "labelFingerprint"} {
		assert.Equal(t, unknown, plan.Outputs[property], property)
	}
	assert.Equal(t, unknown, plan.Outputs["masterAuth"].(Props)["clusterCaCertificate"])
	assert.Equal(t, unknown, plan.Outputs["privateClusterConfig"].(Props)["privateEndpoint"])
	assert.Equal(t, true, plan.Outputs["enableShieldedNodes"], "defaults of the provider are known")

	upgrade, err := p.PreviewUpdate(p.By["cluster"], change(p.clusterProps(), Props{"minMasterVersion": "1.35", "resourceLabels": Props{"team": "x"}}))
	require.NoError(t, err)
	assert.Equal(t, unknown, upgrade.Outputs["masterVersion"])
	assert.Equal(t, unknown, upgrade.Outputs["labelFingerprint"])
	assert.Equal(t, "198.51.100.1", upgrade.Outputs["endpoint"])
}

func TestCluster_TwoOfANameAreTwoControlPlanes(t *testing.T) {
	p := newCluster(t)
	p.Add(subnetType, "west", Props{
		"network": p.By["vpc"].ID, "region": "us-west1", "ipCidrRange": "10.1.0.0/20",
		"secondaryIpRanges":     []any{Props{"rangeName": "pods", "ipCidrRange": "100.68.0.0/16"}, Props{"rangeName": "services", "ipCidrRange": "172.21.0.0/20"}},
		"privateIpGoogleAccess": true,
	})
	west := p.Add(clusterType, "west-cluster", without(change(p.clusterProps(), Props{
		"location": "us-west1", "nodeLocations": nil, "subnetwork": p.By["west"].ID, "databaseEncryption": nil,
		"privateClusterConfig": Props{"masterIpv4CidrBlock": "10.1.255.240/28"},
	})))
	assert.Equal(t, "198.51.100.2", west.Outputs["endpoint"])
	assert.Equal(t, []any{"us-west1-a", "us-west1-b", "us-west1-c"}, west.Outputs["nodeLocations"], "a region's first three zones")
	assert.Len(t, p.Kube.Clusters, 2)
	require.NoError(t, p.Delete(p.By["cluster"]))
	assert.NotContains(t, p.Kube.Clusters, control)
	assert.Len(t, p.Kube.Clusters, 1)
}

func TestCluster_PrivateOnesAreToldApart(t *testing.T) {
	p := newCluster(t)
	p.alter("cluster", Props{"privateClusterConfig": Props{"enablePrivateEndpoint": true}})
	p.Add(networkType, "twin", Props{"autoCreateSubnetworks": false})
	p.Add(subnetType, "twin-subnet", change(given(p.By["subnet"]), Props{"network": p.By["twin"].ID}))
	twin := p.Add(clusterType, "twin-cluster", change(given(p.By["cluster"]), Props{
		"name": "twin", "network": p.By["twin"].ID, "subnetwork": p.By["twin-subnet"].ID,
	}))
	assert.Equal(t, "10.0.255.243", twin.Outputs["endpoint"], "the same ranges in another network")
	for endpoint, want := range map[string]string{"10.0.255.242": control, "10.0.255.243": "gke_" + project + "_us-central1_twin"} {
		name, ok := p.Cloud.ClusterByEndpoint("https://" + endpoint)
		assert.True(t, ok)
		assert.Equal(t, want, name)
	}
}

func TestCluster_ChoosesRangesThatAreFree(t *testing.T) {
	p := newCluster(t)
	cluster := func(name, block string) Props {
		return p.Must(clusterType, name, without(change(p.clusterProps(), Props{
			"name": name, "ipAllocationPolicy": Props{"clusterSecondaryRangeName": nil, "servicesSecondaryRangeName": nil},
			"privateClusterConfig": Props{"masterIpv4CidrBlock": block},
		}))).Outputs
	}
	first, second := cluster("first", "192.168.0.0/28"), cluster("second", "192.168.0.16/28")
	assert.Equal(t, "10.4.0.0/14", first["clusterIpv4Cidr"], "the first after the network's own")
	assert.Equal(t, "10.8.0.0/14", second["clusterIpv4Cidr"])
	assert.Equal(t, "34.118.224.0/20", first["servicesIpv4Cidr"], "Google's own, which clusters share")
}

func TestCluster_IsDeletedOnlyWhenItMayBe(t *testing.T) {
	p := newCluster(t)
	p.alter("cluster", Props{"deletionProtection": nil})
	assert.ErrorContains(t, p.Delete(p.By["cluster"]),
		"Cannot destroy cluster because deletion_protection is set to true. Set it to false to proceed with cluster deletion.")
	assert.Contains(t, p.Kube.Clusters, control, "a refused delete leaves the control plane alone")

	pool := p.Must(poolType, "cpu", p.cpuProps("cpu", 1))
	p.alter("cluster", Props{"deletionProtection": false})
	p.Drop("cluster")
	assert.Empty(t, p.Kube.Clusters)
	read, err := p.Read(pool)
	require.NoError(t, err)
	assert.Empty(t, read.ID, "node pools go with their cluster")
}

func TestCluster_SwitchesItsAddons(t *testing.T) {
	p := newCluster(t)
	running := func(addon string) bool { return p.Kube.Addons[control+"/"+addon] }
	assert.True(t, running("gcp-pd-csi-driver"))
	assert.True(t, running("gcs-fuse-csi-driver"))
	assert.True(t, running("metrics-server"), "GKE runs one in every cluster")
	assert.False(t, running("gcp-filestore-csi-driver"))

	p.alter("cluster", Props{"addonsConfig": Props{
		"gcpFilestoreCsiDriverConfig": Props{"enabled": true}, "gcsFuseCsiDriverConfig": Props{"enabled": false},
	}})
	assert.True(t, running("gcp-filestore-csi-driver"))
	assert.False(t, running("gcs-fuse-csi-driver"))

	p.alter("cluster", Props{"addonsConfig": nil})
	assert.True(t, running("gcp-pd-csi-driver"), "on unless it is switched off")
}

func TestCluster_KeepsItsFirstPoolWhenItIsTold(t *testing.T) {
	p := newCluster(t)
	props := without(change(p.clusterProps(), Props{
		"name": "classic", "removeDefaultNodePool": false, "nodeLocations": nil, "location": "us-central1-a",
		"nodeConfig": Props{"machineType": "n1-standard-4"}, "privateClusterConfig": Props{"masterIpv4CidrBlock": "10.0.255.224/28"},
	}))
	classic := p.Must(clusterType, "classic", props)
	nodes := p.Kube.Clusters["gke_"+project+"_us-central1-a_classic"]
	require.Len(t, nodes, 1)
	for name, n := range nodes {
		assert.Regexp(t, `^gke-classic-default-pool-[0-9a-f]{8}-[0-9a-z]{4}$`, name)
		assert.Equal(t, []int{4, 15360, 100, 110}, []int{n.VCPU, n.MemoryMiB, n.DiskGiB, n.MaxPods})
	}
	wide := change(props, Props{
		"name": "wide", "nodeLocations": []any{"us-central1-b"}, "privateClusterConfig": Props{"masterIpv4CidrBlock": "10.0.255.208/28"},
	})
	p.Must(clusterType, "wide", wide)
	assert.Len(t, p.Kube.Clusters["gke_"+project+"_us-central1-a_wide"], 2, "in its own zone and in the one beside it")
	_, err := p.Create(poolType, "again", change(p.cpuProps("default-pool", 1), Props{"cluster": classic.ID}))
	assert.ErrorContains(t, err, "Already exists: "+classic.ID+"/nodePools/default-pool.")

	_, err = p.Update(classic, change(props, Props{"removeDefaultNodePool": true}))
	require.NoError(t, err)
	assert.Empty(t, p.Kube.Clusters["gke_"+project+"_us-central1-a_classic"])
}

func TestNodePool_BecomesNodesAsGKELabelsThem(t *testing.T) {
	p := newPlatform(t)
	nodes := p.pool("serve")
	require.Len(t, nodes, 3, "the autoscaler brings a new pool up to its least size")
	assert.Equal(t, map[string]int{"us-central1-a": 2, "us-central1-b": 1}, perZone(nodes))
	n := nodes[slices.IndexFunc(nodes, func(n localkube.Node) bool { return n.Zone == "us-central1-b" })]
	assert.Regexp(t, `^gke-dev-serve-[0-9a-f]{8}-[0-9a-z]{4}$`, n.Name)
	assert.Equal(t, "gce://"+project+"/us-central1-b/"+n.Name, n.ProviderID)
	assert.Regexp(t, `^10\.0\.0\.\d+$`, n.Address)
	assert.Equal(t, []string{"us-central1", "us-central1-b"}, []string{n.Region, n.Zone})
	assert.Equal(t, []localkube.Taint{
		{Key: "nvidia.com/gpu", Value: "present", Effect: "NoSchedule"},
		{Key: "cloud.google.com/gke-spot", Value: "true", Effect: "NoSchedule"},
	}, n.Taints, "GKE does not repeat a taint that is declared")
	assert.Equal(t, []int{8, 32768, 200, 110, 1}, []int{n.VCPU, n.MemoryMiB, n.DiskGiB, n.MaxPods, n.GPUs})
	for label, want := range map[string]string{
		"cloud.google.com/gke-accelerator":        "nvidia-l4",
		"cloud.google.com/gke-accelerator-count":  "1",
		"cloud.google.com/gke-boot-disk":          "pd-balanced",
		"cloud.google.com/gke-gpu":                "true",
		"cloud.google.com/gke-gpu-driver-version": "latest",
		"cloud.google.com/gke-max-pods-per-node":  "110",
		"cloud.google.com/gke-nodepool":           "serve",
		"cloud.google.com/gke-os-distribution":    "cos",
		"cloud.google.com/gke-provisioning":       "spot",
		"cloud.google.com/gke-spot":               "true",
		"cloud.google.com/machine-family":         "g2",
		"cloud.google.com/private-node":           "true",
		"gantry.dev/pool":                         "serve",
		"kubernetes.io/arch":                      "amd64",
		"kubernetes.io/hostname":                  n.Name,
		"kubernetes.io/os":                        "linux",
		"node.kubernetes.io/instance-type":        "g2-standard-8",
		"topology.gke.io/zone":                    "us-central1-b",
		"topology.kubernetes.io/region":           "us-central1",
		"topology.kubernetes.io/zone":             "us-central1-b",
	} {
		assert.Equal(t, want, n.Labels[label], label)
	}

	system := p.pool("system")
	require.Len(t, system, 2, "a fixed number is that of each zone")
	assert.Equal(t, "true", system[0].Labels["iam.gke.io/gke-metadata-server-enabled"])
	assert.Equal(t, "standard", system[0].Labels["cloud.google.com/gke-provisioning"])
	assert.NotContains(t, system[0].Labels, "cloud.google.com/gke-spot")
	assert.NotContains(t, system[0].Labels, "cloud.google.com/gke-accelerator")
	assert.Empty(t, system[0].Taints)
	assert.Zero(t, system[0].GPUs)

	addresses := map[string]bool{}
	for _, n := range slices.Concat(nodes, system) {
		assert.False(t, addresses[n.Address], "two nodes have the address %s", n.Address)
		addresses[n.Address] = true
	}
}

func TestNodePool_TellsWhatGKETells(t *testing.T) {
	p := newPlatform(t)
	out := p.By["serve"].Outputs
	assert.Equal(t, p.By["cluster"].ID+"/nodePools/serve", p.By["serve"].ID)
	assert.Equal(t, "us-central1", out["location"], "of the cluster that the pool names by its path")
	assert.Equal(t, "1.34.6-gke.1067000", out["version"])
	assert.Equal(t, Props{"maxSurge": 1.0, "maxUnavailable": 0.0, "strategy": "SURGE"}, out["upgradeSettings"])
	assert.Equal(t, "pods", out["networkConfig"].(Props)["podRange"])
	require.Len(t, out["instanceGroupUrls"], 2)
	assert.Regexp(t, `^https://www\.googleapis\.com/compute/v1/projects/`+project+`/zones/us-central1-a/instanceGroupManagers/gke-dev-serve-[0-9a-f]{8}-grp$`,
		out["instanceGroupUrls"].([]any)[0])
	config := out["nodeConfig"].(Props)
	assert.Equal(t, "COS_CONTAINERD", config["imageType"])
	assert.Equal(t, Props{"disable-legacy-endpoints": "true"}, config["metadata"])
	assert.Len(t, config["effectiveTaints"], 2)

	plan, err := p.Preview(poolType, "next", p.gpuProps("next"))
	require.NoError(t, err)
	assert.Equal(t, unknown, plan.Outputs["nodeConfig"].(Props)["effectiveTaints"])
	assert.Equal(t, unknown, plan.Outputs["version"])
}

// GKE keeps pods without a GPU off GPU nodes only where they have another place,
// and only when it makes the pool.
func TestNodePool_GetsTheTaintsOfGKE(t *testing.T) {
	p := newCluster(t)
	bare := func(name string) Props {
		return change(p.gpuProps(name), Props{"nodeConfig": Props{"taints": []any{}}})
	}
	first := p.Must(poolType, "first", bare("first"))
	assert.Empty(t, p.pool("first")[0].Taints, "there is no other pool")

	p.Must(poolType, "system", p.cpuProps("system", 1))
	first, err := p.Update(first, change(bare("first"), Props{"nodeConfig": Props{"labels": Props{"a": "b"}}}))
	require.NoError(t, err)
	assert.Empty(t, p.pool("first")[0].Taints, "never afterwards")
	assert.Equal(t, "b", p.pool("first")[0].Labels["a"])

	second := p.Must(poolType, "second", bare("second"))
	gpu := localkube.Taint{Key: "nvidia.com/gpu", Value: "present", Effect: "NoSchedule"}
	assert.Equal(t, []localkube.Taint{gpu}, p.pool("second")[0].Taints)
	assert.Equal(t, []any{Props{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}},
		second.Outputs["nodeConfig"].(Props)["effectiveTaints"])
	assert.NotContains(t, second.Inputs["nodeConfig"].(Props)["taints"], gpu.Key)

	_, err = p.Update(second, change(bare("second"), Props{"nodeConfig": Props{"labels": Props{"a": "b"}}}))
	require.NoError(t, err)
	assert.Equal(t, []localkube.Taint{gpu}, p.pool("second")[0].Taints, "an update does not take it away")

	p.Must(poolType, "arm", change(p.cpuProps("arm", 1), Props{"nodeConfig": Props{"machineType": "t2a-standard-4"}}))
	assert.Equal(t, []localkube.Taint{{Key: "kubernetes.io/arch", Value: "arm64", Effect: "NoSchedule"}}, p.pool("arm")[0].Taints)
	require.NoError(t, p.Delete(first))
}

func TestNodePool_KnowsTheGPUsOfItsMachine(t *testing.T) {
	p := newCluster(t)
	pool := p.Must(poolType, "serve", change(p.gpuProps("serve"), Props{
		"nodeConfig": Props{"machineType": "g2-standard-24", "guestAccelerators": []any{}},
	}))
	assert.Equal(t, 2, p.pool("serve")[0].GPUs)
	assert.Equal(t, []any{Props{"type": "nvidia-l4", "count": 2.0, "gpuDriverInstallationConfig": Props{"gpuDriverVersion": "DEFAULT"}}},
		pool.Outputs["nodeConfig"].(Props)["guestAccelerators"])

	p.Must(poolType, "t4", change(p.gpuProps("t4"), Props{"nodeConfig": Props{
		"machineType": "n1-standard-8", "guestAccelerators": []any{Props{"type": "nvidia-tesla-t4", "count": 4}},
	}}))
	assert.Equal(t, 4, p.pool("t4")[0].GPUs)
	assert.Equal(t, "nvidia-tesla-t4", p.pool("t4")[0].Labels["cloud.google.com/gke-accelerator"])
}

func TestNodePool_OffersTheSlicesOfItsAccelerators(t *testing.T) {
	p := newCluster(t)
	p.Must(poolType, "cut", change(p.gpuProps("cut"), Props{"nodeLocations": []any{"us-central1-a"}, "nodeConfig": Props{
		"machineType":       "a2-highgpu-2g",
		"guestAccelerators": []any{Props{"type": "nvidia-tesla-a100", "count": 2, "gpuPartitionSize": "3g.20gb"}},
	}}))
	assert.Equal(t, 4, p.pool("cut")[0].GPUs, "two of each of two")
	assert.Equal(t, "3g.20gb", p.pool("cut")[0].Labels["cloud.google.com/gke-gpu-partition-size"])
	assert.Equal(t, localkube.Accelerator{Model: "a100", MemoryMiB: 40960, Partition: "3g.20gb"}, p.pool("cut")[0].Accelerator)

	p.Must(poolType, "shared", change(p.gpuProps("shared"), Props{"nodeConfig": Props{"guestAccelerators": []any{
		Props{"type": "nvidia-l4", "count": 1, "gpuSharingConfig": Props{"gpuSharingStrategy": "TIME_SHARING", "maxSharedClientsPerGpu": 4}},
	}}}))
	shared := p.pool("shared")[0]
	assert.Equal(t, "time-sharing", shared.Labels["cloud.google.com/gke-gpu-sharing-strategy"])
	assert.Equal(t, "4", shared.Labels["cloud.google.com/gke-max-shared-clients-per-gpu"])
	assert.Equal(t, 1, shared.GPUs, "which the plugin multiplies")
}

// GKE runs a device plugin of its own on GPU nodes.
func TestNodePool_AdvertisesItsGPUsUnlessItIsToldNotTo(t *testing.T) {
	p := newCluster(t)
	driver := func(version string) Props {
		return Props{"guestAccelerators": []any{Props{
			"type": "nvidia-l4", "count": 1, "gpuDriverInstallationConfig": Props{"gpuDriverVersion": version},
		}}}
	}
	for name, test := range map[string]struct {
		config Props
		want   bool
	}{
		"default":  {driver("DEFAULT"), true},
		"silent":   {Props{"guestAccelerators": []any{Props{"type": "nvidia-l4", "count": 1}}}, true},
		"disabled": {driver("INSTALLATION_DISABLED"), false},
		"operator": {Props{"labels": Props{"gke-no-default-nvidia-gpu-device-plugin": "true"}}, false},
		"plain":    {Props{"machineType": "e2-standard-4", "guestAccelerators": []any{}}, false},
	} {
		p.Must(poolType, name, change(p.gpuProps(name), Props{"nodeConfig": test.config}))
		assert.Equal(t, test.want, p.pool(name)[0].DevicePlugin, name)
		assert.Equal(t, !test.want && name != "plain", p.pool(name)[0].Accelerator.Driverless, "%s: plugin and installer are one", name)
	}
	assert.Equal(t, "true", p.pool("operator")[0].Labels["gke-no-default-nvidia-gpu-device-plugin"])
}

func TestNodePool_Scales(t *testing.T) {
	for name, test := range map[string]struct {
		props, then Props
		want, after map[string]int
	}{
		"a fixed number": {
			Props{"nodeCount": 2}, Props{"nodeCount": 1},
			map[string]int{"us-central1-a": 2, "us-central1-b": 2}, map[string]int{"us-central1-a": 1, "us-central1-b": 1},
		},
		"a number to begin with": {
			Props{"initialNodeCount": 1}, Props{"initialNodeCount": 1, "nodeConfig": Props{"labels": Props{"a": "b"}}},
			map[string]int{"us-central1-a": 1, "us-central1-b": 1}, map[string]int{"us-central1-a": 1, "us-central1-b": 1},
		},
		"nothing": {Props{}, Props{"nodeCount": 1}, map[string]int{}, map[string]int{"us-central1-a": 1, "us-central1-b": 1}},
		"bounds for each zone": {
			Props{"autoscaling": Props{"minNodeCount": 1, "maxNodeCount": 3}}, Props{"autoscaling": Props{"minNodeCount": 2, "maxNodeCount": 3}},
			map[string]int{"us-central1-a": 1, "us-central1-b": 1}, map[string]int{"us-central1-a": 2, "us-central1-b": 2},
		},
		"bounds for all": {
			Props{"initialNodeCount": 1, "autoscaling": Props{"totalMinNodeCount": 3, "totalMaxNodeCount": 9}},
			Props{"initialNodeCount": 1, "autoscaling": Props{"totalMinNodeCount": 0, "totalMaxNodeCount": 1}},
			map[string]int{"us-central1-a": 2, "us-central1-b": 1}, map[string]int{"us-central1-b": 1},
		},
		"from zero": {
			Props{"autoscaling": Props{"totalMinNodeCount": 0, "totalMaxNodeCount": 9}},
			Props{"autoscaling": Props{"totalMinNodeCount": 0, "totalMaxNodeCount": 5}}, map[string]int{}, map[string]int{},
		},
		"zones": {
			Props{"nodeCount": 1, "nodeLocations": []any{"us-central1-a"}}, Props{"nodeCount": 1, "nodeLocations": []any{"us-central1-b", "us-central1-f"}},
			map[string]int{"us-central1-a": 1}, map[string]int{"us-central1-b": 1, "us-central1-f": 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newCluster(t)
			base := p.cpuProps("cpu", 0)
			delete(base, "nodeCount")
			pool := p.Must(poolType, "cpu", change(base, test.props))
			assert.Equal(t, test.want, perZone(p.pool("cpu")))
			_, err := p.Update(pool, change(base, test.then))
			require.NoError(t, err)
			assert.Equal(t, test.after, perZone(p.pool("cpu")))
		})
	}
}

func TestNodePool_UpdatesReachTheNodes(t *testing.T) {
	p := newCluster(t)
	pool := p.Must(poolType, "cpu", p.cpuProps("cpu", 1))
	before := p.pool("cpu")
	require.Len(t, before, 2)

	taint := Props{"nodeConfig": Props{"taints": []any{Props{"key": "k", "value": "v", "effect": "NO_EXECUTE"}}, "labels": Props{"team": "a"}}}
	plan, err := p.PreviewUpdate(pool, change(p.cpuProps("cpu", 1), taint))
	require.NoError(t, err)
	assert.Equal(t, unknown, plan.Outputs["nodeConfig"].(Props)["effectiveTaints"])
	pool, err = p.Update(pool, change(p.cpuProps("cpu", 1), taint))
	require.NoError(t, err)
	for i, n := range p.pool("cpu") {
		assert.Equal(t, before[i].Name, n.Name, "labels and taints change in place")
		assert.Equal(t, []localkube.Taint{{Key: "k", Value: "v", Effect: "NoExecute"}}, n.Taints)
		assert.Equal(t, "a", n.Labels["team"])
	}

	pool, err = p.Update(pool, change(p.cpuProps("cpu", 1), Props{"nodeConfig": Props{"machineType": "e2-standard-8"}}))
	require.NoError(t, err)
	after := p.pool("cpu")
	require.Len(t, after, 2)
	assert.NotEqual(t, before[0].Name, after[0].Name, "another machine type means other machines")
	assert.Equal(t, 8, after[0].VCPU)
	assert.Empty(t, after[0].Taints)

	cluster := p.alter("cluster", Props{"minMasterVersion": "1.35"})
	assert.Equal(t, "1.35.3-gke.1389000", cluster.Outputs["masterVersion"])
	assert.Equal(t, "1.34.6-gke.1067000", pool.Outputs["version"], "nodes stay behind until they are told")
	pool, err = p.Update(pool, change(p.cpuProps("cpu", 1), Props{"version": "1.35"}))
	require.NoError(t, err)
	assert.Equal(t, "1.35.3-gke.1389000", pool.Outputs["version"])
	assert.NotEqual(t, after[0].Name, p.pool("cpu")[0].Name)
	require.NoError(t, p.Delete(pool))
	assert.Empty(t, p.pool("cpu"))
}

// Each of these pools is accepted, and its nodes never come.
func TestNodePool_FailsWhenItsNodesDoNotJoin(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(p *platform)
		want  string
	}{
		"no way to the registries": {
			func(p *platform) {
				p.Drop("nat")
				p.alter("subnet", Props{"privateIpGoogleAccess": false})
			},
			"has neither a Cloud NAT nor Private Google Access",
		},
		"a NAT for others": {
			func(p *platform) {
				p.alter("subnet", Props{"privateIpGoogleAccess": false})
				p.Add(subnetType, "other", Props{"network": p.By["vpc"].ID, "region": "us-central1", "ipCidrRange": "10.2.0.0/24"})
				p.alter("nat", Props{
					"sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS",
					"subnetworks":                   []any{Props{"name": p.By["other"].ID, "sourceIpRangesToNats": []any{"ALL_IP_RANGES"}}},
				})
			},
			"has neither a Cloud NAT nor Private Google Access",
		},
		"no default route": {
			func(p *platform) { p.alter("vpc", Props{"deleteDefaultRoutesOnCreate": true}) },
			"has no default route",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newCluster(t)
			test.spoil(p)
			before := len(p.Objects())
			_, err := p.Create(poolType, "cpu", p.cpuProps("cpu", 1))
			assert.ErrorContains(t, err, "Error waiting for creating GKE NodePool: All cluster resources were brought up, but: only 0 nodes out of 2 have registered;")
			assert.ErrorContains(t, err, test.want)
			assert.Equal(t, before, len(p.Objects()), "the account is as it was")
			assert.Empty(t, p.pool("cpu"))
			p.Must(poolType, "cpu", p.cpuProps("cpu", 0)) // nobody has to join
			_, err = p.Create(clusterType, "two", change(p.clusterProps(), Props{
				"name": "two", "privateClusterConfig": Props{"masterIpv4CidrBlock": "10.0.255.224/28"},
			}))
			assert.ErrorContains(t, err, "Error waiting for creating GKE cluster: ", "the first node of a cluster has to join, too")
		})
	}
}

func TestNodePool_JoinsThroughOneOfTwoWays(t *testing.T) {
	p := newCluster(t)
	p.Drop("nat")
	p.Must(poolType, "google", p.cpuProps("google", 1)) // through Private Google Access
	p.alter("subnet", Props{"privateIpGoogleAccess": false})
	public := p.Must(poolType, "public", change(p.cpuProps("public", 1), Props{"networkConfig": Props{"enablePrivateNodes": false}}))
	assert.Equal(t, "false", p.pool("public")[0].Labels["cloud.google.com/private-node"])
	require.NoError(t, p.Delete(public))

	p.Add(natType, "listed", Props{
		"router": p.Text("router", "name"), "region": "us-central1", "natIpAllocateOption": "AUTO_ONLY",
		"sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS",
		"subnetworks":                   []any{Props{"name": p.Text("subnet", "selfLink"), "sourceIpRangesToNats": []any{"ALL_IP_RANGES"}}},
	})
	p.Must(poolType, "translated", p.cpuProps("translated", 1))
}

func TestNodePool_FailsWithItsControlPlane(t *testing.T) {
	p := newCluster(t)
	p.Kube.Broken = fmt.Errorf("no port left")
	_, err := p.Create(clusterType, "two", change(p.clusterProps(), Props{
		"name": "two", "privateClusterConfig": Props{"masterIpv4CidrBlock": "10.0.255.224/28"}, "deletionProtection": true,
	}))
	assert.ErrorContains(t, err, "creating two: no port left")
	assert.Len(t, p.Kube.Clusters, 1, "what failed is gone, protected or not")
}

func TestDefaultLabels_AreOnWhatTakesThem(t *testing.T) {
	p := newCluster(t)
	key := p.alter("key", Props{"labels": Props{"Name": "x"}})
	assert.Equal(t, Props{"Name": "x", "team": "ml"}, key.Outputs["labels"])
	assert.Equal(t, key.Outputs["labels"], key.Outputs["effectiveLabels"])
	assert.Equal(t, key.Outputs["labels"], key.Outputs["pulumiLabels"])
}

func TestReplace_FollowsTheRealProvider(t *testing.T) {
	p := newPlatform(t)
	taint := Props{"key": "k", "value": "v", "effect": "NO_SCHEDULE"}
	for name, test := range map[string]struct {
		of          string
		change      Props
		replace     []string
		deleteFirst bool
	}{
		"the mode of a network":         {of: "vpc", change: Props{"autoCreateSubnetworks": true}, replace: []string{"autoCreateSubnetworks"}},
		"the routing of a network":      {of: "vpc", change: Props{"routingMode": "GLOBAL"}},
		"a subnetwork that grows":       {of: "subnet", change: Props{"ipCidrRange": "10.0.0.0/19"}},
		"a subnetwork that shrinks":     {of: "subnet", change: Props{"ipCidrRange": "10.0.0.0/21"}, replace: []string{"ipCidrRange"}},
		"a subnetwork that moves":       {of: "subnet", change: Props{"ipCidrRange": "10.9.0.0/20"}, replace: []string{"ipCidrRange"}},
		"more ranges in a subnetwork":   {of: "subnet", change: Props{"secondaryIpRanges": []any{}}},
		"the region of a router":        {of: "router", change: Props{"region": "us-east1"}, replace: []string{"region"}},
		"what a NAT translates":         {of: "nat", change: Props{"sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES"}},
		"the router of a NAT":           {of: "nat", change: Props{"router": "x"}, replace: []string{"router"}},
		"the ports of a rule":           {of: "webhooks", change: Props{"allows": []any{Props{"protocol": "tcp", "ports": []any{"443"}}}}},
		"the direction of a rule":       {of: "webhooks", change: Props{"direction": "EGRESS"}, replace: []string{"direction"}, deleteFirst: true},
		"the rotation of a key":         {of: "key", change: Props{"rotationPeriod": "604800s"}},
		"the ring of a key":             {of: "key", change: Props{"keyRing": "x"}, replace: []string{"keyRing"}},
		"the place of a key ring":       {of: "keys", change: Props{"location": "global"}, replace: []string{"location"}},
		"the id of an account":          {of: "nodes", change: Props{"accountId": "other-nodes"}, replace: []string{"accountId"}},
		"the title of an account":       {of: "nodes", change: Props{"displayName": "x"}},
		"the role of a grant":           {of: "nodes-role", change: Props{"role": "roles/viewer"}, replace: []string{"role"}},
		"the bucket of a grant":         {of: "app-models", change: Props{"bucket": "others"}, replace: []string{"bucket"}},
		"an API":                        {of: "iam", change: Props{"service": "dns.googleapis.com"}, replace: []string{"service"}},
		"whether an API stays":          {of: "iam", change: Props{"disableOnDestroy": true}},
		"the version of a cluster":      {of: "cluster", change: Props{"minMasterVersion": "1.35"}},
		"the channel of a cluster":      {of: "cluster", change: Props{"releaseChannel": Props{"channel": "RAPID"}}},
		"the datapath of a cluster":     {of: "cluster", change: Props{"datapathProvider": "LEGACY_DATAPATH"}, replace: []string{"datapathProvider"}, deleteFirst: true},
		"the ranges of a cluster":       {of: "cluster", change: Props{"ipAllocationPolicy": Props{"clusterSecondaryRangeName": "x"}}, replace: []string{"ipAllocationPolicy"}, deleteFirst: true},
		"the endpoint of a cluster":     {of: "cluster", change: Props{"privateClusterConfig": Props{"enablePrivateEndpoint": true}}},
		"the range of a control plane":  {of: "cluster", change: Props{"privateClusterConfig": Props{"masterIpv4CidrBlock": "10.0.255.0/28"}}, replace: []string{"privateClusterConfig"}, deleteFirst: true},
		"the key of a cluster":          {of: "cluster", change: Props{"databaseEncryption": Props{"state": "DECRYPTED"}}},
		"the add-ons of a cluster":      {of: "cluster", change: Props{"addonsConfig": nil}},
		"the first node of a cluster":   {of: "cluster", change: Props{"nodeConfig": Props{"spot": true}}, replace: []string{"nodeConfig"}, deleteFirst: true},
		"the protection of a cluster":   {of: "cluster", change: Props{"deletionProtection": true}},
		"the size of a pool":            {of: "system", change: Props{"nodeCount": 2}},
		"the start of a pool":           {of: "serve", change: Props{"initialNodeCount": 1}, replace: []string{"initialNodeCount"}, deleteFirst: true},
		"the bounds of a pool":          {of: "serve", change: Props{"autoscaling": Props{"totalMaxNodeCount": 9}}},
		"the machine of a pool":         {of: "serve", change: Props{"nodeConfig": Props{"machineType": "g2-standard-4"}}},
		"the taints of a pool":          {of: "serve", change: Props{"nodeConfig": Props{"taints": []any{taint}}}},
		"the labels of a pool":          {of: "serve", change: Props{"nodeConfig": Props{"labels": Props{"a": "b"}}}},
		"spot":                          {of: "serve", change: Props{"nodeConfig": Props{"spot": false}}, replace: []string{"nodeConfig"}, deleteFirst: true},
		"the driver of a pool":          {of: "serve", change: Props{"nodeConfig": Props{"guestAccelerators": []any{Props{"type": "nvidia-l4", "count": 1, "gpuDriverInstallationConfig": Props{"gpuDriverVersion": "DEFAULT"}}}}}, replace: []string{"nodeConfig"}, deleteFirst: true},
		"the account of a pool's nodes": {of: "serve", change: Props{"nodeConfig": Props{"serviceAccount": "default"}}, replace: []string{"nodeConfig"}, deleteFirst: true},
		"the zones of a pool":           {of: "serve", change: Props{"nodeLocations": []any{"us-central1-a"}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := p.By[test.of]
			p.Replaces(t, r, without(change(given(r), test.change)), test.replace, test.deleteFirst)
		})
	}
}

func TestDiff_ArraysThatAreSets(t *testing.T) {
	p := newPlatform(t)
	diff, err := p.Diff(p.By["serve"], change(p.gpuProps("serve"), Props{"nodeLocations": []any{"us-central1-b", "us-central1-a"}}))
	require.NoError(t, err)
	assert.Empty(t, diff.GetDetailedDiff(), "the order of zones means nothing")
}
