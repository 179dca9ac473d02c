package stacks

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/serving"
	"gantry.dev/gantry/modules/cost"
	"gantry.dev/gantry/modules/spec"
)

// ContractVersion changes when an output is renamed, removed or given another
// meaning, so that a stack that reads another's outputs can tell.
const ContractVersion = 1

// The outputs of a stack.
const (
	// OutputContractVersion is ContractVersion, a number.
	OutputContractVersion = "contractVersion"
	// OutputCloud is the cloud that runs the cluster.
	OutputCloud = "cloud"
	// OutputRegion is the cloud's region.
	OutputRegion = "region"
	// OutputClusterName is the name of the cluster.
	OutputClusterName = "clusterName"
	// OutputEndpoint is the URL of the Kubernetes API.
	OutputEndpoint = "endpoint"
	// OutputKubeconfig is a kubeconfig that asks the cloud's own command for a
	// token at each use. Secret.
	OutputKubeconfig = "kubeconfig"
	// OutputIdentifier is new for every new cluster.
	OutputIdentifier = "identifier"
	// OutputCluster is all that is known of the cluster at plan time, in JSON:
	// what a stack with further layers builds on.
	OutputCluster = "cluster"
	// OutputPools maps the name of each pool to its role, capacity, machine
	// types, and least and greatest number of nodes.
	OutputPools = "pools"
	// OutputModels maps the name of each model to its URL inside the cluster.
	OutputModels = "models"
	// OutputRegistry is what the names of the platform's own images begin with;
	// empty where it has no registry.
	OutputRegistry = "registry"
	// OutputModelBucket is the URL of the bucket for model files; empty where
	// there is none.
	OutputModelBucket = "modelBucket"
	// OutputCost is the cost a month at the least and at the greatest number of
	// nodes, in dollars, with the date of the prices.
	OutputCost = "cost"
)

// Declared lists every output of a stack.
var Declared = []string{
	OutputContractVersion, OutputCloud, OutputRegion, OutputClusterName,
	OutputEndpoint, OutputKubeconfig, OutputIdentifier, OutputCluster,
	OutputPools, OutputModels, OutputRegistry, OutputModelBucket, OutputCost,
}

func export(ctx *pulumi.Context, config spec.Platform, handle *cluster.Handle, models map[string]*serving.Model) {
	ctx.Export(OutputContractVersion, pulumi.Int(ContractVersion))
	ctx.Export(OutputCloud, pulumi.String(config.Cloud))
	ctx.Export(OutputRegion, pulumi.String(config.Region))
	ctx.Export(OutputClusterName, pulumi.String(handle.Name))
	ctx.Export(OutputEndpoint, handle.Endpoint)
	ctx.Export(OutputKubeconfig, pulumi.ToSecret(handle.Kubeconfig))
	ctx.Export(OutputIdentifier, handle.Identifier)
	ctx.Export(OutputCluster, handOver(config, handle))
	ctx.Export(OutputPools, poolOutputs(handle.Pools))
	ctx.Export(OutputModels, modelOutputs(models))
	ctx.Export(OutputRegistry, registryOutput(handle))
	ctx.Export(OutputModelBucket, bucketOutput(handle))
	ctx.Export(OutputCost, pulumi.Any(cost.Of(config, handle.Pools).Output()))
}

func poolOutputs(pools []spec.PoolPlan) pulumi.Map {
	outputs := pulumi.Map{}
	for _, pool := range pools {
		types := pulumi.StringArray{}
		for _, machine := range pool.Machines {
			types = append(types, pulumi.String(machine.Type))
		}
		outputs[pool.Name] = pulumi.Map{
			"role":         pulumi.String(pool.Role),
			"capacity":     pulumi.String(pool.Capacity),
			"machineTypes": types,
			"min":          pulumi.Int(pool.Min),
			"max":          pulumi.Int(pool.Max),
		}
	}
	return outputs
}

func modelOutputs(models map[string]*serving.Model) pulumi.StringMap {
	outputs := pulumi.StringMap{}
	for name, model := range models {
		outputs[name] = model.Endpoint
	}
	return outputs
}

func registryOutput(handle *cluster.Handle) pulumi.StringInput {
	if handle.Registry == nil {
		return pulumi.String("")
	}
	return handle.Registry.URL
}

func bucketOutput(handle *cluster.Handle) pulumi.StringInput {
	if handle.Bucket == nil {
		return pulumi.String("")
	}
	return handle.Bucket.URL
}
