package spec

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// wholeNumber reads a number without a fraction, however it is written. The
// range of 32 bits keeps sums and products of counts from overflowing.
func wholeNumber(number json.Number) (int64, bool) {
	f, err := number.Float64()
	if err != nil || f != math.Trunc(f) || math.Abs(f) > math.MaxInt32 {
		return 0, false
	}
	return int64(f), true
}

func (d *decoder) blame(at path) { d.blamed = append(d.blamed, at.canonical) }

// secrets reports encrypted values: what they become, a tag, a label or an
// environment variable in a pod, is readable by many. They are not read any
// further, so that no other problem shows them.
func (d *decoder) secrets(keys []string, values map[string]any) {
	for _, key := range keys {
		if key == secretsKey {
			continue
		}
		delete(values, key)
		d.blame(pathOf(root).child(key))
		d.missing(join(root, key), "holds an encrypted value, which would be in the clear in the cloud and in the cluster",
			"put the secret under gantry:secrets, or keep it in the cloud's secret store, and write the value without --secret")
	}
}

// unknownKey reports a key and blames what was probably meant by it.
func (d *decoder) unknownKey(at path, key string, raw any, t reflect.Type) {
	known := keys(t)
	fix := "remove it; known keys: " + strings.Join(known, ", ")
	if owner := ownerOf(key, t); owner != "" {
		fix = fmt.Sprintf("write it into %s: {%s: ...}", owner, key)
	} else if near := nearest(key, known); near != "" {
		fix = fmt.Sprintf("did you mean %s? Known keys: %s", near, strings.Join(known, ", "))
		d.blame(at.child(near))
	}
	d.blame(at.child(key))
	if at.canonical == root && nearest(key, known) == secretsKey {
		d.missing(at.child(key).written, "is a key that Gantry does not know", fix)
		return
	}
	d.add(at.child(key).written, brief(raw), "stands under a key that Gantry does not know", fix)
}

// ownerOf is the key of the only part of a configuration struct that has the
// given key, one level too low for where it was written; or "".
func ownerOf(key string, t reflect.Type) string {
	var owners []string
	for _, field := range Fields(t) {
		part := t.Field(field.Index).Type
		if part.Kind() == reflect.Struct && slices.Contains(keys(part), key) {
			owners = append(owners, field.Key)
		}
	}
	if len(owners) != 1 {
		return ""
	}
	return owners[0]
}

func keys(t reflect.Type) []string {
	var keys []string
	for _, field := range Fields(t) {
		keys = append(keys, field.Key)
	}
	return keys
}

// wrongType reports a value of a type that cannot stand at its place.
func (d *decoder) wrongType(at path, example string, raw any, want reflect.Type) {
	d.blame(at)
	d.add(at.written, brief(raw),
		fmt.Sprintf("is %s where %s is expected", kindOf(raw), kindWanted(want)),
		typeFix(at, example, raw, want))
}

// kindOf names the type of a decoded value.
func kindOf(raw any) string {
	switch raw.(type) {
	case string:
		return "text"
	case bool:
		return "true or false"
	case json.Number:
		return "a number"
	case []any:
		return "a list"
	default:
		return "a map"
	}
}

// kindWanted names the type that a configuration field takes.
func kindWanted(want reflect.Type) string {
	switch want.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Slice:
		return "a list"
	default:
		return "a map"
	}
}

// typeFix says how to write the value, as close as can be to what stands there.
func typeFix(at path, example string, raw any, want reflect.Type) string {
	text, isText := raw.(string)
	switch want.Kind() {
	case reflect.String:
		return textFix(at, example, raw)
	case reflect.Bool:
		return "write true or false, without quotes"
	case reflect.Int:
		if _, err := strconv.Atoi(text); isText && err == nil {
			return "remove the quotes: " + text
		}
		return "write a whole number, for example 3"
	case reflect.Slice:
		if _, ok := raw.(map[string]any); ok {
			return "begin each entry of the list with '-'"
		}
		return fmt.Sprintf("write a list: [%s]", brief(raw))
	case reflect.Struct:
		return "write a map" + structExample(want) + "; its keys: " + strings.Join(keys(want), ", ")
	default:
		return "write a map, one key: value on a line"
	}
}

// structExample is a map with the first key that has an example.
func structExample(t reflect.Type) string {
	for _, field := range Fields(t) {
		if field.Example != "" {
			return fmt.Sprintf(", for example {%s: %q}", field.Key, field.Example)
		}
	}
	return ""
}

// textFix tells how to turn a scalar into text. An example helps where quoting
// the value as it was read would be wrong: YAML has read 1.30 as 1.3.
func textFix(at path, example string, raw any) string {
	switch raw.(type) {
	case []any, map[string]any:
		if example == "" {
			return "write a single value"
		}
		return fmt.Sprintf("write a single value, for example %s", example)
	}
	if example == "" {
		return fmt.Sprintf("put it in quotes: %q", fmt.Sprint(raw))
	}
	key := at.written[strings.LastIndexAny(at.written, ".: ")+1:]
	return fmt.Sprintf("put it in quotes, for example %s: %q", key, example)
}

// brief is a value as far as it helps to find it.
func brief(raw any) any {
	switch value := raw.(type) {
	case nil:
		return "null"
	case map[string]any, []any:
		text, err := json.Marshal(value)
		if err != nil {
			return kindOf(raw)
		}
		return unquoted(text)
	default:
		return value
	}
}

// unquoted is JSON that show leaves as it is.
type unquoted string
