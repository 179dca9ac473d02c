// Package spec is the typed configuration of a stack: what a user may write,
// the defaults of what is left out, and every check that needs no cloud.
//
// The sequence is Decode, Default, Validate; after it a Platform is complete
// and is not changed again. The package registers no resource and reads no
// file or environment.
package spec

// Cloud names the provider that runs the cluster.
type Cloud string

// The clouds that a configuration may name.
const (
	AWS Cloud = "aws"
)

// Clouds lists every accepted value of Cloud.
var Clouds = []Cloud{AWS}

// Platform is the whole configuration of one stack.
type Platform struct {
	// Name of the platform: the cluster is called so, and every name made for
	// a cloud resource begins with it. Lower-case letters, digits and '-',
	// beginning with a letter, at most 40 characters. Default: the project
	// and the stack name, for example gantry-dev.
	Name string `json:"name" jsonschema:"example=gantry-dev"`
	// Cloud that runs the cluster. Default: aws.
	Cloud Cloud `json:"cloud"`
	// Tags put on every cloud resource that can carry them, beside the tags
	// that Gantry sets itself (gantry.dev/platform, gantry.dev/stack). At most
	// 40; the prefixes aws: and gantry.dev/ are reserved. Default: none.
	Tags map[string]string `json:"tags"`
	// Protect guards what holds data or is slow to rebuild (cluster, keys,
	// file systems, logs) against deletion and keeps it on destroy. Default:
	// true, but for a stack named dev.
	Protect *bool `json:"protect"`
	// Cluster is the Kubernetes control plane and the network around it.
	Cluster Cluster `json:"cluster"`
	// Pools are the groups of equal nodes. At least one must have the role
	// system, on-demand capacity, a min of 1 or more and no taints.
	Pools []Pool `json:"pools"`
	// Addons are the parts installed into the cluster beside the models.
	Addons Addons `json:"addons"`
	// Models served by the platform, by name: the files of stacks/models,
	// each overridden field by field by the stack's own configuration: maps
	// merge by key, lists replace, and null takes a field of the file back. A
	// name without a file is a whole model of this stack.
	Models map[string]Model `json:"models"`

	// Project is the name of the Pulumi project. Not configurable.
	Project string `json:"-"`
	// Stack is the name of the Pulumi stack. Not configurable.
	Stack string `json:"-"`
	// Region of the cloud, from the cloud's own key (aws:region). Not
	// configurable here.
	Region string `json:"-"`
}

// Protected tells whether the platform guards what holds data.
func (p Platform) Protected() bool { return p.Protect != nil && *p.Protect }
