package aws

import (
	"errors"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// bucketSetting is the table of a setting that a bucket has once. To set it again
// overwrites it, whoever set it first.
func bucketSetting(token, file string, checks ...rules.Check) emulator.Type {
	return emulator.Type{
		Token:   token,
		Source:  "hashicorp/terraform-provider-aws internal/service/s3/" + file,
		Replace: []string{"bucket"},
		Refs: []emulator.Ref{{
			Path: "bucket", To: []emulator.Target{{Token: tokenBucket}, {Token: tokenBucket, Attr: "arn"}},
			Missing: missing("NoSuchBucket", "The specified bucket does not exist: %s"),
		}},
		Validate: rules.All(checks...),
		Create: func(op *emulator.Op) error {
			op.Object.ID = op.In().String("bucket")
			return overwrite(op)
		},
	}
}

// owned is bucketSetting for a setting that can also say who owns the bucket.
func owned(t emulator.Type) emulator.Type {
	t.Replace = append(t.Replace, "expectedBucketOwner")
	create := t.Create
	t.Create = func(op *emulator.Op) error {
		if owner := op.In().String("expectedBucketOwner"); owner != "" && owner != accountID {
			return refuse("AccessDenied", "Access Denied")
		}
		return create(op)
	}
	return t
}

func (a *Account) publicAccessBlock() emulator.Type {
	t := bucketSetting(tokenPublicAccessBlock, "bucket_public_access_block.go")
	t.Defaults = emulator.Properties{
		"blockPublicAcls": false, "blockPublicPolicy": false, "ignorePublicAcls": false, "restrictPublicBuckets": false,
	}
	return t
}

func (a *Account) ownershipControls() emulator.Type {
	return bucketSetting(tokenOwnershipControls, "bucket_ownership_controls.go",
		rules.OneOf("rule.objectOwnership", "BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"))
}

// bucketEncryption is the table of default encryption. S3 looks at the key when
// the first file comes, and not before.
func (a *Account) bucketEncryption() emulator.Type {
	return owned(bucketSetting(tokenBucketEncryption, "bucket_server_side_encryption_configuration.go",
		rules.OneOf("rules[].applyServerSideEncryptionByDefault.sseAlgorithm", "AES256", "aws:kms", "aws:kms:dsse"),
		func(in emulator.Properties) error {
			if all, given := in["rules"].([]any); given && len(all) != 1 {
				return refuse("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
			}
			for _, rule := range in.Objects("rules") {
				const to = "applyServerSideEncryptionByDefault."
				if rule.Has(to+"kmsMasterKeyId") && rule.String(to+"sseAlgorithm") == "AES256" {
					return refuse("InvalidArgument", "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
				}
			}
			return nil
		}))
}

func (a *Account) bucketVersioning() emulator.Type {
	t := owned(bucketSetting(tokenBucketVersioning, "bucket_versioning.go",
		rules.OneOf("versioningConfiguration.status", "Enabled", "Suspended", "Disabled"),
		rules.OneOf("versioningConfiguration.mfaDelete", "Enabled", "Disabled")))
	t.Update = func(op *emulator.Op) error {
		const status = "versioningConfiguration.status"
		if old := op.Old.Inputs.String(status); op.In().String(status) == "Disabled" && old != "Disabled" {
			return errors.New("versioning_configuration.status cannot be updated from '" + old + "' to 'Disabled'")
		}
		return nil
	}
	return t
}

func (a *Account) bucketLifecycle() emulator.Type {
	t := owned(bucketSetting(tokenBucketLifecycle, "bucket_lifecycle_configuration.go",
		rules.OneOf("rules[].status", "Enabled", "Disabled"), rules.AtLeast("rules[].noncurrentVersionExpiration.noncurrentDays", 1),
		rules.AtLeast("rules[].expiration.days", 0), lifecycleRules))
	create := t.Create
	t.Create = func(op *emulator.Op) error {
		if !op.Out().Has("transitionDefaultMinimumObjectSize") {
			op.Out()["transitionDefaultMinimumObjectSize"] = "all_storage_classes_128K"
		}
		return create(op)
	}
	return t
}

// lifecycleActions are what a rule can do.
var lifecycleActions = []string{
	"expiration", "transitions", "noncurrentVersionExpiration", "noncurrentVersionTransitions", "abortIncompleteMultipartUpload",
}

func lifecycleRules(in emulator.Properties) error {
	seen := map[string]bool{}
	for _, rule := range in.Objects("rules") {
		id := rule.String("id")
		switch {
		case id != "" && seen[id]:
			return refuse("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
		case !slices.ContainsFunc(lifecycleActions, rule.Has):
			return refuse("InvalidRequest", "At least one action needs to be specified in a rule.")
		case rule.Has("expiration.days") && rule.Bool("expiration.expiredObjectDeleteMarker"):
			return refuse("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
		}
		seen[id] = true
	}
	return nil
}

// bucketPolicy is the table of bucket policies.
func (a *Account) bucketPolicy() emulator.Type {
	t := bucketSetting(tokenBucketPolicy, "bucket_policy.go", document("policy"))
	t.JSON = []string{"policy"}
	create := t.Create
	t.Create = func(op *emulator.Op) error {
		if err := a.policyFits(op); err != nil {
			return err
		}
		return create(op)
	}
	t.Update = a.policyFits
	return t
}

// policyFits refuses a policy that is about something else, and a public one where
// S3 lets none be. A new bucket lets none be until somebody decides otherwise.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
func (a *Account) policyFits(op *emulator.Op) error {
	policy, err := parsePolicy(op.In().String("policy"))
	if err != nil {
		return refuse("MalformedPolicy", "%v", err)
	}
	bucket, _ := op.Lookup([]emulator.Target{{Token: tokenBucket}, {Token: tokenBucket, Attr: "arn"}}, op.In().String("bucket"))
	public := false
	for _, s := range policy.Statement {
		if s.Principal == nil {
			return refuse("MalformedPolicy", "Missing required field Principal")
		}
		for _, resource := range s.Resource {
			if arn := bucket.Outputs.String("arn"); resource != arn && !strings.HasPrefix(resource, arn+"/") {
				return refuse("MalformedPolicy", "Policy has invalid resource: %s", resource)
			}
		}
		public = public || s.Effect == "Allow" && s.Principal.everyone && len(s.Condition) == 0
	}
	block, decided := op.Get(tokenPublicAccessBlock, bucket.ID)
	if public && (!decided || block.Outputs.Bool("blockPublicPolicy")) {
		return refuse("AccessDenied", "User: %s is not authorized to perform: s3:PutBucketPolicy on resource: %q because public policies are prevented by the "+
			"BlockPublicPolicy setting in S3 Block Public Access.", a.callerARN(), bucket.Outputs.String("arn"))
	}
	return nil
}
