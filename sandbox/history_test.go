package main

import (
	"bytes"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/stretchr/testify/assert"
)

func TestShowHistory(t *testing.T) {
	var out bytes.Buffer
	showHistory(&out, "dev", []auto.UpdateSummary{
		{Version: 2, StartTime: "2026-11-24T10:05:00.000Z", Kind: "update", Result: "succeeded", ResourceChanges: &map[string]int{"same": 90, "update": 1}},
		{Version: 1, StartTime: "2026-11-24T10:00:00.000Z", Kind: "update", Result: "failed", ResourceChanges: &map[string]int{"same": 3}},
	})
	assert.Equal(t, `VERSION   WHEN                       WHAT     RESULT      CHANGES
2         2026-11-24T10:05:00.000Z   update   succeeded   update 1
1         2026-11-24T10:00:00.000Z   update   failed      none
`, out.String())

	out.Reset()
	showHistory(&out, "dev", nil)
	assert.Equal(t, "Nothing was done to dev yet.\n", out.String())
}
