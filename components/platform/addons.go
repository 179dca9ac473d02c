package platform

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/helm"
	"gantry.dev/gantry/modules/spec"
	"gantry.dev/gantry/modules/versions"
)

// addon is one Helm chart of the platform with the few objects around it.
type addon struct {
	// name of the release, and of the add-on in messages.
	name string
	// chart in modules/versions/lock.yaml.
	chart string
	// namespace of the release, in namespaceLevels.
	namespace string
	// when it is installed.
	when func(in inputs) bool
	// after names the add-ons whose definitions or webhooks this one needs.
	after []string
	// account that calls the cloud; nil where the add-on calls none.
	account func(p spec.Platform) *cluster.Binding
	// values given to the chart. Every value that is set has its reason beside
	// it.
	values func(in inputs) (pulumi.Map, error)
	// before makes what the chart refers to, for example Secrets; nil for
	// nothing.
	before func(in inputs, m *maker) ([]pulumi.Resource, error)
	// with makes the custom resources that need the chart's definitions; nil
	// for none.
	with func(in inputs, m *maker) ([]pulumi.Resource, error)
}

// addonTable is every add-on, each after those that it needs. A new one is a row
// here, a file with its values and a version in the lock.
var addonTable = []addon{
	monitoringAddon,   // first: the others bring ServiceMonitors
	autoscalerAddon,   // on EKS; GKE and AKS scale their pools themselves
	gpuOperatorAddon,  // device plugin, DCGM exporter, MIG
	loadBalancerAddon, // on EKS: what makes the gateway's load balancer
	gatewayAddon,      // Envoy Gateway, with the one Gateway
	certificatesAddon, // cert-manager, with the issuers and the gateway's certificate
	dnsAddon,          // external-dns
	eventScalingAddon, // KEDA
	rolloutsAddon,     // Flagger, where a model has an analysis
}

// inputs are what decides the values of an add-on. All but the handle's outputs
// is known at plan time.
type inputs struct {
	platform spec.Platform
	handle   *cluster.Handle
	// root is the folder that paths in the configuration start from.
	root string
}

// account is the identity bound for an add-on; an empty one where the cluster's
// cloud has none to give.
func (in inputs) account(addon string) *cluster.BoundAccount {
	if bound := in.handle.Accounts[addon]; bound != nil {
		return bound
	}
	return &cluster.BoundAccount{}
}

// Bindings are the service accounts of the add-ons that call the cloud, by the
// name of the add-on: what the stack that makes the cluster has to bind.
func Bindings(p spec.Platform) map[string]cluster.Binding {
	bindings := map[string]cluster.Binding{}
	for _, a := range addonTable {
		if a.account == nil {
			continue
		}
		if binding := a.account(p); binding != nil {
			bindings[a.name] = *binding
		}
	}
	return bindings
}

// newAddons installs the add-ons that are wanted, and returns everything that it
// made.
func newAddons(in inputs, m *maker) ([]pulumi.Resource, error) {
	made := map[string][]pulumi.Resource{}
	var all []pulumi.Resource
	for _, a := range addonTable {
		if !a.when(in) {
			continue
		}
		var after []pulumi.Resource
		for _, name := range a.after {
			after = append(after, made[name]...)
		}
		resources, err := a.install(in, m.after(after...))
		if err != nil {
			return nil, fmt.Errorf("add-on %s: %w", a.name, err)
		}
		made[a.name] = resources
		all = append(all, resources...)
	}
	return all, nil
}

// install makes one add-on: its namespace, what its chart refers to, the
// release, and what needs the chart's definitions.
func (a addon) install(in inputs, m *maker) ([]pulumi.Resource, error) {
	namespace, err := m.namespace(a.namespace)
	if err != nil {
		return nil, err
	}
	m = m.after(namespace...)
	var before []pulumi.Resource
	if a.before != nil {
		if before, err = a.before(in, m); err != nil {
			return nil, err
		}
	}
	release, err := a.release(in, m.after(append(before, in.account(a.name).Ready...)...))
	if err != nil {
		return nil, err
	}
	all := slices.Concat(namespace, before, []pulumi.Resource{release})
	if a.with == nil {
		return all, nil
	}
	with, err := a.with(in, m.after(release))
	return append(all, with...), err
}

func (a addon) release(in inputs, m *maker) (*helm.Release, error) {
	pinned, err := versions.Of(a.chart)
	if err != nil {
		return nil, err
	}
	values, err := a.values(in)
	if err != nil {
		return nil, err
	}
	source, err := in.chartSources().of(pinned.Repository, pinned.Name, pinned.Version)
	if err != nil {
		return nil, err
	}
	return helm.NewRelease(m.ctx, m.child(a.name), &helm.ReleaseArgs{
		Name:          a.name,
		Namespace:     a.namespace,
		Chart:         source.chart,
		RepositoryURL: source.repository,
		Version:       source.version,
		Values:        values,
	}, m.opts...)
}
