package previewreport

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Level is what a verdict does.
type Level string

// The levels. An exception is a violation that somebody let pass for a time.
const (
	Mandatory Level = "mandatory"
	Excepted  Level = "excepted"
	Advisory  Level = "advisory"
)

// Verdict is what a policy says of resources.
type Verdict struct {
	Level  Level
	Policy string
	// Rule is the policy in a sentence, Fact what is wrong, Fix the way out,
	// and More where to read on, for example docs/policies.md#key-rotation.
	Rule, Fact, Fix, More string
	// Until is the last day of an exception, Reason why there is one.
	Until, Reason string
	// Resources that it is about, by name; empty for the stack as a whole.
	Resources []string
}

// Remediation is what a policy rewrote.
type Remediation struct {
	Policy, Resource string
	Properties       []Property
}

// exceptionUsed is the policy that tells of exceptions; see policies/rules.
const exceptionUsed = "exception-used"

var (
	exceptionLine = regexp.MustCompile(`(?s)^([a-z0-9-]+): (.*)\nExcepted until (\d{4}-\d\d-\d\d): (.*)$`)
	fixLine       = regexp.MustCompile(`(?m)^Fix: (.*)$`)
	moreLine      = regexp.MustCompile(`(?m)^More: (\S+)$`)
)

// judge keeps what a policy says. Its message is the rule, then the fact, then
// the lines Fix and More that Gantry's pack ends with; of another pack, all but
// the first line is the fact.
func (p *Preview) judge(said policyEvent) {
	rule, fact, _ := strings.Cut(plain(said.Message), "\n")
	verdict := Verdict{Level: Advisory, Policy: said.Policy, Rule: strings.TrimSpace(rule)}
	if said.Level == "mandatory" || said.Level == "remediate" {
		verdict.Level = Mandatory
	}
	if parts := exceptionLine.FindStringSubmatch(strings.TrimSpace(fact)); parts != nil && said.Policy == exceptionUsed {
		verdict = Verdict{Level: Excepted, Policy: parts[1], Fact: parts[2], Until: parts[3], Reason: parts[4]}
	} else {
		verdict.Fix, fact = take(fixLine, fact)
		verdict.More, fact = take(moreLine, fact)
		verdict.Fact = strings.TrimSpace(fact)
	}
	p.addVerdict(verdict, resourceName(said.URN))
}

// take removes the line that matches from a text.
func take(line *regexp.Regexp, text string) (found, rest string) {
	parts := line.FindStringSubmatchIndex(text)
	if parts == nil {
		return "", text
	}
	return text[parts[2]:parts[3]], text[:parts[0]] + text[parts[1]:]
}

// addVerdict adds a resource to the verdict that says the same, or the verdict.
func (p *Preview) addVerdict(verdict Verdict, resource string) {
	key := fmt.Sprintf("%+v", verdict)
	same, met := p.verdictAt[key]
	if !met {
		if p.verdictAt == nil {
			p.verdictAt = map[string]int{}
		}
		same = len(p.Verdicts)
		p.verdictAt[key] = same
		p.Verdicts = append(p.Verdicts, verdict)
	}
	known := &p.Verdicts[same].Resources
	if resource != "" && !slices.Contains(*known, resource) {
		*known = append(*known, resource)
		slices.Sort(*known)
	}
}

// resourceName is the name in a URN, and nothing for the stack.
func resourceName(urn string) string {
	if urn == "" || typeOf(urn) == typeStack {
		return ""
	}
	return nameOf(urn)
}

// remediation is what a policy rewrote in a resource.
func (r *reader) remediation(done remediationEvent) Remediation {
	kind := typeOf(done.URN)
	var secret []string
	if known, met := r.resources[done.URN]; met {
		secret = known.state().SecretOutputs
	}
	before, after := r.preview.masked(kind, done.Before, secret), r.preview.masked(kind, done.After, secret)
	return Remediation{
		Policy: done.Policy, Resource: resourceName(done.URN), Properties: leaves("", before, true, after, true),
	}
}

func sortVerdicts(verdicts []Verdict) {
	levels := []Level{Mandatory, Excepted, Advisory}
	slices.SortStableFunc(verdicts, func(a, b Verdict) int {
		return cmp.Or(
			cmp.Compare(slices.Index(levels, a.Level), slices.Index(levels, b.Level)),
			cmp.Compare(a.Policy, b.Policy),
			slices.Compare(a.Resources, b.Resources),
			cmp.Compare(a.Fact, b.Fact),
		)
	})
}

// packName shortens what the engine calls a local pack, gantry|local|<folder>.
func packName(name string) string {
	short, _, _ := strings.Cut(name, "|")
	return path.Base(short)
}
