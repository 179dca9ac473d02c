package previewreport

import (
	"fmt"
	"slices"
	"strings"
)

// longestError is how much of the errors is shown where there is no room.
const longestError = 4000

// errors is what the preview stopped for.
func (r report) errors() section {
	if len(r.Errors) == 0 {
		return section{}
	}
	title := "### Errors\n\n"
	full, short := title, title
	for _, message := range r.Errors {
		heading := ""
		if message.Resource != "" {
			heading = "At " + code(message.Resource) + ":\n\n"
		}
		full += heading + block(wrapLines(message.Text)) + "\n"
		if room := longestError - len(short); room > 0 {
			short += heading + block(wrapLines(cutAt(message.Text, room))) + "\n"
		}
	}
	return section{rankErrors, []string{full, short + fmt.Sprintf("%s; the event log has all of them.\n\n", plural(len(r.Errors), "error", "errors"))}}
}

// warnings is what is allowed and likely to hurt.
func (r report) warnings() section {
	if len(r.Warnings) == 0 {
		return section{}
	}
	title := "### Warnings\n\n"
	full, bare := title, title
	for _, message := range r.Warnings {
		at := ""
		if message.Resource != "" {
			at = code(message.Resource) + ": "
		}
		full += "- " + at + text(sentence(message.Text)) + "\n"
		if message.Fix != "" {
			full += indent("Fix: " + text(sentence(message.Fix)))
		}
		bare += "- " + at + text(cutAt(message.Text, longestValue)) + "\n"
	}
	counts := title + plural(len(r.Warnings), "warning", "warnings") + ".\n\n"
	return section{rankWarnings, []string{full + "\n", bare + "\n", counts}}
}

// quotas is what the cloud has to grant.
func (r report) quotas() section {
	if r.Quotas == "" {
		return section{}
	}
	full := details("**Quotas** that the platform needs with every pool at its greatest size", quotaTable(r.Quotas)) + "\n"
	rows := len(strings.Split(r.Quotas, "\n"))
	return section{rankQuotas, []string{full, fmt.Sprintf("%s of quotas are in the log of the preview.\n\n", plural(rows, "row", "rows"))}}
}

// quotaHeads are the columns of the program's table; see modules/quota.
var quotaHeads = []string{"needed", "of", "code", "note"}

// quotaTable makes a table of the program's, whose columns are aligned with
// spaces. One that is not is shown as it is.
func quotaTable(aligned string) string {
	rows := columns(aligned)
	if len(rows) == 0 || len(rows[0]) < 2 || len(rows[0]) > len(quotaHeads) {
		return block(aligned)
	}
	width := len(rows[0])
	heads := append([]string{quotaHeads[0], quotaHeads[1]}, quotaHeads[len(quotaHeads)-width+2:]...)
	var b strings.Builder
	fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(heads, " | "), strings.Repeat("---|", width))
	for _, row := range rows {
		for i := range row {
			row[i] = text(row[i])
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
	}
	return b.String()
}

// columns splits lines where all of them have two spaces or more.
func columns(aligned string) [][]string {
	var lines [][]rune
	width := 0
	for line := range strings.SplitSeq(aligned, "\n") {
		lines = append(lines, []rune(line))
		width = max(width, len([]rune(line)))
	}
	blank := func(at int) bool {
		return !slices.ContainsFunc(lines, func(line []rune) bool { return at < len(line) && line[at] != ' ' })
	}
	starts := []int{0}
	for at := 2; at < width; at++ {
		if blank(at-2) && blank(at-1) && !blank(at) {
			starts = append(starts, at)
		}
	}
	starts = append(starts, width)
	rows := make([][]string, len(lines))
	for i, line := range lines {
		for column := range starts[:len(starts)-1] {
			from, to := min(starts[column], len(line)), min(starts[column+1], len(line))
			rows[i] = append(rows[i], strings.TrimSpace(string(line[from:to])))
		}
	}
	return rows
}

// notes is what else was said.
func (r report) notes() section {
	if len(r.Notes) == 0 {
		return section{}
	}
	var lines []string
	for _, message := range r.Notes {
		line := message.Text
		if message.Resource != "" {
			line = message.Resource + ": " + line
		}
		lines = append(lines, line)
	}
	full := details(fmt.Sprintf("**Messages**: %d", len(lines)), block(wrapLines(strings.Join(lines, "\n")))) + "\n"
	return section{rankNotes, []string{full, ""}}
}
