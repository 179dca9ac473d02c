package azure_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator/azure"
	"gantry.dev/gantry/sandbox/emulator/emulatortest"
	"gantry.dev/gantry/sandbox/localkube"
)

type Props = emulatortest.Props

// change merges properties, without drops those that are nil.
var change, without = emulatortest.Change, emulatortest.Compact

const unknown = emulatortest.Unknown

const (
	groupType       = "azure-native:resources:ResourceGroup"
	vnetType        = "azure-native:network:VirtualNetwork"
	subnetType      = "azure-native:network:Subnet"
	natType         = "azure-native:network:NatGateway"
	addressType     = "azure-native:network:PublicIPAddress"
	identityType    = "azure-native:managedidentity:UserAssignedIdentity"
	federatedType   = "azure-native:managedidentity:FederatedIdentityCredential"
	roleType        = "azure-native:authorization:RoleAssignment"
	workspaceType   = "azure-native:operationalinsights:Workspace"
	diagnosticsType = "azure-native:insights:DiagnosticSetting"
	aks             = "azure-native:containerservice/v20241001:"
	clusterType     = aks + "ManagedCluster"
	poolType        = aks + "AgentPool"
	maintenanceType = aks + "MaintenanceConfiguration"
	registryType    = "azure-native:containerregistry:Registry"
	storageType     = "azure-native:storage:StorageAccount"
	blobsType       = "azure-native:storage:BlobServiceProperties"
	policyType      = "azure-native:storage:ManagementPolicy"
	containerType   = "azure-native:storage:BlobContainer"
)

const (
	subscription = "/subscriptions/5a4d5b0e-0000-4000-8000-000000000001"
	tenant       = "7e4a4700-0000-4000-8000-000000000002"
	caller       = "ca11e400-0000-4000-8000-000000000003"

	networkContributor      = "4d97b98b-1d4f-4787-a291-c67834d212e7"
	managedIdentityOperator = "f1a07417-d97a-45cb-824c-7a7467783830"
	blobReader              = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
	acrPull                 = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
	clusterAdmin            = "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b"
)

// platform is an account, and what a test has made in it.
type platform struct {
	*emulatortest.Account[*azure.Account]
}

func newAccount(t *testing.T) *platform {
	t.Helper()
	config := Props{"location": "eastus"}
	return &platform{emulatortest.NewAccount(t, "dev", config, azure.NewProvider, azure.Options{})}
}

// pool are the nodes of a pool of the cluster dev.
func (p *platform) pool(name string) []localkube.Node { return p.Kube.Nodes("agentpool", name) }

// id of a resource, by name.
func (p *platform) id(name string) string {
	p.T.Helper()
	r, ok := p.By[name]
	require.True(p.T, ok, "there is no %s", name)
	return r.ID
}

func roleID(role string) string {
	return subscription + "/providers/Microsoft.Authorization/roleDefinitions/" + role
}

// assign gives a role to an identity.
func (p *platform) assign(name, role, scope, identity string) {
	p.T.Helper()
	p.Add(roleType, name, Props{
		"roleDefinitionId": roleID(role), "scope": scope, "principalId": p.Text(identity, "principalId"), "principalType": "ServicePrincipal",
	})
}

// newNetwork has a virtual network with two subnets behind a NAT gateway.
func newNetwork(t *testing.T) *platform {
	t.Helper()
	p := newAccount(t)
	p.Add(groupType, "group", Props{"resourceGroupName": "dev"})
	p.Add(vnetType, "vnet", Props{
		"resourceGroupName": "dev", "virtualNetworkName": "dev-vnet", "addressSpace": Props{"addressPrefixes": []any{"10.0.0.0/16"}},
		"enableDdosProtection": false, "enableVmProtection": false, "tags": Props{"team": "ml"},
	})
	p.Add(addressType, "nat-ip", addressProps("dev-nat"))
	p.Add(natType, "nat", Props{
		"resourceGroupName": "dev", "natGatewayName": "dev-nat", "sku": Props{"name": "Standard"},
		"publicIpAddresses": []any{Props{"id": p.id("nat-ip")}},
	})
	p.subnet("nodes-1", "10.0.0.0/22")
	p.subnet("nodes-2", "10.0.4.0/22")
	return p
}

func addressProps(name string) Props {
	return Props{
		"resourceGroupName": "dev", "publicIpAddressName": name, "publicIPAllocationMethod": "Static",
		"sku": Props{"name": "Standard", "tier": "Regional"},
	}
}

func (p *platform) subnetProps(prefix string) Props {
	return Props{
		"resourceGroupName": "dev", "virtualNetworkName": "dev-vnet", "addressPrefix": prefix,
		"natGateway": Props{"id": p.id("nat")}, "serviceEndpoints": []any{Props{"service": "Microsoft.Storage"}},
		"privateEndpointNetworkPolicies": "Disabled", "privateLinkServiceNetworkPolicies": "Enabled",
	}
}

