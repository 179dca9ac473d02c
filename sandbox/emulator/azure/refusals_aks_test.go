package azure_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

func TestRefusals_Cluster(t *testing.T) {
	p := newCluster(t)
	p.Add(vnetType, "west", Props{
		"resourceGroupName": "dev", "virtualNetworkName": "west", "location": "westus2", "addressSpace": Props{"addressPrefixes": []any{"10.9.0.0/16"}},
	})
	p.Add(subnetType, "far", Props{"resourceGroupName": "dev", "virtualNetworkName": "west", "addressPrefix": "10.9.0.0/22"})
	p.Add(subnetType, "open", without(change(p.subnetProps("10.0.8.0/22"), Props{"natGateway": nil})))
	p.Add(natType, "dry", Props{"resourceGroupName": "dev", "natGatewayName": "dry", "sku": Props{"name": "Standard"}})
	p.Add(subnetType, "shut", change(p.subnetProps("10.0.12.0/22"), Props{"natGateway": Props{"id": p.id("dry")}}))
	p.Add(subnetType, "tiny", p.subnetProps("10.0.16.0/29"))
	p.Add(identityType, "powerless", Props{"resourceGroupName": "dev", "resourceName": "powerless"})
	p.Add(identityType, "guest", Props{"resourceGroupName": "dev", "resourceName": "guest"})
	p.assign("guest-gives", managedIdentityOperator, p.id("kubelet"), "guest")

	base := change(p.clusterProps(), Props{"resourceName": "two"})
	with := func(more Props) Props { return change(base, more) }
	system := func(more Props) Props {
		return with(Props{"agentPoolProfiles": []any{without(change(p.systemProps(), more))}})
	}
	network := func(more Props) Props { return with(Props{"networkProfile": more}) }
	identity := func(name string) Props {
		return with(Props{"identity": Props{"userAssignedIdentities": []any{p.id(name)}}})
	}
	access := func(more Props) Props { return with(Props{"apiServerAccessProfile": more}) }
	many := make([]any, 201)
	for i := range many {
		many[i] = "203.0.113.1"
	}

	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"one that exists":              {clusterType, p.clusterProps(), "cannot create already existing resource '" + p.id("cluster") + "'"},
		"a bad name":                   {clusterType, with(Props{"resourceName": "-two"}), "'resourceName' does not match expression"},
		"in no group":                  {clusterType, with(Props{"resourceGroupName": "no"}), `Code="ResourceGroupNotFound"`},
		"no DNS name":                  {clusterType, with(Props{"dnsPrefix": nil}), "Required parameter dnsPrefix is missing (null)."},
		"two DNS names":                {clusterType, with(Props{"fqdnSubdomain": "x"}), "exclude each other"},
		"a long DNS name":              {clusterType, with(Props{"dnsPrefix": strings.Repeat("d", 55)}), "1 to 54 letters"},
		"an old version":               {clusterType, with(Props{"kubernetesVersion": "1.30"}), `Code="K8sVersionNotSupported" Message="Version 1.30 is not supported in this region.`},
		"a version for the patient":    {clusterType, with(Props{"kubernetesVersion": "1.33"}), "only available for Long-Term Support (LTS)"},
		"no identity":                  {clusterType, with(Props{"identity": nil, "identityProfile": nil}), "Required parameter servicePrincipalProfile is missing"},
		"two identities":               {clusterType, with(Props{"identity": Props{"userAssignedIdentities": []any{"/a", "/b"}}}), "Exactly one user assigned identity is needed, got 2."},
		"an identity that is not":      {clusterType, with(Props{"identity": Props{"userAssignedIdentities": []any{"/a"}}}), "The resource identity /a could not be found."},
		"a kubelet of nobody":          {clusterType, with(Props{"identity": Props{"type": "SystemAssigned", "userAssignedIdentities": nil}}), "CustomKubeletIdentityOnlySupportedOnUserAssignedMSICluster"},
		"another kubelet":              {clusterType, with(Props{"identityProfile": Props{"kubeletidentity": Props{"clientId": caller}}}), `Code="CustomKubeletIdentityPropertyError"`},
		"an identity without rights":   {clusterType, identity("powerless"), `Code="CustomKubeletIdentityMissingPermissionError" Message="The cluster using user-assigned managed identity must be granted 'Managed Identity Operator' role`},
		"an identity without network":  {clusterType, identity("guest"), "does not have permission to perform action(s) 'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s) '" + p.id("nodes-1") + "'"},
		"private, with ranges":         {clusterType, access(Props{"enablePrivateCluster": true}), "Authorized IP ranges are not supported on private clusters."},
		"a range that is none":         {clusterType, access(Props{"authorizedIPRanges": []any{"all"}}), `"all" is neither an IPv4 address nor a range`},
		"too many ranges":              {clusterType, access(Props{"authorizedIPRanges": many}), "201 ranges are given, and at most 200"},
		"ranges without the nodes":     {clusterType, access(Props{"authorizedIPRanges": []any{"203.0.113.0/24"}}), "the nodes of system come from " + p.Text("nat-ip", "ipAddress")},
		"no accounts at all":           {clusterType, with(Props{"aadProfile": nil}), "can only be set on a cluster with managed Azure AD"},
		"roles of Azure, unmanaged":    {clusterType, with(Props{"disableLocalAccounts": false, "aadProfile": Props{"managed": false}}), "Azure RBAC needs managed Azure AD."},
		"no roles in Kubernetes":       {clusterType, with(Props{"enableRBAC": false}), "needs Kubernetes RBAC"},
		"admins by name":               {clusterType, with(Props{"aadProfile": Props{"adminGroupObjectIDs": []any{"admins"}}}), `Code="InvalidAdminGroupObjectID"`},
		"identities without an issuer": {clusterType, with(Props{"oidcIssuerProfile": nil}), "Workload identity needs the OIDC issuer"},
		"a subdomain by the system":    {clusterType, change(access(Props{"enablePrivateCluster": true, "authorizedIPRanges": nil, "privateDNSZone": "system"}), Props{"dnsPrefix": nil, "fqdnSubdomain": "x"}), "It needs a private cluster with a private DNS zone of its own."},
		"a long node group":            {clusterType, with(Props{"nodeResourceGroup": strings.Repeat("n", 81)}), "It has 81 characters, and at most 80 are allowed."},
		"two kinds of identity":        {clusterType, with(Props{"identity": Props{"type": "SystemAssigned"}}), `userAssignedIdentities are given, and the type is "SystemAssigned".`},
		"encryption by the system":     {clusterType, with(Props{"identity": Props{"type": "SystemAssigned", "userAssignedIdentities": nil}, "identityProfile": nil, "securityProfile": Props{"azureKeyVaultKms": Props{"enabled": true}}}), `Code="AzureKeyVaultKmsNotSupported"`},
		"encryption without a key":     {clusterType, with(Props{"securityProfile": Props{"azureKeyVaultKms": Props{"enabled": true}}}), "Required parameter keyId is missing"},
		"a tier that is none":          {clusterType, with(Props{"sku": Props{"tier": "Paid"}}), "is not one of Free, Standard, Premium"},
		"an expander of old":           {clusterType, with(Props{"autoScalerProfile": Props{"expander": "price"}}), "is not one of least-waste"},
		"a scan without a unit":        {clusterType, with(Props{"autoScalerProfile": Props{"scanInterval": "10"}}), "is not of the form"},
		"a switch as a word":           {clusterType, with(Props{"autoScalerProfile": Props{"skipNodesWithSystemPods": "yes"}}), "is not of the form"},
		"a node group that exists":     {clusterType, with(Props{"nodeResourceGroup": "dev"}), "The node resource group dev exists already."},
		"the node group of another":    {clusterType, with(Props{"nodeResourceGroup": "mc_dev_dev_eastus"}), "exists already"},

		"overlay on kubenet":           {clusterType, network(Props{"networkPlugin": "kubenet"}), "overlay needs the network plugin azure"},
		"cilium on kubenet":            {clusterType, network(Props{"networkPlugin": "kubenet", "networkPluginMode": nil}), "Cilium dataplane needs the network plugin azure"},
		"cilium without pod addresses": {clusterType, network(Props{"networkPluginMode": nil, "podCidr": nil}), "requires either network plugin mode overlay or a pod subnet"},
		"calico on cilium":             {clusterType, network(Props{"networkPolicy": "calico"}), "requires network policy cilium, got calico"},
		"cilium's policies without it": {clusterType, network(Props{"networkDataplane": "azure"}), "requires the cilium dataplane"},
		"azure's policies on kubenet":  {clusterType, network(Props{"networkPlugin": "kubenet", "networkPluginMode": nil, "networkDataplane": "azure", "networkPolicy": "azure"}), `Code="NetworkPolicyAzureNotSupportedForKubenet"`},
		"policies on nothing":          {clusterType, network(Props{"networkPlugin": "none", "networkPluginMode": nil, "networkDataplane": "azure", "networkPolicy": "calico"}), `Code="NetworkPolicyNotSupportedForNone"`},
		"pod addresses of the network": {clusterType, network(Props{"networkPluginMode": nil, "networkDataplane": "azure", "networkPolicy": "azure"}), "podCidr is not used with the network plugin azure without overlay."},
		"a basic load balancer":        {clusterType, network(Props{"loadBalancerSku": "basic"}), `Code="UnexpectedLoadBalancerSkuForCurrentOutboundConfiguration"`},
		"a way out that is none":       {clusterType, network(Props{"outboundType": "none at all"}), "is not one of loadBalancer"},
		"a NAT gateway of AKS's":       {clusterType, network(Props{"outboundType": "managedNATGateway"}), `Code="ManagedNATGatewayWithCustomVNetNotAllowed"`},
		"services that are none":       {clusterType, network(Props{"serviceCidr": "172.20.0.1/20"}), `Code="CidrStringParseError"`},
		"services in a reserved range": {clusterType, network(Props{"serviceCidr": "172.30.0.0/20", "dnsServiceIP": "172.30.0.10"}), "overlaps with 172.30.0.0/16, which AKS reserves"},
		"services without DNS":         {clusterType, network(Props{"dnsServiceIP": nil}), "must be given together"},
		"too many services":            {clusterType, network(Props{"serviceCidr": "20.0.0.0/11", "dnsServiceIP": "20.0.0.10"}), "larger than a /12"},
		"DNS elsewhere":                {clusterType, network(Props{"dnsServiceIP": "172.21.0.10"}), "The DNS service IP 172.21.0.10 does not belong to the service CIDR 172.20.0.0/20."},
		"DNS at the API's address":     {clusterType, network(Props{"dnsServiceIP": "172.20.0.1"}), "the first is that of the Kubernetes API"},
		"DNS by name":                  {clusterType, network(Props{"dnsServiceIP": "dns"}), `Code="IPParseError"`},
		"pods over services":           {clusterType, network(Props{"podCidr": "172.20.0.0/16"}), `Code="PodCidrOverlapServiceCidr"`},
		"pods in a reserved range":     {clusterType, network(Props{"podCidr": "172.16.0.0/12", "serviceCidr": "20.0.0.0/16", "dnsServiceIP": "20.0.0.10"}), "AKS reserves"},
		"pods over the network":        {clusterType, network(Props{"podCidr": "10.0.0.0/14"}), "The specified pod CIDR 10.0.0.0/14 is conflicted with an existing subnet CIDR 10.0."},
		"services over the network":    {clusterType, network(Props{"serviceCidr": "10.0.0.0/20", "dnsServiceIP": "10.0.0.10"}), "The specified service CIDR 10.0.0.0/20 is conflicted with an existing subnet CIDR 10.0."},
		"no NAT gateway":               {clusterType, system(Props{"vnetSubnetID": p.id("open")}), `Code="SubnetNotAssociatedWithNATGateway"`},
		"a NAT gateway, no address":    {clusterType, system(Props{"vnetSubnetID": p.id("shut")}), `Code="NATGatewayNotAssociatedWithPublicIPOrIPPrefix"`},
		"a NAT gateway, no subnet":     {clusterType, system(Props{"vnetSubnetID": nil}), `Code="UserAssignedNATGatewayWithManagedVNetNotAllowed"`},
		"a far subnet":                 {clusterType, system(Props{"vnetSubnetID": p.id("far")}), "in the same region"},
		"a small subnet":               {clusterType, system(Props{"vnetSubnetID": p.id("tiny"), "maxCount": 5}), `Code="InsufficientSubnetSize" Message="Pre-allocated IPs 7 exceeds IPs available 3 in Subnet Cidr 10.0.16.0/29, Subnet Name tiny.`},
		"no subnet":                    {clusterType, system(Props{"vnetSubnetID": "/x"}), "Subnet /x is not found."},

		"no pool":             {clusterType, with(Props{"agentPoolProfiles": nil}), "Required parameter agentPoolProfiles is missing (null)."},
		"an empty list":       {clusterType, with(Props{"agentPoolProfiles": []any{}}), "Required parameter agentPoolProfiles is missing (null)."},
		"no system pool":      {clusterType, system(Props{"mode": "User", "minCount": 0}), "Must define at least one system pool."},
		"pools of one name":   {clusterType, with(Props{"agentPoolProfiles": []any{p.systemProps(), p.systemProps()}}), "The agent pool name system is not unique."},
		"a system pool, spot": {clusterType, system(Props{"scaleSetPriority": "Spot", "upgradeSettings": nil}), `Code="SystemPoolMustBeRegular"`},
		"a system pool at 0":  {clusterType, system(Props{"minCount": 0}), "a pool of mode System has 1 to 1000 nodes"},
	})
}

