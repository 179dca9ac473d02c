package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/engine"
)

func TestWriteReport_OfAPreviewThatFailed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	options := engine.Options{Stack: "dev", EventLog: filepath.Join(dir, "events.jsonl")}
	require.NoError(t, os.WriteFile(options.EventLog, []byte(
		`{"diagnosticEvent":{"severity":"error","message":"2 problems in the configuration"}}`+"\n"+
			`{"summaryEvent":{"result":"failed"}}`+"\n"), 0o600))
	target := filepath.Join(dir, "report.md")
	require.NoError(t, writeReport(target, options))
	report, err := os.ReadFile(target)
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(report), "<!-- gantry-preview:dev -->\n## Preview of `dev`: failed\n"))
	assert.Contains(t, string(report), "2 problems in the configuration")

	options.EventLog = filepath.Join(dir, "none")
	require.ErrorContains(t, writeReport(target, options), "read the event log")
}
