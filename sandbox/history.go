package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/spf13/cobra"

	"gantry.dev/gantry/sandbox/engine"
)

// newHistoryCommand shows what was done to a stack.
func newHistoryCommand(options *engine.Options) *cobra.Command {
	limit := 20
	command := operation(options, "history", "show what was done to the stack, the newest first",
		func(ctx context.Context, sandbox *engine.Sandbox, options engine.Options) error {
			updates, err := sandbox.History(ctx, limit)
			if err != nil {
				return err
			}
			showHistory(options.Out, options.Stack, updates)
			return nil
		})
	command.Flags().IntVar(&limit, "limit", limit, "greatest number of operations to show")
	return command
}

func showHistory(out io.Writer, stack string, updates []auto.UpdateSummary) {
	if len(updates) == 0 {
		fmt.Fprintf(out, "Nothing was done to %s yet.\n", stack)
		return
	}
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "VERSION\tWHEN\tWHAT\tRESULT\tCHANGES")
	for _, update := range updates {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\n", update.Version, update.StartTime, update.Kind, update.Result, changed(update.ResourceChanges))
	}
	_ = table.Flush() // a terminal or a file, as every other print here
}

// changed are the counts of what did not stay the same, by operation.
func changed(summary *map[string]int) string {
	if summary == nil {
		return "-"
	}
	var counts []string
	for _, operation := range slices.Sorted(maps.Keys(*summary)) {
		if apitype.OpType(operation) != apitype.OpSame && (*summary)[operation] > 0 {
			counts = append(counts, fmt.Sprintf("%s %d", operation, (*summary)[operation]))
		}
	}
	if len(counts) == 0 {
		return "none"
	}
	return strings.Join(counts, ", ")
}
