package platform

import (
	"fmt"
	"strconv"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	storagev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/storage/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/naming"
)

// annotationDefault marks the class of claims that name none. Of several
// default classes Kubernetes takes the newest, so a class that the cloud brings
// along (gp2 on EKS) needs no change.
const annotationDefault = "storageclass.kubernetes.io/is-default-class"

func newStorageClasses(
	ctx *pulumi.Context, parent string, classes []cluster.StorageClass, protect bool, opts ...pulumi.ResourceOption,
) ([]pulumi.Resource, error) {
	var out []pulumi.Resource
	for _, class := range classes {
		if class.Exists {
			continue
		}
		res, err := storagev1.NewStorageClass(ctx, parent+"-"+class.Name, storageClass(class, protect), opts...)
		if err != nil {
			return nil, fmt.Errorf("storage class %s: %w", class.Name, err)
		}
		out = append(out, res)
	}
	return out, nil
}

func storageClass(class cluster.StorageClass, protect bool) *storagev1.StorageClassArgs {
	args := &storagev1.StorageClassArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name:        pulumi.String(class.Name),
			Labels:      pulumi.ToStringMap(naming.AppLabels(class.Name, "storage")),
			Annotations: pulumi.StringMap{annotationDefault: pulumi.String(strconv.FormatBool(class.Default))},
		},
		Provisioner:          pulumi.String(class.Provisioner),
		Parameters:           class.Parameters,
		AllowVolumeExpansion: pulumi.Bool(class.Provisioner != cluster.NoProvisioner),
		ReclaimPolicy:        pulumi.String(reclaimPolicy(protect)),
		VolumeBindingMode:    pulumi.String(bindingMode(class)),
	}
	if len(class.MountOptions) > 0 {
		args.MountOptions = pulumi.ToStringArray(class.MountOptions)
	}
	return args
}

// reclaimPolicy decides what becomes of a volume whose claim is deleted.
func reclaimPolicy(protect bool) string {
	if protect {
		return "Retain"
	}
	return "Delete"
}

func bindingMode(class cluster.StorageClass) string {
	if class.WaitForConsumer {
		return "WaitForFirstConsumer"
	}
	return "Immediate"
}
