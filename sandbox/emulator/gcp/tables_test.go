package gcp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/emulatortest"
	"gantry.dev/gantry/sandbox/emulator/gosdk"
)

// sdk is where the schema is generated from; see the go:generate line.
var sdk = gosdk.SDK{From: "../../..", Module: "github.com/pulumi/pulumi-gcp/sdk/v7", Packages: "go/gcp"}

func TestSchema_IsThatOfTheSDKInUse(t *testing.T) {
	emulatortest.SchemaIsFresh(t, sdk, "gcp", schemaJSON, version)
}

func TestTables_CoverTheSchema(t *testing.T) {
	types := (&Account{}).types()
	emulatortest.TablesCover(t, emulatortest.ParseSchema(t, schemaJSON), types)
	for _, typ := range types {
		assert.NotEmpty(t, serviceKinds[apiOf[typ.Token]].title, "%s is behind an API", typ.Token)
	}
}

func TestTables_NamePropertiesThatExist(t *testing.T) {
	schema, types := emulatortest.ParseSchema(t, schemaJSON), (&Account{}).types()
	emulatortest.PropertiesExist(t, schema, types,
		`^hashicorp/terraform-provider-google(-beta google-beta| google)/services/[a-z]+/[a-z_]+\.go$`)
	for _, typ := range types {
		r := schema.Resources[typ.Token]
		_, project := r.Inputs["project"]
		assert.Equal(t, project && typ.Token != tokenProjectMember, inProject[typ.Token], "%s has a project", typ.Token)
		_, labels := r.Outputs["effectiveLabels"]
		assert.Equal(t, labels, labelled[typ.Token], "%s takes labels", typ.Token)
	}
}

func TestDefaults_AreOutputsThatExist(t *testing.T) {
	schema := emulatortest.ParseSchema(t, schemaJSON)
	for path := range clusterDefaults {
		assert.True(t, emulatortest.Exists(schema, schema.Resources[tokenCluster].Outputs, path), "a cluster has no output %s", path)
	}
	for path := range configDefaults {
		assert.True(t, emulatortest.Exists(schema, schema.Resources[tokenNodePool].Outputs, "nodeConfig."+path), "a pool has no output nodeConfig.%s", path)
	}
	for addon, path := range addons {
		assert.True(t, path == "" || emulatortest.Exists(schema, schema.Resources[tokenCluster].Outputs, path), "%s follows %s", addon, path)
	}
}

func TestTables_SayWhyTheyRefuse(t *testing.T) {
	emulatortest.RefusalsAreWorded(t, (&Account{}).types())
}

func TestMachines_KnowEveryMachineOfTheCatalog(t *testing.T) {
	for _, name := range accelerators.MachineTypes("gcp") {
		m, ok := machineOf(name)
		require.True(t, ok, name)
		assert.Equal(t, m.GPUs > 0, builtIn[m.series] != "", "the accelerator of %s has a name", name)
		assert.NotEmpty(t, m.disks(), name)
		assert.Contains(t, m.disks(), m.defaultDisk(), name)
	}
	for _, name := range allMachineTypes() {
		_, ok := machineOf(name)
		assert.True(t, ok, name)
	}
	for _, name := range []string{"", "g2", "g2-standard-3", "n1-standard-3", "n1-ultra-4", "m6i.large"} {
		_, ok := machineOf(name)
		assert.False(t, ok, name)
	}
	m, _ := machineOf("n1-highmem-4")
	assert.Equal(t, 26*1024, m.MemoryMiB)
}

func TestZones_OfAcceleratorsExist(t *testing.T) {
	for model, places := range acceleratorZones {
		for region, zones := range places {
			assert.Subset(t, regions[region], zones, "%s in %s", model, region)
		}
	}
	assert.Equal(t, "us-central1", regionOf("us-central1-f"))
	for _, nowhere := range []string{"", "us-central1-e", "mars", "mars-a"} {
		assert.Empty(t, regionOf(nowhere))
	}
}

func TestResolveVersion(t *testing.T) {
	for asked, want := range map[string]string{
		"": defaultVersion, "-": defaultVersion, "latest": "1.36.1-gke.1088000", "1.34": "1.34.6-gke.1067000",
		"1.34.6": "1.34.6-gke.1067000", "1.34.6-gke.1067000": "1.34.6-gke.1067000",
	} {
		got, err := resolveVersion(asked)
		require.NoError(t, err, asked)
		assert.Equal(t, want, got, asked)
	}
	for asked, want := range map[string]string{
		"1.3":              `No valid versions with the prefix "1.3" found.`,
		"1.30":             `No valid versions with the prefix "1.30" found.`,
		"1.30.1-gke.10000": `Master version "1.30.1-gke.10000" is unsupported.`,
	} {
		_, err := resolveVersion(asked)
		assert.ErrorContains(t, err, want)
	}
}

func TestGroupName_FitsIntoANameOfComputeEngine(t *testing.T) {
	pool := func(cluster, name string) emulator.Object {
		return emulator.Object{ID: "p", State: emulator.Properties{"cluster": cluster, "pool": name}}
	}
	for want, o := range map[string]emulator.Object{
		"gke-dev-serve-":                         pool("dev", "serve"),
		"gke-tdashboard-e2e-cls11-default-pool-": pool("tdashboard-e2e-cls1149520", "default-pool"),
		"gke-a-long-name-of-a-a-long-name-of-a-": pool("a-long-name-of-a-cluster", "a-long-name-of-a-node-pool"),
	} {
		name := groupName(o, "us-central1-a")
		assert.True(t, strings.HasPrefix(name, want), name)
		assert.LessOrEqual(t, len(name+"-grp"), 63)
	}
}

func TestBlockOf_IsTwiceThePods(t *testing.T) {
	for pods, want := range map[int]int{8: 16, 9: 32, 32: 64, 64: 128, 110: 256, 128: 256, 256: 512} {
		got := blockOf(emulator.Object{Outputs: emulator.Properties{"maxPodsPerNode": float64(pods)}})
		assert.Equal(t, want, got, pods)
	}
}

func TestProjectNumber_IsOfAProject(t *testing.T) {
	assert.Regexp(t, `^[1-9]\d{11}$`, projectNumber("ml-dev"))
	assert.Equal(t, projectNumber("ml-dev"), projectNumber("ml-dev"))
	assert.NotEqual(t, projectNumber("ml-dev"), projectNumber("ml-prod"))
}
