package platform

import (
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/componenttest"
	"gantry.dev/gantry/components/componenttest/manifest"
	"gantry.dev/gantry/modules/spec"
)

const zoneOfAzure = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/dns/providers/Microsoft.Network/dnsZones/ml.example.com"

// zones are those of ml.example.com in the three clouds.
var zones = map[spec.Cloud]string{spec.AWS: "Z0123456789ABCDEFGHIJ", spec.GCP: "ml-example-com", spec.Azure: zoneOfAzure}

// wayIn is a platform with the gateway and its certificates, and nothing else.
func wayIn(t *testing.T, cloud spec.Cloud, edits ...func(a *spec.Addons)) *fixture {
	t.Helper()
	addons := noAddons()
	addons.Gateway.Enabled, addons.Certificates.Enabled = new(true), new(true)
	for _, edit := range edits {
		edit(&addons)
	}
	p := spec.Platform{Project: "gantry", Stack: "dev", Cloud: cloud, Pools: []spec.Pool{system, train, serve}, Addons: addons}
	switch cloud {
	case spec.AWS:
		p.Region = "us-east-1"
	case spec.GCP:
		p.Region, p.Account = "us-central1", "example-project"
	case spec.Azure:
		p.Region, p.Account = "eastus", "11111111-2222-3333-4444-555555555555"
		p.Pools = []spec.Pool{system}
	case spec.Existing:
		p.Pools = []spec.Pool{{Name: "system", Role: spec.RoleSystem, Labels: map[string]string{"pool": "a"}}}
	}
	f := fixtureOf(t, p)
	f.args.Handle.Accounts = map[string]*cluster.BoundAccount{}
	for name := range Bindings(f.args.Platform) {
		f.args.Handle.Accounts[name] = &cluster.BoundAccount{
			Annotations: pulumi.StringMap{"identity": pulumi.String("of-" + name)},
			PodLabels:   map[string]string{"use-identity": "true"},
		}
	}
	return f
}

func public(a *spec.Addons) {
	a.Gateway.Public, a.Gateway.Host = new(true), "models.ml.example.com"
}

func acme(a *spec.Addons) { a.Gateway.Certificate.ACMEEmail = "ml@example.com" }

func named(cloud spec.Cloud) func(a *spec.Addons) {
	return func(a *spec.Addons) {
		a.Gateway.Host, a.DNS = "models.ml.example.com", spec.DNS{Zone: zones[cloud], Domain: "ml.example.com"}
	}
}

func watched(a *spec.Addons) { a.Monitoring.Enabled = new(true) }

// values are those given to the chart of an add-on.
func (f *fixture) values(t *testing.T, addon, path string) any {
	t.Helper()
	return f.release(t, addon).Input(t, "values."+path)
}

// release is the chart of an add-on. Some are called as their namespaces are.
func (f *fixture) release(t *testing.T, addon string) componenttest.Resource {
	t.Helper()
	for _, res := range f.rec.OfType("kubernetes:helm.sh/v3:Release") {
		if res.Name == "platform-"+addon {
			return res
		}
	}
	require.Fail(t, "no release", addon)
	return componenttest.Resource{}
}

func TestGateway_Golden(t *testing.T) {
	for name, f := range map[string]*fixture{
		"aws":   wayIn(t, spec.AWS, watched),
		"gcp":   wayIn(t, spec.GCP, public, acme, named(spec.GCP)),
		"azure": wayIn(t, spec.Azure, acme, named(spec.Azure)),
	} {
		t.Run(name, func(t *testing.T) {
			f.run(t)
			var objects []componenttest.Resource
			for _, res := range f.rec.All() {
				switch namespace := res.Input(t, "metadata.namespace"); {
				case namespace == GatewayNamespace, namespace == CertificatesNamespace, namespace == DNSNamespace,
					res.Input(t, "kind") == "ClusterIssuer", res.Input(t, "kind") == "GatewayClass":
					objects = append(objects, res)
				}
			}
			manifest.Golden(t, "testdata/gateway-"+name+".golden.yaml", objects)
		})
	}
}

