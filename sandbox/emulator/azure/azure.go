// Package azure is an emulated Azure subscription: the resource types that
// Gantry's AKS component registers, as tables and behaviour for package
// emulator. It refuses what Azure refuses, in the words of Azure, and its
// clusters are real Kubernetes control planes that the caller brings.
//
// What replaces a resource follows pulumi-azure-native: the parameters of a
// resource's path, what the Azure REST specifications mark as fixed
// (x-ms-mutability), and the provider's own list
// (provider/pkg/gen/replacement.go). Each table names its specification. What
// else Azure cannot change is an update that it refuses; a program that wants a
// replacement instead asks for one (replaceOnChanges). What the account does not
// have: quotas, delays between a role assignment and its effect, costs.
package azure

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

//go:generate go run ../gosdk/generate -from ../../.. -module github.com/pulumi/pulumi-azure-native-sdk/v2 -split github.com/pulumi/pulumi-azure-native-sdk/*/v2

//go:embed schema.json
var schemaJSON []byte

// version of azure-native that the provider claims to be: the one that the
// program's SDK asks for.
const version = "2.90.0"

// Options tune the emulation.
type Options struct {
	// Log takes what happens without the engine: objects rolled back. Nil
	// drops it.
	Log func(format string, args ...any)
	// Latency is the time that creating a slow thing takes: a cluster, an
	// agent pool, a NAT gateway.
	Latency time.Duration
}

// Account is an emulated Azure subscription.
type Account struct {
	emulator.Upkeep
	store  *emulator.Store
	kube   localkube.ControlPlanes
	schema emulator.Schema

	mu     sync.RWMutex
	config settings
}

// NewProvider serves the account in store to the Pulumi engine as provider
// azure-native. It panics when the tables contradict the embedded schema.
func NewProvider(store *emulator.Store, kube localkube.ControlPlanes, options Options) (pulumirpc.ResourceProviderServer, *Account) {
	schema, err := emulator.ParseSchema(schemaJSON)
	if err != nil {
		panic(err)
	}
	a := &Account{store: store, kube: kube, schema: schema, config: defaultSettings}
	provider, err := emulator.NewProvider(emulator.Cloud{
		Package:   "azure-native",
		Version:   version,
		Schema:    schema,
		Types:     a.types(),
		Invokes:   a.invokes(),
		Configure: a.configure,
		Prepare:   a.addLocation,
		Complete:  a.dropParameters,
		// The provider is generated from the API and knows no defaults.
		OutputsUnknown: true,
		Stable:         []string{"name", "location"},
	}, store, emulator.Options{
		Log:     options.Log,
		Latency: emulator.Slow(options.Latency, slow...),
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
		a.resourceGroup(),
		a.virtualNetwork(), a.subnet(), a.publicIP(), a.natGateway(),
		a.identity(), a.federatedCredential(), a.roleAssignment(),
		a.workspace(), a.diagnosticSetting(),
		a.cluster(), a.agentPool(), a.maintenanceConfiguration(),
		a.registry(), a.storageAccount(), a.blobServices(), a.managementPolicy(), a.blobContainer(),
	}
	for i := range types {
		types[i].DeleteFirst = true
	}
	return types
}

// slow are the types whose creation takes minutes in the real cloud.
var slow = []string{tokenCluster, tokenAgentPool, tokenNATGateway}

// ClusterByEndpoint is the name of the cluster whose API has this URL, as the
// local control planes know it.
func (a *Account) ClusterByEndpoint(endpoint string) (name string, ok bool) {
	host, isHTTPS := strings.CutPrefix(endpoint, "https://")
	host = strings.TrimSuffix(host, apiPort)
	objects, err := a.store.Objects()
	if err != nil || !isHTTPS || host == "" {
		return "", false
	}
	i := slices.IndexFunc(objects, func(o emulator.Object) bool {
		return o.Token == tokenCluster && (o.Outputs.String("fqdn") == host || o.Outputs.String("privateFQDN") == host)
	})
	if i < 0 {
		return "", false
	}
	return localName(objects[i]), true
}
