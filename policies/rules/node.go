package rules

import (
	"fmt"
	"slices"
)

var nodeRules = []Rule{
	{
		ID: "node-metadata-hardened", Group: Nodes, Level: Mandatory,
		Says:   "Pods cannot take the node's credentials from the metadata service.",
		Why:    "The metadata service gives the node's cloud credentials to whoever asks from the node. Tokens and one hop on AWS, and the metadata server of GKE, keep pods from being whoever.",
		Fix:    "On AWS give each node group a launch template with metadataOptions httpTokens required and httpPutResponseHopLimit 1; on GKE set workloadMetadataConfig.mode to GKE_METADATA and disable-legacy-endpoints.",
		Except: "For a pool with one workload that cannot do without, and whose node may do no more than it.",
		Like:   []string{"CKV_AWS_79", "CKV_AWS_341", "AWS-0130", "CKV_GCP_69", "GCP-0057", "GCP-0048"},
		Parameters: []Parameter{
			{Name: "hops", Default: 1.0, Says: "Greatest httpPutResponseHopLimit: with 2, pods reach the service."},
		},
		Types: []string{typeLaunchTemplate, typeEKSNodeGroup, typeGKENodePool}, Judge: metadataHardened,
	},
	{
		ID: "node-disks-encrypted", Group: Nodes, Level: Mandatory,
		Says:   "The disks of nodes are encrypted.",
		Why:    "Model files, images and whatever pods write lie on the node's disk, and on copies of it that outlive the node. Google Cloud encrypts every disk.",
		Fix:    "On AWS set ebs.encrypted in blockDeviceMappings of the launch template, on AKS enableEncryptionAtHost.",
		Except: "On AKS for machine types that cannot encrypt at the host.",
		Like:   []string{"CKV_AWS_8", "AWS-0131", "CKV_AZURE_227"},
		Types:  []string{typeLaunchTemplate, typeAKSPool, typeAKSCluster}, Judge: disksEncrypted,
	},
	{
		ID: "node-private", Group: Nodes, Level: Mandatory,
		Says:   "Nodes have no public address.",
		Why:    "A node with a public address can be reached by whatever a pod opens on it. NAT is the way out, and a load balancer the way in.",
		Fix:    "On AWS set mapPublicIpOnLaunch to false, on GKE enablePrivateNodes to true, on AKS enableNodePublicIP to false.",
		Except: "For a pool of a protocol that needs the address, with a firewall of its own.",
		Like:   []string{"CKV_AWS_130", "AWS-0164", "CKV_AWS_88", "AWS-0009", "CKV_GCP_64", "GCP-0059", "CKV_AZURE_143"},
		Types:  []string{typeSubnetAWS, typeLaunchTemplate, typeGKECluster, typeGKENodePool, typeAKSPool, typeAKSCluster}, Judge: nodesPrivate,
	},
	{
		ID: "node-no-open-ssh", Group: Nodes, Level: Mandatory,
		Says:   "Nodes are not open to SSH.",
		Why:    "Nodes are replaced, not logged into. A key on a node group without source security groups opens port 22 to the internet.",
		Fix:    "Remove remoteAccess; use Session Manager, or kubectl debug node/<name>.",
		Except: "With sourceSecurityGroupIds, for the time of a search for a fault.",
		Like:   []string{"CKV_AWS_100"},
		Types:  []string{typeEKSNodeGroup}, Judge: noOpenSSH,
	},
	{
		ID: "node-shielded", Group: Nodes, Level: Mandatory,
		Says:   "GKE nodes boot nothing that is not signed.",
		Why:    "Without secure boot and integrity monitoring a changed kernel survives a restart unseen.",
		Fix:    "Set shieldedInstanceConfig enableSecureBoot and enableIntegrityMonitoring to true, and enableShieldedNodes in the cluster.",
		Except: "For a pool whose driver is not signed, such as that of the GPU operator.",
		Like:   []string{"CKV_GCP_68", "CKV_GCP_71", "CKV_GCP_72", "GCP-0055"},
		Types:  []string{typeGKECluster, typeGKENodePool}, Judge: nodesShielded,
	},
	{
		ID: "node-own-identity", Group: Nodes, Level: Mandatory,
		Says:   "Nodes have a cloud identity of their own, with little in it.",
		Why:    "The default account of Compute Engine may edit the whole project in many organisations.",
		Fix:    "Give the pool a service account with roles/container.defaultNodeServiceAccount and no more.",
		Except: "Never.",
		Like:   []string{"GCP-0050"},
		Types:  []string{typeGKENodePool}, Judge: ownIdentity,
	},
	{
		ID: "node-repair", Group: Nodes, Level: Mandatory,
		Says:   "Broken nodes are replaced by themselves.",
		Why:    "A GPU node with a dead driver looks healthy and runs nothing, at the price of a GPU node.",
		Fix:    "On EKS set nodeRepairConfig.enabled, on GKE management.autoRepair and management.autoUpgrade.",
		Except: "On GKE without repair for pools of flex-start or queued provisioning, which exclude it.",
		Like:   []string{"CKV_GCP_9", "GCP-0063", "CKV_GCP_10", "GCP-0058"},
		Types:  []string{typeEKSNodeGroup, typeGKENodePool}, Judge: nodesRepaired,
	},
}

