package emulator_test

import (
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

func TestCheck_ReportsEveryProblemWithItsPath(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	_, err := c.client.Check(box, "b", nil, Props{
		"colour": "red", "parts": []any{"a", 1}, "door": Props{"lock": true}, "tags": Props{"a": 1},
	})
	for _, problem := range []string{
		"colour is not a property; known are color, door",
		"size is required",
		"parts[1] expected string, got a number",
		"door.lock expected string, got a boolean",
		"door.width is required",
		"tags.a expected string, got a number",
	} {
		assert.ErrorContains(t, err, problem)
	}
}

func TestCheck_TakesUnknownsForEverything(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	_, err := c.client.Check(box, "b", nil, Props{"size": emulatortest.Unknown, "parts": emulatortest.Unknown, "door": emulatortest.Unknown})
	assert.NoError(t, err)
}

func TestCheck_ChoosesAName(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	first, err := c.client.Check(box, "b", nil, Props{"size": 1})
	require.NoError(t, err)
	assert.Regexp(t, `^b-[0-9a-f]{7}$`, first["name"])

	again, err := c.client.Check(box, "b", nil, Props{"size": 1})
	require.NoError(t, err)
	assert.Equal(t, first["name"], again["name"], "the seed makes preview and update agree")

	kept, err := c.client.Check(box, "other", first, Props{"size": 2})
	require.NoError(t, err)
	assert.Equal(t, first["name"], kept["name"], "a chosen name stays")

	given, err := c.client.Check(box, "b", nil, Props{"size": 1, "name": "mine"})
	require.NoError(t, err)
	assert.Equal(t, "mine", given["name"])

	prefixed, err := c.client.Check(box, "b", nil, Props{"size": 1, "prefix": "p-"})
	require.NoError(t, err)
	assert.NotContains(t, prefixed, "name")

	_, err = c.client.Check(box, "a-logical-name-that-is-too-long", nil, Props{"size": 1})
	assert.ErrorContains(t, err, "longer than maximum length 20")
}

func TestCheckConfig_RefusesUnknownSettings(t *testing.T) {
	c := newToy(t, inTemp(t), emulator.Options{})
	resp, err := c.server.CheckConfig(t.Context(), &pulumirpc.CheckRequest{News: wire(t, Props{"regoin": "a", "version": "1.2.3"})})
	require.NoError(t, err)
	require.Len(t, resp.GetFailures(), 1)
	assert.Equal(t, "regoin", resp.GetFailures()[0].GetProperty())
}
