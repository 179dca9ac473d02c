package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"reflect"
	"slices"
)

// Raw is the configuration of one stack before it is read.
type Raw struct {
	// Project and Stack are the names of the Pulumi project and stack.
	Project, Stack string
	// Region and Account are the values of the keys that Cloud.ProviderKeys
	// names, for example aws:region.
	Region, Account string
	// Handed is the cluster of the stack that layersFrom names.
	Handed *Handed
	// Config is the gantry: keys without that prefix, as the Pulumi engine
	// hands them over: plain text for scalars, JSON for maps and lists.
	Config map[string]string
	// Secrets are the keys of Config that hold an encrypted value.
	Secrets []string
	// ModelFiles are the files of stacks/models by path, in YAML.
	ModelFiles map[string][]byte
}

// root is the path of the configuration itself.
const root = "gantry:"

// Decode reads a configuration and does nothing else: no default is filled in
// and no value is judged. Models of files come first and are overlaid by those
// of the configuration; models with enabled: false are left out. The error is
// Problems: unknown keys, values of the wrong type, files that are no YAML. The
// platform beside an error holds everything that could be read.
func Decode(raw Raw) (Platform, error) {
	d := decode(raw)
	return d.platform, d.err()
}

// decoder reads a configuration and remembers what a later check has to know
// about how it was written.
type decoder struct {
	report
	platform Platform
	// origins tells where the author wrote what validation knows by its
	// canonical path. Only values from files need it.
	origins map[string]string
	// zeros are the canonical paths at which an empty text or 0 was written
	// out, which no longer differs from a key that was left out.
	zeros map[string]bool
	// blamed are the canonical paths that a problem was reported for, or
	// that were probably meant by a misspelt key: what validation says about
	// them would only repeat that.
	blamed []string
	// defaults are what every model inherits, and defaultsFile is where it was
	// written.
	defaults     map[string]any
	defaultsFile string
}

func decode(raw Raw) *decoder {
	d := &decoder{
		platform: Platform{Project: raw.Project, Stack: raw.Stack, Region: raw.Region, Account: raw.Account, Handed: raw.Handed},
		origins:  map[string]string{},
		zeros:    map[string]bool{},
	}
	values := topLevel(raw.Config)
	d.secrets(raw.Secrets, values)
	d.modelFiles(raw.ModelFiles)
	if secrets, ok := values[secretsKey]; ok {
		d.secretValues(secrets, slices.Contains(raw.Secrets, secretsKey))
		delete(values, secretsKey)
	}
	d.fields(pathOf(root), values, reflect.ValueOf(&d.platform).Elem())
	maps.DeleteFunc(d.platform.Models, func(_ string, m Model) bool {
		return m.Enabled != nil && !*m.Enabled
	})
	return d
}

// topLevel parses the values of the gantry: keys. Text that is no JSON stays
// text, and so do all values of keys whose type is text: a name of digits is
// a name. Empty text is what Pulumi has for a key that was left out.
func topLevel(config map[string]string) map[string]any {
	t := reflect.TypeFor[Platform]()
	isText := map[string]bool{}
	for _, field := range Fields(t) {
		isText[field.Key] = t.Field(field.Index).Type.Kind() == reflect.String
	}
	values := map[string]any{}
	for key, text := range config {
		if text == "" {
			continue
		}
		values[key] = text
		if value, err := parseJSON([]byte(text)); err == nil && !isText[key] {
			values[key] = value
		}
	}
	return values
}

// parseJSON keeps numbers as they are written.
func parseJSON(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return value, nil
}

// value reads raw over what into already holds: structs and maps are merged,
// everything else is replaced, and null takes back what is there.
func (d *decoder) value(at path, example string, raw any, into reflect.Value) {
	if raw == nil {
		d.null(at, into)
		return
	}
	switch into.Kind() {
	case reflect.Struct:
		d.object(at, raw, into)
	case reflect.Map:
		d.dictionary(at, raw, into)
	case reflect.Slice:
		d.list(at, raw, into)
	case reflect.Interface:
		d.replaceOrigin(at)
		into.Set(reflect.ValueOf(plainValue(raw)))
	case reflect.Pointer:
		target := reflect.New(into.Type().Elem())
		d.scalar(at, example, raw, target.Elem())
		into.Set(target)
	default:
		d.scalar(at, example, raw, into)
		d.zeros[at.canonical] = into.IsZero()
	}
}

