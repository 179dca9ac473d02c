package engine

import (
	"context"
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
)

// PreviewDown shows what a destroy of the stack would delete and changes
// nothing. What is protected shows as an error, as in a real destroy.
func (s *Sandbox) PreviewDown(ctx context.Context) (Changes, error) {
	if err := s.waitForEngine(ctx); err != nil {
		return nil, err
	}
	log, err := s.logEvents()
	if err != nil {
		return nil, err
	}
	options := []optdestroy.Option{
		optdestroy.ProgressStreams(s.options.Out),
		optdestroy.ErrorProgressStreams(s.options.Out),
		optdestroy.Color(s.color()),
	}
	if log != nil {
		options = append(options, optdestroy.EventStreams(log.stream))
	}
	result, err := s.stack.PreviewDestroy(ctx, options...)
	return Changes(result.ChangeSummary), errors.Join(reported(ctx, err), log.finish())
}
