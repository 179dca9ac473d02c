package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"gantry.dev/gantry/sandbox/engine"
	"gantry.dev/gantry/sandbox/render"
)

// newRenderCommand writes manifests; see docs/gitops.md.
func newRenderCommand(options *engine.Options) *cobra.Command {
	var folder string
	command := &cobra.Command{
		Use: "render", Short: "write everything above the cluster as plain manifests", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if folder == "" {
				folder = filepath.Join(options.Home, "render", options.Stack)
			}
			return writeManifests(*options, folder)
		},
	}
	command.Flags().StringVar(&folder, "out", "", "folder for the manifests (default: render/<stack> in the folder of the sandbox)")
	return command
}

func writeManifests(options engine.Options, folder string) error {
	stack, _, err := readStack(options)
	if err != nil {
		return err
	}
	rendering, err := render.Stack(stack, options.Project)
	if err != nil {
		return err
	}
	if err := rendering.Write(folder); err != nil {
		return err
	}
	fmt.Fprintf(options.Out, "%s and %s of the stack %s are in %s; README.md there says what to fill in.\n",
		plural(len(rendering.Objects), "object"), plural(len(rendering.Releases), "release"), options.Stack, relative(folder))
	return nil
}
