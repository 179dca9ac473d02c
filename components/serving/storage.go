package serving

import (
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/spec"
)

const (
	// scratchPath is the one place where a server may write; it is empty at
	// every start.
	scratchPath   = "/tmp"
	scratchVolume = "scratch"
	modelsVolume  = "models"
)

// storageClass returns the class for a model's files, nil when the model asks
// for no storage.
func storageClass(model spec.Model, classes cluster.StorageClasses) (*cluster.StorageClass, error) {
	if model.Storage.Models == "" {
		return nil, nil
	}
	if class, ok := classes.For(cluster.ReadWriteMany); ok {
		return &class, nil
	}
	return nil, fmt.Errorf("models.%s.storage.models: %s cannot be had: the cluster has no storage class that many nodes can mount; "+
		"leave storage out and bring the files in the image", model.Name, model.Storage.Models)
}

// claim is the volume that all replicas read model files from.
//
// Servers mount it read-only, because one that writes could break all others.
// Files are put there by a pod that mounts the same claim for writing, in the
// same namespace and as the same user; where the claim itself is read-only, from
// outside the cluster.
func (s *server) claim() *corev1.PersistentVolumeClaimArgs {
	metadata := s.metadata()
	if s.class.WaitForConsumer {
		// It is bound when the first pod is placed, and the pods wait for it.
		metadata.Annotations = pulumi.StringMap{"pulumi.com/skipAwait": pulumi.String("true")}
	}
	return &corev1.PersistentVolumeClaimArgs{
		Metadata: metadata,
		Spec: &corev1.PersistentVolumeClaimSpecArgs{
			AccessModes:      pulumi.ToStringArray([]string{string(s.model.Storage.Access)}),
			StorageClassName: pulumi.String(s.class.Name),
			Resources: &corev1.VolumeResourceRequirementsArgs{
				Requests: pulumi.StringMap{"storage": pulumi.String(s.model.Storage.Models)},
			},
		},
	}
}

func (s *server) volumes() corev1.VolumeArray {
	volumes := corev1.VolumeArray{corev1.VolumeArgs{
		Name:     pulumi.String(scratchVolume),
		EmptyDir: &corev1.EmptyDirVolumeSourceArgs{},
	}}
	if len(s.model.Config) > 0 {
		volumes = append(volumes, corev1.VolumeArgs{
			Name:      pulumi.String(configVolume),
			ConfigMap: &corev1.ConfigMapVolumeSourceArgs{Name: pulumi.String(s.configName())},
		})
	}
	if files := s.files(); files != nil {
		volumes = append(volumes, *files)
	}
	return volumes
}

// files is the volume with the model's files, nil for a model that brings them in
// its image.
func (s *server) files() *corev1.VolumeArgs {
	volume := &corev1.VolumeArgs{Name: pulumi.String(modelsVolume)}
	switch {
	case s.class != nil:
		volume.PersistentVolumeClaim = &corev1.PersistentVolumeClaimVolumeSourceArgs{ClaimName: pulumi.String(s.model.Name)}
	case s.bucket != nil:
		// The driver is asked for a mount that only reads.
		volume.PersistentVolumeClaim = &corev1.PersistentVolumeClaimVolumeSourceArgs{
			ClaimName: pulumi.String(s.volumeName()), ReadOnly: pulumi.Bool(true),
		}
	case s.model.Storage.Image != "":
		// Its tag stays as it is: a node that has the image need not ask again.
		volume.Image = &corev1.ImageVolumeSourceArgs{
			Reference: pulumi.String(s.model.Storage.Image), PullPolicy: pulumi.String("IfNotPresent"),
		}
	default:
		return nil
	}
	return volume
}

func (s *server) mounts() corev1.VolumeMountArray {
	mounts := corev1.VolumeMountArray{corev1.VolumeMountArgs{
		Name:      pulumi.String(scratchVolume),
		MountPath: pulumi.String(scratchPath),
	}}
	if len(s.model.Config) > 0 {
		mounts = append(mounts, corev1.VolumeMountArgs{
			Name: pulumi.String(configVolume), MountPath: pulumi.String(configPath), ReadOnly: pulumi.Bool(true),
		})
	}
	if s.files() == nil {
		return mounts
	}
	return append(mounts, corev1.VolumeMountArgs{
		Name:      pulumi.String(modelsVolume),
		MountPath: pulumi.String(s.model.Storage.MountPath),
		ReadOnly:  pulumi.Bool(true),
	})
}
