package rules

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"gantry.dev/gantry/modules/spec"
)

// clusterTypes are the control planes of the three clouds.
var clusterTypes = []string{typeEKSCluster, typeGKECluster, typeAKSCluster}

var clusterRules = []Rule{
	{
		ID: "cluster-api-named-networks", Group: Clusters, Level: Mandatory,
		Says:   "The Kubernetes API is private or open to named networks only.",
		Why:    "An API that the whole internet reaches is one leaked credential, or one unknown flaw, away from being anyone's. 0.0.0.0/0 is never a named network.",
		Fix:    "Leave gantry:cluster.publicAccessCidrs out for a private API, or name the ranges you come from.",
		Except: "Never: where a wider range belongs to your organisation alone, lower widestPrefix. 0.0.0.0/0 is refused whatever it says.",
		Like:   []string{"CKV_AWS_38", "AWS-0041", "CKV_GCP_20", "GCP-0061", "CKV_AZURE_6", "AZU-0041"},
		Parameters: []Parameter{
			{Name: "widestPrefix", Default: 8.0, Says: "Length of the shortest prefix that counts as a named network."},
		},
		Types: clusterTypes, Judge: apiNamedNetworks,
	},
	{
		ID: "cluster-api-private", Group: Clusters, Level: Mandatory,
		Says:   "The Kubernetes API answers only inside the network.",
		Why:    "Named networks keep strangers away only as long as nobody else gets an address in them.",
		Fix:    "Leave gantry:cluster.publicAccessCidrs out, and run Pulumi from a runner in the network or from a VPN that ends there.",
		Except: "While there is neither a runner nor a VPN in the network yet.",
		Like:   []string{"CKV_AWS_39", "AWS-0040", "CKV_GCP_18", "CKV_GCP_25", "GCP-0053", "CKV_AZURE_115", "AZU-0065"},
		Types:  clusterTypes, Judge: apiPrivate,
	},
	{
		ID: "cluster-secrets-encrypted", Group: Clusters, Level: Mandatory,
		Says:   "Kubernetes secrets are encrypted with a key of the platform's own.",
		Why:    "Whoever gets at a copy of the cluster's database has every password in it, unless each is encrypted with a key that is kept elsewhere. AKS encrypts its database with keys of Azure and is not judged.",
		Fix:    "On EKS set encryptionConfig for secrets, on GKE databaseEncryption with state ENCRYPTED.",
		Except: "For a cluster that holds no secrets and lives for hours.",
		Like:   []string{"CKV_AWS_58", "AWS-0039"},
		Types:  []string{typeEKSCluster, typeGKECluster}, Judge: secretsEncrypted,
	},
	{
		ID: "cluster-audit-logs", Group: Clusters, Level: Mandatory,
		Says:   "The control plane keeps its logs, the audit log among them.",
		Why:    "Without an audit log nobody can tell afterwards who read a secret or deleted a model, and the log cannot be switched on for the past.",
		Fix:    "On EKS list the types in enabledClusterLogTypes, on GKE the components in loggingConfig, on AKS send the categories to a workspace with a diagnostic setting.",
		Except: "For a cluster that lives for hours.",
		Like:   []string{"CKV_AWS_37", "AWS-0038", "CKV_GCP_1", "GCP-0060", "CKV_AZURE_4", "AZU-0040"},
		Parameters: []Parameter{
			{Name: "eks", Default: []string{"api", "audit", "authenticator"}, Says: "Log types that EKS must write."},
			{Name: "gke", Default: []string{"SYSTEM_COMPONENTS", "APISERVER"}, Says: "Components whose logs GKE must keep; audit logs of the API it always keeps."},
			{Name: "aks", Default: []string{"kube-audit*"}, Says: "Log categories that AKS must send somewhere; a star stands for anything."},
		},
		Types: []string{typeEKSCluster, typeGKECluster}, Judge: auditLogs, JudgeStack: auditLogsAKS,
	},
	{
		ID: "cluster-supported-version", Group: Clusters, Level: Mandatory,
		Says:   "The cluster runs a Kubernetes minor that is supported.",
		Why:    "A minor without support gets no security fixes, and the cloud upgrades it by itself at a time of its own choosing.",
		Fix:    "Set gantry:cluster.version to one of the supported minors; go up one minor at a time.",
		Except: "For the days of an upgrade that is under way.",
		Like:   []string{"CKV_AWS_339"},
		Parameters: []Parameter{
			{Name: "versions", Default: slices.Clone(spec.KubernetesVersions), Says: "Minors that are supported."},
		},
		Types: clusterTypes, Judge: supportedVersion,
	},
	{
		ID: "cluster-standard-support", Group: Clusters, Level: Advisory,
		Says:   "The cluster does not slide into extended support.",
		Why:    "EKS charges six times as much for each hour after the end of standard support, and AKS has long-term support in its Premium tier only; both hide that an upgrade is due.",
		Fix:    "On EKS set upgradePolicy.supportType to STANDARD, on AKS leave supportPlan at KubernetesOfficial.",
		Except: "When an upgrade is blocked and the months are bought on purpose.",
		Types:  []string{typeEKSCluster, typeAKSCluster}, Judge: standardSupport,
	},
	{
		ID: "cluster-upgrade-channel", Group: Clusters, Level: Mandatory,
		Says:   "Patches of Kubernetes come by themselves.",
		Why:    "Fixes of the control plane are published every few weeks; a cluster outside a channel gets them when somebody remembers. EKS patches its control plane always.",
		Fix:    "On GKE set releaseChannel.channel, on AKS autoUpgradeProfile.upgradeChannel.",
		Except: "For a cluster that is frozen for a launch.",
		Like:   []string{"CKV_GCP_70", "CKV_AZURE_171"},
		Types:  []string{typeGKECluster, typeAKSCluster}, Judge: upgradeChannel,
	},
	{
		ID: "cluster-named-access", Group: Clusters, Level: Mandatory,
		Says:   "Everyone who uses the cluster has an identity that can be taken back.",
		Why:    "Client certificates, static administrator accounts and the hidden rights of whoever created the cluster appear in no list and end with nobody's employment.",
		Fix:    "On EKS use authenticationMode API without bootstrapClusterCreatorAdminPermissions, on AKS disableLocalAccounts with Entra, on GKE neither client certificates nor legacy ABAC.",
		Except: "For an EKS cluster that still moves its aws-auth ConfigMap to access entries.",
		Like:   []string{"CKV_GCP_7", "GCP-0062", "CKV_GCP_13", "GCP-0064", "CKV_AZURE_141", "CKV_AZURE_5", "AZU-0042"},
		Types:  clusterTypes, Judge: namedAccess,
	},
	{
		ID: "cluster-workload-identity", Group: Clusters, Level: Mandatory,
		Says:   "Pods get cloud credentials of their own.",
		Why:    "Without workload identity pods use the node's rights or keys in secrets: every pod then has what the greediest one needs.",
		Fix:    "On GKE set workloadIdentityConfig.workloadPool, on AKS switch on the OIDC issuer and workload identity, on EKS install the add-on eks-pod-identity-agent or an OIDC provider.",
		Except: "For a cluster whose pods call no cloud API.",
		Like:   []string{"CKV_GCP_69"},
		Types:  []string{typeGKECluster, typeAKSCluster}, Judge: workloadIdentity, JudgeStack: workloadIdentityEKS,
	},
	{
		ID: "cluster-network-policy", Group: Clusters, Level: Mandatory,
		Says:   "The cluster can enforce network policies.",
		Why:    "A NetworkPolicy in a cluster that does not enforce it is accepted, and protects nothing.",
		Fix:    "On GKE set datapathProvider to ADVANCED_DATAPATH, on AKS networkProfile.networkPolicy.",
		Except: "When another enforcer, for example Calico, is installed by hand.",
		Like:   []string{"CKV_GCP_12", "GCP-0056", "CKV_AZURE_7", "AZU-0043"},
		Types:  []string{typeGKECluster, typeAKSCluster}, Judge: enforcesNetworkPolicy,
	},
	{
		ID: "cluster-paid-sla", Group: Clusters, Level: Mandatory,
		Says:   "The Kubernetes API has a service level agreement.",
		Why:    "The Free tier of AKS promises nothing and is meant for at most ten nodes. A GKE cluster in one zone has no API while that zone is away.",
		Fix:    "On AKS set sku.tier to Standard, which costs about $73 a month; on GKE set location to the region. gantry:protect: true does the former.",
		Except: "For a platform nobody depends on.",
		Like:   []string{"CKV_AZURE_170"},
		Types:  []string{typeAKSCluster, typeGKECluster}, Judge: paidSLA,
	},
}

func apiNamedNetworks(r Resource, p Values) []string {
	widest := int(p.Number("widestPrefix"))
	switch r.Type {
	case typeEKSCluster:
		access := r.At("vpcConfig")
		if access.At("endpointPublicAccess").False() || access.At("endpointPublicAccess").Unknown() {
			return nil
		}
		return namedNetworks("vpcConfig.publicAccessCidrs", access.At("publicAccessCidrs"), widest)
	case typeGKECluster:
		var problems []string
		networks := r.At("masterAuthorizedNetworksConfig")
		if networks.Missing() && r.At("privateClusterConfig", "enablePrivateEndpoint").NotTrue() {
			problems = append(problems, "masterAuthorizedNetworksConfig is missing: the API is open to every network")
		}
		for _, block := range networks.At("cidrBlocks").List() {
			problems = append(problems, namedNetwork("masterAuthorizedNetworksConfig", block.At("cidrBlock"), widest)...)
		}
		return problems
	default:
		access := r.At("apiServerAccessProfile")
		private := access.At("enablePrivateCluster")
		if private.True() || private.Unknown() {
			return nil
		}
		return namedNetworks("apiServerAccessProfile.authorizedIPRanges", access.At("authorizedIPRanges"), widest)
	}
}

// namedNetworks judges a list of ranges, where none at all means everywhere.
func namedNetworks(at string, ranges Value, widest int) []string {
	if ranges.Unknown() {
		return nil
	}
	if len(ranges.List()) == 0 {
		return []string{at + " is empty: the API is open to every network"}
	}
	var problems []string
	for _, block := range ranges.List() {
		problems = append(problems, namedNetwork(at, block, widest)...)
	}
	return problems
}

func namedNetwork(at string, cidr Value, widest int) []string {
	prefix, err := netip.ParsePrefix(cidr.Text())
	// 0.0.0.0/0 and ::/0 are everywhere.
	if err != nil || prefix.Bits() >= max(widest, 1) {
		return nil
	}
	return []string{fmt.Sprintf("%s has %s, which is wider than /%d", at, prefix, max(widest, 1))}
}

func apiPrivate(r Resource, _ Values) []string {
	switch r.Type {
	case typeEKSCluster:
		var problems []string
		if r.At("vpcConfig", "endpointPublicAccess").NotFalse() {
			problems = append(problems, "vpcConfig.endpointPublicAccess is not false")
		}
		if r.At("vpcConfig", "endpointPrivateAccess").NotTrue() {
			problems = append(problems, "vpcConfig.endpointPrivateAccess is not true")
		}
		return problems
	case typeGKECluster:
		if r.At("privateClusterConfig", "enablePrivateEndpoint").NotTrue() {
			return []string{"privateClusterConfig.enablePrivateEndpoint is not true"}
		}
	case typeAKSCluster:
		if r.At("apiServerAccessProfile", "enablePrivateCluster").NotTrue() {
			return []string{"apiServerAccessProfile.enablePrivateCluster is not true"}
		}
	}
	return nil
}

func secretsEncrypted(r Resource, _ Values) []string {
	if r.Type == typeGKECluster {
		if r.At("databaseEncryption", "state").IsNot("ENCRYPTED") {
			return []string{"databaseEncryption.state is not ENCRYPTED"}
		}
		return nil
	}
	resources := r.At("encryptionConfig", "resources")
	if !resources.HasUnknown() && !slices.Contains(resources.Texts(), "secrets") {
		return []string{"encryptionConfig does not name secrets"}
	}
	return nil
}

func auditLogs(r Resource, p Values) []string {
	at, wanted := []string{"enabledClusterLogTypes"}, p.Texts("eks")
	if r.Type == typeGKECluster {
		at, wanted = []string{"loggingConfig", "enableComponents"}, p.Texts("gke")
	}
	kept := r.At(at...)
	if kept.HasUnknown() {
		return nil
	}
	var problems []string
	for _, kind := range wanted {
		if !slices.Contains(kept.Texts(), kind) {
			problems = append(problems, fmt.Sprintf("%s does not have %s", strings.Join(at, "."), kind))
		}
	}
	return problems
}

// auditLogsAKS asks for a diagnostic setting beside every AKS cluster. Which
// cluster it belongs to is an id that a preview does not know, so that one
// setting has to be enough for a stack.
func auditLogsAKS(s Stack, p Values) []Finding {
	var sent []string
	for _, setting := range s.Of(typeDiagnosticSetting) {
		if setting.open("logs") {
			return nil
		}
		for _, log := range setting.At("logs").List() {
			if log.At("enabled").NotFalse() {
				sent = append(sent, log.At("category").Text(), log.At("categoryGroup").Text())
			}
		}
	}
	if slices.Contains(sent, "audit") || slices.Contains(sent, "allLogs") {
		return nil
	}
	var findings []Finding
	for _, cluster := range s.Of(typeAKSCluster) {
		for _, wanted := range p.Texts("aks") {
			if !slices.ContainsFunc(sent, func(category string) bool { return matches(wanted, category) }) {
				findings = append(findings, Finding{cluster.URN, "no diagnostic setting of the stack sends the log " + wanted})
			}
		}
	}
	return findings
}

