// Package previewreport turns the event log of a Pulumi preview into a comment on
// a pull request: what is lost first, what it costs, what the policies say. It
// reads a log and writes Markdown; it runs no engine and asks no cloud.
package previewreport

import "strings"

// Preview is what an event log tells.
type Preview struct {
	// Stack is the name of the stack, as its resources have it.
	Stack string
	// Changes is everything that does not stay as it is, ordered for reading:
	// by component, and in it the gravest first. Components, and providers
	// that are not replaced, are no resources and not among them.
	Changes []Change
	// Same is the number of resources that stay as they are.
	Same int
	// Cost of the stack before and after.
	Cost CostChange
	// Verdicts of the policies, mandatory ones first; Remediations is what
	// policies rewrote.
	Verdicts     []Verdict
	Remediations []Remediation
	// Packs are the policy packs that judged, with their versions. Empty: none
	// did.
	Packs []string
	// Errors are what the engine, a provider or the program stopped for;
	// Warnings what they warn of; Notes what else they say.
	Errors, Warnings, Notes []Message
	// Quotas is the table of what the cloud has to grant, as the program
	// prints it. Empty: it prints none.
	Quotas string
	// Result is how the preview ended.
	Result Result

	// secrets replaces the values that the log has in plain text and that must
	// not be shown.
	secrets *strings.Replacer
	// verdictAt finds a verdict while the log is read.
	verdictAt map[string]int
}

// Result is how a preview ended.
type Result string

// The results. A preview is cut off when its log has no end.
const (
	Succeeded Result = "succeeded"
	Failed    Result = "failed"
	CutOff    Result = "cut off"
)

// Op is what happens to a resource.
type Op string

// The operations, the gravest first.
const (
	Replace Op = "replace"
	Delete  Op = "delete"
	Update  Op = "update"
	Create  Op = "create"
	Lookup  Op = "read"
)

// Change is what happens to one resource.
type Change struct {
	Op  Op
	URN string
	// Type is without the version of the API, where it has one of a cloud.
	Type string
	Name string
	// Component is what the resource belongs to; the zero value for one that
	// stands alone.
	Component Component
	// Reasons are the properties that force a replacement.
	Reasons []string
	// Properties that change, sorted by path. Only for updates and
	// replacements.
	Properties []Property
	// GoesFirst tells that the old resource of a replacement goes before the
	// new one is there.
	GoesFirst bool
	// Protected resources refuse to be deleted; retained ones are forgotten
	// rather than deleted, and stay in the account.
	Protected, Retained bool
}

// Property is a property that changes. What is secret is hidden in it already.
type Property struct {
	// Path is where it is: spec.template.spec.containers[0].image.
	Path string
	// Old and New are its values for people. Empty where there is none.
	Old, New string
	// Forces tells that the change forces a replacement.
	Forces bool
}

// Count is the number of changes with an operation.
func (p *Preview) Count(op Op) int {
	count := 0
	for _, change := range p.Changes {
		if change.Op == op {
			count++
		}
	}
	return count
}

// Mandatory are the verdicts that stop a deployment.
func (p *Preview) Mandatory() []Verdict { return p.verdicts(Mandatory) }

func (p *Preview) verdicts(level Level) []Verdict {
	var some []Verdict
	for _, verdict := range p.Verdicts {
		if verdict.Level == level {
			some = append(some, verdict)
		}
	}
	return some
}
