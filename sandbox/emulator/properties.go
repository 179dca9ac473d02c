package emulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"google.golang.org/protobuf/types/known/structpb"
)

// Properties are the inputs or outputs of an object, as plain values: string,
// float64, bool, []any, map[string]any and, in previews, Unknown. Methods take
// paths such as vpcConfig.subnetIds; absent and unknown values read as the zero
// value.
type Properties map[string]any

// Unknown stands for a value that is not known before the update runs.
type Unknown struct{}

// String is the string at path.
func (p Properties) String(path string) string {
	s, _ := p.At(path).(string)
	return s
}

// Int is the whole number at path.
func (p Properties) Int(path string) int {
	f, _ := p.At(path).(float64)
	return int(math.Round(f))
}

// Bool is the boolean at path.
func (p Properties) Bool(path string) bool {
	b, _ := p.At(path).(bool)
	return b
}

// Strings are the known strings in the array at path.
func (p Properties) Strings(path string) []string {
	array, _ := p.At(path).([]any)
	var found []string
	for _, v := range array {
		if s, ok := v.(string); ok {
			found = append(found, s)
		}
	}
	return found
}

// Objects are the known objects in the array at path.
func (p Properties) Objects(path string) []Properties {
	array, _ := p.At(path).([]any)
	var found []Properties
	for _, v := range array {
		if m, ok := v.(map[string]any); ok {
			found = append(found, m)
		}
	}
	return found
}

// StringMap is the map of strings at path, without the values that are unknown.
func (p Properties) StringMap(path string) map[string]string {
	object, _ := p.At(path).(map[string]any)
	found := make(map[string]string, len(object))
	for k, v := range object {
		if s, ok := v.(string); ok {
			found[k] = s
		}
	}
	return found
}

// Has tells whether there is a value at path, known or not.
func (p Properties) Has(path string) bool { return p.At(path) != nil }

// Known tells whether everything at path is known. An absent value is known.
func (p Properties) Known(path string) bool { return !containsUnknown(p.At(path)) }

// Settled tells whether everything at path is known, or its absence is. In a
// preview a value may be unknown because an object around it is.
func (p Properties) Settled(path string) bool {
	for at := range path {
		if path[at] != '.' {
			continue
		}
		if _, unknown := p.At(path[:at]).(Unknown); unknown {
			return false
		}
	}
	return p.Known(path)
}

// Clone copies the properties deeply.
func (p Properties) Clone() Properties {
	if p == nil {
		return nil
	}
	clone, _ := cloneValue(map[string]any(p)).(map[string]any)
	return clone
}

// Strings makes an array property of strings.
func Strings(values ...string) []any {
	array := make([]any, len(values))
	for i, v := range values {
		array[i] = v
	}
	return array
}

// StringMap makes a map property of strings.
func StringMap(values map[string]string) map[string]any {
	object := make(map[string]any, len(values))
	for k, v := range values {
		object[k] = v
	}
	return object
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case []any:
		array := make([]any, len(v))
		for i := range v {
			array[i] = cloneValue(v[i])
		}
		return array
	case map[string]any:
		object := make(map[string]any, len(v))
		for k := range v {
			object[k] = cloneValue(v[k])
		}
		return object
	case Properties:
		return cloneValue(map[string]any(v))
	case int:
		return float64(v)
	default:
		return v
	}
}

func containsUnknown(v any) bool {
	switch v := v.(type) {
	case Unknown:
		return true
	case []any:
		return slices.ContainsFunc(v, containsUnknown)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), containsUnknown)
	default:
		return false
	}
}

// decode reads properties from the wire. Secrets arrive unwrapped: the provider
// tells the engine that it takes none, and the engine puts the marks back on
// whatever is returned under the same name.
func decode(wire *structpb.Struct) (Properties, error) {
	decoded, err := plugin.UnmarshalProperties(wire, plugin.MarshalOptions{
		KeepUnknowns: true,
		SkipNulls:    true,
	})
	if err != nil {
		return nil, fmt.Errorf("reading properties: %w", err)
	}
	return decoded.MapRepl(nil, func(v resource.PropertyValue) (any, bool) {
		switch {
		case v.IsComputed(), v.IsOutput():
			return Unknown{}, true
		case v.IsSecret():
			return v.SecretValue().Element.MapRepl(nil, nil), true
		default:
			return nil, false
		}
	}), nil
}

// encode writes properties to the wire.
func encode(p Properties) (*structpb.Struct, error) {
	value, err := encodeValue(map[string]any(p.Clone()))
	if err != nil {
		return nil, err
	}
	wire, err := plugin.MarshalProperties(value.ObjectValue(), plugin.MarshalOptions{
		KeepUnknowns: true,
		SkipNulls:    true,
	})
	if err != nil {
		return nil, fmt.Errorf("writing properties: %w", err)
	}
	return wire, nil
}

func encodeValue(v any) (resource.PropertyValue, error) {
	switch v := v.(type) {
	case nil:
		return resource.NewNullProperty(), nil
	case Unknown:
		return resource.MakeComputed(resource.NewStringProperty("")), nil
	case string:
		return resource.NewStringProperty(v), nil
	case bool:
		return resource.NewBoolProperty(v), nil
	case float64:
		return resource.NewNumberProperty(v), nil
	case []any:
		array := make([]resource.PropertyValue, len(v))
		for i := range v {
			element, err := encodeValue(v[i])
			if err != nil {
				return resource.PropertyValue{}, err
			}
			array[i] = element
		}
		return resource.NewArrayProperty(array), nil
	case map[string]any:
		object := make(resource.PropertyMap, len(v))
		for k := range v {
			element, err := encodeValue(v[k])
			if err != nil {
				return resource.PropertyValue{}, err
			}
			object[resource.PropertyKey(k)] = element
		}
		return resource.NewObjectProperty(object), nil
	default:
		return resource.PropertyValue{}, fmt.Errorf("writing properties: a value of type %T has no form on the wire", v)
	}
}

// equalJSON tells whether two strings hold the same JSON document.
func equalJSON(a, b string) bool {
	var left, right any
	if json.Unmarshal([]byte(a), &left) != nil || json.Unmarshal([]byte(b), &right) != nil {
		return a == b
	}
	return equalValues(left, right)
}
