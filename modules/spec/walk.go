package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// walk visits every key below a struct, map or list, with its canonical path,
// in a stable order.
func walk(at string, v reflect.Value, visit func(at string, field Field, v reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range Fields(v.Type()) {
			below := join(at, field.Key)
			visit(below, field, v.Field(field.Index))
			walk(below, v.Field(field.Index), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(fmt.Sprintf("%s[%d]", at, i), v.Index(i), visit)
		}
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, key := range keys {
			walk(join(at, key.String()), v.MapIndex(key), visit)
		}
	}
}

// checkFields applies what the types and tags of a configuration struct say:
// required keys, accepted values and bounds of numbers.
func checkFields(r *report, at string, configuration any) {
	walk(at, reflect.ValueOf(configuration), func(at string, field Field, v reflect.Value) {
		if v.Kind() == reflect.Pointer && !v.IsNil() {
			v = v.Elem()
		}
		switch {
		case v.IsZero() && field.Required:
			r.missing(at, "is missing", requiredFix(field, v.Type()))
		case v.IsZero():
		case v.Kind() == reflect.String:
			if known := Enum(v.Type()); known != nil && !slices.Contains(known, v.String()) {
				r.add(at, v.String(), "is not a value that Gantry knows", choose(v.String(), known))
			}
		case v.Kind() == reflect.Int:
			checkBounds(r, at, field, int(v.Int()))
		}
	})
}

func requiredFix(field Field, t reflect.Type) string {
	if known := Enum(t); known != nil {
		return fmt.Sprintf("add %s: %s", field.Key, oneOf(known))
	}
	if _, err := strconv.Atoi(field.Example); err == nil {
		return fmt.Sprintf("add it, for example %s: %s", field.Key, field.Example)
	}
	return fmt.Sprintf("add it, for example %s: %q", field.Key, field.Example)
}

func checkBounds(r *report, at string, field Field, n int) {
	low, high := field.Minimum, field.Maximum
	below := low != nil && n < *low
	above := high != nil && n > *high
	switch {
	case (below || above) && low != nil && high != nil:
		r.add(at, n, "is out of range", fmt.Sprintf("use %d to %d", *low, *high))
	case below:
		r.add(at, n, "is too small", fmt.Sprintf("use %d or more", *low))
	case above:
		r.add(at, n, "is too great", fmt.Sprintf("use %d or less", *high))
	}
}
