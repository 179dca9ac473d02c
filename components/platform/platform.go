// Package platform puts into a new cluster what every model relies on:
// namespaces with their Pod Security levels, storage classes, and the plugin
// that advertises GPUs. It knows no cloud.
package platform

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/spec"
)

// Type is the type token of Platform.
const Type = "gantry:platform:Platform"

// Args are the arguments of New.
type Args struct {
	// Platform as configured, with defaults filled in. A protected one keeps
	// volumes when their claims are deleted.
	Platform spec.Platform
	// Handle of the cluster to set up.
	Handle *cluster.Handle
}

// Platform is a cluster that is ready for models.
type Platform struct {
	pulumi.ResourceState

	// ModelNamespace is where models belong.
	ModelNamespace string
	// Ready are the resources that must exist before a model and outlive it:
	// those of this component and the cluster's own.
	Ready []pulumi.Resource
}

// New sets up a cluster: the namespace of the models, the storage classes of
// the cluster's drivers and, where a pool has GPUs and the plugin is enabled,
// NVIDIA's device plugin in a namespace of its own.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Platform, error) {
	if args == nil || args.Handle == nil {
		return nil, fmt.Errorf("platform.New(%s): Handle must be set", name)
	}
	p := &Platform{ModelNamespace: ModelNamespace}
	if err := ctx.RegisterComponentResource(Type, name, p, opts...); err != nil {
		return nil, fmt.Errorf("platform %s: %w", name, err)
	}
	// Nothing in the cluster may outlive its nodes: a pod that no kubelet
	// stops, or a volume that no driver detaches, keeps its namespace in
	// deletion forever. The handle's resources are therefore dependencies of
	// every object, not of this component, which would not pass them on.
	child := pulumi.Composite(pulumi.Parent(p), pulumi.DependsOn(args.Handle.Ready))

	models, err := newNamespace(ctx, name, ModelNamespace, restricted, child)
	if err != nil {
		return nil, err
	}
	classes, err := newStorageClasses(ctx, name, args.Handle.Storage, args.Platform.Protected(), child)
	if err != nil {
		return nil, err
	}
	gpu, err := newDevicePlugin(ctx, name, args, child)
	if err != nil {
		return nil, err
	}
	p.Ready = slices.Concat(args.Handle.Ready, []pulumi.Resource{models}, classes, gpu)

	err = ctx.RegisterResourceOutputs(p, pulumi.Map{"modelNamespace": pulumi.String(p.ModelNamespace)})
	if err != nil {
		return nil, fmt.Errorf("platform %s: outputs: %w", name, err)
	}
	return p, nil
}
