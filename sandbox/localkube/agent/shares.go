package agent

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/labels"
	listersv1 "k8s.io/client-go/listers/core/v1"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// share is what differs between the drivers of network file systems and buckets,
// whose volumes all nodes can use at once, in all zones.
type share struct {
	// driver is the name that StorageClasses call it by.
	driver string
	// parameters that the driver knows, and how it refuses others; a driver
	// without a list passes over what it does not know.
	parameters []string
	unknown    string
	// exact tells that the driver tells parameters apart by case.
	exact bool
	// check is the driver's, and its cloud's, opinion of the parameters.
	check func(p parameters) error
	// size of a volume for a request of n bytes, or why there is none.
	size func(n int64, p parameters) (int64, error)
	// round is the size that a volume grows to when n bytes are asked for.
	round func(n int64) int64
	// handle of a volume, and its attributes beside the class's parameters.
	handle func(o controller.ProvisionOptions, at place, p parameters) (handle string, attributes map[string]string)
	// passes tells that the parameters become attributes of the volume.
	passes bool
}

// shares are the drivers, by the names of their add-ons.
var shares = map[string]share{
	AddonEFS:       efs,
	AddonFilestore: filestore,
	AddonAzureFile: azureFile,
	AddonAzureBlob: azureBlob,
}

// shareDriver makes the volumes of one driver.
type shareDriver struct {
	share
	nodes listersv1.NodeLister
}

func (d shareDriver) name() string { return d.driver }

func (d shareDriver) round(n int64) int64 { return d.share.round(n) }

func (d shareDriver) create(o controller.ProvisionOptions) (volume, controller.ProvisioningState, error) {
	made, err := d.volume(o)
	// Another node would not change the driver's mind.
	return made, controller.ProvisioningFinished, err
}

func (d shareDriver) volume(o controller.ProvisionOptions) (volume, error) {
	p := parametersOf(o.StorageClass, d.exact)
	if name, found := p.unknown(d.parameters); found && d.unknown != "" {
		return volume{}, invalidArgument(d.unknown, name)
	}
	if err := d.check(p); err != nil {
		return volume{}, err
	}
	bytes, err := d.size(requested(o), p)
	if err != nil {
		return volume{}, err
	}
	at, err := d.place(o)
	if err != nil {
		return volume{}, err
	}
	made := volume{bytes: bytes}
	made.handle, made.attributes = d.handle(o, at, p)
	if d.passes {
		made.attributes = withAttributes(o.StorageClass, made.attributes)
	}
	return made, nil
}

// place is that of the first pod's node, if the class waits for it, or else of
// any node: the region is the same.
func (d shareDriver) place(o controller.ProvisionOptions) (place, error) {
	if node, err := d.nodes.Get(o.SelectedNodeName); err == nil {
		return placeOf(node), nil
	}
	nodes, err := d.nodes.List(labels.Everything())
	return anyPlace(nodes), err
}

// withAttributes adds to the parameters of a class, as it spells them.
func withAttributes(class *storagev1.StorageClass, more map[string]string) map[string]string {
	attributes := map[string]string{}
	for name := range parametersOf(class, true) {
		attributes[name] = class.Parameters[name]
	}
	maps.Copy(attributes, more)
	return attributes
}

func oneOf(value string, of ...string) bool {
	return value == "" || slices.Contains(of, value)
}

// asRequested is the size of what has no size of its own.
func asRequested(n int64) int64 { return n }

func anySize(n int64, _ parameters) (int64, error) { return n, nil }

// namespaceOf is where Azure's drivers look for the secret of a volume.
func namespaceOf(claim *corev1.PersistentVolumeClaim) map[string]string {
	return map[string]string{"secretnamespace": claim.Namespace}
}
