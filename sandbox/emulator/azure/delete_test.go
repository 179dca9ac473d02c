package azure_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDelete_RefusesWhatIsInUse(t *testing.T) {
	p := newPlatform(t)
	p.Add(poolType, "second", change(p.poolProps(), Props{"agentPoolName": "second", "mode": "System"}))
	for name, want := range map[string]string{
		"nodes-1": `Code="InUseSubnetCannotBeDeleted" Message="Subnet nodes-1 is in use by ` + subscription +
			"/resourceGroups/MC_dev_dev_eastus/providers/Microsoft.Compute/virtualMachineScaleSets/aks-system-",
		"nodes-2": "/virtualMachineScaleSets/aks-cpu-",
		"vnet":    `Code="InUseSubnetCannotBeDeleted"`,
		"nat":     `Code="InUseNatGatewayCannotBeDeleted" Message="Nat gateway dev-nat cannot be deleted because it is in use by the following resources: ` + p.id("nodes-1"),
		"nat-ip":  `Code="PublicIPAddressCannotBeDeleted" Message="Public IP address ` + p.id("nat-ip") + " can not be deleted since it is still allocated to resource " + p.id("nat"),
	} {
		assert.ErrorContains(t, p.Delete(p.By[name]), want, name)
	}
	assert.Equal(t, len(p.All), len(p.Objects()))
	require.NoError(t, p.Delete(p.By["kubelet"]), "an identity can be deleted while it is in use")
	require.NoError(t, p.Delete(p.By["app"]), "and its trust goes with it")
	read, err := p.Read(p.By["trust"])
	require.NoError(t, err)
	assert.Empty(t, read.ID)
}

func TestDelete_LeavesOneSystemPool(t *testing.T) {
	p := newCluster(t)
	second := p.Must(poolType, "second", change(p.poolProps(), Props{"agentPoolName": "second", "mode": "System"}))
	user, err := p.Update(p.By["cluster"], change(p.clusterProps(), Props{"agentPoolProfiles": []any{change(p.systemProps(), Props{"mode": "User"})}}))
	require.NoError(t, err)
	assert.ErrorContains(t, p.Delete(second), `Code="OperationNotAllowed" Message="There has to be at least one system agent pool."`)
	assert.Len(t, p.pool("second"), 2, "a refused delete leaves the nodes alone")
	_, err = p.Update(second, change(p.poolProps(), Props{"agentPoolName": "second", "mode": "User"}))
	assert.ErrorContains(t, err, "There has to be at least one system agent pool.")
	_, err = p.Update(user, p.clusterProps())
	require.NoError(t, err)
	require.NoError(t, p.Delete(second))
}

func TestUpdate_LeavesOneSystemPool(t *testing.T) {
	p := newCluster(t)
	_, err := p.Update(p.By["cluster"], change(p.clusterProps(), Props{"agentPoolProfiles": []any{change(p.systemProps(), Props{"mode": "User"})}}))
	assert.ErrorContains(t, err, "Must define at least one system pool.")
}

func TestDelete_TakesAlongWhatIsInside(t *testing.T) {
	p := newPlatform(t)
	require.NoError(t, p.Delete(p.By["cluster"]))
	for _, name := range []string{"cpu", "train", "patches", "control-plane-logs"} {
		read, err := p.Read(p.By[name])
		require.NoError(t, err)
		assert.Empty(t, read.ID, name)
		assert.NoError(t, p.Delete(p.By[name]), "what is gone counts as deleted")
	}
	require.NoError(t, p.Delete(p.By["vnet"]), "the subnets go with it")
	read, err := p.Read(p.By["nodes-1"])
	require.NoError(t, err)
	assert.Empty(t, read.ID)
	require.NoError(t, p.Delete(p.By["nat"]))
	require.NoError(t, p.Delete(p.By["nat-ip"]))
}
