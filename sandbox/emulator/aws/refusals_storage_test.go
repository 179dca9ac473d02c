package aws_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

func TestRefusals_Repositories(t *testing.T) {
	p := newCluster(t)
	p.images()
	repository := p.repositoryProps()
	rule := func(priority int, selection string) string {
		return fmt.Sprintf(`{"rulePriority":%d,"selection":%s,"action":{"type":"expire"}}`, priority, selection)
	}
	policy := func(rules ...string) Props {
		return Props{"repository": "dev/classifier", "policy": `{"rules":[` + strings.Join(rules, ",") + `]}`}
	}
	const any10 = `{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":10}`
	encrypted := func(kind, key string) Props {
		return change(repository, Props{"name": "other", "encryptionConfigurations": []any{Props{"encryptionType": kind, "kmsKey": key}}})
	}
	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"one that exists":           {repositoryType, repository, "RepositoryAlreadyExistsException: The repository with name 'dev/classifier' already exists in the registry with id '111122223333'"},
		"a name in capitals":        {repositoryType, change(repository, Props{"name": "Dev"}), "Invalid parameter at 'repositoryName'"},
		"a name that ends in /":     {repositoryType, change(repository, Props{"name": "dev/"}), "Invalid parameter at 'repositoryName'"},
		"a name of one letter":      {repositoryType, change(repository, Props{"name": "d"}), "Invalid parameter at 'repositoryName'"},
		"tags of their own mind":    {repositoryType, change(repository, Props{"name": "other", "imageTagMutability": "FROZEN"}), "expected one of MUTABLE, IMMUTABLE"},
		"a key that is none":        {repositoryType, encrypted("KMS", "arn:aws:kms:us-east-1:111122223333:key/x"), "KmsException: Unable to create the grant: Key 'arn:aws:kms:us-east-1:111122223333:key/x' does not exist"},
		"a key without KMS":         {repositoryType, encrypted("AES256", p.arn("key")), "a KMS key can be specified with encryption type KMS only"},
		"rules for no repository":   {expiryType, change(policy(rule(1, any10)), Props{"repository": "none"}), "RepositoryNotFoundException: The repository with name 'none' does not exist"},
		"rules that are none":       {expiryType, change(policy(), Props{"policy": "rules"}), "is not valid JSON"},
		"no rules":                  {expiryType, policy(), "missing required properties"},
		"two rules of one rank":     {expiryType, policy(rule(1, any10), rule(1, any10)), "rulePriority 1 is not positive and unique"},
		"any before others":         {expiryType, policy(rule(1, any10), rule(2, `{"tagStatus":"untagged","countType":"imageCountMoreThan","countNumber":1}`)), "must have the highest rulePriority"},
		"none to keep":              {expiryType, policy(rule(1, `{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":0}`)), "minimum: 1, found: 0"},
		"days without their unit":   {expiryType, policy(rule(1, `{"tagStatus":"untagged","countType":"sinceImagePushed","countNumber":1}`)), `countUnit "" does not fit countType "sinceImagePushed"`},
		"tagged, but by which tags": {expiryType, policy(rule(1, `{"tagStatus":"tagged","countType":"imageCountMoreThan","countNumber":1}`)), "tagPrefixList or tagPatternList is required"},
		"an action that is none":    {expiryType, policy(`{"rulePriority":1,"selection":` + any10 + `,"action":{"type":"delete"}}`), `instance value ("delete") not found`},
	})
}

