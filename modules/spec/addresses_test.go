package spec

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func addressesOf(t *testing.T, p Platform) []AddressUse {
	t.Helper()
	p.Stack = "dev"
	p = Default(p)
	plans, err := PlanPools(p)
	require.NoError(t, err)
	return Addresses(p, plans)
}

func TestAddresses_AreThoseOfTheSubnets(t *testing.T) {
	system := Pool{Name: "system", Role: RoleSystem, CPU: 4, Memory: "16Gi", Min: 2, Max: 6}
	serve := Pool{Name: "serve", Role: RoleInference, GPU: "l4", GPUAlternatives: []string{"t4"}, Max: 10, Zones: 1}
	train := Pool{Name: "train", Role: RoleTraining, GPU: "a100", GPUCount: 8, Max: 4}
	pools := []Pool{system, serve, train}
	for name, test := range map[string]struct {
		cloud   Cloud
		cluster Cluster
		want    []AddressUse
	}{
		// The first zone has a third of six and of four nodes, rounded up, and
		// the pool of one zone whole: (2+10)*2*10 + 2*2*15 and six for EKS.
		"AWS": {AWS, Cluster{Zones: 3}, []AddressUse{
			{Key: "networkCidr", Who: "nodes and pods of a zone", Unit: "addresses", Needed: 306, Most: 6 + 12*68 + 2*752, Available: 8187}}},
		"AWS, the least network": {AWS, Cluster{Zones: 3, NetworkCIDR: "10.0.0.0/20"}, []AddressUse{
			{Key: "networkCidr", Who: "nodes and pods of a zone", Unit: "addresses", Needed: 306, Most: 6 + 12*68 + 2*752, Available: 507}}},
		// One node more for the pool without GPUs.
		"Google Cloud": {GCP, Cluster{}, []AddressUse{
			{Key: "networkCidr", Who: "nodes", Unit: "addresses", Needed: 21, Most: 21, Available: 32764},
			{Key: "podCidr", Who: "pods of nodes", Unit: "nodes", Needed: 21, Most: 21, Available: 1024}}},
		"Google Cloud, the least ranges": {GCP, Cluster{NetworkCIDR: "10.0.0.0/20", PodCIDR: "100.64.0.0/20"}, []AddressUse{
			{Key: "networkCidr", Who: "nodes", Unit: "addresses", Needed: 21, Most: 21, Available: 2044},
			{Key: "podCidr", Who: "pods of nodes", Unit: "nodes", Needed: 21, Most: 21, Available: 16}}},
		// A third of the CPU nodes, one GPU node, and no spot node more.
		"Azure": {Azure, Cluster{}, []AddressUse{
			{Key: "networkCidr", Who: "nodes of pool system", Unit: "addresses", Needed: 8, Most: 8, Available: 1019},
			{Key: "networkCidr", Who: "nodes of pool serve", Unit: "addresses", Needed: 11, Most: 11, Available: 1019},
			{Key: "networkCidr", Who: "nodes of pool train", Unit: "addresses", Needed: 4, Most: 4, Available: 1019},
			{Key: "podCidr", Who: "pods of nodes", Unit: "nodes", Needed: 23, Most: 23, Available: 1024}}},
		"a range that cannot be read": {AWS, Cluster{NetworkCIDR: "10.0.0.0"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, addressesOf(t, Platform{Cloud: test.cloud, Cluster: test.cluster, Pools: pools}))
		})
	}
}

func TestMaxNodes_SystemPoolsOfAKSHaveTwo(t *testing.T) {
	for cloud, want := range map[Cloud]int{AWS: 1, GCP: 1, Azure: 2} {
		assert.Equal(t, want, MaxNodes(Platform{Cloud: cloud}, planOn(t, cloud, "dev", Pool{Name: "a", Role: RoleSystem})), cloud)
		assert.Equal(t, 1, MaxNodes(Platform{Cloud: cloud}, planOn(t, cloud, "dev", Pool{Name: "a", Role: RoleInference})), cloud)
	}
	off := Platform{Cloud: Azure, Addons: Addons{Autoscaler: Autoscaler{Enabled: new(false)}}}
	assert.Equal(t, 2, MaxNodes(off, planOn(t, Azure, "dev", Pool{Name: "a", Role: RoleSystem, Max: 5})))
}

func TestAddresses_OfAClusterThatIsThereAreNotKnown(t *testing.T) {
	assert.Empty(t, addressesOf(t, Platform{Cloud: Existing, Pools: []Pool{{Name: "a", Role: RoleInference, Labels: map[string]string{"a": "b"}}}}))
	assert.Empty(t, addressesOf(t, Platform{Layers: []Layer{LayerModels}, Handed: handed()}))
}

// A plan that the checks accept has to be one that the subnets can hold.
func TestInterfaces_GrowWithTheMachine(t *testing.T) {
	before := interfaces{}
	for _, size := range interfacesBySize {
		assert.Greater(t, size.vcpu, before.vcpu)
		assert.GreaterOrEqual(t, size.addresses, before.addresses)
		assert.GreaterOrEqual(t, size.pods, before.pods)
		before = size
	}
	assert.Equal(t, interfacesBySize[0], interfacesOf(1))
	assert.Equal(t, interfacesBySize[1], interfacesOf(3))
	assert.Equal(t, interfacesBySize[len(interfacesBySize)-1], interfacesOf(896))
}
