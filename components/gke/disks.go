package gke

import (
	"strings"

	"gantry.dev/gantry/modules/accelerators"
)

// Types of network disks.
const (
	diskBalanced  = "pd-balanced"
	diskHyperdisk = "hyperdisk-balanced"
)

// hyperdiskSeries are the machine series that attach no Persistent Disk, not
// even to boot from. All others take pd-balanced, and many of them nothing
// newer. Sources: https://cloud.google.com/compute/docs/general-purpose-machines
// and .../accelerator-optimized-machines, "Supported disk types".
var hyperdiskSeries = map[string]bool{
	"c4": true, "c4a": true, "c4d": true, "n4": true, "n4a": true, "n4d": true,
	"a3-ultragpu": true, "a4": true, "a4x": true, "g4": true,
}

// diskType is the network disk for a machine.
func diskType(machine accelerators.Machine) string {
	series, rest, _ := strings.Cut(machine.Type, "-")
	size, _, _ := strings.Cut(rest, "-")
	if hyperdiskSeries[series] || hyperdiskSeries[series+"-"+size] {
		return diskHyperdisk
	}
	return diskBalanced
}
