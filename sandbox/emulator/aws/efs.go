package aws

import (
	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// emptyFileSystem is the size in bytes that EFS reports for an empty one.
const emptyFileSystem = 6144

func (a *Account) fileSystem() emulator.Type {
	return emulator.Type{
		Token:  tokenFileSystem,
		Source: "hashicorp/terraform-provider-aws internal/service/efs/file_system.go",
		Replace: []string{
			"availabilityZoneName", "creationToken", "encrypted", "kmsKeyId", "performanceMode",
		},
		Defaults: emulator.Properties{
			"encrypted": false, "performanceMode": "generalPurpose", "throughputMode": "bursting",
			"protection.replicationOverwrite": "ENABLED",
		},
		Refs:  []emulator.Ref{keyRef("kmsKeyId", "BadRequest", "The KMS key %s does not exist")},
		InUse: inUse("FileSystemInUse", "The file system %s has one or more mount targets and cannot be deleted"),
		Validate: rules.All(
			rules.OneOf("performanceMode", "generalPurpose", "maxIO"),
			rules.OneOf("throughputMode", "bursting", "elastic", "provisioned"),
			encryptedForKey,
		),
		Create: func(op *emulator.Op) error {
			o, out := op.Object, op.Out()
			if !out.Has("creationToken") {
				out["creationToken"] = suffixed("terraform-")
			}
			token := out.String("creationToken")
			if other, taken := op.Find(tokenFileSystem, func(o emulator.Object) bool { return o.Outputs.String("creationToken") == token }); taken {
				return refuse("FileSystemAlreadyExists", "File system '%s' already exists with creation token '%s'", other.ID, token)
			}
			o.ID = ec2ID("fs")
			out["arn"] = a.arn("elasticfilesystem", "file-system/"+o.ID)
			out["dnsName"] = o.ID + ".efs." + a.region() + "." + a.dnsSuffix()
			out["ownerId"] = accountID
			out["name"] = op.In().StringMap("tags")["Name"]
			out["sizeInBytes"] = []any{map[string]any{"value": emptyFileSystem, "valueInIa": 0, "valueInStandard": emptyFileSystem}}
			if out.Bool("encrypted") && !out.Has("kmsKeyId") {
				out["kmsKeyId"] = a.arn("kms", "alias/aws/elasticfilesystem")
			}
			return nil
		},
		Update: func(op *emulator.Op) error {
			op.Out()["name"] = op.In().StringMap("tags")["Name"]
			return nil
		},
	}
}

func encryptedForKey(in emulator.Properties) error {
	if in.Has("kmsKeyId") && in.Known("encrypted") && !in.Bool("encrypted") {
		return rules.Invalid("encrypted", "must be true when kmsKeyId is given")
	}
	return nil
}

func (a *Account) mountTarget() emulator.Type {
	return emulator.Type{
		Token:   tokenMountTarget,
		Source:  "hashicorp/terraform-provider-aws internal/service/efs/mount_target.go",
		Replace: []string{"fileSystemId", "ipAddress", "subnetId"},
		Sets:    []string{"securityGroups"},
		Refs: []emulator.Ref{
			{
				Path: "fileSystemId", To: []emulator.Target{{Token: tokenFileSystem, Holds: true}},
				Missing: missing("FileSystemNotFound", "File system '%s' does not exist."),
			},
			{
				Path: "subnetId", To: []emulator.Target{{Token: tokenSubnet, Holds: true}},
				Missing: missing("SubnetNotFound", "The subnet ID '%s' does not exist"),
			},
			{
				Path: "securityGroups[]", To: securityGroupTargets(true),
				Missing: missing("SecurityGroupNotFound", "The security group '%s' does not exist"),
			},
		},
		Create: a.createMountTarget,
		Update: func(op *emulator.Op) error {
			return groupsInVPC(op, get(op.Tx, tokenSubnet, op.In().String("subnetId")).Inputs.String("vpcId"))
		},
	}
}

func (a *Account) createMountTarget(op *emulator.Op) error {
	o, out := op.Object, op.Out()
	subnet := get(op.Tx, tokenSubnet, op.In().String("subnetId"))
	files := get(op.Tx, tokenFileSystem, op.In().String("fileSystemId"))
	vpc, zone := subnet.Inputs.String("vpcId"), subnet.Outputs.String("availabilityZone")
	if err := oneTargetPerZone(op, vpc, zone); err != nil {
		return err
	}
	if err := groupsInVPC(op, vpc); err != nil {
		return err
	}
	address, err := freeAddress(op.Tx, subnet)
	if err != nil {
		return err
	}
	o.ID = ec2ID("fsmt")
	out["availabilityZoneName"], out["availabilityZoneId"] = zone, subnet.Outputs.String("availabilityZoneId")
	out["dnsName"] = files.Outputs.String("dnsName")
	out["mountTargetDnsName"] = zone + "." + files.Outputs.String("dnsName")
	out["fileSystemArn"] = files.Outputs.String("arn")
	out["networkInterfaceId"] = ec2ID("eni")
	out["ownerId"] = accountID
	if !out.Has("ipAddress") {
		out["ipAddress"] = address
	}
	if !out.Has("securityGroups") {
		out["securityGroups"] = emulator.Strings(get(op.Tx, tokenVPC, vpc).Outputs.String("defaultSecurityGroupId"))
	}
	return nil
}

func oneTargetPerZone(op *emulator.Op, vpc, zone string) error {
	for _, other := range op.Of(tokenMountTarget) {
		if other.Inputs.String("fileSystemId") != op.In().String("fileSystemId") {
			continue
		}
		switch {
		case other.Outputs.String("availabilityZoneName") == zone:
			return refuse("MountTargetConflict", "mount target already exists in this AZ")
		case get(op.Tx, tokenSubnet, other.Inputs.String("subnetId")).Inputs.String("vpcId") != vpc:
			return refuse("MountTargetConflict", "requested subnet for new mount target is not in the same VPC as existing mount targets")
		}
	}
	return nil
}

func groupsInVPC(op *emulator.Op, vpc string) error {
	for _, group := range op.In().Strings("securityGroups") {
		if vpcOfSecurityGroup(op.Tx, group) != vpc {
			return refuse("SecurityGroupNotFound", "The security group '%s' is not in %s", group, vpc)
		}
	}
	return nil
}
