package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Move hands every component of a type, with everything in it, from the stack's
// state over to another stack, which must exist; see docs/layers.md. Nothing
// outside the engine changes. It returns how many components moved.
func (s *Sandbox) Move(ctx context.Context, component, to string) (int, error) {
	state, err := s.stack.Export(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the engine's state: %w", err)
	}
	var deployment apitype.DeploymentV3
	if err := json.Unmarshal(state.Deployment, &deployment); err != nil {
		return 0, fmt.Errorf("read the engine's state: %w", err)
	}
	arguments := []string{
		"state", "move", "--yes",
		"--source", "organization/" + project + "/" + s.options.Stack,
		"--dest", "organization/" + project + "/" + to,
	}
	count := 0
	for _, resource := range deployment.Resources {
		if string(resource.Type) == component {
			arguments = append(arguments, string(resource.URN))
			count++
		}
	}
	if count == 0 {
		return 0, fmt.Errorf("stack %s has no component of type %s", s.options.Stack, component)
	}
	var environment []string
	for key, value := range s.stack.Workspace().GetEnvVars() {
		environment = append(environment, key+"="+value)
	}
	environment = append(environment, "PULUMI_HOME="+s.stack.Workspace().PulumiHome())
	_, problem, _, err := s.stack.Workspace().PulumiCommand().Run(ctx, s.stack.Workspace().WorkDir(),
		nil, []io.Writer{s.options.Out}, nil, environment, arguments...)
	if err != nil {
		return 0, fmt.Errorf("move %s to the stack %s: %w: %s", component, to, err, problem)
	}
	return count, nil
}
