package aks

import (
	azstorage "github.com/pulumi/pulumi-azure-native-sdk/storage/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
)

// bucketMount is BlobFuse 2, which the driver runs on the node with a token of the
// pod's service account. A volume names the identity whose pods may mount it. Source:
// https://github.com/kubernetes-sigs/blob-csi-driver, docs/workload-identity-static-pv-mount.md
// and docs/driver-parameters.md
func (b *build) bucketMount(account *azstorage.StorageAccount) *cluster.BucketMount {
	return &cluster.BucketMount{
		// As the driver writes handles; what follows tells volumes apart.
		Volume:    pulumi.Sprintf("%s#%s#%s", b.group.Name, account.Name, containerModels),
		Separator: "#",
		Attributes: pulumi.StringMap{
			"resourceGroup":  b.group.Name,
			"storageAccount": account.Name,
			"containerName":  pulumi.String(containerModels),
			// Without it the driver asks for a key of the account, which has none
			// to give.
			"mountWithWorkloadIdentityToken": pulumi.String("true"),
		},
		Options: []string{
			"-o allow_other",           // pods are not root, which mounts it
			"--virtual-directory=true", // folders are nothing but names here
			"--use-attr-cache=true",    // a version of a model does not change
		},
		FolderOption:       "--subdirectory=",
		IdentityAttribute:  "clientID",
		IdentityAnnotation: annotationClient,
	}
}
