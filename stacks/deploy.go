// Package stacks composes the platform. It is the only reader of the stack's
// configuration and the only exporter of outputs.
package stacks

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/eks"
	"gantry.dev/gantry/components/platform"
	"gantry.dev/gantry/components/serving"
	"gantry.dev/gantry/modules/scheduling"
	"gantry.dev/gantry/modules/spec"
)

// Deploy is the platform, from an empty account to served models.
func Deploy(ctx *pulumi.Context) error {
	config, pools, err := load(ctx)
	if err != nil {
		return err
	}
	handle, err := newCluster(ctx, config, pools)
	if err != nil {
		return err
	}
	provider, err := cluster.NewProvider(ctx, config.Name, handle)
	if err != nil {
		return err
	}
	base, err := platform.New(ctx, config.Name, &platform.Args{Platform: config, Handle: handle},
		pulumi.Providers(provider))
	if err != nil {
		return err
	}
	models, err := deployModels(ctx, config, handle, base, pulumi.Providers(provider))
	if err != nil {
		return err
	}
	export(ctx, config, handle, models)
	return nil
}

// deployModels deploys every model of the platform, in the order of their names.
func deployModels(ctx *pulumi.Context, config spec.Platform, handle *cluster.Handle, base *platform.Platform, opts ...pulumi.ResourceOption) (map[string]*serving.Model, error) {
	fleet := scheduling.NewFleet(config, handle.Pools)
	models := map[string]*serving.Model{}
	for _, name := range slices.Sorted(maps.Keys(config.Models)) {
		model, err := serving.NewModel(ctx, name, &serving.ModelArgs{
			Model:     config.Models[name],
			Namespace: base.ModelNamespace,
			Fleet:     fleet,
			Storage:   handle.Storage,
			Protect:   config.Protected(),
			DependsOn: base.Ready,
		}, opts...)
		if err != nil {
			return nil, err
		}
		models[name] = model
	}
	return models, nil
}

// newCluster is the only place that asks which cloud it is.
func newCluster(ctx *pulumi.Context, config spec.Platform, pools []spec.PoolPlan) (*cluster.Handle, error) {
	switch config.Cloud {
	case spec.AWS:
		made, err := eks.New(ctx, config.Name, &eks.Args{Platform: config, Pools: pools})
		if err != nil {
			return nil, err
		}
		return made.Handle, nil
	default:
		return nil, fmt.Errorf("gantry:cloud: %q has no cluster component", config.Cloud)
	}
}
