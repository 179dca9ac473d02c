package engine

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Pauses of the narrator.
const (
	// slow is when an operation under way is worth a line.
	slow = 5 * time.Second
	// lull is how long the narrator is silent before it names what it waits for.
	lull = 10 * time.Second
	// lastWords is how long events may trail an operation that has ended.
	lastWords = 5 * time.Second
)

// narrator tells what the engine does: a line for each resource that is done,
// what is being waited for, and every message. It is the engine's event stream
// with what nobody reads left out.
type narrator struct {
	out   io.Writer
	color bool
	now   func() time.Time

	// started holds when each operation under way began, by URN.
	started map[string]time.Time
	// waiting is the last reason that was told for each of them.
	waiting map[string]string
	last    time.Time
}

// narrate starts a narrator and returns the channel to send the engine's events
// to, and a function that returns when all of them are told.
func narrate(out io.Writer, color bool) (stream chan events.EngineEvent, finish func()) {
	n := &narrator{
		out: out, color: color, now: time.Now,
		started: map[string]time.Time{}, waiting: map[string]string{}, last: time.Now(),
	}
	stream, done := make(chan events.EngineEvent), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case event, open := <-stream:
				if !open {
					return
				}
				n.tell(event.EngineEvent)
			case <-tick.C:
				n.remind()
			}
		}
	}()
	return stream, func() {
		select {
		case <-done:
		// An operation that fails before it begins leaves the channel open.
		case <-time.After(lastWords):
		}
	}
}

func (n *narrator) tell(event apitype.EngineEvent) {
	switch {
	case event.ResourcePreEvent != nil:
		n.started[event.ResourcePreEvent.Metadata.URN] = n.now()
	case event.ResOutputsEvent != nil:
		n.done(event.ResOutputsEvent.Metadata)
	case event.ResOpFailedEvent != nil:
		n.failed(event.ResOpFailedEvent.Metadata)
	case event.DiagnosticEvent != nil:
		n.message(*event.DiagnosticEvent)
	case event.PolicyEvent != nil:
		n.judged(*event.PolicyEvent)
	}
}

// judged tells what a policy says of a resource, in the words of the pack: a
// sentence of the rule, the fact, and the way out.
func (n *narrator) judged(verdict apitype.PolicyEvent) {
	prefix, color := "policy (advisory) ", "\x1b[33m"
	if verdict.EnforcementLevel == "mandatory" {
		prefix, color = "policy (mandatory) ", "\x1b[31m"
	}
	if name := nameOf(verdict.ResourceURN); name != "" {
		prefix += name + ": "
	}
	n.line(color, prefix+strings.ReplaceAll(plain(verdict.Message), "\n", "\n    "))
}

// marks stand for operations, as in the engine's own display.
var marks = map[apitype.OpType]struct{ text, color string }{
	apitype.OpCreate:            {"+", "\x1b[32m"},
	apitype.OpCreateReplacement: {"+", "\x1b[32m"},
	apitype.OpUpdate:            {"~", "\x1b[33m"},
	apitype.OpReplace:           {"+-", "\x1b[35m"},
	apitype.OpDelete:            {"-", "\x1b[31m"},
	apitype.OpDeleteReplaced:    {"-", "\x1b[31m"},
}

// done tells of a resource that is ready or gone. What stays the same, and what
// exists only in the engine, is passed over.
func (n *narrator) done(step apitype.StepEventMetadata) {
	mark, told := marks[step.Op]
	elapsed := n.end(step.URN)
	if !told || strings.HasPrefix(step.Type, "pulumi:") {
		return
	}
	line := fmt.Sprintf("%-2s %-50s %s", mark.text, shortType(step.Type), nameOf(step.URN))
	if elapsed >= time.Second {
		line += fmt.Sprintf("  %.0fs", elapsed.Seconds())
	}
	if changed := changedProperties(step); len(changed) > 0 && step.Op != apitype.OpCreate {
		line += "  [" + strings.Join(changed, ", ") + "]"
	}
	n.line(mark.color, line)
}

