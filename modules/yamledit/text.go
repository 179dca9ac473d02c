package yamledit

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

// text is a file by lines and characters, as the parser counts them.
type text struct {
	lines   [][]rune
	newline string
}

func newText(file []byte) *text {
	t := &text{newline: "\n"}
	if bytes.Contains(file, []byte("\r\n")) {
		t.newline = "\r\n"
	}
	for line := range strings.SplitSeq(string(file), "\n") {
		t.lines = append(t.lines, []rune(line))
	}
	return t
}

func (t *text) bytes() []byte {
	lines := make([]string, len(t.lines))
	for i, line := range t.lines {
		lines[i] = string(line)
	}
	return []byte(strings.Join(lines, "\n"))
}

// replace writes another value in place of a scalar, with the quotes that it has.
func (t *text) replace(scalar *yaml.Node, value string) bool {
	if scalar.Kind != yaml.ScalarNode || scalar.Anchor != "" {
		return false
	}
	old := scalar.Value
	switch scalar.Style {
	case 0:
	case yaml.DoubleQuotedStyle:
		old, value = `"`+old+`"`, `"`+value+`"`
	case yaml.SingleQuotedStyle:
		old, value = `'`+old+`'`, `'`+value+`'`
	default:
		return false
	}
	line, column := t.lines[scalar.Line-1], scalar.Column-1
	if old == "" || !strings.HasPrefix(string(line[column:]), old) {
		return false
	}
	t.splice(scalar.Line-1, column, len([]rune(old)), value)
	return true
}

// splice puts a value in place of some characters of a line.
func (t *text) splice(line, column, length int, value string) {
	old := t.lines[line]
	t.lines[line] = []rune(string(old[:column]) + value + string(old[column+length:]))
}

// insert adds a key at the end of a map.
func (t *text) insert(mapping *yaml.Node, key, value string) bool {
	if mapping.Style&yaml.FlowStyle != 0 {
		return t.insertFlow(mapping, key+": "+value)
	}
	if len(mapping.Content) == 0 {
		return false
	}
	t.insertLine(mapping.Content[0].Column-1, mapping.Content[len(mapping.Content)-2].Line-1, key+": "+value)
	return true
}

// insertLine adds a line below the key that is the last of a block, and below what
// belongs to it. The indent is that of the block's keys.
func (t *text) insertLine(indent, last int, entry string) {
	end := t.blockEnd(indent, last)
	line := strings.Repeat(" ", indent) + entry
	if end == len(t.lines) { // the last line does not end
		t.lines[end-1] = append(t.lines[end-1], []rune(strings.TrimSuffix(t.newline, "\n"))...)
	} else {
		line += strings.TrimSuffix(t.newline, "\n")
	}
	t.lines = append(t.lines[:end], append([][]rune{[]rune(line)}, t.lines[end:]...)...)
}

// blockEnd is the line behind the key on a line, and behind what belongs to it.
func (t *text) blockEnd(indent, key int) int {
	end := key + 1
	for below := end; below < len(t.lines); below++ {
		line := string(t.lines[below])
		content := strings.TrimSpace(line)
		if content == "" {
			continue
		}
		own := len(line) - len(strings.TrimLeft(line, " "))
		if own < indent || own == indent && content != "-" && !strings.HasPrefix(content, "- ") {
			break
		}
		end = below + 1
	}
	return end
}

// remove takes a key with its value out of a map that has others too.
func (t *text) remove(mapping, key *yaml.Node) bool {
	line, column := key.Line-1, key.Column-1
	if mapping.Style&yaml.FlowStyle != 0 {
		return t.removeFlow(line, column)
	}
	if strings.TrimSpace(string(t.lines[line][:column])) != "" {
		return false // beside the dash of a list
	}
	t.lines = append(t.lines[:line], t.lines[t.blockEnd(column, line):]...)
	return true
}

// removeFlow takes the entry that begins at a place out of its braces, with the
// comma behind it, or for the last one the comma before it. Entries over several
// lines are left alone.
func (t *text) removeFlow(line, column int) bool {
	text := t.lines[line]
	end, depth, quote := column, 0, rune(0)
scan:
	for ; end < len(text); end++ {
		switch c := text[end]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && strings.ContainsRune(" \t,{[:", text[max(end-1, 0)]):
			quote = c
		case depth == 0 && (c == ',' || c == '}'):
			break scan
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
	}
	if end == len(text) {
		return false
	}
	if text[end] == ',' {
		for end++; end < len(text) && text[end] == ' '; end++ {
		}
	} else {
		before := strings.TrimRight(string(text[:column]), " ")
		before = strings.TrimSuffix(before, ",")
		column = len([]rune(before))
	}
	t.splice(line, column, end-column, "")
	return true
}

// insertFlow adds an entry before the brace that closes a map.
func (t *text) insertFlow(mapping *yaml.Node, entry string) bool {
	line, column, ok := t.closing(mapping.Line-1, mapping.Column-1)
	if !ok {
		return false
	}
	// Behind the last entry, which may stand on a line above.
	for {
		before := strings.TrimRight(string(t.lines[line][:column]), " \t\r")
		if before != "" {
			column = len([]rune(before))
			break
		}
		if line == 0 {
			return false
		}
		line--
		column = len(t.lines[line])
	}
	switch t.lines[line][column-1] {
	case '{':
	case ',':
		entry = " " + entry
	default:
		entry = ", " + entry
	}
	t.splice(line, column, 0, entry)
	return true
}

// closing is where the brace is that closes the one at a place.
func (t *text) closing(line, column int) (int, int, bool) {
	depth, quote, before := 0, rune(0), ' '
	for ; line < len(t.lines); line, column, before = line+1, 0, ' ' {
		for ; column < len(t.lines[line]); column++ {
			c := t.lines[line][column]
			starts := strings.ContainsRune(" \t,{[:", before)
			switch {
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case starts && (c == '"' || c == '\''):
				quote = c
			case c == '{' || c == '[':
				depth++
			case c == '}' || c == ']':
				if depth--; depth == 0 {
					return line, column, true
				}
			}
			if quote == 0 && c == '#' && (before == ' ' || before == '\t') {
				column = len(t.lines[line]) // a comment up to the end of the line
			}
			before = c
		}
	}
	return 0, 0, false
}
