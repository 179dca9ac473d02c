package eks

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/components/cluster"
)

const typeBucket = "aws:s3/bucketV2:BucketV2"

func TestModelBucket_IsPrivateVersionedAndEncrypted(t *testing.T) {
	rec := run(t, stocked(dev()))
	bucket := rec.Named(t, "cluster-models")
	assert.Equal(t, "gantry-dev-models-", bucket.Input(t, "bucketPrefix"))
	access := rec.Named(t, "cluster-models-private")
	for _, field := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"} {
		assert.Equal(t, true, access.Input(t, field), field)
	}
	assert.Equal(t, "BucketOwnerEnforced", rec.Named(t, "cluster-models-owner").Input(t, "rule.objectOwnership"))
	assert.Equal(t, "Enabled", rec.Named(t, "cluster-models-versions").Input(t, "versioningConfiguration.status"))
	encryption := rec.Named(t, "cluster-models-encryption")
	assert.Equal(t, "aws:kms", encryption.Input(t, "rules[0].applyServerSideEncryptionByDefault.sseAlgorithm"))
	assert.Contains(t, encryption.Input(t, "rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId"), ":cluster-key")
	assert.Equal(t, true, encryption.Input(t, "rules[0].bucketKeyEnabled"))
	expiry := rec.Named(t, "cluster-models-expiry")
	assert.EqualValues(t, 30, expiry.Input(t, "rules[0].noncurrentVersionExpiration.noncurrentDays"))
	assert.Nil(t, expiry.Input(t, "rules[0].expiration.days"), "no file that is there goes by itself")
	assert.JSONEq(t, `{"Version":"2012-10-17","Statement":[{"Sid":"OnlyTLS","Effect":"Deny","Principal":"*","Action":"s3:*",
		"Resource":["arn:aws:s3:::cluster-models","arn:aws:s3:::cluster-models/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`,
		rec.Named(t, "cluster-models-tls").Input(t, "policy").(string))

	values := resolve(t, stocked(dev()), func(h *cluster.Handle) []pulumi.StringOutput {
		return []pulumi.StringOutput{h.Bucket.URL, h.Bucket.Resource}
	})
	assert.Equal(t, []string{"s3://cluster-models", "arn:aws:s3:::cluster-models"}, values)
}

func TestModelBucket_ChangesOneSettingAtATime(t *testing.T) {
	rec := run(t, stocked(dev()))
	steps := []string{"private", "owner", "encryption", "versions", "expiry", "tls"}
	for i, step := range steps[1:] {
		assert.True(t, rec.DependsOn(rec.Named(t, "cluster-models-"+step), rec.Named(t, "cluster-models-"+steps[i])), step)
	}
}

func TestModelBucket_KeepsItsDataAndItsLocks(t *testing.T) {
	for name, args := range map[string]*Args{"dev": dev(), "prod": prod()} {
		protected := args.Platform.Protected()
		rec := run(t, stocked(args))
		count := 0
		for _, res := range rec.All() {
			if !strings.HasPrefix(res.Type, "aws:s3/") {
				continue
			}
			count++
			assert.Equal(t, protected, res.Protect, "%s %s", name, res.Name)
			assert.Equal(t, protected, res.RetainOnDelete, "%s %s", name, res.Name)
		}
		assert.Equal(t, 7, count)
		assert.Equal(t, !protected, rec.Named(t, "cluster-models").Input(t, "forceDestroy"))
	}
}

func TestModelBucket_NameFits(t *testing.T) {
	long := edit(stocked(dev()), func(a *Args) { a.Platform.Name = strings.Repeat("p", 40) })
	assert.LessOrEqual(t, len(run(t, long).Named(t, "cluster-models").Input(t, "bucketPrefix").(string)), 37)
}

func TestNetwork_IsHandedOver(t *testing.T) {
	values := resolve(t, dev(), func(h *cluster.Handle) []pulumi.StringOutput { return []pulumi.StringOutput{h.Network} })
	assert.Equal(t, []string{"cluster-vpc-id"}, values)
}
