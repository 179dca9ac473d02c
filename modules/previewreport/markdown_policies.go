package previewreport

import (
	"cmp"
	"fmt"
	"strings"
)

// mandatory is what policies refuse.
func (r report) mandatory() section {
	return r.verdictSection(rankMandatory, "### Policies that refuse this", r.Mandatory())
}

func (r report) advisories() section {
	verdicts := r.verdicts(Advisory)
	if len(verdicts) == 0 {
		return section{}
	}
	told := r.verdictSection(rankAdvisories, "", verdicts)
	summary := "**Advice of policies**: " + policyNames(verdicts)
	full := details(summary, told.levels[0]) + "\n"
	return section{rankAdvisories, []string{full, "Advice of policies: " + policyNames(verdicts) + ".\n\n"}}
}

// verdictSection tells verdicts in full, without the way out, and by the names
// of their policies.
func (r report) verdictSection(rank int, title string, verdicts []Verdict) section {
	if len(verdicts) == 0 {
		return section{}
	}
	if title != "" {
		title += "\n\n"
	}
	full, bare := title, title
	for _, verdict := range verdicts {
		full += r.verdictItem(verdict)
		bare += fmt.Sprintf("- **%s**%s: %s\n", r.policyLink(verdict.Policy, verdict.More), at2text(verdict.Resources), text(sentence(cutAt(verdict.Fact, 2*longestValue))))
	}
	counts := title + fmt.Sprintf("%s: %s.\n\n", plural(len(verdicts), "finding", "findings"), policyNames(verdicts))
	return section{rank, []string{full + "\n", bare + "\n", counts}}
}

func (r report) verdictItem(v Verdict) string {
	var b strings.Builder
	fmt.Fprintf(&b, "- **%s**%s: %s\n", r.policyLink(v.Policy, v.More), at2text(v.Resources), text(sentence(cmp.Or(v.Fact, v.Rule))))
	var more []string
	if v.Rule != "" && v.Fact != "" {
		more = append(more, "Rule: "+text(sentence(v.Rule)))
	}
	if v.Fix != "" {
		more = append(more, "Fix: "+text(sentence(v.Fix)))
	}
	if len(more) > 0 {
		b.WriteString(indent(strings.Join(more, "\n")))
	}
	return b.String()
}

// policyLink is the name of a policy, with a link to its page where there is one
// and it is known where the repository is.
func (r report) policyLink(policy, more string) string {
	if more == "" || r.Options.Docs == "" {
		return code(policy)
	}
	return fmt.Sprintf("[%s](%s/%s)", code(policy), strings.TrimSuffix(r.Options.Docs, "/"), more)
}

// at2text says which resources a verdict is about.
func at2text(resources []string) string {
	switch {
	case len(resources) == 0:
		return " at the stack as a whole"
	case len(resources) > mostNames:
		return fmt.Sprintf(" at %s and %d more", names(resources[:mostNames]), len(resources)-mostNames)
	default:
		return " at " + names(resources)
	}
}

// policyNames lists each policy once.
func policyNames(verdicts []Verdict) string {
	var all []string
	for _, verdict := range verdicts {
		all = merge(all, []string{verdict.Policy})
	}
	return names(all)
}

// exceptions is what somebody let pass.
func (r report) exceptions() section {
	verdicts := r.verdicts(Excepted)
	if len(verdicts) == 0 {
		return section{}
	}
	title := "### Exceptions in use\n\n"
	full, bare := title, title
	for _, v := range verdicts {
		full += fmt.Sprintf("- **%s**%s until **%s**: %s\n%s", code(v.Policy), at2text(v.Resources), v.Until,
			text(sentence(v.Reason)), indent("What it lets pass: "+text(sentence(v.Fact))))
		bare += fmt.Sprintf("- **%s**%s until %s\n", code(v.Policy), at2text(v.Resources), v.Until)
	}
	counts := title + fmt.Sprintf("%d: %s.\n\n", len(verdicts), policyNames(verdicts))
	return section{rankExceptions, []string{full + "\n", bare + "\n", counts}}
}

// remediations is what policies rewrote.
func (r report) remediations() section {
	if len(r.Remediations) == 0 {
		return section{}
	}
	title := "### Rewritten by policies\n\n"
	full := title
	var policies []Verdict
	for _, one := range r.Remediations {
		full += fmt.Sprintf("- **%s** at %s: %s\n", code(one.Policy), code(one.Resource), propertyLine(one.Properties))
		policies = append(policies, Verdict{Policy: one.Policy})
	}
	counts := title + fmt.Sprintf("%s by %s.\n\n", plural(len(r.Remediations), "resource", "resources"), policyNames(policies))
	return section{rankRemediations, []string{full + "\n", counts}}
}
