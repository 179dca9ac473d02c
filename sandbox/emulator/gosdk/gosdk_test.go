package gosdk_test

import (
	"errors"
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
	"box/v1/lid.go": `package v1
type lidArgs struct {
	Width *int ` + "`pulumi:\"width\"`" + `
}
type Lid struct {
	pulumi.CustomResourceState
	Width pulumi.IntPtrOutput ` + "`pulumi:\"width\"`" + `
}`,
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

func TestReadSplit_FindsEachPackageInAModuleOfItsOwn(t *testing.T) {
	provider, box := writeSDK(t), writeSDK(t)
	dirs := map[string]string{"": provider, "box": filepath.Join(box, "box")}
	var asked []string
	locate := func(pkg string) (string, error) {
		asked = append(asked, pkg)
		dir, ok := dirs[pkg]
		if !ok {
			return "", errors.New("no module " + pkg)
		}
		return dir, nil
	}
	schema, err := gosdk.ReadSplit(locate, []string{"toy:box:Box", "toy:box/v1:Lid"})
	require.NoError(t, err)
	one, err := gosdk.Read(writeSDK(t), []string{"toy:box/box:Box"})
	require.NoError(t, err)
	assert.Equal(t, one.Resources["toy:box/box:Box"], schema.Resources["toy:box:Box"], "the same type, told otherwise")
	assert.Equal(t, map[string]emulator.PropertyType{"width": "integer?"}, schema.Resources["toy:box/v1:Lid"].Inputs,
		"an older version is a folder in the module")
	assert.Equal(t, one.Config, schema.Config)
	assert.Equal(t, []string{"box", "box", ""}, asked)

	for token, want := range map[string]string{
		"toy:lid:Lid": "no module lid",
		"toy:box:Lid": "the SDK has no file",
		"box":         "is not package:module:Type",
	} {
		_, err := gosdk.ReadSplit(locate, []string{token})
		assert.ErrorContains(t, err, token+": ")
		assert.ErrorContains(t, err, want)
	}
}

func TestRead_FindsTypesThatBeginWithAnAbbreviation(t *testing.T) {
	dir := writeSDK(t)
	file := filepath.Join(dir, "box", "iammember.go")
	require.NoError(t, os.WriteFile(file, []byte(`package box
type iammemberArgs struct {
	Role *string `+"`pulumi:\"role\"`"+`
}
type IAMMember struct {
	Role StringOutput `+"`pulumi:\"role\"`"+`
}
type String string`), 0o600))
	schema, err := gosdk.Read(dir, []string{"toy:box/iAMMember:IAMMember"})
	require.NoError(t, err)
	assert.Equal(t, map[string]emulator.PropertyType{"role": "string?"}, schema.Resources["toy:box/iAMMember:IAMMember"].Inputs)
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
