// Package yamledit changes single values of YAML files that people write, and
// nothing else: comments, order and layout stay.
package yamledit

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"
)

// ErrByHand is a place that cannot be edited without touching more than what is
// asked for, such as an alias or a block of text.
var ErrByHand = errors.New("it cannot be edited where it stands")

// Set writes a value, in YAML on one line, at a path of keys. Keys that are not
// there are added beside their siblings; a value that is there must be a scalar.
func Set(file []byte, path []string, value string) ([]byte, error) {
	root, err := parse(file)
	if err != nil {
		return nil, err
	}
	text := newText(file)
	ok := false
	parent, depth := deepest(root, path)
	switch {
	case parent == nil:
	case depth == len(path):
		ok = text.replace(child(parent, path[depth-1]), value)
	default:
		entry := value
		for _, key := range slices.Backward(path[depth+1:]) {
			entry = "{" + key + ": " + entry + "}"
		}
		ok = text.insert(parent, path[depth], entry)
	}
	if !ok {
		return nil, ErrByHand
	}
	return verified(file, text.bytes(), func(content map[string]any) bool { return put(content, path, value) })
}

// Remove takes out what is at a path of keys, and the maps above it that have
// nothing else in them. A path that is not there is no error.
func Remove(file []byte, path []string) ([]byte, error) {
	root, err := parse(file)
	if err != nil {
		return nil, err
	}
	parents := []*yaml.Node{root}
	for _, key := range path {
		next := child(parents[len(parents)-1], key)
		if next == nil {
			return file, nil
		}
		parents = append(parents, next)
	}
	last := len(path) - 1
	for last > 0 && len(parents[last].Content) == 2 {
		last--
	}
	text := newText(file)
	mapping := parents[last]
	if mapping.Kind != yaml.MappingNode || !text.remove(mapping, keyNode(mapping, path[last])) {
		return nil, ErrByHand
	}
	return verified(file, text.bytes(), func(content map[string]any) bool { return drop(content, path[:last+1]) })
}

// Has tells whether something is at a path of keys.
func Has(file []byte, path []string) bool {
	node, err := parse(file)
	for _, key := range path {
		if err != nil || node == nil {
			return false
		}
		node = child(node, key)
	}
	return err == nil && node != nil
}

// parse is the map that a file holds.
func parse(file []byte) (*yaml.Node, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(file, &document); err != nil {
		return nil, fmt.Errorf("it is not valid YAML: %w", err)
	}
	if document.Kind != yaml.DocumentNode || document.Content[0].Kind != yaml.MappingNode {
		return nil, ErrByHand
	}
	return document.Content[0], nil
}

// deepest is the last map along a path that is there, and how many keys of the
// path are. It is nil where the path leads through something that is no map.
func deepest(root *yaml.Node, path []string) (parent *yaml.Node, depth int) {
	parent = root
	for i, key := range path {
		next := child(parent, key)
		switch {
		case next == nil:
			return parent, i
		case i == len(path)-1:
			return parent, len(path)
		case next.Kind != yaml.MappingNode:
			return nil, i
		}
		parent = next
	}
	return parent, len(path)
}

// child is the value of a key of a map; nil where the key is not there.
func child(mapping *yaml.Node, key string) *yaml.Node {
	if mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// keyNode is a key of a map that has it.
func keyNode(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i]
		}
	}
	return nil
}

// verified is the edited file, if it reads as the one before with the change and
// nothing else.
func verified(before, after []byte, change func(content map[string]any) bool) ([]byte, error) {
	var was, is map[string]any
	if yaml.Unmarshal(before, &was) != nil || yaml.Unmarshal(after, &is) != nil {
		return nil, ErrByHand
	}
	if !change(was) || !reflect.DeepEqual(was, is) {
		return nil, ErrByHand
	}
	return after, nil
}

// put writes a value into decoded content; false where it cannot be.
func put(content map[string]any, path []string, value string) bool {
	var want any
	if yaml.Unmarshal([]byte(value), &want) != nil {
		return false
	}
	for _, key := range path[:len(path)-1] {
		if content[key] == nil {
			content[key] = map[string]any{}
		}
		next, ok := content[key].(map[string]any)
		if !ok {
			return false
		}
		content = next
	}
	last := path[len(path)-1]
	if _, quoted := content[last].(string); quoted {
		want = value // text before, and still
	}
	content[last] = want
	return true
}

// drop takes a path out of decoded content.
func drop(content map[string]any, path []string) bool {
	for _, key := range path[:len(path)-1] {
		next, ok := content[key].(map[string]any)
		if !ok {
			return false
		}
		content = next
	}
	delete(content, path[len(path)-1])
	return true
}
