package localkube

import (
	_ "embed"
	"fmt"
)

//go:embed stages.yaml
var stages []byte

func (c *cluster) stages() string { return c.path("stages.yaml") }

// writeStages writes what KWOK does with nodes and pods.
func (c *cluster) writeStages() error {
	if err := writeFile(c.stages(), stages); err != nil {
		return fmt.Errorf("stages of nodes: %w", err)
	}
	return nil
}