func TestRefusals_Pools(t *testing.T) {
	p := newPlatform(t)
	p.Add(vnetType, "apart", Props{
		"resourceGroupName": "dev", "virtualNetworkName": "apart", "addressSpace": Props{"addressPrefixes": []any{"10.9.0.0/16"}},
	})
	p.Add(subnetType, "elsewhere", Props{"resourceGroupName": "dev", "virtualNetworkName": "apart", "addressPrefix": "10.9.0.0/22", "natGateway": Props{"id": p.id("nat")}})
	p.Add(subnetType, "unserved", without(change(p.subnetProps("10.0.8.0/22"), Props{"natGateway": nil})))
	pool := change(p.poolProps(), Props{"agentPoolName": "two"})
	with := func(more Props) Props { return change(pool, more) }
	spot := func(more Props) Props {
		return change(p.gpuProps(), change(Props{"agentPoolName": "two"}, more))
	}
	tests := map[string]refusal{}
	for want, props := range map[string]Props{
		"cannot create already existing resource '" + p.id("cpu") + "'":                                   p.poolProps(),
		"cannot create already existing resource '" + p.id("cluster") + "/agentPools/system":              with(Props{"agentPoolName": "system"}),
		`Code="ParentResourceNotFound"`:                                                                   with(Props{"resourceName": "no"}),
		"parameter agentPoolProfile.name is invalid: my-pool. Please see https://aka.ms/aks-naming-rules": with(Props{"agentPoolName": "my-pool"}),
		"parameter agentPoolProfile.name is invalid: thirteenchars":                                       with(Props{"agentPoolName": "thirteenchars"}),
		"parameter agentPoolProfile.name is invalid: windows7":                                            with(Props{"agentPoolName": "windows7", "osType": "Windows"}),
		"Required parameter vmSize is missing":                                                            with(Props{"vmSize": nil}),
		"The VM size of Standard_NV8as_v4 is not allowed in your subscription in location 'eastus'.":      with(Props{"vmSize": "Standard_NV8as_v4"}),
		"'Any' of parameter mode is not one of System, User":                                              with(Props{"mode": "Any"}),
		"count of pool two is 1001; a pool of mode User has 0 to 1000 nodes":                              with(Props{"count": 1001}),
		"minCount of pool two is 0; a pool of mode System has 1 to 1000 nodes":                            with(Props{"mode": "System", "enableAutoScaling": true, "minCount": 0, "maxCount": 3}),
		"minCount and maxCount of pool two can be set only when enableAutoScaling is true":                with(Props{"minCount": 1, "maxCount": 3}),
		"Pool two has enableAutoScaling and needs both minCount and maxCount":                             with(Props{"enableAutoScaling": true, "minCount": 1}),
		"minCount 4 of pool two is greater than its maxCount 3":                                           with(Props{"enableAutoScaling": true, "minCount": 4, "maxCount": 3, "count": 3}),
		"count 2 of pool two is not from minCount 3 to maxCount 4":                                        with(Props{"enableAutoScaling": true, "minCount": 3, "maxCount": 4}),
		"at least 4 cores and 4GB memory. SKU: Standard_D2s_v5, cores: 2, memory: 8GB":                    with(Props{"mode": "System", "vmSize": "Standard_D2s_v5"}),
		`Code="SystemPoolMustBeRegular"`:                                                                  spot(Props{"mode": "System", "minCount": 1}),
		"System node pool two must be of type VirtualMachineScaleSets.":                                   with(Props{"mode": "System", "type": "AvailabilitySet"}),
		`Code="SystemPoolMustBeLinux"`:                                                                    with(Props{"agentPoolName": "win", "mode": "System", "osType": "Windows"}),
		"It can be set only when scaleSetPriority is Spot; pool two has none":                             with(Props{"spotMaxPrice": -1}),
		"0.123456 of pool two is neither -1 nor greater than zero":                                        spot(Props{"spotMaxPrice": 0.123456}),
		"0 of pool two is neither -1 nor greater than zero":                                               spot(Props{"spotMaxPrice": 0.0}),
		"Spot pools can't set max surge; pool two does":                                                   spot(Props{"upgradeSettings": Props{"maxSurge": "1"}}),
		"20 of pool two is less than 30, the size of the image":                                           with(Props{"osDiskSizeGB": 20}),
		"2049 is not from 0 to 2048":                                                                      with(Props{"osDiskSizeGB": 2049}),
		"5 is not from 10 to 250":                                                                         with(Props{"maxPods": 5}),
		"The virtual machine size Standard_D4s_v5 has a cache size of 0 bytes and temp disk size of 0 bytes, but the OS disk requires 137438953472 bytes": with(Props{"osDiskType": "Ephemeral"}),
		"temp disk size of 161061273600 bytes, but the OS disk requires 214748364800 bytes":                                                               with(Props{"vmSize": "Standard_D4ds_v5", "osDiskType": "Ephemeral", "osDiskSizeGB": 200}),
		"has ephemeral OS disks, which cannot be deallocated":                                                                                             with(Props{"vmSize": "Standard_D4ds_v5", "osDiskType": "Ephemeral", "osDiskSizeGB": 100, "scaleDownMode": "Deallocate"}),
		`Code="UnsupportedGPUInstanceProfile"`:                                                                                                            with(Props{"vmSize": "Standard_NC24ads_A100_v4", "gpuInstanceProfile": "MIG5g"}),
		"The VM size Standard_NC4as_T4_v3 of pool two does not support multi-instance GPU.":                                                               with(Props{"vmSize": "Standard_NC4as_T4_v3", "gpuInstanceProfile": "MIG1g"}),
		"Label key kubernetes.azure.com/team of pool two is not allowed":                                                                                  with(Props{"nodeLabels": Props{"kubernetes.azure.com/team": "x"}}),
		`Label value "a b" of team of pool two`:                                                                                                           with(Props{"nodeLabels": Props{"team": "a b"}}),
		`Label key "a b" of pool two`:                                                                                                                     with(Props{"nodeLabels": Props{"a b": "x"}}),
		`parameter agentPoolProfile.nodeTaints[1] is invalid. Pool two: taint "gpu=yes:NO_SCHEDULE" is not of the form`:                                   with(Props{"nodeTaints": []any{"a:NoExecute", "gpu=yes:NO_SCHEDULE"}}),
		"the prefix kubernetes.azure.com of taint kubernetes.azure.com/mode is reserved":                                                                  with(Props{"nodeTaints": []any{"kubernetes.azure.com/mode=x:NoSchedule"}}),
		`"0%" of pool two is neither a number from 1 nor a percentage`:                                                                                    with(Props{"upgradeSettings": Props{"maxSurge": "0%"}}),
		"1441 is not from 1 to 1440":                                                                                                                      with(Props{"upgradeSettings": Props{"drainTimeoutInMinutes": 1441}}),
		"31 is not from 0 to 30":                                                                                                                          with(Props{"upgradeSettings": Props{"nodeSoakDurationInMinutes": 31}}),
		"'4' of parameter availabilityZones[] is not one of 1, 2, 3":                                                                                      with(Props{"availabilityZones": []any{"4"}}),
		"Node pool version 1.35.3 and control plane version 1.34.6 are incompatible.":                                                                     with(Props{"orchestratorVersion": "1.35"}),
		"Version 1.20 is not supported in this region.":                                                                                                   with(Props{"orchestratorVersion": "1.20"}),
		"Subnet /x is not found.":                                                                                                                         with(Props{"vnetSubnetID": "/x"}),
		"All the agent pools of a managed cluster must use the same virtual network":                                                                      with(Props{"vnetSubnetID": p.id("elsewhere")}),
		"Outbound type is userAssignedNATGateway, and subnet " + p.id("unserved") + " is not associated":                                                  with(Props{"vnetSubnetID": p.id("unserved")}),
		"Pre-allocated IPs 1111 exceeds IPs available 1019 in Subnet Cidr 10.0.4.0/22":                                                                    with(Props{"count": 1000, "vnetSubnetID": p.id("nodes-2")}),
	} {
		tests[want] = refusal{poolType, props, want}
	}
	emulatortest.Refuses(t, p.Account, tests)
}

