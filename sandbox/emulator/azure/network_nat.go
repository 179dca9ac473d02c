package azure

import (
	"fmt"
	"slices"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

func (a *Account) publicIP() emulator.Type {
	return emulator.Type{
		Token:  tokenPublicIP,
		Source: "specification/network/resource-manager/Microsoft.Network/stable/2023-02-01/publicIpAddress.json",
		Replace: []string{
			"location", "publicIPAddressVersion", "publicIPPrefix", "publicIpAddressName", "resourceGroupName", "sku",
		},
		Name:  named("publicIpAddressName"),
		Refs:  []emulator.Ref{groupRef()},
		InUse: addressInUse,
		Validate: rules.All(
			matching("publicIpAddressName", networkForm), located(kindPublicIP), tagRules,
			oneOf("publicIPAllocationMethod", "Static", "Dynamic"), oneOf("publicIPAddressVersion", "IPv4", "IPv6"),
			oneOf("sku.name", "Basic", "Standard"), oneOf("sku.tier", "Regional", "Global"),
			oneOf("zones[]", zoneNumbers...), between("idleTimeoutInMinutes", 4, 30), standardAddress,
		),
		Create: func(op *emulator.Op) error {
			in, out := op.In(), op.Out()
			address, err := publicAddress(op.Tx)
			if err != nil {
				return err
			}
			out["name"], out["type"] = in.String("publicIpAddressName"), kindPublicIP
			out["resourceGuid"], out["etag"] = newGUID(), etag()
			out["ipAddress"], out["provisioningState"] = address, "Succeeded"
			settleAddress(out)
			return claim(op, a.id(in.String("resourceGroupName"), kindPublicIP, in.String("publicIpAddressName")))
		},
		Update: func(op *emulator.Op) error {
			if !slices.Equal(op.In().Strings("zones"), op.Old.Inputs.Strings("zones")) {
				return zonesFixed(op)
			}
			op.Out()["etag"] = etag()
			settleAddress(op.Out())
			return nil
		},
	}
}

func settleAddress(out emulator.Properties) {
	setDefault(out, "publicIPAddressVersion", "IPv4")
	setDefault(out, "idleTimeoutInMinutes", 4)
	setDefault(out, "sku.tier", "Regional")
}

// setDefault fills in what the request leaves open.
func setDefault(out emulator.Properties, path string, value any) {
	if !out.Has(path) {
		out.Set(path, value)
	}
}

// standardAddress takes what is left since Basic addresses were retired.
// https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-basic-upgrade-guidance
func standardAddress(in emulator.Properties) error {
	if in.Settled("sku.name") && in.String("sku.name") != "Standard" {
		return refuse("IPv4BasicSkuPublicIpCountLimitReached",
			"Cannot create more than 0 IPv4 Basic SKU public IP addresses for this subscription in this region.")
	}
	if in.Known("publicIPAllocationMethod") && in.String("publicIPAllocationMethod") != "Static" {
		return refuse("StandardAndStandardV2SkuPublicIPAddressesMustBeStatic", "Standard sku publicIp must have AllocationMethod set to Static.")
	}
	return nil
}

// publicAddress is the first free address of TEST-NET-2, which nobody owns.
func publicAddress(tx *emulator.Tx) (string, error) {
	for host := 1; host < 255; host++ {
		address := fmt.Sprintf("198.51.100.%d", host)
		_, taken := tx.Find(tokenPublicIP, func(o emulator.Object) bool { return o.Outputs.String("ipAddress") == address })
		if !taken {
			return address, nil
		}
	}
	return "", refuse("PublicIPCountLimitReached", "Cannot create more than 254 public IP addresses for this subscription in this region.")
}

func addressInUse(address, holder emulator.Object) error {
	return refuse("PublicIPAddressCannotBeDeleted", "Public IP address %s can not be deleted since it is still allocated to resource %s. "+
		"In order to delete the public IP, disassociate/detach the Public IP address from the resource. "+
		"To learn how to do this, see aka.ms/deletepublicip.", address.ID, holder.ID)
}

func zonesFixed(op *emulator.Op) error {
	return refuse("ResourceAvailabilityZonesCannotBeModified", "Resource %s has an existing availability zone constraint %v "+
		"and the request has availability zone constraint %v, which do not match. Zones cannot be added/updated/removed once the resource is created.",
		op.Object.ID, op.Old.Inputs.Strings("zones"), op.In().Strings("zones"))
}

func (a *Account) natGateway() emulator.Type {
	return emulator.Type{
		Token:   tokenNATGateway,
		Source:  "specification/network/resource-manager/Microsoft.Network/stable/2023-02-01/natGateway.json",
		Replace: []string{"location", "natGatewayName", "resourceGroupName"},
		Name:    named("natGatewayName"),
		Refs:    []emulator.Ref{groupRef(), idRef("publicIpAddresses[].id", tokenPublicIP)},
		InUse: inUse("InUseNatGatewayCannotBeDeleted",
			"Nat gateway %s cannot be deleted because it is in use by the following resources: %s"),
		Validate: rules.All(
			matching("natGatewayName", networkForm), located(kindNATGateway), tagRules,
			oneOf("sku.name", "Standard"), needs("sku.name"), oneOf("zones[]", zoneNumbers...),
			between("idleTimeoutInMinutes", 4, 120), oneZone,
		),
		Create: func(op *emulator.Op) error {
			in, out := op.In(), op.Out()
			out["name"], out["type"] = in.String("natGatewayName"), kindNATGateway
			out["resourceGuid"] = newGUID()
			if err := claim(op, a.id(in.String("resourceGroupName"), kindNATGateway, in.String("natGatewayName"))); err != nil {
				return err
			}
			return settleNAT(op)
		},
		Update: func(op *emulator.Op) error {
			if !slices.Equal(op.In().Strings("zones"), op.Old.Inputs.Strings("zones")) {
				return zonesFixed(op)
			}
			return settleNAT(op)
		},
	}
}

func oneZone(in emulator.Properties) error {
	if len(in.Strings("zones")) > 1 {
		return refuse("NatGatewayMultipleZonesNotSupported", "A NAT gateway is in one zone or in none; the request names %v.", in.Strings("zones"))
	}
	if in.Has("publicIpPrefixes") {
		return notFound(in.String("publicIpPrefixes[].id"))
	}
	return nil
}

// settleNAT refuses addresses that the gateway cannot have.
func settleNAT(op *emulator.Op) error {
	for _, id := range op.In().All("publicIpAddresses[].id") {
		text, _ := id.(string)
		address := get(op.Tx, tokenPublicIP, text)
		if err := sameRegion(op.In().String("location"), address); err != nil {
			return err
		}
		for _, other := range op.Of(tokenNATGateway) {
			if other.ID != op.Object.ID && slices.Contains(other.Inputs.All("publicIpAddresses[].id"), id) {
				return refuse("PublicIPAddressInUse", "Resource %s is referencing public IP address %s that is already allocated to resource %s.",
					op.Object.ID, address.ID, other.ID)
			}
		}
	}
	out := op.Out()
	out["etag"], out["provisioningState"] = etag(), "Succeeded"
	setDefault(out, "idleTimeoutInMinutes", 4)
	return nil
}