func supportedVersion(r Resource, p Values) []string {
	key := map[string]string{typeEKSCluster: "version", typeGKECluster: "minMasterVersion", typeAKSCluster: "kubernetesVersion"}[r.Type]
	version := r.At(key)
	if version.Unknown() {
		return nil
	}
	if version.Missing() {
		return []string{key + " is missing: the cloud would choose a version, and another one some day"}
	}
	supported := p.Texts("versions")
	if slices.ContainsFunc(supported, func(minor string) bool {
		return version.Is(minor) || strings.HasPrefix(version.Text(), minor+".") || strings.HasPrefix(version.Text(), minor+"-")
	}) {
		return nil
	}
	return []string{fmt.Sprintf("%s is %s, and supported are %s", key, version.Text(), strings.Join(supported, ", "))}
}

func standardSupport(r Resource, _ Values) []string {
	if r.Type == typeEKSCluster {
		if r.At("upgradePolicy", "supportType").IsNot("STANDARD") {
			return []string{"upgradePolicy.supportType is not STANDARD"}
		}
		return nil
	}
	if r.At("supportPlan").Is("AKSLongTermSupport") {
		return []string{"supportPlan is AKSLongTermSupport"}
	}
	return nil
}

func upgradeChannel(r Resource, _ Values) []string {
	at, none := []string{"autoUpgradeProfile", "upgradeChannel"}, "none"
	if r.Type == typeGKECluster {
		at, none = []string{"releaseChannel", "channel"}, "UNSPECIFIED"
	}
	channel := r.At(at...)
	if channel.Missing() || channel.Is(none) {
		return []string{strings.Join(at, ".") + " is not set"}
	}
	return nil
}

func namedAccess(r Resource, _ Values) []string {
	var problems []string
	report := func(wrong bool, fact string) {
		if wrong {
			problems = append(problems, fact)
		}
	}
	switch r.Type {
	case typeEKSCluster:
		access := r.At("accessConfig")
		report(access.At("authenticationMode").IsNot("API"), "accessConfig.authenticationMode is not API")
		report(access.At("bootstrapClusterCreatorAdminPermissions").NotFalse(), "accessConfig.bootstrapClusterCreatorAdminPermissions is not false")
	case typeGKECluster:
		report(r.At("enableLegacyAbac").True(), "enableLegacyAbac is true")
		report(r.At("masterAuth", "clientCertificateConfig", "issueClientCertificate").True(), "masterAuth issues a client certificate")
	case typeAKSCluster:
		report(r.At("disableLocalAccounts").NotTrue(), "disableLocalAccounts is not true")
		report(r.At("enableRBAC").False(), "enableRBAC is false")
	}
	return problems
}

func workloadIdentity(r Resource, _ Values) []string {
	if r.Type == typeGKECluster {
		if r.At("workloadIdentityConfig", "workloadPool").Missing() {
			return []string{"workloadIdentityConfig.workloadPool is missing"}
		}
		return nil
	}
	var problems []string
	if r.At("oidcIssuerProfile", "enabled").NotTrue() {
		problems = append(problems, "oidcIssuerProfile.enabled is not true")
	}
	if r.At("securityProfile", "workloadIdentity", "enabled").NotTrue() {
		problems = append(problems, "securityProfile.workloadIdentity.enabled is not true")
	}
	return problems
}

func workloadIdentityEKS(s Stack, _ Values) []Finding {
	if len(s.Of(typeOIDCProvider)) > 0 {
		return nil
	}
	for _, addon := range s.Of(typeEKSAddon) {
		if name := addon.At("addonName"); name.Unknown() || name.Is("eks-pod-identity-agent") {
			return nil
		}
	}
	var findings []Finding
	for _, cluster := range s.Of(typeEKSCluster) {
		findings = append(findings, Finding{cluster.URN, "the stack has neither the add-on eks-pod-identity-agent nor an OIDC provider"})
	}
	return findings
}

func enforcesNetworkPolicy(r Resource, _ Values) []string {
	if r.Type == typeAKSCluster {
		policy := r.At("networkProfile", "networkPolicy")
		if policy.Missing() || policy.Is("none") {
			return []string{"networkProfile.networkPolicy is not set"}
		}
		return nil
	}
	if r.At("datapathProvider").IsNot("ADVANCED_DATAPATH") && r.At("networkPolicy", "enabled").NotTrue() {
		return []string{"neither datapathProvider is ADVANCED_DATAPATH nor networkPolicy.enabled true"}
	}
	return nil
}

func paidSLA(r Resource, _ Values) []string {
	if r.Type == typeAKSCluster {
		if tier := r.At("sku", "tier"); tier.IsNot("Standard") && tier.IsNot("Premium") {
			return []string{"sku.tier is neither Standard nor Premium"}
		}
		return nil
	}
	// A zone is a region and a letter: us-central1-a.
	if location := r.At("location").Text(); strings.Count(location, "-") > 1 {
		return []string{"location is the zone " + location}
	}
	return nil
}
