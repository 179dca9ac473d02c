package previewreport

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// Types of the engine itself.
const (
	typeStack    = "pulumi:pulumi:Stack"
	typeProvider = "pulumi:providers:"
)

// reasonProvider is what the engine gives as the reason for a replacement because
// the provider is replaced.
const reasonProvider = "provider"

// resource is what the steps of one URN tell together.
type resource struct {
	urn, kind string
	ops       []string
	old, new  *state
	keys      []string
	diffs     []string
	detailed  map[string]pathDiff
}

func (r *resource) add(s step) {
	if !slices.Contains(r.ops, s.Op) {
		r.ops = append(r.ops, s.Op)
	}
	// A state may lack what an earlier one has: outputs come late, and a deletion
	// has no state after it.
	if s.Old != nil && (r.old == nil || s.Old.says()) {
		r.old = s.Old
	}
	if s.New != nil && (r.new == nil || s.New.says()) {
		r.new = s.New
	}
	r.keys = merge(r.keys, s.Keys)
	r.diffs = merge(r.diffs, s.Diffs)
	if len(s.Detailed) > 0 {
		r.detailed = s.Detailed
	}
}

func merge(some, more []string) []string {
	for _, one := range more {
		if !slices.Contains(some, one) {
			some = append(some, one)
		}
	}
	return some
}

// op folds the steps of a URN into one, and tells whether there is one: the
// gravest wins. A resource that was left over from an interrupted replacement has
// the end of one only, and is deleted.
func (r *resource) op() (Op, bool) {
	has := func(ops ...string) bool {
		return slices.ContainsFunc(r.ops, func(op string) bool { return slices.Contains(ops, op) })
	}
	switch {
	case has("replace", "create-replacement", "import-replacement", "read-replacement"):
		return Replace, true
	case has("delete", "delete-replaced", "discard", "discard-replaced", "remove-pending-replace"):
		return Delete, true
	case has("create", "import"):
		return Create, true
	case has("update"):
		return Update, true
	case has("read"):
		return Lookup, true
	default:
		return "", false
	}
}

// goesFirst tells whether the old one of a replacement is deleted before the new
// one is made: the engine tells the steps in their order.
func (r *resource) goesFirst() bool {
	gone := slices.Index(r.ops, "delete-replaced")
	made := slices.Index(r.ops, "create-replacement")
	return gone >= 0 && gone < made
}

// state is what is best known of the resource itself.
func (r *resource) state() state {
	if r.new != nil {
		return *r.new
	}
	if r.old != nil {
		return *r.old
	}
	return state{}
}

// counts tells whether the resource is one for people: something that a provider
// makes. A provider itself matters only when it is replaced, because that
// replaces everything it made.
func (r *resource) counts() bool {
	if strings.HasPrefix(r.kind, typeProvider) {
		op, _ := r.op()
		return op == Replace
	}
	return r.kind != typeStack && r.state().Custom
}

func (r *resource) change(p *Preview, component Component) (change Change, changes bool) {
	op, changes := r.op()
	if !changes {
		return Change{}, false
	}
	change = Change{
		Op: op, URN: r.urn, Type: unversioned(r.kind), Name: nameOf(r.urn), Component: component,
		GoesFirst: op == Replace && r.goesFirst(),
	}
	if r.old != nil {
		change.Protected, change.Retained = r.old.Protect, r.old.Retain
	}
	if op == Replace {
		change.Reasons = r.keys
	}
	if op == Replace || op == Update {
		change.Properties = r.properties(p)
	}
	return change, true
}

// compareChanges puts the gravest first: by component, operation, what it means,
// type and name.
func compareChanges(a, b Change) int {
	return cmp.Or(
		compareComponents(a.Component, b.Component),
		cmp.Compare(rankOf(a.Op), rankOf(b.Op)),
		cmp.Compare(b.Meaning().Weight, a.Meaning().Weight),
		cmp.Compare(a.Type, b.Type),
		cmp.Compare(a.Name, b.Name),
		cmp.Compare(a.URN, b.URN),
	)
}

func rankOf(op Op) int { return slices.Index([]Op{Replace, Delete, Update, Create, Lookup}, op) }

// apiVersion is the version of an API in the type of a resource of Azure.
var apiVersion = regexp.MustCompile(`^(azure-native:\w+)/v\d{8}(preview)?:`)

// unversioned is a type that means the same in every version of its API:
// azure-native:containerservice/v20241001:AgentPool is an AgentPool.
func unversioned(kind string) string { return apiVersion.ReplaceAllString(kind, "$1:") }

// A URN is urn:pulumi:<stack>::<project>::<types>::<name>.

func nameOf(urn string) string {
	parts := strings.SplitN(urn, "::", 4)
	return parts[len(parts)-1]
}

func stackOf(urn string) string {
	stack, found := strings.CutPrefix(urn, "urn:pulumi:")
	if !found {
		return ""
	}
	stack, _, _ = strings.Cut(stack, "::")
	return stack
}

func typeOf(urn string) string {
	parts := strings.SplitN(urn, "::", 4)
	if len(parts) < 4 {
		return ""
	}
	types := strings.Split(parts[2], "$")
	return types[len(types)-1]
}
