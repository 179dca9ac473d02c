package aws

import (
	"fmt"

	"gantry.dev/gantry/sandbox/emulator"
)

// APIError is a refusal of AWS: a code, and a sentence for people.
type APIError struct {
	// Code as in the API reference of the service, for example
	// DependencyViolation.
	Code    string
	Message string
}

// Error is the code and the message, as the AWS SDKs print them.
func (e *APIError) Error() string { return "api error " + e.Code + ": " + e.Message }

func refuse(code, format string, args ...any) error {
	return &APIError{code, fmt.Sprintf(format, args...)}
}

// missing is the Missing of a reference: code, and a format that takes the
// value.
func missing(code, format string) func(string) error {
	return func(value string) error { return refuse(code, format, value) }
}

// inUse is the InUse of a type: code, and a format that takes the object's id.
func inUse(code, format string) func(object, holder emulator.Object) error {
	return func(object, holder emulator.Object) error {
		return refuse(code, format+" (held by %s %s)", object.ID, holder.Token, holder.ID)
	}
}
