package gke

import (
	"errors"
	"strings"
	"testing"

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
	assert.Equal(t, project, provider.Input(t, "project"))
	assert.Equal(t, "us-central1", provider.Input(t, "region"))
}

func TestNew_LooksUpWithTheExplicitProvider(t *testing.T) {
	calls := run(t, dev()).Calls()
	assert.Len(t, calls, 4, "the project, the zones, and the machine types of each")
	for _, call := range calls {
		assert.Contains(t, call.Provider, typeProvider, "%s asks whatever project the shell is set to", call.Token)
	}
}

func TestNew_LabelsReachWhatTheProvidersDefaultDoesNot(t *testing.T) {
	want := map[string]any{"gantry-dev-platform": "gantry-prod", "gantry-dev-stack": "prod", "team": "ml"}
	rec := run(t, prod())
	assert.Equal(t, want, rec.OfType(typeProvider)[0].Input(t, "defaultLabels"))
	assert.Equal(t, want, rec.Named(t, "cluster-cluster").Input(t, "resourceLabels"))
	for _, pool := range rec.OfType(typeNodePool) {
		assert.Equal(t, want, pool.Input(t, "nodeConfig.resourceLabels"), pool.Name)
	}
}

func TestNew_HandleTellsWhatRunsInTheCluster(t *testing.T) {
	var handle *cluster.Handle
	_, err := try(prod(), func(h *cluster.Handle) { handle = h })
	require.NoError(t, err)
	assert.Equal(t, "gantry-prod", handle.Name)
	assert.Equal(t, prod().Pools, handle.Pools, "in the order of the configuration, although system pools are made first")
	assert.NotNil(t, handle.Binder)

	values := resolve(t, prod(), func(h *cluster.Handle) []pulumi.StringOutput {
		return []pulumi.StringOutput{h.Endpoint}
	})
	assert.Equal(t, []string{"https://10.0.255.242"}, values)
}

func TestNew_IdentifierIsOfOneClusterAndNoSecret(t *testing.T) {
	identify := func() string {
		return resolve(t, dev(), func(h *cluster.Handle) []pulumi.StringOutput {
			assert.False(t, pulumi.IsSecret(h.Identifier))
			return []pulumi.StringOutput{h.Identifier}
		})[0]
	}
	first, again := identify(), identify()
	assert.Equal(t, first, again)
	assert.Regexp(t, `^cluster-cluster-id#[0-9a-f]{16}$`, first)

	certificate = "T1RIRVI="
	defer func() { certificate = "Q0E=" }()
	assert.NotEqual(t, first, identify(), "a new cluster of the same name has an authority of its own")
}

func TestNew_KubeconfigIsSecretAndHoldsNoToken(t *testing.T) {
	var secret bool
	values := resolve(t, dev(), func(h *cluster.Handle) []pulumi.StringOutput {
		secret = pulumi.IsSecret(h.Kubeconfig)
		return []pulumi.StringOutput{h.Kubeconfig}
	})
	assert.Contains(t, values[0], "server: https://10.0.255.242")
	assert.Contains(t, values[0], "certificate-authority-data: Q0E=")
	assert.Contains(t, values[0], "command: gke-gcloud-auth-plugin")
	assert.NotContains(t, values[0], "token:")
	assert.True(t, secret)
}

// Ready is what in-cluster objects wait for, and what outlives them on destroy.
func TestNew_ReadyCoversNodesAccessAndNetwork(t *testing.T) {
	rec := &componenttest.Recorder{Outputs: outputs, Invoke: lookup}
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
		typeNodePool, typeFirewall, typeNAT, typeSubnet, typeIAMMember, typeService, "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
	} {
		require.NotEmpty(t, rec.OfType(kind), kind)
		for _, res := range rec.OfType(kind) {
			assert.True(t, rec.DependsOn(probe, res), "does not wait for %s", res.Name)
		}
	}
}

