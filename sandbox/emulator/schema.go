package emulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Schema lists the properties of a Pulumi package: what the SDK lets a program
// write, and what it expects back. It is generated from the sources of the SDK
// (package gosdk) and kept as JSON beside the tables.
type Schema struct {
	// Module and Version name the SDK that the schema was read from.
	Module  string `json:"module"`
	Version string `json:"version"`
	// Config are the provider's own inputs.
	Config map[string]PropertyType `json:"config"`
	// Resources by token.
	Resources map[string]ResourceSchema `json:"resources"`
	// Objects are the nested types, by name.
	Objects map[string]map[string]PropertyType `json:"objects"`
}

// ResourceSchema lists the properties of one resource type.
type ResourceSchema struct {
	Inputs  map[string]PropertyType `json:"inputs"`
	Outputs map[string]PropertyType `json:"outputs"`
}

// PropertyType is the type of a property in a notation close to Go's: string,
// integer, number, boolean, any, []T, map[string]T or the name of an object,
// followed by ? when it may be absent.
type PropertyType string

// Optional tells whether the property may be absent.
func (t PropertyType) Optional() bool { return strings.HasSuffix(string(t), "?") }

// collection tells whether the property is an array or a map.
func (t PropertyType) collection() bool {
	return strings.HasPrefix(string(t), "[]") || strings.HasPrefix(string(t), "map[")
}

// ParseSchema reads the JSON form of a schema.
func ParseSchema(data []byte) (Schema, error) {
	var s Schema
	if err := json.Unmarshal(data, &s); err != nil {
		return Schema{}, fmt.Errorf("reading schema: %w", err)
	}
	return s, nil
}

// problem is one thing wrong with the inputs of a resource.
type problem struct{ path, reason string }

// check compares inputs with the schema: every property is known, of the right
// type, and there when it must be.
func (s Schema) check(inputs Properties, want map[string]PropertyType) []problem {
	return s.checkObject("", inputs, want)
}

func (s Schema) checkObject(path string, object map[string]any, want map[string]PropertyType) []problem {
	var problems []problem
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if strings.HasPrefix(key, "__") {
			continue // marks that the provider keeps for itself
		}
		t, known := want[key]
		if !known {
			problems = append(problems, problem{join(path, key), "is not a property; known are " +
				strings.Join(slices.Sorted(maps.Keys(want)), ", ")})
			continue
		}
		problems = append(problems, s.checkValue(join(path, key), object[key], t)...)
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if _, given := object[key]; !given && !want[key].Optional() {
			problems = append(problems, problem{join(path, key), "is required"})
		}
	}
	return problems
}

func (s Schema) checkValue(path string, v any, t PropertyType) []problem {
	name := strings.TrimSuffix(string(t), "?")
	if _, unknown := v.(Unknown); unknown || name == "any" {
		return nil
	}
	if element, ok := strings.CutPrefix(name, "[]"); ok {
		array, ok := v.([]any)
		if !ok {
			return mismatch(path, v, name)
		}
		var problems []problem
		for i := range array {
			problems = append(problems, s.checkValue(index(path, i), array[i], PropertyType(element))...)
		}
		return problems
	}
	if element, ok := strings.CutPrefix(name, "map[string]"); ok {
		object, ok := v.(map[string]any)
		if !ok {
			return mismatch(path, v, name)
		}
		var problems []problem
		for _, key := range slices.Sorted(maps.Keys(object)) {
			problems = append(problems, s.checkValue(join(path, key), object[key], PropertyType(element))...)
		}
		return problems
	}
	if want, ok := s.Objects[name]; ok {
		object, ok := v.(map[string]any)
		if !ok {
			return mismatch(path, v, name)
		}
		return s.checkObject(path, object, want)
	}
	if !scalarFits(v, name) {
		return mismatch(path, v, name)
	}
	return nil
}

func scalarFits(v any, name string) bool {
	switch v := v.(type) {
	case string:
		return name == "string"
	case bool:
		return name == "boolean"
	case float64:
		return name == "number" || name == "integer" && v == float64(int64(v))
	default:
		return false
	}
}

func mismatch(path string, v any, want string) []problem {
	return []problem{{path, fmt.Sprintf("expected %s, got %s", want, typeName(v))}}
}

func typeName(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case float64:
		return "a number"
	case []any:
		return "an array"
	case map[string]any:
		return "an object"
	default:
		return "nothing"
	}
}
