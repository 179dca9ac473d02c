package azure_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

// refusal is a resource that Azure does not create, and what it says.
type refusal emulatortest.Refusal

func TestRefusals_Network(t *testing.T) {
	p := newNetwork(t)
	vnet := Props{"resourceGroupName": "dev", "virtualNetworkName": "two", "addressSpace": Props{"addressPrefixes": []any{"10.9.0.0/16"}}}
	subnet := p.subnetProps("10.0.8.0/22")
	nat := Props{"resourceGroupName": "dev", "natGatewayName": "two", "sku": Props{"name": "Standard"}}
	p.Add(vnetType, "west", change(vnet, Props{"virtualNetworkName": "west", "location": "West US 2"}))
	p.Add(addressType, "west-ip", change(addressProps("west"), Props{"location": "westus2"}))
	none := subscription + "/resourceGroups/dev/providers/Microsoft.Network/natGateways/none"

	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"a group with a bad name":           {groupType, Props{"resourceGroupName": "dev."}, "'resourceGroupName' does not match expression"},
		"a group that exists":               {groupType, Props{"resourceGroupName": "DEV"}, "cannot create already existing resource '" + p.id("group") + "'"},
		"a group nowhere":                   {groupType, Props{"resourceGroupName": "x", "location": "virginia"}, `Code="LocationNotAvailableForResourceType" Message="The provided location 'virginia' is not available`},
		"a group with a bad tag":            {groupType, Props{"resourceGroupName": "x", "tags": Props{"gantry.dev/x": "y"}}, `Code="InvalidTagNameCharacters"`},
		"tags that differ in case":          {groupType, Props{"resourceGroupName": "x", "tags": Props{"a": "1", "A": "2"}}, "differ in case only"},
		"a tag of Azure's":                  {groupType, Props{"resourceGroupName": "x", "tags": Props{"azure-team": "y"}}, `Code="ReservedTagName"`},
		"a tag with a long name":            {groupType, Props{"resourceGroupName": "x", "tags": Props{strings.Repeat("x", 513): "y"}}, `Code="InvalidTagName"`},
		"too many tags":                     {groupType, Props{"resourceGroupName": "x", "tags": tags(51)}, "The number of tags '51' is greater than the maximum allowed '50'."},
		"a tag with much to say":            {groupType, Props{"resourceGroupName": "x", "tags": Props{"a": strings.Repeat("x", 257)}}, `Code="InvalidTagValue"`},
		"a network with unknown properties": {vnetType, change(vnet, Props{"cidr": "10.0.0.0/16"}), "cidr is not a property"},
		"a network in no group":             {vnetType, change(vnet, Props{"resourceGroupName": "no"}), `Code="ResourceGroupNotFound" Message="Resource group 'no' could not be found."`},
		"a network that exists":             {vnetType, change(vnet, Props{"virtualNetworkName": "DEV-vnet"}), "cannot create already existing resource"},
		"a network without addresses":       {vnetType, change(vnet, Props{"addressSpace": Props{"addressPrefixes": []any{}}}), "'addressSpace.addressPrefixes' is required"},
		"a network from a host":             {vnetType, change(vnet, Props{"addressSpace": Props{"addressPrefixes": []any{"10.9.0.1/16"}}}), "the address prefix should be 10.9.0.0/16."},
		"a network that is none":            {vnetType, change(vnet, Props{"addressSpace": Props{"addressPrefixes": []any{"10.9.0.0"}}}), `Code="InvalidAddressPrefixFormat"`},
		"a network with subnets inside":     {vnetType, change(vnet, Props{"subnets": []any{Props{"name": "a"}}}), "declare each subnet as azure-native:network:Subnet"},
		"a subnet of no network":            {subnetType, change(subnet, Props{"virtualNetworkName": "no"}), `Code="ParentResourceNotFound" Message="Failed to perform 'write' on resource(s) of type 'Microsoft.Network/virtualNetworks/subnets'`},
		"a subnet outside its network":      {subnetType, change(subnet, Props{"addressPrefix": "10.1.0.0/22"}), "Subnet 'refused' is not valid because its IP address range is outside the IP address range of virtual network 'dev-vnet'."},
		"a subnet wider than its network":   {subnetType, change(subnet, Props{"addressPrefix": "10.0.0.0/15"}), `Code="NetcfgSubnetRangeOutsideVnet"`},
		"a subnet over another":             {subnetType, change(subnet, Props{"addressPrefix": "10.0.0.0/23"}), `Code="NetcfgSubnetRangesOverlap"`},
		"a subnet too small":                {subnetType, change(subnet, Props{"addressPrefix": "10.0.8.0/30"}), "smaller than /29"},
		"a subnet with two sizes":           {subnetType, change(subnet, Props{"addressPrefixes": []any{"10.0.8.0/22"}}), "exclude each other"},
		"a subnet without a size":           {subnetType, change(subnet, Props{"addressPrefix": nil}), "One of 'addressPrefix' and 'addressPrefixes' is required"},
		"a subnet behind nothing":           {subnetType, change(subnet, Props{"natGateway": Props{"id": none}}), `Code="InvalidResourceReference" Message="Resource ` + none + " referenced by the request was not found."},
		"a subnet behind a far gateway":     {subnetType, change(subnet, Props{"virtualNetworkName": "west", "addressPrefix": "10.9.0.0/22"}), "that both resources are in the same region"},
		"a subnet with a security group":    {subnetType, change(subnet, Props{"networkSecurityGroup": Props{"id": "/x/nsg"}}), "Resource /x/nsg referenced by the request was not found."},
		"an old kind of address":            {addressType, change(addressProps("x"), Props{"sku": Props{"name": "Basic"}}), "Cannot create more than 0 IPv4 Basic SKU public IP addresses"},
		"the default kind of address":       {addressType, change(addressProps("x"), Props{"sku": nil}), "IPv4BasicSkuPublicIpCountLimitReached"},
		"an address that moves":             {addressType, change(addressProps("x"), Props{"publicIPAllocationMethod": "Dynamic"}), "must have AllocationMethod set to Static"},
		"an address in a fourth zone":       {addressType, change(addressProps("x"), Props{"zones": []any{"4"}}), "The value '4' of parameter zones[] is not one of 1, 2, 3."},
		"a gateway without a kind":          {natType, change(nat, Props{"sku": nil}), "Required parameter sku.name is missing"},
		"a gateway in two zones":            {natType, change(nat, Props{"zones": []any{"1", "2"}}), "in one zone or in none"},
		"a gateway that waits too long":     {natType, change(nat, Props{"idleTimeoutInMinutes": 121}), "'idleTimeoutInMinutes' is too high (121 > 120)"},
		"a gateway that never waits":        {natType, change(nat, Props{"idleTimeoutInMinutes": 3}), "'idleTimeoutInMinutes' is too low (3 < 4)"},
		"a gateway on many addresses":       {natType, change(nat, Props{"publicIpPrefixes": []any{Props{"id": "/prefix"}}}), "Resource /prefix referenced by the request was not found."},
		"a gateway on no address":           {natType, change(nat, Props{"publicIpAddresses": []any{Props{"id": "/x"}}}), "Resource /x referenced by the request was not found."},
		"a gateway on a taken address":      {natType, change(nat, Props{"publicIpAddresses": []any{Props{"id": p.id("nat-ip")}}}), "that is already allocated to resource " + p.id("nat")},
		"a gateway on a far address":        {natType, change(nat, Props{"publicIpAddresses": []any{Props{"id": p.id("west-ip")}}}), "in the same region"},
	})
}

