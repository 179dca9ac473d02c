package gke

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/components/cluster"
)

const typeBucket = "gcp:storage/bucket:Bucket"

func TestModelBucket_IsPrivateVersionedAndEncrypted(t *testing.T) {
	rec := run(t, stocked(dev()))
	bucket := rec.Named(t, "cluster-models")
	assert.Nil(t, bucket.Input(t, "name"), "names are unique in all of Google Cloud: the provider completes it")
	assert.Equal(t, "US-CENTRAL1", bucket.Input(t, "location"))
	assert.Equal(t, true, bucket.Input(t, "uniformBucketLevelAccess"))
	assert.Equal(t, "enforced", bucket.Input(t, "publicAccessPrevention"))
	assert.Equal(t, true, bucket.Input(t, "versioning.enabled"))
	assert.Equal(t, "cluster-key-id", bucket.Input(t, "encryption.defaultKmsKeyName"))
	assert.Equal(t, []any{
		map[string]any{"action": map[string]any{"type": "Delete"}, "condition": map[string]any{"daysSinceNoncurrentTime": 30.0, "withState": "ARCHIVED"}},
		map[string]any{"action": map[string]any{"type": "AbortIncompleteMultipartUpload"}, "condition": map[string]any{"age": 7.0}},
	}, bucket.Input(t, "lifecycleRules"), "no file that is there goes by itself")

	use := rec.Named(t, "cluster-key-models")
	assert.Equal(t, "serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com", use.Input(t, "member"))
	assert.True(t, rec.DependsOn(bucket, use), "Cloud Storage tries the key at once")

	values := resolve(t, stocked(dev()), func(h *cluster.Handle) []pulumi.StringOutput {
		return []pulumi.StringOutput{h.Bucket.URL, h.Bucket.Resource, h.Network}
	})
	assert.Equal(t, []string{"gs://cluster-models-1a2b3c4", "cluster-models-1a2b3c4", "cluster-vpc-1a2b3c4"}, values)
}

func TestModelBucket_KeepsItsDataAndItsKey(t *testing.T) {
	for name, args := range map[string]*Args{"dev": dev(), "prod": prod()} {
		protected := args.Platform.Protected()
		rec := run(t, stocked(args))
		for _, what := range []string{"cluster-models", "cluster-key-models", "cluster-key-images", "cluster-key"} {
			assert.Equal(t, protected, rec.Named(t, what).Protect, "%s %s", name, what)
			assert.Equal(t, protected, rec.Named(t, what).RetainOnDelete, "%s %s", name, what)
		}
		assert.Equal(t, !protected, rec.Named(t, "cluster-models").Input(t, "forceDestroy"))
	}
}
