package gke

import (
	"fmt"
	"strings"

	gcpprojects "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	gcpserviceaccount "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

// nodeRole is what a node may do: write its logs and metrics. Pods never act as
// the node: see WorkloadMetadataConfig. Source:
// https://cloud.google.com/kubernetes-engine/docs/how-to/hardening-your-cluster
const nodeRole = "roles/container.defaultNodeServiceAccount"

// nodeRoles are the roles of a node in the project. Without a registry of the
// platform's own, images lie in others of the project, and nodes read all of
// them; with one, they read that: see registry.
func (b *build) nodeRoles() []string {
	if spec.On(b.platform.Registry.Enabled) {
		return []string{nodeRole}
	}
	return []string{nodeRole, imageReader}
}

// account is a Google service account with its roles.
type account struct {
	*gcpserviceaccount.Account
	// granted are the roles. Whoever uses the account has to depend on them:
	// its address is known before it may do anything, and on destroy it must
	// not lose them before its user is gone.
	granted []pulumi.Resource
}

// nodeAccount is the identity of every node. The one that GKE would take without
// it, the default account of Compute Engine, may edit the whole project in many
// organisations.
func (b *build) nodeAccount(s *services) (*account, error) {
	registered, err := gcpserviceaccount.NewAccount(b.ctx, b.child("node-account"), &gcpserviceaccount.AccountArgs{
		Project:     pulumi.String(b.platform.Account),
		AccountId:   pulumi.String(naming.Bounded(naming.LimitServiceAccountID, b.platform.Name, "nodes")),
		DisplayName: pulumi.String("Nodes of " + b.platform.Name),
	}, b.with(pulumi.DependsOn(s.all))...)
	if err != nil {
		return nil, err
	}
	a := &account{Account: registered}
	for _, role := range b.nodeRoles() {
		what := "node-" + role[strings.LastIndexAny(role, "./")+1:]
		member, err := b.projectRole(what, role, a.Member)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", role, err)
		}
		a.granted = append(a.granted, member)
	}
	return a, nil
}

// projectRole grants a role in the project to one member, and leaves all other
// members of the role alone.
func (b *build) projectRole(what, role string, member pulumi.StringInput, options ...pulumi.ResourceOption) (pulumi.Resource, error) {
	return gcpprojects.NewIAMMember(b.ctx, b.child(what), &gcpprojects.IAMMemberArgs{
		Project: pulumi.String(b.platform.Account),
		Role:    pulumi.String(role),
		Member:  member,
	}, b.with(options...)...)
}
