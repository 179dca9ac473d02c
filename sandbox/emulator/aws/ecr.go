package aws

import (
	"encoding/json"
	"fmt"
	"regexp"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// repositoryForm: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
var repositoryForm = regexp.MustCompile(`^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$`)

// Lengths of the name of a repository.
const (
	minRepositoryName = 2
	maxRepositoryName = 256
)

// repository is the table of ECR repositories. The account holds no images, so
// that none stands in the way of a deletion.
func (a *Account) repository() emulator.Type {
	return emulator.Type{
		Token:    tokenRepository,
		Source:   "hashicorp/terraform-provider-aws internal/service/ecr/repository.go",
		Replace:  []string{"encryptionConfigurations", "name"},
		Name:     &emulator.AutoName{Property: "name", MaxLength: maxRepositoryName},
		Defaults: emulator.Properties{"imageTagMutability": "MUTABLE"},
		Refs: []emulator.Ref{
			keyRef("encryptionConfigurations[].kmsKey", "KmsException", "Unable to create the grant: Key '%s' does not exist"),
		},
		Validate: rules.All(
			repositoryName, rules.OneOf("imageTagMutability", "MUTABLE", "IMMUTABLE"),
			rules.OneOf("encryptionConfigurations[].encryptionType", "AES256", "KMS"), keyOfKMS,
		),
		Taken: func(o emulator.Object) error {
			return refuse("RepositoryAlreadyExistsException", "The repository with name '%s' already exists in the registry with id '%s'", o.ID, accountID)
		},
		Create: func(op *emulator.Op) error {
			o, out := op.Object, op.Out()
			o.ID = op.In().String("name")
			out["arn"] = a.arn("ecr", "repository/"+o.ID)
			out["registryId"] = accountID
			out["repositoryUrl"] = fmt.Sprintf("%s.dkr.ecr.%s.%s/%s", accountID, a.region(), a.dnsSuffix(), o.ID)
			if !out.Has("encryptionConfigurations") {
				out["encryptionConfigurations"] = []any{map[string]any{"encryptionType": "AES256"}}
			}
			return nil
		},
		Delete: func(op *emulator.Op) error {
			return dropAll(op.Tx, op.Object.ID, "repository", tokenLifecyclePolicy)
		},
	}
}

func repositoryName(in emulator.Properties) error {
	name := in.String("name")
	if name == "" || len(name) >= minRepositoryName && len(name) <= maxRepositoryName && repositoryForm.MatchString(name) {
		return nil
	}
	return refuse("InvalidParameterException", "Invalid parameter at 'repositoryName' failed to satisfy constraint: "+
		"'must satisfy regular expression '%s'': %q", repositoryForm, name)
}

func keyOfKMS(in emulator.Properties) error {
	for _, configuration := range in.Objects("encryptionConfigurations") {
		if configuration.Has("kmsKey") && configuration.Known("encryptionType") && configuration.String("encryptionType") != "KMS" {
			return refuse("InvalidParameterException", "Invalid parameter at 'encryptionConfiguration' failed to satisfy constraint: "+
				"'a KMS key can be specified with encryption type KMS only'")
		}
	}
	return nil
}

// lifecyclePolicy is the table of lifecycle policies. A repository has one; to put
// another one replaces it.
func (a *Account) lifecyclePolicy() emulator.Type {
	return emulator.Type{
		Token:   tokenLifecyclePolicy,
		Source:  "hashicorp/terraform-provider-aws internal/service/ecr/lifecycle_policy.go",
		Replace: []string{"policy", "repository"},
		JSON:    []string{"policy"},
		Refs: []emulator.Ref{{
			Path: "repository", To: []emulator.Target{{Token: tokenRepository}},
			Missing: func(name string) error {
				return refuse("RepositoryNotFoundException", "The repository with name '%s' does not exist in the registry with id '%s'", name, accountID)
			},
		}},
		Validate: rules.All(jsonText("policy"), expiryRules),
		Create: func(op *emulator.Op) error {
			op.Object.ID = op.In().String("repository")
			op.Out()["registryId"] = accountID
			return overwrite(op)
		},
	}
}

// overwrite takes the place of an object with the same id, as a PUT does.
func overwrite(op *emulator.Op) error { return op.Drop(op.Object.Token, op.Object.ID) }

// expiryRules reads a lifecycle policy as ECR does.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
func expiryRules(in emulator.Properties) error {
	text := in.String("policy")
	var policy struct {
		Rules []struct {
			RulePriority int
			Selection    struct {
				TagStatus, CountType, CountUnit string
				CountNumber                     int
				TagPrefixList, TagPatternList   []string
			}
			Action struct{ Type string }
		}
	}
	if !json.Valid([]byte(text)) {
		return nil // jsonText has said so
	}
	invalid := func(format string, args ...any) error {
		return refuse("InvalidParameterException", "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: %s'",
			fmt.Sprintf(format, args...))
	}
	if err := json.Unmarshal([]byte(text), &policy); err != nil {
		return invalid("%s", err)
	}
	if len(policy.Rules) == 0 {
		return invalid("object has missing required properties ([\"rules\"])")
	}
	seen, last := map[int]bool{}, 0
	for _, rule := range policy.Rules {
		if rule.RulePriority < 1 || seen[rule.RulePriority] {
			return invalid("rulePriority %d is not positive and unique", rule.RulePriority)
		}
		seen[rule.RulePriority], last = true, max(last, rule.RulePriority)
	}
	for _, rule := range policy.Rules {
		s := rule.Selection
		switch {
		case rule.Action.Type != "expire":
			return invalid("instance value (%q) not found in enum (possible values: [\"expire\"])", rule.Action.Type)
		case s.CountNumber < 1:
			return invalid("numeric instance is lower than the required minimum (minimum: 1, found: %d)", s.CountNumber)
		case s.CountType == "sinceImagePushed" && s.CountUnit != "days", s.CountType != "sinceImagePushed" && s.CountUnit != "":
			return invalid("countUnit %q does not fit countType %q", s.CountUnit, s.CountType)
		case s.CountType != "sinceImagePushed" && s.CountType != "imageCountMoreThan":
			return invalid("countType %q is none", s.CountType)
		case s.TagStatus == "tagged" && len(s.TagPrefixList)+len(s.TagPatternList) == 0:
			return invalid("tagPrefixList or tagPatternList is required for tagStatus tagged")
		case s.TagStatus == "any" && rule.RulePriority != last:
			return invalid("the rule with tagStatus any must have the highest rulePriority")
		case s.TagStatus != "any" && s.TagStatus != "tagged" && s.TagStatus != "untagged":
			return invalid("tagStatus %q is none", s.TagStatus)
		}
	}
	return nil
}
