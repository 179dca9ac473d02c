package stacks

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/spec"
)

// lower is the cluster of another stack: what is known of it at plan time, and
// the handle that everything above a cluster is given.
type lower struct {
	facts  spec.Handed
	handle *cluster.Handle
}

// handedOver is the output OutputCluster: a cluster as one stack tells another
// of it. Storage parameters are known once the cluster is.
type handedOver struct {
	spec.Handed
	Context string
	Storage []handedClass
}

// handedClass is a storage class of a cluster of another stack.
type handedClass struct {
	cluster.StorageClass
	Parameters map[string]string
}

// layersBelow reads the cluster of the stack that gantry:layersFrom names, and
// is nil where this stack makes its own. What it reads is known in a preview
// too, because that stack is up already.
func layersBelow(ctx *pulumi.Context) (*lower, error) {
	name, _ := ctx.GetConfig(namespace + "layersFrom")
	if name == "" || makesCluster(ctx) {
		return nil, nil
	}
	stack, err := pulumi.NewStackReference(ctx, name, nil)
	if err != nil {
		return nil, fmt.Errorf("gantry:layersFrom: %s: %w", name, err)
	}
	l, err := readLower(stack)
	if err != nil {
		return nil, fmt.Errorf("gantry:layersFrom: %s %w", name, err)
	}
	return l, nil
}

// makesCluster tells whether the layers of this stack begin with the cluster. A
// value that cannot be read is left to validation.
func makesCluster(ctx *pulumi.Context) bool {
	text, _ := ctx.GetConfig(namespace + "layers")
	var layers []spec.Layer
	if err := json.Unmarshal([]byte(text), &layers); err != nil || len(layers) == 0 {
		return true
	}
	return spec.Platform{Layers: layers}.Has(spec.LayerCluster)
}

func readLower(stack *pulumi.StackReference) (*lower, error) {
	version, err := stack.GetOutputDetails(OutputContractVersion)
	if err != nil {
		return nil, err
	}
	if version.Value == nil {
		return nil, fmt.Errorf("has no output %s: bring that stack up first", OutputContractVersion)
	}
	if found, ok := version.Value.(float64); !ok || int(found) != ContractVersion {
		return nil, fmt.Errorf("has outputs of version %v, and this program reads version %d: bring that stack up with the same release of Gantry", version.Value, ContractVersion)
	}
	facts, err := stack.GetOutputDetails(OutputCluster)
	if err != nil {
		return nil, err
	}
	text, _ := facts.Value.(string)
	var handed handedOver
	if err := json.Unmarshal([]byte(text), &handed); err != nil {
		return nil, fmt.Errorf("has an output %s that cannot be read: %w", OutputCluster, err)
	}
	handle := &cluster.Handle{
		Name:       handed.Name,
		Pools:      handed.Pools,
		Context:    handed.Context,
		Endpoint:   stack.GetStringOutput(pulumi.String(OutputEndpoint)),
		Identifier: stack.GetStringOutput(pulumi.String(OutputIdentifier)),
		Kubeconfig: pulumi.ToSecret(stack.GetStringOutput(pulumi.String(OutputKubeconfig))).(pulumi.StringOutput),
	}
	for _, class := range handed.Storage {
		class.StorageClass.Parameters = pulumi.ToStringMap(class.Parameters)
		handle.Storage = append(handle.Storage, class.StorageClass)
	}
	return &lower{facts: handed.Handed, handle: handle}, nil
}

// handOver is the value of OutputCluster.
func handOver(config spec.Platform, handle *cluster.Handle) pulumi.StringOutput {
	parameters := pulumi.MapArray{}
	for _, class := range handle.Storage {
		all := pulumi.Map{}
		for key, value := range class.Parameters {
			all[key] = value
		}
		parameters = append(parameters, all)
	}
	return parameters.ToMapArrayOutput().ApplyT(func(known []map[string]any) (string, error) {
		handed := handedOver{
			Handed: spec.Handed{
				Name: handle.Name, Cloud: config.Cloud, Region: config.Region, Account: config.Account,
				Autoscaled: config.Autoscaled(), Pools: handle.Pools,
			},
			Context: handle.Context,
		}
		for i, class := range handle.Storage {
			class.Parameters = nil
			flat := map[string]string{}
			for key, value := range known[i] {
				flat[key] = fmt.Sprint(value)
			}
			handed.Storage = append(handed.Storage, handedClass{StorageClass: class, Parameters: flat})
		}
		text, err := json.Marshal(handed)
		return string(text), err
	}).(pulumi.StringOutput)
}
