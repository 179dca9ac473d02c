package azure_test

import (
	"testing"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

func TestMain(m *testing.M) { emulatortest.Run(m) }
