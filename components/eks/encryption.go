package eks

import (
	"fmt"

	awskms "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// How long a deleted key can be restored, in days: KMS accepts 7 to 30.
const (
	keyDeletionDays          = 7
	keyDeletionDaysProtected = 30
)

// encryptionKey registers the key that encrypts Kubernetes secrets, shared files,
// images and model files. Without it all of them are unreadable for good, so it
// outlives the platform where that is protected.
func (b *build) encryptionKey() (*awskms.Key, error) {
	days := keyDeletionDays
	if b.platform.Protected() {
		days = keyDeletionDaysProtected
	}
	key, err := awskms.NewKey(b.ctx, b.child("key"), &awskms.KeyArgs{
		Description:          pulumi.String(fmt.Sprintf("Kubernetes secrets, files, images and models of %s", b.platform.Name)),
		EnableKeyRotation:    pulumi.Bool(true),
		DeletionWindowInDays: pulumi.Int(days),
		Tags:                 b.named("key"),
	}, b.with(b.keepData())...)
	if err != nil {
		return nil, err
	}
	_, err = awskms.NewAlias(b.ctx, b.child("key-alias"), &awskms.AliasArgs{
		Name:        pulumi.String("alias/gantry/" + b.platform.Name),
		TargetKeyId: key.KeyId,
	}, b.with()...)
	return key, err
}
