package aks

import (
	"errors"
	"strings"
	"testing"

	azcontainers "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20241001"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/componenttest"
	"gantry.dev/gantry/modules/spec"
)

func TestNew_EveryChildHasTheComponentAsParentAndTheExplicitProvider(t *testing.T) {
	rec := run(t, prod())
	component, provider := rec.Named(t, "cluster"), rec.OfType(typeProvider)[0]
	assert.Equal(t, Type, component.Type)
	for _, res := range rec.All() {
		if res.URN == component.URN {
			continue
		}
		assert.Equal(t, component.URN, res.Parent, res.Name)
		assert.True(t, strings.HasPrefix(res.Name, "cluster-"), res.Name)
		if res.URN != provider.URN {
			assert.True(t, strings.HasPrefix(res.Provider, provider.URN+"::"), "%s uses provider %q", res.Name, res.Provider)
		}
	}
}

func TestNew_ProviderHasTheLocationAndTheSubscriptionIfOneIsNamed(t *testing.T) {
	ambient := run(t, dev()).OfType(typeProvider)[0]
	assert.Equal(t, "eastus", ambient.Input(t, "location"))
	assert.Nil(t, ambient.Input(t, "subscriptionId"))
	assert.Equal(t, subscription, run(t, prod()).OfType(typeProvider)[0].Input(t, "subscriptionId"))
}

func TestNew_LooksUpWithTheExplicitProvider(t *testing.T) {
	calls := run(t, dev()).Calls()
	assert.Len(t, calls, 4, "the caller; the cluster, before and after; its credentials")
	for _, call := range calls {
		assert.Contains(t, call.Provider, typeProvider, "%s asks whatever subscription the shell is set to", call.Token)
	}
}

// taggable are the types of which Azure takes tags. The provider has no default
// ones.
var taggable = []string{typeAgentPool, typeCluster, typeGroup, typeIdentity, typeNAT, typePublicIP, typeVNet, typeWorkspace}

func TestNew_EveryTaggableResourceIsTaggedAndInTheLocation(t *testing.T) {
	rec := run(t, prod())
	for _, kind := range taggable {
		require.NotEmpty(t, rec.OfType(kind), kind)
		for _, res := range rec.OfType(kind) {
			assert.Equal(t, map[string]any{"gantry.dev_platform": "gantry-prod", "gantry.dev_stack": "prod", "team": "ml"},
				res.Input(t, "tags"), res.Name)
			if kind != typeAgentPool {
				assert.Equal(t, "eastus", res.Input(t, "location"), res.Name)
			}
		}
	}
}

func TestNew_EverythingLiesInTheGroupOfThePlatform(t *testing.T) {
	rec := run(t, prod())
	group := rec.Named(t, "cluster-group")
	assert.Equal(t, "gantry-prod", group.Input(t, "resourceGroupName"))
	for _, res := range rec.All() {
		if res.Type == Type || res.Type == typeProvider || res.URN == group.URN {
			continue
		}
		assert.True(t, rec.DependsOn(res, group), res.Name)
		if res.Type != typeRole && res.Type != typeDiagnostics { // which belong to what they are about
			assert.Equal(t, "gantry-prod", res.Input(t, "resourceGroupName"), res.Name)
		}
	}
}

func TestNew_HandleTellsWhatRunsInTheCluster(t *testing.T) {
	var handle *cluster.Handle
	_, err := try(prod(), func(h *cluster.Handle) { handle = h })
	require.NoError(t, err)
	assert.Equal(t, "gantry-prod", handle.Name)
	assert.Equal(t, prod().Pools, handle.Pools)
	assert.NotNil(t, handle.Binder)

	values := resolve(t, prod(), func(h *cluster.Handle) []pulumi.StringOutput {
		return []pulumi.StringOutput{h.Endpoint, h.Identifier}
	})
	assert.Equal(t, []string{endpoint, issuer}, values)
}

func TestNew_KubeconfigIsSecretAndHoldsNoToken(t *testing.T) {
	var secret, endpointSecret bool
	values := resolve(t, dev(), func(h *cluster.Handle) []pulumi.StringOutput {
		secret, endpointSecret = pulumi.IsSecret(h.Kubeconfig), pulumi.IsSecret(h.Endpoint)
		return []pulumi.StringOutput{h.Kubeconfig}
	})
	assert.Contains(t, values[0], "server: "+endpoint)
	assert.Contains(t, values[0], "certificate-authority-data: Q0E=")
	assert.Contains(t, values[0], "command: kubelogin")
	for _, arg := range []string{"get-token", "--login", "azurecli", "--server-id", "6dae42f8-4368-4678-94ff-3960e28e3630"} {
		assert.Contains(t, values[0], "- "+arg+"\n")
	}
	assert.NotContains(t, values[0], "token:")
	assert.True(t, secret)
	assert.False(t, endpointSecret)
}

