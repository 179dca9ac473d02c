package quota

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"
)

// Table is the needs for people: one line each, and what there is beside what
// is needed where that is known.
func Table(needs []Need) string {
	if len(needs) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("With every pool at its maximum the platform needs:\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, n := range needs {
		// What a tabwriter reports is what the builder does, and that never
		// fails.
		_, _ = fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", amount(n), n.Name, code(n), n.Note)
	}
	_ = w.Flush()
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

func amount(n Need) string {
	text := number(n.Needed)
	if n.Available > 0 {
		text += " of " + number(n.Available)
	}
	if n.Unit != "" {
		text += " " + n.Unit
	}
	return text
}

// code is left out where it is the name.
func code(n Need) string {
	if n.Code == n.Name || n.Code == "" {
		return ""
	}
	return n.Code
}

func number(n int) string { return strconv.Itoa(n) }

func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}
