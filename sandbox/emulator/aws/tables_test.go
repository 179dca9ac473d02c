package aws

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
	"gantry.dev/gantry/sandbox/emulator/gosdk"
)

// sdk is where the schema is generated from; see the go:generate line.
var sdk = gosdk.SDK{From: "../../..", Module: "github.com/pulumi/pulumi-aws/sdk/v6", Packages: "go/aws"}

func TestSchema_IsThatOfTheSDKInUse(t *testing.T) {
	emulatortest.SchemaIsFresh(t, sdk, "aws", schemaJSON, version)
}

func TestTables_CoverTheSchema(t *testing.T) {
	emulatortest.TablesCover(t, emulatortest.ParseSchema(t, schemaJSON), (&Account{}).types())
}

func TestTables_NamePropertiesThatExist(t *testing.T) {
	schema, types := emulatortest.ParseSchema(t, schemaJSON), (&Account{}).types()
	emulatortest.PropertiesExist(t, schema, types,
		`^hashicorp/terraform-provider-aws internal/service/[a-z0-9]+/[a-z0-9_]+\.go$`)
	for _, typ := range types {
		_, tagged := schema.Resources[typ.Token].Outputs["tagsAll"]
		assert.Equal(t, tagged, taggable[typ.Token], "%s is taggable", typ.Token)
	}
}

func TestTables_SayWhyTheyRefuse(t *testing.T) {
	emulatortest.RefusalsAreWorded(t, (&Account{}).types())
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