func (p *platform) subnet(name, prefix string) {
	p.T.Helper()
	p.Add(subnetType, name, p.subnetProps(prefix))
}

// newCluster adds the identities with their roles, and the cluster with its
// system pool.
func newCluster(t *testing.T) *platform {
	t.Helper()
	p := newNetwork(t)
	for _, name := range []string{"control-plane", "kubelet"} {
		p.Add(identityType, name, Props{"resourceGroupName": "dev", "resourceName": name})
	}
	p.assign("joins-network", networkContributor, p.id("vnet"), "control-plane")
	p.assign("gives-identity", managedIdentityOperator, p.id("kubelet"), "control-plane")
	p.Add(clusterType, "cluster", p.clusterProps())
	return p
}

func (p *platform) clusterProps() Props {
	return Props{
		"resourceGroupName": "dev", "resourceName": "dev", "dnsPrefix": "dev", "kubernetesVersion": "1.34",
		"sku":      Props{"name": "Base", "tier": "Standard"},
		"identity": Props{"type": "UserAssigned", "userAssignedIdentities": []any{p.id("control-plane")}},
		"identityProfile": Props{"kubeletidentity": Props{
			"resourceId": p.id("kubelet"), "clientId": p.Text("kubelet", "clientId"), "objectId": p.Text("kubelet", "principalId"),
		}},
		"disableLocalAccounts": true, "enableRBAC": true, "aadProfile": Props{"managed": true, "enableAzureRBAC": true},
		"networkProfile": Props{
			"networkPlugin": "azure", "networkPluginMode": "overlay", "networkDataplane": "cilium", "networkPolicy": "cilium",
			"podCidr": "100.64.0.0/14", "serviceCidr": "172.20.0.0/20", "dnsServiceIP": "172.20.0.10",
			"outboundType": "userAssignedNATGateway", "loadBalancerSku": "standard",
		},
		"apiServerAccessProfile": Props{"disableRunCommand": true, "enablePrivateCluster": false,
			"authorizedIPRanges": []any{"203.0.113.0/24", p.Text("nat-ip", "ipAddress") + "/32"}},
		"agentPoolProfiles": []any{p.systemProps()},
		"autoScalerProfile": Props{"expander": "least-waste", "scanInterval": "10s", "scaleDownUtilizationThreshold": "0.5"},
		"oidcIssuerProfile": Props{"enabled": true},
		"securityProfile":   Props{"workloadIdentity": Props{"enabled": true}},
		"storageProfile":    Props{"blobCSIDriver": Props{"enabled": true}, "fileCSIDriver": Props{"enabled": true}},
		"tags":              Props{"team": "ml"},
	}
}

// systemProps are two nodes of a pool inside the cluster.
func (p *platform) systemProps() Props {
	return Props{
		"name": "system", "mode": "System", "type": "VirtualMachineScaleSets", "vmSize": "Standard_D4ds_v5", "osType": "Linux",
		"osDiskType": "Ephemeral", "osDiskSizeGB": 128.0, "vnetSubnetID": p.id("nodes-1"), "availabilityZones": []any{"1", "2"},
		"enableAutoScaling": true, "count": 2.0, "minCount": 2.0, "maxCount": 4.0, "orchestratorVersion": "1.34",
		"nodeLabels": Props{"gantry.dev/pool": "system"}, "nodeTaints": []any{"CriticalAddonsOnly=true:NoSchedule"},
		"upgradeSettings": Props{"maxSurge": "33%", "drainTimeoutInMinutes": 30.0},
	}
}

// poolProps are two nodes of a pool beside the cluster.
func (p *platform) poolProps() Props {
	return Props{
		"resourceGroupName": "dev", "resourceName": "dev", "agentPoolName": "cpu", "mode": "User", "vmSize": "Standard_D4s_v5",
		"vnetSubnetID": p.id("nodes-2"), "availabilityZones": []any{"1", "2"}, "count": 2.0,
	}
}

// gpuProps are spot machines with a GPU.
func (p *platform) gpuProps() Props {
	return change(p.poolProps(), Props{
		"agentPoolName": "train", "vmSize": "Standard_NC24ads_A100_v4", "osDiskSizeGB": 256.0, "enableAutoScaling": true,
		"count": 2.0, "minCount": 0.0, "maxCount": 8.0, "scaleSetPriority": "Spot", "scaleSetEvictionPolicy": "Delete", "spotMaxPrice": -1.0,
		"nodeLabels": Props{"gantry.dev/gpu": "a100"}, "nodeTaints": []any{"nvidia.com/gpu=present:NoSchedule"},
	})
}

