package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gantry.dev/gantry/sandbox/engine"
	"gantry.dev/gantry/sandbox/localkube/agent"
)

func newCommand() *cobra.Command {
	options := engine.Options{Out: os.Stdout, Color: isTerminal(os.Stdout)}
	policies := true
	root := &cobra.Command{
		Use:           "sandbox",
		Short:         "Gantry with no cloud account",
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return complete(&options, policies)
		},
	}
	flags := root.PersistentFlags()
	flags.StringVar(&options.Stack, "stack", "dev", "stack to work on: Pulumi.<stack>.yaml")
	flags.StringVar(&options.Cloud, "cloud", "", "cloud to use instead of the stack's own: aws, gcp, azure or existing")
	flags.StringVar(&options.Project, "project", "", "folder of Pulumi.yaml (default: the working directory or the one above it)")
	flags.StringVar(&options.Home, "home", "", "folder for all that is built and stored (default: .gantry in the project)")
	flags.DurationVar(&options.Latency, "latency", 0, "time that slow operations of the emulated clouds take")
	flags.BoolVar(&policies, "policies", true, "let the policy pack of the project judge previews and ups")
	root.AddCommand(
		operation(&options, "up", "make the platform what the configuration says", up),
		newPreviewCommand(&options),
		operation(&options, "refresh", "compare the engine's state with the emulated account and cluster", refresh),
		newDownCommand(&options),
		&cobra.Command{
			Use: "status", Short: "show nodes by pool, models with their replicas, and the cost", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return status(cmd.Context(), options) },
		},
		newCompareCommand(&options),
		newRenderCommand(&options),
		newHistoryCommand(&options),
		newBackendCommand(&options),
		newEvictCommand(&options),
		newRollbackCommand(&options),
		newMoveCommand(&options),
		newAgentCommand(),
	)
	return root
}

// complete fills the folders that were not named and the command of the agent.
func complete(options *engine.Options, policies bool) error {
	if options.Project == "" {
		project, err := findProject()
		if err != nil {
			return err
		}
		options.Project = project
	}
	if options.Home == "" {
		options.Home = filepath.Join(options.Project, ".gantry")
	}
	home, err := filepath.Abs(options.Home)
	if err != nil {
		return fmt.Errorf("find the sandbox folder: %w", err)
	}
	options.Home = home
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the sandbox binary: %w", err)
	}
	options.Agent = []string{self, agent.CommandName}
	if policies {
		options.PolicyPack = filepath.Join(options.Project, "policies")
	}
	return nil
}

func findProject() (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the working directory: %w", err)
	}
	for _, dir := range []string{here, filepath.Dir(here)} {
		if _, err := os.Stat(filepath.Join(dir, "Pulumi.yaml")); err == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("there is no Pulumi.yaml in %s: run the command in the Gantry repository, or name it with --project", here)
}

// operation is a command that works on an open sandbox.
func operation(options *engine.Options, name, about string, run func(context.Context, *engine.Sandbox, engine.Options) error) *cobra.Command {
	return &cobra.Command{
		Use: name, Short: about, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			sandbox, err := engine.Open(cmd.Context(), *options)
			if err != nil {
				return err
			}
			defer func() {
				if closeErr := sandbox.Close(); err == nil {
					err = closeErr
				}
			}()
			return run(cmd.Context(), sandbox, *options)
		},
	}
}

func up(ctx context.Context, sandbox *engine.Sandbox, options engine.Options) error {
	start := time.Now()
	changes, err := sandbox.Up(ctx)
	if err != nil {
		return err
	}
	if err := settle(ctx, options); err != nil {
		return err
	}
	if err := status(ctx, options); err != nil {
		return err
	}
	fmt.Fprintf(options.Out, "\n%s is up: %s in %s.\nTry: kubectl --kubeconfig %s get nodes\n",
		options.Stack, plural(changes.Total(), "change"), time.Since(start).Round(time.Second), relative(options.Home, "kubeconfig"))
	return nil
}

func refresh(ctx context.Context, sandbox *engine.Sandbox, options engine.Options) error {
	changes, err := sandbox.Refresh(ctx)
	if err != nil {
		return err
	}
	if drift := changes.Total(); drift > 0 {
		fmt.Fprintf(options.Out, "\nDrift: %s, shown above; up puts back what the configuration says.\n", plural(drift, "resource"))
		return nil
	}
	fmt.Fprintln(options.Out, "\nNo drift.")
	return nil
}

func newDownCommand(options *engine.Options) *cobra.Command {
	var confirm string
	command := operation(options, "down", "destroy the stack and end its control planes", down)
	run := command.RunE
	command.RunE = func(cmd *cobra.Command, args []string) error {
		if err := confirmDown(*options, confirm, os.Stdin); err != nil {
			return err
		}
		return run(cmd, args)
	}
	command.Flags().StringVar(&confirm, "confirm", "", "name of the stack, where it is protected and nobody can be asked")
	return command
}

func down(ctx context.Context, sandbox *engine.Sandbox, options engine.Options) error {
	kept, err := sandbox.Down(ctx)
	if err != nil {
		return err
	}
	if kept > 0 {
		fmt.Fprintf(options.Out, "\n%s that a real account would keep (see protect) went with the emulated one.\n", plural(kept, "resource"))
	}
	fmt.Fprintf(options.Out, "\n%s is down: no resource and no process is left.\n", options.Stack)
	return nil
}

func newEvictCommand(options *engine.Options) *cobra.Command {
	var pool string
	command := operation(options, "evict", "take the nodes of a spot pool away, as the cloud does; up brings them back",
		func(ctx context.Context, sandbox *engine.Sandbox, options engine.Options) error {
			nodes, err := sandbox.Evict(ctx, pool)
			if err != nil {
				return err
			}
			fmt.Fprintf(options.Out, "\nThe cloud took back %s of pool %s: %s.\nTheir pods wait for room elsewhere; make up brings the nodes back.\n",
				plural(len(nodes), "node"), pool, strings.Join(nodes, ", "))
			return nil
		})
	command.Flags().StringVar(&pool, "pool", "", "spot pool, by its name in the configuration")
	return command
}

// newMoveCommand hands components from one stack to another; see docs/layers.md.
func newMoveCommand(options *engine.Options) *cobra.Command {
	var component, to string
	command := operation(options, "move", "hand the components of a type over to another stack that was previewed before",
		func(ctx context.Context, sandbox *engine.Sandbox, options engine.Options) error {
			count, err := sandbox.Move(ctx, component, to)
			if err != nil {
				return err
			}
			fmt.Fprintf(options.Out, "\n%s of %s moved from %s to %s. Nothing outside the engine's state changed.\n",
				plural(count, "component"), component, options.Stack, to)
			return nil
		})
	command.Flags().StringVar(&component, "type", "", "type of the components, for example gantry:serving:Model")
	command.Flags().StringVar(&to, "to", "", "stack that gets them")
	return command
}

// newAgentCommand is the agent, which needs no project: it gets all it must know
// as flags.
func newAgentCommand() *cobra.Command {
	command := agent.NewCommand()
	command.PersistentPreRunE = func(*cobra.Command, []string) error { return nil }
	return command
}

func plural(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}

// relative shortens a path below the working directory.
func relative(elements ...string) string {
	path := filepath.Join(elements...)
	if here, err := os.Getwd(); err == nil {
		if short, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(short) {
			return short
		}
	}
	return path
}

func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
