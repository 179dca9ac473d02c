package aks

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/spec"
)

func TestControlPlane_IsPrivateUnlessRangesAreNamed(t *testing.T) {
	private := run(t, dev()).Named(t, "cluster-cluster")
	assert.Equal(t, map[string]any{
		"enablePrivateCluster": true, "enablePrivateClusterPublicFQDN": false, "privateDNSZone": "system", "disableRunCommand": true,
	}, private.Input(t, "apiServerAccessProfile"))

	ranges := []string{"203.0.113.0/24"}
	public := run(t, edit(dev(), func(a *Args) { a.Platform.Cluster.PublicAccessCIDRs = ranges })).Named(t, "cluster-cluster")
	assert.Equal(t, map[string]any{
		"enablePrivateCluster": false, "disableRunCommand": true,
		"authorizedIPRanges": []any{"203.0.113.0/24", egress + "/32"},
	}, public.Input(t, "apiServerAccessProfile"), "nodes come from the address of the NAT gateway")
	assert.Equal(t, []string{"203.0.113.0/24"}, ranges, "the argument is not changed")
}

func TestControlPlane_Hardening(t *testing.T) {
	control := run(t, dev()).Named(t, "cluster-cluster")
	assert.Equal(t, "gantry-dev", control.Input(t, "resourceName"))
	assert.Equal(t, "1.34", control.Input(t, "kubernetesVersion"))
	assert.Equal(t, true, control.Input(t, "disableLocalAccounts"))
	assert.Equal(t, true, control.Input(t, "enableRBAC"))
	assert.Equal(t, true, control.Input(t, "aadProfile.managed"))
	assert.Equal(t, true, control.Input(t, "aadProfile.enableAzureRBAC"))
	assert.Equal(t, true, control.Input(t, "oidcIssuerProfile.enabled"))
	assert.Equal(t, true, control.Input(t, "securityProfile.workloadIdentity.enabled"))
	assert.Equal(t, true, control.Input(t, "securityProfile.imageCleaner.enabled"))
	assert.Equal(t, "ReadOnly", control.Input(t, "nodeResourceGroupProfile.restrictionLevel"))
	for _, driver := range []string{"diskCSIDriver", "fileCSIDriver", "blobCSIDriver", "snapshotController"} {
		assert.Equal(t, true, control.Input(t, "storageProfile."+driver+".enabled"), driver)
	}
}

func TestControlPlane_IsOverlayWithCiliumBehindTheNATGateway(t *testing.T) {
	assert.Equal(t, map[string]any{
		"networkPlugin": "azure", "networkPluginMode": "overlay", "networkDataplane": "cilium", "networkPolicy": "cilium",
		"outboundType": "userAssignedNATGateway", "loadBalancerSku": "standard",
		"podCidr": "100.64.0.0/14", "serviceCidr": "172.20.0.0/20", "dnsServiceIP": "172.20.0.10",
	}, run(t, dev()).Named(t, "cluster-cluster").Input(t, "networkProfile"))
}

func TestControlPlane_TierIsPaidWhereThePlatformIsProtected(t *testing.T) {
	assert.Equal(t, map[string]any{"name": "Base", "tier": "Free"}, run(t, dev()).Named(t, "cluster-cluster").Input(t, "sku"))
	assert.Equal(t, map[string]any{"name": "Base", "tier": "Standard"}, run(t, prod()).Named(t, "cluster-cluster").Input(t, "sku"))
}

func TestControlPlane_ReplacedWhereAKSRefusesTheChange(t *testing.T) {
	control := run(t, dev()).Named(t, "cluster-cluster")
	assert.True(t, control.DeleteBeforeReplace, "the name is taken")
	assert.Contains(t, control.ReplaceOnChanges, "apiServerAccessProfile.enablePrivateCluster")
	assert.Contains(t, control.ReplaceOnChanges, "networkProfile.podCidr")
	for _, path := range control.ReplaceOnChanges {
		assert.NotContains(t, path, "agentPoolProfiles", "a refresh may list the pools in another order")
	}
	assert.GreaterOrEqual(t, control.CreateTimeout.Minutes(), 30.0)
}

