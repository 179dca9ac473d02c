package aws

import (
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

// The references that several types have. What a reference holds cannot be
// deleted before it.

func vpcRef() emulator.Ref {
	return emulator.Ref{
		Path: "vpcId", To: []emulator.Target{{Token: tokenVPC, Holds: true}},
		Missing: missing("InvalidVpcID.NotFound", "The vpc ID '%s' does not exist"),
	}
}

func subnetRef(path string) emulator.Ref {
	return emulator.Ref{
		Path: path, To: []emulator.Target{{Token: tokenSubnet, Holds: true}},
		Missing: missing("InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist"),
	}
}

// securityGroupTargets are where a security group may come from: one of the
// program's, the default one of a VPC, the one that EKS makes for a cluster.
func securityGroupTargets(holds bool) []emulator.Target {
	return []emulator.Target{
		{Token: tokenSecurityGroup, Holds: holds},
		{Token: tokenVPC, Attr: "defaultSecurityGroupId"},
		{Token: tokenCluster, Attr: "vpcConfig.clusterSecurityGroupId"},
	}
}

func securityGroupRef(path string, holds bool) emulator.Ref {
	return emulator.Ref{
		Path: path, To: securityGroupTargets(holds),
		Missing: missing("InvalidGroup.NotFound", "The security group '%s' does not exist"),
	}
}

func routeTableRef(path string, holds bool) emulator.Ref {
	return emulator.Ref{
		Path: path,
		To: []emulator.Target{
			{Token: tokenRouteTable, Holds: holds},
			{Token: tokenVPC, Attr: "mainRouteTableId"},
		},
		Missing: missing("InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist"),
	}
}

func roleNameRef(path string) emulator.Ref {
	return emulator.Ref{
		Path: path, To: []emulator.Target{{Token: tokenRole, Holds: true}},
		Missing: missing("NoSuchEntity", "The role with name %s cannot be found."),
	}
}

func roleARNRef(path, format string) emulator.Ref {
	return emulator.Ref{
		Path: path, To: []emulator.Target{{Token: tokenRole, Attr: "arn"}},
		Missing: missing("InvalidParameterException", format),
	}
}

func keyRef(path, code, format string) emulator.Ref {
	return emulator.Ref{
		Path: path, To: []emulator.Target{{Token: tokenKey, Attr: "arn"}, {Token: tokenKey}},
		Missing: missing(code, format),
	}
}

func clusterRef(holds bool) emulator.Ref {
	return emulator.Ref{
		Path: "clusterName", To: []emulator.Target{{Token: tokenCluster, Holds: holds}},
		Missing: missing("ResourceNotFoundException", "No cluster found for name: %s."),
	}
}

// get is the object of a type with this id. A reference has made sure that it
// exists, so the second value is dropped.
func get(tx *emulator.Tx, token, id string) emulator.Object {
	o, _ := tx.Get(token, id)
	return o
}

// roleByARN is the role with this ARN.
func roleByARN(tx *emulator.Tx, arn string) (emulator.Object, bool) {
	return tx.Find(tokenRole, func(o emulator.Object) bool { return o.Outputs.String("arn") == arn })
}

// vpcOfSecurityGroup is the VPC that a security group is in.
func vpcOfSecurityGroup(tx *emulator.Tx, id string) string {
	o, _ := tx.Lookup(securityGroupTargets(false), id)
	switch o.Token {
	case tokenVPC:
		return o.ID
	case tokenCluster:
		return o.Outputs.String("vpcConfig.vpcId")
	default:
		return o.Outputs.String("vpcId")
	}
}

// named is an input, or a name made from the input that holds its prefix.
func named(in emulator.Properties, name, prefix string) string {
	if given := in.String(name); given != "" {
		return given
	}
	return suffixed(in.String(prefix))
}

// lastOf is the part of an ARN or path after the last slash.
func lastOf(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }
