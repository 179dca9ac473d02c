// Package rootdisk decides what disk the nodes of a pool boot from. The clouds'
// components make it, and modules/cost has its price.
package rootdisk

import (
	"strings"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/spec"
)

// Type is a kind of disk in the words of its cloud.
type Type string

// The types of root disks.
const (
	// GP3 is the disk of every node on AWS.
	GP3 Type = "gp3"
	// PDBalanced and HyperdiskBalanced are network disks of Google Cloud.
	PDBalanced        Type = "pd-balanced"
	HyperdiskBalanced Type = "hyperdisk-balanced"
	// Managed is a network disk of Azure, a Premium SSD.
	Managed Type = "Managed"
	// Ephemeral lies on the Azure machine itself: it is faster, costs nothing
	// and is gone with the node, which keeps nothing anyway.
	Ephemeral Type = "Ephemeral"
)

// Of is the root disk of the nodes of a pool; empty for those of an existing
// cluster, which have one already.
func Of(cloud spec.Cloud, plan spec.PoolPlan) Type {
	switch cloud {
	case spec.AWS:
		return GP3
	case spec.GCP:
		return OfGoogle(plan.Machines[0])
	case spec.Azure:
		return OfAzure(plan.Machines[0], plan.DiskGiB)
	default:
		return ""
	}
}

// hyperdiskSeries are the machine series of Google Cloud that attach no
// Persistent Disk, not even to boot from. All others take pd-balanced, and many
// of them nothing newer. Sources:
// https://cloud.google.com/compute/docs/general-purpose-machines and
// .../accelerator-optimized-machines, "Supported disk types".
var hyperdiskSeries = map[string]bool{
	"c4": true, "c4a": true, "c4d": true, "n4": true, "n4a": true, "n4d": true,
	"a3-ultragpu": true, "a4": true, "a4x": true, "g4": true,
}

// OfGoogle is the network disk for a machine of Google Cloud.
func OfGoogle(machine accelerators.Machine) Type {
	series, rest, _ := strings.Cut(machine.Type, "-")
	size, _, _ := strings.Cut(rest, "-")
	if hyperdiskSeries[series] || hyperdiskSeries[series+"-"+size] {
		return HyperdiskBalanced
	}
	return PDBalanced
}

// temporaryGiB is the temporary disk of the machine types of Azure that can hold
// the root disk there, in GiB. Types without a temporary disk are not in it, and
// neither are the older ones with a cache beside it (F_v2, NCasT4_v3, NC and ND
// with A100), of which AKS measures the cache, whose size is not published for
// all. Sources: learn.microsoft.com/azure/virtual-machines/sizes, "Local
// storage" of each series, read in 2026-11;
// https://learn.microsoft.com/azure/aks/concepts-storage#ephemeral-os-disks-in-aks
var temporaryGiB = map[string]int{
	"Standard_D2ds_v5": 75, "Standard_D4ds_v5": 150, "Standard_D8ds_v5": 300, "Standard_D16ds_v5": 600,
	"Standard_D32ds_v5": 1200, "Standard_D48ds_v5": 1800, "Standard_D64ds_v5": 2400, "Standard_D96ds_v5": 3600,

	"Standard_D2ads_v5": 75, "Standard_D4ads_v5": 150, "Standard_D8ads_v5": 300, "Standard_D16ads_v5": 600,
	"Standard_D32ads_v5": 1200, "Standard_D48ads_v5": 1800, "Standard_D64ads_v5": 2400, "Standard_D96ads_v5": 3600,

	"Standard_NV36ads_A10_v5": 1440, "Standard_NV36adms_A10_v5": 2880, "Standard_NV72ads_A10_v5": 2880,

	"Standard_NC40ads_H100_v5": 3576, "Standard_NC80adis_H100_v5": 7152,
	"Standard_ND96isr_H100_v5": 1024, "Standard_ND96isr_H200_v5": 1024,
}

// OfAzure is ephemeral where the machine has room for a disk of that size.
func OfAzure(machine accelerators.Machine, gib int) Type {
	if temporaryGiB[machine.Type] >= gib {
		return Ephemeral
	}
	return Managed
}
