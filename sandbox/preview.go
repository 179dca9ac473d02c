package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"gantry.dev/gantry/modules/previewreport"
	"gantry.dev/gantry/sandbox/engine"
)

// newPreviewCommand previews, and writes on demand what a pull request gets to
// see of it; see docs/pull-requests.md.
func newPreviewCommand(options *engine.Options) *cobra.Command {
	var report string
	command := operation(options, "preview", "show what up would do",
		func(ctx context.Context, sandbox *engine.Sandbox, options engine.Options) error {
			_, err := sandbox.Preview(ctx)
			if report == "" {
				return err
			}
			return errors.Join(err, writeReport(report, options))
		})
	command.Flags().StringVar(&options.EventLog, "event-log", "", "file for the engine's events, one a line in JSON")
	command.Flags().StringVar(&report, "report", "", "file for the report of the preview in Markdown, also of one that fails")
	command.PreRun = func(*cobra.Command, []string) {
		if report != "" && options.EventLog == "" {
			options.EventLog = filepath.Join(options.Home, "events.jsonl")
		}
	}
	return command
}

// writeReport writes the report of the preview whose events were logged.
func writeReport(file string, options engine.Options) error {
	log, err := os.Open(options.EventLog)
	if err != nil {
		return fmt.Errorf("read the event log: %w", err)
	}
	defer log.Close()
	preview, err := previewreport.Read(log)
	if err != nil {
		return err
	}
	report := previewreport.Markdown(preview, previewreport.Options{Stack: options.Stack})
	if err := os.WriteFile(file, []byte(report), 0o644); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
