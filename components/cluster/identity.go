package cluster

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// GrantKind is what a pod may do in the cluster's cloud.
type GrantKind string

// The kinds of grants. A cloud that has no use for one refuses it.
const (
	// ReadObjects lists and reads the objects of a bucket.
	ReadObjects GrantKind = "read-objects"
	// WriteObjects reads, writes and deletes the objects of a bucket.
	WriteObjects GrantKind = "write-objects"
	// ManageDNS reads and writes the records of one DNS zone.
	ManageDNS GrantKind = "manage-dns"
	// WriteMetrics sends metrics to one workspace of the cloud's managed
	// Prometheus.
	WriteMetrics GrantKind = "write-metrics"
	// MeasureQueue tells how many messages wait in a queue, and reads none.
	MeasureQueue GrantKind = "measure-queue"
	// ScaleNodes sets the sizes of this cluster's own node groups. On EKS only:
	// the other clouds scale node pools themselves.
	ScaleNodes GrantKind = "scale-nodes"
	// BalanceLoads makes the cloud's load balancers for this cluster. On EKS
	// only: the other clouds do so themselves.
	BalanceLoads GrantKind = "balance-loads"
)

// GrantKinds lists every kind of grant.
var GrantKinds = []GrantKind{ReadObjects, WriteObjects, ManageDNS, WriteMetrics, MeasureQueue, ScaleNodes, BalanceLoads}

// ofCluster are the grants on the cluster itself, which name no resource.
var ofCluster = []GrantKind{ScaleNodes, BalanceLoads}

// Grant is one permission on one thing in the cluster's cloud.
type Grant struct {
	// Kind of the permission.
	Kind GrantKind
	// Resource that it is for, as its cloud names it. Of a bucket: the ARN of
	// an S3 bucket, the name of a Cloud Storage bucket, the resource id of an
	// Azure storage account or blob container. Of a DNS zone: the id of a Route
	// 53 hosted zone, the name of a Cloud DNS managed zone, the resource id of
	// an Azure DNS zone. Of metrics: the id of an Amazon workspace, nothing on
	// Google Cloud (the cluster's project), the resource id of an Azure data
	// collection rule. Of a queue: the URL of an SQS queue, the name of a Pub/Sub
	// subscription, the resource id of a Service Bus queue. ScaleNodes and
	// BalanceLoads take none.
	Resource pulumi.StringInput
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

// Bind binds service accounts, which are known by what they are
// for, and keeps them in h.Accounts. A cluster that was handed over has those
// that the stack below has bound, and one without a cloud has none.
func (h *Handle) Bind(ctx *pulumi.Context, name string, bindings map[string]Binding, opts ...pulumi.ResourceOption) error {
	if h.Binder == nil {
		return nil
	}
	h.Accounts = map[string]*BoundAccount{}
	for _, what := range sortedKeys(bindings) {
		bound, err := h.BindServiceAccount(ctx, name+"-"+what, bindings[what], opts...)
		if err != nil {
			return err
		}
		h.Accounts[what] = bound
	}
	return nil
}

// validate names everything that is wrong with a binding at once.
func (b Binding) validate() error {
	var problems []error
	if b.Namespace == "" || b.ServiceAccount == "" {
		problems = append(problems, fmt.Errorf("namespace %q and service account %q must both be named", b.Namespace, b.ServiceAccount))
	}
	for i, grant := range b.Grants {
		if !slices.Contains(GrantKinds, grant.Kind) {
			problems = append(problems, fmt.Errorf("grant %d is of kind %q: use one of %v", i, grant.Kind, GrantKinds))
			continue
		}
		if grant.Resource == nil && !slices.Contains(ofCluster, grant.Kind) {
			problems = append(problems, fmt.Errorf("grant %d (%s) names no resource that it is for", i, grant.Kind))
		}
	}
	return errors.Join(problems...)
}
