package azure

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
var sdk = gosdk.SDK{
	From: "../../..", Module: "github.com/pulumi/pulumi-azure-native-sdk/v2", Split: "github.com/pulumi/pulumi-azure-native-sdk/*/v2",
}

func TestSchema_IsThatOfTheSDKInUse(t *testing.T) {
	tokens, err := os.ReadFile("types.txt")
	require.NoError(t, err)
	fresh, err := sdk.Generate(string(tokens))
	require.NoError(t, err)
	assert.True(t, string(fresh) == string(schemaJSON), "schema.json is stale: run go generate ./emulator/azure in sandbox")

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
	for _, typ := range (&Account{}).types() {
		r := schema.Resources[typ.Token]
		inputs := slices.Concat(typ.Replace, typ.Sets, typ.JSON)
		for _, ref := range typ.Refs {
			inputs = append(inputs, ref.Path)
			for _, to := range ref.To {
				if to.Attr != "" {
					assert.True(t, exist(schema, schema.Resources[to.Token].Outputs, to.Attr), "%s refers to %s of %s", typ.Token, to.Attr, to.Token)
				}
			}
		}
		if typ.Name != nil {
			inputs = append(inputs, typ.Name.Property)
		}
		for _, path := range inputs {
			assert.True(t, exist(schema, r.Inputs, path), "%s has no input %s", typ.Token, path)
		}
		assert.Regexp(t, `^specification/[a-z]+/resource-manager/Microsoft\.[A-Za-z/.]+/(stable|preview)/20[0-9-]+(-preview)?/[A-Za-z_-]+\.json$`, typ.Source)
	}
	for _, path := range slices.Concat(fixedForPool, shownOnly) {
		pool := schema.Resources[tokenAgentPool]
		assert.True(t, exist(schema, pool.Inputs, path) != exist(schema, pool.Outputs, path) || exist(schema, pool.Inputs, path), "a pool has no %s", path)
	}
	for _, path := range fixedForCluster {
		assert.True(t, exist(schema, schema.Resources[tokenCluster].Inputs, path), "a cluster has no %s", path)
	}
}

// exist follows a path through the schema.
func exist(schema emulator.Schema, properties map[string]emulator.PropertyType, path string) bool {
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
		return !nested || exist(schema, schema.Objects[element], rest)
	}
	return exist(schema, schema.Objects[strings.TrimPrefix(kind, "[]")], rest)
}

func TestTables_SayWhyTheyRefuse(t *testing.T) {
	types := (&Account{}).types()
	for _, typ := range types {
		require.NotNil(t, typ.Name, typ.Token)
		assert.NotNil(t, typ.Name.Choose, "%s is named as azure-native names it", typ.Token)
		assert.True(t, typ.DeleteFirst, "%s is replaced as azure-native replaces it", typ.Token)
		assert.Contains(t, typ.Replace, typ.Name.Property, "another name is another resource")
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

func TestTables_PathParametersReplace(t *testing.T) {
	schema, err := emulator.ParseSchema(schemaJSON)
	require.NoError(t, err)
	for _, typ := range (&Account{}).types() {
		r := schema.Resources[typ.Token]
		for _, parameter := range []string{"resourceGroupName", "resourceName", "virtualNetworkName", "scope", "resourceUri", "location"} {
			if _, has := r.Inputs[parameter]; has {
				assert.Contains(t, typ.Replace, parameter, typ.Token)
			}
		}
	}
}

func TestInside(t *testing.T) {
	const group = "/subscriptions/s/resourceGroups/dev"
	assert.True(t, inside(group+"/providers/x", group))
	assert.True(t, inside("/subscriptions/s/resourcegroups/DEV", group), "ids know no case")
	assert.True(t, inside(group, group+"/"))
	assert.False(t, inside("/subscriptions/s/resourceGroups/dev2", group))
	assert.Equal(t, "dev", groupOf("/subscriptions/s/resourcegroups/dev/providers/x"))
	assert.Empty(t, groupOf("/subscriptions/s/resourceGroups"))
	assert.Equal(t, group+"/providers/a/b/c", parentOf(group+"/providers/a/b/c/d/e"))
	assert.Empty(t, parentOf("x"))
}

func TestInstanceName_CountsToTheBaseOf36(t *testing.T) {
	for instance, want := range map[int]string{0: "v000000", 9: "v000009", 10: "v00000a", 35: "v00000z", 36: "v000010"} {
		assert.Equal(t, want, instanceName("v", instance))
	}
}

func TestVersions(t *testing.T) {
	assert.Equal(t, "1.34.6", fullVersion("1.34"))
	assert.Equal(t, "1.34.2", fullVersion("1.34.2"))
	assert.NoError(t, supportedVersion("1.33", "Premium", "AKSLongTermSupport"))
	assert.ErrorContains(t, supportedVersion("1.33", "Standard", ""), "Long-Term Support")
	assert.ErrorContains(t, supportedVersion("1.34.99", "Standard", ""), "K8sVersionNotSupported")
	assert.ErrorContains(t, supportedVersion("1.340", "Standard", ""), "K8sVersionNotSupported")
	assert.NoError(t, nextVersion("1.34.6", "1.35.3"))
	assert.ErrorContains(t, nextVersion("1.34.6", "1.36.1"), "Available upgrades: [1.35.3]")
	assert.ErrorContains(t, nextVersion("1.34.6", "1.34.2"), "Downgrading")
	assert.ErrorContains(t, poolVersion("1.35.3", "1.34.6"), "NodePoolMcVersionIncompatible")
	assert.NoError(t, poolVersion("1.33.9", "1.36.1"))
}

func TestSizes(t *testing.T) {
	for size, want := range map[string]int{"Standard_D4ds_v5": 150, "Standard_D96ads_v5": 3600, "Standard_D4s_v5": 0, "standard_e8ps_v6": 0} {
		gib, known := localGiB(size)
		assert.True(t, known, size)
		assert.Equal(t, want, gib, size)
	}
	_, known := localGiB("Standard_NC24ads_A100_v4")
	assert.False(t, known, "its cache counts, and its size is not published")
	kind, found := machineOf("standard_nc96ads_a100_V4")
	require.True(t, found, "sizes know no case")
	assert.Equal(t, 4, gpusOf(kind, ""))
	assert.Equal(t, 28, gpusOf(kind, "MIG1g"))
	for vcpu, gib := range map[int]int{4: 128, 8: 256, 16: 512, 64: 1024} {
		assert.Equal(t, gib, defaultDiskGiB(vcpu))
	}
}

func TestSurge(t *testing.T) {
	for text, want := range map[string]int{"33%": 2, "1": 1, "2": 2, "": 1, "100%": 4} {
		assert.Equal(t, want, surge(emulator.Properties{"upgradeSettings": map[string]any{"maxSurge": text}}, 4), text)
	}
	assert.Zero(t, surge(emulator.Properties{"scaleSetPriority": "Spot"}, 4), "nothing stands in for a spot node")
}
