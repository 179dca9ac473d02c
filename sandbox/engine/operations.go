package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Changes counts resources by what happened to them.
type Changes map[apitype.OpType]int

// Total is the number of resources that did not stay the same.
func (c Changes) Total() int {
	total := 0
	for operation, count := range c {
		if operation != apitype.OpSame {
			total += count
		}
	}
	return total
}

// Preview shows what Up would do and changes nothing.
func (s *Sandbox) Preview(ctx context.Context) (Changes, error) {
	if err := s.waitForEngine(ctx); err != nil {
		return nil, err
	}
	options := []optpreview.Option{
		optpreview.ProgressStreams(s.options.Out),
		optpreview.ErrorProgressStreams(s.options.Out),
		optpreview.Color(s.color()),
	}
	if s.options.PolicyPack != "" {
		options = append(options, optpreview.PolicyPacks(s.options.PolicyPack))
	}
	log, err := s.logEvents()
	if err != nil {
		return nil, err
	}
	if log != nil {
		options = append(options, optpreview.EventStreams(log.stream))
	}
	result, err := s.stack.Preview(ctx, options...)
	return Changes(result.ChangeSummary), errors.Join(reported(ctx, err), log.finish())
}

// Up makes the emulated world what the configuration says. After an
// interruption it first brings state and account together again.
func (s *Sandbox) Up(ctx context.Context) (Changes, error) {
	recovered, err := s.recover(ctx, keepProtection)
	if err != nil {
		return nil, err
	}
	if err := s.accounts.restore(ctx); err != nil {
		return nil, err
	}
	stream, finish := narrate(s.options.Out, s.options.Color)
	options := []optup.Option{optup.EventStreams(stream)}
	if recovered {
		options = append(options, optup.Refresh())
	}
	if s.options.PolicyPack != "" {
		options = append(options, optup.PolicyPacks(s.options.PolicyPack))
	}
	result, err := s.stack.Up(ctx, options...)
	finish()
	if err := reported(ctx, err); err != nil {
		return nil, err
	}
	if err := s.publishKubeconfig(ctx); err != nil {
		return nil, err
	}
	return changesOf(result.Summary.ResourceChanges), nil
}

// Refresh reads everything anew and tells what differs from the engine's state.
func (s *Sandbox) Refresh(ctx context.Context) (Changes, error) {
	if _, err := s.recover(ctx, keepProtection); err != nil {
		return nil, err
	}
	if err := s.accounts.restore(ctx); err != nil {
		return nil, err
	}
	stream, finish := narrate(s.options.Out, s.options.Color)
	result, err := s.stack.Refresh(ctx, optrefresh.EventStreams(stream))
	finish()
	if err := reported(ctx, err); err != nil {
		return nil, err
	}
	return changesOf(result.Summary.ResourceChanges), nil
}

// Down destroys everything of the stack, ends its control planes and forgets
// it. Resources that a real destroy would refuse to delete or would keep are
// deleted too; their number is returned.
func (s *Sandbox) Down(ctx context.Context) (kept int, err error) {
	if _, err := s.recover(ctx, dropProtection); err != nil {
		return 0, err
	}
	if err := s.accounts.unprotect(s.options.Stack); err != nil {
		return 0, err
	}
	if err := s.accounts.restore(ctx); err != nil {
		return 0, err
	}
	stream, finish := narrate(s.options.Out, s.options.Color)
	_, err = s.stack.Destroy(ctx, optdestroy.EventStreams(stream))
	finish()
	if err := reported(ctx, err); err != nil {
		return 0, err
	}
	removed, err := s.accounts.rollback(ctx, s.options.Stack, nil)
	if err != nil {
		return 0, fmt.Errorf("remove what the stack keeps on destroy: %w", err)
	}
	if err := s.stack.Workspace().RemoveStack(ctx, s.options.Stack); err != nil {
		return 0, fmt.Errorf("forget the stack: %w", err)
	}
	return len(removed), s.forget()
}

// forget removes the stack's workspace, and the shared kubeconfig when no
// cluster is left that it could point to.
func (s *Sandbox) forget() error {
	if err := os.RemoveAll(s.path("workspaces", s.options.Stack)); err != nil {
		return fmt.Errorf("remove the workspace: %w", err)
	}
	names, err := s.clusters.Names()
	if err != nil || len(names) > 0 {
		return err
	}
	if err := os.Remove(s.kubeconfigFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove the kubeconfig: %w", err)
	}
	return nil
}

// publishKubeconfig writes the administrator's kubeconfig of the stack's
// cluster where kubectl users expect it.
func (s *Sandbox) publishKubeconfig(ctx context.Context) error {
	name, err := s.LocalCluster(ctx)
	if err != nil || name == "" {
		return err
	}
	kubeconfig, err := s.clusters.Kubeconfig(name)
	if err != nil {
		return fmt.Errorf("read the kubeconfig of cluster %s: %w", name, err)
	}
	return os.WriteFile(s.kubeconfigFile(), kubeconfig, 0o600)
}

func (s *Sandbox) kubeconfigFile() string {
	return filepath.Join(s.options.Home, "kubeconfig")
}

func (s *Sandbox) color() string {
	if s.options.Color {
		return "always"
	}
	return "never"
}

func changesOf(summary *map[string]int) Changes {
	changes := Changes{}
	if summary != nil {
		for operation, count := range *summary {
			changes[apitype.OpType(operation)] = count
		}
	}
	return changes
}

// reported replaces the engine's error, which repeats all that was printed, by
// one that points to it.
func reported(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if auto.IsConcurrentUpdateError(err) {
		return errBusy
	}
	return reportedError{err}
}

// reportedError keeps an error for errors.As without printing it a second time.
type reportedError struct{ cause error }

func (reportedError) Error() string     { return ErrReported.Error() }
func (e reportedError) Unwrap() []error { return []error{ErrReported, e.cause} }
