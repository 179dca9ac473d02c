package random_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/sandbox/emulator/random"
)

func TestRandom_IsAsLongAsAskedAndNeverTheSame(t *testing.T) {
	for _, n := range []int{0, 1, 16, 33} {
		assert.Regexp(t, `^[0-9a-f]*$`, random.Hex(n))
		assert.Len(t, random.Hex(n), n)
		assert.Regexp(t, `^[xyz]*$`, random.Of("xyz", n))
		assert.Len(t, random.Of("xyz", n), n)
		assert.Len(t, random.Bytes(n), n)
	}
	assert.NotEqual(t, random.Hex(16), random.Hex(16))
	assert.NotEqual(t, random.Of("abcdefghij", 33), random.Of("abcdefghij", 33))
}
