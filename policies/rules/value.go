package rules

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// Value is a property as a rule reads it: present, missing or not known yet.
// Reading never fails. What is not known before the cloud has answered is
// neither right nor wrong, and what has an unexpected type counts as missing.
type Value struct{ v property.Value }

// NewValue wraps the properties of a resource.
func NewValue(properties property.Map) Value { return Value{property.New(properties)} }

// At is the value under a path of keys. Under something unknown everything is
// unknown.
func (v Value) At(keys ...string) Value {
	for _, key := range keys {
		if v.Unknown() {
			return v
		}
		if !v.v.IsMap() {
			return Value{}
		}
		v = Value{v.v.AsMap().Get(key)}
	}
	return v
}

// Unknown tells whether the value is computed and not known yet.
func (v Value) Unknown() bool { return v.v.IsComputed() }

// Missing tells whether there is no value.
func (v Value) Missing() bool { return v.v.IsNull() }

// HasUnknown tells whether the value, or anything in it, is not known yet.
func (v Value) HasUnknown() bool { return v.v.HasComputed() }

// Text is the value of a text; empty for everything else.
func (v Value) Text() string {
	if v.v.IsString() {
		return v.v.AsString()
	}
	return ""
}

// Is tells whether the value is known to be the text.
func (v Value) Is(text string) bool { return v.v.IsString() && v.v.AsString() == text }

// IsNot tells whether the value is known to be something else, or missing.
func (v Value) IsNot(text string) bool { return !v.Unknown() && !v.Is(text) }

// True tells whether the value is known to be true. Some fields of AWS spell
// truth values as text.
func (v Value) True() bool { return v.v.IsBool() && v.v.AsBool() || v.Is("true") }

// NotTrue tells whether the value is known to be false, or missing.
func (v Value) NotTrue() bool { return !v.Unknown() && !v.True() }

// False tells whether the value is known to be false.
func (v Value) False() bool { return v.v.IsBool() && !v.v.AsBool() || v.Is("false") }

// NotFalse tells whether the value is known to be true, or missing.
func (v Value) NotFalse() bool { return !v.Unknown() && !v.False() }

// Number is the value of a number, or of a text that is one, and whether there
// is one.
func (v Value) Number() (float64, bool) {
	if v.v.IsNumber() {
		return v.v.AsNumber(), true
	}
	number, err := strconv.ParseFloat(v.Text(), 64)
	return number, err == nil
}

// List is the elements of a list; none for everything else.
func (v Value) List() []Value {
	if !v.v.IsArray() {
		return nil
	}
	var elements []Value
	for _, element := range v.v.AsArray().AsSlice() {
		elements = append(elements, Value{element})
	}
	return elements
}

// Texts is the texts in a list.
func (v Value) Texts() []string {
	var texts []string
	for _, element := range v.List() {
		if element.v.IsString() {
			texts = append(texts, element.v.AsString())
		}
	}
	return texts
}

// TextMap is the texts in a map, by their key.
func (v Value) TextMap() map[string]string {
	texts := map[string]string{}
	if !v.v.IsMap() {
		return texts
	}
	for key, value := range v.v.AsMap().All {
		if value.IsString() {
			texts[key] = value.AsString()
		}
	}
	return texts
}

// with returns the map with a value under a path of keys, and the maps on the
// way where they are missing.
func with(m property.Map, value property.Value, keys ...string) property.Map {
	if len(keys) == 1 {
		return m.Set(keys[0], value)
	}
	below := property.Map{}
	if existing := m.Get(keys[0]); existing.IsMap() {
		below = existing.AsMap()
	}
	return m.Set(keys[0], property.New(with(below, value, keys[1:]...)))
}

// text is a text as a value.
func text(s string) Value { return Value{property.New(s)} }

// show is a value for people.
func (v Value) show() string {
	if number, ok := v.Number(); ok {
		return strconv.FormatFloat(number, 'g', -1, 64)
	}
	return v.Text()
}

// keys is the keys of a map, sorted.
func (v Value) keys() []string {
	if !v.v.IsMap() {
		return nil
	}
	var keys []string
	for key := range v.v.AsMap().All {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// decoded is the value of a text of JSON, and every other value as it is: the
// engine keeps the settings of providers so.
func (v Value) decoded() Value {
	var content any
	if !v.v.IsString() || json.Unmarshal([]byte(v.v.AsString()), &content) != nil {
		return v
	}
	return Value{fromJSON(content)}
}

func fromJSON(content any) property.Value {
	switch content := content.(type) {
	case map[string]any:
		fields := map[string]property.Value{}
		for key, field := range content {
			fields[key] = fromJSON(field)
		}
		return property.New(fields)
	case []any:
		elements := make([]property.Value, len(content))
		for i, element := range content {
			elements[i] = fromJSON(element)
		}
		return property.New(elements)
	default:
		value, _ := property.Any(content) // the rest of what JSON has
		return value
	}
}
