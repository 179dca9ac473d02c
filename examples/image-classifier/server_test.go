// Package imageclassifier has no Go code: its test runs the tests of the Python
// server, so that one command tests everything.
package imageclassifier

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// venvDir holds the Python packages between runs. Like everything that
	// Gantry builds it is under .gantry, in the root of the module.
	venvDir = "../../.gantry/venv/image-classifier"
	// oldestPython is the first version that the server supports.
	oldestPython = "3.11"
	// installTimeout bounds an installation over a slow network.
	installTimeout = 4 * time.Minute
)

// TestServer runs pytest over the server. It is skipped, with the reason, where
// Python or the packages cannot be had, and fails where the server does.
func TestServer(t *testing.T) {
	readSources(t)
	python := environment(t)

	out, err := command(t.Context(), python, "-m", "pytest", "-q", "-p", "no:cacheprovider").CombinedOutput()
	require.NoError(t, err, "pytest:\n%s", out)
	t.Logf("%s", bytes.TrimSpace(out))
}

// readSources opens every file that pytest depends on: go test repeats a cached
// result until a file changes that the test itself has opened.
func readSources(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if hidden := len(path) > 1 && strings.HasPrefix(entry.Name(), "."); hidden {
				return fs.SkipDir
			}
			return nil
		}
		_, err = os.ReadFile(path)
		return err
	})
	require.NoError(t, err)
}

// environment returns the Python of a virtual environment with the packages of
// requirements-dev.txt, and makes it when it is missing or outdated.
func environment(t *testing.T) string {
	t.Helper()
	venv, err := filepath.Abs(venvDir)
	require.NoError(t, err)
	python := filepath.Join(venv, "bin", "python")
	stamp := filepath.Join(venv, "requirements.sha256")
	want := requirementsHash(t)
	have, err := os.ReadFile(stamp)
	// The environment links to the Python of the system, which may be gone.
	if _, linkErr := os.Stat(python); err == nil && linkErr == nil && string(have) == want {
		return python
	}

	require.NoError(t, os.MkdirAll(filepath.Dir(venv), 0o755))
	ctx, cancel := context.WithTimeout(t.Context(), installTimeout)
	defer cancel()
	for _, step := range [][]string{
		{"python3", "-c", "import sys; sys.exit(sys.version_info < (" + strings.ReplaceAll(oldestPython, ".", ", ") + "))"},
		{"python3", "-m", "venv", "--clear", venv},
		{python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--retries", "1",
			"--only-binary", ":all:", "-r", "requirements-dev.txt"},
	} {
		if out, err := command(ctx, step...).CombinedOutput(); err != nil {
			skip(t, venv, step, err, out)
		}
	}
	require.NoError(t, os.WriteFile(stamp, []byte(want), 0o644))
	return python
}

// requirementsHash identifies the packages that are wanted.
func requirementsHash(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("requirements*.txt")
	require.NoError(t, err)
	files = append(files, "constraints.txt")
	slices.Sort(files)
	hash := sha256.New()
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		fmt.Fprintf(hash, "%s %d\n%s", file, len(text), text)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// skip leaves the output of the failed step in a log. Because the test has then
// opened a file that is only just written, go test does not cache the result,
// and tries again next time.
func skip(t *testing.T, venv string, step []string, err error, out []byte) {
	t.Helper()
	log := venv + ".log"
	require.NoError(t, os.WriteFile(log, out, 0o644))
	_, readErr := os.ReadFile(log)
	require.NoError(t, readErr)
	t.Skipf("the Python server is not tested here (it needs Python %s or newer and its packages): %s: %v; output in %s",
		oldestPython, strings.Join(step, " "), err, log)
}

// command runs a program that writes no bytecode beside the sources.
func command(ctx context.Context, line ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1")
	return cmd
}
