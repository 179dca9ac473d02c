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
	// Accounts are the identities of service accounts, by the name of the add-on,
	// or of the model as serving.AccountName has it.
	Accounts map[string]handedAccount
	// Network, and what the registry's images and the bucket's files begin
	// with; empty where there is none.
	Network                     string
	Registry, BucketURL, Bucket string
	// Mount is how pods see the files of the bucket; nil where they cannot.
	Mount *handedMount
}

// handedMount is how a bucket of another stack is mounted.
type handedMount struct {
	cluster.BucketMount
	Volume     string
	Attributes map[string]string
}

// mount is the same for a handle.
func (h *handedMount) mount() *cluster.BucketMount {
	if h == nil {
		return nil
	}
	mount := h.BucketMount
	mount.Volume = pulumi.String(h.Volume).ToStringOutput()
	mount.Attributes = pulumi.ToStringMap(h.Attributes)
	return &mount
}

// handedAccount is a bound service account of another stack.
type handedAccount struct {
	Annotations, PodLabels map[string]string
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
	handle.Accounts = map[string]*cluster.BoundAccount{}
	for name, account := range handed.Accounts {
		handle.Accounts[name] = &cluster.BoundAccount{Annotations: pulumi.ToStringMap(account.Annotations), PodLabels: account.PodLabels}
	}
	if handed.Network != "" {
		handle.Network = pulumi.String(handed.Network).ToStringOutput()
	}
	if handed.Registry != "" {
		handle.Registry = &cluster.Registry{URL: pulumi.String(handed.Registry).ToStringOutput()}
	}
	if handed.Bucket != "" {
		handle.Bucket = &cluster.Bucket{
			URL:      pulumi.String(handed.BucketURL).ToStringOutput(),
			Resource: pulumi.String(handed.Bucket).ToStringOutput(),
			Mount:    handed.Mount.mount(),
		}
	}
	return &lower{facts: handed.Handed, handle: handle}, nil
}

// flowing is what of a cluster is known once it is made, as plain values.
type flowing struct {
	Parameters        []map[string]string
	Annotations       map[string]map[string]string
	Network           string
	Registry          string
	BucketURL, Bucket string
	// Volume and Attributes of the bucket's mount.
	BucketVolume     string
	BucketAttributes map[string]string
}

// flow gathers the outputs that are handed over.
func flow(handle *cluster.Handle) pulumi.StringOutput {
	parameters := pulumi.Array{}
	for _, class := range handle.Storage {
		parameters = append(parameters, stringMap(class.Parameters))
	}
	annotations := pulumi.Map{}
	for name, account := range handle.Accounts {
		annotations[name] = stringMap(account.Annotations)
	}
	all := pulumi.Map{"Parameters": parameters, "Annotations": annotations}
	if handle.Network.OutputState != nil {
		all["Network"] = handle.Network
	}
	if handle.Registry != nil {
		all["Registry"] = handle.Registry.URL
	}
	if handle.Bucket != nil {
		all["BucketURL"], all["Bucket"] = handle.Bucket.URL, handle.Bucket.Resource
		if mount := handle.Bucket.Mount; mount != nil {
			all["BucketVolume"], all["BucketAttributes"] = mount.Volume, stringMap(mount.Attributes)
		}
	}
	return pulumi.JSONMarshal(all)
}

func stringMap(values pulumi.StringMap) pulumi.StringMap {
	if values == nil {
		return pulumi.StringMap{}
	}
	return values
}

// handOver is the value of OutputCluster.
func handOver(config spec.Platform, handle *cluster.Handle) pulumi.StringOutput {
	return flow(handle).ApplyT(func(text string) (string, error) {
		var known flowing
		if err := json.Unmarshal([]byte(text), &known); err != nil {
			return "", err
		}
		handed := handedOver{
			Handed: spec.Handed{
				Name: handle.Name, Cloud: config.Cloud, Region: config.Region, Account: config.Account,
				Stack:      config.ClusterStack(),
				Version:    config.KubernetesVersion(),
				Autoscaled: config.Autoscaled(), Pools: handle.Pools,
			},
			Context:  handle.Context,
			Accounts: map[string]handedAccount{},
			Network:  known.Network, Registry: known.Registry, BucketURL: known.BucketURL, Bucket: known.Bucket,
		}
		if handle.Bucket != nil && handle.Bucket.Mount != nil {
			handed.Mount = &handedMount{BucketMount: *handle.Bucket.Mount, Volume: known.BucketVolume, Attributes: known.BucketAttributes}
		}
		for i, class := range handle.Storage {
			class.Parameters = nil
			handed.Storage = append(handed.Storage, handedClass{StorageClass: class, Parameters: known.Parameters[i]})
		}
		for name, account := range handle.Accounts {
			handed.Accounts[name] = handedAccount{Annotations: known.Annotations[name], PodLabels: account.PodLabels}
		}
		handover, err := json.Marshal(handed)
		return string(handover), err
	}).(pulumi.StringOutput)
}
