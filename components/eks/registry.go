package eks

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	awsecr "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	awskms "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/spec"
)

// registry registers an ECR repository for each model, or returns nil where the
// platform wants no registry. ECR makes no repository when an image is pushed.
// Every node may pull from all of them: see nodeRole.
func (b *build) registry(key *awskms.Key) (*cluster.Registry, error) {
	if !spec.On(b.platform.Registry.Enabled) {
		return nil, nil
	}
	for _, model := range slices.Sorted(maps.Keys(b.platform.Models)) {
		if err := b.repository(key, model); err != nil {
			return nil, fmt.Errorf("%s: %w", model, err)
		}
	}
	url := key.Arn.ApplyT(func(arn string) (string, error) {
		account, err := accountOf(arn)
		return fmt.Sprintf("%s.dkr.ecr.%s.%s/%s", account, b.platform.Region, b.dnsSuffix, b.platform.Name), err
	}).(pulumi.StringOutput)
	return &cluster.Registry{URL: url}, nil
}

// repository registers the repository of one model. On a protected platform it
// stays when the model is taken away, with the images that a way back may need;
// it is not protected, so that a model can be taken away at all.
func (b *build) repository(key *awskms.Key, model string) error {
	kept := pulumi.RetainOnDelete(b.platform.Protected())
	repository, err := awsecr.NewRepository(b.ctx, b.child("images-"+model), &awsecr.RepositoryArgs{
		Name: pulumi.String(b.platform.Name + "/" + model),
		// A tag that has been tested is the image that runs.
		ImageTagMutability: pulumi.String("IMMUTABLE"),
		ImageScanningConfiguration: awsecr.RepositoryImageScanningConfigurationArgs{
			ScanOnPush: pulumi.Bool(true),
		},
		EncryptionConfigurations: awsecr.RepositoryEncryptionConfigurationArray{awsecr.RepositoryEncryptionConfigurationArgs{
			EncryptionType: pulumi.String("KMS"),
			KmsKey:         key.Arn,
		}},
		ForceDelete: pulumi.Bool(!b.platform.Protected()),
		Tags:        b.named("images-" + model),
	}, b.with(kept)...)
	if err != nil {
		return err
	}
	rules, err := expiry(b.platform.Registry)
	if err != nil {
		return err
	}
	_, err = awsecr.NewLifecyclePolicy(b.ctx, b.child("images-"+model+"-expiry"), &awsecr.LifecyclePolicyArgs{
		Repository: repository.Name,
		Policy:     pulumi.String(rules),
	}, b.with(
		kept,
		// A changed one is a new one, and a repository has one: the old one would
		// be deleted last, and take the new one along.
		pulumi.DeleteBeforeReplace(true),
	)...)
	return err
}

// expiryRule is a rule of a lifecycle policy of ECR. Source: Amazon ECR user
// guide, "Lifecycle policy properties".
type expiryRule struct {
	// RulePriority is the order in which rules are applied, the least first. One
	// for any tag has to be the last.
	RulePriority int               `json:"rulePriority"`
	Description  string            `json:"description"`
	Selection    expirySelection   `json:"selection"`
	Action       map[string]string `json:"action"`
}

// expirySelection is the images that a rule is for.
type expirySelection struct {
	TagStatus   string `json:"tagStatus"`
	CountType   string `json:"countType"`
	CountUnit   string `json:"countUnit,omitempty"`
	CountNumber int    `json:"countNumber"`
}

// expiry is the lifecycle policy of every repository.
func expiry(r spec.Registry) (string, error) {
	expire := map[string]string{"type": "expire"}
	document, err := json.Marshal(map[string][]expiryRule{"rules": {
		{
			RulePriority: 1, Description: fmt.Sprintf("Untagged images go after %d days", r.UntaggedDays), Action: expire,
			Selection: expirySelection{TagStatus: "untagged", CountType: "sinceImagePushed", CountUnit: "days", CountNumber: r.UntaggedDays},
		},
		{
			RulePriority: 2, Description: fmt.Sprintf("The newest %d images stay", r.KeepImages), Action: expire,
			Selection: expirySelection{TagStatus: "any", CountType: "imageCountMoreThan", CountNumber: r.KeepImages},
		},
	}})
	return string(document), err
}

// accountOf is the number of the account in an ARN.
func accountOf(arn string) (string, error) {
	// arn:partition:service:region:account:resource
	fields := strings.SplitN(arn, ":", 6)
	if len(fields) != 6 {
		return "", fmt.Errorf("%q is not the ARN of a resource in an account", arn)
	}
	return fields[4], nil
}
