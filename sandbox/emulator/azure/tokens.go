package azure

// Tokens of the resource types. Those of AKS name a version of its API, because
// the default one of azure-native is older than what the program sets.
const (
	tokenResourceGroup  = "azure-native:resources:ResourceGroup"
	tokenVirtualNetwork = "azure-native:network:VirtualNetwork"
	tokenSubnet         = "azure-native:network:Subnet"
	tokenPublicIP       = "azure-native:network:PublicIPAddress"
	tokenNATGateway     = "azure-native:network:NatGateway"
	tokenIdentity       = "azure-native:managedidentity:UserAssignedIdentity"
	tokenFederated      = "azure-native:managedidentity:FederatedIdentityCredential"
	tokenRoleAssignment = "azure-native:authorization:RoleAssignment"
	tokenWorkspace      = "azure-native:operationalinsights:Workspace"
	tokenDiagnostics    = "azure-native:insights:DiagnosticSetting"
	tokenCluster        = moduleAKS + ":ManagedCluster"
	tokenAgentPool      = moduleAKS + ":AgentPool"
	tokenMaintenance    = moduleAKS + ":MaintenanceConfiguration"

	tokenRegistry         = "azure-native:containerregistry:Registry"
	tokenStorageAccount   = "azure-native:storage:StorageAccount"
	tokenBlobServices     = "azure-native:storage:BlobServiceProperties"
	tokenManagementPolicy = "azure-native:storage:ManagementPolicy"
	tokenBlobContainer    = "azure-native:storage:BlobContainer"

	moduleAKS = "azure-native:containerservice/v20241001"
)

// Kinds of resources as they stand in their ids.
const (
	kindResourceGroup  = "Microsoft.Resources/resourceGroups"
	kindVirtualNetwork = "Microsoft.Network/virtualNetworks"
	kindSubnet         = kindVirtualNetwork + "/subnets"
	kindPublicIP       = "Microsoft.Network/publicIPAddresses"
	kindNATGateway     = "Microsoft.Network/natGateways"
	kindIdentity       = "Microsoft.ManagedIdentity/userAssignedIdentities"
	kindFederated      = kindIdentity + "/federatedIdentityCredentials"
	kindRoleAssignment = "Microsoft.Authorization/roleAssignments"
	kindWorkspace      = "Microsoft.OperationalInsights/workspaces"
	kindDiagnostics    = "Microsoft.Insights/diagnosticSettings"
	kindCluster        = "Microsoft.ContainerService/managedClusters"
	kindAgentPool      = kindCluster + "/agentPools"
	kindMaintenance    = kindCluster + "/maintenanceConfigurations"
	kindScaleSet       = "Microsoft.Compute/virtualMachineScaleSets"

	kindRegistry         = "Microsoft.ContainerRegistry/registries"
	kindStorageAccount   = "Microsoft.Storage/storageAccounts"
	kindBlobServices     = kindStorageAccount + "/blobServices"
	kindBlobContainer    = kindBlobServices + "/containers"
	kindManagementPolicy = kindStorageAccount + "/managementPolicies"
)
