package azure

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/emulatortest"
	"gantry.dev/gantry/sandbox/emulator/gosdk"
)

// sdk is where the schema is generated from; see the go:generate line.
var sdk = gosdk.SDK{
	From: "../../..", Module: "github.com/pulumi/pulumi-azure-native-sdk/v2", Split: "github.com/pulumi/pulumi-azure-native-sdk/*/v2",
}

func TestSchema_IsThatOfTheSDKInUse(t *testing.T) {
	emulatortest.SchemaIsFresh(t, sdk, "azure", schemaJSON, version)
}

func TestTables_CoverTheSchema(t *testing.T) {
	emulatortest.TablesCover(t, emulatortest.ParseSchema(t, schemaJSON), (&Account{}).types())
}

func TestTables_NamePropertiesThatExist(t *testing.T) {
	schema := emulatortest.ParseSchema(t, schemaJSON)
	emulatortest.PropertiesExist(t, schema, (&Account{}).types(),
		`^specification/[a-z]+/resource-manager/Microsoft\.[A-Za-z/.]+/(stable|preview)/20[0-9-]+(-preview)?/[A-Za-z_-]+\.json$`)
	for _, path := range slices.Concat(fixedForPool, shownOnly) {
		pool := schema.Resources[tokenAgentPool]
		assert.True(t, emulatortest.Exists(schema, pool.Inputs, path) != emulatortest.Exists(schema, pool.Outputs, path) || emulatortest.Exists(schema, pool.Inputs, path), "a pool has no %s", path)
	}
	for _, path := range fixedForCluster {
		assert.True(t, emulatortest.Exists(schema, schema.Resources[tokenCluster].Inputs, path), "a cluster has no %s", path)
	}
}

func TestTables_SayWhyTheyRefuse(t *testing.T) {
	types := (&Account{}).types()
	for _, typ := range types {
		require.NotNil(t, typ.Name, typ.Token)
		assert.NotNil(t, typ.Name.Choose, "%s is named as azure-native names it", typ.Token)
		assert.True(t, typ.DeleteFirst, "%s is replaced as azure-native replaces it", typ.Token)
		assert.Contains(t, typ.Replace, typ.Name.Property, "another name is another resource")
	}
	emulatortest.RefusalsAreWorded(t, types)
}

func TestTables_PathParametersReplace(t *testing.T) {
	schema := emulatortest.ParseSchema(t, schemaJSON)
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
