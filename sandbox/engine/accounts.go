package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/aws"
	"gantry.dev/gantry/sandbox/emulator/azure"
	"gantry.dev/gantry/sandbox/emulator/gcp"
	"gantry.dev/gantry/sandbox/localkube"
)

// clouds are those that the sandbox emulates, all of them at once: a stack that
// moves from one to another needs both.
var clouds = []cloud{
	{"aws", "aws", "", func(store *emulator.Store, kube localkube.ControlPlanes, latency time.Duration) (pulumirpc.ResourceProviderServer, account) {
		return aws.NewProvider(store, kube, aws.Options{Latency: latency})
	}},
	{"gcp", "gcp", "", func(store *emulator.Store, kube localkube.ControlPlanes, latency time.Duration) (pulumirpc.ResourceProviderServer, account) {
		return gcp.NewProvider(store, kube, gcp.Options{Latency: latency})
	}},
	{"azure", "azure-native", "aks_", func(store *emulator.Store, kube localkube.ControlPlanes, latency time.Duration) (pulumirpc.ResourceProviderServer, account) {
		return azure.NewProvider(store, kube, azure.Options{Latency: latency})
	}},
}

// cloud is one that the sandbox emulates.
type cloud struct {
	// name of the cloud, and of the file of its account.
	name string
	// provider is the name of its Pulumi provider.
	provider string
	// prefix of the names of its local control planes. The account of gcp has
	// one of its own, gke_, and one cloud can do without.
	prefix string
	// open serves the account in a store.
	open func(store *emulator.Store, kube localkube.ControlPlanes, latency time.Duration) (pulumirpc.ResourceProviderServer, account)
}

// account is an emulated account of a cloud.
type account interface {
	// Restore brings its clusters back up, as after a restart of the sandbox.
	Restore(ctx context.Context) error
	// Rollback deletes what it has of a stack and is not in known, which
	// holds ids by URN, and returns it, the newest first.
	Rollback(ctx context.Context, project, stack string, known map[string][]string) ([]emulator.Object, error)
	// Unprotect lifts what it guards of a stack against deletion.
	Unprotect(project, stack string) error
	// ClusterByEndpoint is the name of the local control plane behind the URL
	// of one of its clusters.
	ClusterByEndpoint(endpoint string) (name string, ok bool)
}

// emulated is an account that is open.
type emulated struct {
	cloud
	account
	store  *emulator.Store
	server pulumirpc.ResourceProviderServer
}

// accounts are the open accounts of all clouds.
type accounts []emulated

// openAccounts opens the accounts under dir. What it returns must be closed, also
// when it fails.
func openAccounts(dir func(file string) string, kube localkube.ControlPlanes, latency time.Duration) (accounts, error) {
	var all accounts
	for _, c := range clouds {
		store, err := emulator.Open(dir(c.name + ".db"))
		if errors.Is(err, emulator.ErrLocked) {
			return all, errBusy
		}
		if err != nil {
			return all, fmt.Errorf("open the emulated account of %s: %w", c.name, err)
		}
		server, account := c.open(store, planes{all: kube, prefix: c.prefix}, latency)
		all = append(all, emulated{cloud: c, account: account, store: store, server: server})
	}
	return all, nil
}

func (a accounts) close() error {
	var problems []error
	for _, one := range a {
		problems = append(problems, one.store.Close())
	}
	return errors.Join(problems...)
}

// restore brings the clusters of all accounts back up.
func (a accounts) restore(ctx context.Context) error {
	for _, one := range a {
		if err := one.Restore(ctx); err != nil {
			return fmt.Errorf("resume the clusters of the emulated account of %s: %w", one.name, err)
		}
	}
	return nil
}

// rollback deletes what the accounts have of a stack and the engine does not
// know of.
func (a accounts) rollback(ctx context.Context, stack string, known map[string][]string) ([]emulator.Object, error) {
	var removed []emulator.Object
	for _, one := range a {
		objects, err := one.Rollback(ctx, project, stack, known)
		if err != nil {
			return removed, fmt.Errorf("emulated account of %s: %w", one.name, err)
		}
		removed = append(removed, objects...)
	}
	return removed, nil
}

// unprotect lifts what the accounts themselves guard of a stack.
func (a accounts) unprotect(stack string) error {
	for _, one := range a {
		if err := one.Unprotect(project, stack); err != nil {
			return fmt.Errorf("emulated account of %s: %w", one.name, err)
		}
	}
	return nil
}

// objects lists what exists in the accounts, of all stacks.
func (a accounts) objects() ([]emulator.Object, error) {
	var all []emulator.Object
	for _, one := range a {
		objects, err := one.store.Objects()
		if err != nil {
			return nil, fmt.Errorf("emulated account of %s: %w", one.name, err)
		}
		all = append(all, objects...)
	}
	return all, nil
}

// clusterByEndpoint asks every account for the control plane behind a URL.
func (a accounts) clusterByEndpoint(endpoint string) (name string, ok bool) {
	for _, one := range a {
		if name, ok := one.ClusterByEndpoint(endpoint); ok {
			return one.prefix + name, true
		}
	}
	return "", false
}