func TestGateway_AddressIsInternalUnlessAskedFor(t *testing.T) {
	const aws = "service.beta.kubernetes.io/aws-load-balancer-"
	for cloud, want := range map[spec.Cloud]struct{ key, internal, public string }{
		spec.AWS:   {aws + "scheme", "internal", "internet-facing"},
		spec.GCP:   {"networking.gke.io/load-balancer-type", "Internal", ""},
		spec.Azure: {"service.beta.kubernetes.io/azure-load-balancer-internal", "true", "false"},
	} {
		service := func(edits ...func(*spec.Addons)) map[string]any {
			f := wayIn(t, cloud, edits...)
			f.run(t)
			return f.rec.Named(t, "platform-gateway-proxy").Input(t, "spec.provider.kubernetes.envoyService").(map[string]any)
		}
		internal := service()
		assert.Equal(t, want.internal, internal["annotations"].(map[string]any)[want.key], cloud)
		assert.NotContains(t, internal, "loadBalancerSourceRanges", cloud)

		open := service(public)
		shown, _ := open["annotations"].(map[string]any)[want.key].(string)
		assert.Equal(t, want.public, shown, cloud)
		assert.Equal(t, []any{"0.0.0.0/0"}, open["loadBalancerSourceRanges"], cloud)

		some := service(public, func(a *spec.Addons) { a.Gateway.AllowedCIDRs = []string{"203.0.113.0/24", "198.51.100.0/24"} })
		assert.Equal(t, []any{"203.0.113.0/24", "198.51.100.0/24"}, some["loadBalancerSourceRanges"], cloud)
		for _, one := range []map[string]any{internal, open} {
			assert.Equal(t, "LoadBalancer", one["type"], cloud)
			assert.Equal(t, "Local", one["externalTrafficPolicy"], cloud)
		}
	}
}

func TestGateway_LoadBalancerOfAWSIsTheControllers(t *testing.T) {
	f := wayIn(t, spec.AWS)
	f.run(t)
	proxy := f.rec.Named(t, "platform-gateway-proxy")
	const service = "spec.provider.kubernetes.envoyService"
	assert.Equal(t, "service.k8s.aws/nlb", proxy.Input(t, service+".loadBalancerClass"))
	assert.Equal(t, false, proxy.Input(t, service+".allocateLoadBalancerNodePorts"), "pods are the targets")
	for _, cloud := range []spec.Cloud{spec.GCP, spec.Azure} {
		f := wayIn(t, cloud)
		f.run(t)
		proxy := f.rec.Named(t, "platform-gateway-proxy")
		assert.Nil(t, proxy.Input(t, service+".loadBalancerClass"), cloud)
		assert.Nil(t, proxy.Input(t, service+".allocateLoadBalancerNodePorts"), cloud)
	}
}

func TestGateway_BothSidesSpeakTheProxyProtocolOrNeitherDoes(t *testing.T) {
	for _, cloud := range []spec.Cloud{spec.AWS, spec.GCP, spec.Azure} {
		f := wayIn(t, cloud)
		f.run(t)
		annotations := f.rec.Named(t, "platform-gateway-proxy").Input(t, "spec.provider.kubernetes.envoyService.annotations").(map[string]any)
		_, spoken := annotations["service.beta.kubernetes.io/aws-load-balancer-proxy-protocol"]
		understood := f.rec.Named(t, "platform-gateway-clients").Input(t, "spec.proxyProtocol") != nil
		assert.Equal(t, spoken, understood, cloud)
		assert.Equal(t, cloud == spec.AWS, spoken, cloud)
	}
}

func TestGateway_OfAnExistingClusterHasTheUsersAnnotations(t *testing.T) {
	f := wayIn(t, spec.Existing, func(a *spec.Addons) {
		a.Gateway.LoadBalancerAnnotations = map[string]string{"example.com/internal": "true"}
	})
	f.run(t)
	proxy := f.rec.Named(t, "platform-gateway-proxy")
	assert.Equal(t, map[string]any{"example.com/internal": "true"}, proxy.Input(t, "spec.provider.kubernetes.envoyService.annotations"))
	assert.Equal(t, map[string]any{}, proxy.Input(t, "spec.provider.kubernetes.envoyDeployment.pod.nodeSelector"), "its nodes have none of Gantry's labels")
	assert.Equal(t, false, f.values(t, gatewayAddonName, "crds.gatewayAPI.safeUpgradePolicy.enabled"), "others may have installed the definitions")
}