func TestNew_ProtectedPlatformKeepsItsData(t *testing.T) {
	rec := run(t, prod())
	for _, name := range []string{"cluster-keys", "cluster-key"} {
		assert.True(t, rec.Named(t, name).Protect, name)
		assert.True(t, rec.Named(t, name).RetainOnDelete, name)
	}
	control := rec.Named(t, "cluster-cluster")
	assert.True(t, control.Protect)
	assert.False(t, control.RetainOnDelete, "a cluster is of no use without its network")
	assert.Equal(t, true, control.Input(t, "deletionProtection"))

	rec = run(t, dev())
	for _, res := range rec.All() {
		assert.False(t, res.Protect, res.Name)
		assert.False(t, res.RetainOnDelete, res.Name)
	}
	assert.Equal(t, false, rec.Named(t, "cluster-cluster").Input(t, "deletionProtection"))
}

func TestNew_PreviewOfANewClusterSucceedsAndAsksNothingOfComputeEngine(t *testing.T) {
	up := run(t, prod())
	preview := &componenttest.Recorder{Preview: true, Invoke: func(token string, args resource.PropertyMap) (resource.PropertyMap, error) {
		if token != callProject {
			return nil, errors.New("SERVICE_DISABLED")
		}
		return lookup(token, args)
	}}
	require.NoError(t, preview.Run(func(ctx *pulumi.Context) error {
		_, err := New(ctx, "cluster", prod())
		return err
	}))
	assert.Equal(t, urns(up.All()), urns(preview.All()), "preview and up register the same resources")
}

