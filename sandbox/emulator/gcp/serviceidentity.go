package gcp

import (
	"context"

	"gantry.dev/gantry/sandbox/emulator"
)

// serviceIdentity is the table of service agents that are made before the first
// thing that needs them. Google Cloud cannot delete one: Terraform only forgets it.
// The account drops it, so that a program which relies on an agent that nobody has
// made is refused on every first update, not only on the first one in a project.
func (a *Account) serviceIdentity() emulator.Type {
	return emulator.Type{
		Token:   tokenServiceIdentity,
		Source:  "hashicorp/terraform-provider-google-beta google-beta/services/resourcemanager/resource_google_project_service_identity.go",
		Replace: []string{"project", "service"},
		Create: func(op *emulator.Op) error {
			out := op.Out()
			project, service := out.String("project"), op.In().String("service")
			if err := enabled(op.Of(tokenService), project, service); err != nil {
				return err
			}
			op.Object.ID = "projects/" + project + "/services/" + service
			for domain, api := range serviceAgents {
				if api == service {
					email := "service-" + projectNumber(project) + "@" + domain + ".iam.gserviceaccount.com"
					out["email"], out["member"] = email, "serviceAccount:"+email
				}
			}
			return adopt(op)
		},
	}
}

// onDemand are the service agents that come with the first thing that needs them,
// or when they are asked for, and not with their API: what of the account is such
// a thing.
var onDemand = map[string][]string{
	"artifactregistry.googleapis.com": {tokenRepository},
}

// made tells whether the service agent of an API is there already.
func made(tx *emulator.Tx, project, api string) bool {
	needs, late := onDemand[api]
	if !late {
		return true
	}
	for _, o := range tx.Of(tokenServiceIdentity) {
		if o.Outputs.String("project") == project && o.Inputs.String("service") == api {
			return true
		}
	}
	for _, token := range needs {
		for _, o := range tx.Of(token) {
			if o.Outputs.String("project") == project {
				return true
			}
		}
	}
	return false
}

// registryAgent and storageAgent are the service agents of Artifact Registry and
// of Cloud Storage in a project, as members.
func registryAgent(project string) string {
	return "serviceAccount:service-" + projectNumber(project) + "@gcp-sa-artifactregistry.iam.gserviceaccount.com"
}

func storageAgent(project string) string {
	return "serviceAccount:service-" + projectNumber(project) + "@gs-project-accounts.iam.gserviceaccount.com"
}

// getProjectServiceAccount answers storage.GetProjectServiceAccount, which makes
// the agent where there is none.
func (a *Account) getProjectServiceAccount(_ context.Context, args emulator.Properties) (emulator.Properties, error) {
	if err := a.enabledNow("storage.googleapis.com"); err != nil {
		return nil, err
	}
	project := args.String("project")
	if project == "" {
		project = a.settings().project
	}
	member := storageAgent(project)
	return emulator.Properties{
		"id": member[len("serviceAccount:"):], "emailAddress": member[len("serviceAccount:"):], "member": member, "project": project,
	}, nil
}
