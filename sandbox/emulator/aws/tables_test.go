package aws

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

// sdk is where the schema is generated from; see the go:generate line.
var sdk = gosdk.SDK{From: "../../..", Module: "github.com/pulumi/pulumi-aws/sdk/v6", Packages: "go/aws"}

func TestSchema_IsThatOfTheSDKInUse(t *testing.T) {
	tokens, err := os.ReadFile("types.txt")
	require.NoError(t, err)
	fresh, err := sdk.Generate(string(tokens))
	require.NoError(t, err)
	assert.True(t, string(fresh) == string(schemaJSON), "schema.json is stale: run go generate ./emulator/aws in sandbox")

	schema, err := emulator.ParseSchema(schemaJSON)
	require.NoError(t, err)
	assert.Equal(t, "v"+version, schema.Version, "the engine warns about a provider older than its SDK")
}

func TestTables_CoverTheSchema(t *testing.T) {
	schema, err := emulator.ParseSchema(schemaJSON)
	require.NoError(t, err)
	var tables []string
	for _, typ := range (&Account{}).types() {
		tables = append(tables, typ.Token)
	}
	assert.ElementsMatch(t, slices.Collect(maps.Keys(schema.Resources)), tables)
}

func TestTables_NamePropertiesThatExist(t *testing.T) {
	schema, err := emulator.ParseSchema(schemaJSON)
	require.NoError(t, err)
	types := (&Account{}).types()
	outputs := map[string]map[string]emulator.PropertyType{}
	for token, r := range schema.Resources {
		outputs[token] = r.Outputs
	}
	for _, typ := range types {
		r := schema.Resources[typ.Token]
		inputs := slices.Concat(typ.Replace, typ.Sets, typ.JSON)
		for _, ref := range typ.Refs {
			inputs = append(inputs, ref.Path)
			for _, to := range ref.To {
				if to.Attr != "" {
					assert.True(t, exists(schema, outputs[to.Token], to.Attr), "%s refers to %s of %s", typ.Token, to.Attr, to.Token)
				}
			}
		}
		if typ.Name != nil {
			inputs = append(inputs, typ.Name.Property)
		}
		for _, path := range inputs {
			assert.True(t, exists(schema, r.Inputs, path), "%s has no input %s", typ.Token, path)
		}
		for _, path := range slices.Concat(typ.Computed, slices.Collect(maps.Keys(typ.Defaults))) {
			assert.True(t, exists(schema, r.Outputs, path), "%s has no output %s", typ.Token, path)
		}
		_, tagged := r.Outputs["tagsAll"]
		assert.Equal(t, tagged, taggable[typ.Token], "%s is taggable", typ.Token)
		assert.Regexp(t, `^hashicorp/terraform-provider-aws internal/service/[a-z0-9]+/[a-z0-9_]+\.go$`, typ.Source)
	}
}

// exists follows a path through the schema.
func exists(schema emulator.Schema, properties map[string]emulator.PropertyType, path string) bool {
	name, rest, nested := strings.Cut(path, ".")
	t, ok := properties[strings.TrimSuffix(name, "[]")]
	if !ok || strings.HasSuffix(name, "[]") != strings.HasPrefix(string(t), "[]") && nested {
		return false
	}
	if !nested {
		return true
	}
	element := strings.TrimSuffix(strings.TrimPrefix(string(t), "[]"), "?")
	return exists(schema, schema.Objects[element], rest)
}

func TestTables_SayWhyTheyRefuse(t *testing.T) {
	for _, typ := range (&Account{}).types() {
		if typ.Name != nil && typ.Name.MaxLength == 0 {
			t.Errorf("%s: a chosen name needs a limit", typ.Token)
		}
		for _, ref := range typ.Refs {
			assert.NotNil(t, ref.Missing, "%s.%s", typ.Token, ref.Path)
			for _, to := range ref.To {
				if to.Holds {
					i := slices.IndexFunc((&Account{}).types(), func(other emulator.Type) bool { return other.Token == to.Token })
					assert.NotNil(t, (&Account{}).types()[i].InUse, "%s is held by %s and says nothing of it", to.Token, typ.Token)
				}
			}
		}
	}
}

func TestShortRegion(t *testing.T) {
	for region, want := range map[string]string{
		"us-east-1": "use1", "eu-central-1": "euc1", "ap-southeast-2": "apse2", "ap-northeast-1": "apne1",
		"us-gov-west-1": "usgw1", "ca-central-1": "cac1", "me-south-1": "mes1",
	} {
		assert.Equal(t, want, shortRegion(region))
	}
}

func TestTrusts(t *testing.T) {
	const policy = `{"Statement":[
		{"Effect":"Allow","Principal":{"Service":["a.amazonaws.com","b.amazonaws.com"]},"Action":"sts:AssumeRole"},
		{"Effect":"Deny","Principal":{"Service":"c.amazonaws.com"},"Action":"sts:AssumeRole"},
		{"Effect":"Allow","Principal":"*","Action":"sts:TagSession"}]}`
	assert.True(t, trusts(policy, "b.amazonaws.com", "sts:AssumeRole"))
	assert.False(t, trusts(policy, "b.amazonaws.com", "sts:AssumeRole", "sts:TagSession"))
	assert.False(t, trusts(policy, "c.amazonaws.com", "sts:AssumeRole"))
	assert.False(t, trusts("{", "a.amazonaws.com", "sts:AssumeRole"))
}