func TestRefusals_OnePoolTooMany(t *testing.T) {
	p := newCluster(t)
	pool := func(i int) Props {
		return change(p.poolProps(), Props{"agentPoolName": fmt.Sprintf("p%d", i), "count": 0.0})
	}
	for i := range 99 { // and the one of the cluster
		p.Add(poolType, fmt.Sprint(i), pool(i))
	}
	emulatortest.Refuses(t, p.Account, map[string]refusal{"the 101st": {poolType, pool(99), `Code="AgentPoolsCountExceeded" Message="A cluster has at most 100 node pools."`}})
}

func TestRefusals_PoolsInARegionWithoutZones(t *testing.T) {
	p := newNetwork(t)
	emulatortest.Refuses(t, p.Account, map[string]refusal{"zones": {clusterType, Props{
		"resourceGroupName": "dev", "location": "westus", "dnsPrefix": "x", "identity": Props{"type": "SystemAssigned"},
		"agentPoolProfiles": []any{Props{"name": "one", "mode": "System", "vmSize": "Standard_D4s_v5", "availabilityZones": []any{"1"}}},
	}, "The zone(s) '1' for resource 'one' is not supported. The supported zones for location 'westus' are ''."}})
}

func TestRefusals_Maintenance(t *testing.T) {
	p := newCluster(t)
	nightly := maintenanceProps("aksManagedNodeOSUpgradeSchedule")
	window := func(more Props) Props { return change(nightly, Props{"maintenanceWindow": more}) }
	weekly := without(change(nightly, Props{"configName": "default", "maintenanceWindow": nil, "timeInWeek": []any{Props{"day": "Sunday", "hourSlots": []any{1, 2}}}}))
	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"of a name of one's own": {maintenanceType, change(nightly, Props{"configName": "nightly"}), "The maintenance configuration name nightly is not one of"},
		"of no cluster":          {maintenanceType, change(nightly, Props{"resourceName": "no"}), `Code="ParentResourceNotFound"`},
		"a window by default":    {maintenanceType, change(nightly, Props{"configName": "default"}), "takes timeInWeek and notAllowedTime only"},
		"hours of a schedule":    {maintenanceType, change(weekly, Props{"configName": "aksManagedAutoUpgradeSchedule"}), "takes a maintenanceWindow only"},
		"never":                  {maintenanceType, without(change(weekly, Props{"timeInWeek": nil})), "needs a maintenanceWindow"},
		"an hour that is none":   {maintenanceType, change(weekly, Props{"timeInWeek": []any{Props{"day": "Sunday", "hourSlots": []any{24}}}}), "24 is not an hour"},
		"a day that is none":     {maintenanceType, change(weekly, Props{"timeInWeek": []any{Props{"day": "Holiday"}}}), "is not one of Sunday"},
		"two schedules":          {maintenanceType, window(Props{"schedule": Props{"daily": Props{"intervalDays": 1}}}), "Exactly one of daily, weekly"},
		"a short window":         {maintenanceType, window(Props{"durationHours": 3}), "3 is not from 4 to 24"},
		"at some time":           {maintenanceType, window(Props{"startTime": "2am"}), "is not of the form HH:mm"},
		"somewhere":              {maintenanceType, window(Props{"utcOffset": "CET"}), "is not of the form +/-HH:mm"},
		"every fifth week":       {maintenanceType, window(Props{"schedule": Props{"weekly": Props{"intervalWeeks": 5}}}), "5 is not from 1 to 4"},
	})
	p.Add(maintenanceType, "weekly", weekly)
}