func TestReadCredentials_RefusesWhatLeadsNowhere(t *testing.T) {
	for _, test := range []struct{ name, value, reason string }{
		{"not base64", "-", "base64"},
		{"no kubeconfig", "LSA6", "kubeconfig that AKS returns"},
		{"no cluster", "e30=", "has no cluster"},
	} {
		_, err := readCredentials([]azcontainers.CredentialResultResponse{{Name: "clusterUser", Value: test.value}})
		assert.ErrorContains(t, err, test.reason, test.name)
	}
	_, err := readCredentials(nil)
	assert.ErrorContains(t, err, "returns no kubeconfig")
}

// Ready is what in-cluster objects wait for, and what outlives them on destroy.
func TestNew_ReadyCoversClusterPoolsAccessNetworkAndRoles(t *testing.T) {
	rec := with(t, prod(), func(ctx *pulumi.Context, h *cluster.Handle) error {
		var probe struct{ pulumi.CustomResourceState }
		return ctx.RegisterResource("test:index:Probe", "probe", nil, &probe, pulumi.DependsOn(h.Ready))
	})
	probe := rec.Named(t, "probe")
	for _, kind := range []string{typeCluster, typeAgentPool, typeRole, typeSubnet, typeNAT} {
		require.NotEmpty(t, rec.OfType(kind), kind)
		for _, res := range rec.OfType(kind) {
			assert.True(t, rec.DependsOn(probe, res), "does not wait for %s", res.Name)
		}
	}
}

func TestNew_ProtectedPlatformKeepsItsData(t *testing.T) {
	rec := run(t, prod())
	for _, name := range []string{"cluster-group", "cluster-logs"} {
		assert.True(t, rec.Named(t, name).Protect, name)
		assert.True(t, rec.Named(t, name).RetainOnDelete, "%s: a group takes along all that is in it", name)
	}
	control := rec.Named(t, "cluster-cluster")
	assert.True(t, control.Protect)
	assert.False(t, control.RetainOnDelete, "a cluster is of no use without its network")

	for _, res := range run(t, dev()).All() {
		assert.False(t, res.Protect, res.Name)
		assert.False(t, res.RetainOnDelete, res.Name)
	}
}

func TestNew_PreviewOfANewClusterSucceeds(t *testing.T) {
	up := run(t, prod())
	preview := &componenttest.Recorder{Preview: true, Invoke: func(token string, args resource.PropertyMap) (resource.PropertyMap, error) {
		if strings.Contains(token, "anagedCluster") {
			return nil, errors.New("ResourceGroupNotFound: Resource group 'gantry-prod' could not be found.")
		}
		return account(token, args)
	}}
	require.NoError(t, preview.Run(func(ctx *pulumi.Context) error {
		_, err := New(ctx, "cluster", prod())
		return err
	}))
	assert.Equal(t, urns(up.All()), urns(preview.All()), "preview and up register the same resources")
	asked := 0
	for _, call := range preview.Calls() {
		if strings.Contains(call.Token, "anagedCluster") {
			asked++
		}
	}
	assert.Equal(t, 1, asked, "whether there is a cluster, and nothing about one that there is not")
}

func TestNew_FailedLookupIsAnErrorNotAPanic(t *testing.T) {
	for _, token := range []string{"getClientConfig", "getManagedCluster", "listManagedClusterUserCredentials"} {
		rec := &componenttest.Recorder{Outputs: outputs, Invoke: func(called string, args resource.PropertyMap) (resource.PropertyMap, error) {
			if strings.HasSuffix(called, ":"+token) {
				return nil, errors.New("ExpiredAuthenticationToken")
			}
			return account(called, args)
		}}
		err := rec.Run(func(ctx *pulumi.Context) error {
			_, err := New(ctx, "cluster", dev())
			return err
		})
		assert.ErrorContains(t, err, "ExpiredAuthenticationToken", token)
	}
}