// tags are as many as asked for.
func tags(n int) Props {
	all := Props{}
	for i := range n {
		all[fmt.Sprint("tag-", i)] = "x"
	}
	return all
}

func TestRefusals_WithoutALocation(t *testing.T) {
	a := newAccount(t)
	require.NoError(t, a.Configure(Props{}))
	_, err := a.Create(groupType, "g", Props{"resourceGroupName": "dev"})
	assert.ErrorContains(t, err, "pulumi config set azure-native:location")
	a.Must(groupType, "g", Props{"resourceGroupName": "dev", "location": "West Europe"})
	address := a.Must(addressType, "a", addressProps("a"))
	assert.Equal(t, "westeurope", address.Outputs["location"], "the place of its group")
	for key, want := range map[string]string{"subscriptionId": "which is not a GUID", "tenantId": "which is not a GUID"} {
		assert.ErrorContains(t, a.Configure(Props{key: "mine"}), want)
	}
}

func TestRefusals_Identity(t *testing.T) {
	p := newPlatform(t)
	identity := Props{"resourceGroupName": "dev", "resourceName": "two"}
	role := func(more Props) Props {
		return change(Props{
			"roleDefinitionId": roleID(blobReader), "scope": p.id("group"), "principalId": p.Text("app", "principalId"), "principalType": "ServicePrincipal",
		}, more)
	}
	trust := func(more Props) Props { return change(p.trustProps(), change(Props{"subject": "other"}, more)) }
	stranger := "00000000-0000-4000-8000-00000000000f"
	const nobody = "Principal 000000000000400080000000000000" + "0f does not exist in the directory " + tenant
	gone := subscription + "/resourceGroups/dev/providers/Microsoft.ManagedIdentity/userAssignedIdentities/gone"

	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"an identity that exists":            {identityType, change(identity, Props{"resourceName": "APP"}), "cannot create already existing resource"},
		"an identity with a short name":      {identityType, change(identity, Props{"resourceName": "ab"}), "'resourceName' does not match expression"},
		"trust in no identity":               {federatedType, trust(Props{"resourceName": "no"}), `Code="ParentResourceNotFound"`},
		"trust twice":                        {federatedType, p.trustProps(), "Issuer and subject combination already exists for this Managed Identity."},
		"trust in the open":                  {federatedType, trust(Props{"issuer": "http://example.com"}), "must be an https URL"},
		"trust for two audiences":            {federatedType, trust(Props{"audiences": []any{"a", "b"}}), "the request has 2"},
		"trust in nobody":                    {federatedType, trust(Props{"subject": ""}), "Subject must not be empty"},
		"an assignment with a name":          {roleType, role(Props{"roleAssignmentName": "reads"}), `Code="InvalidRoleAssignmentId"`},
		"an assignment that exists":          {roleType, role(Props{"roleDefinitionId": roleID(networkContributor), "principalId": p.Text("control-plane", "principalId"), "scope": p.id("vnet")}), `Code="RoleAssignmentExists" Message="The role assignment already exists. The ID of the existing role assignment is`},
		"an assignment that exists, in case": {roleType, role(Props{"roleDefinitionId": roleID(networkContributor), "principalId": p.Text("control-plane", "principalId"), "scope": strings.ToLower(p.id("vnet"))}), "RoleAssignmentExists"},
		"an assignment of no role":           {roleType, role(Props{"roleDefinitionId": roleID(stranger)}), `Code="RoleDefinitionDoesNotExist"`},
		"an assignment of a role by name":    {roleType, role(Props{"roleDefinitionId": "Reader"}), `Code="InvalidRoleDefinitionId"`},
		"an assignment to a stranger":        {roleType, role(Props{"principalId": stranger}), nobody},
		"an assignment to a name":            {roleType, role(Props{"principalId": "app"}), `Code="InvalidPrincipalId"`},
		"an identity as a user":              {roleType, role(Props{"principalType": "User"}), "has type 'ServicePrincipal' , which is different from specified PrinciaplType 'User'."},
		"a user as an identity":              {roleType, role(Props{"principalId": caller}), "has type 'User'"},
		"an assignment to a robot":           {roleType, role(Props{"principalType": "Robot"}), "is not one of User, Group"},
		"an assignment on no identity":       {roleType, role(Props{"scope": gone}), `Code="ResourceNotFound" Message="The Resource 'Microsoft.ManagedIdentity/userAssignedIdentities/gone' under resource group 'dev' was not found.`},
		"an assignment on no group":          {roleType, role(Props{"scope": subscription + "/resourceGroups/no"}), `Code="ResourceGroupNotFound"`},
	})
	for i := range 19 {
		p.Add(federatedType, fmt.Sprintf("trust-%d", i), trust(Props{"subject": fmt.Sprint(i)}))
	}
	emulatortest.Refuses(t, p.Account, map[string]refusal{"trust once too often": {federatedType, trust(nil), "the maximum is 20"}})
	p.Add(roleType, "group-reads", role(Props{"principalId": stranger, "principalType": "Group"})) // the account does not know the directory
}

