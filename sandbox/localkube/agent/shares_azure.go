package agent

import (
	"strings"

	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// Parameters that the drivers of files and blobs share.
const (
	azureProtocol  = "protocol"
	azureAccount   = "storageaccount"
	azureGroup     = "resourcegroup"
	azureShare     = "sharename"
	azureContainer = "containername"
)

// azureShareParameters are known to both drivers.
var azureShareParameters = []string{
	azureSKU, azureSKUAlias, azureProtocol, azureAccount, azureGroup, "location", "subscriptionid", "secretname", "secretnamespace",
	"storeaccountkey", "getlatestaccountkey", "tags", "tagvaluedelimiter", "matchtags", "usedataplaneapi", "storageendpointsuffix",
	"networkendpointtype", "accesstier", "allowblobpublicaccess", "allowsharedkeyaccess", "requireinfraencryption", "server",
	"mountpermissions", "fsgroupchangepolicy", "vnetresourcegroup", "vnetname", "vnetlinkname", "subnetname", "publicnetworkaccess",
	"clientid", "tenantid", "mountwithmanagedidentity", "mountwithworkloadidentitytoken",
}

// azureFile makes a share for each volume, in a storage account for all volumes
// with the same parameters.
// https://github.com/kubernetes-sigs/azurefile-csi-driver/blob/master/docs/driver-parameters.md
var azureFile = share{
	driver: "file.csi.azure.com",
	parameters: append([]string{
		fsTypeParameter, azureShare, "sharenameprefix", "foldername", "diskname", "createaccount", "usesecretcache",
		"enablelargefileshares", "disabledeleteretentionpolicy", "selectrandommatchingaccount", "shareaccesstier",
		"accountaccesstier", "rootsquashtype", "enablemultichannel", "accountquota", "encryptintransit", "provisionediops",
		"provisionedbandwidth", "createfolderifnotexist", "getaccountkeyfromsecret", "confidentialcontainerlabel", "runtimeclasshandler",
	}, azureShareParameters...),
	unknown: "invalid parameter %q in storage class",
	check:   checkAzureFile,
	size: func(n int64, p parameters) (int64, error) {
		return max(wholeGibibytes(n), leastShare(p)), nil
	},
	round:  wholeGibibytes,
	passes: true,
	handle: func(o controller.ProvisionOptions, at place, p parameters) (string, map[string]string) {
		name, own := p[azureShare], ""
		if name == "" {
			name = o.PVName
			if p[azureProtocol] == "nfs" {
				name = strings.Replace(name, "pvc", "pvcn", 1)
			}
		} else {
			own = o.PVName
		}
		account := accountOf("f", at, p)
		return strings.Join([]string{groupOf(at, p), account, name, "", own, o.PVC.Namespace}, "#"), namespaceOf(o.PVC)
	},
}

// leastShare is the smallest share of an account on SSDs, in bytes. The driver
// puts NFS there when the class does not say.
// https://learn.microsoft.com/azure/storage/files/understanding-billing
func leastShare(p parameters) int64 {
	switch sku := azureSKUOf(p); {
	case hasPrefixFold(sku, "premiumv2"):
		return 32 * gibibyte
	case hasPrefixFold(sku, "premium"), sku == "" && p[azureProtocol] == "nfs":
		return 100 * gibibyte
	default:
		return 0
	}
}

// azureAccountSKUs are the replications that storage accounts have.
// https://learn.microsoft.com/rest/api/storagerp/srp_sku_types
var azureAccountSKUs = []string{
	"Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_RAGRS", "Standard_GZRS", "Standard_RAGZRS", "Premium_LRS", "Premium_ZRS",
	"StandardV2_LRS", "StandardV2_ZRS", "StandardV2_GRS", "StandardV2_GZRS", "PremiumV2_LRS", "PremiumV2_ZRS",
}

func hasPrefixFold(s, prefix string) bool { return strings.HasPrefix(strings.ToLower(s), prefix) }

func checkAzureFile(p parameters) error {
	sku, protocol := azureSKUOf(p), p[azureProtocol]
	if fs := p[fsTypeParameter]; fs != "" && fs != "nfs" {
		return invalidArgument("fsType storage class parameter enables experimental VDH disk feature which is currently disabled, " +
			"use --enable-vhd driver option to enable it")
	}
	if !oneOf(protocol, "smb", "nfs") {
		return invalidArgument("protocol(%s) is not supported, supported protocol list: %v", protocol, []string{"smb", "nfs"})
	}
	if protocol == "nfs" && hasPrefixFold(sku, "standard") {
		return invalidArgument("nfs protocol only supports premium storage, current account type: %s", sku)
	}
	return checkAccount(p)
}

// checkAccount checks what the drivers leave to the API of storage accounts.
func checkAccount(p parameters) error {
	if sku := azureSKUOf(p); !oneOf(sku, azureAccountSKUs...) {
		return refusal("Internal", `failed to ensure storage account: failed to create storage account, error: StatusCode=400 -- `+
			`Original Error: Code="InvalidValuesForRequestParameters" Message="Values for request parameters are invalid: sku." (%s)`, sku)
	}
	return nil
}

// azureBlob makes a container for each volume, in a storage account for all
// volumes with the same parameters.
// https://github.com/kubernetes-sigs/blob-csi-driver/blob/master/docs/driver-parameters.md
var azureBlob = share{
	driver: "blob.csi.azure.com",
	parameters: append([]string{
		azureContainer, "containernameprefix", "ishnsenabled", "softdeleteblobs", "softdeletecontainers", "enableblobversioning",
		"azurestorageauthtype", "azurestorageidentityclientid", "azurestorageidentityobjectid", "azurestorageidentityresourceid",
		"msiendpoint", "azurestorageaadendpoint",
	}, azureShareParameters...),
	unknown: "invalid parameter %q in storage class",
	check: func(p parameters) error {
		if protocol := p[azureProtocol]; !oneOf(protocol, blobProtocols...) {
			return invalidArgument("protocol(%s) is not supported, supported protocol list: %v", protocol, blobProtocols)
		}
		if name, prefix := p[azureContainer], p["containernameprefix"]; name != "" && prefix != "" {
			return invalidArgument("containerName(%s) and containerNamePrefix(%s) could not be specified together", name, prefix)
		}
		return checkAccount(p)
	},
	// A container has no size.
	size:   anySize,
	round:  asRequested,
	passes: true,
	handle: func(o controller.ProvisionOptions, at place, p parameters) (string, map[string]string) {
		protocol, attributes := p[azureProtocol], namespaceOf(o.PVC)
		if protocol == "" {
			protocol = "fuse"
		}
		name, own := p[azureContainer], o.PVName
		if name == "" {
			name, own = o.PVName, ""
			attributes[azureContainer] = name
		}
		return strings.Join([]string{groupOf(at, p), accountOf(protocol, at, p), name, own, o.PVC.Namespace, ""}, "#"), attributes
	},
}

// blobProtocols are the ways to mount a container.
var blobProtocols = []string{"fuse", "fuse2", "nfs", "aznfs"}

// groupOf is the resource group of a volume's account.
func groupOf(at place, p parameters) string {
	if group := p[azureGroup]; group != "" {
		return group
	}
	return at.resourceGroupName()
}

// accountOf is the storage account that a class names, or else the one that the
// driver has made for its parameters.
func accountOf(prefix string, at place, p parameters) string {
	if account := p[azureAccount]; account != "" {
		return account
	}
	return prefix + id(strings.Join([]string{groupOf(at, p), azureSKUOf(p), p[azureProtocol]}, " "))
}
