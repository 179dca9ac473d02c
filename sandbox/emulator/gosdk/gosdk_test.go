package gosdk_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/gosdk"
)

// files are an SDK in small: what the generator of Pulumi writes for one type.
var files = map[string]string{
	"provider.go": `package toy
type providerArgs struct {
	Region *string      ` + "`pulumi:\"region\"`" + `
	Tags   *ProviderTags ` + "`pulumi:\"tags\"`" + `
}`,
	"pulumiTypes.go": `package toy
type ProviderTags struct {
	All map[string]string ` + "`pulumi:\"all\"`" + `
}`,
	"box/box.go": `package box
func NewBox(ctx *pulumi.Context, name string, args *BoxArgs) (*Box, error) {
	if args.Role == nil {
		return nil, errors.New("invalid value for required argument 'Role'")
	}
	if args.Parts == nil {
		return nil, errors.New("invalid value for required argument 'Parts'")
	}
	return nil, nil
}
type boxArgs struct {
	Role  interface{} ` + "`pulumi:\"role\"`" + `
	Parts []BoxPart   ` + "`pulumi:\"parts\"`" + `
	Kind  *Kind       ` + "`pulumi:\"kind\"`" + `
	Tags  map[string]string ` + "`pulumi:\"tags\"`" + `
}
type Box struct {
	pulumi.CustomResourceState
	Arn   pulumi.StringOutput    ` + "`pulumi:\"arn\"`" + `
	Note  pulumi.StringPtrOutput ` + "`pulumi:\"note\"`" + `
	Parts BoxPartArrayOutput     ` + "`pulumi:\"parts\"`" + `
	Sizes pulumi.IntMapOutput    ` + "`pulumi:\"sizes\"`" + `
}`,
	"box/pulumiTypes.go": `package box
type BoxPart struct {
	Size  int       ` + "`pulumi:\"size\"`" + `
	Ratio *float64  ` + "`pulumi:\"ratio\"`" + `
	Inner []BoxPart ` + "`pulumi:\"inner\"`" + `
}`,
	"box/pulumiEnums.go": `package box
type Kind string`,
}

func writeSDK(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return dir
}

func TestRead_TellsWhatTheSDKSpellsOut(t *testing.T) {
	schema, err := gosdk.Read(writeSDK(t), []string{"toy:box/box:Box"})
	require.NoError(t, err)
	assert.Equal(t, map[string]emulator.ResourceSchema{"toy:box/box:Box": {
		Inputs:  map[string]emulator.PropertyType{"role": "any", "parts": "[]box.BoxPart", "kind": "string?", "tags": "map[string]string?"},
		Outputs: map[string]emulator.PropertyType{"arn": "string", "note": "string?", "parts": "[]box.BoxPart", "sizes": "map[string]integer"},
	}}, schema.Resources)
	assert.Equal(t, map[string]map[string]emulator.PropertyType{
		"box.BoxPart":  {"size": "integer", "ratio": "number?", "inner": "[]box.BoxPart?"},
		"ProviderTags": {"all": "map[string]string?"},
	}, schema.Objects, "a type may hold itself")
	assert.Equal(t, map[string]emulator.PropertyType{"region": "string?", "tags": "ProviderTags?"}, schema.Config)
}

func TestRead_NamesWhatItDoesNotFind(t *testing.T) {
	for token, want := range map[string]string{
		"toy:box/lid:Lid": "the SDK has no file",
		"toy:box/box:Lid": "the SDK has no type Lid in box/box",
		"box":             "is not package:module/file:Type",
	} {
		_, err := gosdk.Read(writeSDK(t), []string{token})
		assert.ErrorContains(t, err, token+": ")
		assert.ErrorContains(t, err, want)
	}
}
