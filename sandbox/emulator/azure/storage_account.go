package azure

import (
	"net/netip"
	"regexp"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// storageSpec is the specification of all types of storage.
const storageSpec = "specification/storage/resource-manager/Microsoft.Storage/stable/2022-09-01/"

// accountForm: https://learn.microsoft.com/azure/storage/common/storage-account-overview
var accountForm = regexp.MustCompile(`^[a-z0-9]{3,24}$`)

// Limits of a storage account.
// https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations
const maxStorageTagName = 128

var (
	storageSKUs = []string{
		"Premium_LRS", "Premium_ZRS", "Standard_GRS", "Standard_GZRS", "Standard_LRS", "Standard_RAGRS", "Standard_RAGZRS", "Standard_ZRS",
	}
	storageKinds = []string{"BlobStorage", "BlockBlobStorage", "FileStorage", "Storage", "StorageV2"}
)

// storageAccount is the table of storage accounts. They hold no data.
func (a *Account) storageAccount() emulator.Type {
	return emulator.Type{
		Token:   tokenStorageAccount,
		Source:  storageSpec + "storage.json",
		Replace: []string{"accountName", "isHnsEnabled", "location", "resourceGroupName"},
		Name:    named("accountName"),
		Refs: []emulator.Ref{groupRef(), {
			Path: "networkRuleSet.virtualNetworkRules[].virtualNetworkResourceId", To: []emulator.Target{{Token: tokenSubnet}},
			Missing: func(id string) error {
				return refuse("NetworkAclsValidationFailure", "Validation of network acls failure: SubnetNotFound:Subnet %s could not be found.", id)
			},
		}},
		Validate: rules.All(
			accountName, located(kindStorageAccount), tagRules, storageTags, needs("sku.name"), oneOf("sku.name", storageSKUs...),
			oneOf("kind", storageKinds...), oneOf("accessTier", "Hot", "Cool", "Premium"), tierNeeded,
			oneOf("minimumTlsVersion", "TLS1_0", "TLS1_1", "TLS1_2"), oneOf("publicNetworkAccess", "Enabled", "Disabled"),
			oneOf("networkRuleSet.defaultAction", "Allow", "Deny"), addressRules,
		),
		Create: func(op *emulator.Op) error {
			in, out := op.In(), op.Out()
			name := in.String("accountName")
			if err := claim(op, a.id(in.String("resourceGroupName"), kindStorageAccount, name)); err != nil {
				return err
			}
			if takenByOthers(op, name) {
				return refuseAt("name", "StorageAccountAlreadyTaken", "The storage account named %s is already taken.", name)
			}
			if err := subnetsServed(op); err != nil {
				return err
			}
			out["name"], out["type"] = name, kindStorageAccount
			out["creationTime"] = timestamp()
			out["keyCreationTime"] = map[string]any{"key1": timestamp(), "key2": timestamp()}
			settleAccount(out, name)
			return nil
		},
		Update: func(op *emulator.Op) error {
			if err := sameRedundancy(op.Old.Inputs.String("sku.name"), op.In().String("sku.name")); err != nil {
				return err
			}
			if err := subnetsServed(op); err != nil {
				return err
			}
			settleAccount(op.Out(), lastOf(op.Object.ID))
			return nil
		},
		Delete: func(op *emulator.Op) error { return dropInside(op.Tx, op.Object.ID) },
	}
}

func accountName(in emulator.Properties) error {
	name := in.String("accountName")
	if name == "" || accountForm.MatchString(name) {
		return nil
	}
	return refuse("AccountNameInvalid", "%s is not a valid storage account name. Storage account name must be between 3 and 24 characters in length "+
		"and use numbers and lower-case letters only.", name)
}

func storageTags(in emulator.Properties) error {
	for name := range in.StringMap("tags") {
		if len(name) > maxStorageTagName {
			return refuse("InvalidTagName", "The length of tag name '%s' is greater than %d.", name, maxStorageTagName)
		}
	}
	return nil
}

// tierNeeded: accounts of blobs alone have no default tier.
func tierNeeded(in emulator.Properties) error {
	if in.String("kind") == "BlobStorage" && in.Settled("accessTier") && !in.Has("accessTier") {
		return refuse("InvalidValuesForRequestParameters", "Values for request parameters are invalid: accessTier.")
	}
	return nil
}

// addressRules takes ranges that come from the internet.
func addressRules(in emulator.Properties) error {
	for _, v := range in.All("networkRuleSet.ipRules[].iPAddressOrRange") {
		if text, known := v.(string); known && !fromTheInternet(text) {
			return refuse("InvalidValuesForRequestParameters", "Values for request parameters are invalid: networkAcls.ipRule[*].value. "+
				"For more information, see - https://aka.ms/storagenetworkruleset")
		}
	}
	return nil
}

// fromTheInternet tells whether a text is a public IPv4 address, without a length,
// or a range of more than two of them.
// https://learn.microsoft.com/azure/storage/common/storage-network-security
func fromTheInternet(text string) bool {
	address, err := netip.ParseAddr(text)
	if err != nil {
		network, err := netip.ParsePrefix(text)
		if err != nil || network.Bits() > 30 {
			return false
		}
		address = network.Addr()
	}
	return address.Is4() && !address.IsPrivate()
}

// subnetsServed refuses to let a subnet in that does not come by a service
// endpoint.
func subnetsServed(op *emulator.Op) error {
	for _, v := range op.In().All("networkRuleSet.virtualNetworkRules[].virtualNetworkResourceId") {
		id, _ := v.(string)
		subnet := get(op.Tx, tokenSubnet, id)
		served := false
		for _, endpoint := range subnet.Inputs.Objects("serviceEndpoints") {
			served = served || strings.HasPrefix(endpoint.String("service"), "Microsoft.Storage")
		}
		if !served {
			return refuse("SubnetsHaveNoServiceEndpointsConfigured", "Subnets %s of virtual network %s do not have ServiceEndpoints for Microsoft.Storage "+
				"resources configured. Add Microsoft.Storage to subnet's ServiceEndpoints collection before trying to ACL Microsoft.Storage resources to these subnets.",
				lastOf(id), parentOf(id))
		}
	}
	return nil
}

// sameRedundancy refuses to move data between zones, or between disks and SSD, by
// an update: Azure has other ways for the one and none for the other.
// https://learn.microsoft.com/azure/storage/common/redundancy-migration
func sameRedundancy(old, wanted string) error {
	kind := func(sku string) [2]bool {
		return [2]bool{strings.HasSuffix(sku, "ZRS"), strings.HasPrefix(sku, "Premium")}
	}
	if wanted != "" && kind(old) != kind(wanted) {
		return refuse("StorageAccountTypeConversionNotAllowed", "Conversion of storage account types from %s to %s is not allowed.", old, wanted)
	}
	return nil
}

func settleAccount(out emulator.Properties, name string) {
	location := out.String("location")
	out["provisioningState"], out["statusOfPrimary"] = "Succeeded", "available"
	out["primaryLocation"], out["privateEndpointConnections"] = location, []any{}
	tier, _, _ := strings.Cut(out.String("sku.name"), "_")
	out.Set("sku.tier", tier)
	endpoints := map[string]any{}
	for _, service := range []string{"blob", "dfs", "file", "queue", "table"} {
		endpoints[service] = "https://" + name + "." + service + ".core.windows.net/"
	}
	endpoints["web"] = "https://" + name + ".z13.web.core.windows.net/"
	out["primaryEndpoints"] = endpoints
	setDefault(out, "accessTier", "Hot")
	setDefault(out, "encryption.keySource", "Microsoft.Storage")
	setDefault(out, "networkRuleSet.bypass", "AzureServices")
	setDefault(out, "networkRuleSet.defaultAction", "Allow")
	setDefault(out, "networkRuleSet.ipRules", []any{})
	setDefault(out, "networkRuleSet.virtualNetworkRules", []any{})
	if all, given := out.At("networkRuleSet.virtualNetworkRules").([]any); given {
		for _, one := range all {
			if rule, isMap := one.(map[string]any); isMap {
				rule["state"] = "Succeeded"
			}
		}
	}
}
