package gcp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

func TestRefusals_Cluster(t *testing.T) {
	p := newCluster(t)
	p.Add(networkType, "lonely", Props{"name": "lonely", "autoCreateSubnetworks": false})
	p.Add(subnetType, "lonely-subnet", Props{"name": "lonely", "network": p.By["lonely"].ID, "ipCidrRange": "10.0.0.0/20"})
	p.Add(subnetType, "east", Props{"name": "east", "network": p.By["vpc"].ID, "region": "us-east1", "ipCidrRange": "10.1.0.0/20"})
	p.Add(keyType, "secret", Props{"keyRing": p.By["keys"].ID})
	p.Add(ringType, "europe", Props{"location": "europe-west4"})
	p.Add(keyType, "european", Props{"keyRing": p.By["europe"].ID})
	p.Add(accountType, "off", Props{"accountId": "switched-off", "disabled": true})
	base := change(p.clusterProps(), Props{"name": "two", "privateClusterConfig": Props{"masterIpv4CidrBlock": "10.0.255.224/28"}})
	with := func(more Props) Props { return change(base, more) }
	private := func(more Props) Props { return with(Props{"privateClusterConfig": more}) }
	ranges := func(more Props) Props { return with(Props{"ipAllocationPolicy": more}) }
	fuse := Props{"addonsConfig": Props{"gcsFuseCsiDriverConfig": Props{"enabled": true}}}
	subnet := p.Text("subnet", "name")

	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"one that exists":           {clusterType, p.clusterProps(), "Error 409: Already exists: projects/" + project + "/locations/us-central1/clusters/dev., alreadyExists"},
		"a long name":               {clusterType, with(Props{"name": strings.Repeat("n", 41)}), "it cannot be longer than 40 characters"},
		"capitals in a name":        {clusterType, with(Props{"name": "Two"}), "can only contain lowercase letters, numbers and hyphens"},
		"a number before a name":    {clusterType, with(Props{"name": "2"}), "must start with a letter"},
		"a name that ends badly":    {clusterType, with(Props{"name": "two-"}), "must end with a number or a letter"},
		"no place":                  {clusterType, with(Props{"location": "us-central9"}), `Location "us-central9" does not exist.`},
		"nothing of a place":        {clusterType, with(Props{"location": nil}), "cannot determine location"},
		"nodes elsewhere":           {clusterType, with(Props{"nodeLocations": []any{"us-east1-b"}}), `Invalid location "us-east1-b": nodes must be in zones of the region us-central1.`},
		"nodes in a region":         {clusterType, with(Props{"nodeLocations": []any{"us-central1"}}), "nodes must be in zones"},
		"the zone again":            {clusterType, with(Props{"location": "us-central1-a", "nodeLocations": []any{"us-central1-a"}}), "should not contain the original 'zone'"},
		"no first node":             {clusterType, with(Props{"initialNodeCount": nil}), "Cluster.initial_node_count must be greater than zero."},
		"pools inside":              {clusterType, with(Props{"nodePools": []any{Props{"name": "a"}}}), "declare each as a gcp.container.NodePool"},
		"Autopilot":                 {clusterType, with(Props{"enableAutopilot": true}), "enableAutopilot is not emulated"},
		"an old version":            {clusterType, with(Props{"minMasterVersion": "1.30"}), `No valid versions with the prefix "1.30" found.`},
		"a patch that is none":      {clusterType, with(Props{"minMasterVersion": "1.34.6-gke.1"}), `Master version "1.34.6-gke.1" is unsupported.`},
		"the version of no node":    {clusterType, with(Props{"nodeVersion": "1.34"}), "can only be specified if removeDefaultNodePool is not true"},
		"two versions":              {clusterType, with(Props{"nodeVersion": "1.33", "removeDefaultNodePool": false}), "must either be unset or set to the same value as minMasterVersion"},
		"no network":                {clusterType, with(Props{"network": nil}), `Project "` + project + `" has no network named "default".`},
		"a network that is none":    {clusterType, with(Props{"network": "nowhere"}), `has no network named "nowhere".`},
		"no subnetwork":             {clusterType, with(Props{"subnetwork": nil}), "requires specifying a subnetwork"},
		"a subnetwork that is none": {clusterType, with(Props{"subnetwork": "none"}), `has no subnetwork named "none".`},
		"a subnetwork elsewhere":    {clusterType, with(Props{"subnetwork": "east"}), `has no subnetwork named "east" in region "us-central1".`},
		"another network's":         {clusterType, with(Props{"subnetwork": p.By["lonely-subnet"].ID}), `Subnetwork "` + p.By["lonely-subnet"].ID + `" is not valid for Network "` + p.Text("vpc", "name") + `".`},
		"no range for pods":         {clusterType, ranges(Props{"clusterSecondaryRangeName": "pod"}), `Pod secondary range "pod" not found in network "https://www.googleapis.com/compute/v1/` + p.By["vpc"].ID + `", subnetwork "` + subnet + `".`},
		"no range for services":     {clusterType, ranges(Props{"servicesSecondaryRangeName": "service"}), `Service secondary range "service" not found`},
		"one range for both":        {clusterType, ranges(Props{"servicesSecondaryRangeName": "pods"}), "Pod secondary range name (pods) should not be the same as service secondary range name."},
		"a range and a block":       {clusterType, ranges(Props{"clusterIpv4CidrBlock": "/14"}), "takes the names of secondary ranges or CIDR blocks, not both"},
		"a block that is none":      {clusterType, ranges(Props{"clusterIpv4CidrBlock": "many", "clusterSecondaryRangeName": nil, "servicesSecondaryRangeName": nil}), `Invalid CIDR block "many"`},
		"a block over others":       {clusterType, ranges(Props{"clusterIpv4CidrBlock": "10.0.0.0/14", "clusterSecondaryRangeName": nil, "servicesSecondaryRangeName": nil}), "Conflicting IP cidr range: Invalid IPCidrRange: 10.0.0.0/14 conflicts with existing subnetwork"},
		"too large a block":         {clusterType, ranges(Props{"clusterIpv4CidrBlock": "/8", "clusterSecondaryRangeName": nil, "servicesSecondaryRangeName": nil}), "does not have available private IP space in 10.0.0.0/8 to reserve a /8 block for pods"},
		"the old way and the new":   {clusterType, with(Props{"clusterIpv4Cidr": "10.64.0.0/14"}), "clusterIpv4Cidr conflicts with ipAllocationPolicy"},
		"a wide master":             {clusterType, private(Props{"masterIpv4CidrBlock": "10.0.255.0/27"}), "expected a size from /28 to /28"},
		"a master over nodes":       {clusterType, private(Props{"masterIpv4CidrBlock": "10.0.0.0/28"}), "The given master_ipv4_cidr 10.0.0.0/28 overlaps with an existing network 10.0.0.0/20."},
		"a master over pods":        {clusterType, private(Props{"masterIpv4CidrBlock": "100.64.0.0/28"}), "overlaps with an existing network 100.64.0.0/14."},
		"a master over a master":    {clusterType, private(Props{"masterIpv4CidrBlock": "10.0.255.240/28"}), "overlaps with an existing network 10.0.255.240/28."},
		"private without a master":  {clusterType, private(Props{"masterIpv4CidrBlock": nil}), "masterIpv4CidrBlock must be set if enablePrivateNodes is true"},
		"a master without privacy":  {clusterType, private(Props{"enablePrivateNodes": false}), "masterIpv4CidrBlock can only be set if enablePrivateNodes is true"},
		"private for nobody":        {clusterType, with(Props{"privateClusterConfig": Props{"enablePrivateEndpoint": true}, "masterAuthorizedNetworksConfig": nil}), "Master authorized networks must be enabled"},
		"private by routes":         {clusterType, with(Props{"networkingMode": "ROUTES"}), "Private clusters must be VPC native"},
		"a caller that is none":     {clusterType, with(Props{"masterAuthorizedNetworksConfig": Props{"cidrBlocks": []any{Props{"cidrBlock": "203.0.113.7/24"}}}}), "did you mean 203.0.113.0/24?"},
		"policies twice":            {clusterType, with(Props{"networkPolicy": Props{"enabled": true}}), "Enabling NetworkPolicy for clusters with DatapathProvider=ADVANCED_DATAPATH is not allowed."},
		"policies switched off":     {clusterType, with(Props{"datapathProvider": nil, "networkPolicy": Props{"enabled": true}, "addonsConfig": Props{"networkPolicyConfig": Props{"disabled": true}}}), "Network policy addon must be enabled"},
		"a datapath that is none":   {clusterType, with(Props{"datapathProvider": "FAST"}), "expected one of DATAPATH_PROVIDER_UNSPECIFIED"},
		"buckets without identity":  {clusterType, with(change(fuse, Props{"workloadIdentityConfig": nil})), "Cloud Storage FUSE CSI driver requires Workload Identity"},
		"the pool of another":       {clusterType, with(Props{"workloadIdentityConfig": Props{"workloadPool": "other.svc.id.goog"}}), "the only supported identity namespace is the project's default"},
		"a key that it may not use": {clusterType, with(Props{"databaseEncryption": Props{"keyName": p.By["secret"].ID}}), "Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource '" + p.By["secret"].ID + "' (or it may not exist). Grant roles/cloudkms.cryptoKeyEncrypterDecrypter on it to serviceAccount:service-" + p.number() + "@container-engine-robot"},
		"a key that is none":        {clusterType, with(Props{"databaseEncryption": Props{"keyName": p.By["keys"].ID + "/cryptoKeys/none"}}), "(or it may not exist)"},
		"a key elsewhere":           {clusterType, with(Props{"databaseEncryption": Props{"keyName": p.By["european"].ID}}), `is in location "europe-west4", and must be in the region "us-central1"`},
		"encryption without a key":  {clusterType, with(Props{"databaseEncryption": Props{"keyName": nil}}), "DatabaseEncryption.key_name must be set"},
		"nodes of nobody":           {clusterType, with(Props{"nodeConfig": Props{"serviceAccount": "none@" + project + ".iam.gserviceaccount.com"}}), `Service account "none@` + project + `.iam.gserviceaccount.com" does not exist.`},
		"nodes of one switched off": {clusterType, with(Props{"nodeConfig": Props{"serviceAccount": p.Text("off", "email")}}), "is disabled."},
		"a log that is none":        {clusterType, with(Props{"loggingConfig": Props{"enableComponents": []any{"AUDIT"}}}), "expected one of SYSTEM_COMPONENTS, APISERVER"},
		"a channel that is none":    {clusterType, with(Props{"releaseChannel": Props{"channel": "LTS"}}), "expected one of UNSPECIFIED, RAPID"},
		"a profile that is none":    {clusterType, with(Props{"clusterAutoscaling": Props{"autoscalingProfile": "CHEAP"}}), "expected one of BALANCED, OPTIMIZE_UTILIZATION"},
		"alpha in a channel":        {clusterType, with(Props{"enableKubernetesAlpha": true}), "Alpha clusters cannot be in release channel REGULAR."},
		"seven pods on a node":      {clusterType, with(Props{"defaultMaxPodsPerNode": 7}), "must be between 8 and 256, got 7"},
		"a label of Kubernetes":     {clusterType, with(Props{"resourceLabels": Props{"gantry.dev/platform": "dev"}}), "Invalid resource label gantry.dev/platform=dev in resourceLabels"},
		"a label with a capital":    {clusterType, with(Props{"resourceLabels": Props{"team": "ML"}}), "Invalid resource label team=ML"},
		"a machine that is none":    {clusterType, with(Props{"nodeConfig": Props{"machineType": "e3-medium"}}), "Machine type with name 'e3-medium' does not exist."},
		"a setting that is none":    {clusterType, with(Props{"privateClusterConfig": Props{"enablePrivateNode": true}}), "privateClusterConfig.enablePrivateNode is not a property"},
	})

	for name, test := range map[string]struct {
		change Props
		want   string
	}{
		"two minors at once": {Props{"minMasterVersion": "1.36"}, `Master cannot be upgraded to "1.36.1-gke.1088000": it is more than one minor version ahead of the current version "1.34.6-gke.1067000".`},
		"an unknown version": {Props{"minMasterVersion": "1.99"}, "No valid versions with the prefix"},
		"another key":        {Props{"databaseEncryption": Props{"keyName": p.By["secret"].ID}}, "useToEncrypt"},
	} {
		t.Run("an update: "+name, func(t *testing.T) {
			_, err := p.Update(p.By["cluster"], change(p.clusterProps(), test.change))
			assert.ErrorContains(t, err, test.want)
		})
	}
	older, err := p.Update(p.By["cluster"], change(p.clusterProps(), Props{"minMasterVersion": "1.33"}))
	require.NoError(t, err)
	assert.Equal(t, "1.34.6-gke.1067000", older.Outputs["masterVersion"], "the least version is no request to go back")
}

