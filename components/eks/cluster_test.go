package eks

import (
	"strings"
	"testing"

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

func TestNew_LooksUpWithTheExplicitProvider(t *testing.T) {
	calls := run(t, dev()).Calls()
	assert.Len(t, calls, 4)
	for _, call := range calls {
		assert.Contains(t, call.Provider, typeProvider, "%s asks whatever region the shell is set to", call.Token)
	}
}

// taggable are the types of which AWS takes tags. The provider's default tags
// reach all of them; each also has a name of its own.
var taggable = []string{
	"aws:cloudwatch/logGroup:LogGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "aws:ec2/eip:Eip",
	"aws:ec2/internetGateway:InternetGateway", typeLaunchTemplate, typeNAT, "aws:ec2/routeTable:RouteTable",
	"aws:ec2/securityGroup:SecurityGroup", typeSubnet, "aws:ec2/vpc:Vpc", "aws:ec2/vpcEndpoint:VpcEndpoint",
	typeFileSystem, "aws:eks/accessEntry:AccessEntry", typeAddon, typeCluster, typeNodeGroup,
	"aws:iam/role:Role", "aws:kms/key:Key", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
}

func TestNew_EveryTaggableResourceIsTagged(t *testing.T) {
	rec := run(t, prod())
	provider := rec.OfType(typeProvider)[0]
	assert.Equal(t, "us-east-1", provider.Input(t, "region"))
	assert.Equal(t, map[string]any{"gantry.dev/platform": "gantry-prod", "gantry.dev/stack": "prod", "team": "ml"},
		provider.Input(t, "defaultTags.tags"))
	for _, kind := range taggable {
		require.NotEmpty(t, rec.OfType(kind), kind)
		for _, res := range rec.OfType(kind) {
			name, _ := res.Input(t, "tags.Name").(string)
			assert.True(t, strings.HasPrefix(name, "gantry-prod-"), "%s is named %q", res.Name, name)
		}
	}
}

func TestNew_HandleTellsWhatRunsInTheCluster(t *testing.T) {
	var handle *cluster.Handle
	_, err := try(prod(), func(h *cluster.Handle) { handle = h })
	require.NoError(t, err)
	assert.Equal(t, "gantry-prod", handle.Name)
	assert.Equal(t, prod().Pools, handle.Pools)

	values := resolve(t, prod(), func(h *cluster.Handle) []pulumi.StringOutput {
		return []pulumi.StringOutput{h.Endpoint, h.Identifier}
	})
	assert.Equal(t, []string{endpoint, issuer}, values)
}

func TestNew_KubeconfigIsSecretAndHoldsNoToken(t *testing.T) {
	var secret bool
	values := resolve(t, dev(), func(h *cluster.Handle) []pulumi.StringOutput {
		secret = pulumi.IsSecret(h.Kubeconfig)
		return []pulumi.StringOutput{h.Kubeconfig}
	})
	assert.Contains(t, values[0], "server: "+endpoint)
	assert.Contains(t, values[0], "certificate-authority-data: Q0E=")
	assert.Contains(t, values[0], "command: aws")
	assert.NotContains(t, values[0], "token:")
	assert.True(t, secret)
}

// Ready is what in-cluster objects wait for, and what outlives them on destroy.
func TestNew_ReadyCoversNodesAddonsAccessAndMounts(t *testing.T) {
	rec := &componenttest.Recorder{Outputs: outputs, Invoke: account}
	require.NoError(t, rec.Run(func(ctx *pulumi.Context) error {
		c, err := New(ctx, "cluster", prod())
		if err != nil {
			return err
		}
		var probe struct{ pulumi.CustomResourceState }
		return ctx.RegisterResource("test:index:Probe", "probe", nil, &probe, pulumi.DependsOn(c.Handle.Ready))
	}))
	probe := rec.Named(t, "probe")
	for _, kind := range []string{
		typeNodeGroup, typeAddon, typeMountTarget, "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
		"aws:ec2/route:Route", "aws:ec2/routeTableAssociation:RouteTableAssociation",
	} {
		require.NotEmpty(t, rec.OfType(kind), kind)
		for _, res := range rec.OfType(kind) {
			assert.True(t, rec.DependsOn(probe, res), "does not wait for %s", res.Name)
		}
	}
}

func TestNew_ProtectedPlatformKeepsItsData(t *testing.T) {
	data := []string{"cluster-key", "cluster-files", "cluster-logs"}
	rec := run(t, prod())
	for _, name := range data {
		assert.True(t, rec.Named(t, name).Protect, name)
		assert.True(t, rec.Named(t, name).RetainOnDelete, name)
	}
	control := rec.Named(t, "cluster-cluster")
	assert.True(t, control.Protect)
	assert.False(t, control.RetainOnDelete, "a cluster is of no use without its network")
	assert.EqualValues(t, 30, rec.Named(t, "cluster-key").Input(t, "deletionWindowInDays"))

	for _, res := range run(t, dev()).All() {
		assert.False(t, res.Protect, res.Name)
		assert.False(t, res.RetainOnDelete, res.Name)
	}
}

func TestNew_PreviewOfANewClusterSucceeds(t *testing.T) {
	up := run(t, prod())
	preview := &componenttest.Recorder{Preview: true, Invoke: account}
	require.NoError(t, preview.Run(func(ctx *pulumi.Context) error {
		_, err := New(ctx, "cluster", prod())
		return err
	}))
	var names, previewed []string
	for _, res := range up.All() {
		names = append(names, res.URN)
	}
	for _, res := range preview.All() {
		previewed = append(previewed, res.URN)
	}
	assert.Equal(t, names, previewed, "preview and up register the same resources")
}

func TestNew_BadArgumentsRegisterNothing(t *testing.T) {
	for _, test := range []struct {
		name    string
		change  func(*Args)
		message []string
	}{
		{"no region", func(a *Args) { a.Platform.Region = "" }, []string{"aws:region"}},
		{"a name EKS refuses", func(a *Args) { a.Platform.Name = "-x" }, []string{"gantry:name", `"-x"`}},
		{"one zone", func(a *Args) { a.Platform.Cluster.Zones = 1 }, []string{"gantry:cluster.zones is 1", "2 to 6"}},
		{"a network that is none", func(a *Args) { a.Platform.Cluster.NetworkCIDR = "ten" }, []string{"gantry:cluster.networkCidr", `"ten"`}},
		{"an open endpoint", func(a *Args) { a.Platform.Cluster.PublicAccessCIDRs = []string{"0.0.0.0/0"} }, []string{"publicAccessCidrs"}},
		{"a Kubernetes version without pinned add-ons", func(a *Args) { a.Platform.Cluster.Version = "1.20" },
			[]string{`gantry:cluster.version: no version of the add-on coredns is pinned for Kubernetes 1.20`, "1.33, 1.34, 1.35, 1.36", "gantry:addons.versions.coredns"}},
		{"no system pool", func(a *Args) { a.Pools = a.Pools[1:] }, []string{"role system"}},
		{"a pool without machines", func(a *Args) { a.Pools[0].Machines = nil }, []string{"pool system has no machine type"}},
		{"a pool of more zones than there are", func(a *Args) { a.Pools[0].Zones = 3 }, []string{"pool system spans 3 zones"}},
		{"all problems at once", func(a *Args) { a.Platform.Region, a.Platform.Cluster.Zones = "", 9 },
			[]string{"aws:region", "gantry:cluster.zones is 9"}},
		{"two taints of one key", func(a *Args) {
			a.Pools[0].NodeTaints = []spec.Taint{{Key: "k", Value: "v", Effect: spec.NoSchedule}, {Key: "k", Value: "v", Effect: spec.NoExecute}}
		}, []string{"pool system has two taints with the key k"}},
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
