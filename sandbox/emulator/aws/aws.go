// Package aws is an emulated AWS account: the resource types that Gantry's EKS
// component registers, as tables and behaviour for package emulator. It refuses
// what AWS refuses, in the words of AWS, and its clusters are real Kubernetes
// control planes that the caller brings.
//
// Replacement rules follow terraform-provider-aws, which pulumi-aws wraps; each
// table names the file. What the account does not have: quotas other than those
// in the tables, eventual consistency, costs.
package aws

import (
	_ "embed"
	"slices"
	"sync"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/localkube"
)

//go:generate go run ../gosdk/generate -from ../../.. -module github.com/pulumi/pulumi-aws/sdk/v6 -packages go/aws

//go:embed schema.json
var schemaJSON []byte

// version of pulumi-aws that the provider claims to be: the one that the
// program's SDK asks for.
const version = "6.83.2"

// defaultPatience is how long nodes and add-ons may take to come up. EKS gives
// them some twenty minutes; here nothing else is slow.
const defaultPatience = 10 * time.Second

// Options tune the emulation.
type Options struct {
	// Log takes what happens without the engine: objects rolled back. Nil
	// drops it.
	Log func(format string, args ...any)
	// Latency is the time that creating a slow thing takes: a cluster, a
	// node group, an add-on, a NAT gateway, a file system.
	Latency time.Duration
	// Patience is how long nodes and add-ons may take to come up before
	// their creation fails. Default: 10 s; negative: none.
	Patience time.Duration
}

// Account is an emulated AWS account.
type Account struct {
	emulator.Upkeep
	store *emulator.Store
	kube  localkube.ControlPlanes

	// publishing is held while a cluster is told of a node group.
	publishing sync.Mutex

	mu     sync.RWMutex
	config settings
}

// NewProvider serves the account in store to the Pulumi engine as provider aws.
// It panics when the tables contradict the embedded schema.
func NewProvider(store *emulator.Store, kube localkube.ControlPlanes, options Options) (pulumirpc.ResourceProviderServer, *Account) {
	a := &Account{store: store, kube: kube, config: settings{region: defaultRegion}}
	schema, err := emulator.ParseSchema(schemaJSON)
	if err != nil {
		panic(err)
	}
	patience := options.Patience
	if patience == 0 {
		patience = defaultPatience
	}
	provider, err := emulator.NewProvider(emulator.Cloud{
		Package:   "aws",
		Version:   version,
		Schema:    schema,
		Types:     a.types(),
		Invokes:   a.invokes(),
		Configure: a.configure,
		// https://github.com/pulumi/pulumi-aws/pull/4000
		ReplaceConfig: []string{"region"},
		Prepare:       a.addDefaultTags,
		Complete:      allTags,
	}, store, emulator.Options{
		Log:      options.Log,
		Latency:  emulator.Slow(options.Latency, slow...),
		Patience: max(patience, 0),
	})
	if err != nil {
		panic(err)
	}
	a.Upkeep = provider
	return provider, a
}

// types is everything that the account serves.
func (a *Account) types() []emulator.Type {
	return []emulator.Type{
		a.vpc(), a.defaultSecurityGroup(), a.internetGateway(), a.subnet(),
		a.elasticIP(), a.natGateway(),
		a.routeTable(), a.route(), a.routeTableAssociation(), a.vpcEndpoint(),
		a.securityGroup(), a.ingressRule(), a.launchTemplate(),
		a.key(), a.alias(),
		a.logGroup(),
		a.role(), a.rolePolicy(), a.rolePolicyAttachment(),
		a.cluster(), a.accessEntry(), a.accessPolicyAssociation(),
		a.addon(), a.podIdentityAssociation(), a.nodeGroup(),
		a.fileSystem(), a.mountTarget(),
		a.groupTag(),
		a.repository(), a.lifecyclePolicy(),
		a.bucket(), a.publicAccessBlock(), a.ownershipControls(), a.bucketEncryption(),
		a.bucketVersioning(), a.bucketLifecycle(), a.bucketPolicy(),
	}
}

// slow are the types whose creation takes minutes in the real cloud.
var slow = []string{tokenCluster, tokenNodeGroup, tokenAddon, tokenNAT, tokenFileSystem, tokenMountTarget}

// ClusterByEndpoint is the name of the cluster whose API has this URL.
func (a *Account) ClusterByEndpoint(endpoint string) (name string, ok bool) {
	objects, err := a.store.Objects()
	if err != nil {
		return "", false
	}
	i := slices.IndexFunc(objects, func(o emulator.Object) bool {
		return o.Token == tokenCluster && o.Outputs.String("endpoint") == endpoint
	})
	if i < 0 {
		return "", false
	}
	return objects[i].ID, true
}
