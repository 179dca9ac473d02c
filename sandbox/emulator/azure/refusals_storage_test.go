package azure_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

func TestRefusals_Registries(t *testing.T) {
	p := newAccount(t)
	p.Add(groupType, "group", Props{"resourceGroupName": "dev"})
	p.Add(groupType, "other", Props{"resourceGroupName": "other"})
	p.Add(registryType, "images", registryProps())
	with := func(more Props) refusal {
		return refusal{registryType, change(registryProps(), change(Props{"registryName": "fresh123"}, more)), ""}
	}
	standard := func(more Props) refusal {
		return with(change(Props{"sku": Props{"name": "Standard"}, "policies": nil}, more))
	}
	tests := map[string]refusal{}
	for want, test := range map[string]refusal{
		"cannot create already existing resource '" + p.id("images"):                   with(Props{"registryName": "DEV4f2a9c"}),
		"The registry DNS name dev4f2a9c.azurecr.io is already in use.":                with(Props{"registryName": "dev4f2a9c", "resourceGroupName": "other"}),
		`Code="AlreadyInUse" Message="The registry DNS name contoso.azurecr.io`:        with(Props{"registryName": "Contoso"}),
		`'registryName' does not match expression '^[a-zA-Z0-9]{5,50}$': "gantry-dev"`: with(Props{"registryName": "gantry-dev"}),
		`'registryName' does not match expression '^[a-zA-Z0-9]{5,50}$': "dev"`:        with(Props{"registryName": "dev"}),
		"Resource group 'no' could not be found.":                                      with(Props{"resourceGroupName": "no"}),
		"sku.name is required": with(Props{"sku": Props{"name": nil}}),
		"The value 'Classic' of parameter sku.name is not one of Basic, Standard, Premium.":  with(Props{"sku": Props{"name": "Classic"}}),
		"'policies.retentionPolicy.days' is too high (366 > 365)":                            with(Props{"policies": Props{"retentionPolicy": Props{"days": 366.0}}}),
		"'enabled' of parameter policies.retentionPolicy.status needs a registry of SKU Pre": standard(Props{"policies": Props{"retentionPolicy": Props{"status": "enabled", "days": 7.0}}}),
		"'Disabled' of parameter publicNetworkAccess needs a registry of SKU Premium":        standard(Props{"publicNetworkAccess": "Disabled"}),
		"'Enabled' of parameter zoneRedundancy needs a registry of SKU Premium":              standard(Props{"zoneRedundancy": "Enabled"}),
	} {
		test.Want = want
		tests[want] = test
	}
	emulatortest.Refuses(t, p.Account, tests)
	assert.Equal(t, "dev4f2a9c.azurecr.io", p.By["images"].Outputs["loginServer"])
}

