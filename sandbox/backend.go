package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gantry.dev/gantry/sandbox/engine"
)

// backend is where the state of a real stack lies and what encrypts the secrets
// in it.
type backend struct{ state, key string }

// states are the places that Pulumi keeps state in, and the secrets providers
// that go with each; see docs/state.md.
var states = []struct {
	scheme, about string
	keys          []string
}{
	{"s3", "Amazon S3", []string{"awskms"}},
	{"gs", "Google Cloud Storage", []string{"gcpkms"}},
	{"azblob", "Azure Blob Storage", []string{"azurekeyvault"}},
	{"https", "Pulumi Cloud, or a server of your own that speaks as it does", []string{"awskms", "gcpkms", "azurekeyvault", "default"}},
	{"file", "a folder of this machine, for trying things out", []string{"passphrase"}},
}

// newBackendCommand puts a stack's state where a team shares it.
func newBackendCommand(options *engine.Options) *cobra.Command {
	var b backend
	command := &cobra.Command{
		Use: "backend", Short: "log the official Pulumi CLI in to a state backend and make the stack there", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := b.validate(); err != nil {
				return err
			}
			cli, err := pulumiCLI(*options)
			if err != nil {
				return err
			}
			return b.use(cmd.Context(), cli, *options)
		},
	}
	command.Flags().StringVar(&b.state, "state", "", "where the state lies: s3://bucket, gs://bucket, azblob://container, https://api.pulumi.com or file:///folder")
	command.Flags().StringVar(&b.key, "key", "", "what encrypts secrets: awskms://..., gcpkms://..., azurekeyvault://..., default or passphrase")
	return command
}

// validate reports everything that is wrong with the choice at once.
func (b backend) validate() error {
	parsed, err := url.Parse(b.state)
	if err != nil || parsed.Scheme == "" {
		return fmt.Errorf("the state %q is no address: give BACKEND as one of %s", b.state, strings.Join(examples(), ", "))
	}
	for _, known := range states {
		if known.scheme != parsed.Scheme {
			continue
		}
		var problems []error
		if parsed.Host == "" && parsed.Scheme != "file" {
			problems = append(problems, fmt.Errorf("the state %q names no bucket, container or server", b.state))
		}
		kind, _, _ := strings.Cut(b.key, "://")
		if !slices.Contains(known.keys, kind) {
			problems = append(problems, fmt.Errorf("the key %q does not go with %s: use %s, whose key only those can use who may change the stack",
				b.key, known.about, strings.Join(known.keys, " or ")))
		}
		return errors.Join(problems...)
	}
	return fmt.Errorf("the state %q is not of a kind that Pulumi keeps state in: use one of %s", b.state, strings.Join(examples(), ", "))
}

func examples() []string {
	return []string{"s3://bucket", "gs://bucket", "azblob://container?storage_account=name", "https://api.pulumi.com", "file:///folder"}
}

// use logs in, and makes the stack with the key, or gives the key to a stack that
// is there already.
func (b backend) use(ctx context.Context, cli string, options engine.Options) error {
	run := func(out io.Writer, args ...string) error {
		command := exec.CommandContext(ctx, cli, append(args, "--non-interactive")...)
		command.Dir = options.Project
		command.Stdout, command.Stderr = out, os.Stderr
		return command.Run()
	}
	fmt.Fprintf(options.Out, "Logging in to %s\n", b.state)
	if err := run(options.Out, "login", b.state); err != nil {
		return fmt.Errorf("pulumi login %s: %w", b.state, err)
	}
	if run(io.Discard, "stack", "select", options.Stack) != nil {
		fmt.Fprintf(options.Out, "Making the stack %s, its secrets encrypted by %s\n", options.Stack, b.key)
		if err := run(options.Out, "stack", "init", options.Stack, "--secrets-provider", b.key); err != nil {
			return fmt.Errorf("pulumi stack init %s: %w", options.Stack, err)
		}
	} else {
		fmt.Fprintf(options.Out, "The stack %s is there; its secrets are encrypted anew by %s\n", options.Stack, b.key)
		if err := run(options.Out, "stack", "change-secrets-provider", b.key); err != nil {
			return fmt.Errorf("pulumi stack change-secrets-provider: %w", err)
		}
	}
	fmt.Fprintf(options.Out, "\n%s is ready. Commit Pulumi.%s.yaml: it names the key, not its value.\nTry: pulumi preview\n", options.Stack, options.Stack)
	return nil
}

// pulumiCLI is the official CLI, or the sandbox's own, which can keep state as
// well but has no language host to run the program with.
func pulumiCLI(options engine.Options) (string, error) {
	if cli, err := exec.LookPath("pulumi"); err == nil {
		return cli, nil
	}
	own := filepath.Join(options.Home, "bin", "pulumi")
	if _, err := os.Stat(own); err != nil {
		return "", errors.New("there is no pulumi on the PATH: install the official CLI, https://www.pulumi.com/docs/install")
	}
	return own, nil
}
