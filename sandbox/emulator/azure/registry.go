package azure

import (
	"regexp"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// registryForm: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
var registryForm = regexp.MustCompile(`^[a-zA-Z0-9]{5,50}$`)

// takenNames are host names that other customers have: those of Microsoft's
// documentation, and what everybody tries first.
var takenNames = []string{"contoso", "gantry", "models", "mycontainerregistry", "myregistry", "mystorageaccount", "registry"}

// registry is the table of container registries. The account holds no images.
func (a *Account) registry() emulator.Type {
	return emulator.Type{
		Token:   tokenRegistry,
		Source:  "specification/containerregistry/resource-manager/Microsoft.ContainerRegistry/stable/2022-12-01/containerregistry.json",
		Replace: []string{"location", "registryName", "resourceGroupName"},
		Name:    named("registryName"),
		Refs:    []emulator.Ref{groupRef()},
		Validate: rules.All(
			matching("registryName", registryForm), located(kindRegistry), tagRules, needs("sku.name"),
			oneOf("sku.name", "Basic", "Standard", "Premium"), oneOf("publicNetworkAccess", "Enabled", "Disabled"),
			oneOf("zoneRedundancy", "Enabled", "Disabled"), between("policies.retentionPolicy.days", 0, 365), premiumOnly,
		),
		Create: func(op *emulator.Op) error {
			in, out := op.In(), op.Out()
			name := in.String("registryName")
			if err := claim(op, a.id(in.String("resourceGroupName"), kindRegistry, name)); err != nil {
				return err
			}
			if takenByOthers(op, name) {
				return refuse("AlreadyInUse", "The registry DNS name %s.azurecr.io is already in use. You can check if the name is already claimed "+
					"using following API: https://docs.microsoft.com/en-us/rest/api/containerregistry/registries/checknameavailability", strings.ToLower(name))
			}
			out["name"], out["type"] = name, kindRegistry
			out["loginServer"] = strings.ToLower(name) + ".azurecr.io"
			out["creationDate"] = timestamp()
			settleRegistry(out)
			return nil
		},
		Update: func(op *emulator.Op) error {
			settleRegistry(op.Out())
			return nil
		},
		Delete: func(op *emulator.Op) error { return dropInside(op.Tx, op.Object.ID) },
	}
}

// takenByOthers tells whether another object of the same type, in whatever group,
// or another customer has the name, which is a host name.
func takenByOthers(op *emulator.Op, name string) bool {
	if slices.Contains(takenNames, strings.ToLower(name)) {
		return true
	}
	return slices.ContainsFunc(op.Of(op.Object.Token), func(o emulator.Object) bool {
		return strings.EqualFold(o.Outputs.String("name"), name)
	})
}

func settleRegistry(out emulator.Properties) {
	out["provisioningState"] = "Succeeded"
	out["dataEndpointHostNames"], out["privateEndpointConnections"] = []any{}, []any{}
	out.Set("sku.tier", out.String("sku.name"))
	setDefault(out, "adminUserEnabled", false)
	setDefault(out, "dataEndpointEnabled", false)
	setDefault(out, "publicNetworkAccess", "Enabled")
	setDefault(out, "networkRuleBypassOptions", "AzureServices")
	setDefault(out, "zoneRedundancy", "Disabled")
	setDefault(out, "encryption.status", "disabled")
	setDefault(out, "policies.retentionPolicy.status", "disabled")
	setDefault(out, "policies.retentionPolicy.days", 7)
	setDefault(out, "policies.exportPolicy.status", "enabled")
	setDefault(out, "policies.quarantinePolicy.status", "disabled")
	setDefault(out, "policies.trustPolicy.status", "disabled")
	setDefault(out, "policies.trustPolicy.type", "Notary")
}

// premiumOnly refuses on a lower tier what only Premium has.
// https://learn.microsoft.com/azure/container-registry/container-registry-skus
func premiumOnly(in emulator.Properties) error {
	tier := in.String("sku.name")
	if tier == "" || tier == "Premium" {
		return nil
	}
	for path, value := range map[string]string{
		"policies.retentionPolicy.status": "enabled", "policies.trustPolicy.status": "enabled", "zoneRedundancy": "Enabled",
		"publicNetworkAccess": "Disabled", "networkRuleSet.defaultAction": "Deny", "encryption.status": "enabled",
	} {
		if in.String(path) == value {
			return refuseAt(path, "InvalidParameter", "The value '%s' of parameter %s needs a registry of SKU Premium; this one is of SKU %s.", value, path, tier)
		}
	}
	return nil
}