func TestRefusals_NodePools(t *testing.T) {
	p := newPlatform(t)
	p.Add(keyType, "disk-key", Props{"keyRing": p.By["keys"].ID})
	plain := p.cpuProps("new", 1)
	delete(plain, "nodeCount")
	with := func(more Props) refusal { return refusal{poolType, change(plain, more), ""} }
	config := func(more Props) refusal { return with(Props{"nodeConfig": more}) }
	gpu := func(more Props) refusal { return refusal{poolType, change(p.gpuProps("new"), more), ""} }
	machine := func(machine, disk, model string, count int) refusal {
		return gpu(Props{"nodeConfig": Props{
			"machineType": machine, "diskType": disk, "guestAccelerators": []any{Props{"type": model, "count": count}},
		}})
	}
	bounds := func(more Props) refusal { return with(Props{"autoscaling": more}) }
	upgrade := func(more Props) refusal { return with(Props{"upgradeSettings": more}) }
	queued := func(more Props) refusal {
		return refusal{poolType, change(change(p.gpuProps("new"), Props{
			"queuedProvisioning": Props{"enabled": true}, "autoscaling": Props{"totalMinNodeCount": 0},
			"nodeConfig": Props{"spot": false, "reservationAffinity": Props{"consumeReservationType": "NO_RESERVATION"}},
		}), more), ""}
	}
	taint := func(key, value, effect string) Props { return Props{"key": key, "value": value, "effect": effect} }

	tests := map[string]refusal{}
	for want, test := range map[string]refusal{
		"Error 409: Already exists: " + p.By["system"].ID + ".":                              {poolType, p.cpuProps("system", 1), ""},
		"Error 404: Not found: cluster no.":                                                  with(Props{"cluster": "no"}),
		"Not found: projects/" + project + "/locations/us-east1/clusters/dev.":               with(Props{"location": "us-east1"}),
		"cannot determine location":                                                          with(Props{"location": nil}),
		"It has 41 characters, and must match":                                               with(Props{"name": strings.Repeat("n", 41)}),
		"Cannot specify both name and name_prefix for a node_pool":                           with(Props{"name": nil, "namePrefix": "new-"}),
		"Cannot set both initial_node_count and node_count on node pool new":                 with(Props{"initialNodeCount": 1, "nodeCount": 1}),
		"nodeCount is -1, expected at least 0":                                               with(Props{"nodeCount": -1}),
		"Autoscaling limits are either per zone":                                             bounds(Props{"maxNodeCount": 2, "totalMaxNodeCount": 4}),
		"Max node count must be greater than zero when autoscaling is enabled.":              bounds(Props{"totalMinNodeCount": 0, "totalMaxNodeCount": 0}),
		"Min node count (3) cannot be greater than max node count (2).":                      bounds(Props{"minNodeCount": 3, "maxNodeCount": 2}),
		"Total min node count (3) cannot be greater than total max node count (2).":          bounds(Props{"totalMinNodeCount": 3, "totalMaxNodeCount": 2}),
		"Initial node count (4) must be between min node count (1) and max node count (3).":  with(Props{"initialNodeCount": 4, "autoscaling": Props{"minNodeCount": 1, "maxNodeCount": 3}}),
		"Initial node count (1) must be between min node count (2) and":                      with(Props{"initialNodeCount": 1, "autoscaling": Props{"minNodeCount": 2, "maxNodeCount": 3}}),
		"Initial node count (2 in each of 2 zones) cannot be greater than total max":         gpu(Props{"initialNodeCount": 2, "autoscaling": Props{"totalMaxNodeCount": 3}}),
		"expected one of BALANCED, ANY":                                                      bounds(Props{"totalMaxNodeCount": 3, "locationPolicy": "SPREAD"}),
		"Machine type with name 'e2-standard-5' does not exist.":                             config(Props{"machineType": "e2-standard-5"}),
		"Machine type with name 't2a-standard-4' does not exist in zone 'us-central1-c'.":    with(Props{"nodeLocations": []any{"us-central1-c"}, "nodeConfig": Props{"machineType": "t2a-standard-4"}}),
		"[pd-balanced, n4-standard-4] features are not compatible for creating instance.":    config(Props{"machineType": "n4-standard-4", "diskType": "pd-balanced"}),
		"[hyperdisk-balanced, e2-standard-4] features are not compatible":                    config(Props{"diskType": "hyperdisk-balanced"}),
		"[pd-standard, g2-standard-8] features are not compatible":                           gpu(Props{"nodeConfig": Props{"diskType": "pd-standard"}}),
		"[nvidia-l4, e2-standard-4] features are not compatible for creating instance.":      machine("e2-standard-4", "pd-balanced", "nvidia-l4", 1),
		"Machine type g2-standard-8 comes with 1 nvidia-l4, got 2 nvidia-l4.":                machine("g2-standard-8", "pd-balanced", "nvidia-l4", 2),
		"Machine type a2-ultragpu-1g comes with 1 nvidia-a100-80gb, got 1 nvidia-tesla-a100": machine("a2-ultragpu-1g", "pd-balanced", "nvidia-tesla-a100", 1),
		"[nvidia-tesla-t4, n1-standard-4] features are not compatible":                       machine("n1-standard-4", "pd-balanced", "nvidia-tesla-t4", 3),
		"Cannot use default machine type (e2-medium) with GPUs":                              config(Props{"machineType": nil, "guestAccelerators": []any{Props{"type": "nvidia-l4", "count": 1}}}),
		`GPU partition size "1g.5gb" is not supported for accelerator type "nvidia-l4".`: gpu(Props{"nodeConfig": Props{"guestAccelerators": []any{
			Props{"type": "nvidia-l4", "count": 1, "gpuPartitionSize": "1g.5gb"},
		}}}),
		`GPU sharing strategy "TURNS" is not supported.`: gpu(Props{"nodeConfig": Props{"guestAccelerators": []any{
			Props{"type": "nvidia-l4", "count": 1, "gpuSharingConfig": Props{"gpuSharingStrategy": "TURNS", "maxSharedClientsPerGpu": 4}},
		}}}),
		"shared clients per GPU must be between 2 and 48, got 64.": gpu(Props{"nodeConfig": Props{"guestAccelerators": []any{
			Props{"type": "nvidia-l4", "count": 1, "gpuSharingConfig": Props{"gpuSharingStrategy": "MPS", "maxSharedClientsPerGpu": 64}},
		}}}),
		"Image streaming is only supported with the image type COS_CONTAINERD":                                               gpu(Props{"nodeConfig": Props{"imageType": "UBUNTU_CONTAINERD", "gcfsConfig": Props{"enabled": true}}}),
		`Accelerator type "nvidia-l4" does not exist in zone us-central1-f.`:                                                 gpu(Props{"nodeLocations": []any{"us-central1-a", "us-central1-f"}}),
		"Machine type a3-highgpu-1g cannot be created on demand":                                                             gpu(Props{"nodeConfig": Props{"machineType": "a3-highgpu-1g", "spot": false, "guestAccelerators": []any{}}}),
		"expected one of GPU_DRIVER_VERSION_UNSPECIFIED, INSTALLATION_DISABLED":                                              gpu(Props{"nodeConfig": Props{"guestAccelerators": []any{Props{"type": "nvidia-l4", "count": 1, "gpuDriverInstallationConfig": Props{"gpuDriverVersion": "580"}}}}}),
		"Spot and preemptible cannot both be true.":                                                                          config(Props{"spot": true, "preemptible": true}),
		"Spot VMs cannot consume reservations":                                                                               config(Props{"spot": true, "reservationAffinity": Props{"consumeReservationType": "ANY_RESERVATION"}}),
		"A specific reservation needs a key and values.":                                                                     config(Props{"reservationAffinity": Props{"consumeReservationType": "SPECIFIC_RESERVATION"}}),
		`Image type "COS" is not supported.`:                                                                                 config(Props{"imageType": "COS"}),
		"nodeConfig.diskSizeGb is 5, expected at least 10":                                                                   config(Props{"diskSizeGb": 5}),
		`Node label "kubernetes.io/role" is in a reserved namespace`:                                                         config(Props{"labels": Props{"kubernetes.io/role": "x"}}),
		`Invalid value "a b" of node label team`:                                                                             config(Props{"labels": Props{"team": "a b"}}),
		`Invalid node label key "a b"`:                                                                                       config(Props{"labels": Props{"a b": "x"}}),
		`nodeConfig.taints[].effect is "NoSchedule", expected one of NO_SCHEDULE`:                                            config(Props{"taints": []any{taint("k", "v", "NoSchedule")}}),
		`Invalid taint key "a b" in taints[0]`:                                                                               config(Props{"taints": []any{taint("a b", "v", "NO_SCHEDULE")}}),
		`Invalid taint value "a b" in taints[0]`:                                                                             config(Props{"taints": []any{taint("k", "a b", "NO_SCHEDULE")}}),
		"Taint k with effect NO_SCHEDULE is declared twice.":                                                                 config(Props{"taints": []any{taint("k", "v", "NO_SCHEDULE"), taint("k", "w", "NO_SCHEDULE")}}),
		"expected a network tag":                                                                                             config(Props{"tags": []any{"A"}}),
		"Invalid resource label Team=ml in nodeConfig.resourceLabels":                                                        config(Props{"resourceLabels": Props{"Team": "ml"}}),
		`Service account "none@` + project + `.iam.gserviceaccount.com" does not exist.`:                                     config(Props{"serviceAccount": "none@" + project + ".iam.gserviceaccount.com"}),
		"Grant roles/cloudkms.cryptoKeyEncrypterDecrypter on it to serviceAccount:service-" + p.number() + "@compute-system": config(Props{"bootDiskKmsKey": p.By["disk-key"].ID}),
		"nodes must be in zones of the region us-central1 of cluster dev":                                                    with(Props{"location": nil, "cluster": p.By["cluster"].ID, "nodeLocations": []any{"us-east1-b"}}),
		"Auto_upgrade and auto_repair cannot be false when release_channel REGULAR is set.":                                  with(Props{"management": Props{"autoUpgrade": false}}),
		`Pod secondary range "more" not found`:                                                                               with(Props{"networkConfig": Props{"podRange": "more"}}),
		"Max pods per node (maxPodsPerNode) must be between 8 and 256, got 300.":                                             with(Props{"maxPodsPerNode": 300}),
		"Max_surge and max_unavailable cannot both be 0.":                                                                    upgrade(Props{"maxSurge": 0, "maxUnavailable": 0}),
		"cannot be greater than 20, got 21":                                                                                  upgrade(Props{"maxSurge": 21}),
		"Surge upgrade settings may not be changed when surge strategy is not enabled":                                       upgrade(Props{"strategy": "BLUE_GREEN", "maxSurge": 1}),
		"Blue-green upgrade settings may not be changed when blue-green":                                                     upgrade(Props{"blueGreenSettings": Props{"standardRolloutPolicy": Props{"batchNodeCount": 1}}}),
		"Compact placement needs nodes in one zone":                                                                          gpu(Props{"placementPolicy": Props{"type": "COMPACT"}}),
		"Compact placement is not supported with blue-green":                                                                 with(Props{"placementPolicy": Props{"type": "COMPACT"}, "upgradeSettings": Props{"strategy": "BLUE_GREEN"}}),
		"Queued provisioning is not supported with Spot VMs.":                                                                queued(Props{"nodeConfig": Props{"spot": true}}),
		"Queued provisioning needs autoscaling.":                                                                             queued(Props{"autoscaling": nil}),
		"Queued provisioning needs a pool that begins with no nodes":                                                         queued(Props{"autoscaling": Props{"totalMinNodeCount": 1}}),
		"Queued provisioning needs consumeReservationType NO_RESERVATION.":                                                   queued(Props{"nodeConfig": Props{"reservationAffinity": nil}}),
		`desired node version "1.35.3-gke.1389000" cannot be greater than current master version "1.34.6-gke.1067000".`:      with(Props{"version": "1.35"}),
		`Master version "1.34.1-gke.7" is unsupported.`:                                                                      with(Props{"version": "1.34.1-gke.7"}),
	} {
		test.Want = want
		tests[want] = test
	}
	emulatortest.Refuses(t, p.Account, tests)
	p.Must(poolType, "queued", queued(nil).Props)
}

