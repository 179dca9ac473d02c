package fleet

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

func none(string) bool { return false }

// pool is a group over two subnets.
func pool() Group {
	return Group{
		Name: "eks-Train_1-uuid", Cloud: AWS, Min: 1, Max: 5,
		Tags:     map[string]string{"team": "ml"},
		Kinds:    []Node{{Region: "us-east-1", VCPU: 4, Labels: map[string]string{"kind": "a", corev1.LabelHostname: "x"}}, {VCPU: 8}},
		Places:   []Place{{Name: "subnet-a", Zone: "us-east-1a", CIDR: "10.0.0.0/24", Labels: map[string]string{"id": "az1"}}, {Name: "subnet-b", Zone: "us-east-1b", CIDR: "10.0.1.0/24"}},
		NameForm: "ip-{address}.ec2.internal", IDForm: "aws:///{zone}/i-0{hex}",
	}
}

func TestLaunch_MakesAMachineOfThePlaceWithTheFewest(t *testing.T) {
	g := pool()
	var names []string
	for range 4 {
		m, err := g.Launch([]string{"subnet-a", "subnet-b"}, none)
		require.NoError(t, err)
		at := g.Place(m.Place)
		assert.Regexp(t, `^ip-10-0-[01]-\d+\.ec2\.internal$`, m.Name)
		assert.Regexp(t, `^aws:///`+at.Zone+`/i-0[0-9a-f]{16}$`, m.ProviderID)
		assert.True(t, netip.MustParsePrefix(at.CIDR).Contains(netip.MustParseAddr(m.Address)))
		assert.NotContains(t, names, m.Name)
		names = append(names, m.Name)
	}
	assert.Equal(t, 2, g.In("subnet-a"))
	assert.Equal(t, 2, g.In("subnet-b"))
	assert.Equal(t, []int{0, 1, 0, 1}, []int{g.Machines[0].Kind, g.Machines[1].Kind, g.Machines[2].Kind, g.Machines[3].Kind}, "the kinds in turn")

	n := g.Node(g.Machines[0])
	assert.Equal(t, 4, n.VCPU)
	assert.Equal(t, map[string]string{"kind": "a", "id": "az1", corev1.LabelHostname: n.Name}, n.Labels)
	assert.Equal(t, "us-east-1a", n.Zone)
	assert.Equal(t, "x", g.Kinds[0].Labels[corev1.LabelHostname], "the group is as it was")
}

func TestLaunch_MakesNumbersThatAreNotUsedTwice(t *testing.T) {
	g := pool()
	g.NameForm, g.IDForm = "aks-vmss{number36}", "azure:///vmss/{number}"
	for range 3 {
		_, err := g.Launch([]string{"subnet-a"}, none)
		require.NoError(t, err)
	}
	require.True(t, g.End("aks-vmss000002"))
	assert.False(t, g.End("aks-vmss000002"))
	m, err := g.Launch([]string{"subnet-a"}, none)
	require.NoError(t, err)
	assert.Equal(t, "aks-vmss000003", m.Name)
	assert.Equal(t, "azure:///vmss/3", m.ProviderID)
	assert.Equal(t, "00000z", base36(35))
	assert.Equal(t, "000010", base36(36))
}

func TestLaunch_StopsWhereARangeEnds(t *testing.T) {
	g := pool()
	g.Places[0].CIDR = "10.0.0.0/28"
	for range 6 { // half of sixteen, but for the last two
		_, err := g.Launch([]string{"subnet-a"}, none)
		require.NoError(t, err)
	}
	_, err := g.Launch([]string{"subnet-a"}, none)
	assert.ErrorContains(t, err, "no free address")
	g.Places[0].CIDR = "10.0.0.0/31"
	_, err = g.Launch([]string{"subnet-a"}, none)
	assert.ErrorContains(t, err, "no room")
	_, err = g.Launch(nil, none)
	assert.ErrorContains(t, err, "no place")
}

func TestReclaim_LeavesRoomForAnother(t *testing.T) {
	g := pool()
	for range 5 {
		_, err := g.Launch([]string{"subnet-a"}, none)
		require.NoError(t, err)
	}
	assert.Zero(t, g.Room("subnet-a"))
	assert.False(t, g.Reclaim([]string{"other"}))
	require.True(t, g.Reclaim([]string{g.Machines[0].Name, g.Machines[1].Name}))
	assert.Equal(t, 2, g.Room("subnet-a"))
	assert.Equal(t, 2, g.Spare("subnet-a"))
	_, err := g.Launch([]string{"subnet-a"}, none)
	require.NoError(t, err)
	assert.Len(t, g.Machines, 5, "in the place of one")
	assert.Len(t, g.Ended, 1)
	assert.Equal(t, 4, g.Size())
}

func TestMerged_IsWhatBothSidesDid(t *testing.T) {
	machine := func(id string) Machine { return Machine{Name: "ip", ProviderID: id} }
	roster := func(ids ...string) (list []Machine) {
		for _, id := range ids {
			list = append(list, machine(id))
		}
		return list
	}
	ids := func(list []Machine) string {
		var all []string
		for _, m := range list {
			all = append(all, m.ProviderID)
		}
		return strings.Join(all, " ")
	}
	for name, test := range map[string]struct {
		account, published Roster
		machines, ended    string
	}{
		"nothing happened":                  {Roster{Machines: roster("a")}, Roster{Machines: roster("a")}, "a", ""},
		"the account started one":           {Roster{Machines: roster("a", "b")}, Roster{Machines: roster("a")}, "a b", ""},
		"the account ended one":             {Roster{Machines: roster("a"), Ended: roster("b")}, Roster{Machines: roster("a", "b")}, "a", ""},
		"the autoscaler started one":        {Roster{Machines: roster("a")}, Roster{Machines: roster("a", "b")}, "a b", ""},
		"the autoscaler ended one":          {Roster{Machines: roster("a", "b")}, Roster{Machines: roster("a"), Ended: roster("b")}, "a", "b"},
		"the account knows that by now":     {Roster{Machines: roster("a")}, Roster{Machines: roster("a"), Ended: roster("b")}, "a", ""},
		"both did, at the same address too": {Roster{Machines: roster("a", "c"), Ended: roster("b")}, Roster{Machines: roster("b", "d"), Ended: roster("a")}, "c d", "a"},
	} {
		t.Run(name, func(t *testing.T) {
			merged := Group{Roster: test.account}.Merged(Group{Roster: test.published})
			assert.Equal(t, test.machines, ids(merged.Machines))
			assert.Equal(t, test.ended, ids(merged.Ended))
		})
	}
	back := Group{Roster: Roster{Machines: roster("a")}}.Merged(Group{Roster: Roster{Machines: []Machine{{ProviderID: "a", Reclaimed: true}}, Next: 7}})
	assert.False(t, back.Machines[0].Reclaimed, "what was reclaimed comes back")
	assert.Equal(t, 7, back.Next)
}

func TestConfigMap_KeepsAllOfAGroup(t *testing.T) {
	g := pool()
	_, err := g.Launch([]string{"subnet-a"}, none)
	require.NoError(t, err)
	g.Profile = &Profile{Expander: "least-waste", UtilizationThreshold: 0.5}
	config, err := g.ConfigMap()
	require.NoError(t, err)
	read, err := Read(config)
	require.NoError(t, err)
	assert.Equal(t, g, read)
	assert.Empty(t, validation.IsDNS1123Subdomain(config.Name))
	assert.NotEqual(t, ConfigMapName("eks-Train_1"), ConfigMapName("eks-train-1"))
	_, err = Read(&corev1.ConfigMap{})
	assert.Error(t, err)
}
