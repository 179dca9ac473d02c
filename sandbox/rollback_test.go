package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	plan "gantry.dev/gantry/modules/rollback"
	"gantry.dev/gantry/sandbox/engine"
)

func TestShowRollback(t *testing.T) {
	done := engine.RolledBack{
		Step:    plan.Step{Model: "m", Before: "50% m:v2 (canary), 50% m:v1", After: "100% m:v1"},
		Lines:   []string{"gantry:models.m.rollout.canary removed"},
		Changes: engine.Changes{"same": 90, "update": 1, "delete": 4},
	}
	var out bytes.Buffer
	showRollback(&out, "dev", done, 4234*time.Millisecond)
	assert.Equal(t, `
m is rolled back: 5 changes in 4.2s.
  served before  50% m:v2 (canary), 50% m:v1
  served now     100% m:v1
  Pulumi.dev.yaml  gantry:models.m.rollout.canary removed
`, out.String())

	out.Reset()
	done.Lines = nil
	showRollback(&out, "dev", done, time.Second)
	assert.Contains(t, out.String(), "Pulumi.dev.yaml said so already")
}