// A range for pods is used up by nodes, not by pods: each takes a block of it.
func TestRefusals_NodesBeyondTheRangeOfTheirPods(t *testing.T) {
	p := newCluster(t)
	p.Add(subnetType, "small", Props{
		"network": p.By["vpc"].ID, "region": "us-central1", "ipCidrRange": "10.3.0.0/28", "privateIpGoogleAccess": true,
		"secondaryIpRanges": []any{Props{"rangeName": "pods", "ipCidrRange": "10.4.0.0/22"}, Props{"rangeName": "services", "ipCidrRange": "10.5.0.0/24"}},
	})
	p.Add(clusterType, "small-cluster", change(p.clusterProps(), Props{
		"name": "small", "subnetwork": p.By["small"].ID, "privateClusterConfig": Props{"masterIpv4CidrBlock": "10.0.255.224/28"},
	}))
	pool := func(name string, nodes int, more Props) Props {
		return change(change(p.cpuProps(name, nodes), Props{"cluster": "small", "nodeLocations": []any{"us-central1-a"}}), more)
	}
	first := p.Add(poolType, "first", pool("first", 3, nil))
	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"two more": {poolType, pool("second", 2, nil), "IP_SPACE_EXHAUSTED: Instance 'gke-small-second-"},
	})
	_, err := p.Update(first, pool("first", 5, nil))
	assert.ErrorContains(t, err, "The pod range 10.4.0.0/22 has no block of 256 addresses left for another node.")
	p.Add(poolType, "thrifty", pool("thrifty", 4, Props{"maxPodsPerNode": 32}))

	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"more nodes than addresses": {poolType, pool("third", 9, Props{"maxPodsPerNode": 8}), fmt.Sprintf("IP_SPACE_EXHAUSTED: IP space of '%s' is exhausted.", p.By["small"].ID)},
	})
}
