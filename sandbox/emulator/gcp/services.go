package gcp

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

// serviceKind is what the account knows of a Google API.
type serviceKind struct {
	// title by which refusals name it.
	title string
	// needs are the APIs that come with it.
	needs []string
	// initial APIs are on in every project of the account: those of a new
	// project, and the Resource Manager API, which every guide to Terraform
	// and Pulumi has people enable by hand, because nothing can be enabled
	// through the project that its own credentials belong to before.
	initial bool
}

// serviceKinds are the APIs that a platform can use, by name.
// https://cloud.google.com/service-usage/docs/enabled-service
var serviceKinds = map[string]serviceKind{
	"artifactregistry.googleapis.com":     {title: "Artifact Registry API"},
	"autoscaling.googleapis.com":          {title: "Cloud Autoscaling API"},
	"cloudapis.googleapis.com":            {title: "Google Cloud APIs", initial: true},
	"cloudbilling.googleapis.com":         {title: "Cloud Billing API"},
	"cloudkms.googleapis.com":             {title: "Cloud Key Management Service (KMS) API"},
	"cloudquotas.googleapis.com":          {title: "Cloud Quotas API"},
	"cloudresourcemanager.googleapis.com": {title: "Cloud Resource Manager API", initial: true},
	"compute.googleapis.com":              {title: "Compute Engine API", needs: []string{"oslogin.googleapis.com"}},
	"container.googleapis.com": {title: "Kubernetes Engine API", needs: []string{
		"artifactregistry.googleapis.com", "autoscaling.googleapis.com", "compute.googleapis.com", "containerfilesystem.googleapis.com",
		"containerregistry.googleapis.com", "dns.googleapis.com", "iam.googleapis.com", "iamcredentials.googleapis.com",
		"oslogin.googleapis.com", "pubsub.googleapis.com",
	}},
	"containerfilesystem.googleapis.com": {title: "Container File System API"},
	"containerregistry.googleapis.com":   {title: "Container Registry API"},
	"dns.googleapis.com":                 {title: "Cloud DNS API"},
	"file.googleapis.com":                {title: "Cloud Filestore API"},
	"gkehub.googleapis.com":              {title: "GKE Hub API"},
	"iam.googleapis.com":                 {title: "Identity and Access Management (IAM) API", needs: []string{"iamcredentials.googleapis.com"}},
	"iamcredentials.googleapis.com":      {title: "IAM Service Account Credentials API"},
	"logging.googleapis.com":             {title: "Cloud Logging API", initial: true},
	"monitoring.googleapis.com":          {title: "Cloud Monitoring API", initial: true},
	"oslogin.googleapis.com":             {title: "Cloud OS Login API"},
	"pubsub.googleapis.com":              {title: "Cloud Pub/Sub API"},
	"run.googleapis.com":                 {title: "Cloud Run Admin API"},
	"secretmanager.googleapis.com":       {title: "Secret Manager API"},
	"servicemanagement.googleapis.com":   {title: "Service Management API", initial: true},
	"servicenetworking.googleapis.com":   {title: "Service Networking API"},
	"serviceusage.googleapis.com":        {title: "Service Usage API", initial: true},
	"storage.googleapis.com":             {title: "Cloud Storage API", initial: true},
	"sts.googleapis.com":                 {title: "Security Token Service API"},
}

// apiOf is the API behind each type. IAM members are served by the API of the
// thing that they are for.
var apiOf = map[string]string{
	tokenService: "serviceusage.googleapis.com",
	tokenNetwork: "compute.googleapis.com", tokenSubnetwork: "compute.googleapis.com", tokenRouter: "compute.googleapis.com",
	tokenRouterNAT: "compute.googleapis.com", tokenFirewall: "compute.googleapis.com",
	tokenKeyRing: "cloudkms.googleapis.com", tokenCryptoKey: "cloudkms.googleapis.com", tokenCryptoKeyMember: "cloudkms.googleapis.com",
	tokenServiceAccount: "iam.googleapis.com", tokenServiceAccountMember: "iam.googleapis.com",
	tokenProjectMember: "cloudresourcemanager.googleapis.com",
	tokenBucketMember:  "storage.googleapis.com", tokenBucket: "storage.googleapis.com",
	tokenCluster: "container.googleapis.com", tokenNodePool: "container.googleapis.com",
	tokenServiceIdentity: "serviceusage.googleapis.com",
	tokenRepository:      "artifactregistry.googleapis.com", tokenRepositoryMember: "artifactregistry.googleapis.com",
	tokenZoneMember: "dns.googleapis.com",
}

