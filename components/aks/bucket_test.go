package aks

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/components/cluster"
)

const typeStorage = "azure-native:storage:StorageAccount"

func TestModelBucket_IsPrivateAndVersioned(t *testing.T) {
	rec := run(t, stocked(dev()))
	account := rec.Named(t, "cluster-models")
	for key, want := range map[string]any{
		"kind": "StorageV2", "sku.name": "Standard_ZRS", "allowSharedKeyAccess": false, "allowBlobPublicAccess": false,
		"enableHttpsTrafficOnly": true, "minimumTlsVersion": "TLS1_2", "allowCrossTenantReplication": false,
	} {
		assert.Equal(t, want, account.Input(t, key), key)
	}
	versions := rec.Named(t, "cluster-models-versions")
	assert.Equal(t, "default", versions.Input(t, "blobServicesName"))
	assert.Equal(t, true, versions.Input(t, "isVersioningEnabled"))
	for _, kind := range []string{"deleteRetentionPolicy", "containerDeleteRetentionPolicy"} {
		assert.Equal(t, map[string]any{"enabled": true, "days": 30.0}, versions.Input(t, kind))
	}
	expiry := rec.Named(t, "cluster-models-expiry")
	assert.Equal(t, map[string]any{"version": map[string]any{"delete": map[string]any{"daysAfterCreationGreaterThan": 30.0}}},
		expiry.Input(t, "policy.rules[0].definition.actions"), "no file that is there goes by itself")
	container := rec.Named(t, "cluster-models-container")
	assert.Equal(t, "None", container.Input(t, "publicAccess"))
	assert.True(t, rec.DependsOn(container, versions), "no file comes before its versions are kept")

	values := resolve(t, stocked(dev()), func(h *cluster.Handle) []pulumi.StringOutput {
		return []pulumi.StringOutput{h.Bucket.URL, h.Bucket.Resource, h.Network}
	})
	assert.Equal(t, []string{
		"https://" + account.Input(t, "accountName").(string) + ".blob.core.windows.net/models", "cluster-models-container-id", "cluster-vnet-id",
	}, values)
}

func TestModelBucket_LetsTheClusterInAndWhoeverMayReachItsAPI(t *testing.T) {
	args := edit(stocked(dev()), func(a *Args) {
		a.Platform.Cluster.PublicAccessCIDRs = []string{"203.0.113.0/24", "198.51.100.7/32", "192.0.2.9/31"}
	})
	rec := run(t, args)
	account := rec.Named(t, "cluster-models")
	assert.Equal(t, "Deny", account.Input(t, "networkRuleSet.defaultAction"))
	var subnets []any
	for _, rule := range account.Input(t, "networkRuleSet.virtualNetworkRules").([]any) {
		subnets = append(subnets, rule.(map[string]any)["virtualNetworkResourceId"])
	}
	var want []any
	for _, subnet := range rec.OfType(typeSubnet) {
		want = append(want, subnet.Name+"-id")
	}
	assert.ElementsMatch(t, want, subnets)
	assert.Equal(t, []any{
		map[string]any{"action": "Allow", "iPAddressOrRange": "203.0.113.0/24"},
		map[string]any{"action": "Allow", "iPAddressOrRange": "198.51.100.7"},
		map[string]any{"action": "Allow", "iPAddressOrRange": "192.0.2.8"},
		map[string]any{"action": "Allow", "iPAddressOrRange": "192.0.2.9"},
	}, account.Input(t, "networkRuleSet.ipRules"))
}

func TestModelBucket_KeepsItsData(t *testing.T) {
	for name, args := range map[string]*Args{"dev": dev(), "prod": prod()} {
		rec := run(t, stocked(args))
		for _, what := range []string{"cluster-models", "cluster-models-versions", "cluster-models-expiry", "cluster-models-container"} {
			assert.Equal(t, args.Platform.Protected(), rec.Named(t, what).Protect, "%s %s", name, what)
			assert.Equal(t, args.Platform.Protected(), rec.Named(t, what).RetainOnDelete, "%s %s", name, what)
		}
	}
}
