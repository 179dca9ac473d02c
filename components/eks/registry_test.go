package eks

import (
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/cluster"
)

const typeRepository = "aws:ecr/repository:Repository"

func TestRegistry_HasARepositoryForEachModel(t *testing.T) {
	rec := run(t, stocked(dev()))
	var names []any
	for _, repository := range rec.OfType(typeRepository) {
		names = append(names, repository.Input(t, "name"))
		assert.Equal(t, "IMMUTABLE", repository.Input(t, "imageTagMutability"))
		assert.Equal(t, true, repository.Input(t, "imageScanningConfiguration.scanOnPush"))
		assert.Equal(t, "KMS", repository.Input(t, "encryptionConfigurations[0].encryptionType"))
		assert.Contains(t, repository.Input(t, "encryptionConfigurations[0].kmsKey"), ":cluster-key")
	}
	assert.ElementsMatch(t, []any{"gantry-dev/classifier", "gantry-dev/ranker"}, names)

	urls := resolve(t, stocked(dev()), func(h *cluster.Handle) []pulumi.StringOutput {
		return []pulumi.StringOutput{h.Registry.URL}
	})
	assert.Equal(t, []string{"111122223333.dkr.ecr.us-east-1.amazonaws.com/gantry-dev"}, urls)
}

func TestRegistry_KeepsTheNewestImages(t *testing.T) {
	policy := run(t, stocked(dev())).Named(t, "cluster-images-ranker-expiry")
	var document struct {
		Rules []struct {
			RulePriority int
			Selection    map[string]any
			Action       map[string]string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(policy.Input(t, "policy").(string)), &document))
	require.Len(t, document.Rules, 2)
	assert.Equal(t, map[string]any{"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14.0}, document.Rules[0].Selection)
	assert.Equal(t, map[string]any{"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 50.0}, document.Rules[1].Selection)
	assert.Less(t, document.Rules[0].RulePriority, document.Rules[1].RulePriority, "ECR wants a rule for any tag to be the last")
	for _, rule := range document.Rules {
		assert.Equal(t, map[string]string{"type": "expire"}, rule.Action)
	}
}

func TestRegistry_OutlivesAProtectedModel(t *testing.T) {
	for name, args := range map[string]*Args{"dev": dev(), "prod": prod()} {
		protected := args.Platform.Protected()
		for _, repository := range run(t, stocked(args)).OfType(typeRepository) {
			assert.Equal(t, !protected, repository.Input(t, "forceDelete"), name)
			assert.Equal(t, protected, repository.RetainOnDelete, name)
			assert.False(t, repository.Protect, "a model can be taken away")
		}
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
}

func TestAccountOf(t *testing.T) {
	account, err := accountOf("arn:aws-cn:kms:cn-north-1:111122223333:key/a:b")
	require.NoError(t, err)
	assert.Equal(t, "111122223333", account)
	_, err = accountOf("gantry")
	assert.ErrorContains(t, err, `"gantry" is not the ARN`)
}
