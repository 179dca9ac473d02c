// Package spec is the typed configuration of a stack: what a user may write,
// the defaults of what is left out, and every check that needs no cloud.
//
// The sequence is Decode, Default, Validate; after it a Platform is complete
// and is not changed again. The package registers no resource and reads no
// file or environment.
package spec

import "slices"

// Cloud names the provider that runs the cluster.
type Cloud string

// The clouds that a configuration may name.
const (
	// AWS runs Amazon EKS.
	AWS Cloud = "aws"
	// GCP runs Google Kubernetes Engine.
	GCP Cloud = "gcp"
	// Azure runs Azure Kubernetes Service.
	Azure Cloud = "azure"
	// Existing is a cluster that is there already: on premises, kind, k3s.
	Existing Cloud = "existing"
)

// Clouds lists every accepted value of Cloud.
var Clouds = []Cloud{AWS, GCP, Azure, Existing}

// ProviderKeys names the configuration keys in which a cloud's own Pulumi
// provider keeps its region and its account; empty where it has none.
func (c Cloud) ProviderKeys() (region, account string) {
	switch c {
	case AWS:
		return "aws:region", ""
	case GCP:
		return "gcp:region", "gcp:project"
	case Azure:
		return "azure-native:location", "azure-native:subscriptionId"
	default:
		return "", ""
	}
}

// Layer is a part of the platform that can have a stack of its own.
type Layer string

// The accepted values of Layer, each of which rests on those before it.
const (
	// LayerCluster is the cluster and everything of its cloud.
	LayerCluster Layer = "cluster"
	// LayerPlatform is what every model relies on inside the cluster.
	LayerPlatform Layer = "platform"
	// LayerModels is the models.
	LayerModels Layer = "models"
)

// Layers lists every accepted value of Layer, from the ground up.
var Layers = []Layer{LayerCluster, LayerPlatform, LayerModels}

