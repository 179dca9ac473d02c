package gke

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/cluster"
)

const typeRepository = "gcp:artifactregistry/repository:Repository"

func TestRegistry_IsEncryptedWithTheKeyOfThePlatform(t *testing.T) {
	rec := run(t, stocked(dev()))
	repository := rec.Named(t, "cluster-images")
	assert.Equal(t, "DOCKER", repository.Input(t, "format"))
	assert.Equal(t, "gantry-dev", repository.Input(t, "repositoryId"))
	assert.Equal(t, "us-central1", repository.Input(t, "location"))
	assert.Equal(t, "cluster-key-id", repository.Input(t, "kmsKeyName"))

	use := rec.Named(t, "cluster-key-images")
	assert.Equal(t, "serviceAccount:service-123456789012@gcp-sa-artifactregistry.iam.gserviceaccount.com", use.Input(t, "member"))
	assert.Equal(t, "roles/cloudkms.cryptoKeyEncrypterDecrypter", use.Input(t, "role"))
	assert.True(t, rec.DependsOn(repository, use), "Artifact Registry tries the key at once")
	assert.True(t, rec.DependsOn(use, rec.Named(t, "cluster-images-agent")), "its account is made when it is asked for")

	urls := resolve(t, stocked(dev()), func(h *cluster.Handle) []pulumi.StringOutput {
		return []pulumi.StringOutput{h.Registry.URL}
	})
	assert.Equal(t, []string{"us-central1-docker.pkg.dev/ml-platform/gantry-dev"}, urls)
}

func TestRegistry_KeepsTheNewestImages(t *testing.T) {
	assert.Equal(t, []any{
		map[string]any{"id": "untagged", "action": "DELETE", "condition": map[string]any{"tagState": "UNTAGGED", "olderThan": "1209600s"}},
		map[string]any{"id": "old", "action": "DELETE", "condition": map[string]any{"tagState": "TAGGED", "olderThan": "86400s"}},
		map[string]any{"id": "newest", "action": "KEEP", "mostRecentVersions": map[string]any{"keepCount": 50.0}},
	}, run(t, stocked(dev())).Named(t, "cluster-images").Input(t, "cleanupPolicies"))
}

func TestRegistry_NodesReadItAndNoOther(t *testing.T) {
	var probed bool
	rec, err := try(stocked(dev()), func(h *cluster.Handle) { probed = len(h.Ready) > 0 })
	require.NoError(t, err)
	assert.True(t, probed)
	pulling := rec.Named(t, "cluster-images-nodes")
	assert.Equal(t, "roles/artifactregistry.reader", pulling.Input(t, "role"))
	assert.Equal(t, "serviceAccount:cluster-node-account@ml-platform.iam.gserviceaccount.com", pulling.Input(t, "member"))
	assert.Equal(t, "gantry-dev", pulling.Input(t, "repository"))
	for _, member := range rec.OfType(typeIAMMember) {
		assert.NotEqual(t, "roles/artifactregistry.reader", member.Input(t, "role"), "in the whole project")
	}
}

func TestRegistry_KeepsItsImages(t *testing.T) {
	for name, args := range map[string]*Args{"dev": dev(), "prod": prod()} {
		repository := run(t, stocked(args)).Named(t, "cluster-images")
		assert.Equal(t, args.Platform.Protected(), repository.Protect, name)
		assert.Equal(t, args.Platform.Protected(), repository.RetainOnDelete, name)
	}
}

func TestRegistry_CanBeLeftOut(t *testing.T) {
	rec, err := try(dev(), func(h *cluster.Handle) {
		assert.Nil(t, h.Registry)
		assert.Nil(t, h.Bucket)
	})
	require.NoError(t, err)
	assert.Empty(t, rec.OfType(typeRepository))
	assert.Empty(t, rec.OfType(typeBucket))
	assert.Equal(t, "roles/artifactregistry.reader", rec.Named(t, "cluster-node-reader").Input(t, "role"), "images then lie elsewhere in the project")
}
