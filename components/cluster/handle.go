// Package cluster is the contract between the packages that make a cluster and
// everything that runs in one. It imports no cloud SDK: what is above it never
// asks which cloud it is on.
package cluster

import (
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
	Storage []StorageClass

	// Endpoint of the Kubernetes API, as an https URL.
	Endpoint pulumi.StringOutput
	// Identifier is new for every new cluster and known once it exists. The
	// Kubernetes provider compares it to tell a new cluster from a changed
	// kubeconfig.
	Identifier pulumi.StringOutput
	// Kubeconfig uses the cloud's exec credential plugin and holds no token.
	// It is a secret all the same.
	Kubeconfig pulumi.StringOutput
	// Ready are the resources that must exist before a pod can run: node
	// pools and the add-ons that pods need. On destroy they outlive every
	// pod.
	Ready []pulumi.Resource
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
)

// StorageClass describes a Kubernetes StorageClass for one of the cluster's
// drivers.
type StorageClass struct {
	// Name is the same on every cloud: see ClassBlock and ClassShared.
	Name string
	// Provisioner is the CSI driver, for example ebs.csi.aws.com.
	Provisioner string
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

// Names of the storage classes, the same on every cloud.
const (
	// ClassBlock is encrypted network disks, the default class.
	ClassBlock = "gantry-block"
	// ClassShared is an encrypted network file system that many nodes mount.
	ClassShared = "gantry-shared"
)
