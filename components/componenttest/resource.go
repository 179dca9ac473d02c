package componenttest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
)

// Resource is one registration.
type Resource struct {
	// URN, Type and Name identify the resource.
	URN, Type, Name string
	// Custom is false for components.
	Custom bool
	// Parent is the URN of the parent; the root stack's for a resource
	// without one.
	Parent string
	// Provider is the reference of the explicit provider, `<urn>::<id>`; empty
	// when the resource would use a default provider.
	Provider string
	// Inputs as registered, with secrets marked.
	Inputs resource.PropertyMap
	// Dependencies are the URNs of what must exist first, from options and
	// properties, sorted.
	Dependencies []string
	// IgnoreChanges, ReplaceOnChanges, Protect, RetainOnDelete, DeletedWith
	// and DeleteBeforeReplace are the options of the same names.
	IgnoreChanges       []string
	ReplaceOnChanges    []string
	Protect             bool
	RetainOnDelete      bool
	DeletedWith         string
	DeleteBeforeReplace bool
	// CreateTimeout, UpdateTimeout and DeleteTimeout are the custom timeouts,
	// 0 for the provider's own.
	CreateTimeout, UpdateTimeout, DeleteTimeout time.Duration
	// AdditionalSecretOutputs are the outputs that the program marked secret.
	AdditionalSecretOutputs []string
}

// Input returns the plain Go value of an input by its property path, for
// example `metadataOptions.httpTokens` or `taints[0].key`; nil when it is not
// set. Numbers are float64 and secrets are opened.
func (r Resource) Input(t testing.TB, path string) any {
	t.Helper()
	value, ok := r.lookup(t, path)
	if !ok {
		return nil
	}
	return plain(value)
}

// Strings returns an input that is a list of strings.
func (r Resource) Strings(t testing.TB, path string) []string {
	t.Helper()
	list, ok := r.Input(t, path).([]any)
	require.True(t, ok, "%s: %s is not a list", r.Name, path)
	var out []string
	for _, item := range list {
		out = append(out, fmt.Sprint(item))
	}
	return out
}

// Secret tells whether an input is marked secret.
func (r Resource) Secret(t testing.TB, path string) bool {
	t.Helper()
	value, ok := r.lookup(t, path)
	return ok && value.ContainsSecrets()
}

func (r Resource) lookup(t testing.TB, path string) (resource.PropertyValue, bool) {
	t.Helper()
	parsed, err := resource.ParsePropertyPath(path)
	require.NoError(t, err)
	return parsed.Get(resource.NewProperty(r.Inputs))
}

// plain is PropertyValue.Mappable, with secrets opened at every depth.
func plain(v resource.PropertyValue) any {
	opened := resource.NewProperty(resource.PropertyMap{"v": v}).MapRepl(nil, func(p resource.PropertyValue) (any, bool) {
		if p.IsSecret() {
			return plain(p.SecretValue().Element), true
		}
		return nil, false
	})
	return opened.(map[string]any)["v"]
}

func newResource(args pulumi.MockResourceArgs) Resource {
	res := Resource{
		Type:     args.TypeToken,
		Name:     args.Name,
		Custom:   args.Custom,
		Provider: args.Provider,
		Inputs:   args.Inputs,
	}
	if rpc := args.RegisterRPC; rpc != nil {
		deps := slices.Clone(rpc.GetDependencies())
		for _, property := range rpc.GetPropertyDependencies() {
			deps = append(deps, property.GetUrns()...)
		}
		slices.Sort(deps)
		res.Dependencies = slices.Compact(deps)
		res.Parent = rpc.GetParent()
		res.IgnoreChanges = rpc.GetIgnoreChanges()
		res.ReplaceOnChanges = rpc.GetReplaceOnChanges()
		res.Protect = rpc.GetProtect()
		res.RetainOnDelete = rpc.GetRetainOnDelete()
		res.DeletedWith = rpc.GetDeletedWith()
		res.DeleteBeforeReplace = rpc.GetDeleteBeforeReplace()
		res.AdditionalSecretOutputs = rpc.GetAdditionalSecretOutputs()
		res.CreateTimeout = timeout(rpc.GetCustomTimeouts().GetCreate())
		res.UpdateTimeout = timeout(rpc.GetCustomTimeouts().GetUpdate())
		res.DeleteTimeout = timeout(rpc.GetCustomTimeouts().GetDelete())
	}
	if rpc := args.ReadRPC; rpc != nil {
		res.Parent = rpc.GetParent()
		res.Dependencies = slices.Sorted(slices.Values(rpc.GetDependencies()))
	}
	res.URN = urn(res)
	return res
}

// urn spells the URN as the mock engine does: with the parent's type but not
// that of the root stack.
func urn(res Resource) string {
	var parentType tokens.Type
	if parent := resource.URN(res.Parent); parent != "" && parent.QualifiedType() != resource.RootStackType {
		parentType = parent.QualifiedType()
	}
	return string(resource.NewURN(Stack, Project, parentType, tokens.Type(res.Type), res.Name))
}

// timeout reads what the SDK writes with time.Duration.String or as the user
// spelled it.
func timeout(s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0
	}
	return d
}
