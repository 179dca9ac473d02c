package cluster

import (
	"errors"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// NewProvider registers the Kubernetes provider of a cluster. It waits for
// everything in h.Ready, and with it everything that uses the provider: nothing
// in the cluster is made before a pod could run, and on destroy everything in
// it is gone before the first node is.
func NewProvider(ctx *pulumi.Context, name string, h *Handle, opts ...pulumi.ResourceOption) (*kubernetes.Provider, error) {
	if h == nil {
		return nil, errors.New("kubernetes provider " + name + ": no cluster")
	}
	args := &kubernetes.ProviderArgs{
		Kubeconfig: h.Kubeconfig,
		// Without it the provider compares kubeconfigs, and plans to replace
		// everything in the cluster whenever one is unknown or changed.
		ClusterIdentifier: h.Identifier,
		// Of each object, Gantry owns the fields that it sets; what controllers
		// and the cloud set beside them is no drift.
		EnableServerSideApply: pulumi.Bool(true),
		// Helm releases run their hooks.
		SuppressHelmHookWarnings: pulumi.Bool(true),
		// Both would drop resources from the state because a network was down.
		DeleteUnreachable:     pulumi.Bool(false),
		SkipUpdateUnreachable: pulumi.Bool(false),
	}
	if h.Context != "" {
		args.Context = pulumi.String(h.Context)
	}
	return kubernetes.NewProvider(ctx, name, args, append([]pulumi.ResourceOption{pulumi.DependsOn(h.Ready)}, opts...)...)
}
