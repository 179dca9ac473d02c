package gantry_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "gantry.dev/gantry/"

// cloudSDKs maps the module of each cloud's SDK to the one tree of packages
// that may depend on it.
var cloudSDKs = map[string]string{
	"github.com/pulumi/pulumi-aws":              module + "components/eks",
	"github.com/pulumi/pulumi-gcp":              module + "components/gke",
	"github.com/pulumi/pulumi-azure-native-sdk": module + "components/aks",
}

// pkg is what go list tells of a package. Deps has everything that it is built
// from, Imports what it names itself.
type pkg struct {
	ImportPath    string
	Imports, Deps []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	command := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", "./...")
	output, err := command.Output()
	require.NoError(t, err)
	var all []pkg
	decoder := json.NewDecoder(strings.NewReader(string(output)))
	for decoder.More() {
		var p pkg
		require.NoError(t, decoder.Decode(&p))
		all = append(all, p)
	}
	require.NotEmpty(t, all)
	return all
}

func within(path, tree string) bool {
	return path == tree || strings.HasPrefix(path, tree+"/")
}

func TestImports_PointOneWay(t *testing.T) {
	t.Parallel()
	layers := []string{"modules", "components", "stacks", "infra"}
	layerOf := func(path string) int {
		return slices.IndexFunc(layers, func(layer string) bool { return within(path, module+layer) })
	}
	for _, p := range packages(t) {
		from := layerOf(p.ImportPath)
		for _, imported := range p.Imports {
			to := layerOf(imported)
			if from >= 0 && to >= 0 {
				assert.GreaterOrEqual(t, from, to, "%s imports %s", p.ImportPath, imported)
			}
		}
	}
}

func TestModules_DependOnNoEngine(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if !within(p.ImportPath, module+"modules") {
			continue
		}
		for _, dependency := range p.Deps {
			assert.False(t, strings.HasPrefix(dependency, "github.com/pulumi/"), "%s depends on %s", p.ImportPath, dependency)
		}
	}
}

func TestCloudSDKs_EachHasOneTree(t *testing.T) {
	t.Parallel()
	composers := []string{module + "stacks", module + "infra"}
	for sdk, tree := range cloudSDKs {
		used := false
		for _, p := range packages(t) {
			depends := slices.ContainsFunc(p.Deps, func(dependency string) bool { return strings.HasPrefix(dependency, sdk) })
			inTree := within(p.ImportPath, tree)
			used = used || depends && inTree
			if depends && !inTree {
				assert.True(t, slices.ContainsFunc(composers, func(composer string) bool { return within(p.ImportPath, composer) }),
					"%s depends on %s, which belongs to %s", p.ImportPath, sdk, tree)
			}
		}
		assert.True(t, used, "%s no longer depends on %s: remove the rule", tree, sdk)
	}
}

func TestClusterPackages_DoNotKnowEachOther(t *testing.T) {
	t.Parallel()
	var trees []string
	for _, tree := range cloudSDKs {
		trees = append(trees, tree)
	}
	for _, p := range packages(t) {
		if within(p.ImportPath, module+"components") {
			for _, imported := range p.Imports {
				for _, tree := range trees {
					if !within(p.ImportPath, tree) {
						assert.False(t, within(imported, tree), "%s imports %s: components talk through components/cluster", p.ImportPath, imported)
					}
				}
			}
		}
	}
}

// A pack that compiled the SDKs of three clouds would take minutes to start.
func TestPolicies_DependOnNoCloudSDKAndNotOnTheProgram(t *testing.T) {
	t.Parallel()
	judged := 0
	for _, p := range packages(t) {
		if !within(p.ImportPath, module+"policies") {
			continue
		}
		judged++
		for _, dependency := range p.Deps {
			for sdk := range cloudSDKs {
				assert.False(t, strings.HasPrefix(dependency, sdk), "%s depends on %s", p.ImportPath, dependency)
			}
			for _, layer := range []string{"components", "stacks", "infra"} {
				assert.False(t, within(dependency, module+layer), "%s depends on %s", p.ImportPath, dependency)
			}
		}
	}
	assert.Positive(t, judged)
}
