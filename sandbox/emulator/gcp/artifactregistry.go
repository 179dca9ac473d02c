package gcp

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// repositoryForm: https://cloud.google.com/artifact-registry/docs/repositories/create-repos
var repositoryForm = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// repositoryFormats are the kinds of packages.
var repositoryFormats = []string{"APT", "DOCKER", "GENERIC", "GO", "KFP", "MAVEN", "NPM", "PYTHON", "YUM"}

// multiRegions are where Artifact Registry is beside the regions.
var multiRegions = []string{"asia", "europe", "us"}

// repository is the table of repositories of Artifact Registry. The account holds
// no images.
func (a *Account) repository() emulator.Type {
	return emulator.Type{
		Token:  tokenRepository,
		Source: "hashicorp/terraform-provider-google google/services/artifactregistry/resource_artifact_registry_repository.go",
		Replace: []string{
			"format", "kmsKeyName", "location", "mavenConfig", "mode", "project", "remoteRepositoryConfig", "repositoryId",
		},
		// A set.
		Sets:     []string{"cleanupPolicies"},
		Defaults: emulator.Properties{"mode": "STANDARD_REPOSITORY"},
		Validate: rules.All(
			rules.Matching("repositoryId", repositoryForm, "1 to 63 lower-case letters, digits and '-', beginning with a letter"),
			rules.OneOf("mode", "STANDARD_REPOSITORY", "VIRTUAL_REPOSITORY", "REMOTE_REPOSITORY"),
			rules.OneOf("cleanupPolicies[].action", "DELETE", "KEEP"),
			rules.OneOf("cleanupPolicies[].condition.tagState", "TAGGED", "UNTAGGED", "ANY"),
			repositoryFormat, cleanupRules,
		),
		Taken: func(emulator.Object) error { return conflict("", "the repository already exists") },
		Create: func(op *emulator.Op) error {
			out := op.Out()
			place, err := a.repositoryPlace(out)
			if err != nil {
				return err
			}
			project := out.String("project")
			if key := op.In().String("kmsKeyName"); key != "" {
				if err := keyFits(op.Tx, key, place, registryAgent(project)); err != nil {
					return err
				}
			}
			op.Object.ID = repositoryID(project, place, out.String("repositoryId"))
			out["name"], out["location"] = out.String("repositoryId"), place
			out["createTime"], out["updateTime"] = timestamp(), timestamp()
			return nil
		},
		Update: func(op *emulator.Op) error {
			op.Out()["updateTime"] = timestamp()
			return nil
		},
		Delete: func(op *emulator.Op) error {
			return drop(op.Tx, membersOf(op.Tx, tokenRepositoryMember, op.Object.ID))
		},
	}
}

func repositoryID(project, place, id string) string {
	return fmt.Sprintf("projects/%s/locations/%s/repositories/%s", project, place, id)
}

// repositoryPlace is where a repository is.
func (a *Account) repositoryPlace(out emulator.Properties) (string, error) {
	place := out.String("location")
	if place == "" {
		place = a.settings().region
	}
	for _, multi := range multiRegions {
		if place == multi {
			return place, nil
		}
	}
	if !isRegion(place) {
		return "", &APIError{403, fmt.Sprintf("Permission denied on 'locations/%s' (or it may not exist).", place), "forbidden"}
	}
	return place, nil
}

func repositoryFormat(in emulator.Properties) error {
	format := in.String("format")
	for _, known := range repositoryFormats {
		if format == "" || strings.EqualFold(format, known) {
			return nil
		}
	}
	return rules.Invalid("format", "is %q, expected one of %s", format, strings.Join(repositoryFormats, ", "))
}

// cleanupRules: what is deleted is named by a condition, what is kept by a
// condition or a number.
// https://cloud.google.com/artifact-registry/docs/repositories/cleanup-policy
func cleanupRules(in emulator.Properties) error {
	seen := map[string]bool{}
	for _, policy := range in.Objects("cleanupPolicies") {
		id, condition, newest := policy.String("id"), policy.Has("condition"), policy.Has("mostRecentVersions")
		switch {
		case id != "" && seen[id]:
			return badRequest("Cleanup policy %s is named twice.", id)
		case condition == newest:
			return badRequest("Cleanup policy %s must have exactly one of condition and mostRecentVersions.", id)
		case newest && policy.String("action") == "DELETE":
			return badRequest("Cleanup policy %s: mostRecentVersions can be specified with action KEEP only.", id)
		}
		seen[id] = true
		for _, age := range []string{"olderThan", "newerThan"} {
			text := policy.String("condition." + age)
			seconds, err := strconv.ParseFloat(strings.TrimSuffix(text, "s"), 64)
			if text != "" && (err != nil || seconds <= 0 || !strings.HasSuffix(text, "s")) {
				return rules.Invalid("cleanupPolicies[].condition."+age, "is %q, expected a number of seconds such as 86400s", text)
			}
		}
	}
	return nil
}

// repositoryMember is the table of grants on repositories.
func (a *Account) repositoryMember() emulator.Type {
	t := member(tokenRepositoryMember, "artifactregistry/iam_artifact_registry_repository.go", "repository", repositoryRoles, nil,
		func(op *emulator.Op) error { return a.memberExists(op, op.Out().String("project")) })
	t.Replace = append(t.Replace, "location", "project")
	t.Create = placed(t.Create, func(op *emulator.Op) (string, error) {
		name := op.In().String("repository")
		id := repositoryID(op.Out().String("project"), orDefault(op.Out(), "location", a.settings().region).(string), lastOf(name))
		if _, exists := op.Get(tokenRepository, id); !exists {
			return "", notFound("Requested entity was not found: %s", id)
		}
		op.Out()["location"] = strings.Split(id, "/")[3]
		return id, nil
	})
	return t
}

// placed gives a grant the id of the thing that it is on, where the program may
// name that in a shorter way.
func placed(create func(*emulator.Op) error, on func(*emulator.Op) (string, error)) func(*emulator.Op) error {
	return func(op *emulator.Op) error {
		id, err := on(op)
		if err != nil {
			return err
		}
		if err := create(op); err != nil {
			return err
		}
		op.Object.ID = strings.Join([]string{id, op.In().String("role"), op.In().String("member")}, "/")
		return adopt(op)
	}
}

// membersOf are the grants of a type on a thing.
func membersOf(tx *emulator.Tx, token, id string) []emulator.Object {
	var found []emulator.Object
	for _, o := range tx.Of(token) {
		if strings.HasPrefix(o.ID, id+"/") {
			found = append(found, o)
		}
	}
	return found
}
