package azure

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// The checks in this file are those that azure-native makes on single
// properties, from the constraints in the REST specifications, and those that
// the services share. Absent and unknown values pass.

// matching takes a string of a form.
func matching(path string, form *regexp.Regexp) rules.Check {
	return func(in emulator.Properties) error {
		for _, v := range in.All(path) {
			if s, ok := v.(string); ok && !form.MatchString(s) {
				return invalid(path, "does not match expression '%s': %q", form, s)
			}
		}
		return nil
	}
}

// between takes a number from least to greatest.
func between(path string, least, greatest float64) rules.Check {
	return func(in emulator.Properties) error {
		for _, v := range in.All(path) {
			switch n, ok := v.(float64); {
			case ok && n < least:
				return invalid(path, "is too low (%g < %g)", n, least)
			case ok && n > greatest:
				return invalid(path, "is too high (%g > %g)", n, greatest)
			}
		}
		return nil
	}
}

// oneOf takes one of the values at path, or at every place that path matches.
func oneOf(path string, values ...string) rules.Check {
	return func(in emulator.Properties) error {
		for _, v := range in.All(path) {
			if s, ok := v.(string); ok && !slices.Contains(values, s) {
				return refuseAt(path, "InvalidParameter", "The value '%s' of parameter %s is not one of %s.", s, path, strings.Join(values, ", "))
			}
		}
		return nil
	}
}

// needs takes no request without the property.
func needs(path string) rules.Check {
	return func(in emulator.Properties) error {
		if in.Settled(path) && !in.Has(path) {
			return refuseAt(path, "InvalidParameter", "Required parameter %s is missing (null).", path)
		}
		return nil
	}
}

// located takes a request for a place that Azure has. The kind of resource is
// for the message.
func located(kind string) rules.Check {
	return func(in emulator.Properties) error {
		if !in.Has("location") {
			return invalid("location", "is a missing required property. "+
				"Either set it explicitly or configure it with 'pulumi config set azure-native:location <value>'.")
		}
		place := in.String("location")
		if _, exists := regions[normalLocation(place)]; place != "" && !exists {
			return refuse("LocationNotAvailableForResourceType", "The provided location '%s' is not available for resource type '%s'. "+
				"List of available regions for the resource type is '%s'.", place, kind, strings.Join(regionNames(), ","))
		}
		return nil
	}
}

// prefix reads an IPv4 network as the network services do.
func prefix(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil || !p.Addr().Is4():
		return p, refuse("InvalidAddressPrefixFormat", "Address prefix %s is not formatted correctly. "+
			"It should follow CIDR notation, for example 10.0.0.0/24.", text)
	case p.Masked() != p:
		return p, refuse("InvalidCIDRNotation", "The address prefix %s has an invalid CIDR notation. "+
			"For the given prefix length, the address prefix should be %s.", text, p.Masked())
	}
	return p, nil
}

// networks takes IPv4 networks.
func networks(paths ...string) rules.Check {
	return func(in emulator.Properties) error {
		for _, path := range paths {
			for _, v := range in.All(path) {
				s, ok := v.(string)
				if !ok {
					continue
				}
				if _, err := prefix(s); err != nil {
					return err
				}
			}
		}
		return nil
	}
}