// Platform is the whole configuration of one stack.
type Platform struct {
	// Name of the platform: the cluster is called so, and every name made for
	// a cloud resource begins with it. Lower-case letters, digits and '-',
	// beginning with a letter, at most 40 characters. Default: the project
	// and the stack name, for example gantry-dev.
	Name string `json:"name" jsonschema:"example=gantry-dev"`
	// Cloud that runs the cluster: aws (EKS), gcp (GKE), azure (AKS), or
	// existing for a cluster that is there already. Default: aws.
	Cloud Cloud `json:"cloud"`
	// Layers that this stack makes: cluster, platform (what models rely on
	// inside the cluster) and models. They must be neighbours. A stack without
	// cluster takes everything below its layers from another stack. Default:
	// all three.
	Layers []Layer `json:"layers"`
	// LayersFrom names the stack that has the layer below the first of this
	// one, as organization/project/stack. Required where layers does not begin
	// with cluster, and refused where it does. Default: none.
	LayersFrom string `json:"layersFrom" jsonschema:"example=organization/gantry/prod"`
	// Tags put on every cloud resource that can carry them, beside the tags
	// that Gantry sets itself (gantry.dev/platform, gantry.dev/stack). At most
	// 40; the prefix gantry.dev/ and those of the clouds are reserved. On Google
	// Cloud they are labels, of lower-case letters, digits, '-' and '_'; Azure
	// takes no '/' in a key. Default: none.
	Tags map[string]string `json:"tags"`
	// Protect guards what holds data or is slow to rebuild (cluster, keys,
	// file systems, logs) against deletion and keeps it on destroy. Default:
	// true, but for a stack named dev.
	Protect *bool `json:"protect"`
	// Cluster is the Kubernetes control plane and the network around it.
	Cluster Cluster `json:"cluster"`
	// Existing tells how to reach a cluster that is there already. Only for
	// cloud: existing.
	Existing ExistingCluster `json:"existing"`
	// Pools are the groups of equal nodes. At least one must have the role
	// system, on-demand capacity, a min of 1 or more and no taints.
	Pools []Pool `json:"pools"`
	// Addons are the parts installed into the cluster beside the models.
	Addons Addons `json:"addons"`
	// Charts is where the Helm charts of the add-ons come from.
	Charts ChartSource `json:"charts"`
	// Registry holds container images.
	Registry Registry `json:"registry"`
	// ModelBucket holds model files.
	ModelBucket ModelBucket `json:"modelBucket"`
	// Secrets by name, for the keys that ask for the name of one. Each is set
	// with: pulumi config set --secret --path gantry:secrets.<name>. Values in
	// the clear are refused. Default: none.
	Secrets map[string]Secret `json:"secrets"`
	// Models served by the platform, by name: the files of stacks/models,
	// each overridden field by field by the stack's own configuration: maps
	// merge by key, lists replace, and null takes a field of the file back. A
	// name without a file is a whole model of this stack.
	Models map[string]Model `json:"models"`

	// AllowReplace names what is protected and may all the same be replaced or
	// deleted by the next up, by its Pulumi name, for example gantry-prod-cluster.
	// Take the name out again afterwards. What holds data stays in the cloud even
	// then, outside Pulumi's state. Default: none.
	AllowReplace []string `json:"allowReplace" jsonschema:"example=gantry-prod-cluster"`
	// Exceptions let policies of the policy pack pass, each for some resources
	// and for a time; see docs/policies.md. Default: none.
	Exceptions []Exception `json:"exceptions"`

	// Project is the name of the Pulumi project. Not configurable.
	Project string `json:"-"`
	// Stack is the name of the Pulumi stack. Not configurable.
	Stack string `json:"-"`
	// Region of the cloud, from the cloud's own key (aws:region, gcp:region,
	// azure-native:location). Not configurable here.
	Region string `json:"-"`
	// Account is the Google Cloud project (gcp:project) or the Azure
	// subscription (azure-native:subscriptionId; empty means that of the
	// credentials). Not configurable here.
	Account string `json:"-"`
	// Handed is the cluster of another stack that this one builds on; nil
	// where this stack makes the cluster itself. Not configurable.
	Handed *Handed `json:"-"`
}

// Has tells whether this stack makes a layer.
func (p Platform) Has(layer Layer) bool { return slices.Contains(p.Layers, layer) }

// Autoscaled tells whether an autoscaler decides on node counts.
func (p Platform) Autoscaled() bool {
	return isOn(p.Addons.Autoscaler.Enabled)
}

// On tells whether a switch that may be left out is on.
func On(enabled *bool) bool { return enabled != nil && *enabled }

// StoresFiles tells whether a model asks for storage, which replicas on many
// nodes share.
func (p Platform) StoresFiles() bool {
	for _, m := range p.Models {
		if m.Storage.Models != "" {
			return true
		}
	}
	return false
}

// Handed is what one stack tells another of its cluster: all that is known of
// it at plan time.
type Handed struct {
	// Name, Cloud, Region and Account of the cluster, and the Stack that makes
	// it.
	Name    string
	Stack   string
	Cloud   Cloud
	Region  string
	Account string
	// Version is the Kubernetes minor of its control plane.
	Version string
	// Autoscaled tells whether an autoscaler decides on node counts.
	Autoscaled bool
	// Pools of the cluster.
	Pools []PoolPlan
}

// ClusterStack is the stack that makes the cluster: what belongs to the cluster is
// tagged with it, whichever stack makes that.
func (p Platform) ClusterStack() string {
	if p.Handed != nil {
		return p.Handed.Stack
	}
	return p.Stack
}

// KubernetesVersion is the minor of the control plane, whichever stack makes it.
func (p Platform) KubernetesVersion() string {
	if p.Handed != nil {
		return p.Handed.Version
	}
	return p.Cluster.Version
}

// Protected tells whether the platform guards what holds data.
func (p Platform) Protected() bool { return On(p.Protect) }
