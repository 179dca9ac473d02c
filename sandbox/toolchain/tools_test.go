package toolchain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The linked version and the module's version are written in two places.
func TestTools_LinkTheVersionsTheyAreBuiltFrom(t *testing.T) {
	t.Parallel()
	for file, wanted := range map[string]string{
		Pulumi.Dir:     "github.com/pulumi/pulumi/pkg/v3 v" + PulumiVersion,
		Kubernetes.Dir: "k8s.io/kubernetes v" + KubernetesVersion,
	} {
		content, err := os.ReadFile(filepath.Join("..", file, "go.mod"))
		require.NoError(t, err)
		assert.Contains(t, string(content), wanted)
	}
}

func TestBuilder_KnowsWhatIsCurrent(t *testing.T) {
	t.Parallel()
	tool := Tool{Name: "tool", Dir: "module", Packages: []string{"example.org/tool"}, Binaries: []string{"tool"}}
	builder := &Builder{Root: t.TempDir(), Bin: t.TempDir()}
	module := filepath.Join(builder.Root, tool.Dir, "go.mod")
	require.NoError(t, os.MkdirAll(filepath.Dir(module), 0o755))
	require.NoError(t, os.WriteFile(module, []byte("module example.org/tool"), 0o644))
	assert.False(t, builder.current(tool), "nothing was built")

	require.NoError(t, os.WriteFile(filepath.Join(builder.Bin, "tool"), nil, 0o755))
	assert.False(t, builder.current(tool), "a binary without a stamp was not built to its end")

	require.NoError(t, os.WriteFile(builder.stampFile(tool), []byte(builder.fingerprint(tool)), 0o644))
	assert.True(t, builder.current(tool))

	require.NoError(t, os.WriteFile(module, []byte("module example.org/tool\nrequire x v1"), 0o644))
	assert.False(t, builder.current(tool), "the module changed")
}

func TestProgress_CountsPackagesAndKeepsProblems(t *testing.T) {
	t.Parallel()
	p := &progress{}
	problems := p.read(strings.NewReader("go: downloading example.org/a v1\nexample.org/a\nexample.org/b\n# example.org/c\nc.go:1:1: undefined: x\n"))
	assert.EqualValues(t, 2, p.done.Load())
	assert.Equal(t, "# example.org/c\nc.go:1:1: undefined: x", problems)
}

func TestAtLeast_ComparesVersions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		have, want string
		ok         bool
	}{
		{"3.250.0", "3.250.0", true},
		{"3.251.1", "3.250.9", true},
		{"4.0.0", "3.250.0", true},
		{"3.249.9", "3.250.0", false},
		{"3.250.0-dev", "3.250.0", true},
		{"no version", "3.250.0", false},
	} {
		assert.Equal(t, test.ok, atLeast(test.have, test.want) == nil, test.have)
	}
}
