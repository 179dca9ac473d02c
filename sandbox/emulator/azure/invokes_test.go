package azure_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

const (
	getCaller   = "azure-native:authorization:getClientConfig"
	getCluster  = aks + "getManagedCluster"
	credentials = aks + "listManagedClusterUserCredentials"
)

func TestGetClientConfig(t *testing.T) {
	a := newAccount(t)
	found, err := a.Invoke(getCaller, Props{})
	require.NoError(t, err)
	assert.Equal(t, Props{
		"clientId": "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "objectId": caller, "tenantId": tenant,
		"subscriptionId": "5a4d5b0e-0000-4000-8000-000000000001",
	}, found)

	const mine = "11111111-2222-4333-8444-555555555555"
	require.NoError(t, a.Configure(Props{"subscriptionId": mine, "location": "eastus"}))
	found, err = a.Invoke(getCaller, Props{})
	require.NoError(t, err)
	assert.Equal(t, mine, found["subscriptionId"])
	group := a.Must(groupType, "g", Props{"resourceGroupName": "dev"})
	assert.Equal(t, "/subscriptions/"+mine+"/resourceGroups/dev", group.ID)
}

func TestGetManagedCluster(t *testing.T) {
	p := newCluster(t)
	found, err := p.Invoke(getCluster, Props{"resourceGroupName": "DEV", "resourceName": "dev"})
	require.NoError(t, err)
	assert.Equal(t, p.id("cluster"), found["id"])
	delete(found, "id")
	assert.Equal(t, p.By["cluster"].Outputs, found)

	for _, function := range []string{getCluster, credentials} {
		_, err = p.Invoke(function, Props{"resourceGroupName": "dev", "resourceName": "no"})
		assert.ErrorContains(t, err, `Code="ResourceNotFound" Message="The Resource 'Microsoft.ContainerService/managedClusters/no' under resource group 'dev' was not found.`)
		_, err = p.Invoke(function, Props{"resourceGroupName": "no", "resourceName": "dev"})
		assert.ErrorContains(t, err, `Code="ResourceGroupNotFound" Message="Resource group 'no' could not be found."`)
	}
}

// kubeconfigOf is what the account hands out for a cluster.
func (p *platform) kubeconfigOf(args Props) *clientcmdapi.Config {
	p.T.Helper()
	found, err := p.Invoke(credentials, emulatortest.With(Props{"resourceGroupName": "dev", "resourceName": "dev"}, args))
	require.NoError(p.T, err)
	list := found["kubeconfigs"].([]any)
	require.Len(p.T, list, 1)
	assert.Equal(p.T, "clusterUser", list[0].(Props)["name"])
	content, err := base64.StdEncoding.DecodeString(list[0].(Props)["value"].(string))
	require.NoError(p.T, err)
	config, err := clientcmd.Load(content)
	require.NoError(p.T, err)
	return config
}

func TestCredentials_LeadToTheClusterAndHoldNoSecret(t *testing.T) {
	p := newCluster(t)
	config := p.kubeconfigOf(Props{"format": "exec"})
	context := config.Contexts[config.CurrentContext]
	require.NotNil(t, context)
	cluster := config.Clusters[context.Cluster]
	assert.Equal(t, "https://"+p.Text("cluster", "fqdn")+":443", cluster.Server)
	name, ok := p.Cloud.ClusterByEndpoint(cluster.Server)
	assert.True(t, ok)
	assert.Equal(t, "dev", name)

	emulatortest.IsAuthority(t, cluster.CertificateAuthorityData)
	assert.Equal(t, cluster.CertificateAuthorityData, p.kubeconfigOf(nil).Clusters["dev"].CertificateAuthorityData, "it stays for life")

	user := config.AuthInfos[context.AuthInfo]
	assert.Equal(t, "clusterUser_dev_dev", context.AuthInfo)
	require.NotNil(t, user.Exec)
	assert.Equal(t, "kubelogin", user.Exec.Command)
	assert.Contains(t, user.Exec.Args, "6dae42f8-4368-4678-94ff-3960e28e3630")
	assert.Empty(t, user.Token)
}

func TestCredentials_OfLocalAccountsAreSecret(t *testing.T) {
	p := newNetwork(t)
	p.Add(clusterType, "plain", Props{
		"resourceGroupName": "dev", "resourceName": "dev", "dnsPrefix": "dev", "identity": Props{"type": "SystemAssigned"},
		"agentPoolProfiles":      []any{Props{"name": "one", "mode": "System", "vmSize": "Standard_D4s_v5", "count": 1}},
		"apiServerAccessProfile": Props{"enablePrivateCluster": true},
	})
	config := p.kubeconfigOf(nil)
	user := config.AuthInfos["clusterUser_dev_dev"]
	assert.Nil(t, user.Exec)
	assert.Len(t, user.Token, 128)
	assert.Equal(t, "https://"+p.Text("plain", "privateFQDN")+":443", config.Clusters["dev"].Server)
	assert.Equal(t, "https://"+p.Text("plain", "fqdn")+":443", p.kubeconfigOf(Props{"serverFqdn": "public"}).Clusters["dev"].Server)
}
