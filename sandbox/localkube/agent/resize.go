package agent

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listersv1 "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

// resizer lets a driver's volumes grow when their claims ask for more. Whether
// a class allows that is the API server's to decide.
type resizer struct {
	client  kubernetes.Interface
	driver  volumeDriver
	factory informers.SharedInformerFactory
	claims  listersv1.PersistentVolumeClaimLister
	queue   queue
}

func newResizer(client kubernetes.Interface, driver volumeDriver) *resizer {
	factory := informers.NewSharedInformerFactoryWithOptions(client, resync, informers.WithTransform(slim))
	return &resizer{
		client:  client,
		driver:  driver,
		factory: factory,
		claims:  factory.Core().V1().PersistentVolumeClaims().Lister(),
		queue:   newQueue("resize"),
	}
}

func (r *resizer) run(ctx context.Context) {
	informer := r.factory.Core().V1().PersistentVolumeClaims().Informer()
	registration, err := informer.AddEventHandler(onAnyChange(func(obj any) {
		if key, err := cache.MetaNamespaceKeyFunc(obj); err == nil {
			r.queue.Add(key)
		}
	}))
	if err != nil {
		klog.FromContext(ctx).Error(err, "Volumes will not grow", "driver", r.driver.name())
		return
	}
	r.factory.Start(ctx.Done())
	if cache.WaitForCacheSync(ctx.Done(), registration.HasSynced) {
		r.queue.run(ctx, r.sync)
	}
	r.factory.Shutdown()
}

func (r *resizer) sync(ctx context.Context, key string) error {
	namespace, name, err := cache.SplitMetaNamespaceKey(key)
	if err != nil {
		return err
	}
	claim, err := r.claims.PersistentVolumeClaims(namespace).Get(name)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	request, has := claim.Spec.Resources.Requests[corev1.ResourceStorage], claim.Status.Capacity[corev1.ResourceStorage]
	if claim.Status.Phase != corev1.ClaimBound || request.Cmp(has) <= 0 {
		return nil
	}
	pv, err := r.client.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if pv.Spec.CSI == nil || pv.Spec.CSI.Driver != r.driver.name() {
		return nil
	}
	if err := r.grow(ctx, claim, pv, r.driver.round(request.Value())); err != nil {
		return fmt.Errorf("growing claim %s: %w", key, err)
	}
	return nil
}

// grow first enlarges the volume, then tells the claim. A real file system
// would grow in between, on the node.
func (r *resizer) grow(ctx context.Context, claim *corev1.PersistentVolumeClaim, pv *corev1.PersistentVolume, bytes int64) error {
	size := map[string]any{string(corev1.ResourceStorage): resource.NewQuantity(bytes, resource.BinarySI)}
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"capacity": size}})
	if err != nil {
		return err
	}
	_, err = r.client.CoreV1().PersistentVolumes().Patch(ctx, pv.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	if err != nil {
		return err
	}
	patch, err = json.Marshal(map[string]any{"status": map[string]any{"capacity": size, "allocatedResources": size, "conditions": nil}})
	if err != nil {
		return err
	}
	_, err = r.client.CoreV1().PersistentVolumeClaims(claim.Namespace).
		Patch(ctx, claim.Name, types.MergePatchType, patch, metav1.PatchOptions{}, "status")
	return err
}
