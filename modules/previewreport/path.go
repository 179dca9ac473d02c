package previewreport

import (
	"regexp"
	"strconv"
	"strings"
)

// A path is written as the engine does: spec.containers[0].image, with keys that
// are no words in quotes: labels["gantry.dev/pool"].

var word = regexp.MustCompile(`^[\w$-]+$`)

// parsePath splits a path into keys (string) and indices (int). It reports false
// for what is none.
func parsePath(path string) (elements []any, ok bool) {
	for path != "" {
		switch {
		case strings.HasPrefix(path, "["):
			element, rest, ok := parseBracket(path)
			if !ok {
				return nil, false
			}
			elements, path = append(elements, element), rest
		default:
			path = strings.TrimPrefix(path, ".")
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			if end == 0 {
				return nil, false
			}
			elements, path = append(elements, path[:end]), path[end:]
		}
	}
	return elements, len(elements) > 0
}

func parseBracket(path string) (element any, rest string, ok bool) {
	if quoted, err := strconv.QuotedPrefix(path[1:]); err == nil {
		key, err := strconv.Unquote(quoted)
		rest, closed := strings.CutPrefix(path[1+len(quoted):], "]")
		return key, rest, err == nil && closed
	}
	inner, rest, closed := strings.Cut(path[1:], "]")
	index, err := strconv.Atoi(inner)
	return index, rest, closed && err == nil
}

// at is the value at a path, and whether there is one.
func at(value any, elements []any) (any, bool) {
	for _, element := range elements {
		switch element := element.(type) {
		case string:
			items, _ := value.(map[string]any)
			item, found := items[element]
			if !found {
				return nil, false
			}
			value = item
		case int:
			items, _ := value.([]any)
			if element < 0 || element >= len(items) {
				return nil, false
			}
			value = items[element]
		}
	}
	return value, true
}

func joinKey(path, key string) string {
	if !word.MatchString(key) {
		return path + "[" + strconv.Quote(key) + "]"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func joinIndex(path string, index int) string { return path + "[" + strconv.Itoa(index) + "]" }

var indices = regexp.MustCompile(`\[\d+\]`)

// matches tells whether a path is at or below a pattern, in which [] stands for
// any index.
func matches(pattern, path string) bool {
	path = indices.ReplaceAllString(path, "[]")
	rest, under := strings.CutPrefix(path, pattern)
	return under && (rest == "" || rest[0] == '.' || rest[0] == '[')
}
