package agent

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// volumeDriver is what differs between the CSI drivers.
type volumeDriver interface {
	// name that StorageClasses call it by.
	name() string
	// create makes the volume, or says why the real driver would refuse.
	create(o controller.ProvisionOptions) (volume, controller.ProvisioningState, error)
	// size is what a request for n bytes gets.
	size(n int64) int64
}

// volume is what a driver knows of a volume that it made.
type volume struct {
	handle string
	fsType string
	// zone that the volume can be used in; empty if in all.
	zone       string
	attributes map[string]string
}

// csiDriver is the role of a CSI driver's controller: it makes and deletes the
// PersistentVolumes of claims and lets them grow.
type csiDriver struct {
	client kubernetes.Interface
	driver volumeDriver
	// attach says whether volumes are attached to nodes before use.
	attach bool
}

var (
	_ role                        = (*csiDriver)(nil)
	_ controller.Provisioner      = (*csiDriver)(nil)
	_ controller.BlockProvisioner = (*csiDriver)(nil)
)

func (d *csiDriver) install(ctx context.Context) error {
	object := &storagev1.CSIDriver{
		ObjectMeta: metav1.ObjectMeta{Name: d.driver.name()},
		Spec:       storagev1.CSIDriverSpec{AttachRequired: &d.attach},
	}
	_, err := d.client.StorageV1().CSIDrivers().Create(ctx, object, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func (d *csiDriver) uninstall(ctx context.Context) error {
	err := d.client.StorageV1().CSIDrivers().Delete(ctx, d.driver.name(), metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// Pauses between attempts for a claim that cannot be served. The real
// provisioner's default goes up to minutes; a person at a sandbox waits.
const (
	retryFirst = time.Second
	retryLast  = 30 * time.Second
)

func (d *csiDriver) run(ctx context.Context) {
	provisioner := controller.NewProvisionController(ctx, d.client, d.driver.name(), d,
		controller.LeaderElection(false),
		controller.Threadiness(1),
		controller.AddFinalizer(true),
		controller.RateLimiter(workqueue.NewTypedItemExponentialFailureRateLimiter[string](retryFirst, retryLast)),
		controller.FailedProvisionThreshold(0),
		controller.FailedDeleteThreshold(0),
	)
	resizer := newResizer(d.client, d.driver)
	done := make(chan struct{})
	go func() {
		defer close(done)
		resizer.run(ctx)
	}()
	provisioner.Run(ctx)
	<-done
}

// SupportsBlock implements [controller.BlockProvisioner].
func (d *csiDriver) SupportsBlock(context.Context) bool { return d.attach }

// Provision implements [controller.Provisioner].
func (d *csiDriver) Provision(_ context.Context, o controller.ProvisionOptions) (*corev1.PersistentVolume, controller.ProvisioningState, error) {
	made, state, err := d.driver.create(o)
	if err != nil {
		return nil, state, err
	}
	request := o.PVC.Spec.Resources.Requests[corev1.ResourceStorage]
	pv := &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: o.PVName},
		Spec: corev1.PersistentVolumeSpec{
			AccessModes:  o.PVC.Spec.AccessModes,
			VolumeMode:   o.PVC.Spec.VolumeMode,
			MountOptions: o.StorageClass.MountOptions,
			Capacity: corev1.ResourceList{
				corev1.ResourceStorage: *resource.NewQuantity(d.driver.size(request.Value()), resource.BinarySI),
			},
			NodeAffinity: inZone(made.zone),
			PersistentVolumeSource: corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{
				Driver:           d.driver.name(),
				VolumeHandle:     made.handle,
				FSType:           made.fsType,
				VolumeAttributes: made.attributes,
			}},
		},
	}
	if policy := o.StorageClass.ReclaimPolicy; policy != nil {
		pv.Spec.PersistentVolumeReclaimPolicy = *policy
	}
	return pv, controller.ProvisioningFinished, nil
}

// Delete implements [controller.Provisioner]. There is nothing behind a
// simulated volume; the library deletes the object.
func (d *csiDriver) Delete(context.Context, *corev1.PersistentVolume) error { return nil }

func inZone(zone string) *corev1.VolumeNodeAffinity {
	if zone == "" {
		return nil
	}
	return &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{
		NodeSelectorTerms: []corev1.NodeSelectorTerm{{
			MatchExpressions: []corev1.NodeSelectorRequirement{{
				Key: corev1.LabelTopologyZone, Operator: corev1.NodeSelectorOpIn, Values: []string{zone},
			}},
		}},
	}}
}

// invalidArgument words a refusal as the external provisioner words a CSI
// driver's answer, which is what people search for.
func invalidArgument(format string, args ...any) (volume, controller.ProvisioningState, error) {
	return volume{}, controller.ProvisioningFinished,
		fmt.Errorf("rpc error: code = InvalidArgument desc = %s", fmt.Sprintf(format, args...))
}
