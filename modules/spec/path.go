package spec

import (
	"fmt"
	"strconv"
	"strings"
)

// path is where a value stands, in two notations: in the configuration of the
// stack (gantry:models.x.scale.max), by which Validate names it, and where its
// author wrote it (stacks/models/x.yaml: scale.max). They differ for values
// from a file only.
type path struct {
	canonical, written string
}

// pathOf is a path whose author wrote it into the configuration of the stack.
func pathOf(text string) path { return path{canonical: text, written: text} }

// child is the path of a key of a map or struct.
func (p path) child(key string) path {
	return path{canonical: join(p.canonical, key), written: join(p.written, key)}
}

// item is the path of an element of a list.
func (p path) item(i int) path {
	index := fmt.Sprintf("[%d]", i)
	return path{canonical: p.canonical + index, written: p.written + index}
}

// join appends a key to a path. Keys that are more than a word stand in quotes
// and brackets, so that their dots do not read as levels. A root ends in a
// colon: "gantry:" or "stacks/models/x.yaml: ".
func join(parent, key string) string {
	if !isWord(key) {
		return parent + "[" + strconv.Quote(key) + "]"
	}
	if parent == "" || isRoot(parent) {
		return parent + key
	}
	return parent + "." + key
}

func isRoot(p string) bool { return strings.HasSuffix(strings.TrimSpace(p), ":") }

func isWord(key string) bool {
	return key != "" && !strings.ContainsFunc(key, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		return !letter && !isDigit(r) && r != '-' && r != '_'
	})
}

// within is whether inner is outer or a part of it.
func within(inner, outer string) bool {
	rest, ok := strings.CutPrefix(inner, outer)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[' || isRoot(outer))
}

// parent is the path of the struct, map or list that holds a value; "" at the
// top.
func parent(p string) string {
	end := strings.LastIndexAny(p, ".[")
	if end < 0 {
		return ""
	}
	return p[:end]
}