func metadataHardened(r Resource, p Values) []string {
	var problems []string
	switch r.Type {
	case typeEKSNodeGroup:
		if r.At("launchTemplate").Missing() {
			return []string{"launchTemplate is missing: nodes answer without a token, two hops away"}
		}
	case typeLaunchTemplate:
		options := r.At("metadataOptions")
		if endpoint := options.At("httpEndpoint"); endpoint.Unknown() || endpoint.Is("disabled") {
			return nil
		}
		if options.At("httpTokens").IsNot("required") {
			problems = append(problems, "metadataOptions.httpTokens is not required")
		}
		hops := options.At("httpPutResponseHopLimit")
		if number, ok := hops.Number(); !hops.Unknown() && (!ok || number > p.Number("hops")) {
			problems = append(problems, fmt.Sprintf("metadataOptions.httpPutResponseHopLimit is not %g or less", p.Number("hops")))
		}
	case typeGKENodePool:
		config := r.At("nodeConfig")
		if config.At("workloadMetadataConfig", "mode").IsNot("GKE_METADATA") {
			problems = append(problems, "nodeConfig.workloadMetadataConfig.mode is not GKE_METADATA")
		}
		if config.At("metadata", "disable-legacy-endpoints").NotTrue() {
			problems = append(problems, "nodeConfig.metadata.disable-legacy-endpoints is not true")
		}
	}
	return problems
}

func disksEncrypted(r Resource, _ Values) []string {
	var problems []string
	switch r.Type {
	case typeLaunchTemplate:
		for _, disk := range r.At("blockDeviceMappings").List() {
			if ebs := disk.At("ebs"); !ebs.Missing() && ebs.At("encrypted").NotTrue() {
				problems = append(problems, fmt.Sprintf("the disk %s is not encrypted", disk.At("deviceName").Text()))
			}
		}
	default:
		for _, pool := range poolsOfAKS(r) {
			if pool.fields.At("enableEncryptionAtHost").NotTrue() {
				problems = append(problems, fmt.Sprintf("pool %s: enableEncryptionAtHost is not true", pool.name))
			}
		}
	}
	return problems
}

func nodesPrivate(r Resource, _ Values) []string {
	switch r.Type {
	case typeSubnetAWS:
		if r.At("mapPublicIpOnLaunch").True() {
			return []string{"mapPublicIpOnLaunch is true"}
		}
	case typeLaunchTemplate:
		if slices.ContainsFunc(r.At("networkInterfaces").List(), func(v Value) bool { return v.At("associatePublicIpAddress").True() }) {
			return []string{"networkInterfaces has associatePublicIpAddress true"}
		}
	case typeGKECluster:
		if r.At("privateClusterConfig", "enablePrivateNodes").NotTrue() {
			return []string{"privateClusterConfig.enablePrivateNodes is not true"}
		}
	case typeGKENodePool:
		if r.At("networkConfig", "enablePrivateNodes").False() {
			return []string{"networkConfig.enablePrivateNodes is false"}
		}
	default:
		var problems []string
		for _, pool := range poolsOfAKS(r) {
			if pool.fields.At("enableNodePublicIP").True() {
				problems = append(problems, fmt.Sprintf("pool %s: enableNodePublicIP is true", pool.name))
			}
		}
		return problems
	}
	return nil
}

func noOpenSSH(r Resource, _ Values) []string {
	access := r.At("remoteAccess")
	groups := access.At("sourceSecurityGroupIds")
	if access.At("ec2SshKey").Missing() || groups.Unknown() || len(groups.List()) > 0 {
		return nil
	}
	return []string{"remoteAccess has a key and no sourceSecurityGroupIds: port 22 is open to the internet"}
}

func nodesShielded(r Resource, _ Values) []string {
	if r.Type == typeGKECluster {
		if r.At("enableShieldedNodes").False() {
			return []string{"enableShieldedNodes is false"}
		}
		return nil
	}
	var problems []string
	for _, field := range []string{"enableSecureBoot", "enableIntegrityMonitoring"} {
		if r.At("nodeConfig", "shieldedInstanceConfig", field).NotTrue() {
			problems = append(problems, "nodeConfig.shieldedInstanceConfig."+field+" is not true")
		}
	}
	return problems
}

func ownIdentity(r Resource, _ Values) []string {
	account := r.At("nodeConfig", "serviceAccount")
	if account.Missing() || account.Is("default") {
		return []string{"nodeConfig.serviceAccount is the default account"}
	}
	return nil
}

func nodesRepaired(r Resource, _ Values) []string {
	if r.Type == typeEKSNodeGroup {
		if r.At("nodeRepairConfig", "enabled").NotTrue() {
			return []string{"nodeRepairConfig.enabled is not true"}
		}
		return nil
	}
	var problems []string
	for _, field := range []string{"autoRepair", "autoUpgrade"} {
		if r.At("management", field).NotTrue() {
			problems = append(problems, "management."+field+" is not true")
		}
	}
	return problems
}
