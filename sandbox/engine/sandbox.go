// Package engine runs Gantry's program under the real Pulumi engine against
// the emulated clouds. It owns the folder .gantry: the engine's state, the
// emulated accounts and the local control planes.
package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/localkube"
	"gantry.dev/gantry/stacks"
)

// Options of a sandbox.
type Options struct {
	// Project is the folder of Pulumi.yaml and the stack files.
	Project string
	// Home keeps everything that the sandbox builds or stores.
	Home string
	// Bin holds the tools. Default: Home/bin.
	Bin string
	// Stack to work on, for example dev.
	Stack string
	// Cloud stands in for the stack's gantry:cloud. Empty: the stack's own.
	Cloud string
	// Agent is the command of the cluster agent: the sandbox binary and the
	// sub-command that runs it.
	Agent []string
	// PolicyPack is the folder of a policy pack that judges previews and ups.
	// Empty: none does.
	PolicyPack string
	// EventLog is the file that gets the engine's events of a preview, one a
	// line in JSON. Empty: none does.
	EventLog string
	// Program to run. Default: stacks.Deploy.
	Program pulumi.RunFunc
	// Latency that the emulated clouds add to slow operations.
	Latency time.Duration
	// Out receives what the engine prints; Color tells whether it is a
	// terminal.
	Out   io.Writer
	Color bool
}

// Sandbox is one stack with the emulated world around it. While it is open no
// other process can use the same home.
type Sandbox struct {
	options   Options
	accounts  accounts
	clusters  *localkube.Clusters
	providers *providers
	stack     auto.Stack
}

// ErrReported marks an error whose details the engine has printed already.
var ErrReported = errors.New("the engine stopped; its messages above say why")

// errBusy is what a second sandbox in the same home is told.
var errBusy = errors.New("another sandbox command is running in this folder: wait for it, or end it, and run the command again")

// Open starts the emulated clouds and selects the stack, which is created when
// it does not exist. Close must be called.
func Open(ctx context.Context, options Options) (*Sandbox, error) {
	if options.Bin == "" {
		options.Bin = filepath.Join(options.Home, "bin")
	}
	if options.Program == nil {
		options.Program = stacks.Deploy
	}
	s := &Sandbox{options: options}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Sandbox) open(ctx context.Context) error {
	if err := os.MkdirAll(s.path("clouds"), 0o700); err != nil {
		return fmt.Errorf("make the sandbox folder: %w", err)
	}
	s.clusters = Clusters(s.options)
	inClouds := func(file string) string { return s.path("clouds", file) }
	var err error
	if s.accounts, err = openAccounts(inClouds, s.clusters, s.options.Latency); err != nil {
		return err
	}
	if s.providers, err = s.serve(); err != nil {
		return fmt.Errorf("start the emulated clouds: %w", err)
	}
	s.stack, err = s.selectStack(ctx)
	return err
}

// Close ends the emulated clouds. The control planes keep running.
func (s *Sandbox) Close() error {
	var problems []error
	if s.providers != nil {
		problems = append(problems, s.providers.Close())
	}
	problems = append(problems, s.accounts.close())
	return errors.Join(problems...)
}

// Clusters returns the local control planes of a sandbox, which can be looked
// at without opening it.
func Clusters(options Options) *localkube.Clusters {
	bin := options.Bin
	if bin == "" {
		bin = filepath.Join(options.Home, "bin")
	}
	return localkube.New(localkube.Options{
		Dir:          filepath.Join(options.Home, "clusters"),
		BinDir:       bin,
		AgentCommand: options.Agent,
		Log:          logTo(options.Out),
	})
}

// Objects lists what exists in the emulated accounts, of all stacks.
func (s *Sandbox) Objects() ([]emulator.Object, error) { return s.accounts.objects() }

func (s *Sandbox) path(elements ...string) string {
	return filepath.Join(append([]string{s.options.Home}, elements...)...)
}

// logTo writes one line a message.
func logTo(out io.Writer) func(format string, args ...any) {
	return func(format string, args ...any) {
		fmt.Fprintf(out, "    "+format+"\n", args...)
	}
}
