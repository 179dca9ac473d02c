package aws

import (
	"regexp"
	"slices"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

var (
	logGroupForm = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)
	// retentions in days; 0 keeps logs for ever.
	retentions = []int{
		0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
	}
)

func (a *Account) logGroup() emulator.Type {
	return emulator.Type{
		Token:    tokenLogGroup,
		Source:   "hashicorp/terraform-provider-aws internal/service/logs/group.go",
		Replace:  []string{"logGroupClass", "name", "namePrefix"},
		Name:     &emulator.AutoName{Property: "name", Unless: "namePrefix", MaxLength: 512},
		Defaults: emulator.Properties{"retentionInDays": 0, "skipDestroy": false, "logGroupClass": "STANDARD"},
		Refs: []emulator.Ref{
			keyRef("kmsKeyId", "InvalidParameterException", "The specified KMS key does not exist or is not allowed to be used with this log group: %s"),
		},
		Validate: rules.All(
			rules.Matching("name", logGroupForm, "up to 512 letters, digits and .-_/#"),
			rules.OneOf("logGroupClass", "STANDARD", "INFREQUENT_ACCESS", "DELIVERY"), knownRetention,
		),
		Taken: func(emulator.Object) error {
			return refuse("ResourceAlreadyExistsException", "The specified log group already exists")
		},
		Create: func(op *emulator.Op) error {
			op.Object.ID = named(op.In(), "name", "namePrefix")
			op.Out()["name"] = op.Object.ID
			op.Out()["arn"] = a.logGroupARN(op.Object.ID)
			return nil
		},
		Delete: func(op *emulator.Op) error {
			op.Retain = op.In().Bool("skipDestroy")
			return nil
		},
	}
}

func (a *Account) logGroupARN(name string) string { return a.arn("logs", "log-group:"+name) }

func knownRetention(in emulator.Properties) error {
	if days := in.Int("retentionInDays"); !slices.Contains(retentions, days) {
		return rules.Invalid("retentionInDays", "is %d, expected one of %v", days, retentions)
	}
	return nil
}