func (d *decoder) null(at path, into reflect.Value) {
	if into.IsZero() {
		d.blame(at)
		d.missing(at.written, "has no value", "give it one, or remove the key")
		return
	}
	into.SetZero()
	d.replaceOrigin(at)
}

func (d *decoder) object(at path, raw any, into reflect.Value) {
	values, ok := raw.(map[string]any)
	if !ok {
		d.wrongType(at, "", raw, into.Type())
		return
	}
	d.addOrigin(at)
	d.fields(at, values, into)
}

func (d *decoder) fields(at path, values map[string]any, into reflect.Value) {
	fields := map[string]Field{}
	for _, field := range Fields(into.Type()) {
		fields[field.Key] = field
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		field, ok := fields[key]
		if !ok {
			d.unknownKey(at, key, values[key], into.Type())
			continue
		}
		d.value(at.child(key), field.Example, values[key], into.Field(field.Index))
	}
}

func (d *decoder) dictionary(at path, raw any, into reflect.Value) {
	values, ok := raw.(map[string]any)
	if !ok {
		d.wrongType(at, "", raw, into.Type())
		return
	}
	d.addOrigin(at)
	if into.IsNil() {
		into.Set(reflect.MakeMap(into.Type()))
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		d.entry(at.child(key), reflect.ValueOf(key), values[key], into)
	}
}

// entry reads one entry of a map. A model is not taken back by null: that is
// also what a key with all its lines commented out looks like.
func (d *decoder) entry(at path, key reflect.Value, raw any, into reflect.Value) {
	old := into.MapIndex(key)
	elem := reflect.New(into.Type().Elem()).Elem()
	switch {
	case old.IsValid():
		elem.Set(old)
	case elem.Type() == reflect.TypeFor[Model]() && raw != nil:
		elem.Set(reflect.ValueOf(d.inherited(at)))
	}
	switch {
	case raw == nil && elem.Kind() == reflect.Struct:
		d.blame(at)
		d.missing(at.written, "has no value", "write {} to change nothing, {enabled: false} to leave it out, or remove the key")
	case raw == nil && old.IsValid():
		into.SetMapIndex(key, reflect.Value{})
	default:
		d.value(at, "", raw, elem)
		into.SetMapIndex(key, elem)
	}
}

func (d *decoder) list(at path, raw any, into reflect.Value) {
	items, ok := raw.([]any)
	if !ok {
		d.wrongType(at, "", raw, into.Type())
		return
	}
	d.replaceOrigin(at)
	list := reflect.MakeSlice(into.Type(), len(items), len(items))
	for i, item := range items {
		d.value(at.item(i), "", item, list.Index(i))
	}
	into.Set(list)
}

func (d *decoder) scalar(at path, example string, raw any, into reflect.Value) {
	d.replaceOrigin(at)
	switch kind := into.Kind(); value := raw.(type) {
	case string:
		if kind == reflect.String {
			into.SetString(value)
			return
		}
	case bool:
		if kind == reflect.Bool {
			into.SetBool(value)
			return
		}
	case json.Number:
		if into.Type() == reflect.TypeFor[Decimal]() {
			into.SetString(value.String())
			return
		}
		if n, ok := wholeNumber(value); ok && kind == reflect.Int {
			into.SetInt(n)
			return
		}
	}
	d.wrongType(at, example, raw, into.Type())
}

// plainValue is what a chart's values may hold, with numbers that are whole as
// int and all others as float64.
func plainValue(raw any) any {
	switch value := raw.(type) {
	case json.Number:
		if n, err := value.Int64(); err == nil {
			return int(n)
		}
		f, _ := value.Float64() // a JSON number: at worst an infinity
		return f
	case map[string]any:
		plain := make(map[string]any, len(value))
		for key, item := range value {
			plain[key] = plainValue(item)
		}
		return plain
	case []any:
		plain := make([]any, len(value))
		for i, item := range value {
			plain[i] = plainValue(item)
		}
		return plain
	default:
		return raw
	}
}

// addOrigin notes where a struct or map was first begun.
func (d *decoder) addOrigin(at path) {
	if _, ok := d.origins[at.canonical]; !ok {
		d.origins[at.canonical] = at.written
	}
}

// replaceOrigin notes where a value was written that replaces an earlier one
// and everything in it.
func (d *decoder) replaceOrigin(at path) {
	maps.DeleteFunc(d.origins, func(old, _ string) bool { return within(old, at.canonical) })
	d.origins[at.canonical] = at.written
}
