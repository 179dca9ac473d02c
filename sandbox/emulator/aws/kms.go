package aws

import (
	"fmt"
	"regexp"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// keyPolicy is what a key without a policy gets: the account decides.
const keyPolicy = `{"Id":"key-default-1","Statement":[{"Action":"kms:*","Effect":"Allow","Principal":{"AWS":"arn:%s:iam::%s:root"},"Resource":"*","Sid":"Enable IAM User Permissions"}],"Version":"2012-10-17"}`

// defaultRotation is in days.
const defaultRotation = 365

func (a *Account) key() emulator.Type {
	return emulator.Type{
		Token:  tokenKey,
		Source: "hashicorp/terraform-provider-aws internal/service/kms/key.go",
		Replace: []string{
			"customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId",
		},
		JSON: []string{"policy"},
		Defaults: emulator.Properties{
			"customerMasterKeySpec": "SYMMETRIC_DEFAULT", "keyUsage": "ENCRYPT_DECRYPT", "isEnabled": true,
			"enableKeyRotation": false, "multiRegion": false, "bypassPolicyLockoutSafetyCheck": false,
		},
		Validate: rules.All(
			rules.Between("deletionWindowInDays", 7, 30), rules.Between("rotationPeriodInDays", 90, 2560),
			together("enableKeyRotation", "rotationPeriodInDays"), document("policy"),
			rules.OneOf("keyUsage", "ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"),
		),
		Create: func(op *emulator.Op) error {
			o, out := op.Object, op.Out()
			o.ID = newUUID()
			out["keyId"] = o.ID
			out["arn"] = a.arn("kms", "key/"+o.ID)
			if !out.Has("policy") {
				out["policy"] = fmt.Sprintf(keyPolicy, a.partition(), accountID)
			}
			rotate(op)
			return nil
		},
		Update: func(op *emulator.Op) error {
			rotate(op)
			return nil
		},
	}
}

func rotate(op *emulator.Op) {
	if op.In().Bool("enableKeyRotation") && !op.In().Has("rotationPeriodInDays") {
		op.Out()["rotationPeriodInDays"] = defaultRotation
	}
}

var aliasForm = regexp.MustCompile(`^alias/[a-zA-Z0-9/_-]{1,250}$`)

func (a *Account) alias() emulator.Type {
	return emulator.Type{
		Token:   tokenAlias,
		Source:  "hashicorp/terraform-provider-aws internal/service/kms/alias.go",
		Replace: []string{"name", "namePrefix"},
		Name:    &emulator.AutoName{Property: "name", Unless: "namePrefix", Prefix: "alias/", MaxLength: 255},
		Refs:    []emulator.Ref{keyRef("targetKeyId", "NotFoundException", "Key '%s' does not exist")},
		Validate: rules.All(
			rules.Matching("name", aliasForm, "alias/ and up to 250 letters, digits and /_-"), notReserved,
		),
		Taken: func(o emulator.Object) error {
			return refuse("AlreadyExistsException", "An alias with the name %s already exists", o.Outputs.String("arn"))
		},
		Create: func(op *emulator.Op) error {
			op.Object.ID = named(op.In(), "name", "namePrefix")
			op.Out()["name"] = op.Object.ID
			op.Out()["arn"] = a.arn("kms", op.Object.ID)
			return pointAlias(op)
		},
		Update: pointAlias,
	}
}

func notReserved(in emulator.Properties) error {
	if strings.HasPrefix(in.String("name"), "alias/aws/") {
		return refuse("NotAuthorizedException", "The alias prefix alias/aws/ is reserved for AWS")
	}
	return nil
}

func pointAlias(op *emulator.Op) error {
	key, _ := op.Lookup([]emulator.Target{{Token: tokenKey}, {Token: tokenKey, Attr: "arn"}}, op.In().String("targetKeyId"))
	op.Out()["targetKeyArn"] = key.Outputs.String("arn")
	return nil
}
