package gke

import (
	"fmt"

	gcpartifactregistry "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/artifactregistry"
	gcpprojects "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/spec"
)

// imageReader pulls images.
const imageReader = "roles/artifactregistry.reader"

// secondsPerDay: Artifact Registry takes times in seconds.
const secondsPerDay = 24 * 60 * 60

// registry registers a Docker repository that is encrypted with the platform's
// key, and what has to exist before a node can pull from it; or returns nil where
// the platform wants none. An image of a new name needs no repository of its own.
//
// Tags can be moved: Artifact Registry removes no image that an immutable tag
// names, so that the repository would grow for ever.
func (b *build) registry(s *services, k *key, nodes *account) (*cluster.Registry, []pulumi.Resource, error) {
	if !spec.On(b.platform.Registry.Enabled) {
		return nil, nil, nil
	}
	encrypting, err := b.registryAgent(s, k)
	if err != nil {
		return nil, nil, fmt.Errorf("service agent: %w", err)
	}
	repository, err := gcpartifactregistry.NewRepository(b.ctx, b.child("images"), &gcpartifactregistry.RepositoryArgs{
		Project:         pulumi.String(b.platform.Account),
		Location:        pulumi.String(b.platform.Region),
		RepositoryId:    pulumi.String(b.platform.Name),
		Description:     pulumi.String("Images of " + b.platform.Name),
		Format:          pulumi.String("DOCKER"),
		KmsKeyName:      k.ID().ToStringOutput(),
		CleanupPolicies: cleanup(b.platform.Registry),
	}, b.with(
		pulumi.DependsOn([]pulumi.Resource{encrypting}),
		b.keepData(),
		// Its name is the platform's, which a second one cannot have.
		pulumi.DeleteBeforeReplace(true),
	)...)
	if err != nil {
		return nil, nil, err
	}
	pulling, err := gcpartifactregistry.NewRepositoryIamMember(b.ctx, b.child("images-nodes"), &gcpartifactregistry.RepositoryIamMemberArgs{
		Project:    pulumi.String(b.platform.Account),
		Location:   repository.Location,
		Repository: repository.RepositoryId,
		Role:       pulumi.String(imageReader),
		Member:     nodes.Member,
	}, b.with()...)
	if err != nil {
		return nil, nil, fmt.Errorf("nodes: %w", err)
	}
	url := pulumi.Sprintf("%s-docker.pkg.dev/%s/%s", b.platform.Region, b.platform.Account, repository.RepositoryId)
	return &cluster.Registry{URL: url}, []pulumi.Resource{pulling}, nil
}

// registryAgent lets Artifact Registry use the key. The account as which it acts
// is made when it is first asked for, not with the API. Source:
// https://cloud.google.com/artifact-registry/docs/cmek
func (b *build) registryAgent(s *services, k *key) (pulumi.Resource, error) {
	agent, err := gcpprojects.NewServiceIdentity(b.ctx, b.child("images-agent"), &gcpprojects.ServiceIdentityArgs{
		Project: pulumi.String(b.platform.Account),
		Service: pulumi.String("artifactregistry.googleapis.com"),
	}, b.with(pulumi.DependsOn(s.all))...)
	if err != nil {
		return nil, err
	}
	return b.letUse(k, "images", pulumi.Sprintf("serviceAccount:%s", agent.Email), b.keepData())
}

// cleanup removes images that are not among the newest of their name. One that is
// to be kept is kept, whatever else says that it is to be removed: untagged images
// among the newest stay too. Source:
// https://cloud.google.com/artifact-registry/docs/repositories/cleanup-policy
func cleanup(r spec.Registry) gcpartifactregistry.RepositoryCleanupPolicyArray {
	remove := func(id, tags string, days int) gcpartifactregistry.RepositoryCleanupPolicyArgs {
		return gcpartifactregistry.RepositoryCleanupPolicyArgs{
			Id:     pulumi.String(id),
			Action: pulumi.String("DELETE"),
			Condition: gcpartifactregistry.RepositoryCleanupPolicyConditionArgs{
				TagState:  pulumi.String(tags),
				OlderThan: pulumi.String(fmt.Sprintf("%ds", days*secondsPerDay)),
			},
		}
	}
	return gcpartifactregistry.RepositoryCleanupPolicyArray{
		remove("untagged", "UNTAGGED", r.UntaggedDays),
		// The least age that there can be: the number decides.
		remove("old", "TAGGED", 1),
		gcpartifactregistry.RepositoryCleanupPolicyArgs{
			Id:     pulumi.String("newest"),
			Action: pulumi.String("KEEP"),
			MostRecentVersions: gcpartifactregistry.RepositoryCleanupPolicyMostRecentVersionsArgs{
				KeepCount: pulumi.Int(r.KeepImages),
			},
		},
	}
}
