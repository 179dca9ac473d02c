// Package rules holds what the policy pack judges: pure functions over
// resources, with what to tell of each. It knows no engine, so that a rule is
// tested without one and a change of the policy SDK does not reach it.
package rules

import (
	"regexp"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// Level is what a violation does.
type Level string

// The levels. Remediate rewrites a resource so that it conforms, where the
// program left a field out; what it cannot rewrite is as with Mandatory.
const (
	Advisory  Level = "advisory"
	Mandatory Level = "mandatory"
	Remediate Level = "remediate"
	Disabled  Level = "disabled"
)

// Levels lists every accepted value of Level.
var Levels = []Level{Advisory, Mandatory, Remediate, Disabled}

// Group is the part of a platform that a rule is about.
type Group string

// The groups, in the order of the documentation.
const (
	Clusters   Group = "Clusters"
	Nodes      Group = "Nodes and pools"
	Workloads  Group = "Workloads"
	Pods       Group = "Pods"
	Network    Group = "Network"
	Data       Group = "Data"
	Cost       Group = "Cost"
	Exceptions Group = "Exceptions"
)

// Groups lists every group.
var Groups = []Group{Clusters, Nodes, Workloads, Pods, Network, Data, Cost, Exceptions}

// Rule is one policy.
type Rule struct {
	// ID names the policy in its messages, in configuration and in exceptions.
	ID    string
	Group Group
	// Level is that of a stack without a configuration of its own.
	Level Level
	// Says is the rule in one sentence.
	Says string
	// Why there is the rule.
	Why string
	// Fix is what to do about a violation.
	Fix string
	// Except tells when an exception is in order. One that begins with the
	// whole sentence Never takes none: see TakesExceptions.
	Except string
	// Like are the ids of checks elsewhere for the same thing: CKV is Checkov,
	// AWS, GCP, AZU and KSV are Trivy, names are those of kube-linter and
	// Polaris.
	Like []string
	// Parameters that a configuration may set.
	Parameters []Parameter
	// Types are the resources that Judge and Mend look at.
	Types []string

	// Judge looks at one resource and tells what is wrong with it.
	Judge func(r Resource, p Values) []string
	// JudgeStack looks at all resources together.
	JudgeStack func(s Stack, p Values) []Finding
	// Mend returns the properties that conform, and whether they differ.
	Mend func(r Resource, p Values) (property.Map, bool)
}

// Finding is a violation that a rule found in a stack.
type Finding struct {
	// URN of the resource to blame; that of the stack where there is none.
	URN string
	// Fact is what is wrong.
	Fact string
}

var never = regexp.MustCompile(`^Never[.:]`)

// TakesExceptions tells whether an exception can let the rule pass. Where it
// cannot, the way out is the level in policies/config, which is a change of this
// repository.
func (r Rule) TakesExceptions() bool { return !never.MatchString(r.Except) }

// Check judges one resource. It finds nothing in types that the rule is not
// about.
func (r Rule) Check(res Resource, p Values) []string {
	if r.Judge == nil || !res.Is(r.Types...) {
		return nil
	}
	return r.Judge(res, p)
}

// CheckStack judges all resources together.
func (r Rule) CheckStack(s Stack, p Values) []Finding {
	if r.JudgeStack == nil {
		return nil
	}
	return r.JudgeStack(s, p)
}

// Repair returns the properties of a resource that conform, and whether they
// differ from those it has.
func (r Rule) Repair(res Resource, p Values) (property.Map, bool) {
	if r.Mend == nil || !res.Is(r.Types...) {
		return property.Map{}, false
	}
	return r.Mend(res, p)
}

// All are the rules, in the order of the documentation.
func All() []Rule {
	return slices.Concat(clusterRules, identityRules, nodeRules, poolRules,
		workloadRules, availabilityRules, scalingRules, placementRules,
		podRules, imageRules, namespaceRules, networkRules, dataRules, costRules)
}

// Find is the rule with an id.
func Find(id string) (Rule, bool) {
	all := All()
	if at := slices.IndexFunc(all, func(r Rule) bool { return r.ID == id }); at >= 0 {
		return all[at], true
	}
	return Rule{}, false
}

// Message is a fact with the way out, as it is shown below what the rule says.
func (r Rule) Message(fact string) string {
	return fact + "\nFix: " + r.Fix + "\nMore: docs/policies.md#" + r.ID
}
