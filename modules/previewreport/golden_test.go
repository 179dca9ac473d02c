package previewreport

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the reports in testdata with what is written now")

// The event logs in testdata are of real previews, trimmed; the test
// TestPreviewReport_Scenarios in sandbox/engine makes them.
func TestMarkdown_OfRealPreviews(t *testing.T) {
	t.Parallel()
	logs, err := filepath.Glob(filepath.Join("testdata", "*", "events.jsonl"))
	require.NoError(t, err)
	require.NotEmpty(t, logs)
	for _, log := range logs {
		dir := filepath.Dir(log)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			file, err := os.Open(log)
			require.NoError(t, err)
			defer file.Close()
			preview, err := Read(file)
			require.NoError(t, err)
			report := Markdown(preview, Options{Stack: "dev"})
			golden := filepath.Join(dir, "report.md")
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(report), 0o644))
				return
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, string(want), report, "to accept it: go test ./modules/previewreport -update")
		})
	}
}
