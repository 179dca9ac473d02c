package emulator_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/sandbox/emulator"
)

func TestSettled_LooksAtWhatIsAround(t *testing.T) {
	in := emulator.Properties{
		"name": "dev", "later": emulator.Unknown{}, "network": map[string]any{"cidr": "10.0.0.0/16", "id": emulator.Unknown{}},
	}
	for path, want := range map[string]bool{
		"name": true, "none": true, "none.at.all": true, "network.cidr": true, "network.none": true,
		"later": false, "later.on": false, "later.on.still": false, "network.id": false, "network": false,
	} {
		assert.Equal(t, want, in.Settled(path), path)
	}
}
