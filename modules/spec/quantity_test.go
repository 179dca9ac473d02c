package spec

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestQuantities_AreReadAsKubernetesDoes(t *testing.T) {
	for text, want := range map[string]int64{
		"16Gi": 16 << 30, "1.5Gi": 3 << 29, "16G": 16e9, "512Mi": 512 << 20, "1024": 1024, "1500m": 2, "999999999999999Ei": math.MaxInt64,
	} {
		amount, ok := bytesOf(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, amount, text)
	}
	for text, want := range map[string]int64{"500m": 500, "2": 2000, "0.25": 250, "1u": 1} {
		amount, ok := milliOf(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, amount, text)
	}
}

func TestQuantities_RefuseWhatNobodyMeans(t *testing.T) {
	for _, text := range []string{
		"", "0", "-1", "+1", "lots", "1 Gi", "1GiB", "1e3", "1e-2147483647", "1e999999999", ".5", "5.", strings.Repeat("9", 1000),
	} {
		_, ok := bytesOf(text)
		assert.False(t, ok, text)
		_, ok = milliOf(text)
		assert.False(t, ok, text)
	}
	_, ok := milliOf("1000001")
	assert.False(t, ok)
}

func TestWholeUnits_RoundsUp(t *testing.T) {
	assert.Equal(t, 1, wholeUnits("1", gibi))
	assert.Equal(t, 1, wholeUnits("1Gi", gibi))
	assert.Equal(t, 2, wholeUnits("1025Mi", gibi))
	assert.Equal(t, 0, wholeUnits("", gibi))
}
