package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"gantry.dev/gantry/sandbox/engine"
)

// newRollbackCommand sends a model's requests back to a version that is known to
// work. It does not wait for what is running on the stack, but ends it: that may
// be the up that waits for the bad version.
func newRollbackCommand(options *engine.Options) *cobra.Command {
	var model string
	command := &cobra.Command{
		Use: "rollback", Short: "send all requests of a model back to its stable or previous version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return rollback(cmd.Context(), *options, model) },
	}
	command.Flags().StringVar(&model, "model", "", "model, by its name in the configuration")
	return command
}

func rollback(ctx context.Context, options engine.Options, model string) (err error) {
	start := time.Now()
	stopped, err := engine.Interrupt(ctx, options)
	if err != nil {
		return err
	}
	if stopped != 0 {
		fmt.Fprintf(options.Out, "    ended the operation that was running on %s (process %d)\n", options.Stack, stopped)
	}
	sandbox, err := engine.OpenWhenFree(ctx, options)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := sandbox.Close(); err == nil {
			err = closeErr
		}
	}()
	done, err := sandbox.Rollback(ctx, model)
	if err != nil {
		return err
	}
	showRollback(options.Out, options.Stack, done, time.Since(start))
	return nil
}

func showRollback(out io.Writer, stack string, done engine.RolledBack, took time.Duration) {
	fmt.Fprintf(out, "\n%s is rolled back: %s in %s.\n", done.Model, plural(done.Changes.Total(), "change"), took.Round(100*time.Millisecond))
	fmt.Fprintf(out, "  served before  %s\n  served now     %s\n", done.Before, done.After)
	for _, line := range done.Lines {
		fmt.Fprintf(out, "  Pulumi.%s.yaml  %s\n", stack, line)
	}
	if len(done.Lines) == 0 {
		fmt.Fprintf(out, "  Pulumi.%s.yaml said so already\n", stack)
	}
}
