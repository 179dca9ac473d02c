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
	"slices"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures everything, or the parts that are named: compile, preview, fleet.
func run(ctx context.Context, only []string) (err error) {
	repository, err := filepath.Abs("..")
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(filepath.Join(repository, ".gantry"), "bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	parts := []struct {
		name    string
		measure func(ctx context.Context, repository, scratch string) error
	}{
		{"compile", compileTimes}, {"preview", previewTimes}, {"fleet", fleetTimes},
	}
	for _, part := range parts {
		if len(only) > 0 && !slices.Contains(only, part.name) {
			continue
		}
		if err := part.measure(ctx, repository, scratch); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}
