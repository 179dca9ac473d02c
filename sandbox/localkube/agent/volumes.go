package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
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
	// round is the size that a volume grows to when n bytes are asked for.
	round(n int64) int64
}

// volume is what a driver knows of a volume that it made.
type volume struct {
	handle string
	fsType string
	bytes  int64
	// nodes are the labels of the nodes that can use it; nil: all nodes.
	nodes      map[string]string
	attributes map[string]string
}

// newDriverRoles are the CSI drivers, by the names of their add-ons.
func newDriverRoles(client kubernetes.Interface, factory informers.SharedInformerFactory) map[string]role {
	nodes := factory.Core().V1().Nodes()
	roles := map[string]role{
		// Buckets are named in volumes that users declare: there is nothing
		// to provision.
		AddonGCSFuse: &csiObject{client: client, driver: "gcsfuse.csi.storage.gke.io"},
	}
	for addon, d := range disks {
		roles[addon] = &csiDriver{
			csiObject: csiObject{client: client, driver: d.driver, attach: true},
			volumes:   diskDriver{disk: d, nodes: nodes.Lister()},
			topology:  newTopology(client, nodes, d),
		}
	}
	for addon, s := range shares {
		roles[addon] = &csiDriver{
			csiObject: csiObject{client: client, driver: s.driver},
			volumes:   shareDriver{share: s, nodes: nodes.Lister()},
		}
	}
	return roles
}

// csiObject is the role of a driver that only mounts volumes: all that the
// cluster sees of it is that it is there.
type csiObject struct {
	client kubernetes.Interface
	driver string
	// attach says whether volumes are attached to nodes before use.
	attach bool
}

var _ role = (*csiObject)(nil)

func (c *csiObject) install(ctx context.Context) error {
	object := &storagev1.CSIDriver{
		ObjectMeta: metav1.ObjectMeta{Name: c.driver},
		Spec:       storagev1.CSIDriverSpec{AttachRequired: &c.attach},
	}
	_, err := c.client.StorageV1().CSIDrivers().Create(ctx, object, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func (c *csiObject) run(ctx context.Context) { <-ctx.Done() }

func (c *csiObject) uninstall(ctx context.Context) error {
	err := c.client.StorageV1().CSIDrivers().Delete(ctx, c.driver, metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// csiDriver is the role of a CSI driver with a controller: it makes and deletes
// the PersistentVolumes of claims and lets them grow.
type csiDriver struct {
	csiObject
	volumes volumeDriver
	// topology tells nodes their zone; nil for volumes that all nodes can use.
	topology *topology
}

var (
	_ role                        = (*csiDriver)(nil)
	_ controller.Provisioner      = (*csiDriver)(nil)
	_ controller.BlockProvisioner = (*csiDriver)(nil)
)

// Pauses between attempts for a claim that cannot be served. The real
// provisioner's default goes up to minutes; a person at a sandbox waits.
const (
	retryFirst = time.Second
	retryLast  = 30 * time.Second
)

func (d *csiDriver) run(ctx context.Context) {
	provisioner := controller.NewProvisionController(ctx, d.client, d.driver, d,
		controller.LeaderElection(false),
		controller.Threadiness(1),
		controller.AddFinalizer(true),
		controller.RateLimiter(workqueue.NewTypedItemExponentialFailureRateLimiter[string](retryFirst, retryLast)),
		controller.FailedProvisionThreshold(0),
		controller.FailedDeleteThreshold(0),
	)
	beside := []func(context.Context){newResizer(d.client, d.volumes).run}
	if d.topology != nil {
		beside = append(beside, d.topology.run)
	}
	done := make(chan struct{})
	for _, run := range beside {
		go func() {
			defer func() { done <- struct{}{} }()
			run(ctx)
		}()
	}
	provisioner.Run(ctx)
	for range beside {
		<-done
	}
}

// SupportsBlock implements [controller.BlockProvisioner].
func (d *csiDriver) SupportsBlock(context.Context) bool { return d.attach }

// Provision implements [controller.Provisioner].
func (d *csiDriver) Provision(_ context.Context, o controller.ProvisionOptions) (*corev1.PersistentVolume, controller.ProvisioningState, error) {
	made, state, err := d.volumes.create(o)
	if err != nil {
		return nil, state, err
	}
	pv := &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: o.PVName},
		Spec: corev1.PersistentVolumeSpec{
			AccessModes:  o.PVC.Spec.AccessModes,
			VolumeMode:   o.PVC.Spec.VolumeMode,
			MountOptions: o.StorageClass.MountOptions,
			Capacity: corev1.ResourceList{
				corev1.ResourceStorage: *resource.NewQuantity(made.bytes, resource.BinarySI),
			},
			NodeAffinity: onNodes(made.nodes),
			PersistentVolumeSource: corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{
				Driver:           d.driver,
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

// onNodes binds a volume to the nodes with these labels.
func onNodes(labels map[string]string) *corev1.VolumeNodeAffinity {
	if labels == nil {
		return nil
	}
	term := corev1.NodeSelectorTerm{}
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		term.MatchExpressions = append(term.MatchExpressions, corev1.NodeSelectorRequirement{
			Key: key, Operator: corev1.NodeSelectorOpIn, Values: []string{labels[key]},
		})
	}
	return &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{term}}}
}

// requested is the size that a claim asks for.
func requested(o controller.ProvisionOptions) int64 {
	request := o.PVC.Spec.Resources.Requests[corev1.ResourceStorage]
	return request.Value()
}

const (
	gibibyte = 1 << 30
	tebibyte = 1 << 40
)

// wholeGibibytes rounds up, and gives one at least.
func wholeGibibytes(n int64) int64 {
	return max(1, (n+gibibyte-1)/gibibyte) * gibibyte
}

// id is 16 hexadecimal digits that belong to a name, so that an attempt that
// is repeated finds the same volume.
func id(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:8])
}

// refusal words an error as the external provisioner words a CSI driver's
// answer, which is what people search for.
func refusal(code, format string, args ...any) error {
	return fmt.Errorf("rpc error: code = %s desc = %s", code, fmt.Sprintf(format, args...))
}

func invalidArgument(format string, args ...any) error {
	return refusal("InvalidArgument", format, args...)
}
