// Command bootstrap builds what a sandbox command needs and hands over to it.
// It is the only part of the sandbox that compiles in a second, so that a
// newcomer sees from the start what is being built.
//
//	bootstrap build               every tool
//	bootstrap up --stack dev      what up needs, then: sandbox up --stack dev
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"

	"gantry.dev/gantry/sandbox/toolchain"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		if errors.Is(err, context.Canceled) {
			err = errors.New("interrupted; run the same command again to go on where it stopped")
		}
		fmt.Fprintln(os.Stderr, "gantry:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("name a command, for example: bootstrap up --stack dev")
	}
	root, err := sandboxRoot()
	if err != nil {
		return err
	}
	bin := filepath.Join(root, "..", ".gantry", "bin")
	builder := &toolchain.Builder{Root: root, Bin: bin, Out: os.Stderr, Live: isTerminal(os.Stderr)}
	tools := toolsFor(args[0])
	if err := builder.Build(ctx, tools); err != nil {
		return err
	}
	startsCluster := func(tool toolchain.Tool) bool { return tool.Name == toolchain.Kubernetes.Name }
	if slices.ContainsFunc(tools, startsCluster) {
		if err := builder.Collect(ctx); err != nil {
			return err
		}
	}
	if args[0] == "build" {
		return nil
	}
	sandbox := filepath.Join(bin, toolchain.Sandbox.Binaries[0])
	return syscall.Exec(sandbox, append([]string{sandbox}, args...), os.Environ())
}

// toolsFor names the tools that a command of the sandbox runs.
func toolsFor(command string) []toolchain.Tool {
	switch command {
	case "build", "up":
		return toolchain.All
	case "compare", "backend", "render":
		return []toolchain.Tool{toolchain.Sandbox}
	default:
		return toolchain.Planning
	}
}

// sandboxRoot finds the sandbox folder from the working directory, which is the
// repository or the sandbox folder itself.
func sandboxRoot() (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the working directory: %w", err)
	}
	for _, dir := range []string{here, filepath.Join(here, "sandbox")} {
		if _, err := os.Stat(filepath.Join(dir, "toolchain", "tools.go")); err == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("%s is not the Gantry repository: run make in the folder of the Makefile", here)
}

func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
