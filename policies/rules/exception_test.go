package rules

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseExceptions(t *testing.T) {
	none, err := ParseExceptions("  ")
	require.NoError(t, err)
	assert.Empty(t, none)

	exceptions, err := ParseExceptions(`[{"policy":"image-pinned","resource":"a-*","reason":"measured against main","until":"2027-01-31"}]`)
	require.NoError(t, err)
	assert.Equal(t, []Exception{{Policy: "image-pinned", Resource: "a-*", Reason: "measured against main", Until: "2027-01-31"}}, exceptions)

	for _, text := range []string{`{}`, `[{"ends":"2027-01-31"}]`, `[1]`, `[`} {
		_, err = ParseExceptions(text)
		assert.ErrorContains(t, err, "gantry:exceptions", text)
	}
}

func TestException_HoldsWithReasonUntilItsLastDay(t *testing.T) {
	today := time.Date(2026, 11, 24, 18, 0, 0, 0, time.UTC)
	sound := Exception{Policy: "image-pinned", Resource: "canary-*", Reason: "measured against main", Until: "2026-11-24"}
	assert.Empty(t, sound.Unsound(today, 365), "the last day counts")

	for want, change := range map[string]func(*Exception){
		"is not one of the pack":    func(e *Exception) { e.Policy = "image-pined" },
		"says too little":           func(e *Exception) { e.Reason = "because" },
		"takes no exception":        func(e *Exception) { e.Policy = "iam-trust-named" },
		"has passed":                func(e *Exception) { e.Until = "2026-11-23" },
		"is more than 365 days":     func(e *Exception) { e.Until = "2027-11-25" },
		"is no day such as":         func(e *Exception) { e.Until = "next week" },
		"names nothing":             func(e *Exception) { e.Resource = "*" },
		`resource "" names nothing`: func(e *Exception) { e.Resource = "" },
		`policy "exception-valid"`:  func(e *Exception) { e.Policy = ExceptionValid },
	} {
		e := sound
		change(&e)
		problems := e.Unsound(today, 365)
		require.Len(t, problems, 1, want)
		assert.Contains(t, problems[0], want)
	}
}

func TestException_CoversByNameOrURN(t *testing.T) {
	const urn = "urn:pulumi:dev::gantry::gantry:serving:Model$kubernetes:apps/v1:Deployment::a::b"
	for resource, want := range map[string]bool{
		"a::b": true, "a::*": true, "b": false, "*kubernetes:apps/v1:Deployment::*": true, urn: true, "*Service::*": false,
	} {
		e := Exception{Policy: "image-pinned", Resource: resource}
		assert.Equal(t, want, e.Covers("image-pinned", urn), resource)
		assert.False(t, e.Covers("image-registry", urn), resource)
	}
	found, ok := Covering([]Exception{{Policy: "image-pinned", Resource: "x"}, {Policy: "image-pinned", Resource: "a*"}}, "image-pinned", urn)
	assert.True(t, ok)
	assert.Equal(t, "a*", found.Resource)
	_, ok = Covering(nil, "image-pinned", urn)
	assert.False(t, ok)
}
