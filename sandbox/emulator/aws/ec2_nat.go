package aws

import (
	"fmt"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

func (a *Account) elasticIP() emulator.Type {
	return emulator.Type{
		Token:    tokenEIP,
		Source:   "hashicorp/terraform-provider-aws internal/service/ec2/ec2_eip.go",
		Replace:  []string{"address", "domain", "ipamPoolId", "networkBorderGroup", "publicIpv4Pool"},
		Defaults: emulator.Properties{"domain": "vpc", "vpc": true, "publicIpv4Pool": "amazon"},
		InUse: inUse("InvalidIPAddress.InUse",
			"The address with allocation id [%s] cannot be released because it is in use."),
		Validate: rules.OneOf("domain", "vpc"),
		Create: func(op *emulator.Op) error {
			address, err := publicAddress(op.Tx)
			if err != nil {
				return err
			}
			o, out := op.Object, op.Out()
			o.ID = ec2ID("eipalloc")
			out["allocationId"] = o.ID
			out["arn"] = a.arn("ec2", "elastic-ip/"+o.ID)
			out["networkBorderGroup"] = a.region()
			out["publicIp"] = address
			out["publicDns"] = a.publicName(address)
			return nil
		},
	}
}

// publicAddress is the first free address of TEST-NET-3, which nobody owns.
func publicAddress(tx *emulator.Tx) (string, error) {
	for host := 1; host < 255; host++ {
		address := fmt.Sprintf("203.0.113.%d", host)
		_, taken := tx.Find(tokenEIP, func(o emulator.Object) bool { return o.Outputs.String("publicIp") == address })
		if !taken {
			return address, nil
		}
	}
	return "", refuse("AddressLimitExceeded", "The maximum number of addresses has been reached.")
}

// publicName is the DNS name of a public address.
func (a *Account) publicName(address string) string {
	domain := a.region() + ".compute"
	if a.region() == "us-east-1" {
		domain = "compute-1"
	}
	return "ec2-" + strings.ReplaceAll(address, ".", "-") + "." + domain + "." + a.dnsSuffix()
}

func (a *Account) natGateway() emulator.Type {
	return emulator.Type{
		Token:  tokenNAT,
		Source: "hashicorp/terraform-provider-aws internal/service/ec2/vpc_nat_gateway.go",
		Replace: []string{
			"allocationId", "connectivityType", "privateIp", "secondaryPrivateIpAddressCount", "subnetId",
		},
		Sets:     []string{"secondaryAllocationIds", "secondaryPrivateIpAddresses"},
		Defaults: emulator.Properties{"connectivityType": "public"},
		Refs: []emulator.Ref{subnetRef("subnetId"), {
			Path: "allocationId", To: []emulator.Target{{Token: tokenEIP, Holds: true}},
			Missing: missing("InvalidAllocationID.NotFound", "The allocation ID '%s' does not exist"),
		}},
		Validate: rules.All(rules.OneOf("connectivityType", "public", "private"), natAddress),
		Create: func(op *emulator.Op) error {
			subnet := get(op.Tx, tokenSubnet, op.In().String("subnetId"))
			if err := natReachesOut(op, subnet); err != nil {
				return err
			}
			private, err := freeAddress(op.Tx, subnet)
			if err != nil {
				return err
			}
			out := op.Out()
			op.Object.ID = ec2ID("nat")
			out["networkInterfaceId"] = ec2ID("eni")
			if !out.Has("privateIp") {
				out["privateIp"] = private
			}
			if address := op.In().String("allocationId"); address != "" {
				out["publicIp"] = get(op.Tx, tokenEIP, address).Outputs.String("publicIp")
				out["associationId"] = ec2ID("eipassoc")
			}
			return nil
		},
	}
}

func natAddress(in emulator.Properties) error {
	private := in.String("connectivityType") == "private"
	switch given := in.Has("allocationId"); {
	case private && given:
		return rules.Invalid("allocationId", `is not supported with connectivityType "private"`)
	case !private && !given:
		return refuse("MissingParameter",
			"The request must include the AllocationId parameter. Add the required parameter and retry the request.")
	}
	return nil
}

// natReachesOut refuses a public NAT gateway whose address is taken or whose
// VPC has no way out. That its subnet is public shows only when a node needs it.
func natReachesOut(op *emulator.Op, subnet emulator.Object) error {
	address := op.In().String("allocationId")
	if address == "" {
		return nil
	}
	_, taken := op.Find(tokenNAT, func(o emulator.Object) bool {
		return o.Inputs.String("allocationId") == address || slices.Contains(o.Inputs.Strings("secondaryAllocationIds"), address)
	})
	if taken {
		return refuse("Resource.AlreadyAssociated", "Elastic IP address [%s] is already associated", address)
	}
	vpc := subnet.Inputs.String("vpcId")
	_, attached := op.Find(tokenInternetGateway, func(o emulator.Object) bool { return o.Inputs.String("vpcId") == vpc })
	if !attached {
		return refuse("Gateway.NotAttached", "Network %s has no Internet gateway attached", vpc)
	}
	return nil
}
