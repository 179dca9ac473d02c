package engine

import (
	"context"
	"errors"
)

// Evict takes the nodes of a spot pool away from the stack's cluster, as the
// cloud does, and returns their names. The next Up brings them back, but for those
// that the autoscaler has replaced by then because pods were waiting.
func (s *Sandbox) Evict(ctx context.Context, pool string) ([]string, error) {
	if pool == "" {
		return nil, errors.New("name a spot pool, for example: make evict POOL=train")
	}
	cluster, err := s.LocalCluster(ctx)
	if err != nil {
		return nil, err
	}
	if cluster == "" {
		return nil, errors.New("the stack has no cluster here: begin with make up")
	}
	return s.clusters.Reclaim(ctx, cluster, pool)
}
