package azure

import (
	"reflect"
	"regexp"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// The rules for a cluster that need nothing but its inputs.

var (
	clusterForm = regexp.MustCompile(`^[a-zA-Z0-9]$|^[a-zA-Z0-9][-_a-zA-Z0-9]{0,61}[a-zA-Z0-9]$`)
	dnsForm     = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9-]{0,52}[a-zA-Z0-9])?$`)
	// durationForm and ratioForm are what the autoscaler takes.
	durationForm = regexp.MustCompile(`^\d+(s|m)$`)
	ratioForm    = regexp.MustCompile(`^(0(\.\d+)?|1(\.0+)?)$`)
)

func clusterValues(in emulator.Properties) error {
	return rules.All(
		oneOf("sku.name", "Base", "Automatic"), oneOf("sku.tier", "Free", "Standard", "Premium"),
		oneOf("supportPlan", "KubernetesOfficial", "AKSLongTermSupport"),
		oneOf("identity.type", "SystemAssigned", "UserAssigned", "None"),
		oneOf("autoUpgradeProfile.upgradeChannel", "rapid", "stable", "patch", "node-image", "none"),
		oneOf("autoUpgradeProfile.nodeOSUpgradeChannel", "None", "Unmanaged", "NodeImage", "SecurityPatch"),
		oneOf("nodeResourceGroupProfile.restrictionLevel", "Unrestricted", "ReadOnly"),
		oneOf("publicNetworkAccess", "Enabled", "Disabled"),
		oneOf("securityProfile.azureKeyVaultKms.keyVaultNetworkAccess", "Public", "Private"),
		autoscalerRules,
	)(in)
}

// autoscalerRules checks the settings of the autoscaler, which are all text.
// https://learn.microsoft.com/azure/aks/cluster-autoscaler
func autoscalerRules(in emulator.Properties) error {
	const profile = "autoScalerProfile."
	if err := oneOf(profile+"expander", "least-waste", "most-pods", "priority", "random")(in); err != nil {
		return err
	}
	for form, names := range map[*regexp.Regexp][]string{
		durationForm: {
			"scanInterval", "newPodScaleUpDelay", "maxNodeProvisionTime", "scaleDownDelayAfterAdd", "scaleDownDelayAfterDelete",
			"scaleDownDelayAfterFailure", "scaleDownUnneededTime", "scaleDownUnreadyTime",
		},
		ratioForm:                            {"scaleDownUtilizationThreshold"},
		regexp.MustCompile(`^\d+$`):          {"maxEmptyBulkDelete", "maxGracefulTerminationSec", "maxTotalUnreadyPercentage", "okTotalUnreadyCount"},
		regexp.MustCompile(`^(true|false)$`): {"balanceSimilarNodeGroups", "skipNodesWithLocalStorage", "skipNodesWithSystemPods"},
	} {
		for _, name := range names {
			if v := in.String(profile + name); v != "" && !form.MatchString(v) {
				return invalidParameter(profile+name, "%q is not of the form %s.", v, form)
			}
		}
	}
	return nil
}

func clusterNames(in emulator.Properties) error {
	prefix, sub := in.Has("dnsPrefix"), in.Has("fqdnSubdomain")
	switch {
	case !prefix && !sub:
		return refuseAt("dnsPrefix", "InvalidParameter", "Required parameter dnsPrefix is missing (null).")
	case prefix && sub:
		return invalidParameter("fqdnSubdomain", "dnsPrefix and fqdnSubdomain exclude each other.")
	case prefix && in.Known("dnsPrefix") && !dnsForm.MatchString(in.String("dnsPrefix")):
		return invalidParameter("dnsPrefix", "%q is not 1 to 54 letters, digits and hyphens, beginning and ending with a letter or digit.", in.String("dnsPrefix"))
	case sub && in.Settled("apiServerAccessProfile.privateDNSZone") && !inside(in.String("apiServerAccessProfile.privateDNSZone"), "/subscriptions"):
		return invalidParameter("fqdnSubdomain", "It needs a private cluster with a private DNS zone of its own.")
	case len(in.String("nodeResourceGroup")) > 80:
		return invalidParameter("nodeResourceGroup", "It has %d characters, and at most 80 are allowed.", len(in.String("nodeResourceGroup")))
	}
	return nil
}

// clusterIdentity checks who the cluster and its nodes are to be.
// https://learn.microsoft.com/azure/aks/use-managed-identity
func clusterIdentity(in emulator.Properties) error {
	if !in.Settled("identity.type") || !in.Settled("identity.userAssignedIdentities") {
		return nil
	}
	kind, users := in.String("identity.type"), len(in.Strings("identity.userAssignedIdentities"))
	switch {
	case kind == "" && !in.Has("servicePrincipalProfile"):
		return refuseAt("servicePrincipalProfile", "InvalidParameter", "Required parameter servicePrincipalProfile is missing (null).")
	case kind == "UserAssigned" && users != 1:
		return invalidParameter("identity", "Exactly one user assigned identity is needed, got %d.", users)
	case kind != "UserAssigned" && users > 0:
		return invalidParameter("identity", "userAssignedIdentities are given, and the type is %q.", kind)
	case kind != "UserAssigned" && in.Has("identityProfile.kubeletidentity.resourceId"):
		return refuse("CustomKubeletIdentityOnlySupportedOnUserAssignedMSICluster",
			"Custom kubelet identity is only supported on a cluster with a user assigned managed identity.")
	case kind != "UserAssigned" && in.Bool("securityProfile.azureKeyVaultKms.enabled"):
		return refuse("AzureKeyVaultKmsNotSupported", "Azure Key Vault KMS needs a cluster with a user assigned managed identity.")
	}
	return nil
}

// clusterAccess checks how people reach the API and sign in.
// https://learn.microsoft.com/azure/aks/api-server-authorized-ip-ranges
func clusterAccess(in emulator.Properties) error {
	const ranges, private = "apiServerAccessProfile.authorizedIPRanges", "apiServerAccessProfile.enablePrivateCluster"
	given := len(in.All(ranges + "[]"))
	switch {
	case in.Bool(private) && given > 0:
		return invalidParameter(ranges, "Authorized IP ranges are not supported on private clusters.")
	case given > maxRanges:
		return invalidParameter(ranges, "%d ranges are given, and at most %d are allowed.", given, maxRanges)
	case in.Bool("disableLocalAccounts") && in.Settled("aadProfile.managed") && !in.Bool("aadProfile.managed"):
		return refuseAt("disableLocalAccounts", "BadRequest", "disableLocalAccounts can only be set on a cluster with managed Azure AD.")
	case in.Bool("aadProfile.enableAzureRBAC") && in.Settled("aadProfile.managed") && !in.Bool("aadProfile.managed"):
		return refuseAt("aadProfile.enableAzureRBAC", "BadRequest", "Azure RBAC needs managed Azure AD.")
	case in.Has("aadProfile") && in.Has("enableRBAC") && in.Known("enableRBAC") && !in.Bool("enableRBAC"):
		return refuseAt("enableRBAC", "BadRequest", "Azure AD integration needs Kubernetes RBAC.")
	}
	for _, text := range in.Strings(ranges) {
		if _, err := rangeOf(text); err != nil {
			return invalidParameter(ranges, "%q is neither an IPv4 address nor a range such as 203.0.113.0/24.", text)
		}
	}
	for _, id := range in.Strings("aadProfile.adminGroupObjectIDs") {
		if !guidForm.MatchString(id) {
			return refuseAt("aadProfile.adminGroupObjectIDs", "InvalidAdminGroupObjectID", "Admin group object ID %q is not a GUID.", id)
		}
	}
	return nil
}

// maxRanges is how many ranges may reach the API.
const maxRanges = 200

func clusterFeatures(in emulator.Properties) error {
	const issuer = "oidcIssuerProfile.enabled"
	if in.Bool("securityProfile.workloadIdentity.enabled") && in.Settled(issuer) && !in.Bool(issuer) {
		return refuseAt("securityProfile.workloadIdentity", "InvalidParameter", "Workload identity needs the OIDC issuer: set %s to true.", issuer)
	}
	if in.Bool("securityProfile.azureKeyVaultKms.enabled") && in.Settled("securityProfile.azureKeyVaultKms.keyId") &&
		!in.Has("securityProfile.azureKeyVaultKms.keyId") {
		return refuseAt("securityProfile.azureKeyVaultKms.keyId", "InvalidParameter", "Required parameter keyId is missing (null).")
	}
	if v := in.String("kubernetesVersion"); v != "" && in.Settled("sku.tier") {
		return supportedVersion(v, in.String("sku.tier"), in.String("supportPlan"))
	}
	return nil
}

// firstPools checks the pools that come with a cluster.
func firstPools(in emulator.Properties) error {
	pools := in.Objects("agentPoolProfiles")
	if !in.Has("agentPoolProfiles") || in.Known("agentPoolProfiles") && len(pools) == 0 {
		return refuseAt("agentPoolProfiles", "InvalidParameter", "Required parameter agentPoolProfiles is missing (null).")
	}
	seen := map[string]bool{}
	for _, pool := range pools {
		name := pool.String("name")
		if err := poolRules(name, pool); err != nil {
			return err
		}
		if seen[name] && name != "" {
			return refuseAt("agentPoolProfiles", "InvalidParameter", "The agent pool name %s is not unique.", name)
		}
		seen[name] = true
	}
	return nil
}

// fixedForCluster are the settings of a cluster that AKS refuses to change and
// azure-native does not replace it for.
var fixedForCluster = []string{"apiServerAccessProfile.enablePrivateCluster", "apiServerAccessProfile.privateDNSZone"}

// clusterUnchanged refuses changes that AKS cannot make to a cluster.
func clusterUnchanged(op *emulator.Op) error {
	for _, path := range fixedForCluster {
		if !reflect.DeepEqual(op.Old.Inputs.At(path), op.In().At(path)) {
			return refuseAt("properties."+path, "PropertyChangeNotAllowed", "Changing property 'properties.%s' is not allowed.", path)
		}
	}
	switch before := op.Old.Outputs; {
	case before.Bool("oidcIssuerProfile.enabled") && !op.In().Bool("oidcIssuerProfile.enabled"):
		return refuseAt("oidcIssuerProfile.enabled", "OIDCIssuerCannotBeDisabled", "OIDC issuer feature cannot be disabled.")
	case before.Has("aadProfile") && !op.In().Has("aadProfile"):
		return refuseAt("aadProfile", "BadRequest", "Managed Azure AD cannot be disabled once it is enabled.")
	case before.Has("enableRBAC") && op.In().Has("enableRBAC") && before.Bool("enableRBAC") != op.In().Bool("enableRBAC"):
		return refuseAt("properties.enableRBAC", "PropertyChangeNotAllowed", "Changing property 'properties.enableRBAC' is not allowed.")
	}
	return nil
}