func TestGateway_NoModelIsServedInTheClear(t *testing.T) {
	f := wayIn(t, spec.AWS, func(a *spec.Addons) { a.Gateway.Host = "models.example.com" })
	f.run(t)
	gateway := f.rec.Named(t, "platform-gateway-object")
	listeners := gateway.Input(t, "spec.listeners").([]any)
	require.Len(t, listeners, 2)
	plain, encrypted := listeners[0].(map[string]any), listeners[1].(map[string]any)

	assert.Equal(t, "HTTP", plain["protocol"])
	assert.Equal(t, map[string]any{"namespaces": map[string]any{"from": "Same"}}, plain["allowedRoutes"])
	assert.Equal(t, GatewayListenerHTTPS, encrypted["name"])
	assert.Equal(t, "HTTPS", encrypted["protocol"])
	assert.Equal(t, map[string]any{"kubernetes.io/metadata.name": ModelNamespace},
		gateway.Input(t, "spec.listeners[1].allowedRoutes.namespaces.selector.matchLabels"))
	for _, listener := range listeners {
		assert.Equal(t, "models.example.com", listener.(map[string]any)["hostname"])
	}

	redirect := f.rec.Named(t, "platform-gateway-redirect")
	assert.Equal(t, plain["name"], redirect.Input(t, "spec.parentRefs[0].sectionName"))
	assert.Equal(t, "https", redirect.Input(t, "spec.rules[0].filters[0].requestRedirect.scheme"))
	assert.EqualValues(t, 308, redirect.Input(t, "spec.rules[0].filters[0].requestRedirect.statusCode"), "a POST stays one")
	assert.Nil(t, redirect.Input(t, "spec.rules[0].backendRefs"))
	assert.Equal(t, "1.2", f.rec.Named(t, "platform-gateway-clients").Input(t, "spec.tls.minVersion"))
}

func TestGateway_AnyNameWhereNoneIsGiven(t *testing.T) {
	f := wayIn(t, spec.GCP)
	f.run(t)
	for _, listener := range f.rec.Named(t, "platform-gateway-object").Input(t, "spec.listeners").([]any) {
		assert.NotContains(t, listener, "hostname")
	}
	assert.Equal(t, []string{gatewayAnyHost}, f.rec.Named(t, "platform-gateway-certificate").Strings(t, "spec.dnsNames"))
}

// On destroy everything goes in the opposite order: the namespace waits for the
// load balancer, and the controller that takes it away goes last.
func TestGateway_ControllersOutliveWhatTheyTakeAway(t *testing.T) {
	f := wayIn(t, spec.AWS)
	f.run(t)
	rec := &f.rec
	balancer, release := f.release(t, loadBalancerName), f.release(t, gatewayAddonName)
	for _, later := range []string{"platform-gateway", "platform-" + gatewayAddonName, "platform-gateway-object"} {
		assert.True(t, rec.DependsOn(rec.Named(t, later), balancer), later)
	}
	chain := []string{"platform-gateway-proxy", "platform-gateway-class", "platform-gateway-object", "platform-gateway-clients", "platform-gateway-redirect"}
	before := release
	for _, name := range chain {
		res := rec.Named(t, name)
		assert.True(t, rec.DependsOn(res, before), name)
		before = res
	}
	assert.True(t, rec.DependsOn(f.release(t, certificatesName), release), "it needs the Gateway API at its start")
}

func TestGateway_ReadinessOfProxiesIsTheLoadBalancers(t *testing.T) {
	f := wayIn(t, spec.AWS)
	f.run(t)
	labels := f.rec.Named(t, "platform-gateway").Input(t, "metadata.labels").(map[string]any)
	assert.Equal(t, "enabled", labels["elbv2.k8s.aws/pod-readiness-gate-inject"])
	assert.Equal(t, "restricted", labels["pod-security.kubernetes.io/enforce"])
	assert.NotContains(t, f.rec.Named(t, "platform-models").Input(t, "metadata.labels"), "elbv2.k8s.aws/pod-readiness-gate-inject")
}