func TestNew_BadArgumentsRegisterNothing(t *testing.T) {
	for _, test := range []struct {
		name    string
		change  func(*Args)
		message []string
	}{
		{"no location", func(a *Args) { a.Platform.Region = "" }, []string{"azure-native:location"}},
		{"a name AKS refuses", func(a *Args) { a.Platform.Name = "-x" }, []string{"gantry:name", `"-x"`}},
		{"a name too long for DNS", func(a *Args) { a.Platform.Name = strings.Repeat("x", 55) }, []string{"gantry:name", "at most 54"}},
		{"a version out of support", func(a *Args) { a.Platform.Cluster.Version = "1.33" },
			[]string{`gantry:cluster.version is "1.33"`, "1.34, 1.35, 1.36"}},
		{"one zone", func(a *Args) { a.Platform.Cluster.Zones = 1 }, []string{"gantry:cluster.zones is 1"}},
		{"four zones", func(a *Args) { a.Platform.Cluster.Zones = 4 }, []string{"gantry:cluster.zones is 4", "2 or 3"}},
		{"an open endpoint", func(a *Args) { a.Platform.Cluster.PublicAccessCIDRs = []string{"0.0.0.0/0"} }, []string{"publicAccessCidrs"}},
		{"logs for a week", func(a *Args) { a.Platform.Cluster.LogRetentionDays = 7 }, []string{"logRetentionDays is 7", "30 to 730"}},
		{"logs for ten years", func(a *Args) { a.Platform.Cluster.LogRetentionDays = 3653 }, []string{"logRetentionDays is 3653"}},

		{"a network that is none", func(a *Args) { a.Platform.Cluster.NetworkCIDR = "ten" }, []string{"gantry:cluster.networkCidr", `"ten"`}},
		{"no pod range", func(a *Args) { a.Platform.Cluster.PodCIDR = "" }, []string{"gantry:cluster.podCidr"}},
		{"no service range", func(a *Args) { a.Platform.Cluster.ServiceCIDR = "fd00::/108" }, []string{"gantry:cluster.serviceCidr"}},
		{"services where AKS is", func(a *Args) { a.Platform.Cluster.ServiceCIDR = "172.16.0.0/12" },
			[]string{"gantry:cluster.serviceCidr", "overlaps 172.30.0.0/16", "AKS uses"}},
		{"pods where nodes are", func(a *Args) { a.Platform.Cluster.PodCIDR = "10.0.0.0/12" },
			[]string{"gantry:cluster.podCidr is 10.0.0.0/12", "overlaps gantry:cluster.networkCidr, 10.0.0.0/16"}},
		{"services where pods are", func(a *Args) { a.Platform.Cluster.ServiceCIDR = "100.64.16.0/20" },
			[]string{"gantry:cluster.serviceCidr", "overlaps gantry:cluster.podCidr"}},
		{"pods for too few nodes", func(a *Args) { a.Platform.Cluster.PodCIDR = "100.64.0.0/20" },
			[]string{"gantry:cluster.podCidr", "pods of 16 nodes", "can have 43"}},
		{"a pool that outgrows its subnet", func(a *Args) {
			a.Platform.Cluster.NetworkCIDR, a.Pools[0].Max = "10.0.0.0/20", 45
		}, []string{"pool system can have 60 nodes during an upgrade", "addresses for 59"}},

		{"no system pool", func(a *Args) { a.Pools = a.Pools[1:] }, []string{"role system"}},
		{"a system pool that may vanish", func(a *Args) { a.Pools[0].Capacity = spec.CapacitySpot }, []string{"role system, on-demand"}},
		{"a pool without machines", func(a *Args) { a.Pools[0].Machines = nil }, []string{"pool system has 0 machine types"}},
		{"a pool of two machine types", func(a *Args) { a.Pools[1].Machines = append(a.Pools[1].Machines, a.Pools[1].Machines[0]) },
			[]string{"pool train-a100 has 2 machine types", "name one"}},
		{"a driver that is not AKS's", func(a *Args) { a.Pools[1].Driver = spec.DriverOperator }, []string{"pool train-a100 has driver: operator", "AKS installs its own"}},
		{"a pool of more zones than there are", func(a *Args) { a.Pools[0].Zones = 3 }, []string{"pool system spans 3 zones"}},
		{"a disk greater than AKS makes", func(a *Args) { a.Pools[0].DiskGiB = 4096 }, []string{"pool system has disks of 4096 GiB", "2048"}},
		{"a pool greater than AKS makes", func(a *Args) { a.Pools[1].Max = 1001 }, []string{"pool train-a100 can have 1001 nodes", "at most 1000"}},
		{"a name too long without its dashes", func(a *Args) { a.Pools[1].Name = "train-a-hundred" }, []string{`"trainahundred"`, "12"}},
		{"two pools of one name", func(a *Args) { a.Pools[1].Name, a.Pools[2].Name = "train-a", "t-raina" },
			[]string{"pools train-a and t-raina are both called traina"}},

		{"a tag of Azure's own", func(a *Args) { a.Platform.Tags = map[string]string{"Azure-team": "x"} }, []string{"gantry:tags.Azure-team", "only Azure"}},
		{"tags that become one", func(a *Args) { a.Platform.Tags = map[string]string{"a/b": "x", "A_b": "y"} },
			[]string{"A_b and a/b", "one name on Azure"}},
		{"a long tag", func(a *Args) { a.Platform.Tags = map[string]string{"k": strings.Repeat("x", 257)} }, []string{"gantry:tags.k is longer"}},

		{"all problems at once", func(a *Args) { a.Platform.Region, a.Platform.Cluster.Zones = "", 9 },
			[]string{"azure-native:location", "gantry:cluster.zones is 9"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			rec, err := try(edit(dev(), test.change), nil)
			require.Error(t, err)
			for _, part := range test.message {
				assert.ErrorContains(t, err, part)
			}
			assert.Empty(t, rec.All())
		})
	}
	_, err := try(nil, nil)
	assert.ErrorContains(t, err, "no arguments")
}
