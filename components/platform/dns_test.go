package platform

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/componenttest/manifest"
	"gantry.dev/gantry/modules/spec"
)

func TestDNS_WritesIntoTheOneZone(t *testing.T) {
	for cloud, want := range map[spec.Cloud]struct {
		provider string
		args     map[string]any
	}{
		spec.AWS:   {"aws", map[string]any{"zone-id-filter": zones[spec.AWS]}},
		spec.GCP:   {"google", map[string]any{"zone-id-filter": "ml-example-com", "google-project": "example-project"}},
		spec.Azure: {"azure", map[string]any{"zone-id-filter": "/ml.example.com"}},
	} {
		f := wayIn(t, cloud, named(cloud))
		f.run(t)
		want.args["gateway-name"] = GatewayName
		assert.Equal(t, want.provider, f.values(t, dnsName, "provider.name"), cloud)
		assert.Equal(t, want.args, f.values(t, dnsName, "extraArgs"), cloud)
		assert.Equal(t, []any{"ml.example.com"}, f.values(t, dnsName, "domainFilters"))
		assert.Equal(t, []any{"gateway-httproute"}, f.values(t, dnsName, "sources"))
		assert.Equal(t, GatewayNamespace, f.values(t, dnsName, "gatewayNamespace"))
		assert.Equal(t, "sync", f.values(t, dnsName, "policy"))
		assert.Equal(t, "gantry-dev", f.values(t, dnsName, "txtOwnerId"), "records of another platform are left alone")
		assert.True(t, f.rec.DependsOn(f.release(t, dnsName), f.release(t, gatewayAddonName)))

		binding := Bindings(f.args.Platform)[dnsName]
		assert.Equal(t, DNSNamespace, binding.Namespace)
		assert.Equal(t, f.values(t, dnsName, "serviceAccount.name"), binding.ServiceAccount)
		require.Len(t, binding.Grants, 1)
		assert.Equal(t, cluster.ManageDNS, binding.Grants[0].Kind)
	}
}

func TestDNS_KnowsTheRegionWithoutTheMetadataOfNodes(t *testing.T) {
	f := wayIn(t, spec.AWS, named(spec.AWS))
	f.run(t)
	assert.Equal(t, []any{map[string]any{"name": "AWS_DEFAULT_REGION", "value": "us-east-1"}}, f.values(t, dnsName, "env"))
}

func TestDNS_ReadsAFileOnAzure(t *testing.T) {
	f := wayIn(t, spec.Azure, named(spec.Azure))
	f.run(t)
	config := manifest.Decode[corev1.ConfigMap](t, f.rec.Named(t, "platform-dns-azure"))
	assert.Equal(t, DNSNamespace, config.Namespace)
	var file map[string]any
	require.NoError(t, json.Unmarshal([]byte(config.Data["azure.json"]), &file))
	assert.Equal(t, map[string]any{
		"subscriptionId": "11111111-2222-3333-4444-555555555555", "resourceGroup": "dns", "useWorkloadIdentityExtension": true,
	}, file, "and no secret")
	assert.Equal(t, config.Name, f.values(t, dnsName, "extraVolumes[0].configMap.name"))
	assert.Equal(t, f.values(t, dnsName, "extraVolumes[0].name"), f.values(t, dnsName, "extraVolumeMounts[0].name"))
	assert.Equal(t, "/etc/kubernetes", f.values(t, dnsName, "extraVolumeMounts[0].mountPath"))
	assert.True(t, f.rec.DependsOn(f.release(t, dnsName), f.rec.Named(t, "platform-dns-azure")))

	hash := f.values(t, dnsName, "podAnnotations")
	other := wayIn(t, spec.Azure, named(spec.Azure), func(a *spec.Addons) {
		a.DNS.Zone = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/other/providers/Microsoft.Network/dnsZones/ml.example.com"
	})
	other.run(t)
	assert.NotEqual(t, hash, other.values(t, dnsName, "podAnnotations"), "another file starts another pod")
}

func TestDNS_IsNotThereWithoutAZone(t *testing.T) {
	f := wayIn(t, spec.AWS)
	f.run(t)
	for _, res := range f.rec.OfType("kubernetes:helm.sh/v3:Release") {
		assert.NotEqual(t, "platform-"+dnsName, res.Name)
	}
	assert.NotContains(t, Bindings(f.args.Platform), dnsName)
}
