package emulatortest

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/gosdk"
)

// ParseSchema reads the schema that a cloud embeds.
func ParseSchema(t *testing.T, schemaJSON []byte) emulator.Schema {
	t.Helper()
	schema, err := emulator.ParseSchema(schemaJSON)
	require.NoError(t, err)
	return schema
}

// SchemaIsFresh generates the schema of the cloud in the working directory anew
// from the SDK in use, and expects what is embedded, and the SDK's version.
func SchemaIsFresh(t *testing.T, sdk gosdk.SDK, cloud string, schemaJSON []byte, version string) {
	t.Helper()
	tokens, err := os.ReadFile("types.txt")
	require.NoError(t, err)
	fresh, err := sdk.Generate(string(tokens))
	require.NoError(t, err)
	assert.True(t, string(fresh) == string(schemaJSON), "schema.json is stale: run go generate ./emulator/%s in sandbox", cloud)
	assert.Equal(t, "v"+version, ParseSchema(t, schemaJSON).Version, "the engine warns about a provider older than its SDK")
}

// TablesCover expects one table for every type of the schema.
func TablesCover(t *testing.T, schema emulator.Schema, types []emulator.Type) {
	t.Helper()
	var tables []string
	for _, typ := range types {
		tables = append(tables, typ.Token)
	}
	assert.ElementsMatch(t, slices.Collect(maps.Keys(schema.Resources)), tables)
}

// PropertiesExist expects that the schema has every property that a table names,
// and a source of the form.
func PropertiesExist(t *testing.T, schema emulator.Schema, types []emulator.Type, source string) {
	t.Helper()
	for _, typ := range types {
		r := schema.Resources[typ.Token]
		inputs := slices.Concat(typ.Replace, typ.Sets, typ.JSON)
		for _, ref := range typ.Refs {
			inputs = append(inputs, ref.Path)
			for _, to := range ref.To {
				if to.Attr != "" {
					assert.True(t, Exists(schema, schema.Resources[to.Token].Outputs, to.Attr), "%s refers to %s of %s", typ.Token, to.Attr, to.Token)
				}
			}
		}
		if typ.Name != nil {
			inputs = append(inputs, typ.Name.Property)
		}
		for _, path := range inputs {
			assert.True(t, Exists(schema, r.Inputs, path), "%s has no input %s", typ.Token, path)
		}
		for _, path := range slices.Concat(typ.Computed, slices.Collect(maps.Keys(typ.Defaults))) {
			assert.True(t, Exists(schema, r.Outputs, path), "%s has no output %s", typ.Token, path)
		}
		assert.Regexp(t, source, typ.Source)
	}
}

// Exists follows a path through the schema, from these properties on.
func Exists(schema emulator.Schema, properties map[string]emulator.PropertyType, path string) bool {
	name, rest, nested := strings.Cut(path, ".")
	t, ok := properties[strings.TrimSuffix(name, "[]")]
	if !ok || strings.HasSuffix(name, "[]") != strings.HasPrefix(string(t), "[]") && nested {
		return false
	}
	if !nested {
		return true
	}
	kind := strings.TrimSuffix(string(t), "?")
	if element, isMap := strings.CutPrefix(kind, "map[string]"); isMap { // the next part is a key
		_, rest, nested = strings.Cut(rest, ".")
		return !nested || Exists(schema, schema.Objects[element], rest)
	}
	return Exists(schema, schema.Objects[strings.TrimPrefix(kind, "[]")], rest)
}

// RefusalsAreWorded expects words for every reference that leads nowhere and for
// every object that is held.
func RefusalsAreWorded(t *testing.T, types []emulator.Type) {
	t.Helper()
	for _, typ := range types {
		if typ.Name != nil && typ.Name.Choose == nil && typ.Name.MaxLength == 0 {
			t.Errorf("%s: a chosen name needs a limit", typ.Token)
		}
		for _, ref := range typ.Refs {
			assert.NotNil(t, ref.Missing, "%s.%s", typ.Token, ref.Path)
			for _, to := range ref.To {
				if to.Holds {
					i := slices.IndexFunc(types, func(other emulator.Type) bool { return other.Token == to.Token })
					assert.NotNil(t, types[i].InUse, "%s is held by %s and says nothing of it", to.Token, typ.Token)
				}
			}
		}
	}
}
