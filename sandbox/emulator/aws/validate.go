package aws

import (
	"encoding/json"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

// The checks in this file are those that pulumi-aws and terraform-provider-aws
// make on single properties. Absent and unknown values pass.

type check = func(emulator.Properties) error

// oneOf takes one of the values at path, or at every place that path matches.
func oneOf(path string, values ...string) check {
	return func(in emulator.Properties) error {
		for _, v := range in.All(path) {
			if s, ok := v.(string); ok && !slices.Contains(values, s) {
				return invalid(path, "is %q, expected one of %s", s, strings.Join(values, ", "))
			}
		}
		return nil
	}
}

// between takes a whole number from least to greatest.
func between(path string, least, greatest int) check {
	return func(in emulator.Properties) error {
		for _, v := range in.All(path) {
			if n, ok := v.(float64); ok && (n < float64(least) || n > float64(greatest)) {
				return invalid(path, "is %v, expected a number from %d to %d", n, least, greatest)
			}
		}
		return nil
	}
}

// matching takes a string of a form; what says the form in words.
func matching(path string, form *regexp.Regexp, what string) check {
	return func(in emulator.Properties) error {
		for _, v := range in.All(path) {
			if s, ok := v.(string); ok && !form.MatchString(s) {
				return invalid(path, "is %q, expected %s", s, what)
			}
		}
		return nil
	}
}

// exactlyOne takes one of the properties and no more.
func exactlyOne(paths ...string) check {
	return func(in emulator.Properties) error {
		var given []string
		for _, path := range paths {
			if in.Has(path) {
				given = append(given, path)
			}
		}
		if len(given) != 1 {
			return invalid("exactly one of "+strings.Join(paths, ", "), "must be given, got %d", len(given))
		}
		return nil
	}
}

// together refuses the second property without the first.
func together(first, second string) check {
	return func(in emulator.Properties) error {
		if in.Has(second) && !in.Has(first) {
			return invalid(second, "needs %s", first)
		}
		return nil
	}
}

// apart refuses two properties at once.
func apart(first, second string) check {
	return func(in emulator.Properties) error {
		if in.Has(first) && in.Has(second) {
			return invalid(second, "conflicts with %s", first)
		}
		return nil
	}
}

// network takes an IPv4 network of a size, written by its first address.
func network(path string, widest, narrowest int) check {
	return func(in emulator.Properties) error {
		for _, v := range in.All(path) {
			s, ok := v.(string)
			if !ok {
				continue
			}
			prefix, err := netip.ParsePrefix(s)
			switch {
			case err != nil || !prefix.Addr().Is4():
				return invalid(path, "is %q, which is not an IPv4 network such as 10.0.0.0/16", s)
			case prefix.Masked() != prefix:
				return invalid(path, "is %s, which is not the first address of its network; did you mean %s?", s, prefix.Masked())
			case prefix.Bits() < widest || prefix.Bits() > narrowest:
				return invalid(path, "is %s, expected a size from /%d to /%d", s, widest, narrowest)
			}
		}
		return nil
	}
}

// document takes a policy document: JSON with statements.
func document(path string) check {
	return func(in emulator.Properties) error {
		switch v := in.At(path).(type) {
		case string:
			if _, err := parsePolicy(v); err != nil {
				return refuse("MalformedPolicyDocument", "%s: %v", path, err)
			}
		case map[string]any:
			return invalid(path, "is an object; give the policy as a JSON string")
		}
		return nil
	}
}

// jsonText takes a JSON document.
func jsonText(path string) check {
	return func(in emulator.Properties) error {
		if s := in.String(path); s != "" && !json.Valid([]byte(s)) {
			return invalid(path, "is not valid JSON")
		}
		return nil
	}
}
