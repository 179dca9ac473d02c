package sizing

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Edit writes figures into a model file and changes nothing else: comments, order
// and layout stay. Keys that are not there are added beside their siblings. What
// stands where it cannot be edited without touching more, such as an alias, is an
// error that says what to write by hand.
func Edit(file []byte, figures []Figure) ([]byte, error) {
	for _, figure := range figures {
		edited, err := edit(file, figure)
		if err != nil {
			return nil, err
		}
		file = edited
	}
	return file, nil
}

// edit writes one figure, and makes sure that it, and only it, is read back.
func edit(file []byte, figure Figure) ([]byte, error) {
	section, key, _ := strings.Cut(figure.Key, ".")
	byHand := fmt.Errorf("%s cannot be edited where it stands: write %s: %s by hand", figure.Key, figure.Key, figure.Proposed)
	var document yaml.Node
	if err := yaml.Unmarshal(file, &document); err != nil {
		return nil, fmt.Errorf("reading the model file: %w", err)
	}
	if document.Kind != yaml.DocumentNode || document.Content[0].Kind != yaml.MappingNode {
		return nil, byHand
	}
	text := newText(file)
	root := document.Content[0]
	ok := false
	switch parent := child(root, section); {
	case parent == nil:
		ok = text.insert(root, section, "{"+key+": "+figure.Proposed+"}")
	case parent.Kind != yaml.MappingNode:
	case child(parent, key) == nil:
		ok = text.insert(parent, key, figure.Proposed)
	default:
		ok = text.replace(child(parent, key), figure.Proposed)
	}
	if !ok {
		return nil, byHand
	}
	edited := text.bytes()
	if !changesOnly(file, edited, section, key, figure.Proposed) {
		return nil, byHand
	}
	return edited, nil
}

// child is the value of a key of a map; nil where the key is not there.
func child(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// changesOnly is whether two files differ in nothing but the value of a key.
func changesOnly(before, after []byte, section, key, value string) bool {
	var was, is map[string]any
	if yaml.Unmarshal(before, &was) != nil || yaml.Unmarshal(after, &is) != nil {
		return false
	}
	var want any
	if yaml.Unmarshal([]byte(value), &want) != nil {
		return false
	}
	values, ok := was[section].(map[string]any)
	if !ok {
		values = map[string]any{}
	}
	if _, text := values[key].(string); text {
		want = value // quoted before, and still
	}
	values[key] = want
	was[section] = values
	return reflect.DeepEqual(was, is)
}

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
	end := last + 1
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
	line := strings.Repeat(" ", indent) + entry
	if end == len(t.lines) { // the last line does not end
		t.lines[end-1] = append(t.lines[end-1], []rune(strings.TrimSuffix(t.newline, "\n"))...)
	} else {
		line += strings.TrimSuffix(t.newline, "\n")
	}
	t.lines = append(t.lines[:end], append([][]rune{[]rune(line)}, t.lines[end:]...)...)
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