// serviceForm is the name of an API.
var serviceForm = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+$`)

func (a *Account) service() emulator.Type {
	return emulator.Type{
		Token:    tokenService,
		Source:   "hashicorp/terraform-provider-google google/services/resourcemanager/resource_google_project_service.go",
		Replace:  []string{"project", "service"},
		Defaults: emulator.Properties{"disableOnDestroy": true, "checkIfServiceHasUsageOnDestroy": false},
		Validate: func(in emulator.Properties) error {
			if name := in.String("service"); name != "" && !serviceForm.MatchString(name) {
				return fmt.Errorf("expected %s to be a domain like serviceusage.googleapis.com", name)
			}
			return nil
		},
		Create: func(op *emulator.Op) error {
			name := op.In().String("service")
			if _, exists := serviceKinds[name]; !exists {
				return &APIError{403, "Not found or permission denied for service(s): " + name + ".", "forbidden"}
			}
			op.Object.ID = op.Out().String("project") + "/" + name
			return adopt(op)
		},
		Protected: neededByOthers,
		Delete:    a.leaveOrDisable,
	}
}

// leaveOrDisable disables an API, and those that need it, or leaves it on. What is
// left on stays while anything else is in the project; with the last of it the
// project is as new, so that a destroyed stack leaves nothing behind.
func (a *Account) leaveOrDisable(op *emulator.Op) error {
	if op.Object.Outputs.Bool("disableOnDestroy") {
		return drop(op.Tx, dependents(op.Tx, *op.Object))
	}
	project := op.Object.Outputs.String("project")
	op.Retain = slices.ContainsFunc(op.Objects(), func(o emulator.Object) bool {
		return o.Token != tokenService && a.projectOf(o) == project
	})
	if op.Retain {
		return nil
	}
	return drop(op.Tx, leftOn(op.Tx, project))
}

// leftOn are the enabled APIs of a project that belong to no stack.
func leftOn(tx *emulator.Tx, project string) []emulator.Object {
	return slices.DeleteFunc(tx.Of(tokenService), func(o emulator.Object) bool {
		return o.URN != "" || o.Outputs.String("project") != project
	})
}

// clearUp makes the deletion of the last object in a project take along the APIs
// that were left on.
func (a *Account) clearUp(then func(*emulator.Op) error) func(*emulator.Op) error {
	return func(op *emulator.Op) error {
		if then != nil {
			if err := then(op); err != nil {
				return err
			}
		}
		project := a.projectOf(*op.Object)
		if slices.ContainsFunc(op.Objects(), func(o emulator.Object) bool {
			gone := o.Token == op.Object.Token && o.ID == op.Object.ID
			return !gone && a.projectOf(o) == project && (o.Token != tokenService || o.URN != "")
		}) {
			return nil
		}
		return drop(op.Tx, leftOn(op.Tx, project))
	}
}

// adopt takes over an object with the same id. To enable what is enabled, and to
// grant what is granted, is no error in Google Cloud, and changes nothing.
func adopt(op *emulator.Op) error { return op.Drop(op.Object.Token, op.Object.ID) }

// neededByOthers refuses to disable an API that another one needs.
func neededByOthers(tx *emulator.Tx, service emulator.Object) error {
	if !service.Outputs.Bool("disableOnDestroy") || service.Outputs.Bool("disableDependentServices") {
		return nil
	}
	var names []string
	for _, o := range dependents(tx, service) {
		names = append(names, o.Outputs.String("service"))
	}
	if len(names) == 0 {
		return nil
	}
	return &APIError{400, fmt.Sprintf("The service %s is depended on by the following active service(s): %s. "+
		"Please specify disable_dependent_services=true if you want to proceed with disabling all services.",
		service.Outputs.String("service"), strings.Join(names, ", ")), "failedPrecondition"}
}

// dependents are the enabled APIs of the same project that need one.
func dependents(tx *emulator.Tx, service emulator.Object) []emulator.Object {
	return slices.DeleteFunc(tx.Of(tokenService), func(o emulator.Object) bool {
		return o.Outputs.String("project") != service.Outputs.String("project") ||
			!slices.Contains(serviceKinds[o.Outputs.String("service")].needs, service.Outputs.String("service"))
	})
}

// enabled refuses a call to an API that is off in a project.
func enabled(services []emulator.Object, project, api string) error {
	kind := serviceKinds[api]
	on := kind.initial || slices.ContainsFunc(services, func(o emulator.Object) bool {
		name := o.Outputs.String("service")
		return o.Token == tokenService && o.Outputs.String("project") == project &&
			(name == api || slices.Contains(serviceKinds[name].needs, api))
	})
	if on {
		return nil
	}
	number := projectNumber(project)
	return &APIError{403, fmt.Sprintf("%s has not been used in project %s before or it is disabled. Enable it by visiting "+
		"https://console.developers.google.com/apis/api/%s/overview?project=%s then retry. If you enabled this API recently, "+
		"wait a few minutes for the action to propagate to our systems and retry. (SERVICE_DISABLED)", kind.title, number, api, number),
		"accessNotConfigured"}
}

// enabledNow refuses a function that calls an API which is off.
func (a *Account) enabledNow(api string) error {
	objects, err := a.store.Objects()
	if err != nil {
		return err
	}
	return enabled(objects, a.settings().project, api)
}

// behindAPI makes a type refuse every call while its API is off.
func (a *Account) behindAPI(t emulator.Type) emulator.Type {
	check := func(tx *emulator.Tx, o emulator.Object) error {
		return enabled(tx.Of(tokenService), a.projectOf(o), apiOf[t.Token])
	}
	first := func(then func(*emulator.Op) error) func(*emulator.Op) error {
		return func(op *emulator.Op) error {
			if err := check(op.Tx, *op.Object); err != nil || then == nil {
				return err
			}
			return then(op)
		}
	}
	protected := t.Protected
	t.Create, t.Update, t.Delete = first(t.Create), first(t.Update), a.clearUp(t.Delete)
	t.Protected = func(tx *emulator.Tx, o emulator.Object) error {
		if err := check(tx, o); err != nil || protected == nil {
			return err
		}
		return protected(tx, o)
	}
	return t
}

// projectOf is the project that an object is in: it says so, or it belongs to
// something that does, or it is in the provider's.
func (a *Account) projectOf(o emulator.Object) string {
	if project := o.Outputs.String("project"); project != "" {
		return project
	}
	for _, owner := range []string{"keyRing", "cryptoKeyId", "serviceAccountId"} {
		if rest, ok := strings.CutPrefix(o.Outputs.String(owner), "projects/"); ok {
			project, _, _ := strings.Cut(rest, "/")
			return project
		}
	}
	return a.settings().project
}
