package promtool

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const observability = "../../../modules/observability"

// binary is where the tools of the sandbox are built to.
const binary = "../../../.gantry/bin/promtool"

// build is the real promtool, without its service discovery, which is of no use
// here, and without debugging data: it is done in a third of the time.
var build = sync.OnceValue(func() error {
	cmd := exec.Command("go", "build", "-tags", "remove_all_sd", "-ldflags", "-s -w", "-gcflags", "all=-dwarf=false",
		"-o", binary, "github.com/prometheus/prometheus/cmd/promtool")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build promtool: %w\n%s", err, out)
	}
	return nil
})

func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	require.NoError(t, build())
	out, err := exec.Command(binary, args...).CombinedOutput()
	return string(out), err
}

func files(t *testing.T, patterns ...string) []string {
	t.Helper()
	var all []string
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(observability, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, found, pattern)
		all = append(all, found...)
	}
	return all
}

func TestRules_AreWhatPrometheusReads(t *testing.T) {
	out, err := run(t, append([]string{"check", "rules", "--lint=all", "--lint-fatal"}, files(t, "rules/*.yaml", "testdata/generated.golden.yaml")...)...)
	require.NoError(t, err, out)
	assert.Contains(t, out, "SUCCESS: ")
}

func TestRules_FireWhenTheyShouldAndOnlyThen(t *testing.T) {
	out, err := run(t, append([]string{"test", "rules"}, files(t, "testdata/*.test.yaml")...)...)
	require.NoError(t, err, out)
	assert.Contains(t, out, "SUCCESS")
}

// The queries of modules/sizing give what its sums are made for.
func TestQueries_OfSizing(t *testing.T) {
	out, err := run(t, append([]string{"test", "rules"}, files(t, "../sizing/testdata/*.test.yaml")...)...)
	require.NoError(t, err, out)
	assert.Contains(t, out, "SUCCESS")
}

// The tests above would notice a rule that is wrong.
func TestRules_AWrongOneIsNoticed(t *testing.T) {
	dir := t.TempDir()
	rule, err := os.ReadFile(filepath.Join(observability, "rules/certificates.yaml"))
	require.NoError(t, err)
	test, err := os.ReadFile(filepath.Join(observability, "testdata/certificates.test.yaml"))
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "testdata"), 0o755))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "rules"), 0o755))
	file := filepath.Join(dir, "testdata/certificates.test.yaml")
	require.NoError(t, os.WriteFile(file, test, 0o644))
	for from, to := range map[string]string{"< 21 * 86400": "< 2 * 86400", "< 21 *": "< 90 *"} {
		wrong := strings.Replace(string(rule), from, to, 1)
		require.NotEqual(t, string(rule), wrong)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "rules/certificates.yaml"), []byte(wrong), 0o644))
		out, err := run(t, "test", "rules", file)
		require.Error(t, err, "%s instead of %s passed", to, from)
		assert.Contains(t, out, "FAILED")
	}
}