// newPlatform adds pools and everything else.
func newPlatform(t *testing.T) *platform {
	t.Helper()
	p := newCluster(t)
	p.Add(workspaceType, "logs", Props{"resourceGroupName": "dev", "workspaceName": "dev-logs", "sku": Props{"name": "PerGB2018"}, "retentionInDays": 90.0})
	p.Add(diagnosticsType, "control-plane-logs", Props{
		"name": "dev-control-plane", "resourceUri": p.id("cluster"), "workspaceId": p.id("logs"), "logAnalyticsDestinationType": "Dedicated",
		"logs": []any{Props{"category": "kube-audit-admin", "enabled": true}, Props{"category": "guard", "enabled": true}},
	})
	p.Add(maintenanceType, "patches", maintenanceProps("aksManagedAutoUpgradeSchedule"))
	p.Add(poolType, "cpu", p.poolProps())
	p.Add(poolType, "train", p.gpuProps())
	p.Add(identityType, "app", Props{"resourceGroupName": "dev", "resourceName": "app"})
	p.Add(federatedType, "trust", p.trustProps())
	p.assign("reads", blobReader, subscription+"/resourceGroups/elsewhere/providers/Microsoft.Storage/storageAccounts/models", "app")
	p.Add(roleType, "admin", Props{
		"roleDefinitionId": roleID(clusterAdmin), "scope": p.id("group"), "principalId": caller, "principalType": "User",
	})
	p.Add(registryType, "images", registryProps())
	p.assign("pulls", acrPull, p.id("images"), "kubelet")
	p.models()
	p.assign("reads-own", blobReader, p.id("models-container"), "app")
	return p
}

func registryProps() Props {
	return Props{
		"resourceGroupName": "dev", "registryName": "dev4f2a9c", "sku": Props{"name": "Premium"}, "adminUserEnabled": false,
		"policies": Props{"retentionPolicy": Props{"status": "enabled", "days": 14.0}},
	}
}

// models is a storage account with one container that keeps old versions.
func (p *platform) models() {
	p.T.Helper()
	p.Add(storageType, "models", p.storageProps())
	p.Add(blobsType, "models-versions", Props{
		"resourceGroupName": "dev", "accountName": "devmodels", "blobServicesName": "default", "isVersioningEnabled": true,
		"deleteRetentionPolicy": Props{"enabled": true, "days": 30.0},
	})
	p.Add(policyType, "models-expiry", expiryProps(Props{"version": Props{"delete": Props{"daysAfterCreationGreaterThan": 30.0}}}))
	p.Add(containerType, "models-container", containerProps("models"))
}

func (p *platform) storageProps() Props {
	return Props{
		"resourceGroupName": "dev", "accountName": "devmodels", "kind": "StorageV2", "sku": Props{"name": "Standard_ZRS"},
		"allowBlobPublicAccess": false, "allowSharedKeyAccess": false, "minimumTlsVersion": "TLS1_2", "enableHttpsTrafficOnly": true,
		"networkRuleSet": Props{
			"defaultAction": "Deny", "bypass": "AzureServices", "ipRules": []any{Props{"action": "Allow", "iPAddressOrRange": "203.0.113.0/24"}},
			"virtualNetworkRules": []any{Props{"action": "Allow", "virtualNetworkResourceId": p.id("nodes-1")}},
		},
	}
}

func expiryProps(actions Props) Props {
	return Props{"resourceGroupName": "dev", "accountName": "devmodels", "managementPolicyName": "default", "policy": Props{"rules": []any{Props{
		"name": "old", "type": "Lifecycle", "enabled": true,
		"definition": Props{"actions": actions, "filters": Props{"blobTypes": []any{"blockBlob"}}},
	}}}}
}

func containerProps(name string) Props {
	return Props{"resourceGroupName": "dev", "accountName": "devmodels", "containerName": name, "publicAccess": "None"}
}

func maintenanceProps(name string) Props {
	return Props{
		"resourceGroupName": "dev", "resourceName": "dev", "configName": name,
		"maintenanceWindow": Props{
			"schedule":  Props{"weekly": Props{"dayOfWeek": "Saturday", "intervalWeeks": 1.0}},
			"startTime": "02:00", "utcOffset": "+00:00", "durationHours": 8.0,
		},
	}
}

func (p *platform) trustProps() Props {
	return Props{
		"resourceGroupName": "dev", "resourceName": "app", "audiences": []any{"api://AzureADTokenExchange"},
		"issuer": p.issuer(), "subject": "system:serviceaccount:ml:app",
	}
}

func (p *platform) issuer() string {
	return p.By["cluster"].Outputs["oidcIssuerProfile"].(Props)["issuerURL"].(string)
}