// Azure refuses these changes; azure-native does not know it and replaces nothing.
func TestUpdate_RefusesWhatAzureCannotChange(t *testing.T) {
	p := newPlatform(t)
	p.Add(poolType, "second", change(p.poolProps(), Props{"agentPoolName": "second", "mode": "System"}))
	for name, test := range map[string]struct {
		of     string
		change Props
		want   string
	}{
		"the disks of a pool":          {"cpu", Props{"osDiskType": "Ephemeral", "vmSize": "Standard_D4s_v5", "osDiskSizeGB": 30}, "VMCacheSizeTooSmall"},
		"the size of disks of a pool":  {"cpu", Props{"osDiskSizeGB": 300}, `Code="PropertyChangeNotAllowed" Message="Changing property 'properties.osDiskSizeGB' is not allowed." Target="properties.osDiskSizeGB"`},
		"the priority of a pool":       {"train", Props{"scaleSetPriority": nil, "scaleSetEvictionPolicy": nil, "spotMaxPrice": nil}, "Changing property 'properties.scaleSetEvictionPolicy' is not allowed."},
		"the price of a pool":          {"train", Props{"spotMaxPrice": 1.5}, "'properties.spotMaxPrice'"},
		"the subnet of a pool":         {"cpu", Props{"vnetSubnetID": p.id("nodes-1")}, "'properties.vnetSubnetID'"},
		"the zones of a pool":          {"cpu", Props{"availabilityZones": []any{"3"}}, "'properties.availabilityZones'"},
		"the addresses of a pool":      {"cpu", Props{"enableNodePublicIP": true}, "'properties.enableNodePublicIP'"},
		"the machines of a first pool": {"cluster", Props{"agentPoolProfiles": []any{change(p.systemProps(), Props{"vmSize": "Standard_D8ds_v5"})}}, `Changing property 'agentPoolProfile.vmSize' is not allowed." Target="agentPoolProfile.vmSize"`},
		"one more pool":                {"cluster", Props{"agentPoolProfiles": []any{p.systemProps(), change(p.systemProps(), Props{"name": "more"})}}, `Code="BadRequest" Message="A new agent pool was introduced. Adding agent pools to an existing cluster is not allowed`},
		"two minors at once":           {"cluster", Props{"kubernetesVersion": "1.36"}, "Upgrading Kubernetes version 1.34.6 to 1.36.1 is not allowed. Available upgrades: [1.35.3]."},
		"a downgrade":                  {"cluster", Props{"kubernetesVersion": "1.34.2"}, "Downgrading Kubernetes version 1.34.6 to 1.34.2 is not allowed."},
		"the end of the issuer":        {"cluster", Props{"oidcIssuerProfile": nil, "securityProfile": nil}, `Code="OIDCIssuerCannotBeDisabled"`},
		"the end of Azure AD":          {"cluster", Props{"aadProfile": nil, "disableLocalAccounts": false}, "cannot be disabled once it is enabled"},
		"a cluster going private":      {"cluster", Props{"apiServerAccessProfile": Props{"enablePrivateCluster": true, "authorizedIPRanges": nil}}, "'properties.apiServerAccessProfile.enablePrivateCluster' is not allowed"},
		"nodes shut out":               {"cluster", Props{"apiServerAccessProfile": Props{"authorizedIPRanges": []any{"203.0.113.0/24"}}}, ""},
		"a network that shrinks":       {"vnet", Props{"addressSpace": Props{"addressPrefixes": []any{"10.0.0.0/22"}}}, "Subnet 'nodes-2' is not valid because its IP address range is outside"},
		"the addresses of nodes":       {"nodes-1", Props{"addressPrefix": "10.0.8.0/22"}, `Code="InUsePrefixCannotBeDeleted"`},
		"the zone of an address":       {"nat-ip", Props{"zones": []any{"1"}}, `Code="ResourceAvailabilityZonesCannotBeModified"`},
		"the zone of a gateway":        {"nat", Props{"zones": []any{"1"}}, "Zones cannot be added/updated/removed"},
		"the role of an assignment":    {"reads", Props{"roleDefinitionId": roleID(networkContributor)}, `Code="RoleAssignmentUpdateNotPermitted"`},
	} {
		t.Run(name, func(t *testing.T) {
			r := p.By[test.of]
			_, err := p.Update(r, without(change(r.Inputs, test.change)))
			if test.want == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, test.want)
		})
	}
}
