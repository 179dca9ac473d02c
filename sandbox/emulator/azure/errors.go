package azure

import (
	"fmt"

	"gantry.dev/gantry/sandbox/emulator"
)

// APIError is a refusal of Azure: a code, a sentence for people, and often the
// property that it is about.
type APIError struct {
	// Code as the service returns it, for example SubnetNotFound.
	Code    string
	Message string
	// Target is a path in the body of the request. Empty: none.
	Target string
}

// Error is code, message and target as azure-native prints them.
func (e *APIError) Error() string {
	text := fmt.Sprintf("Code=%q Message=\"%s\"", e.Code, e.Message)
	if e.Target != "" {
		text += fmt.Sprintf(" Target=%q", e.Target)
	}
	return text
}

func refuse(code, format string, args ...any) error {
	return &APIError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// refuseAt is a refusal that names its target.
func refuseAt(target, code, format string, args ...any) error {
	return &APIError{Code: code, Message: fmt.Sprintf(format, args...), Target: target}
}

// invalidParameter is the refusal of AKS for a value that it does not take.
func invalidParameter(target, format string, args ...any) error {
	return refuseAt(target, "InvalidParameter", "The value of parameter %s is invalid. %s", target, fmt.Sprintf(format, args...))
}

// invalid is a refusal of a property by the provider, before the API is asked.
func invalid(property, format string, args ...any) error {
	return fmt.Errorf("'%s' %s", property, fmt.Sprintf(format, args...))
}

// notFound is the Missing of a reference by id between two resources.
func notFound(id string) error {
	return refuse("InvalidResourceReference", "Resource %s referenced by the request was not found. "+
		"Please make sure that the referenced resource exists, and that both resources are in the same region.", id)
}

// inUse is the InUse of a type: code, and a format that takes the object's name
// and the holder's id.
func inUse(code, format string) func(object, holder emulator.Object) error {
	return func(object, holder emulator.Object) error {
		return refuse(code, format, lastOf(object.ID), holder.ID)
	}
}
