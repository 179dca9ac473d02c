package rules

import (
	"fmt"
	"maps"
	"slices"
)

// Parameter is something of a rule that a configuration may set.
type Parameter struct {
	Name string
	// Default is what it is otherwise: a float64, a string, a bool, a []string
	// or a map[string]float64, which also says what it may be.
	Default any
	// Says what it means, with its unit.
	Says string
}

// Schema is the JSON schema of the parameter, with the default that a stack
// has.
func (p Parameter) Schema(fallback any) map[string]any {
	schema := map[string]any{"description": p.Says, "default": plain(fallback)}
	switch p.Default.(type) {
	case float64:
		schema["type"] = "number"
		schema["minimum"] = 0
	case bool:
		schema["type"] = "boolean"
	case []string:
		schema["type"] = "array"
		schema["items"] = map[string]any{"type": "string"}
	case map[string]float64:
		schema["type"] = "object"
		schema["additionalProperties"] = map[string]any{"type": "number", "minimum": 0}
	default:
		schema["type"] = "string"
	}
	return schema
}

// Accepts tells whether a value from JSON is one that the parameter takes.
func (p Parameter) Accepts(value any) bool {
	switch p.Default.(type) {
	case float64:
		number, ok := value.(float64)
		return ok && number >= 0
	case bool:
		_, ok := value.(bool)
		return ok
	case []string:
		list, ok := value.([]any)
		return ok && !slices.ContainsFunc(list, func(e any) bool { _, text := e.(string); return !text })
	case map[string]float64:
		fields, ok := value.(map[string]any)
		if !ok {
			return false
		}
		for _, field := range fields {
			if number, ok := field.(float64); !ok || number < 0 {
				return false
			}
		}
		return true
	default:
		_, ok := value.(string)
		return ok
	}
}

// plain is a value as JSON has it.
func plain(value any) any {
	switch value := value.(type) {
	case []string:
		list := make([]any, len(value))
		for i, text := range value {
			list[i] = text
		}
		return list
	case map[string]float64:
		fields := map[string]any{}
		for key, number := range value {
			fields[key] = number
		}
		return fields
	default:
		return value
	}
}

// Values are the parameters of a rule as configured, every one of them.
type Values map[string]any

// Values takes the parameters from a configuration, and the defaults for what
// it leaves out or has of another type.
func (r Rule) Values(config map[string]any) Values {
	values := Values{}
	for _, p := range r.Parameters {
		values[p.Name] = plain(p.Default)
		if value, ok := config[p.Name]; ok && p.Accepts(value) {
			values[p.Name] = value
		}
	}
	return values
}

// Unaccepted lists what is wrong with the configuration of the rule.
func (r Rule) Unaccepted(config map[string]any) []string {
	var problems []string
	for _, name := range slices.Sorted(maps.Keys(config)) {
		at := slices.IndexFunc(r.Parameters, func(p Parameter) bool { return p.Name == name })
		switch {
		case at < 0:
			problems = append(problems, fmt.Sprintf("%s has no parameter %s", r.ID, name))
		case !r.Parameters[at].Accepts(config[name]):
			problems = append(problems, fmt.Sprintf("%s: %s cannot be %v", r.ID, name, config[name]))
		}
	}
	return problems
}

// Number is the value of a number.
func (v Values) Number(name string) float64 {
	number, _ := v[name].(float64)
	return number
}

// Text is the value of a text.
func (v Values) Text(name string) string {
	text, _ := v[name].(string)
	return text
}

// True is the value of a switch.
func (v Values) True(name string) bool {
	on, _ := v[name].(bool)
	return on
}

// Texts is the value of a list of texts.
func (v Values) Texts(name string) []string {
	list, _ := v[name].([]any)
	var texts []string
	for _, element := range list {
		if text, ok := element.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// Numbers is the value of a map of numbers.
func (v Values) Numbers(name string) map[string]float64 {
	fields, _ := v[name].(map[string]any)
	numbers := map[string]float64{}
	for key, field := range fields {
		if number, ok := field.(float64); ok {
			numbers[key] = number
		}
	}
	return numbers
}