func TestRefusals_Storage(t *testing.T) {
	p := newNetwork(t)
	p.Add(groupType, "other", Props{"resourceGroupName": "other"})
	p.models()
	p.Add(subnetType, "unserved", change(p.subnetProps("10.0.16.0/22"), Props{"serviceEndpoints": nil}))
	account := change(p.storageProps(), Props{"accountName": "fresh"})
	rules := func(rules Props) Props {
		return change(account, Props{"networkRuleSet": change(Props{"defaultAction": "Deny"}, rules)})
	}
	address := func(text string) Props { return rules(Props{"ipRules": []any{Props{"iPAddressOrRange": text}}}) }
	subnet := func(id string) Props {
		return rules(Props{"virtualNetworkRules": []any{Props{"virtualNetworkResourceId": id}}})
	}
	blobs := Props{"resourceGroupName": "dev", "accountName": "devmodels", "blobServicesName": "default"}
	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"one that exists":           {storageType, p.storageProps(), "cannot create already existing resource '" + p.id("models")},
		"one of another group":      {storageType, change(p.storageProps(), Props{"resourceGroupName": "other"}), `Code="StorageAccountAlreadyTaken" Message="The storage account named devmodels is already taken." Target="name"`},
		"one of others":             {storageType, change(account, Props{"accountName": "models"}), "The storage account named models is already taken."},
		"a name with a dash":        {storageType, change(account, Props{"accountName": "dev-models"}), `Code="AccountNameInvalid" Message="dev-models is not a valid storage account name.`},
		"a name in capitals":        {storageType, change(account, Props{"accountName": "Models"}), "AccountNameInvalid"},
		"a long name":               {storageType, change(account, Props{"accountName": strings.Repeat("m", 25)}), "must be between 3 and 24 characters"},
		"a copy that is none":       {storageType, change(account, Props{"sku": Props{"name": "Standard"}}), "is not one of Premium_LRS"},
		"a kind that is none":       {storageType, change(account, Props{"kind": "Files"}), "is not one of BlobStorage"},
		"an old TLS":                {storageType, change(account, Props{"minimumTlsVersion": "SSL3"}), "is not one of TLS1_0"},
		"a tag with a long name":    {storageType, change(account, Props{"tags": Props{strings.Repeat("x", 129): "y"}}), "is greater than 128"},
		"a subnet that is none":     {storageType, subnet(p.id("vnet") + "/subnets/none"), `Code="NetworkAclsValidationFailure"`},
		"a subnet without endpoint": {storageType, subnet(p.id("unserved")), "Subnets unserved of virtual network " + p.id("vnet") + " do not have ServiceEndpoints for Microsoft.Storage resources configured."},
		"a single address by range": {storageType, address("203.0.113.7/32"), "networkAcls.ipRule[*].value"},
		"two addresses by range":    {storageType, address("203.0.113.6/31"), "networkAcls.ipRule[*].value"},
		"a private range":           {storageType, address("10.0.0.0/16"), "networkAcls.ipRule[*].value"},
		"versions of no account":    {blobsType, change(blobs, Props{"accountName": "none"}), "The Resource 'Microsoft.Storage/storageAccounts/none' under resource group 'dev' was not found."},
		"versions of a second kind": {blobsType, change(blobs, Props{"blobServicesName": "second"}), "is not one of default"},
		"deleted, but for how long": {blobsType, change(blobs, Props{"deleteRetentionPolicy": Props{"enabled": true}}), "deleteRetentionPolicy needs days"},
		"deleted for years":         {blobsType, change(blobs, Props{"deleteRetentionPolicy": Props{"enabled": true, "days": 366.0}}), "is too high (366 > 365)"},
		"a policy that does naught": {policyType, expiryProps(Props{}), "The rule 'old' must have at least one action."},
		"a policy without rules":    {policyType, change(expiryProps(Props{}), Props{"policy": Props{"rules": []any{}}}), "must have 1 to 100 rules, and has 0"},
		"a container that exists":   {containerType, containerProps("models"), "cannot create already existing resource"},
		"a container in capitals":   {containerType, containerProps("Models"), "'containerName' does not match expression"},
		"two dashes in a row":       {containerType, containerProps("my--models"), "'containerName' does not match expression"},
		"a public container":        {containerType, change(containerProps("open"), Props{"publicAccess": "Blob"}), `Code="PublicAccessNotPermitted" Message="Public access is not permitted on this storage account."`},
		"a container of nothing":    {containerType, change(containerProps("open"), Props{"accountName": "none"}), "was not found"},
	})
	_, err := p.Create(storageType, "one", address("203.0.113.7"))
	require.NoError(t, err, "a single address has no length")
}

func TestStorage_WhatIsReplacedAndWhatCannotChange(t *testing.T) {
	p := newNetwork(t)
	p.models()
	p.Replaces(t, p.By["models"], change(p.storageProps(), Props{"isHnsEnabled": true}), []string{"isHnsEnabled"}, true)
	p.Replaces(t, p.By["models"], change(p.storageProps(), Props{"accessTier": "Cool"}), nil, false)
	_, err := p.Update(p.By["models"], change(p.storageProps(), Props{"sku": Props{"name": "Standard_LRS"}}))
	assert.ErrorContains(t, err, `Code="StorageAccountTypeConversionNotAllowed"`)
	assert.Equal(t, "https://devmodels.blob.core.windows.net/", p.By["models"].Outputs["primaryEndpoints"].(Props)["blob"])
	assert.Equal(t, p.id("models")+"/blobServices/default/containers/models", p.id("models-container"))

	require.NoError(t, p.Delete(p.By["nodes-1"]), "a subnet can go, and its rule with it")
	require.NoError(t, p.Delete(p.By["models"]))
	for _, name := range []string{"models-versions", "models-expiry", "models-container"} {
		read, err := p.Read(p.By[name])
		require.NoError(t, err)
		assert.Empty(t, read.ID, name)
	}
}