func TestGateway_RunsTwiceOnSystemPools(t *testing.T) {
	for _, cloud := range []spec.Cloud{spec.AWS, spec.GCP, spec.Azure} {
		f := wayIn(t, cloud, named(cloud), acme)
		f.run(t)
		var places []any
		for _, at := range []struct{ addon, path string }{
			{gatewayAddonName, "deployment.pod."}, {gatewayAddonName, "certgen.job."},
			{certificatesName, ""}, {certificatesName, "webhook."}, {certificatesName, "cainjector."}, {certificatesName, "startupapicheck."},
			{dnsName, ""},
		} {
			assert.Equal(t, map[string]any{"gantry.dev/role": "system"}, f.values(t, at.addon, at.path+"nodeSelector"), at.addon+"."+at.path)
			places = append(places, f.values(t, at.addon, at.path+"tolerations"))
		}
		proxy := f.rec.Named(t, "platform-gateway-proxy")
		assert.Equal(t, map[string]any{"gantry.dev/role": "system"}, proxy.Input(t, "spec.provider.kubernetes.envoyDeployment.pod.nodeSelector"))
		places = append(places, proxy.Input(t, "spec.provider.kubernetes.envoyDeployment.pod.tolerations"))
		want := []any{}
		if cloud == spec.Azure {
			want = append(want, map[string]any{"key": "CriticalAddonsOnly", "operator": "Equal", "value": "true", "effect": "NoSchedule"})
		}
		for _, got := range places {
			assert.Equal(t, want, got, "%s: the taints of system pools, and no GPU's", cloud)
		}
		assert.EqualValues(t, 2, f.values(t, gatewayAddonName, "deployment.replicas"))
		assert.EqualValues(t, 1, f.values(t, gatewayAddonName, "podDisruptionBudget.minAvailable"))
		assert.EqualValues(t, 2, proxy.Input(t, "spec.provider.kubernetes.envoyHpa.minReplicas"))
		assert.EqualValues(t, 1, proxy.Input(t, "spec.provider.kubernetes.envoyPDB.maxUnavailable"))
	}
}

func TestGateway_IsScrapedWhereSomethingScrapes(t *testing.T) {
	for _, watching := range []bool{true, false} {
		edits := []func(*spec.Addons){named(spec.AWS)}
		if watching {
			edits = append(edits, watched)
		}
		f := wayIn(t, spec.AWS, edits...)
		f.run(t)
		assert.Equal(t, watching, len(f.rec.OfType("kubernetes:monitoring.coreos.com/v1:PodMonitor")) == 1)
		for addon, path := range map[string]string{
			certificatesName: "prometheus.servicemonitor.enabled", loadBalancerName: "serviceMonitor.enabled", dnsName: "serviceMonitor.enabled",
		} {
			assert.Equal(t, watching, f.values(t, addon, path), addon)
			if watching {
				assert.True(t, f.rec.DependsOn(f.release(t, addon), f.release(t, monitoringName)), addon)
			}
		}
	}
}

func TestGateway_AccessLogKeepsQueriesToItself(t *testing.T) {
	text, err := json.Marshal(accessLog())
	require.NoError(t, err)
	assert.Contains(t, string(text), "REQ_WITHOUT_QUERY")
	for _, whole := range []string{"%REQ(:PATH)%", "X-ENVOY-ORIGINAL-PATH?:PATH)%\"}", "AUTHORIZATION", "COOKIE"} {
		assert.NotContains(t, string(text), whole)
	}
}

func TestGateway_HasNoSecretOfItsOwn(t *testing.T) {
	for _, cloud := range []spec.Cloud{spec.AWS, spec.GCP, spec.Azure} {
		f := wayIn(t, cloud, public, acme, named(cloud))
		f.run(t)
		assert.Empty(t, f.rec.OfType("kubernetes:core/v1:Secret"), "certificates and keys are made in the cluster")
		for _, addon := range []string{dnsName, certificatesName} {
			assert.Equal(t, "of-"+addon, f.values(t, addon, "serviceAccount.annotations.identity"), "it is somebody by its service account")
			assert.Equal(t, map[string]any{"use-identity": "true"}, f.values(t, addon, "podLabels"))
		}
	}
}
