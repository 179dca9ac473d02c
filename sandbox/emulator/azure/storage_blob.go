package azure

import (
	"regexp"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// alwaysDefault is the one name that a part of a storage account can have.
const alwaysDefault = "default"

// namedDefault is for parts of which every storage account has one.
func namedDefault(property string) *emulator.AutoName {
	return &emulator.AutoName{Property: property, Fixed: true, Choose: func(string, []byte) (string, error) { return alwaysDefault, nil }}
}

// part is a table of what every storage account has once: to set it again
// overwrites it, and azure-native only forgets it.
func (a *Account) part(t emulator.Type, kind, below string) emulator.Type {
	property := t.Name.Property
	t.Replace = []string{"accountName", property, "resourceGroupName"}
	t.Refs = []emulator.Ref{groupRef()}
	t.Validate = rules.All(t.Validate, oneOf(property, alwaysDefault))
	t.Create = func(op *emulator.Op) error {
		account, err := a.accountOf(op)
		if err != nil {
			return err
		}
		op.Object.ID = account.ID + below + alwaysDefault
		op.Out()["name"], op.Out()["type"] = alwaysDefault, kind
		if err := t.Update(op); err != nil {
			return err
		}
		return op.Drop(op.Object.Token, op.Object.ID)
	}
	return t
}

// accountOf is the storage account that something is in.
func (a *Account) accountOf(op *emulator.Op) (emulator.Object, error) {
	in := op.In()
	group, name := in.String("resourceGroupName"), in.String("accountName")
	account, found := find(op.Tx, tokenStorageAccount, a.id(group, kindStorageAccount, name))
	if !found {
		return account, refuse("ResourceNotFound", "The Resource '%s/%s' under resource group '%s' was not found. "+
			"For more details please go to https://aka.ms/ARMResourceNotFoundFix", kindStorageAccount, name, group)
	}
	return account, nil
}

func (a *Account) blobServices() emulator.Type {
	return a.part(emulator.Type{
		Token:  tokenBlobServices,
		Source: storageSpec + "blob.json",
		Name:   namedDefault("blobServicesName"),
		Validate: rules.All(
			between("deleteRetentionPolicy.days", 1, 365), between("containerDeleteRetentionPolicy.days", 1, 365),
			daysGiven("deleteRetentionPolicy"), daysGiven("containerDeleteRetentionPolicy"),
		),
		Update: func(op *emulator.Op) error {
			account, err := a.accountOf(op)
			if err != nil {
				return err
			}
			if op.In().Bool("isVersioningEnabled") && account.Outputs.Bool("isHnsEnabled") {
				return refuse("FeatureNotSupportedForAccount", "Blob versioning is not supported for the account, which has a hierarchical namespace.")
			}
			out := op.Out()
			out["sku"] = account.Outputs["sku"]
			setDefault(out, "isVersioningEnabled", false)
			setDefault(out, "cors.corsRules", []any{})
			setDefault(out, "deleteRetentionPolicy.enabled", false)
			return nil
		},
	}, kindBlobServices, "/blobServices/")
}

// daysGiven: a retention that is on says for how long.
func daysGiven(path string) rules.Check {
	return func(in emulator.Properties) error {
		if in.Bool(path+".enabled") && in.Settled(path+".days") && !in.Has(path+".days") {
			return refuse("InvalidXmlDocument", "XML specified is not syntactically valid: %s needs days.", path)
		}
		return nil
	}
}

// maxPolicyRules is how many rules a policy takes.
// https://learn.microsoft.com/azure/storage/blobs/lifecycle-management-policy-structure
const maxPolicyRules = 100

func (a *Account) managementPolicy() emulator.Type {
	return a.part(emulator.Type{
		Token:    tokenManagementPolicy,
		Source:   storageSpec + "storage.json",
		Name:     namedDefault("managementPolicyName"),
		Validate: rules.All(oneOf("policy.rules[].type", "Lifecycle"), policyRules),
		Update: func(op *emulator.Op) error {
			op.Out()["lastModifiedTime"] = timestamp()
			return nil
		},
	}, kindManagementPolicy, "/managementPolicies/")
}

func policyRules(in emulator.Properties) error {
	all := in.Objects("policy.rules")
	switch {
	case !in.Known("policy.rules"):
		return nil
	case len(all) == 0 || len(all) > maxPolicyRules:
		return refuse("InvalidRequestPropertyValue", "The value of policy.rules must have 1 to %d rules, and has %d.", maxPolicyRules, len(all))
	}
	seen := map[string]bool{}
	for _, rule := range all {
		name := rule.String("name")
		actions, _ := rule.At("definition.actions").(map[string]any)
		switch {
		case seen[name]:
			return refuse("InvalidRequestPropertyValue", "The rule name '%s' is not unique.", name)
		case rule.Known("definition.actions") && len(actions) == 0:
			return refuse("InvalidRequestPropertyValue", "The rule '%s' must have at least one action.", name)
		case rule.Has("definition.filters") && rule.Known("definition.filters") && len(rule.Strings("definition.filters.blobTypes")) == 0:
			return refuse("InvalidRequestPropertyValue", "The rule '%s' must name blobTypes in its filters.", name)
		}
		seen[name] = true
	}
	return nil
}

// containerForm: https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
var containerForm = regexp.MustCompile(`^([a-z0-9](-?[a-z0-9]){2,62}|\$root|\$web)$`)

func (a *Account) blobContainer() emulator.Type {
	return emulator.Type{
		Token:    tokenBlobContainer,
		Source:   storageSpec + "blob.json",
		Replace:  []string{"accountName", "containerName", "resourceGroupName"},
		Name:     namedAlike("containerName"),
		Refs:     []emulator.Ref{groupRef()},
		Validate: rules.All(matching("containerName", containerForm), oneOf("publicAccess", "None", "Blob", "Container")),
		Create: func(op *emulator.Op) error {
			account, err := a.accountOf(op)
			if err != nil {
				return err
			}
			name, out := op.In().String("containerName"), op.Out()
			if err := claim(op, account.ID+"/blobServices/default/containers/"+name); err != nil {
				return err
			}
			out["name"], out["type"] = name, kindBlobContainer
			return a.settleContainer(op)
		},
		Update: a.settleContainer,
	}
}

// settleContainer refuses what the account does not let its containers be, and
// fills in what Azure adds.
func (a *Account) settleContainer(op *emulator.Op) error {
	account, err := a.accountOf(op)
	if err != nil {
		return err
	}
	public := op.In().String("publicAccess")
	if public != "" && public != "None" && account.Outputs.Has("allowBlobPublicAccess") && !account.Outputs.Bool("allowBlobPublicAccess") {
		return refuse("PublicAccessNotPermitted", "Public access is not permitted on this storage account.")
	}
	out := op.Out()
	out["etag"], out["lastModifiedTime"] = etag(), timestamp()
	out["deleted"], out["hasImmutabilityPolicy"], out["hasLegalHold"] = false, false, false
	out["leaseState"], out["leaseStatus"] = "Available", "Unlocked"
	setDefault(out, "publicAccess", "None")
	setDefault(out, "defaultEncryptionScope", "$account-encryption-key")
	setDefault(out, "denyEncryptionScopeOverride", false)
	return nil
}
