package agent

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listersv1 "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
)

// AddonsConfigMap in kube-system has one key for every managed add-on that is
// installed, with AddonInstalled as its value.
const (
	AddonsConfigMap = "sandbox-addons"
	AddonInstalled  = "installed"
)

// Names of the add-ons that have a part here. The others are recorded in the
// ConfigMap and otherwise without effect.
const (
	// AddonMetrics is the same on every cloud.
	AddonMetrics = "metrics-server"

	// Of EKS:
	// https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html
	AddonEBS = "aws-ebs-csi-driver"
	AddonEFS = "aws-efs-csi-driver"

	// Of GKE, which has them as settings of a cluster:
	// https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/AddonsConfig
	AddonPD        = "gcp-pd-csi-driver"
	AddonFilestore = "gcp-filestore-csi-driver"
	AddonGCSFuse   = "gcs-fuse-csi-driver"

	// Of AKS, which has them as settings of a cluster:
	// https://learn.microsoft.com/azure/aks/csi-storage-drivers
	AddonAzureDisk = "azure-disk-csi-driver"
	AddonAzureFile = "azure-file-csi-driver"
	AddonAzureBlob = "azure-blob-csi-driver"
)

// role is what an add-on does in the cluster.
type role interface {
	// install makes the objects that the add-on brings.
	install(ctx context.Context) error
	// run does its work until ctx ends.
	run(ctx context.Context)
	// uninstall removes its objects; it may be called when there are none.
	uninstall(ctx context.Context) error
}

// addons starts and stops roles as the ConfigMap says.
type addons struct {
	roles   map[string]role
	factory informers.SharedInformerFactory
	lister  listersv1.ConfigMapNamespaceLister
	synced  cache.InformerSynced
	queue   queue

	running map[string]context.CancelFunc
	work    sync.WaitGroup
}

func newAddons(client kubernetes.Interface, roles map[string]role) (*addons, error) {
	factory := informers.NewSharedInformerFactoryWithOptions(client, resync,
		informers.WithNamespace(metav1.NamespaceSystem),
		informers.WithTweakListOptions(func(o *metav1.ListOptions) {
			o.FieldSelector = fields.OneTermEqualSelector("metadata.name", AddonsConfigMap).String()
		}))
	maps := factory.Core().V1().ConfigMaps()
	a := &addons{
		roles:   roles,
		factory: factory,
		lister:  maps.Lister().ConfigMaps(metav1.NamespaceSystem),
		queue:   newQueue("addons"),
		running: map[string]context.CancelFunc{},
	}
	all := func(any) {
		for name := range roles {
			a.queue.Add(name)
		}
	}
	registration, err := maps.Informer().AddEventHandler(onAnyChange(all))
	if err != nil {
		return nil, fmt.Errorf("watching add-ons: %w", err)
	}
	a.synced = registration.HasSynced
	return a, nil
}

func (a *addons) run(ctx context.Context) {
	a.factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), a.synced) {
		return
	}
	// Without the ConfigMap nothing is installed, and what an earlier run
	// installed must go.
	for name := range a.roles {
		a.queue.Add(name)
	}
	a.queue.run(ctx, a.sync)
	a.work.Wait()
}

// sync is called for one add-on at a time.
func (a *addons) sync(ctx context.Context, name string) error {
	role, stop := a.roles[name], a.running[name]
	switch installed := a.isInstalled(name); {
	case installed && stop == nil:
		if err := role.install(ctx); err != nil {
			return fmt.Errorf("installing %s: %w", name, err)
		}
		ctx, cancel := context.WithCancel(ctx)
		a.running[name] = cancel
		a.work.Go(func() { role.run(ctx) })
	case !installed:
		if stop != nil {
			stop()
			delete(a.running, name)
		}
		if err := role.uninstall(ctx); err != nil {
			return fmt.Errorf("uninstalling %s: %w", name, err)
		}
	}
	return nil
}

func (a *addons) isInstalled(name string) bool {
	var config *corev1.ConfigMap
	config, err := a.lister.Get(AddonsConfigMap)
	if err != nil {
		return false
	}
	_, installed := config.Data[name]
	return installed
}
