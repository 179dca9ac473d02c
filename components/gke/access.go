package gke

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/naming"
)

// clusterAdminRole has all rights in the clusters of a project, inside and out.
const clusterAdminRole = "roles/container.admin"

// iamMember is an identity as IAM writes it, for example
// group:ml@example.com. Whole domains and everybody are not among them.
var iamMember = regexp.MustCompile(`^(user|group|serviceAccount|principal|principalSet):\S+$`)

// adminAccess grants each admin all rights in the cluster and returns what has
// to exist before they can do anything. Where none is named there is nothing to
// grant: whoever could make the cluster has those rights in the project, and
// GKE, unlike EKS, keeps no list of its own.
func (b *build) adminAccess(s *services) ([]pulumi.Resource, error) {
	var ready []pulumi.Resource
	for _, member := range b.platform.Cluster.Admins {
		// The name must not depend on the place in the list, or taking one
		// admin away would rename all that follow.
		granted, err := b.projectRole("admin-"+naming.Hash(member), clusterAdminRole, pulumi.String(member), pulumi.DependsOn(s.all))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", member, err)
		}
		ready = append(ready, granted)
	}
	return ready, nil
}
