// Command bench measures what a user of Gantry waits for: the cold compile of
// the program, a preview, and how a preview grows with the number of models.
// Machines differ and are noisy: compare the ratios of one run.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	repository, err := filepath.Abs("..")
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(filepath.Join(repository, ".gantry"), "bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	if err := compileTimes(ctx, repository, scratch); err != nil {
		return fmt.Errorf("compile: %w", err)
	}
	if err := previewTimes(ctx, repository, scratch); err != nil {
		return fmt.Errorf("preview: %w", err)
	}
	return nil
}
