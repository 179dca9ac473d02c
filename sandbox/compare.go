package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"gantry.dev/gantry/modules/cost"
	"gantry.dev/gantry/modules/spec"
	"gantry.dev/gantry/modules/stackfile"
	"gantry.dev/gantry/sandbox/engine"
	"gantry.dev/gantry/stacks"
)

// comparedClouds are those that sell what a stack asks for.
var comparedClouds = []spec.Cloud{spec.AWS, spec.GCP, spec.Azure}

func newCompareCommand(options *engine.Options) *cobra.Command {
	return &cobra.Command{
		Use: "compare", Short: "show what the stack would cost a month on each cloud", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			stack, models, err := readStack(*options)
			if err != nil {
				return err
			}
			return compare(options.Out, stack, models)
		},
	}
}

// readStack reads the configuration of the stack without the engine, and the
// model files that the program has.
func readStack(options engine.Options) (stackfile.Stack, map[string][]byte, error) {
	stack, err := stackfile.Read(os.DirFS(options.Project), options.Stack)
	if err != nil {
		return stackfile.Stack{}, nil, err
	}
	if options.Cloud != "" {
		stack = stack.On(spec.Cloud(options.Cloud))
	}
	models, err := stacks.ModelFiles()
	return stack, models, err
}

// candidate is a stack on one cloud: what it costs there, or why it cannot be.
type candidate struct {
	cloud    spec.Cloud
	estimate cost.Estimate
	gpus     string
	problem  error
}

// compare shows a stack on every cloud, with nothing but the key gantry:cloud
// changed: a table for each that can run it, the cheapest at rest first, what is
// wrong for the others, and all in a few lines at the end.
func compare(out io.Writer, stack stackfile.Stack, models map[string][]byte) error {
	if from := stack.LayersFrom(); from != "" {
		return fmt.Errorf("the stack %s makes no cluster that could be compared: it builds on that of %s", stack.Name, from)
	}
	var candidates []candidate
	for _, cloud := range comparedClouds {
		candidates = append(candidates, onCloud(stack, models, cloud))
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int {
		if a.problem != nil || b.problem != nil {
			return cmp.Compare(rank(a), rank(b))
		}
		return cost.ByMin(a.estimate, b.estimate)
	})
	for _, c := range candidates {
		if c.problem != nil {
			fmt.Fprintf(out, "The stack %s cannot be on %s: %v\n\n", stack.Name, c.cloud, c.problem)
			continue
		}
		fmt.Fprintf(out, "%s\n", c.estimate.Table())
	}
	summarize(out, candidates)
	if !slices.ContainsFunc(candidates, func(c candidate) bool { return c.problem == nil }) {
		return errors.New("no cloud can run the stack " + stack.Name + " as it is configured")
	}
	return nil
}

// rank puts what has a problem behind what has none.
func rank(c candidate) int {
	if c.problem != nil {
		return 1
	}
	return 0
}

func onCloud(stack stackfile.Stack, models map[string][]byte, cloud spec.Cloud) candidate {
	platform, pools, err := spec.Load(stack.On(cloud).Raw(models))
	if err != nil {
		return candidate{cloud: cloud, problem: err}
	}
	return candidate{cloud: cloud, estimate: cost.Of(platform, pools), gpus: gpusOf(pools)}
}

// gpusOf tells the accelerators of a node of each pool that has any: clouds do
// not sell the same ones, and a cheaper cloud may sell less.
func gpusOf(pools []spec.PoolPlan) string {
	var gpus []string
	for _, pool := range pools {
		if pool.GPU != "" {
			gpus = append(gpus, fmt.Sprintf("%s %dx %s", pool.Name, pool.GPUCount, pool.GPU))
		}
	}
	if len(gpus) == 0 {
		return "-"
	}
	return strings.Join(gpus, ", ")
}

// summarize shows a line a cloud, in the order of the tables.
func summarize(out io.Writer, candidates []candidate) {
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "CLOUD\tREGION\tGPUS OF A NODE\tA MONTH AT MINIMUM\tA MONTH AT MAXIMUM")
	for _, c := range candidates {
		if c.problem != nil {
			fmt.Fprintf(table, "%s\t-\t-\tnot possible\tnot possible\n", c.cloud)
			continue
		}
		total := c.estimate.Total()
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", c.cloud, c.estimate.Region, c.gpus, total.Min, total.Max)
	}
	_ = table.Flush() // a terminal or a file, as every other print here
}

// showCost shows what the stack costs a month as it is configured. It is a part
// of status, which has more to tell: what is wrong with the configuration takes
// one line.
func showCost(out io.Writer, options engine.Options) {
	fmt.Fprintf(out, "\nCost of the stack %s, from its configuration: ", options.Stack)
	stack, models, err := readStack(options)
	if err != nil {
		fmt.Fprintf(out, "not known; %s\n", firstLine(err))
		return
	}
	if from := stack.LayersFrom(); from != "" {
		fmt.Fprintf(out, "nothing by the month; its cluster belongs to the stack %s\n", from)
		return
	}
	platform, pools, err := spec.Load(stack.Raw(models))
	var problems spec.Problems
	switch {
	case errors.As(err, &problems):
		fmt.Fprintf(out, "not known; it has %s, which make preview STACK=%s lists\n", plural(len(problems), "problem"), options.Stack)
	case err != nil:
		fmt.Fprintf(out, "not known; %s\n", firstLine(err))
	default:
		fmt.Fprintf(out, "%s", cost.Of(platform, pools).Table())
	}
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
