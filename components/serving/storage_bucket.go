package serving

import (
	"fmt"
	"maps"
	"slices"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

// bucketSize of a volume is said because Kubernetes wants to be told; a bucket has
// none, and the claim asks for as much.
const bucketSize = "1Ti"

// bucket is a folder of the platform's model bucket as a model mounts it.
type bucket struct {
	cluster.BucketMount
	class   cluster.StorageClass
	account *cluster.BoundAccount
}

// Bindings are the service accounts of the models that read the platform's model
// bucket, by the names that their ModelArgs.Account has in the cluster's Accounts:
// what the stack that makes the cluster has to bind. A platform without a bucket has
// none.
func Bindings(p spec.Platform, namespace string, files *cluster.Bucket) map[string]cluster.Binding {
	bindings := map[string]cluster.Binding{}
	if files == nil {
		return bindings
	}
	for name, model := range p.Models {
		if model.Storage.Bucket == "" {
			continue
		}
		bindings[AccountName(name)] = cluster.Binding{
			Namespace:      namespace,
			ServiceAccount: name,
			Grants:         []cluster.Grant{{Kind: cluster.ReadObjects, Resource: files.Resource}},
		}
	}
	return bindings
}

// AccountName is what the identity of a model is called among those of a cluster.
func AccountName(model string) string { return "model-" + model }

// newBucket finds what a model needs to mount its folder; nil for a model that
// mounts none.
func newBucket(args *ModelArgs) (*bucket, error) {
	model := args.Model
	if model.Storage.Bucket == "" {
		return nil, nil
	}
	cannot := func(why, fix string) error {
		return fmt.Errorf("models.%s.storage.bucket: %s cannot be mounted: %s; %s", model.Name, model.Storage.Bucket, why, fix)
	}
	const instead = "use storage.models, and copy the files to that volume"
	if args.Bucket == nil {
		return nil, cannot("the platform has no model bucket", "set gantry:modelBucket.enabled to true in the stack with the layer cluster, or "+instead)
	}
	class, ok := args.Storage.For(cluster.ReadOnlyMany)
	if !ok || args.Bucket.Mount == nil {
		return nil, cannot("the cluster has no driver for its bucket", instead)
	}
	if args.Account == nil {
		return nil, cannot("the model has no identity in the cloud yet", "bring the stack with the layer cluster up with this model in its configuration")
	}
	return &bucket{BucketMount: *args.Bucket.Mount, class: class, account: args.Account}, nil
}

// volumeName is that of the volume and the claim of the model's folder. Neither can
// change: another folder is another volume and another claim, and the old ones stay
// until the last replica that mounts them is gone.
func (s *server) volumeName() string {
	return s.model.Name + "-files-" + naming.Hash(s.model.Storage.Bucket)
}

// filesMetadata is metadata with the name of the volume.
func (s *server) filesMetadata() *metav1.ObjectMetaArgs {
	metadata := s.metadata()
	metadata.Name = pulumi.String(s.volumeName())
	return metadata
}

// folder is the declared volume of the model's folder. Nothing happens to the
// bucket when it is deleted.
func (s *server) folder() *corev1.PersistentVolumeArgs {
	metadata := s.filesMetadata()
	// A volume belongs to no namespace, and two of them may have models of one name.
	metadata.Name = pulumi.String(s.namespace + "-" + s.volumeName())
	metadata.Namespace = nil
	b := s.bucket
	options := slices.Concat(b.class.MountOptions, b.Options, []string{b.FolderOption + s.model.Storage.Bucket})
	handle := b.Volume
	if b.Separator != "" {
		handle = pulumi.Sprintf("%s%s%s", b.Volume, b.Separator, s.volumeName())
	}
	return &corev1.PersistentVolumeArgs{
		Metadata: metadata,
		Spec: &corev1.PersistentVolumeSpecArgs{
			AccessModes:                   pulumi.ToStringArray([]string{string(cluster.ReadOnlyMany)}),
			Capacity:                      pulumi.StringMap{"storage": pulumi.String(bucketSize)},
			StorageClassName:              pulumi.String(b.class.Name),
			PersistentVolumeReclaimPolicy: pulumi.String("Retain"),
			MountOptions:                  pulumi.ToStringArray(options),
			// For this claim and no other.
			ClaimRef: &corev1.ObjectReferenceArgs{
				ApiVersion: pulumi.String("v1"), Kind: pulumi.String("PersistentVolumeClaim"),
				Namespace: pulumi.String(s.namespace), Name: pulumi.String(s.volumeName()),
			},
			Csi: &corev1.CSIPersistentVolumeSourceArgs{
				Driver:           pulumi.String(b.class.Driver),
				VolumeHandle:     handle,
				ReadOnly:         pulumi.Bool(true),
				VolumeAttributes: b.attributes(),
			},
		},
	}
}

// attributes of the volume: those of the class and of the bucket, and the identity
// where the driver has to be told.
func (b *bucket) attributes() pulumi.StringMap {
	all := maps.Clone(b.class.Parameters)
	if all == nil {
		all = pulumi.StringMap{}
	}
	maps.Copy(all, b.Attributes)
	if b.IdentityAttribute != "" {
		all[b.IdentityAttribute] = b.account.Annotations[b.IdentityAnnotation]
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// folderClaim binds the volume of the model's folder.
func (s *server) folderClaim() *corev1.PersistentVolumeClaimArgs {
	return &corev1.PersistentVolumeClaimArgs{
		Metadata: s.filesMetadata(),
		Spec: &corev1.PersistentVolumeClaimSpecArgs{
			AccessModes:      pulumi.ToStringArray([]string{string(cluster.ReadOnlyMany)}),
			StorageClassName: pulumi.String(s.bucket.class.Name),
			VolumeName:       pulumi.String(s.namespace + "-" + s.volumeName()),
			Resources: &corev1.VolumeResourceRequirementsArgs{
				Requests: pulumi.StringMap{"storage": pulumi.String(bucketSize)},
			},
		},
	}
}

// registerFolder registers the volume of the model's folder and the claim on it.
func (s *server) registerFolder(ctx *pulumi.Context, child pulumi.ResourceOption) ([]pulumi.Resource, error) {
	name := s.model.Name
	volume, err := corev1.NewPersistentVolume(ctx, name+"-files", s.folder(), child)
	if err != nil {
		return nil, fmt.Errorf("volume of the bucket: %w", err)
	}
	claim, err := corev1.NewPersistentVolumeClaim(ctx, name+"-files-claim", s.folderClaim(), child,
		pulumi.DependsOn([]pulumi.Resource{volume}))
	if err != nil {
		return nil, fmt.Errorf("claim on the bucket: %w", err)
	}
	// The driver tries the identity as soon as there is a pod.
	return append([]pulumi.Resource{volume, claim}, s.bucket.account.Ready...), nil
}

// driverEgress is what the driver of the bucket opens connections to from inside
// the pod.
func (s *server) driverEgress() networkingv1.NetworkPolicyEgressRuleArray {
	if s.bucket == nil {
		return nil
	}
	var rules networkingv1.NetworkPolicyEgressRuleArray
	for _, egress := range s.bucket.Egress {
		block := &networkingv1.IPBlockArgs{Cidr: pulumi.String(egress.To)}
		if len(egress.Except) > 0 {
			block.Except = pulumi.ToStringArray(egress.Except)
		}
		var ports networkingv1.NetworkPolicyPortArray
		for _, number := range egress.Ports {
			ports = append(ports, port("TCP", pulumi.Int(number)))
		}
		rules = append(rules, networkingv1.NetworkPolicyEgressRuleArgs{
			To:    networkingv1.NetworkPolicyPeerArray{networkingv1.NetworkPolicyPeerArgs{IpBlock: block}},
			Ports: ports,
		})
	}
	return rules
}

// accountAnnotations bind the service account to its identity; nil without one.
func (s *server) accountAnnotations() pulumi.StringMapInput {
	if s.bucket == nil || len(s.bucket.account.Annotations) == 0 {
		return nil
	}
	return s.bucket.account.Annotations
}

// podLabels are the labels of the version, and those that its identity asks of
// pods. They are no part of the selector, which cannot change.
func (s *server) podLabels() map[string]string {
	labels := s.labels()
	if s.bucket != nil {
		maps.Copy(labels, s.bucket.account.PodLabels)
	}
	return labels
}