func TestControlPlane_ActsWithIdentitiesOfItsOwn(t *testing.T) {
	control := run(t, dev()).Named(t, "cluster-cluster")
	assert.Equal(t, "UserAssigned", control.Input(t, "identity.type"))
	assert.Equal(t, []string{"cluster-control-plane-id"}, control.Strings(t, "identity.userAssignedIdentities"))
	assert.Equal(t, map[string]any{"kubeletidentity": map[string]any{
		"resourceId": "cluster-kubelet-id", "clientId": "cluster-kubelet-client", "objectId": "cluster-kubelet-principal",
	}}, control.Input(t, "identityProfile"))
	assert.Nil(t, control.Input(t, "servicePrincipalProfile"))
}

func TestControlPlane_GroupOfNodesFits(t *testing.T) {
	long := run(t, edit(dev(), func(a *Args) { a.Platform.Name = strings.Repeat("platform", 5) }))
	name := long.Named(t, "cluster-cluster").Input(t, "nodeResourceGroup").(string)
	assert.LessOrEqual(t, len(name), 80)
	assert.Equal(t, "gantry-dev-nodes", run(t, dev()).Named(t, "cluster-cluster").Input(t, "nodeResourceGroup"))
}

func TestControlPlane_LogsToAWorkspaceThatOutlivesIt(t *testing.T) {
	rec := run(t, dev())
	logs, setting := rec.Named(t, "cluster-logs"), rec.Named(t, "cluster-control-plane-logs")
	assert.Equal(t, "gantry-dev-logs", logs.Input(t, "workspaceName"))
	assert.EqualValues(t, 90, logs.Input(t, "retentionInDays"))
	assert.Equal(t, "cluster-logs-id", setting.Input(t, "workspaceId"))
	assert.Equal(t, "cluster-cluster-id", setting.Input(t, "resourceUri"))
	assert.Equal(t, "Dedicated", setting.Input(t, "logAnalyticsDestinationType"))
	var kinds []any
	for _, kind := range setting.Input(t, "logs").([]any) {
		assert.Equal(t, true, kind.(map[string]any)["enabled"])
		kinds = append(kinds, kind.(map[string]any)["category"])
	}
	assert.ElementsMatch(t, []any{"kube-apiserver", "kube-audit-admin", "guard", "kube-controller-manager",
		"kube-scheduler", "cloud-controller-manager", "cluster-autoscaler"}, kinds)
}

func TestMaintenance_HasAWindowForEachKindOfUpgrade(t *testing.T) {
	rec := run(t, dev())
	control := rec.Named(t, "cluster-cluster")
	assert.Equal(t, map[string]any{"upgradeChannel": "patch", "nodeOSUpgradeChannel": "NodeImage"}, control.Input(t, "autoUpgradeProfile"))
	days := map[any]any{}
	for _, w := range rec.OfType(typeMaintenance) {
		assert.Equal(t, "gantry-dev", w.Input(t, "resourceName"))
		assert.GreaterOrEqual(t, w.Input(t, "maintenanceWindow.durationHours"), 4.0, "AKS takes no shorter window")
		assert.EqualValues(t, 1, w.Input(t, "maintenanceWindow.schedule.weekly.intervalWeeks"))
		days[w.Input(t, "configName")] = w.Input(t, "maintenanceWindow.schedule.weekly.dayOfWeek")
	}
	assert.Equal(t, map[any]any{"aksManagedAutoUpgradeSchedule": "Saturday", "aksManagedNodeOSUpgradeSchedule": "Sunday"}, days)
}

func TestKubernetesVersions_AreSomeOfTheConfiguration(t *testing.T) {
	require.NotEmpty(t, kubernetesVersions)
	assert.Subset(t, spec.KubernetesVersions, kubernetesVersions)
}
