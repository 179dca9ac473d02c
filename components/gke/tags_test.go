package gke

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCloudLabels_AreTagsAsGoogleCloudTakesThem(t *testing.T) {
	labels, err := cloudLabels(map[string]string{
		"team": "ml", "gantry.dev/platform": "gantry-dev", "Cost Center": "R&D 42", "long": strings.Repeat("x", 100), "umlaut": "größe",
	})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{
		"team": "ml", "gantry-dev-platform": "gantry-dev", "cost-center": "r-d-42", "long": strings.Repeat("x", 63), "umlaut": "gr--e",
	}, labels)
	for key, value := range labels {
		assert.Regexp(t, `^[a-z][a-z0-9_-]{0,62}$`, key)
		assert.Regexp(t, `^[a-z0-9_-]{0,63}$`, value)
	}
}

func TestCloudLabels_RefusesWhatCannotBeToldApart(t *testing.T) {
	_, err := cloudLabels(map[string]string{"a.b": "1", "a/b": "2", "1st": "3"})
	assert.ErrorContains(t, err, "gantry:tags.a.b and a/b are both the label a-b")
	assert.ErrorContains(t, err, "gantry:tags.1st")

	many := map[string]string{}
	for i := range 65 {
		many[fmt.Sprintf("tag%d", i)] = ""
	}
	_, err = cloudLabels(many)
	assert.ErrorContains(t, err, "65 labels")
}
