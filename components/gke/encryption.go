package gke

import (
	"fmt"

	gcpkms "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/kms"
	gcporganizations "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/organizations"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// useKey is what a service does with the key of its data. Source:
// https://cloud.google.com/kubernetes-engine/docs/how-to/encrypting-secrets
const useKey = "roles/cloudkms.cryptoKeyEncrypterDecrypter"

// Times of the key, in seconds as the API writes them.
const (
	// keyRotation is 90 days.
	keyRotation = "7776000s"
	// keyDestruction is how long a destroyed version of the key can be
	// restored: 30 days. It can never be changed, so it does not follow
	// gantry:protect.
	keyDestruction = "2592000s"
)

// key is a KMS key that GKE may use.
type key struct {
	*gcpkms.CryptoKey
	// granted is GKE's right to use it. The cluster has to depend on it: GKE
	// tries the key before it makes anything, and needs it to the end.
	granted pulumi.Resource
}

// encryptionKey registers the key that encrypts Kubernetes secrets, images and
// model files. Without it they are unreadable for good, so it outlives the
// platform where that is protected. Key rings are never deleted in Google Cloud: a platform that is made
// again gets one of a new name. Disks and files are encrypted by Google's keys.
func (b *build) encryptionKey(s *services) (*key, error) {
	agent, err := b.serviceAgent()
	if err != nil {
		return nil, err
	}
	ring, err := gcpkms.NewKeyRing(b.ctx, b.child("keys"), &gcpkms.KeyRingArgs{
		Project:  pulumi.String(b.platform.Account),
		Location: pulumi.String(b.platform.Region),
	}, b.with(pulumi.DependsOn(s.all), b.keepData())...)
	if err != nil {
		return nil, err
	}
	registered, err := gcpkms.NewCryptoKey(b.ctx, b.child("key"), &gcpkms.CryptoKeyArgs{
		KeyRing:                  ring.ID(),
		Purpose:                  pulumi.String("ENCRYPT_DECRYPT"),
		RotationPeriod:           pulumi.String(keyRotation),
		DestroyScheduledDuration: pulumi.String(keyDestruction),
	}, b.with(b.keepData())...)
	if err != nil {
		return nil, err
	}
	k := &key{CryptoKey: registered}
	k.granted, err = b.letUse(k, "gke", pulumi.String("serviceAccount:"+agent))
	return k, err
}

// letUse lets a service agent encrypt and decrypt with the key. What the service
// makes has to depend on it.
func (b *build) letUse(k *key, what string, agent pulumi.StringInput, options ...pulumi.ResourceOption) (pulumi.Resource, error) {
	return gcpkms.NewCryptoKeyIAMMember(b.ctx, b.child("key-"+what), &gcpkms.CryptoKeyIAMMemberArgs{
		CryptoKeyId: k.ID(),
		Role:        pulumi.String(useKey),
		Member:      agent,
	}, b.with(options...)...)
}

// serviceAgent is the account as which GKE itself acts in the project. Enabling
// the API of GKE makes it. Source:
// https://cloud.google.com/iam/docs/service-agents
func (b *build) serviceAgent() (string, error) {
	project, err := gcporganizations.LookupProject(b.ctx, &gcporganizations.LookupProjectArgs{
		ProjectId: pulumi.StringRef(b.platform.Account),
	}, b.invokeOptions()...)
	if err != nil {
		return "", fmt.Errorf("number of the project %s: %w%s", b.platform.Account, err, b.enableHint(err))
	}
	return fmt.Sprintf("service-%s@container-engine-robot.iam.gserviceaccount.com", project.Number), nil
}
