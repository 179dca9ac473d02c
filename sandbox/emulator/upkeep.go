package emulator

import (
	"context"
	"slices"
	"time"
)

// Upkeep is what the sandbox does to an account without the engine. Provider
// implements it.
type Upkeep interface {
	// Restore brings all clusters, nodes and add-ons of the account back up, as
	// after a restart of the sandbox.
	Restore(ctx context.Context) error
	// Rollback deletes what an interrupted run of a stack left in the account
	// and the engine does not know of: everything whose id is not in known,
	// which holds the ids of the engine's state by URN. It returns what it
	// deleted, the newest first.
	Rollback(ctx context.Context, project, stack string, known map[string][]string) ([]Object, error)
	// Unprotect lifts what the account itself guards of a stack against
	// deletion.
	Unprotect(project, stack string) error
}

var _ Upkeep = (*Provider)(nil)

// Slow is a Latency of the types whose creation takes minutes in the real cloud.
func Slow(latency time.Duration, tokens ...string) func(token string) time.Duration {
	return func(token string) time.Duration {
		if slices.Contains(tokens, token) {
			return latency
		}
		return 0
	}
}