func TestRefusals_Logs(t *testing.T) {
	p := newPlatform(t)
	workspace := Props{"resourceGroupName": "dev", "workspaceName": "two-logs", "sku": Props{"name": "PerGB2018"}}
	setting := func(more Props) Props {
		return change(Props{
			"name": "two", "resourceUri": p.id("cluster"), "workspaceId": p.id("logs"),
			"logs": []any{Props{"category": "kube-scheduler", "enabled": true}},
		}, more)
	}
	log := func(more Props) Props { return setting(Props{"logs": []any{more}}) }
	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"a workspace that exists":         {workspaceType, change(workspace, Props{"workspaceName": "dev-logs"}), "cannot create already existing resource"},
		"logs for a week":                 {workspaceType, change(workspace, Props{"retentionInDays": 7}), "7 is not from 30 to 730"},
		"a workspace of a plan of old":    {workspaceType, change(workspace, Props{"sku": Props{"name": "Premium"}}), "is not one of PerGB2018"},
		"a workspace with a bad name":     {workspaceType, change(workspace, Props{"workspaceName": "dev_logs"}), "'workspaceName' does not match expression"},
		"a setting that exists":           {diagnosticsType, setting(Props{"name": "dev-control-plane"}), "cannot create already existing resource"},
		"a setting of nothing":            {diagnosticsType, setting(Props{"resourceUri": "/x"}), "The Resource '/x' was not found."},
		"a setting to no workspace":       {diagnosticsType, setting(Props{"workspaceId": "/x"}), "The Resource '/x' was not found."},
		"a setting to nowhere":            {diagnosticsType, setting(Props{"workspaceId": nil}), "At least one data sink needs to be specified."},
		"a setting to an archive":         {diagnosticsType, setting(Props{"storageAccountId": "/archive"}), "The Resource '/archive' was not found."},
		"a setting of no logs":            {diagnosticsType, setting(Props{"logs": []any{}}), "At least one log or metric category"},
		"a log that is none":              {diagnosticsType, log(Props{"category": "kube-proxy", "enabled": true}), "Category 'kube-proxy' is not supported."},
		"a group of logs that is none":    {diagnosticsType, log(Props{"categoryGroup": "some", "enabled": true}), "Category group 'some' is not supported."},
		"a log and a group":               {diagnosticsType, setting(Props{"logs": []any{Props{"categoryGroup": "audit", "enabled": true}, Props{"category": "guard", "enabled": true}}}), "cannot be combined"},
		"a metric that is none":           {diagnosticsType, setting(Props{"metrics": []any{Props{"category": "CPU", "enabled": true}}}), "Category 'CPU' is not supported."},
		"logs that go by themselves":      {diagnosticsType, log(Props{"category": "guard", "enabled": true, "retentionPolicy": Props{"enabled": true, "days": 7}}), "does not support retention for new diagnostic settings"},
		"the same logs to the same place": {diagnosticsType, log(Props{"category": "guard", "enabled": true}), `Code="Conflict" Message="Data sink '` + p.id("logs") + "' is already used in diagnostic setting 'dev-control-plane' for category 'guard'."},
	})
	categories := []string{"kube-scheduler", "kube-controller-manager", "cloud-controller-manager", "cluster-autoscaler"}
	for _, category := range categories { // and the one of the platform
		p.Add(diagnosticsType, category, change(log(Props{"category": category, "enabled": true}), Props{"name": category}))
	}
	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"a sixth setting": {diagnosticsType, log(Props{"category": "csi-azuredisk-controller", "enabled": true}), "The limit of 5 diagnostic settings was reached."},
	})
}

