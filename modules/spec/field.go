package spec

import (
	"reflect"
	"strconv"
	"strings"
)

// Field is what the type of a configuration says about one key of it. The same
// tags feed validation, the JSON schema and the reference.
type Field struct {
	// Key as it is written in a configuration.
	Key string
	// Index of the Go field in its struct.
	Index int
	// Required keys have no default.
	Required bool
	// Example is a sound value, or empty.
	Example string
	// Minimum and Maximum bound a number; nil where there is no bound.
	Minimum, Maximum *int
}

// Fields lists the keys of a configuration struct in the order of its fields.
// Fields that cannot be configured (json:"-") are left out. Everything but the
// key comes from the jsonschema tag, in the notation of invopop/jsonschema.
func Fields(t reflect.Type) []Field {
	var fields []Field
	for i := range t.NumField() {
		key := t.Field(i).Tag.Get("json")
		if key == "" || key == "-" {
			continue
		}
		field := Field{Key: key, Index: i}
		for option := range strings.SplitSeq(t.Field(i).Tag.Get("jsonschema"), ",") {
			name, value, _ := strings.Cut(option, "=")
			switch name {
			case "required":
				field.Required = true
			case "example":
				field.Example = value
			case "minimum":
				field.Minimum = number(value)
			case "maximum":
				field.Maximum = number(value)
			}
		}
		fields = append(fields, field)
	}
	return fields
}

func number(text string) *int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return nil
	}
	return &n
}

// Enum lists the accepted values of a configuration type in the order in which
// they are documented; nil for a type that accepts any value.
func Enum(t reflect.Type) []string { return enums[t] }

var enums = map[reflect.Type][]string{
	reflect.TypeFor[Cloud]():        texts(Clouds),
	reflect.TypeFor[Layer]():        texts(Layers),
	reflect.TypeFor[NAT]():          texts(NATs),
	reflect.TypeFor[Role]():         texts(Roles),
	reflect.TypeFor[Capacity]():     texts(Capacities),
	reflect.TypeFor[Arch]():         texts(Archs),
	reflect.TypeFor[Driver]():       texts(Drivers),
	reflect.TypeFor[MIGStrategy]():  texts(MIGStrategies),
	reflect.TypeFor[TaintEffect]():  texts(TaintEffects),
	reflect.TypeFor[Color]():        texts(Colors),
	reflect.TypeFor[VolumeAccess](): texts(VolumeAccesses),
	reflect.TypeFor[Expander]():     texts(Expanders),
	reflect.TypeFor[PodSecurity]():  texts(PodSecurities),
}

func texts[T ~string](values []T) []string {
	result := make([]string, len(values))
	for i, value := range values {
		result[i] = string(value)
	}
	return result
}
