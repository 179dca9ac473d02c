package previewreport

import (
	"regexp"
	"strings"
)

// apart keeps a sign from what follows it and is not seen. GitHub looks for
// mentions and issues in the text that comes out, where no escape is left.
const apart = "\u200b"

// specials are the characters that mean something in Markdown within a line, or
// to GitHub: @somebody notifies, #1 leaves a trace in another issue.
var specials = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "@", "@"+apart, "#", "#"+apart,
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "|", `\|`, "~", `\~`, "\n", " ",
)

// text is words of somebody else within a line of Markdown: nothing in them
// means anything.
func text(words string) string { return specials.Replace(strings.TrimSpace(words)) }

// backticks are runs of them.
var backticks = regexp.MustCompile("`+")

// code is a value within a line of Markdown.
func code(value string) string {
	value = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		return r
	}, value)
	if value == "" {
		return "(nothing)"
	}
	mark := longer("", backticks.FindAllString(value, -1))
	if strings.HasPrefix(value, "`") || strings.HasSuffix(value, "`") {
		value = " " + value + " "
	}
	return mark + value + mark
}

// longer is a run of backticks that is longer than all of those, and than one.
func longer(least string, runs []string) string {
	mark := least + "`"
	for _, run := range runs {
		if len(run) >= len(mark) {
			mark = run + "`"
		}
	}
	return mark
}

// block is words of somebody else that keep their lines.
func block(words string) string {
	fence := longer("``", backticks.FindAllString(words, -1))
	return fence + "text\n" + strings.Trim(words, "\n") + "\n" + fence + "\n"
}

// details folds a body away under a summary. The summary is Markdown of one line:
// it stands within HTML, where only its code has to become HTML too.
func details(summary, body string) string {
	return "<details><summary>" + summaryHTML(summary) + "</summary>\n\n" + strings.TrimRight(body, "\n") + "\n\n</details>\n"
}

var (
	codeSpan = regexp.MustCompile("`([^`]+)`")
	boldSpan = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	htmlSign = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
)

func summaryHTML(summary string) string {
	summary = htmlSign.Replace(summary)
	summary = codeSpan.ReplaceAllString(summary, "<code>$1</code>")
	return boldSpan.ReplaceAllString(summary, "<b>$1</b>")
}

// indent moves a body into an item of a list.
func indent(body string) string {
	lines := strings.Split(strings.TrimRight(body, "\n"), "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = "  " + line
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// sentence ends words with a full stop where they have no end.
func sentence(words string) string {
	words = strings.TrimSpace(words)
	if words == "" || strings.ContainsAny(words[len(words)-1:], ".!?:…") {
		return words
	}
	return words + "."
}

// widest is how many characters of a block a comment shows without scrolling.
const widest = 96

// wrapLines breaks long lines between words; what follows is indented as the line
// was.
func wrapLines(words string) string {
	var wrapped []string
	for line := range strings.SplitSeq(words, "\n") {
		margin := line[:len(line)-len(strings.TrimLeft(line, " "))]
		for len([]rune(line)) > widest {
			head := string([]rune(line)[:widest+1])
			at := strings.LastIndex(head, " ")
			if at <= len(margin) {
				break
			}
			wrapped = append(wrapped, line[:at])
			line = margin + line[at+1:]
		}
		wrapped = append(wrapped, line)
	}
	return strings.Join(wrapped, "\n")
}