func TestPreview_RefusesWhatIsWrongInItself(t *testing.T) {
	p := newNetwork(t)
	pool := Props{"resourceGroupName": unknown, "resourceName": unknown, "agentPoolName": "gpu", "vmSize": "Standard_NC24ads_A100_v4", "vnetSubnetID": unknown}
	_, err := p.Preview(poolType, "g", change(pool, Props{"gpuInstanceProfile": "MIG8g"}))
	assert.ErrorContains(t, err, "UnsupportedGPUInstanceProfile")
	plan, err := p.Preview(poolType, "g", change(pool, Props{"nodeLabels": unknown, "nodeTaints": unknown, "count": unknown, "upgradeSettings": unknown}))
	require.NoError(t, err, "what is missing may yet come")
	assert.Equal(t, any(unknown), plan.Outputs["currentOrchestratorVersion"])
	cluster := Props{
		"resourceGroupName": unknown, "dnsPrefix": unknown, "identity": unknown, "aadProfile": unknown, "disableLocalAccounts": true, "networkProfile": unknown,
		"agentPoolProfiles": unknown, "securityProfile": Props{"workloadIdentity": Props{"enabled": true}}, "oidcIssuerProfile": unknown, "sku": unknown,
		"kubernetesVersion": "1.33", "apiServerAccessProfile": unknown, "identityProfile": unknown,
	}
	_, err = p.Preview(clusterType, "c", cluster)
	require.NoError(t, err)
	_, err = p.Preview(clusterType, "c", change(cluster, Props{"oidcIssuerProfile": Props{"enabled": false}}))
	assert.ErrorContains(t, err, "Workload identity needs the OIDC issuer")
}
