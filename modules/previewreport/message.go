package previewreport

import (
	"regexp"
	"slices"
	"strings"
)

// Message is what the engine, a provider or the program says.
type Message struct {
	// Resource it is about; empty where it is about the run as a whole.
	Resource string
	// Text has no colours and nothing that the engine put around it.
	Text string
	// Fix is what to do about it, of a warning that tells.
	Fix string
}

var (
	// colorTags are how the engine marks colours.
	colorTags = regexp.MustCompile(`<\{%[^%]*%\}>`)
	// ansi are the colours of a terminal.
	ansi = regexp.MustCompile("\x1b\\[[0-9;]*m")
	// wrapping is what the engine puts before the error of a program.
	wrapping = regexp.MustCompile(`^(error: )?(an unhandled error occurred: )?(program failed: )?(waiting for RPCs: )?1 error occurred:\s+\* |^error: `)
	// housekeeping are messages about the run that no reader acts on: what
	// failed is told elsewhere, and so is which policy pack ran.
	housekeeping = regexp.MustCompile(`^(preview failed|update failed|using pulumi-(analyzer|resource)-[\w-]+ from \$PATH at .*)$`)
)

// quotaHeading begins the table of what the cloud has to grant; see
// modules/quota.
const quotaHeading = "With every pool at its maximum the platform needs:"

// fixMark begins the line of a warning that tells what to do; see
// stacks/preflight.go.
const fixMark = "\nfix: "

func plain(text string) string {
	text = ansi.ReplaceAllString(colorTags.ReplaceAllString(text, ""), "")
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}

// say keeps what a diagnostic says. The progress of a resource is not news.
func (p *Preview) say(said diagnosticEvent) {
	text := strings.TrimSpace(wrapping.ReplaceAllString(plain(said.Message), ""))
	if text == "" || said.Ephemeral || said.Severity == "debug" || housekeeping.MatchString(text) {
		return
	}
	message := Message{Text: text}
	if typeOf(said.URN) != typeStack {
		message.Resource = nameOf(said.URN)
	}
	switch said.Severity {
	case "error":
		p.Errors = addMessage(p.Errors, message)
	case "warning":
		if at := strings.LastIndex(text, fixMark); at >= 0 {
			message.Text, message.Fix = text[:at], text[at+len(fixMark):]
		}
		p.Warnings = addMessage(p.Warnings, message)
	default:
		if table, isQuotas := strings.CutPrefix(text, quotaHeading); isQuotas {
			p.Quotas = strings.ReplaceAll(strings.Trim(table, "\n"), "\n  ", "\n")
			p.Quotas = strings.TrimPrefix(p.Quotas, "  ")
			return
		}
		p.Notes = addMessage(p.Notes, message)
	}
}

// addMessage adds a message that was not said before.
func addMessage(all []Message, one Message) []Message {
	if slices.Contains(all, one) {
		return all
	}
	return append(all, one)
}
