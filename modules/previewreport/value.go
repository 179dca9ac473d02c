package previewreport

import (
	"encoding/json"
	"strings"
)

// unknowns are what the engine puts in the place of a value that is known only
// after the deployment. Source: pulumi/sdk/v3 go/common/resource/plugin/rpc.go.
var unknowns = map[string]bool{
	"1c4a061d-8072-4f0a-a4cb-0ff528b18fe7": true, // bool
	"3eeb2bf0-c639-47a8-9e75-3b44932eb421": true, // number
	"04da6b54-80e4-46f7-96ec-b56ff0331ba9": true, // string
	"6a19a0b0-7e62-4c92-b797-7f8e31da9cc2": true, // array
	"030794c1-ac77-496b-92df-f27374a8bd58": true, // asset
	"e48ece36-62e2-4504-bad9-02848725956a": true, // archive
	"dd056dcd-154b-4c76-9bd3-c8f88648b5ff": true, // object
}

// What is shown in the place of values that are not.
const (
	shownSecret  = "(secret)"
	shownUnknown = "(known afterwards)"
)

// longestValue is how much of a value is shown, in characters.
const longestValue = 120

// show is a masked value for people: text as it is, anything else in JSON.
func show(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case hidden:
		return shownSecret
	case string:
		if unknowns[value] {
			return shownUnknown
		}
		if value == "" || strings.TrimSpace(value) != value || strings.ContainsAny(value, "\n\r\t") {
			return cut(encode(value))
		}
		return cut(value)
	default:
		return cut(encode(readable(value)))
	}
}

// readable replaces, in a value that is shown as JSON, what has no form there.
func readable(value any) any {
	switch value := value.(type) {
	case hidden:
		return shownSecret
	case string:
		if unknowns[value] {
			return shownUnknown
		}
		return value
	case map[string]any:
		clean := map[string]any{}
		for key, item := range value {
			clean[key] = readable(item)
		}
		return clean
	case []any:
		clean := make([]any, len(value))
		for i, item := range value {
			clean[i] = readable(item)
		}
		return clean
	default:
		return value
	}
}

func encode(value any) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "a value that has no JSON"
	}
	return strings.TrimSuffix(text.String(), "\n")
}

func cut(text string) string { return cutAt(text, longestValue) }

// cutAt shortens a text to a number of characters.
func cutAt(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:limit-1]) + "…"
}
