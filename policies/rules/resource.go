package rules

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// Resource is what a rule knows of a resource. A rule that looks at one resource
// gets its inputs; a rule that looks at the stack gets the outputs, which have
// the same shape and, in a preview, are those inputs and unknown values.
type Resource struct {
	// URN and Name identify the resource.
	URN, Name string
	// Type is the type token, without the API version in those of Azure.
	Type string
	// Properties of the resource.
	Properties Value
	// Provider is the configuration of its provider.
	Provider Value
	// Protect is the option of that name.
	Protect bool
}

// NewResource makes a resource of what the engine tells.
func NewResource(urn, name, token string, properties, provider property.Map, protect bool) Resource {
	return Resource{
		URN: urn, Name: name, Type: withoutVersion(token),
		Properties: NewValue(properties), Provider: NewValue(provider), Protect: protect,
	}
}

// At is a property of the resource.
func (r Resource) At(keys ...string) Value { return r.Properties.At(keys...) }

// Map is the properties of the resource.
func (r Resource) Map() property.Map {
	if !r.Properties.v.IsMap() {
		return property.Map{}
	}
	return r.Properties.v.AsMap()
}

// Is tells whether the resource has one of the types. A type may end in a
// star.
func (r Resource) Is(types ...string) bool {
	return slices.ContainsFunc(types, func(t string) bool { return matches(t, r.Type) })
}

// open tells whether something at one of the paths, such as metadata.name, is
// not known yet.
func (r Resource) open(paths ...string) bool {
	return slices.ContainsFunc(paths, func(path string) bool { return r.At(strings.Split(path, ".")...).HasUnknown() })
}

// Stack is the resources of a stack.
type Stack []Resource

// open tells whether one of the resources has something at one of the paths that
// is not known yet. A rule that objects to what is absent has to wait for it.
func (s Stack) open(paths ...string) bool {
	return slices.ContainsFunc(s, func(r Resource) bool { return r.open(paths...) })
}

// Of is the resources with one of the types.
func (s Stack) Of(types ...string) Stack {
	return slices.DeleteFunc(slices.Clone(s), func(r Resource) bool { return !r.Is(types...) })
}

// Root is the URN of the stack itself, for what no single resource is to blame
// for.
func (s Stack) Root() string {
	for _, r := range s {
		if r.Type == TypeStack {
			return r.URN
		}
	}
	return ""
}

// azureVersion is the API version in a type token of Azure, for example
// azure-native:containerservice/v20241001:ManagedCluster.
var azureVersion = regexp.MustCompile(`^(azure-native:[a-z0-9]+)/v[0-9]{8}[a-z]*:`)

func withoutVersion(token string) string { return azureVersion.ReplaceAllString(token, "$1:") }

// matches tells whether text fits a pattern, in which a star stands for any
// number of characters.
func matches(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return strings.HasSuffix(text, parts[last])
}

// matchesAny tells whether text fits one of the patterns.
func matchesAny(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, text) })
}
