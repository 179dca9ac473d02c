// Package eks makes Amazon EKS clusters: network, control plane, node groups,
// managed add-ons and storage of one platform. It is the only package tree that
// imports the AWS SDK.
package eks

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/spec"
)

// Type is the type token of Cluster. It is part of the URN of every child.
const Type = "gantry:eks:Cluster"

// Args is everything that decides what a cluster looks like. All of it is known
// at plan time.
type Args struct {
	// Platform after spec's Default and Validate.
	Platform spec.Platform
	// Pools are the platform's pools, resolved for AWS.
	Pools []spec.PoolPlan
}

// Cluster is an EKS cluster with its network, node groups and add-ons.
type Cluster struct {
	pulumi.ResourceState

	// Handle is what runs in the cluster needs to know of it.
	Handle *cluster.Handle
}

// New makes a cluster. The AWS account is that of the ambient credentials; the
// region is the platform's. Nothing is registered when args are unusable.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Cluster, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("eks cluster %s: %w", name, err)
	}
	c := &Cluster{}
	if err := ctx.RegisterComponentResource(Type, name, c, opts...); err != nil {
		return nil, fmt.Errorf("eks cluster %s: %w", name, err)
	}
	b, err := newBuild(ctx, name, args, c)
	if err != nil {
		return nil, fmt.Errorf("eks cluster %s: %w", name, err)
	}
	if c.Handle, err = b.cluster(); err != nil {
		return nil, fmt.Errorf("eks cluster %s: %w", name, err)
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
	network, err := b.network() // VPC, subnets, routes, NAT, S3 endpoint
	if err != nil {
		return nil, fmt.Errorf("network: %w", err)
	}
	key, err := b.encryptionKey() // KMS key for secrets, files, images and models
	if err != nil {
		return nil, fmt.Errorf("encryption key: %w", err)
	}
	control, err := b.controlPlane(network, key) // log group, role, cluster
	if err != nil {
		return nil, fmt.Errorf("control plane: %w", err)
	}
	access, err := b.adminAccess(control) // access entries of the admins
	if err != nil {
		return nil, fmt.Errorf("admin access: %w", err)
	}
	nodeAgents, err := b.addons(control, beforeCompute) // CNI, Pod Identity agent
	if err != nil {
		return nil, fmt.Errorf("add-ons before nodes: %w", err)
	}
	pools, err := b.nodePools(control, network, nodeAgents) // launch templates, node groups
	if err != nil {
		return nil, fmt.Errorf("node pools: %w", err)
	}
	if err := b.scaleFromZero(pools); err != nil { // tags that Cluster Autoscaler plans with
		return nil, fmt.Errorf("autoscaling: %w", err)
	}
	services, err := b.addons(control, afterCompute, systemGroups(pools)...) // DNS, proxy, CSI drivers, metrics
	if err != nil {
		return nil, fmt.Errorf("add-ons after nodes: %w", err)
	}
	files, err := b.fileSystem(control, network, key) // EFS, when a model stores files
	if err != nil {
		return nil, fmt.Errorf("file system: %w", err)
	}
	registry, err := b.registry(key) // ECR, a repository for each model
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	models, err := b.modelBucket(key) // S3 bucket for model files
	if err != nil {
		return nil, fmt.Errorf("model bucket: %w", err)
	}
	return &cluster.Handle{
		Name:       b.platform.Name,
		Pools:      slices.Clone(b.pools),
		Storage:    storageClasses(files),
		Binder:     &podIdentities{build: b, control: control, agents: nodeAgents, models: models, key: key},
		Endpoint:   control.Endpoint,
		Identifier: control.Identities.Index(pulumi.Int(0)).Oidcs().Index(pulumi.Int(0)).Issuer().Elem(),
		Kubeconfig: b.kubeconfig(control),
		Network:    network.vpc.ID().ToStringOutput(),
		Registry:   registry,
		Bucket:     models,
		Ready:      slices.Concat(access, nodeAgents, groups(pools), services, files.ready()),
	}, nil
}
