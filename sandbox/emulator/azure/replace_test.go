package azure_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReplace_FollowsTheRealProvider(t *testing.T) {
	p := newPlatform(t)
	for name, test := range map[string]struct {
		of      string
		change  Props
		replace []string
	}{
		"the place of a group":           {of: "group", change: Props{"location": "westus2"}, replace: []string{"location"}},
		"the tags of a group":            {of: "group", change: Props{"tags": Props{"a": "b"}}},
		"the addresses of a network":     {of: "vnet", change: Props{"addressSpace": Props{"addressPrefixes": []any{"10.0.0.0/15"}}}},
		"the name of a network":          {of: "vnet", change: Props{"virtualNetworkName": "x"}, replace: []string{"virtualNetworkName"}},
		"the addresses of a subnet":      {of: "nodes-1", change: Props{"addressPrefix": "10.0.8.0/22"}},
		"the network of a subnet":        {of: "nodes-1", change: Props{"virtualNetworkName": "x"}, replace: []string{"virtualNetworkName"}},
		"the kind of an address":         {of: "nat-ip", change: Props{"sku": Props{"tier": "Global"}}, replace: []string{"sku"}},
		"the addresses of a gateway":     {of: "nat", change: Props{"publicIpAddresses": []any{}}},
		"the name of an identity":        {of: "app", change: Props{"resourceName": "other"}, replace: []string{"resourceName"}},
		"the subject of trust":           {of: "trust", change: Props{"subject": "x"}},
		"the identity of trust":          {of: "trust", change: Props{"resourceName": "kubelet"}, replace: []string{"resourceName"}},
		"the scope of an assignment":     {of: "reads", change: Props{"scope": "/x"}, replace: []string{"scope"}},
		"the principal of an assignment": {of: "reads", change: Props{"principalId": caller}, replace: []string{"principalId"}},
		"the role of an assignment":      {of: "reads", change: Props{"roleDefinitionId": "/x"}},
		"the retention of logs":          {of: "logs", change: Props{"retentionInDays": 30}},
		"the target of a setting":        {of: "control-plane-logs", change: Props{"resourceUri": "/x"}, replace: []string{"resourceUri"}},
		"the logs of a setting":          {of: "control-plane-logs", change: Props{"logs": []any{Props{"category": "guard", "enabled": true}}}},
		"the window of maintenance":      {of: "patches", change: Props{"maintenanceWindow": Props{"startTime": "03:00"}}},
		"the kind of maintenance":        {of: "patches", change: Props{"configName": "aksManagedNodeOSUpgradeSchedule"}, replace: []string{"configName"}},
		"the name of a cluster":          {of: "cluster", change: Props{"resourceName": "x"}, replace: []string{"resourceName"}},
		"the DNS name of a cluster":      {of: "cluster", change: Props{"dnsPrefix": "x"}, replace: []string{"dnsPrefix"}},
		"the network of a cluster":       {of: "cluster", change: Props{"networkProfile": Props{"podCidr": "100.64.0.0/16"}}, replace: []string{"networkProfile"}},
		"the nodes' group of a cluster":  {of: "cluster", change: Props{"nodeResourceGroup": "x"}, replace: []string{"nodeResourceGroup"}},
		"the version of a cluster":       {of: "cluster", change: Props{"kubernetesVersion": "1.35"}},
		"the ranges of a cluster":        {of: "cluster", change: Props{"apiServerAccessProfile": Props{"authorizedIPRanges": []any{"203.0.113.0/24"}}}},
		"the first pool of a cluster":    {of: "cluster", change: Props{"agentPoolProfiles": []any{change(p.systemProps(), Props{"vmSize": "Standard_D8ds_v5"})}}},
		"the size of a pool":             {of: "cpu", change: Props{"count": 3}},
		"the machines of a pool":         {of: "cpu", change: Props{"vmSize": "Standard_D8s_v5"}, replace: []string{"vmSize"}},
		"the division of GPUs of a pool": {of: "train", change: Props{"gpuInstanceProfile": "MIG1g"}, replace: []string{"gpuInstanceProfile"}},
		"the disks of a pool":            {of: "cpu", change: Props{"osDiskType": "Ephemeral"}}, // Azure refuses it, and azure-native does not know
		"the cluster of a pool":          {of: "cpu", change: Props{"resourceName": "x"}, replace: []string{"resourceName"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := p.By[test.of]
			p.Replaces(t, r, without(change(r.Inputs, test.change)), test.replace, len(test.replace) > 0 && !randomlyNamed[test.of])
		})
	}
}

// randomlyNamed are the resources of the platform that bear a name of chance.
var randomlyNamed = map[string]bool{"reads": true}

func TestNames_AreThoseOfTheRealProvider(t *testing.T) {
	p := newCluster(t)
	group := p.Must(groupType, "logical", Props{})
	assert.Regexp(t, `^`+subscription+`/resourceGroups/logical[0-9a-f]{8}$`, group.ID, "the name and eight digits")
	diff, err := p.Diff(group, Props{"location": "westus2"})
	require.NoError(t, err)
	assert.False(t, diff.GetDeleteBeforeReplace(), "the new one has other digits")

	assert.Equal(t, p.id("vnet")+"/subnets/nodes-1", p.id("nodes-1"), "the name alone, inside of another resource")
	pool := p.Must(poolType, "plain", without(change(p.poolProps(), Props{"agentPoolName": nil})))
	assert.Equal(t, p.id("cluster")+"/agentPools/plain", pool.ID)
	assert.Regexp(t, `^`+p.id("vnet")+`/providers/Microsoft\.Authorization/roleAssignments/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, p.id("joins-network"))
}