func TestNew_BadArgumentsRegisterNothing(t *testing.T) {
	for _, test := range []struct {
		name    string
		change  func(*Args)
		message []string
	}{
		{"no region", func(a *Args) { a.Platform.Region = "" }, []string{"gcp:region"}},
		{"no project", func(a *Args) { a.Platform.Account = "" }, []string{"gcp:project"}},
		{"a name GKE refuses", func(a *Args) { a.Platform.Name = "Dev" }, []string{"gantry:name", `"Dev"`}},
		{"a name too long for GKE", func(a *Args) { a.Platform.Name = strings.Repeat("x", 41) }, []string{"gantry:name", "at most 40"}},
		{"no version", func(a *Args) { a.Platform.Cluster.Version = "" }, []string{"gantry:cluster.version"}},
		{"one zone", func(a *Args) { a.Platform.Cluster.Zones = 1 }, []string{"gantry:cluster.zones is 1", "2 or more"}},
		{"a network that is none", func(a *Args) { a.Platform.Cluster.NetworkCIDR = "ten" }, []string{"gantry:cluster.networkCidr", `"ten"`}},
		{"pods inside the network", func(a *Args) { a.Platform.Cluster.PodCIDR = "10.0.0.0/14" }, []string{"overlap", "10.0.0.0/16"}},
		{"an open endpoint", func(a *Args) { a.Platform.Cluster.PublicAccessCIDRs = []string{"0.0.0.0/0"} }, []string{"publicAccessCidrs"}},
		{"an admin of another cloud", func(a *Args) { a.Platform.Cluster.Admins = []string{"arn:aws:iam::111122223333:role/x"} },
			[]string{"gantry:cluster.admins", "group:ml@example.com"}},
		{"a domain as admin", func(a *Args) { a.Platform.Cluster.Admins = []string{"domain:example.com"} }, []string{`"domain:example.com"`}},
		{"everybody as admin", func(a *Args) { a.Platform.Cluster.Admins = []string{"allUsers"} }, []string{`"allUsers"`}},
		{"a second device plugin", func(a *Args) { a.Platform.Addons.DevicePlugin.Enabled = on() }, []string{"gantry:addons.devicePlugin.enabled"}},
		{"tags that are one label", func(a *Args) { a.Platform.Tags = map[string]string{"team": "a", "Team": "b"} }, []string{"Team and team"}},
		{"no system pool", func(a *Args) { a.Pools = a.Pools[:1] }, []string{"role system"}},
		{"a pool without machines", func(a *Args) { a.Pools[0].Machines = nil }, []string{"pool serve has no machine type"}},
		{"a pool of two machine types", func(a *Args) { a.Pools[0].Machines = append(a.Pools[0].Machines, a.Pools[0].Machines...) },
			[]string{"pool serve has 2 machine types"}},
		{"a pool of more zones than there are", func(a *Args) { a.Pools[0].Zones = 3 }, []string{"pool serve spans 3 zones"}},
		{"an accelerator without a name", func(a *Args) { a.Pools[0].Machines[0].Type = "x9-mega-8g" }, []string{"pool serve", "x9-mega-8g"}},
		{"all problems at once", func(a *Args) { a.Platform.Region, a.Platform.Cluster.Zones = "", 0 },
			[]string{"gcp:region", "gantry:cluster.zones is 0"}},
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

func TestNew_FailedLookupIsAnErrorNotAPanic(t *testing.T) {
	for _, token := range []string{callProject, callZones, callMachineTypes} {
		_, err := tryIn(func(called string, args resource.PropertyMap) (resource.PropertyMap, error) {
			if called == token {
				return nil, errors.New("invalid_grant")
			}
			return lookup(called, args)
		}, dev(), nil)
		assert.ErrorContains(t, err, "invalid_grant", token)
		assert.ErrorContains(t, err, "gke cluster cluster", token)
	}
}

func TestNew_OfANewProjectTellsWhichAPIToEnable(t *testing.T) {
	_, err := tryIn(func(string, resource.PropertyMap) (resource.PropertyMap, error) {
		return nil, errors.New("Cloud Resource Manager API has not been used in project 123 before or it is disabled")
	}, dev(), nil)
	assert.ErrorContains(t, err, "gcloud services enable cloudresourcemanager.googleapis.com --project ml-platform")
}

func TestServices_AreEnabledBeforeAnythingElseAndStay(t *testing.T) {
	rec := run(t, prod())
	var enabled []string
	for _, service := range rec.OfType(typeService) {
		enabled = append(enabled, service.Input(t, "service").(string))
		assert.Equal(t, false, service.Input(t, "disableOnDestroy"), service.Name)
		for _, name := range []string{"cluster-vpc", "cluster-keys", "cluster-node-account", "cluster-cluster"} {
			assert.True(t, rec.DependsOn(rec.Named(t, name), service), "%s before %s", service.Name, name)
		}
	}
	for _, api := range []string{"compute", "container", "cloudkms", "iam", "iamcredentials", "file", "containerfilesystem"} {
		assert.Contains(t, enabled, api+".googleapis.com")
	}

	few := run(t, edit(dev(), func(a *Args) { a.Pools = a.Pools[1:2] }))
	for _, service := range few.OfType(typeService) {
		assert.NotContains(t, []any{"file.googleapis.com", "containerfilesystem.googleapis.com"}, service.Input(t, "service"),
			"no model stores files and no pool streams images")
	}
}

func TestNames_OfALongPlatformFit(t *testing.T) {
	args := edit(dev(), func(a *Args) { a.Platform.Name = strings.Repeat("platform", 5) })
	rec := &componenttest.Recorder{Outputs: outputs, Invoke: lookup}
	require.NoError(t, rec.Run(func(ctx *pulumi.Context) error {
		_, err := New(ctx, args.Platform.Name, args)
		return err
	}))
	const random = len("-1a2b3c4") // what the provider appends
	seen := map[string]bool{}
	for _, pool := range rec.OfType(typeNodePool) {
		assert.LessOrEqual(t, len(pool.Name)+random, 40, pool.Name)
		assert.False(t, seen[pool.Name], pool.Name)
		seen[pool.Name] = true
	}
	for _, kind := range []string{"gcp:compute/network:Network", typeSubnet, "gcp:compute/router:Router", typeNAT, typeFirewall,
		"gcp:kms/keyRing:KeyRing", "gcp:kms/cryptoKey:CryptoKey"} {
		assert.Nil(t, rec.OfType(kind)[0].Input(t, "name"), "%s: a fixed name cannot be replaced without a gap", kind)
		assert.LessOrEqual(t, len(rec.OfType(kind)[0].Name)+random, 63, kind)
	}
	for _, account := range rec.OfType(typeAccount) {
		assert.Regexp(t, `^[a-z]([-a-z0-9]{4,28}[a-z0-9])$`, account.Input(t, "accountId"))
	}
}

func TestPlatformsOfEveryVersionAreAccepted(t *testing.T) {
	for _, version := range spec.KubernetesVersions {
		args := edit(dev(), func(a *Args) { a.Platform.Cluster.Version = version })
		assert.NoError(t, args.validate(), version)
	}
}

func urns(all []componenttest.Resource) []string {
	var out []string
	for _, res := range all {
		out = append(out, res.URN)
	}
	return out
}
