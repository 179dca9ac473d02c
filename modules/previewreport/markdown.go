package previewreport

import (
	"fmt"
	"regexp"
	"strings"
)

// Options of a report.
type Options struct {
	// Stack to name in the report. Default: that of the log.
	Stack string
	// Limit of the report in bytes. Default: Limit.
	Limit int
	// Docs is the URL of the repository's root, for links to documentation.
	// Empty: paths are named and not linked.
	Docs string
	// ExitCode of the command that previewed. Anything but 0 is a failure,
	// whatever the log says.
	ExitCode int
	// Base is the cost to compare with where the stack has none yet, for
	// example that of another stack.
	Base *Cost
}

// unfit are characters that end a comment in HTML or that no stack name has.
var unfit = regexp.MustCompile(`[^A-Za-z0-9_./-]|--+`)

// Marker is the first line of the report of a stack. It is not shown, and finds
// the comment again.
func Marker(stack string) string {
	return "<!-- gantry-preview:" + unfit.ReplaceAllString(stack, "-") + " -->"
}

// Markdown is the report: a comment of at most o.Limit bytes.
func Markdown(p *Preview, o Options) string {
	r := report{Preview: p, Options: o}
	if r.Options.Stack == "" {
		r.Options.Stack = p.Stack
	}
	if r.Options.Limit == 0 {
		r.Options.Limit = Limit
	}
	if p.Cost.Before == nil {
		r.compared = o.Base
	}
	return fold(r.sections(), r.Options.Limit)
}

// report writes the sections.
type report struct {
	*Preview
	Options Options
	// compared is the cost of another stack that takes the place of the one
	// before.
	compared *Cost
}

// sections are the parts of the report in the order of reading.
func (r report) sections() []section {
	all := []section{
		r.head(), r.errors(), r.mandatory(), r.gone(), r.cost(), r.updated(), r.created(),
		r.exceptions(), r.advisories(), r.remediations(), r.warnings(), r.quotas(), r.notes(),
	}
	var told []section
	for _, one := range all {
		if len(one.levels) > 0 && one.levels[0] != "" {
			told = append(told, one)
		}
	}
	return told
}

// head is the marker and what happens, in a line.
func (r report) head() section {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n## Preview of %s: %s\n\n", Marker(r.Options.Stack), code(r.Options.Stack), r.headline())
	if state := r.verdict(); state != "" {
		b.WriteString(state + "\n\n")
	}
	if line := r.summary(); line != "" {
		b.WriteString(line + "\n\n")
	}
	return section{rankHead, []string{b.String()}}
}

// counted are the operations with the word for them, as the headline tells them.
var counted = []struct {
	op         Op
	word, past string
}{
	{Replace, "to replace", "replaced"}, {Delete, "to delete", "deleted"}, {Update, "to update", "updated"},
	{Create, "to create", "created"}, {Lookup, "to read", "read"},
}

func (r report) headline() string {
	var parts []string
	for _, one := range counted {
		if count := r.Count(one.op); count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count, one.word))
		}
	}
	failed := r.Result == Failed || r.Options.ExitCode != 0
	switch {
	case len(parts) == 0 && r.Result == CutOff:
		return "no result"
	case len(parts) == 0 && failed:
		return "failed"
	case len(parts) == 0:
		return "no changes"
	case failed:
		return "failed, " + strings.Join(parts, ", ")
	default:
		return strings.Join(parts, ", ")
	}
}

// verdict says why a preview is not the whole truth.
func (r report) verdict() string {
	switch {
	case r.Result == CutOff:
		return "**The preview did not come to its end**, so that changes may be missing below. The log of the job says more."
	case r.Result == Failed && len(r.Errors) == 0 && len(r.Mandatory()) > 0:
		return fmt.Sprintf("**%s.** The preview looked at everything; a deployment would stop.", capital(broken(r.Mandatory())))
	case r.Result == Failed:
		return "**The preview failed**, so that changes may be missing below."
	case r.Options.ExitCode != 0:
		return fmt.Sprintf("**The preview ended with exit code %d.** The log of the job says more.", r.Options.ExitCode)
	default:
		return ""
	}
}

// broken says how many policies are violated, and for how many resources.
func broken(verdicts []Verdict) string {
	policies, resources := map[string]bool{}, map[string]bool{}
	for _, verdict := range verdicts {
		policies[verdict.Policy] = true
		for _, resource := range verdict.Resources {
			resources[resource] = true
		}
	}
	words := plural(len(policies), "mandatory policy is", "mandatory policies are") + " violated"
	if len(resources) > 1 {
		words += fmt.Sprintf(" by %d resources", len(resources))
	}
	return words
}

// summary is the rest of what is worth a line at the top.
func (r report) summary() string {
	var parts []string
	if data := r.weighing(DataLoss); data > 0 {
		parts = append(parts, "**"+plural(data, "change loses data or a cluster", "changes lose data or a cluster")+"**")
	}
	if broken := r.weighing(Disruption); broken > 0 {
		parts = append(parts, plural(broken, "change interrupts something", "changes interrupt something"))
	}
	if r.Same > 0 {
		parts = append(parts, plural(r.Same, "resource stays as it is", "resources stay as they are"))
	}
	if change := r.costLine(); change != "" {
		parts = append(parts, change)
	}
	switch {
	case r.Result != Succeeded || r.Cost.Gone: // not judged to the end, or nothing to judge
	case len(r.Packs) > 0:
		parts = append(parts, "no policy refuses it")
	default:
		parts = append(parts, "**no policy pack judged it**")
	}
	return strings.Join(parts, " · ")
}

// weighing counts the changes of a weight.
func (r report) weighing(weight Weight) int {
	count := 0
	for _, change := range r.Changes {
		if change.Meaning().Weight == weight {
			count++
		}
	}
	return count
}

func plural(count int, one, many string) string {
	if count == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", count, many)
}

func capital(words string) string {
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// names is a list of names as code, in a line.
func names(all []string) string {
	quoted := make([]string, len(all))
	for i, name := range all {
		quoted[i] = code(name)
	}
	return strings.Join(quoted, ", ")
}
