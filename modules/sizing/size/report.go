package main

import (
	"fmt"
	"io"
	"strings"

	"gantry.dev/gantry/modules/sizing"
)

// width of a line of text, in characters.
const width = 88

// report shows a proposal with its reasons, and the change of the model file.
func report(out io.Writer, o options, source string, p sizing.Proposal, c change) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in the stack %s, from %s\n\n", o.model, o.stack, source)
	for _, figure := range p.Figures {
		proposed := figure.Now + " -> " + figure.Proposed
		if !figure.Changes() {
			proposed = figure.Now + ", as it is"
		}
		fmt.Fprintf(&b, "%-24s%s\n%s", figure.Key, proposed, wrapped(figure.Why))
	}
	if p.GPU != "" {
		fmt.Fprintf(&b, "gpu\n%s", wrapped(p.GPU))
	}
	for _, left := range p.Left {
		fmt.Fprintf(&b, "left as it is\n%s", wrapped(left))
	}
	b.WriteString("\n")
	for _, figure := range c.elsewhere {
		fmt.Fprintf(&b, "Set gantry:models.%s.%s to %s in Pulumi.%s.yaml%s.\n", o.model, figure.Key, figure.Proposed, o.stack, because(c))
	}
	if c.diff == "" && c.file != "" {
		fmt.Fprintf(&b, "%s stays as it is.\n", c.file)
	}
	b.WriteString(c.diff)
	switch {
	case c.refused != nil:
		condition := ""
		if len(c.elsewhere) > 0 {
			condition = ", as long as its file stays as it is"
		}
		fmt.Fprintf(&b, "\nThe stack %s would refuse this%s. %v\n", o.stack, condition, c.refused)
	case c.unjudged:
		fmt.Fprintf(&b, "\nThe pools of %s belong to another stack: its preview tells whether the replicas fit.\n", o.stack)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// because is why a figure is not written into the model file.
func because(c change) string {
	if c.file == "" {
		return ": the model has no file in " + modelsFolder
	}
	return ", which overrides the model file"
}

// wrapped is a text in indented lines.
func wrapped(text string) string {
	const indent = "    "
	var b strings.Builder
	line := indent
	for _, word := range strings.Fields(text) {
		if len(line) > len(indent) && len(line)+1+len(word) > width {
			b.WriteString(line + "\n")
			line = indent
		}
		if len(line) > len(indent) {
			line += " "
		}
		line += word
	}
	b.WriteString(line + "\n")
	return b.String()
}
