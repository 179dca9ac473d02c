package gke

import (
	"fmt"
	"slices"
	"strings"

	gcpcontainer "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	gcpserviceaccount "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/naming"
)

// annotationAccount names the Google service account of a Kubernetes one.
const annotationAccount = "iam.gke.io/gcp-service-account"

// workloadIdentityUser lets a Kubernetes service account act as a Google one.
const workloadIdentityUser = "roles/iam.workloadIdentityUser"

// workloadIdentities binds service accounts through Workload Identity: GKE's
// metadata server hands pods of the account the credentials of a Google service
// account.
type workloadIdentities struct {
	build *build
	// control is the cluster: the pool of identities exists with the first one
	// of the project.
	control *gcpcontainer.Cluster
	// services are the APIs of the project.
	services *services
}

// workloadPool is the identities of all clusters of the project.
func (b *build) workloadPool() string { return b.platform.Account + ".svc.id.goog" }

// BindServiceAccount implements cluster.Binder with a Google service account,
// its roles, see grants.go, and the right of the Kubernetes account to act as it.
func (w *workloadIdentities) BindServiceAccount(ctx *pulumi.Context, name string, binding cluster.Binding, opts ...pulumi.ResourceOption) (*cluster.BoundAccount, error) {
	if err := grantable(binding.Grants); err != nil {
		return nil, err
	}
	b := w.build
	child := func(more ...pulumi.ResourceOption) []pulumi.ResourceOption {
		return append(b.with(more...), opts...)
	}
	google, err := gcpserviceaccount.NewAccount(ctx, name+"-account", &gcpserviceaccount.AccountArgs{
		Project:     pulumi.String(b.platform.Account),
		AccountId:   pulumi.String(w.accountID(binding)),
		DisplayName: pulumi.Sprintf("%s/%s in %s", binding.Namespace, binding.ServiceAccount, b.platform.Name),
	}, child(pulumi.DependsOn(w.services.all))...)
	if err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	user, err := gcpserviceaccount.NewIAMMember(ctx, name+"-user", &gcpserviceaccount.IAMMemberArgs{
		ServiceAccountId: google.Name,
		Role:             pulumi.String(workloadIdentityUser),
		Member: pulumi.String(fmt.Sprintf("serviceAccount:%s[%s/%s]",
			b.workloadPool(), binding.Namespace, binding.ServiceAccount)),
	}, child(pulumi.DependsOn([]pulumi.Resource{w.control}))...)
	if err != nil {
		return nil, fmt.Errorf("user: %w", err)
	}
	ready := []pulumi.Resource{google, user}
	for i, grant := range binding.Grants {
		rights, err := rightsOf[grant.Kind](granting{
			build: b, ctx: ctx, name: fmt.Sprintf("%s-grant-%d", name, i+1), member: google.Member, options: child(),
		}, resourceOf(grant))
		if err != nil {
			return nil, fmt.Errorf("grant %d: %w", i, err)
		}
		ready = append(ready, rights...)
	}
	return &cluster.BoundAccount{
		Annotations: pulumi.StringMap{annotationAccount: google.Email},
		Ready:       slices.Clip(ready),
	}, nil
}

// accountID is the id of the Google service account. It always ends in a hash of
// the whole: what fits in 30 characters of platform, namespace and account tells
// too few bindings apart, and the names of Kubernetes may hold dots.
func (w *workloadIdentities) accountID(binding cluster.Binding) string {
	whole := strings.Join([]string{w.build.platform.Name, binding.Namespace, binding.ServiceAccount}, "/")
	hash := naming.Hash(whole)
	readable := strings.ReplaceAll(w.build.platform.Name+"-"+binding.ServiceAccount, ".", "-")
	room := int(naming.LimitServiceAccountID) - len(hash) - 1
	return strings.TrimRight(readable[:min(len(readable), room)], "-") + "-" + hash
}
