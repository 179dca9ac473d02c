package engine

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// History is what was done to the stack, the newest first, at most limit
// operations.
func (s *Sandbox) History(ctx context.Context, limit int) ([]auto.UpdateSummary, error) {
	updates, err := s.stack.History(ctx, limit, 1)
	if err != nil {
		return nil, fmt.Errorf("read the history of %s: %w", s.options.Stack, err)
	}
	return updates, nil
}
