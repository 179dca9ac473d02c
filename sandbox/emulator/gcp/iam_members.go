package gcp

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// member is the table of one kind of grant: a role for a member on something.
// The member is the only part of a policy that the account looks at; conditions
// are recorded.
func member(token, source, on string, roles []string, refs []emulator.Ref, exists func(op *emulator.Op) error) emulator.Type {
	return emulator.Type{
		Token:    token,
		Source:   "hashicorp/terraform-provider-google google/services/" + source,
		Replace:  []string{"condition", "member", "role", on},
		Refs:     refs,
		Validate: rules.All(memberForm, roleFits(roles)),
		Create: func(op *emulator.Op) error {
			in := op.In()
			if err := exists(op); err != nil {
				return err
			}
			op.Object.ID = strings.Join([]string{bucketPrefix(token) + in.String(on), in.String("role"), in.String("member")}, "/")
			if title := in.String("condition.title"); title != "" {
				op.Object.ID += "/" + title
			}
			op.Out()["etag"] = etag()
			return adopt(op)
		},
	}
}

// bucketPrefix is what stands before the name of a bucket in ids.
func bucketPrefix(token string) string {
	if token == tokenBucketMember {
		return "b/"
	}
	return ""
}

func (a *Account) projectMember() emulator.Type {
	return member(tokenProjectMember, "resourcemanager/iam_project.go", "project", projectRoles, nil,
		func(op *emulator.Op) error { return a.memberExists(op, op.In().String("project")) })
}

func (a *Account) serviceAccountMember() emulator.Type {
	return member(tokenServiceAccountMember, "resourcemanager/iam_service_account.go", "serviceAccountId", accountRoles,
		[]emulator.Ref{{
			Path: "serviceAccountId", To: []emulator.Target{{Token: tokenServiceAccount}},
			Missing: func(value string) error {
				if !strings.HasPrefix(value, "projects/") {
					return rules.Invalid("serviceAccountId", "is %q, expected projects/<project>/serviceAccounts/<email>", value)
				}
				return notFound("Service account %s does not exist.", value)
			},
		}}, a.ownerKnows("serviceAccountId"))
}

func (a *Account) cryptoKeyMember() emulator.Type {
	return member(tokenCryptoKeyMember, "kms/iam_kms_crypto_key.go", "cryptoKeyId", keyRoles,
		[]emulator.Ref{{
			Path: "cryptoKeyId", To: []emulator.Target{{Token: tokenCryptoKey}},
			Missing: func(value string) error { return notFound("CryptoKey %s not found.", value) },
		}}, a.ownerKnows("cryptoKeyId"))
}

// bucketMember is the table of grants on buckets. The account takes every name that
// a bucket can have for one that exists, its own or another's.
func (a *Account) bucketMember() emulator.Type {
	t := member(tokenBucketMember, "storage/iam_storage_bucket.go", "bucket", bucketRoles, nil,
		func(op *emulator.Op) error {
			if err := closed(op); err != nil {
				return err
			}
			return a.memberExists(op, a.settings().project)
		})
	t.Validate = rules.All(t.Validate, rules.Matching("bucket", bucketForm, bucketWords))
	return t
}

