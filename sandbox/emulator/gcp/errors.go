package gcp

import (
	"fmt"

	"gantry.dev/gantry/sandbox/emulator"
)

// APIError is a refusal of a Google API: an HTTP status, a sentence for people
// and, from most services, a word for the reason.
type APIError struct {
	Status          int
	Message, Reason string
}

// Error is the refusal as Google's client library for Go prints it.
func (e *APIError) Error() string {
	text := fmt.Sprintf("googleapi: Error %d: %s", e.Status, e.Message)
	if e.Reason != "" {
		text += ", " + e.Reason
	}
	return text
}

// providerError is a refusal of terraform-provider-google itself, in its words, by
// which people search.
type providerError string

func (e providerError) Error() string { return string(e) }

// badRequest is a refusal of what was asked for.
func badRequest(format string, args ...any) error {
	return &APIError{400, fmt.Sprintf(format, args...), "badRequest"}
}

// invalidField is Compute Engine's refusal of one field.
func invalidField(field, value, format string, args ...any) error {
	return &APIError{400, fmt.Sprintf("Invalid value for field 'resource.%s': '%s'. ", field, value) + fmt.Sprintf(format, args...), "invalid"}
}

func notFound(format string, args ...any) error {
	return &APIError{404, fmt.Sprintf(format, args...), "notFound"}
}

// conflict is a refusal to make something twice. Each service has words of its
// own for it.
func conflict(reason, format string, args ...any) error {
	return &APIError{409, fmt.Sprintf(format, args...), reason}
}

// alreadyExists is the Taken of Compute Engine's types.
func alreadyExists(o emulator.Object) error {
	return conflict("alreadyExists", "The resource '%s' already exists", o.ID)
}

// inUse is the InUse of Compute Engine's types: what kind of thing it is.
func inUse(kind string) func(object, holder emulator.Object) error {
	return func(object, holder emulator.Object) error {
		return &APIError{400, fmt.Sprintf("The %s resource '%s' is already being used by '%s'", kind, object.ID, heldBy(kind, holder)),
			"resourceInUseByAnotherResource"}
	}
}

// heldBy is the resource of Compute Engine through which something is held. A
// cluster holds its network by a firewall rule and its subnetwork by its
// instance templates, both of which GKE makes.
func heldBy(kind string, holder emulator.Object) string {
	if holder.Token != tokenCluster {
		return holder.ID
	}
	project, name := holder.Outputs.String("project"), holder.Outputs.String("name")
	if kind == "network" {
		return fmt.Sprintf("projects/%s/global/firewalls/gke-%s-%s-all", project, name, digest(holder.ID))
	}
	return fmt.Sprintf("projects/%s/global/instanceTemplates/gke-%s-%s", project, name, digest(holder.ID))
}
