package aws

import (
	"encoding/json"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// The checks in this file are those that pulumi-aws and terraform-provider-aws
// make on single properties. Absent and unknown values pass.

// together refuses the second property without the first.
func together(first, second string) rules.Check {
	return func(in emulator.Properties) error {
		if in.Has(second) && !in.Has(first) {
			return rules.Invalid(second, "needs %s", first)
		}
		return nil
	}
}

// document takes a policy document: JSON with statements.
func document(path string) rules.Check {
	return func(in emulator.Properties) error {
		switch v := in.At(path).(type) {
		case string:
			if _, err := parsePolicy(v); err != nil {
				return refuse("MalformedPolicyDocument", "%s: %v", path, err)
			}
		case map[string]any:
			return rules.Invalid(path, "is an object; give the policy as a JSON string")
		}
		return nil
	}
}

// jsonText takes a JSON document.
func jsonText(path string) rules.Check {
	return func(in emulator.Properties) error {
		if s := in.String(path); s != "" && !json.Valid([]byte(s)) {
			return rules.Invalid(path, "is not valid JSON")
		}
		return nil
	}
}
