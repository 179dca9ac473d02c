// Package rules holds the checks that the emulated clouds make on single
// properties before anything else is looked at. Absent and unknown values pass.
package rules

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

// Check refuses inputs for what they are.
type Check = func(emulator.Properties) error

// Invalid is the refusal of a property.
func Invalid(property, format string, args ...any) error {
	return fmt.Errorf("%s %s", property, fmt.Sprintf(format, args...))
}

// All makes every check and reports what each of them found.
func All(checks ...Check) Check {
	return func(in emulator.Properties) error {
		var problems []error
		for _, check := range checks {
			problems = append(problems, check(in))
		}
		return errors.Join(problems...)
	}
}

// OneOf takes one of the values at path, or at every place that path matches.
func OneOf(path string, values ...string) Check {
	return func(in emulator.Properties) error {
		for _, v := range in.All(path) {
			if s, ok := v.(string); ok && !slices.Contains(values, s) {
				return Invalid(path, "is %q, expected one of %s", s, strings.Join(values, ", "))
			}
		}
		return nil
	}
}

// Between takes a whole number from least to greatest.
func Between(path string, least, greatest int) Check {
	return func(in emulator.Properties) error {
		for _, v := range in.All(path) {
			if n, ok := v.(float64); ok && (n < float64(least) || n > float64(greatest)) {
				return Invalid(path, "is %v, expected a number from %d to %d", n, least, greatest)
			}
		}
		return nil
	}
}

// AtLeast takes a whole number that is not below least.
func AtLeast(path string, least int) Check {
	return func(in emulator.Properties) error {
		for _, v := range in.All(path) {
			if n, ok := v.(float64); ok && n < float64(least) {
				return Invalid(path, "is %v, expected at least %d", n, least)
			}
		}
		return nil
	}
}

// Matching takes a string of a form; what says the form in words.
func Matching(path string, form *regexp.Regexp, what string) Check {
	return func(in emulator.Properties) error {
		for _, v := range in.All(path) {
			if s, ok := v.(string); ok && !form.MatchString(s) {
				return Invalid(path, "is %q, expected %s", s, what)
			}
		}
		return nil
	}
}

// ExactlyOne takes one of the properties and no more.
func ExactlyOne(paths ...string) Check {
	return func(in emulator.Properties) error {
		given := 0
		for _, path := range paths {
			if in.Has(path) {
				given++
			}
		}
		if given != 1 {
			return Invalid("exactly one of "+strings.Join(paths, ", "), "must be given, got %d", given)
		}
		return nil
	}
}

// Apart refuses two properties at once.
func Apart(first, second string) Check {
	return func(in emulator.Properties) error {
		if in.Has(first) && in.Has(second) {
			return Invalid(second, "conflicts with %s", first)
		}
		return nil
	}
}

// Network takes an IPv4 network of a size, written by its first address.
func Network(path string, widest, narrowest int) Check {
	return func(in emulator.Properties) error {
		for _, v := range in.All(path) {
			s, ok := v.(string)
			if !ok {
				continue
			}
			prefix, err := netip.ParsePrefix(s)
			switch {
			case err != nil || !prefix.Addr().Is4():
				return Invalid(path, "is %q, which is not an IPv4 network such as 10.0.0.0/16", s)
			case prefix.Masked() != prefix:
				return Invalid(path, "is %s, which is not the first address of its network; did you mean %s?", s, prefix.Masked())
			case prefix.Bits() < widest || prefix.Bits() > narrowest:
				return Invalid(path, "is %s, expected a size from /%d to /%d", s, widest, narrowest)
			}
		}
		return nil
	}
}