func TestRefusals_Buckets(t *testing.T) {
	p := newCluster(t)
	p.Add(bucketType, "models", Props{"bucket": "dev-models"})
	p.Add(bucketType, "open", Props{"bucket": "dev-open"})
	p.Add(blockType, "open-block", Props{"bucket": "dev-open"})
	public := func(bucket string) string {
		return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::%s/*"}}`, bucket)
	}
	rules := func(more Props) Props {
		return Props{"bucket": "dev-models", "rules": []any{change(Props{"id": "a", "status": "Enabled"}, more)}}
	}
	encryption := func(by Props) Props {
		return Props{"bucket": "dev-models", "rules": []any{Props{"applyServerSideEncryptionByDefault": by}}}
	}
	tests := map[string]refusal{
		"one that exists":         {bucketType, Props{"bucket": "dev-models"}, "BucketAlreadyOwnedByYou: Your previous request to create the named bucket succeeded and you already own it"},
		"one of others":           {bucketType, Props{"bucket": "models"}, "BucketAlreadyExists: The requested bucket name is not available. The bucket namespace is shared by all users"},
		"a long prefix":           {bucketType, Props{"bucketPrefix": strings.Repeat("m", 38)}, "38 characters long, expected at most 37"},
		"a prefix in capitals":    {bucketType, Props{"bucketPrefix": "Models-"}, "InvalidBucketName"},
		"versions in the bucket":  {bucketType, Props{"versionings": []any{Props{"enabled": true}}}, "use an aws.s3.BucketVersioningV2 of its own"},
		"a block for nothing":     {blockType, Props{"bucket": "none"}, "NoSuchBucket: The specified bucket does not exist: none"},
		"an owner that is none":   {ownershipType, Props{"bucket": "dev-models", "rule": Props{"objectOwnership": "Nobody"}}, "expected one of BucketOwnerPreferred"},
		"a bucket of others":      {versioningType, Props{"bucket": "dev-models", "expectedBucketOwner": "444455556666", "versioningConfiguration": Props{"status": "Enabled"}}, "AccessDenied"},
		"versions now and then":   {versioningType, Props{"bucket": "dev-models", "versioningConfiguration": Props{"status": "Sometimes"}}, "expected one of Enabled, Suspended, Disabled"},
		"a cipher that is none":   {encryptionType, encryption(Props{"sseAlgorithm": "ROT13"}), "expected one of AES256, aws:kms"},
		"a key that has no use":   {encryptionType, encryption(Props{"sseAlgorithm": "AES256", "kmsMasterKeyId": p.arn("key")}), "a KMSMasterKeyID is not applicable"},
		"two rules of encryption": {encryptionType, Props{"bucket": "dev-models", "rules": []any{Props{}, Props{}}}, "MalformedXML"},
		"a rule that does naught": {lifecycleType, rules(nil), "InvalidRequest: At least one action needs to be specified in a rule."},
		"versions of no days":     {lifecycleType, rules(Props{"noncurrentVersionExpiration": Props{"noncurrentDays": 0}}), "is 0, expected at least 1"},
		"days and markers":        {lifecycleType, rules(Props{"expiration": Props{"days": 3, "expiredObjectDeleteMarker": true}}), "MalformedXML"},
		"a public policy":         {bucketPolicy, Props{"bucket": "dev-models", "policy": public("dev-models")}, "because public policies are prevented by the BlockPublicPolicy setting"},
		"a policy of others":      {bucketPolicy, Props{"bucket": "dev-models", "policy": strings.ReplaceAll(p.onlyTLS("models"), "dev-models", "other")}, "MalformedPolicy: Policy has invalid resource: arn:aws:s3:::other/*"},
		"a policy for nobody":     {bucketPolicy, Props{"bucket": "dev-models", "policy": `{"Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::dev-models"}]}`}, "Missing required field Principal"},
		"a policy of no words":    {bucketPolicy, Props{"bucket": "dev-models", "policy": "{}"}, "the policy has no Statement"},
	}
	for _, name := range []string{"Models", "m", "dev_models", "a..b", "192.168.5.4", "xn--models", "models-s3alias", strings.Repeat("m", 64)} {
		tests["the name "+name] = refusal{bucketType, Props{"bucket": name}, "InvalidBucketName: The specified bucket is not valid: " + name}
	}
	emulatortest.Refuses(t, p.Account, tests)

	_, err := p.Create(bucketPolicy, "published", Props{"bucket": "dev-open", "policy": public("dev-open")})
	require.NoError(t, err, "whoever switches the block off may publish")
}

func TestBuckets_SettingsAreOverwrittenAndGoWithTheBucket(t *testing.T) {
	p := newCluster(t)
	p.models()
	before := len(p.Objects())
	again := p.Must(versioningType, "again", Props{"bucket": p.By["models"].ID, "versioningConfiguration": Props{"status": "Suspended"}})
	assert.Len(t, p.Objects(), before, "a bucket has each setting once")
	_, err := p.Update(again, Props{"bucket": p.By["models"].ID, "versioningConfiguration": Props{"status": "Disabled"}})
	assert.ErrorContains(t, err, "cannot be updated from 'Suspended' to 'Disabled'")
	require.NoError(t, p.Delete(p.By["models"]))
	assert.Len(t, p.Objects(), before-7)
}

func TestRegistries_WhatIsReplaced(t *testing.T) {
	p := newCluster(t)
	p.images()
	p.models()
	p.Replaces(t, p.By["images"], change(p.repositoryProps(), Props{"encryptionConfigurations": []any{Props{"encryptionType": "AES256"}}}),
		[]string{"encryptionConfigurations"}, true)
	p.Replaces(t, p.By["images"], change(p.repositoryProps(), Props{"imageTagMutability": "MUTABLE"}), nil, false)
	p.Replaces(t, p.By["images-expiry"], Props{"repository": "dev/classifier", "policy": strings.ReplaceAll(keepTen, "10", "20")}, []string{"policy"}, false)
	p.Replaces(t, p.By["models"], Props{"bucketPrefix": "other-", "forceDestroy": true}, []string{"bucketPrefix"}, false)
	assert.Equal(t, "111122223333.dkr.ecr.us-east-1.amazonaws.com/dev/classifier", p.By["images"].Outputs["repositoryUrl"])
	assert.Regexp(t, `^dev-models-[0-9a-f]{26}$`, p.By["models"].ID)
	assert.Equal(t, "arn:aws:s3:::"+p.By["models"].ID, p.By["models"].Outputs["arn"])
}
