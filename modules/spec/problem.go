package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Problem is one thing in a configuration that has to be changed.
type Problem struct {
	// Path is where it stands: gantry:pools[2].gpuCount, or
	// stacks/models/x.yaml: scale.max for a value that comes from a file.
	Path string
	// Value is what stands there, as a person would write it; empty when the
	// problem is that nothing stands there.
	Value string
	// What is wrong, as a predicate of the value, or of the path without one.
	What string
	// Fix is what to do about it.
	Fix string
}

// String is the problem as a sentence, without the fix.
func (p Problem) String() string {
	if p.Value == "" {
		return p.Path + " " + p.What
	}
	return p.Path + ": " + p.Value + " " + p.What
}

// Problems is every problem of a configuration, in the order of their paths. It
// is the type of every error that this package returns.
type Problems []Problem

// Error lists the problems, numbered, each with its fix on a line of its own.
func (p Problems) Error() string {
	var b strings.Builder
	noun := "problems"
	if len(p) == 1 {
		noun = "problem"
	}
	fmt.Fprintf(&b, "%d %s in the configuration:", len(p), noun)
	for i, problem := range p {
		fmt.Fprintf(&b, "\n%3d. %s\n     fix: %s", i+1, problem, problem.Fix)
	}
	return b.String()
}

// report collects problems while a configuration is walked.
type report struct {
	problems Problems
}

// add notes a problem. The value is shown as it would be written.
func (r *report) add(path string, value any, what, fix string) {
	r.problems = append(r.problems, Problem{Path: path, Value: show(value), What: what, Fix: fix})
}

// missing notes that nothing stands where something must.
func (r *report) missing(path, what, fix string) {
	r.problems = append(r.problems, Problem{Path: path, What: what, Fix: fix})
}

// err is nil, or the problems: sorted, each once.
func (r *report) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return r.sorted()
}

func (r *report) sorted() Problems {
	problems := slices.Clone(r.problems)
	slices.SortStableFunc(problems, func(a, b Problem) int { return comparePaths(a.Path, b.Path) })
	return slices.Compact(problems)
}

// comparePaths orders pools[2] before pools[10].
func comparePaths(a, b string) int {
	for a != "" && b != "" {
		headA, numA := leadingRun(a)
		headB, numB := leadingRun(b)
		order := strings.Compare(headA, headB)
		if numA && numB {
			order = cmp.Or(cmp.Compare(len(headA), len(headB)), order)
		}
		if order != 0 {
			return order
		}
		a, b = a[len(headA):], b[len(headB):]
	}
	return cmp.Compare(len(a), len(b))
}

// leadingRun is the longest head of s of digits only, or of no digit.
func leadingRun(s string) (run string, digits bool) {
	digits = isDigit(rune(s[0]))
	end := strings.IndexFunc(s, func(r rune) bool { return isDigit(r) != digits })
	if end < 0 {
		return s, digits
	}
	return s[:end], digits
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// show writes a value for a person: text in quotes only where it would be
// misread without them, and cut where it is long.
func show(value any) string {
	text := fmt.Sprint(value)
	if s, ok := value.(string); ok && (s == "" || strings.ContainsFunc(s, needsQuotes)) {
		text = strconv.Quote(s)
	}
	const limit = 80
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}

func needsQuotes(r rune) bool {
	return unicode.IsSpace(r) || !unicode.IsPrint(r) || r == '"'
}
