package aws

import (
	"net/netip"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// The sizes of VPCs and subnets.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
const (
	widestNetwork    = 16
	narrowestNetwork = 28
)

func (a *Account) vpc() emulator.Type {
	return emulator.Type{
		Token:   tokenVPC,
		Source:  "hashicorp/terraform-provider-aws internal/service/ec2/vpc_.go",
		Replace: []string{"cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength"},
		Defaults: emulator.Properties{
			"enableDnsSupport": true, "enableDnsHostnames": false,
			"enableNetworkAddressUsageMetrics": false, "instanceTenancy": "default",
		},
		InUse: inUse("DependencyViolation", "The vpc '%s' has dependencies and cannot be deleted."),
		Validate: rules.All(
			rules.Network("cidrBlock", widestNetwork, narrowestNetwork),
			rules.OneOf("instanceTenancy", "default", "dedicated"),
			ownNetworkOnly,
		),
		Create: func(op *emulator.Op) error {
			o, out := op.Object, op.Out()
			o.ID = ec2ID("vpc")
			table := ec2ID("rtb")
			out["arn"] = a.arn("ec2", "vpc/"+o.ID)
			out["ownerId"] = accountID
			out["mainRouteTableId"], out["defaultRouteTableId"] = table, table
			out["defaultNetworkAclId"] = ec2ID("acl")
			out["defaultSecurityGroupId"] = ec2ID("sg")
			out["dhcpOptionsId"] = ec2ID("dopt")
			return nil
		},
	}
}

// ownNetworkOnly refuses networks from an IPAM pool, which the account has not.
func ownNetworkOnly(in emulator.Properties) error {
	if pool := in.String("ipv4IpamPoolId"); pool != "" {
		return refuse("InvalidIpamPoolId.NotFound", "The ipam-pool ID '%s' does not exist", pool)
	}
	if !in.Has("cidrBlock") {
		return refuse("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' must be provided.")
	}
	return nil
}

// defaultSecurityGroup adopts the group that every VPC has, and gives it the
// rules of the program. Deleting it only lets go of it.
func (a *Account) defaultSecurityGroup() emulator.Type {
	return emulator.Type{
		Token:   tokenDefaultSecurityGroup,
		Source:  "hashicorp/terraform-provider-aws internal/service/ec2/vpc_default_security_group.go",
		Replace: []string{"vpcId"},
		Sets:    []string{"ingress", "egress"},
		Defaults: emulator.Properties{
			"name": "default", "description": "default VPC security group", "revokeRulesOnDelete": false,
		},
		Refs: []emulator.Ref{{
			Path: "vpcId", To: []emulator.Target{{Token: tokenVPC}},
			Missing: missing("InvalidVpcID.NotFound", "The vpc ID '%s' does not exist"),
		}},
		Create: func(op *emulator.Op) error {
			if !op.In().Has("vpcId") {
				return refuse("InvalidGroup.NotFound", "There is no default VPC in this account; give a vpcId")
			}
			vpc := get(op.Tx, tokenVPC, op.In().String("vpcId"))
			op.Object.ID = vpc.Outputs.String("defaultSecurityGroupId")
			op.Out()["arn"] = a.arn("ec2", "security-group/"+op.Object.ID)
			op.Out()["ownerId"] = accountID
			return nil
		},
	}
}

func (a *Account) internetGateway() emulator.Type {
	return emulator.Type{
		Token:  tokenInternetGateway,
		Source: "hashicorp/terraform-provider-aws internal/service/ec2/vpc_internet_gateway.go",
		Refs:   []emulator.Ref{vpcRef()},
		Create: func(op *emulator.Op) error {
			op.Object.ID = ec2ID("igw")
			op.Out()["arn"] = a.arn("ec2", "internet-gateway/"+op.Object.ID)
			op.Out()["ownerId"] = accountID
			return attachGateway(op)
		},
		Update: attachGateway,
	}
}

// attachGateway refuses a second internet gateway for a VPC.
func attachGateway(op *emulator.Op) error {
	vpc := op.In().String("vpcId")
	_, taken := op.Find(tokenInternetGateway, func(o emulator.Object) bool {
		return vpc != "" && o.ID != op.Object.ID && o.Inputs.String("vpcId") == vpc
	})
	if taken {
		return refuse("InvalidParameterValue", "Network %s already has an internet gateway attached", vpc)
	}
	return nil
}

func (a *Account) subnet() emulator.Type {
	return emulator.Type{
		Token:  tokenSubnet,
		Source: "hashicorp/terraform-provider-aws internal/service/ec2/vpc_subnet.go",
		Replace: []string{
			"availabilityZone", "availabilityZoneId", "cidrBlock", "ipv6Native", "outpostArn", "vpcId",
		},
		Defaults: emulator.Properties{
			"mapPublicIpOnLaunch": false, "assignIpv6AddressOnCreation": false, "enableDns64": false,
			"enableResourceNameDnsARecordOnLaunch": false, "enableResourceNameDnsAaaaRecordOnLaunch": false,
			"ipv6Native": false, "privateDnsHostnameTypeOnLaunch": "ip-name",
		},
		Refs:  []emulator.Ref{vpcRef()},
		InUse: inUse("DependencyViolation", "The subnet '%s' has dependencies and cannot be deleted."),
		Validate: rules.All(
			rules.Network("cidrBlock", widestNetwork, narrowestNetwork),
			rules.Apart("availabilityZone", "availabilityZoneId"),
			rules.OneOf("privateDnsHostnameTypeOnLaunch", "ip-name", "resource-name"),
		),
		Create: func(op *emulator.Op) error {
			if err := fitsIntoVPC(op); err != nil {
				return err
			}
			z, err := a.placeSubnet(op.In())
			if err != nil {
				return err
			}
			o, out := op.Object, op.Out()
			o.ID = ec2ID("subnet")
			out["arn"] = a.arn("ec2", "subnet/"+o.ID)
			out["ownerId"] = accountID
			out["availabilityZone"], out["availabilityZoneId"] = z.name, z.id
			return nil
		},
	}
}

// fitsIntoVPC refuses a subnet outside its VPC or over another subnet.
func fitsIntoVPC(op *emulator.Op) error {
	cidr := op.In().String("cidrBlock")
	own, err := netip.ParsePrefix(cidr)
	if err != nil {
		return refuse("MissingParameter", "The request must contain the parameter cidrBlock")
	}
	vpc := get(op.Tx, tokenVPC, op.In().String("vpcId"))
	whole, err := netip.ParsePrefix(vpc.Outputs.String("cidrBlock"))
	if err != nil || own.Bits() < whole.Bits() || !whole.Contains(own.Addr()) {
		return refuse("InvalidSubnet.Range", "The CIDR '%s' is invalid: it is not within the VPC's %s.", own, whole)
	}
	for _, other := range op.Of(tokenSubnet) {
		taken, err := netip.ParsePrefix(other.Inputs.String("cidrBlock"))
		if err == nil && other.Inputs.String("vpcId") == vpc.ID && taken.Overlaps(own) {
			return refuse("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet (%s, %s)", own, other.ID, taken)
		}
	}
	return nil
}

// placeSubnet is the zone of a subnet: the one it asks for, or the first.
func (a *Account) placeSubnet(in emulator.Properties) (zone, error) {
	want := in.String("availabilityZone") + in.String("availabilityZoneId")
	if want == "" {
		return a.zones()[0], nil
	}
	if z, ok := a.zone(want); ok {
		return z, nil
	}
	var names []string
	for _, z := range a.zones() {
		names = append(names, z.name)
	}
	return zone{}, refuse("InvalidParameterValue", "Value (%s) for parameter availabilityZone is invalid. "+
		"Subnets can currently only be created in the following availability zones: %s.", want, strings.Join(names, ", "))
}

// reservedAddresses at the start of a subnet belong to AWS, and so does the last.
// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
const reservedAddresses = 4

// freeAddress is the lowest address of a subnet that nothing uses and that is
// not in taken.
func freeAddress(tx *emulator.Tx, subnet emulator.Object, taken ...string) (string, error) {
	prefix, err := netip.ParsePrefix(subnet.Inputs.String("cidrBlock"))
	if err != nil {
		return "", err
	}
	used := append(usedAddresses(tx, subnet.ID), taken...)
	address := prefix.Addr()
	for range reservedAddresses {
		address = address.Next()
	}
	for ; prefix.Contains(address.Next()); address = address.Next() {
		if !slices.Contains(used, address.String()) {
			return address.String(), nil
		}
	}
	return "", refuse("InsufficientFreeAddressesInSubnet",
		"The specified subnet %s does not have enough free addresses to satisfy the request.", subnet.ID)
}

// usedAddresses are the private addresses in a subnet: of NAT gateways, mount
// targets and nodes.
func usedAddresses(tx *emulator.Tx, subnet string) []string {
	var used []string
	for _, o := range tx.Objects() {
		switch {
		case o.Token == tokenNAT && o.Inputs.String("subnetId") == subnet:
			used = append(used, o.Outputs.String("privateIp"))
		case o.Token == tokenMountTarget && o.Inputs.String("subnetId") == subnet:
			used = append(used, o.Outputs.String("ipAddress"))
		case o.Token == tokenNodeGroup:
			for _, m := range machines(o) {
				used = append(used, m.Address)
			}
		}
	}
	return used
}
