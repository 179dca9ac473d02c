// Package aks makes Azure Kubernetes Service clusters: network, identities,
// control plane, node pools and storage of one platform. It is the only package
// tree that imports the Azure SDK.
package aks

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/spec"
)

// Type is the type token of Cluster. It is part of the URN of every child.
const Type = "gantry:aks:Cluster"

// Args is everything that decides what a cluster looks like. All of it is known
// at plan time.
type Args struct {
	// Platform after spec's Default and Validate.
	Platform spec.Platform
	// Pools are the platform's pools, resolved for Azure.
	Pools []spec.PoolPlan
}

// Cluster is an AKS cluster with its resource group, network, identities and
// node pools.
type Cluster struct {
	pulumi.ResourceState

	// Handle is what runs in the cluster needs to know of it.
	Handle *cluster.Handle
}

// New makes a cluster. The credentials are the ambient ones, and so is the
// subscription where the platform names none; the location is the platform's.
// Nothing is registered when args are unusable.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Cluster, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("aks cluster %s: %w", name, err)
	}
	c := &Cluster{}
	if err := ctx.RegisterComponentResource(Type, name, c, opts...); err != nil {
		return nil, fmt.Errorf("aks cluster %s: %w", name, err)
	}
	b, err := newBuild(ctx, name, args, c)
	if err != nil {
		return nil, fmt.Errorf("aks cluster %s: %w", name, err)
	}
	if c.Handle, err = b.cluster(); err != nil {
		return nil, fmt.Errorf("aks cluster %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"name":       pulumi.String(c.Handle.Name),
		"endpoint":   c.Handle.Endpoint,
		"identifier": c.Handle.Identifier,
		"kubeconfig": c.Handle.Kubeconfig,
	})
}

// cluster registers everything, in the order in which it comes to life. Destroy
// goes the other way.
func (b *build) cluster() (*cluster.Handle, error) {
	if err := b.resourceGroup(); err != nil { // the group that all the rest lies in
		return nil, fmt.Errorf("resource group: %w", err)
	}
	network, err := b.network() // VNet, NAT gateway, a subnet for each pool
	if err != nil {
		return nil, fmt.Errorf("network: %w", err)
	}
	identities, err := b.identities(network) // of control plane and nodes, with their roles
	if err != nil {
		return nil, fmt.Errorf("identities: %w", err)
	}
	access, err := b.adminAccess() // role of the caller, when no admins are named
	if err != nil {
		return nil, fmt.Errorf("admin access: %w", err)
	}
	logs, err := b.logWorkspace() // Log Analytics workspace
	if err != nil {
		return nil, fmt.Errorf("log workspace: %w", err)
	}
	control, err := b.controlPlane(network, identities, access) // cluster with the first system pool
	if err != nil {
		return nil, fmt.Errorf("control plane: %w", err)
	}
	if err := b.controlPlaneLogs(control, logs); err != nil { // diagnostic setting
		return nil, fmt.Errorf("control plane logs: %w", err)
	}
	if err := b.maintenanceWindows(control); err != nil { // when AKS may upgrade
		return nil, fmt.Errorf("maintenance windows: %w", err)
	}
	pools, err := b.nodePools(control, network) // all pools but the first system pool
	if err != nil {
		return nil, fmt.Errorf("node pools: %w", err)
	}
	registry, pulling, err := b.registry(identities) // Container Registry, and the nodes' right to pull
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	models, err := b.modelBucket(network) // storage account with a container for model files
	if err != nil {
		return nil, fmt.Errorf("model bucket: %w", err)
	}
	issuer := b.issuer(control)
	api := b.credentials(control)
	return &cluster.Handle{
		Name:       b.platform.Name,
		Pools:      slices.Clone(b.pools),
		Storage:    storageClasses(b.platform),
		Binder:     &workloadIdentities{build: b, issuer: issuer},
		Endpoint:   api.server,
		Identifier: issuer,
		Kubeconfig: b.kubeconfig(api),
		Network:    network.vnet.ID().ToStringOutput(),
		Registry:   registry,
		Bucket:     models,
		Ready:      slices.Concat(access, []pulumi.Resource{control}, pools, pulling),
	}, nil
}
