// Package gke makes Google Kubernetes Engine clusters: network, control plane,
// node pools, identities and storage of one platform. It is the only package
// tree that imports the Google Cloud SDK.
package gke

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/spec"
)

// Type is the type token of Cluster. It is part of the URN of every child.
const Type = "gantry:gke:Cluster"

// Args is everything that decides what a cluster looks like. All of it is known
// at plan time.
type Args struct {
	// Platform after spec's Default and Validate.
	Platform spec.Platform
	// Pools are the platform's pools, resolved for Google Cloud.
	Pools []spec.PoolPlan
}

// Cluster is a GKE cluster with its network, node pools and identities.
type Cluster struct {
	pulumi.ResourceState

	// Handle is what runs in the cluster needs to know of it.
	Handle *cluster.Handle
}

// New makes a cluster. The credentials are the ambient ones; project and region
// are the platform's. Nothing is registered when args are unusable.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Cluster, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("gke cluster %s: %w", name, err)
	}
	c := &Cluster{}
	if err := ctx.RegisterComponentResource(Type, name, c, opts...); err != nil {
		return nil, fmt.Errorf("gke cluster %s: %w", name, err)
	}
	b, err := newBuild(ctx, name, args, c)
	if err != nil {
		return nil, fmt.Errorf("gke cluster %s: %w", name, err)
	}
	if c.Handle, err = b.cluster(); err != nil {
		return nil, fmt.Errorf("gke cluster %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"name":       pulumi.String(c.Handle.Name),
		"endpoint":   c.Handle.Endpoint,
		"identifier": c.Handle.Identifier,
		"kubeconfig": c.Handle.Kubeconfig,
	})
}

// cluster registers everything, in the order in which it comes to life. Destroy
// goes the other way. DNS, metrics, the CSI drivers, the GPU device plugin and
// the autoscaler are parts of GKE, which installs and updates them.
func (b *build) cluster() (*cluster.Handle, error) {
	services, err := b.services() // APIs of the project
	if err != nil {
		return nil, fmt.Errorf("services: %w", err)
	}
	places := b.places(services)        // zones of the cluster and of each pool
	network, err := b.network(services) // VPC, subnet with pod and service ranges, router, NAT
	if err != nil {
		return nil, fmt.Errorf("network: %w", err)
	}
	nodes, err := b.nodeAccount(services) // service account of the nodes and its roles
	if err != nil {
		return nil, fmt.Errorf("node account: %w", err)
	}
	key, err := b.encryptionKey(services) // key ring, key and GKE's right to use it
	if err != nil {
		return nil, fmt.Errorf("encryption key: %w", err)
	}
	control, err := b.controlPlane(network, nodes, key, places) // cluster without nodes
	if err != nil {
		return nil, fmt.Errorf("control plane: %w", err)
	}
	access, err := b.adminAccess(services) // IAM grants of the admins
	if err != nil {
		return nil, fmt.Errorf("admin access: %w", err)
	}
	webhooks, err := b.webhookAccess(network, nodes) // firewall rule from control plane to webhooks
	if err != nil {
		return nil, fmt.Errorf("webhook access: %w", err)
	}
	pools, err := b.nodePools(control, network, nodes, places) // node pools, system first
	if err != nil {
		return nil, fmt.Errorf("node pools: %w", err)
	}
	registry, pulling, err := b.registry(services, key, nodes) // Artifact Registry, and the nodes' right to read it
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	models, err := b.modelBucket(services, key) // bucket for model files
	if err != nil {
		return nil, fmt.Errorf("model bucket: %w", err)
	}
	endpoint := serverURL(control)
	return &cluster.Handle{
		Name:       b.platform.Name,
		Pools:      slices.Clone(b.pools),
		Storage:    b.storageClasses(network),
		Binder:     &workloadIdentities{build: b, control: control, services: services},
		Endpoint:   endpoint,
		Identifier: identifier(control),
		Kubeconfig: b.kubeconfig(control, endpoint),
		Network:    network.vpc.Name,
		Registry:   registry,
		Bucket:     models,
		Ready:      slices.Concat(access, []pulumi.Resource{webhooks}, groups(pools), pulling),
	}, nil
}
