package kubeprovider

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func volumeReady(_ context.Context, _ probe, live *unstructured.Unstructured) verdict {
	volume := as[corev1.PersistentVolume](live)
	switch volume.Status.Phase {
	case corev1.VolumeAvailable, corev1.VolumeBound:
		return isReady
	}
	return verdict{waiting: fmt.Sprintf("waiting for the volume to be available: it is %s", volume.Status.Phase)}
}

// claimReady waits until a claim is bound, unless its class binds it only when
// a pod uses it.
func claimReady(ctx context.Context, p probe, live *unstructured.Unstructured) verdict {
	claim := as[corev1.PersistentVolumeClaim](live)
	switch claim.Status.Phase {
	case corev1.ClaimBound:
		return isReady
	case corev1.ClaimLost:
		return verdict{failed: true, waiting: fmt.Sprintf("the claim lost its volume %s", claim.Spec.VolumeName)}
	}
	class := ""
	if claim.Spec.StorageClassName != nil {
		class = *claim.Spec.StorageClassName
	}
	mode, err := p.bindingMode(ctx, class)
	switch {
	case mode == storagev1.VolumeBindingWaitForFirstConsumer && claim.Status.Phase == corev1.ClaimPending:
		return isReady
	case err != nil:
		return verdict{
			waiting: fmt.Sprintf("waiting for the claim to be bound: storage class %q: %v", class, err),
		}
	}
	return verdict{waiting: fmt.Sprintf("waiting for the claim to be bound to a volume of class %q", class)}
}

func (p probe) bindingMode(ctx context.Context, class string) (storagev1.VolumeBindingMode, error) {
	if class == "" {
		return storagev1.VolumeBindingImmediate, nil
	}
	classes := storagev1.SchemeGroupVersion.WithResource("storageclasses")
	live, err := p.objects.Resource(classes).Get(ctx, class, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	mode, _, err := unstructured.NestedString(live.Object, "volumeBindingMode")
	return storagev1.VolumeBindingMode(mode), err
}
