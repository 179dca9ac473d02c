package emulator

import (
	"reflect"
	"strconv"
	"strings"
)

// A path names a value inside Properties: names separated by dots, with [] for
// every element of an array and [n] for one: routes[].cidrBlock. A key with a
// dot in it is quoted, as the engine writes it: labels["gantry.dev/role"].

// At is the value at path, or nil. For a path with [] it is the first match.
func (p Properties) At(path string) any {
	if found := p.All(path); len(found) > 0 {
		return found[0]
	}
	return nil
}

// All are the values at every place that path matches.
func (p Properties) All(path string) []any {
	return find(map[string]any(p), steps(path))
}

// Set puts a value at path, making the objects on the way. It does nothing when
// something on the way is neither absent nor an object.
func (p Properties) Set(path string, value any) {
	at := map[string]any(p)
	names := steps(path)
	for _, name := range names[:len(names)-1] {
		next, ok := at[name].(map[string]any)
		if !ok {
			if at[name] != nil {
				return
			}
			next = map[string]any{}
			at[name] = next
		}
		at = next
	}
	at[names[len(names)-1]] = cloneValue(value)
}

// steps splits a path: a.b[].c["x.y"][0] is a, b, [], c, x.y, [0].
func steps(path string) []string {
	var found []string
	for path != "" {
		switch {
		case strings.HasPrefix(path, `["`):
			end := strings.Index(path, `"]`)
			if end < 0 {
				return append(found, path)
			}
			found = append(found, path[2:end])
			path = path[end+2:]
		case path[0] == '[':
			end := strings.IndexByte(path, ']')
			if end < 0 {
				return append(found, path)
			}
			found = append(found, path[:end+1])
			path = path[end+1:]
		case path[0] == '.':
			path = path[1:]
		default:
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			found = append(found, path[:end])
			path = path[end:]
		}
	}
	return found
}

// join appends a key to a path, quoted where the engine would quote it.
func join(path, key string) string {
	if strings.ContainsAny(key, `."[]/ `) {
		return path + `["` + key + `"]`
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// index appends an array position to a path.
func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// pattern turns the positions of a path into [], so that it can be compared
// with the paths of a table.
func pattern(path string) string {
	var b strings.Builder
	for _, step := range steps(path) {
		switch {
		case strings.HasPrefix(step, "["):
			b.WriteString("[]")
		case b.Len() > 0:
			b.WriteString("." + step)
		default:
			b.WriteString(step)
		}
	}
	return b.String()
}

func find(v any, path []string) []any {
	if v == nil {
		return nil
	}
	if len(path) == 0 {
		return []any{v}
	}
	if !strings.HasPrefix(path[0], "[") {
		object, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		return find(object[path[0]], path[1:])
	}
	array, ok := v.([]any)
	if !ok {
		return nil
	}
	if n, err := strconv.Atoi(strings.Trim(path[0], "[]")); err == nil {
		if n < 0 || n >= len(array) {
			return nil
		}
		return find(array[n], path[1:])
	}
	var found []any
	for _, element := range array {
		found = append(found, find(element, path[1:])...)
	}
	return found
}

func equalValues(a, b any) bool { return reflect.DeepEqual(a, b) }
