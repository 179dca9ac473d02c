package engine

import (
	"context"
	"errors"
	"fmt"

	"gantry.dev/gantry/stacks"
)

// LocalCluster is the name of the control plane that the stack's cluster runs
// on, or empty before the first Up. On EKS it is the name of the cluster; that of
// another cloud's cluster has more in it.
func (s *Sandbox) LocalCluster(ctx context.Context) (string, error) {
	outputs, err := s.stack.Outputs(ctx)
	if err != nil {
		return "", fmt.Errorf("read the outputs of the stack: %w", err)
	}
	endpoint, _ := outputs[stacks.OutputEndpoint].Value.(string)
	if name, ok := s.accounts.clusterByEndpoint(endpoint); ok || endpoint == "" {
		return name, nil
	}
	name, err := s.localCluster(endpoint)
	if errors.Is(err, errUnknownEndpoint) {
		return "", nil
	}
	return name, err
}
