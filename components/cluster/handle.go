// Package cluster is the contract between the packages that make a cluster and
// everything that runs in one. It imports no cloud SDK: what is above it never
// asks which cloud it is on.
package cluster

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/spec"
)

// Handle is a cluster as seen by what runs in it. The first group of fields is
// known at plan time; the second flows from the cloud.
type Handle struct {
	// Name of the cluster.
	Name string
	// Pools, in the order of the configuration.
	Pools []spec.PoolPlan
	// Storage classes that the cluster's drivers can serve.
	Storage StorageClasses
	// Context of Kubeconfig to use. Empty: its current one.
	Context string
	// Binder makes identities for pods. Nil where this stack did not make the
	// cluster; see BindServiceAccount.
	Binder Binder
	// Accounts are the identities of service accounts, by what they are for, see
	// Bind.
	Accounts map[string]*BoundAccount

	// Endpoint of the Kubernetes API, as an https URL.
	Endpoint pulumi.StringOutput
	// Identifier is new for every new cluster and known once it exists. The
	// Kubernetes provider compares it to tell a new cluster from a changed
	// kubeconfig.
	Identifier pulumi.StringOutput
	// Kubeconfig uses the cloud's exec credential plugin and holds no token.
	// It is a secret all the same. Of an existing cluster it is the path of the
	// file, in which the credentials stay.
	Kubeconfig pulumi.StringOutput
	// Network is the id of the network that the cluster lies in: the VPC on
	// AWS, the name of the network on Google Cloud, the resource id of the
	// virtual network on Azure; the zero output where it is not known.
	Network pulumi.StringOutput
	// Registry holds the platform's images, and Bucket its model files; nil
	// where there is none.
	Registry *Registry
	Bucket   *Bucket
	// Ready are the resources that must exist before a pod can run: node
	// pools and the add-ons that pods need. On destroy they outlive every
	// pod.
	Ready []pulumi.Resource
}

// Registry is a private container registry that the nodes may pull from.
type Registry struct {
	// URL is what image names begin with, without a slash at the end:
	// 123456789012.dkr.ecr.us-east-1.amazonaws.com/gantry-dev,
	// us-central1-docker.pkg.dev/my-project/gantry-dev, gantrydev4f2a9c.azurecr.io.
	URL pulumi.StringOutput
}

// Bucket is a private, versioned, encrypted bucket.
type Bucket struct {
	// URL as the cloud's own tools and loaders of model files take it:
	// s3://bucket, gs://bucket,
	// https://account.blob.core.windows.net/container.
	URL pulumi.StringOutput
	// Resource is what a Grant on the bucket names.
	Resource pulumi.StringOutput
	// Mount is how pods see its files; nil where the cluster has no driver for
	// that.
	Mount *BucketMount
}

// BucketMount is how a folder of a bucket becomes a declared volume of the class
// ClassReadOnly, whose driver, options and attributes it has beside these. All but
// the outputs is known at plan time.
type BucketMount struct {
	// Volume is what the driver knows the bucket by: the beginning of a volume's
	// handle.
	Volume pulumi.StringOutput `json:"-"`
	// Attributes of a volume.
	Attributes pulumi.StringMap `json:"-"`
	// Separator stands between Volume and what makes the handle of one volume
	// differ from others. Empty: the bucket alone is the handle.
	Separator string
	// Options of the mount; FolderOption is the one that a folder is appended to.
	Options      []string
	FolderOption string
	// IdentityAttribute of a volume names the identity that reads it: the value
	// of IdentityAnnotation of the pods' service account. Empty: the driver finds
	// the identity by itself.
	IdentityAttribute, IdentityAnnotation string
	// PodAnnotations of pods that mount the bucket.
	PodAnnotations map[string]string
	// Egress is what the driver opens connections to from inside such a pod.
	Egress []Egress
}

// Egress is connections over TCP that a pod may open.
type Egress struct {
	// To is a range of addresses, and Except are ranges in it that are not meant.
	To     string
	Except []string
	// Ports at those addresses.
	Ports []int
}

// PodUser is the user and the group that pods of models run as, and that the
// shared file system presents their files to. Any number above 10000 belongs
// to no user of a node.
const PodUser = 10001

// Access modes that a storage class may offer.
type Access string

// The values of Access, as Kubernetes spells them.
const (
	// ReadWriteOnce is a disk: one node at a time.
	ReadWriteOnce Access = "ReadWriteOnce"
	// ReadWriteMany is a file system: all nodes at once.
	ReadWriteMany Access = "ReadWriteMany"
	// ReadOnlyMany is files that all nodes read and none writes.
	ReadOnlyMany Access = "ReadOnlyMany"
)

// StorageClass describes a Kubernetes StorageClass for one of the cluster's
// drivers.
type StorageClass struct {
	// Name of the Kubernetes object: see ClassBlock, ClassShared and
	// ClassReadOnly; its own where the class was there before.
	Name string
	// Provisioner is the CSI driver, for example ebs.csi.aws.com, or
	// NoProvisioner where volumes are declared and not made on demand.
	Provisioner string
	// Driver is the CSI driver of declared volumes. Empty: Provisioner.
	Driver string
	// Exists marks a class that the cluster brought along: nothing is made.
	Exists bool
	// Parameters of the driver; ids among them flow from the cloud.
	Parameters pulumi.StringMap
	// MountOptions for the file system.
	MountOptions []string
	// Access is the widest access mode of the class.
	Access Access
	// Default marks the class that claims without a class get.
	Default bool
	// WaitForConsumer delays the volume until a pod is placed, so that disk
	// and pod meet in one zone.
	WaitForConsumer bool
}

// NoProvisioner is the provisioner of a class whose volumes are declared one by
// one. Source: https://kubernetes.io/docs/concepts/storage/storage-classes/#local
const NoProvisioner = "kubernetes.io/no-provisioner"

// StorageClasses are those of one cluster.
type StorageClasses []StorageClass

// For is the class with the access mode, the first of several.
func (s StorageClasses) For(access Access) (StorageClass, bool) {
	for _, class := range s {
		if class.Access == access {
			return class, true
		}
	}
	return StorageClass{}, false
}

// Names of the storage classes, the same on every cloud.
const (
	// ClassBlock is encrypted network disks, the default class.
	ClassBlock = "gantry-block"
	// ClassShared is an encrypted network file system that many nodes mount.
	ClassShared = "gantry-shared"
	// ClassReadOnly is model files that lie in a bucket of the cluster's cloud
	// and that all nodes mount read-only. Its volumes are declared.
	ClassReadOnly = "gantry-readonly"
)

// sortedKeys are the keys of a map in alphabetical order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