// changedProperties names what an operation changes: the paths that the provider
// tells, or else the properties that the engine found.
func changedProperties(step apitype.StepEventMetadata) []string {
	if len(step.DetailedDiff) > 0 {
		return slices.Sorted(maps.Keys(step.DetailedDiff))
	}
	return step.Diffs
}

func (n *narrator) failed(step apitype.StepEventMetadata) {
	n.end(step.URN)
	n.line("\x1b[31m", fmt.Sprintf("x  %-50s %s failed", shortType(step.Type), nameOf(step.URN)))
}

func (n *narrator) end(urn string) time.Duration {
	started, known := n.started[urn]
	delete(n.started, urn)
	delete(n.waiting, urn)
	if !known {
		return 0
	}
	return n.now().Sub(started)
}

// message tells what a provider or the program says. The status of a resource
// that will soon be ready is not news.
func (n *narrator) message(said apitype.DiagnosticEvent) {
	text := plain(said.Message)
	if text == "" || said.Severity == "debug" {
		return
	}
	if said.Ephemeral {
		n.waiting[said.URN] = text
		if started, busy := n.started[said.URN]; busy && n.now().Sub(started) >= slow {
			n.line("", fmt.Sprintf("   %s: %s", nameOf(said.URN), text))
		}
		return
	}
	prefix, color := "", ""
	switch said.Severity {
	case "error":
		prefix, color = "error: ", "\x1b[31m"
	case "warning":
		prefix, color = "warning: ", "\x1b[33m"
	}
	if name := nameOf(said.URN); name != "" && !strings.Contains(said.URN, "pulumi:pulumi:Stack") {
		prefix += name + ": "
	}
	n.line(color, prefix+wrapping.ReplaceAllString(text, ""))
}

// remind names what is under way when nothing was said for a while.
func (n *narrator) remind() {
	if n.now().Sub(n.last) < lull {
		return
	}
	var busy []string
	for urn, started := range n.started {
		if elapsed := n.now().Sub(started); elapsed >= slow && !strings.Contains(urn, "pulumi:pulumi:Stack") {
			text := fmt.Sprintf("%s (%.0fs)", nameOf(urn), elapsed.Seconds())
			if reason := n.waiting[urn]; reason != "" {
				text += ": " + reason
			}
			busy = append(busy, text)
		}
	}
	if len(busy) > 0 {
		slices.Sort(busy)
		n.line("", "   waiting for "+strings.Join(busy, "; "))
	}
}

func (n *narrator) line(color, text string) {
	n.last = n.now()
	if n.color && color != "" {
		text = color + text + "\x1b[0m"
	}
	fmt.Fprintln(n.out, text)
}

// shortType turns aws:eks/nodeGroup:NodeGroup into aws:eks:NodeGroup, as the
// engine's own display does, and leaves kubernetes:apps/v1:Deployment as it is.
func shortType(token string) string {
	parts := strings.Split(token, ":")
	if len(parts) != 3 {
		return token
	}
	module, member, nested := strings.Cut(parts[1], "/")
	if nested && strings.EqualFold(member, parts[2]) {
		parts[1] = module
	}
	return strings.Join(parts, ":")
}

func nameOf(urn string) string {
	if parsed := resource.URN(urn); parsed.IsValid() {
		return parsed.Name()
	}
	return ""
}

// colorTags are how the engine marks colours in messages.
var colorTags = regexp.MustCompile(`<\{%[^%]*%\}>`)

// wrapping is what the engine puts before the error of a program.
var wrapping = regexp.MustCompile(`^(error: )?(an unhandled error occurred: )?(program failed: )?(waiting for RPCs: )?1 error occurred:\s+\* |^error: `)

func plain(message string) string {
	return strings.TrimSpace(colorTags.ReplaceAllString(message, ""))
}
