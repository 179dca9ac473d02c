package engine

import (
	"context"
	"fmt"

	"gantry.dev/gantry/stacks"
)

// ClusterName is the name of the stack's cluster, or empty before the first Up.
func (s *Sandbox) ClusterName(ctx context.Context) (string, error) {
	outputs, err := s.stack.Outputs(ctx)
	if err != nil {
		return "", fmt.Errorf("read the outputs of the stack: %w", err)
	}
	name, _ := outputs[stacks.OutputClusterName].Value.(string)
	return name, nil
}
