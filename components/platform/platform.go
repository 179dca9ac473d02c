// Package platform puts into a new cluster what every model relies on:
// namespaces with their Pod Security levels, storage classes, and the add-ons:
// addonTable is the list of them. It knows no cloud's API.
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
	// Root is the folder that relative paths in the configuration start from,
	// that of Pulumi.yaml. Empty: the working directory.
	Root string
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
// the cluster's drivers, the add-ons of addonTable and the charts of the user.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Platform, error) {
	if args == nil || args.Handle == nil {
		return nil, fmt.Errorf("platform.New(%s): Handle must be set", name)
	}
	in := inputs{platform: args.Platform, handle: args.Handle, root: args.Root}
	if err := in.chartSources().check(in); err != nil {
		return nil, fmt.Errorf("platform %s: %w", name, err)
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

	m := &maker{ctx: ctx, parent: name, opts: []pulumi.ResourceOption{child}, namespaces: map[string]pulumi.Resource{}}
	made, err := newParts(in, m)
	if err != nil {
		return nil, fmt.Errorf("platform %s: %w", name, err)
	}
	p.Ready = slices.Concat(args.Handle.Ready, made)

	err = ctx.RegisterResourceOutputs(p, pulumi.Map{"modelNamespace": pulumi.String(p.ModelNamespace)})
	if err != nil {
		return nil, fmt.Errorf("platform %s: outputs: %w", name, err)
	}
	return p, nil
}

// newParts makes everything in the cluster that models rely on, and returns it.
func newParts(in inputs, m *maker) ([]pulumi.Resource, error) {
	models, err := newNamespace(m.ctx, m.parent, ModelNamespace, restricted, m.opts...)
	if err != nil {
		return nil, err
	}
	classes, err := newStorageClasses(m.ctx, m.parent, in.handle.Storage, in.platform.Protected(), m.opts...)
	if err != nil {
		return nil, err
	}
	ranks, err := newPriorityClasses(m)
	if err != nil {
		return nil, err
	}
	plugin, err := newDevicePlugin(in, m)
	if err != nil {
		return nil, err
	}
	// Volumes of add-ons need the storage classes.
	m = m.after(classes...)
	priorities, err := newPriorities(in, m)
	if err != nil {
		return nil, err
	}
	addons, err := newAddons(in, m)
	if err != nil {
		return nil, err
	}
	charts, err := newCharts(in, m.after(addons...))
	if err != nil {
		return nil, err
	}
	return slices.Concat([]pulumi.Resource{models}, classes, ranks, plugin, priorities, addons, charts), nil
}
