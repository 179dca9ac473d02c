package eks

import (
	"fmt"

	awskms "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	awss3 "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

// uploadDays is when the parts of an upload that nobody finished are removed.
// They are paid for and shown in no listing.
const uploadDays = 7

// onlyTLS refuses every request to a bucket that is not encrypted on its way.
// Source: Amazon S3 user guide, "Security best practices for Amazon S3".
const onlyTLS = `{"Version":"2012-10-17","Statement":[{"Sid":"OnlyTLS","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":[%[1]q,"%[1]s/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`

// modelBucket registers a private, versioned S3 bucket that is encrypted with the
// platform's key, or returns nil where the platform wants none. Its name ends in
// digits that AWS has not seen: names of buckets are unique in the whole
// partition.
func (b *build) modelBucket(key *awskms.Key) (*cluster.Bucket, error) {
	if !spec.On(b.platform.ModelBucket.Enabled) {
		return nil, nil
	}
	bucket, err := awss3.NewBucketV2(b.ctx, b.child("models"), &awss3.BucketV2Args{
		BucketPrefix: pulumi.String(naming.Prefix(naming.LimitBucketPrefix, b.platform.Name, "models")),
		ForceDestroy: pulumi.Bool(!b.platform.Protected()),
		Tags:         b.named("models"),
	}, b.with(b.keepData())...)
	if err != nil {
		return nil, err
	}
	if err := b.guard(bucket, key); err != nil {
		return nil, err
	}
	return &cluster.Bucket{URL: pulumi.Sprintf("s3://%s", bucket.Bucket), Resource: bucket.Arn}, nil
}

// guard registers everything that makes the bucket what it is. Each waits for the
// one before: S3 changes one setting of a bucket at a time and refuses the others
// meanwhile (OperationAborted). They stay where the bucket does, which must not
// lose its locks.
func (b *build) guard(bucket *awss3.BucketV2, key *awskms.Key) error {
	name, kept := bucket.ID().ToStringOutput(), b.keepData()
	access, err := awss3.NewBucketPublicAccessBlock(b.ctx, b.child("models-private"), &awss3.BucketPublicAccessBlockArgs{
		Bucket:                name,
		BlockPublicAcls:       pulumi.Bool(true),
		BlockPublicPolicy:     pulumi.Bool(true),
		IgnorePublicAcls:      pulumi.Bool(true),
		RestrictPublicBuckets: pulumi.Bool(true),
	}, b.with(kept)...)
	if err != nil {
		return err
	}
	owner, err := awss3.NewBucketOwnershipControls(b.ctx, b.child("models-owner"), &awss3.BucketOwnershipControlsArgs{
		Bucket: name,
		// No access lists: policies alone decide.
		Rule: awss3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")},
	}, b.with(kept, pulumi.DependsOn([]pulumi.Resource{access}))...)
	if err != nil {
		return err
	}
	encryption, err := awss3.NewBucketServerSideEncryptionConfigurationV2(b.ctx, b.child("models-encryption"), &awss3.BucketServerSideEncryptionConfigurationV2Args{
		Bucket: name,
		Rules: awss3.BucketServerSideEncryptionConfigurationV2RuleArray{awss3.BucketServerSideEncryptionConfigurationV2RuleArgs{
			ApplyServerSideEncryptionByDefault: awss3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
				SseAlgorithm:   pulumi.String("aws:kms"),
				KmsMasterKeyId: key.Arn,
			},
			// One key of the bucket's own for many files: KMS is paid by the
			// request.
			BucketKeyEnabled: pulumi.Bool(true),
		}},
	}, b.with(kept, pulumi.DependsOn([]pulumi.Resource{owner}))...)
	if err != nil {
		return err
	}
	versions, err := awss3.NewBucketVersioningV2(b.ctx, b.child("models-versions"), &awss3.BucketVersioningV2Args{
		Bucket:                  name,
		VersioningConfiguration: awss3.BucketVersioningV2VersioningConfigurationArgs{Status: pulumi.String("Enabled")},
	}, b.with(kept, pulumi.DependsOn([]pulumi.Resource{encryption}))...)
	if err != nil {
		return err
	}
	expiry, err := awss3.NewBucketLifecycleConfigurationV2(b.ctx, b.child("models-expiry"), &awss3.BucketLifecycleConfigurationV2Args{
		Bucket: name,
		Rules:  oldVersions(b.platform.ModelBucket.OldVersionDays),
	}, b.with(kept, pulumi.DependsOn([]pulumi.Resource{versions}))...)
	if err != nil {
		return err
	}
	_, err = awss3.NewBucketPolicy(b.ctx, b.child("models-tls"), &awss3.BucketPolicyArgs{
		Bucket: name,
		Policy: bucket.Arn.ApplyT(func(arn string) string { return fmt.Sprintf(onlyTLS, arn) }).(pulumi.StringOutput),
	}, b.with(kept, pulumi.DependsOn([]pulumi.Resource{expiry}))...)
	return err
}

// oldVersions removes replaced and deleted files after some days, the marks of
// deleted files of which no version is left, and unfinished uploads.
func oldVersions(days int) awss3.BucketLifecycleConfigurationV2RuleArray {
	return awss3.BucketLifecycleConfigurationV2RuleArray{awss3.BucketLifecycleConfigurationV2RuleArgs{
		Id:     pulumi.String("old-versions"),
		Status: pulumi.String("Enabled"),
		// Of all files; left out, it would be a rule of an older form.
		Filter: awss3.BucketLifecycleConfigurationV2RuleFilterArgs{Prefix: pulumi.String("")},
		NoncurrentVersionExpiration: awss3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{
			NoncurrentDays: pulumi.Int(days),
		},
		Expiration: awss3.BucketLifecycleConfigurationV2RuleExpirationArgs{ExpiredObjectDeleteMarker: pulumi.Bool(true)},
		AbortIncompleteMultipartUpload: awss3.BucketLifecycleConfigurationV2RuleAbortIncompleteMultipartUploadArgs{
			DaysAfterInitiation: pulumi.Int(uploadDays),
		},
	}}
}
