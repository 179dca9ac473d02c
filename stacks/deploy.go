// Package stacks composes the platform. It is the only reader of the stack's
// configuration and the only exporter of outputs.
package stacks

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/aks"
	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/eks"
	"gantry.dev/gantry/components/existing"
	"gantry.dev/gantry/components/gke"
	"gantry.dev/gantry/components/platform"
	"gantry.dev/gantry/components/serving"
	"gantry.dev/gantry/modules/scheduling"
	"gantry.dev/gantry/modules/spec"
)

// Deploy is the platform, from an empty account to served models: as much of it
// as the stack's layers say.
func Deploy(ctx *pulumi.Context) error {
	below, err := layersBelow(ctx) // another stack's cluster, or none
	if err != nil {
		return err
	}
	config, pools, err := load(ctx, below)
	if err != nil {
		return err
	}
	if err := preflight(ctx, config, pools); err != nil {
		return err
	}
	guards, err := guard(ctx, config.AllowReplace)
	if err != nil {
		return err
	}
	handle, err := newCluster(ctx, config, pools, below)
	if err != nil {
		return err
	}
	if err := handle.Bind(ctx, config.Name, bindings(config, handle)); err != nil {
		return err
	}
	models := map[string]*serving.Model{}
	if config.Has(spec.LayerPlatform) || config.Has(spec.LayerModels) {
		if models, err = deployWorkloads(ctx, config, handle); err != nil {
			return err
		}
	}
	export(ctx, config, handle, models)
	return guards.warn(ctx)
}

// bindings are the identities of the add-ons and of the models that need one.
func bindings(config spec.Platform, handle *cluster.Handle) map[string]cluster.Binding {
	all := platform.Bindings(config)
	maps.Copy(all, serving.Bindings(config, platform.ModelNamespace, handle.Bucket))
	return all
}

// newCluster is the only place that asks which cloud it is.
func newCluster(ctx *pulumi.Context, config spec.Platform, pools []spec.PoolPlan, below *lower) (*cluster.Handle, error) {
	if below != nil {
		return below.handle, nil
	}
	switch config.Cloud {
	case spec.AWS:
		made, err := eks.New(ctx, config.Name, &eks.Args{Platform: config, Pools: pools})
		if err != nil {
			return nil, err
		}
		return made.Handle, nil
	case spec.GCP:
		made, err := gke.New(ctx, config.Name, &gke.Args{Platform: config, Pools: pools})
		if err != nil {
			return nil, err
		}
		return made.Handle, nil
	case spec.Azure:
		made, err := aks.New(ctx, config.Name, &aks.Args{Platform: config, Pools: pools})
		if err != nil {
			return nil, err
		}
		return made.Handle, nil
	case spec.Existing:
		made, err := existing.New(ctx, config.Name, &existing.Args{Platform: config, Pools: pools})
		if err != nil {
			return nil, err
		}
		return made.Handle, nil
	default:
		return nil, fmt.Errorf("gantry:cloud: %q has no cluster component", config.Cloud)
	}
}

// deployWorkloads deploys everything inside the cluster that is of this stack's
// layers, with one provider for all of it.
func deployWorkloads(ctx *pulumi.Context, config spec.Platform, handle *cluster.Handle) (map[string]*serving.Model, error) {
	provider, err := cluster.NewProvider(ctx, config.Name, handle)
	if err != nil {
		return nil, err
	}
	ready := handle.Ready
	if config.Has(spec.LayerPlatform) {
		base, err := platform.New(ctx, config.Name, &platform.Args{Platform: config, Handle: handle, Root: projectRoot(ctx)}, pulumi.Providers(provider))
		if err != nil {
			return nil, err
		}
		ready = base.Ready
	}
	if !config.Has(spec.LayerModels) {
		return nil, nil
	}
	return deployModels(ctx, config, handle, ready, provider)
}

// deployModels deploys every model of the platform, in the order of their names.
func deployModels(ctx *pulumi.Context, config spec.Platform, handle *cluster.Handle, ready []pulumi.Resource, provider *kubernetes.Provider) (map[string]*serving.Model, error) {
	fleet := scheduling.NewFleet(config, handle.Pools)
	models := map[string]*serving.Model{}
	for _, name := range slices.Sorted(maps.Keys(config.Models)) {
		model, err := serving.NewModel(ctx, name, &serving.ModelArgs{
			Model:     config.Models[name],
			Namespace: platform.ModelNamespace,
			Fleet:     fleet,
			Storage:   handle.Storage,
			Bucket:    handle.Bucket,
			Account:   handle.Accounts[serving.AccountName(name)],
			Gateway:   gateway(config),
			Secrets:   config.Secrets,
			Protect:   config.Protected(),
			DependsOn: ready,

			PriorityClass: platform.InferencePriority,
			Monitored:     spec.On(config.Addons.Monitoring.Enabled),

			RunbookBaseURL: config.Addons.Monitoring.Alerts.RunbookBaseURL,
		}, pulumi.Providers(provider))
		if err != nil {
			return nil, err
		}
		models[name] = model
	}
	return models, nil
}

// gateway is what models' routes are attached to; nil where the platform has none.
func gateway(config spec.Platform) *serving.Gateway {
	if !spec.On(config.Addons.Gateway.Enabled) {
		return nil
	}
	return &serving.Gateway{
		Name: platform.GatewayName, Namespace: platform.GatewayNamespace, Listener: platform.GatewayListenerHTTPS,
		Host: config.Addons.Gateway.Host,
	}
}
