package cluster

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// GrantKind is what a pod may do in the cluster's cloud.
type GrantKind string

// The grants that every cloud knows how to make.
const (
	// ReadObjects lists and reads the objects of a bucket.
	ReadObjects GrantKind = "read-objects"
	// WriteObjects reads, writes and deletes the objects of a bucket.
	WriteObjects GrantKind = "write-objects"
)

// GrantKinds lists every kind of grant.
var GrantKinds = []GrantKind{ReadObjects, WriteObjects}

// Grant is one permission on one thing in the cluster's cloud.
type Grant struct {
	// Kind of the permission.
	Kind GrantKind
	// Bucket that it is for, as its cloud names it: the ARN of an S3 bucket,
	// the name of a Cloud Storage bucket, the resource id of an Azure storage
	// account or blob container.
	Bucket pulumi.StringInput
}

// Binding gives the pods of one service account an identity in the cluster's
// cloud.
type Binding struct {
	// Namespace and ServiceAccount in the cluster. They need not exist yet.
	Namespace, ServiceAccount string
	// Grants of the identity, and no others.
	Grants []Grant
}

// BoundAccount is what Kubernetes objects need so that a binding takes effect.
type BoundAccount struct {
	// Annotations of the service account.
	Annotations pulumi.StringMap
	// PodLabels of every pod that uses the account.
	PodLabels map[string]string
	// Ready are the resources that must exist before such a pod starts and
	// outlive it.
	Ready []pulumi.Resource
}

// Binder makes identities: EKS Pod Identity, Workload Identity on GKE and AKS.
type Binder interface {
	// BindServiceAccount registers the identity of a service account and its
	// grants. The name is the beginning of every Pulumi name in it.
	BindServiceAccount(ctx *pulumi.Context, name string, binding Binding, opts ...pulumi.ResourceOption) (*BoundAccount, error)
}

// BindServiceAccount gives the pods of a service account an identity in the
// cluster's cloud. A cluster that was only handed over, by a kubeconfig or by
// another stack, has no cloud to ask, and says so.
func (h *Handle) BindServiceAccount(ctx *pulumi.Context, name string, binding Binding, opts ...pulumi.ResourceOption) (*BoundAccount, error) {
	if err := binding.validate(); err != nil {
		return nil, fmt.Errorf("workload identity %s: %w", name, err)
	}
	if h.Binder == nil {
		return nil, fmt.Errorf("workload identity %s: cluster %s was not made by this stack, which therefore holds no credentials of its cloud: "+
			"bind the service account in the stack that has the layer cluster", name, h.Name)
	}
	bound, err := h.Binder.BindServiceAccount(ctx, name, binding, opts...)
	if err != nil {
		return nil, fmt.Errorf("workload identity %s: %w", name, err)
	}
	return bound, nil
}

func (b Binding) validate() error {
	if b.Namespace == "" || b.ServiceAccount == "" {
		return fmt.Errorf("namespace %q and service account %q must both be named", b.Namespace, b.ServiceAccount)
	}
	for i, grant := range b.Grants {
		if grant.Bucket == nil {
			return fmt.Errorf("grant %d (%s) names no bucket", i, grant.Kind)
		}
		if grant.Kind != ReadObjects && grant.Kind != WriteObjects {
			return fmt.Errorf("grant %d is of kind %q: use one of %v", i, grant.Kind, GrantKinds)
		}
	}
	return nil
}
