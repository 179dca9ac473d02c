package emulator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/sandbox/emulator"
)

func TestSlow_TakesTimeForTheTypesThatItNames(t *testing.T) {
	latency := emulator.Slow(time.Minute, "toy:index:Cluster", "toy:index:Pool")
	assert.Equal(t, time.Minute, latency("toy:index:Pool"))
	assert.Zero(t, latency("toy:index:Network"))
}
