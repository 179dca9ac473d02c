// Package gcp is an emulated Google Cloud account: the resource types that
// Gantry's GKE component registers, as tables and behaviour for package
// emulator. It refuses what Google Cloud refuses, in the words of its APIs where
// those are known, and its clusters are real Kubernetes control planes that the
// caller brings.
//
// Replacement rules follow terraform-provider-google at v5.42.0, which pulumi-gcp
// wraps; each table names the file. What the account does not have: quotas,
// stockouts, eventual consistency, costs, Autopilot, and node pools that are
// declared inside a cluster.
package gcp

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/localkube"
)

//go:generate go run ../gosdk/generate -from ../../.. -module github.com/pulumi/pulumi-gcp/sdk/v7 -packages go/gcp

//go:embed schema.json
var schemaJSON []byte

// version of pulumi-gcp that the provider claims to be: the one that the
// program's SDK asks for.
const version = "7.38.0"

// defaultPatience is how long nodes may take to come up. GKE gives them half an
// hour; here nothing else is slow.
const defaultPatience = 10 * time.Second

// Options tune the emulation.
type Options struct {
	// Log takes what happens without the engine: objects rolled back. Nil
	// drops it.
	Log func(format string, args ...any)
	// Latency is the time that creating a slow thing takes: a cluster or a
	// node pool.
	Latency time.Duration
	// Patience is how long nodes may take to come up before their creation
	// fails. Default: 10 s; negative: none.
	Patience time.Duration
}

// Account is an emulated Google Cloud account. It holds as many projects as the
// stacks that use it name.
type Account struct {
	emulator.Upkeep
	store *emulator.Store
	kube  localkube.ControlPlanes

	mu     sync.RWMutex
	config settings
}

// NewProvider serves the account in store to the Pulumi engine as provider gcp.
// It panics when the tables contradict the embedded schema.
func NewProvider(store *emulator.Store, kube localkube.ControlPlanes, options Options) (pulumirpc.ResourceProviderServer, *Account) {
	a := &Account{store: store, kube: kube}
	schema, err := emulator.ParseSchema(schemaJSON)
	if err != nil {
		panic(err)
	}
	patience := options.Patience
	if patience == 0 {
		patience = defaultPatience
	}
	provider, err := emulator.NewProvider(emulator.Cloud{
		Package:   "gcp",
		Version:   version,
		Schema:    schema,
		Types:     a.types(),
		Invokes:   a.invokes(),
		Configure: a.configure,
		Prepare:   a.addDefaultLabels,
		Complete:  a.complete,
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
	types := []emulator.Type{
		a.service(),
		a.network(), a.subnetwork(), a.router(), a.routerNAT(), a.firewall(),
		a.keyRing(), a.cryptoKey(),
		a.serviceAccount(),
		a.projectMember(), a.serviceAccountMember(), a.cryptoKeyMember(), a.bucketMember(),
		a.cluster(), a.nodePool(),
		a.serviceIdentity(), a.repository(), a.repositoryMember(), a.bucket(), a.zoneMember(),
	}
	for i := range types {
		types[i] = a.behindAPI(types[i])
	}
	return types
}

// slow are the types whose creation takes minutes in the real cloud.
var slow = []string{tokenCluster, tokenNodePool}

// ClusterByEndpoint is the name of the control plane whose API has this URL. GKE
// tells the endpoint as an IP address; the URL is https and that address.
func (a *Account) ClusterByEndpoint(endpoint string) (name string, ok bool) {
	address := strings.TrimPrefix(endpoint, "https://")
	objects, err := a.store.Objects()
	if err != nil || address == "" {
		return "", false
	}
	i := slices.IndexFunc(objects, func(o emulator.Object) bool {
		return o.Token == tokenCluster && slices.Contains([]string{
			o.Outputs.String("endpoint"), o.Outputs.String("privateClusterConfig.privateEndpoint"),
			o.Outputs.String("privateClusterConfig.publicEndpoint"),
		}, address)
	})
	if i < 0 {
		return "", false
	}
	return controlPlane(objects[i]), true
}