// bucketForm: https://cloud.google.com/storage/docs/buckets#naming
var bucketForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{1,61}[a-z0-9]$`)

// ownerKnows looks the member up in the project of the thing that the grant is
// on.
func (a *Account) ownerKnows(path string) func(op *emulator.Op) error {
	return func(op *emulator.Op) error {
		rest := strings.TrimPrefix(op.In().String(path), "projects/")
		project, _, _ := strings.Cut(rest, "/")
		return a.memberExists(op, project)
	}
}

func memberForm(in emulator.Properties) error {
	who := in.String("member")
	kind, name, qualified := strings.Cut(who, ":")
	switch {
	case who == "" || slices.Contains([]string{"allUsers", "allAuthenticatedUsers"}, who):
		return nil
	case strings.HasPrefix(who, "deleted:"):
		return errors.New("invalid value for member (Terraform does not support IAM members for deleted principals)")
	case !qualified || name == "":
		return fmt.Errorf("invalid value for member: %q has no kind; write for example serviceAccount:<email>, group:<email> or principal://…", who)
	case !slices.Contains([]string{"user", "group", "domain", "serviceAccount", "principal", "principalSet"}, kind):
		return badRequest("Invalid principal type in member %s", who)
	}
	return nil
}

func roleFits(roles []string) rules.Check {
	return func(in emulator.Properties) error {
		role := in.String("role")
		name, predefined := strings.CutPrefix(role, "roles/")
		switch {
		case role == "":
			return nil
		case !predefined:
			return notFound("The role named %s was not found.", role)
		case !slices.Contains(roles, name):
			return badRequest("Role %s is not supported for this resource.", role)
		}
		return nil
	}
}

// serviceAgents are the service accounts that Google makes in a project, by the
// domain of their address, with the API that they come with.
// https://cloud.google.com/iam/docs/service-agents
var serviceAgents = map[string]string{
	"cloud-filer":             "file.googleapis.com",
	"compute-system":          "compute.googleapis.com",
	"container-engine-robot":  "container.googleapis.com",
	"containerregistry":       "containerregistry.googleapis.com",
	"gcp-sa-artifactregistry": "artifactregistry.googleapis.com",
	"gs-project-accounts":     "storage.googleapis.com",
	"serverless-robot-prod":   "run.googleapis.com",
}

// gkeAgent is the service agent of GKE in a project, and computeAgent that of
// Compute Engine, as members.
func gkeAgent(project string) string {
	return "serviceAccount:service-" + projectNumber(project) + "@container-engine-robot.iam.gserviceaccount.com"
}

func computeAgent(project string) string {
	return "serviceAccount:service-" + projectNumber(project) + "@compute-system.iam.gserviceaccount.com"
}

// memberExists refuses a grant to somebody who does not exist. Users, groups and
// service accounts of other projects are taken on trust.
func (a *Account) memberExists(op *emulator.Op, project string) error {
	kind, name, _ := strings.Cut(op.In().String("member"), ":")
	switch kind {
	case "serviceAccount":
		if pool, _, federated := strings.Cut(name, "["); federated {
			return poolExists(op.Tx, pool)
		}
		return a.accountExists(op.Tx, name, project)
	case "principal", "principalSet":
		_, rest, _ := strings.Cut(name, "/workloadIdentityPools/")
		pool, _, _ := strings.Cut(rest, "/")
		number, _, _ := strings.Cut(strings.TrimPrefix(name, "//iam.googleapis.com/projects/"), "/")
		if own, isGKE := strings.CutSuffix(pool, ".svc.id.goog"); isGKE && number != projectNumber(own) {
			return badRequest("Identity Pool does not exist (%s in project %s).", pool, number)
		}
		return poolExists(op.Tx, pool)
	}
	return nil
}

// poolExists refuses a grant to pods before there are any. GKE makes the identity
// pool of a project with its first cluster that has Workload Identity. In Google
// Cloud it then stays; here it goes with the last one, so that a program which
// does not wait for its cluster is refused on every first update, not only on
// the first one in a project.
func poolExists(tx *emulator.Tx, pool string) error {
	if !strings.HasSuffix(pool, ".svc.id.goog") {
		return nil // of another identity provider
	}
	_, exists := tx.Find(tokenCluster, func(o emulator.Object) bool {
		return o.Outputs.String("workloadIdentityConfig.workloadPool") == pool
	})
	if exists {
		return nil
	}
	return badRequest("Identity Pool does not exist (%s). Please check that you specified a valid resource name as returned in the `name` attribute in the configuration API.", pool)
}

// accountExists refuses a service account that is not there: one of the
// program's, the default one of Compute Engine, or a service agent.
func (a *Account) accountExists(tx *emulator.Tx, email, project string) error {
	name, domain, _ := strings.Cut(email, "@")
	number := projectNumber(project)
	agent, isAgent := strings.CutSuffix(domain, ".iam.gserviceaccount.com")
	api, known := serviceAgents[agent]
	switch {
	case email == number+"-compute@developer.gserviceaccount.com":
		return ifEnabled(tx, project, "compute.googleapis.com", email)
	case isAgent && known && name == "service-"+number:
		if !made(tx, project, api) {
			return badRequest("Service account %s does not exist.", email)
		}
		return ifEnabled(tx, project, api, email)
	case isAgent && (known || agent == project):
		if _, exists := accountByEmail(tx, email); !exists {
			return badRequest("Service account %s does not exist.", email)
		}
	}
	return nil
}

// ifEnabled refuses a service account of Google's own while its API is off.
func ifEnabled(tx *emulator.Tx, project, api, email string) error {
	if enabled(tx.Of(tokenService), project, api) != nil {
		return badRequest("Service account %s does not exist.", email)
	}
	return nil
}
