package gke

import (
	"fmt"
	"strings"

	gcpstorage "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/spec"
)

// uploadDays is when the parts of an upload that nobody finished are removed.
// They are paid for and shown in no listing.
const uploadDays = 7

// modelBucket registers a private, versioned bucket in the cluster's region that is
// encrypted with the platform's key, or returns nil where the platform wants none.
func (b *build) modelBucket(s *services, k *key) (*cluster.Bucket, error) {
	if !spec.On(b.platform.ModelBucket.Enabled) {
		return nil, nil
	}
	encrypting, err := b.storageAgent(s, k)
	if err != nil {
		return nil, err
	}
	bucket, err := gcpstorage.NewBucket(b.ctx, b.child("models"), &gcpstorage.BucketArgs{
		Project: pulumi.String(b.platform.Account),
		// As Cloud Storage spells it.
		Location:     pulumi.String(strings.ToUpper(b.platform.Region)),
		StorageClass: pulumi.String("STANDARD"),
		// No access lists: roles alone decide.
		UniformBucketLevelAccess: pulumi.Bool(true),
		PublicAccessPrevention:   pulumi.String("enforced"),
		Encryption:               gcpstorage.BucketEncryptionArgs{DefaultKmsKeyName: k.ID().ToStringOutput()},
		Versioning:               gcpstorage.BucketVersioningArgs{Enabled: pulumi.Bool(true)},
		LifecycleRules:           oldVersions(b.platform.ModelBucket.OldVersionDays),
		ForceDestroy:             pulumi.Bool(!b.platform.Protected()),
	}, b.with(pulumi.DependsOn([]pulumi.Resource{encrypting}), b.keepData())...)
	if err != nil {
		return nil, err
	}
	return &cluster.Bucket{URL: bucket.Url, Resource: bucket.Name, Mount: bucketMount(bucket.Name)}, nil
}

// storageAgent lets Cloud Storage use the key. The account as which it acts is
// made when it is first asked for. Source:
// https://cloud.google.com/storage/docs/getting-service-agent
func (b *build) storageAgent(s *services, k *key) (pulumi.Resource, error) {
	agent, err := gcpstorage.GetProjectServiceAccount(b.ctx, &gcpstorage.GetProjectServiceAccountArgs{
		Project: pulumi.StringRef(b.platform.Account),
	}, b.invokeOptions()...)
	if err != nil {
		return nil, fmt.Errorf("service agent of Cloud Storage in %s: %w", b.platform.Account, err)
	}
	return b.letUse(k, "models", pulumi.String("serviceAccount:"+agent.EmailAddress), pulumi.DependsOn(s.all), b.keepData())
}

// oldVersions removes replaced and deleted files after some days, and unfinished
// uploads.
func oldVersions(days int) gcpstorage.BucketLifecycleRuleArray {
	return gcpstorage.BucketLifecycleRuleArray{
		gcpstorage.BucketLifecycleRuleArgs{
			Action: gcpstorage.BucketLifecycleRuleActionArgs{Type: pulumi.String("Delete")},
			Condition: gcpstorage.BucketLifecycleRuleConditionArgs{
				DaysSinceNoncurrentTime: pulumi.Int(days),
				WithState:               pulumi.String("ARCHIVED"),
			},
		},
		gcpstorage.BucketLifecycleRuleArgs{
			Action:    gcpstorage.BucketLifecycleRuleActionArgs{Type: pulumi.String("AbortIncompleteMultipartUpload")},
			Condition: gcpstorage.BucketLifecycleRuleConditionArgs{Age: pulumi.Int(uploadDays)},
		},
	}
}
