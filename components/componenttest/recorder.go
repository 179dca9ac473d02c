// Package componenttest runs component code under Pulumi's mocks and records
// every resource that it registers, with the options that decide how the engine
// treats it. Only tests import it.
package componenttest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
)

// The project and stack that recorded programs run in.
const (
	Project = "gantry"
	Stack   = "test"
)

// Recorder is a mock engine that remembers registrations. The zero value works:
// the outputs of a resource are its inputs and every function call fails.
type Recorder struct {
	// Outputs returns what the cloud would add to the inputs of a resource,
	// nil for nothing.
	Outputs func(r Resource) resource.PropertyMap
	// Invoke answers calls of provider functions.
	Invoke func(token string, args resource.PropertyMap) (resource.PropertyMap, error)
	// Preview runs the program as `pulumi preview` does: ids and outputs that
	// are not inputs are unknown.
	Preview bool

	mu        sync.Mutex
	resources []Resource
	calls     []Call
}

// Call is one call of a provider function.
type Call struct {
	// Token of the function.
	Token string
	// Provider is the reference of the explicit provider, `<urn>::<id>`; empty
	// when the call would go to a default provider.
	Provider string
	// Args of the call.
	Args resource.PropertyMap
}

// Run executes the program and returns its error. Registrations of earlier runs
// are forgotten.
func (r *Recorder) Run(program pulumi.RunFunc) error {
	r.resources, r.calls = nil, nil
	return pulumi.RunErr(program,
		pulumi.WithMocks(Project, Stack, (*monitor)(r)),
		func(info *pulumi.RunInfo) { info.DryRun = r.Preview })
}

// All returns the registrations sorted by URN, so that the order of concurrent
// registrations does not show.
func (r *Recorder) All() []Resource {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := slices.Clone(r.resources)
	slices.SortFunc(all, func(a, b Resource) int { return strings.Compare(a.URN, b.URN) })
	return all
}

// Calls returns the function calls, in their order.
func (r *Recorder) Calls() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

// OfType returns the registrations with the type token.
func (r *Recorder) OfType(token string) []Resource {
	return slices.DeleteFunc(r.All(), func(res Resource) bool { return res.Type != token })
}

// Named returns the one registration with the name, and fails the test when
// there is none or more than one.
func (r *Recorder) Named(t testing.TB, name string) Resource {
	t.Helper()
	found := slices.DeleteFunc(r.All(), func(res Resource) bool { return res.Name != name })
	require.Len(t, found, 1, "resources named %q among %v", name, r.names())
	return found[0]
}

// DependsOn tells whether the engine must create other before res: by an
// option or by a property, directly or through further resources.
func (r *Recorder) DependsOn(res, other Resource) bool {
	byURN := map[string]Resource{}
	for _, known := range r.All() {
		byURN[known.URN] = known
	}
	seen := map[string]bool{}
	open := []string{res.URN}
	for len(open) > 0 {
		urn := open[0]
		open = open[1:]
		for _, dep := range byURN[urn].Dependencies {
			if dep == other.URN {
				return true
			}
			if !seen[dep] {
				seen[dep] = true
				open = append(open, dep)
			}
		}
	}
	return false
}

func (r *Recorder) names() []string {
	var names []string
	for _, res := range r.All() {
		names = append(names, res.Name)
	}
	return names
}

// monitor is the side of a Recorder that Pulumi calls.
type monitor Recorder

// Call implements pulumi.MockResourceMonitor.
func (m *monitor) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	m.mu.Lock()
	m.calls = append(m.calls, Call{Token: args.Token, Provider: args.Provider, Args: args.Args})
	m.mu.Unlock()
	if m.Invoke == nil {
		return nil, fmt.Errorf("the program calls %s, which the test does not expect", args.Token)
	}
	return m.Invoke(args.Token, args.Args)
}

// NewResource implements pulumi.MockResourceMonitor.
func (m *monitor) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	res := newResource(args)
	m.mu.Lock()
	m.resources = append(m.resources, res)
	m.mu.Unlock()

	if m.Preview {
		return "", args.Inputs, nil
	}
	outputs := args.Inputs.Copy()
	if m.Outputs != nil {
		maps.Copy(outputs, m.Outputs(res))
	}
	return args.Name + "-id", outputs, nil
}
