package gcp

import (
	"slices"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// The rules for a node pool that need nothing but its inputs.

// Bounds of the autoscaler: for each zone, or for the whole pool.
const (
	zoneMin, zoneMax   = "autoscaling.minNodeCount", "autoscaling.maxNodeCount"
	totalMin, totalMax = "autoscaling.totalMinNodeCount", "autoscaling.totalMaxNodeCount"
)

// reservation is where a pool says which reservations its machines may take.
const reservation = "nodeConfig.reservationAffinity.consumeReservationType"

func scalingRules(in emulator.Properties) error {
	if err := rules.All(
		rules.AtLeast(zoneMin, 0), rules.AtLeast(zoneMax, 0), rules.AtLeast(totalMin, 0), rules.AtLeast(totalMax, 0),
		rules.AtLeast("initialNodeCount", 0), rules.AtLeast("nodeCount", 0),
	)(in); err != nil {
		return err
	}
	if in.Int("initialNodeCount") != 0 && in.Has("nodeCount") {
		return providerError("Cannot set both initial_node_count and node_count on node pool " + in.String("name"))
	}
	if !in.Has("autoscaling") || !in.Known("autoscaling") {
		return nil
	}
	perZone, total := in.Int(zoneMin) > 0 || in.Int(zoneMax) > 0, in.Int(totalMin) > 0 || in.Int(totalMax) > 0
	switch {
	case perZone && total:
		return badRequest("Autoscaling limits are either per zone (min_node_count, max_node_count) or total (total_min_node_count, total_max_node_count), not both.")
	case !perZone && !total:
		return badRequest("Max node count must be greater than zero when autoscaling is enabled.")
	case in.Int(zoneMin) > in.Int(zoneMax):
		return badRequest("Min node count (%d) cannot be greater than max node count (%d).", in.Int(zoneMin), in.Int(zoneMax))
	case in.Int(totalMin) > in.Int(totalMax):
		return badRequest("Total min node count (%d) cannot be greater than total max node count (%d).", in.Int(totalMin), in.Int(totalMax))
	}
	return firstCountFits(in, perZone)
}

// firstCountFits refuses a number of nodes to begin with that the autoscaler
// would not allow. When none is given, the autoscaler brings the pool up to its
// least size.
func firstCountFits(in emulator.Properties, perZone bool) error {
	first, zones := firstCount(in), max(1, len(in.Strings("nodeLocations")))
	switch {
	case first == 0 || !in.Known("initialNodeCount") || !in.Known("nodeCount"):
		return nil
	case perZone && (first < in.Int(zoneMin) || first > in.Int(zoneMax)):
		return badRequest("Initial node count (%d) must be between min node count (%d) and max node count (%d).", first, in.Int(zoneMin), in.Int(zoneMax))
	case !perZone && first*zones > in.Int(totalMax):
		return badRequest("Initial node count (%d in each of %d zones) cannot be greater than total max node count (%d).", first, zones, in.Int(totalMax))
	}
	return nil
}

// firstCount is the number of nodes in each zone that a pool begins with.
func firstCount(in emulator.Properties) int { return in.Int("initialNodeCount") + in.Int("nodeCount") }

func upgradeRules(in emulator.Properties) error {
	const surge, unavailable = "upgradeSettings.maxSurge", "upgradeSettings.maxUnavailable"
	blueGreen := in.String("upgradeSettings.strategy") == "BLUE_GREEN"
	both := in.Has(surge) && in.Has(unavailable) && in.Known(surge) && in.Known(unavailable)
	switch {
	case blueGreen && (in.Has(surge) || in.Has(unavailable)):
		return providerError("Surge upgrade settings may not be changed when surge strategy is not enabled")
	case !blueGreen && in.Has("upgradeSettings.blueGreenSettings"):
		return providerError("Blue-green upgrade settings may not be changed when blue-green strategy is not enabled")
	case both && in.Int(surge)+in.Int(unavailable) == 0:
		return badRequest("Max_surge and max_unavailable cannot both be 0.")
	case in.Int(surge)+in.Int(unavailable) > 20:
		return badRequest("The sum of max_surge and max_unavailable cannot be greater than 20, got %d.", in.Int(surge)+in.Int(unavailable))
	}
	return nil
}

func placementRules(in emulator.Properties) error {
	if in.String("placementPolicy.type") != "COMPACT" {
		return nil
	}
	switch {
	case len(in.Strings("nodeLocations")) > 1:
		return badRequest("Compact placement needs nodes in one zone, got %v.", in.Strings("nodeLocations"))
	case in.String("upgradeSettings.strategy") == "BLUE_GREEN":
		return badRequest("Compact placement is not supported with blue-green upgrades.")
	}
	return nil
}

// queueRules: https://cloud.google.com/kubernetes-engine/docs/how-to/provisioningrequest
func queueRules(in emulator.Properties) error {
	if !in.Bool("queuedProvisioning.enabled") {
		return nil
	}
	switch {
	case in.Bool("nodeConfig.spot"):
		return badRequest("Queued provisioning is not supported with Spot VMs.")
	case !in.Has("autoscaling"):
		return badRequest("Queued provisioning needs autoscaling.")
	case in.Int(zoneMin)+in.Int(totalMin)+firstCount(in) > 0:
		return badRequest("Queued provisioning needs a pool that begins with no nodes and has a minimum of 0.")
	case in.Settled(reservation) && in.String(reservation) != "NO_RESERVATION":
		return badRequest("Queued provisioning needs consumeReservationType NO_RESERVATION.")
	}
	return nil
}

// onDemandRules refuse machines on demand that cannot be had so.
func onDemandRules(in emulator.Properties) error {
	kind := in.String("nodeConfig.machineType")
	const spot, queued = "nodeConfig.spot", "queuedProvisioning.enabled"
	reserved := in.Bool(spot) || in.Bool(queued) || in.String(reservation) == "SPECIFIC_RESERVATION"
	known := in.Settled(spot) && in.Settled(queued) && in.Settled(reservation)
	if slices.Contains(onlyReserved, kind) && !reserved && known {
		return badRequest("Machine type %s cannot be created on demand: use Spot VMs, a specific reservation or queued provisioning.", kind)
	}
	return nil
}
