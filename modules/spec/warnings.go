package spec

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"gantry.dev/gantry/modules/accelerators"
)

// Warnings are what a sound configuration allows and its author may come to
// regret: what costs more than it seems to, does nothing, or leaves no room. In
// the order of their paths. It does not fail.
func Warnings(p Platform, plans []PoolPlan) Problems {
	r := &report{}
	warnModels(r, p, plans)
	if p.Handed != nil {
		return r.sorted() // the rest is said where the cluster is made
	}
	warnVersion(r, p)
	warnPlace(r, p)
	warnPublicAccess(r, p)
	warnNAT(r, p)
	warnAddresses(r, p, plans)
	warnAddons(r, p, plans)
	warnSecrets(r, p)
	warnExisting(r, p)
	for i, pool := range p.Pools {
		warnPool(r, fmt.Sprintf("gantry:pools[%d]", i), p, pool)
	}
	for _, plan := range plans {
		i := slices.IndexFunc(p.Pools, func(pool Pool) bool { return pool.Name == plan.Name })
		warnSpot(r, fmt.Sprintf("gantry:pools[%d]", i), p, plan)
	}
	return r.sorted()
}

// extendedOnEKS are the minors whose standard support on EKS has ended, with the
// day. Source: "Amazon EKS Kubernetes release calendar" in the user guide.
var extendedOnEKS = map[string]string{"1.33": "2026-07-29"}

func warnVersion(r *report, p Platform) {
	if day := extendedOnEKS[p.Cluster.Version]; p.Cloud == AWS && day != "" {
		r.add("gantry:cluster.version", p.Cluster.Version, "is in extended support on EKS since "+day+", where a cluster costs six times as much", "upgrade one minor at a time")
	}
}

// zonelessInAzure are the locations that had no availability zones in November
// 2026. Source: https://learn.microsoft.com/azure/reliability/regions-list.
var zonelessInAzure = []string{
	"australiacentral", "australiacentral2", "australiasoutheast", "brazilsoutheast", "canadaeast",
	"francesouth", "germanynorth", "jioindiacentral", "jioindiawest", "koreasouth", "northcentralus",
	"norwaywest", "southafricawest", "southindia", "switzerlandwest", "uaecentral", "ukwest",
	"westcentralus", "westindia", "westus",
}

// fourZones are the regions of Google Cloud that had a fourth zone in November
// 2026; all others had three. Source:
// https://cloud.google.com/compute/docs/regions-zones.
var fourZones = []string{"us-central1"}

func warnPlace(r *report, p Platform) {
	if p.Cloud == GCP && p.Cluster.Zones > 3 && !slices.Contains(fourZones, p.Region) {
		r.add("gantry:cluster.zones", p.Cluster.Zones, "is more than the three zones that "+p.Region+" had when Gantry was built", "use 3, or region "+oneOf(fourZones))
	}
	if p.Cloud == Azure && slices.Contains(zonelessInAzure, p.Region) {
		region, _ := p.Cloud.ProviderKeys()
		r.add(region, p.Region, "had no availability zones when Gantry was built, and pools are spread over zones", "use a location with zones, for example eastus or westeurope")
	}
}

func warnPublicAccess(r *report, p Platform) {
	if p.Cloud == Existing {
		return
	}
	for i, text := range p.Cluster.PublicAccessCIDRs {
		if prefix, err := netip.ParsePrefix(text); err == nil && prefix.Bits() < ampleAccess {
			r.add(fmt.Sprintf("gantry:cluster.publicAccessCidrs[%d]", i), text,
				fmt.Sprintf("lets %d addresses reach the Kubernetes API, more than most organisations have", 1<<(32-prefix.Bits())), "name narrower ranges")
		}
	}
}

func warnNAT(r *report, p Platform) {
	if p.Cloud == AWS && p.Protected() && p.Cluster.NAT == NATSingle {
		r.add("gantry:cluster.nat", string(p.Cluster.NAT), "makes the nodes of a protected platform lose the internet with one zone", "use nat: per-zone")
	}
}

func warnAddresses(r *report, p Platform, plans []PoolPlan) {
	for _, use := range Addresses(p, plans) {
		if use.Needed <= use.Available && use.Most > use.Available {
			r.add("gantry:cluster."+use.Key, p.Cluster.NetworkCIDR,
				fmt.Sprintf("has %d %s for %s: enough for the nodes, which take %d, but not for nodes full of pods, which take up to %d", use.Available, use.Unit, use.Who, use.Needed, use.Most),
				"use a wider range: it cannot be changed later")
		}
	}
}

func warnAddons(r *report, p Platform, plans []PoolPlan) {
	if (p.Cloud == GCP || p.Cloud == Azure) && !hasMetricsServer(p) {
		r.add("gantry:addons.metricsServer.enabled", false, "changes nothing: "+clusterOf(p.Cloud)+" always runs metrics-server", "remove it")
	}
	warnGPUs(r, p, plans)
	if p.Autoscaled() {
		return
	}
	for i, pool := range p.Pools {
		if pool.Min == 0 && p.Cloud != Existing {
			r.add(fmt.Sprintf("gantry:pools[%d].min", i), pool.Min, "leaves the pool empty for good: gantry:addons.autoscaler.enabled is false", "raise min, or let the autoscaler decide")
		}
	}
}

// warnExisting tells of keys that belong to a cluster which Gantry makes.
func warnExisting(r *report, p Platform) {
	if p.Cloud != Existing {
		return
	}
	const what, fix = "changes nothing: the cluster is there already", "remove it"
	if p.Cluster.Version != "" {
		r.add("gantry:cluster.version", p.Cluster.Version, what, fix)
	}
	if len(p.Cluster.Admins) > 0 {
		r.add("gantry:cluster.admins", strings.Join(p.Cluster.Admins, ", "), what, fix)
	}
	if len(p.Cluster.PublicAccessCIDRs) > 0 {
		r.add("gantry:cluster.publicAccessCidrs", strings.Join(p.Cluster.PublicAccessCIDRs, ", "), what, fix)
	}
	if n := len(p.Tags); n > 0 {
		r.add("gantry:tags", fmt.Sprintf("%d tags", n), "have no cloud resource to be put on: the cluster is there already", fix)
	}
}

func warnPool(r *report, at string, p Platform, pool Pool) {
	if pool.Role != RoleSystem {
		return
	}
	least := minSystemNodes(p.Cloud, pool)
	switch {
	case p.Cloud == Existing:
	case pool.Min < least:
		r.add(at+".min", pool.Min, fmt.Sprintf("becomes %d: a system pool of AKS has as many at least", least), fmt.Sprintf("write min: %d", least))
	case p.Protected() && pool.Min < 2:
		r.add(at+".min", pool.Min, "is a single node for everything that a protected platform itself needs", "use min: 2, or one node a zone")
	}
}

// warnSpot tells of spot pools that go as a whole when one kind of machine runs
// out in one place.
func warnSpot(r *report, at string, p Platform, plan PoolPlan) {
	if plan.Capacity != CapacitySpot || plan.Foreign || len(plan.Machines) != 1 {
		return
	}
	machine := plan.Machines[0]
	equals := filter(equalMachines(p.Cloud, plan.Pool, machine), func(m accelerators.Machine) bool {
		return m.Type != machine.Type && isBurstable(m) == isBurstable(machine)
	})
	switch {
	case p.Cloud == AWS && len(equals) > 0:
		r.add(at+".machineTypes", machine.Type, "is the only machine type of a spot pool, which loses all its nodes when AWS runs out of it",
			"add types of its shape, for example "+equals[0].Type+", or ask by need")
	case plan.Zones == 1:
		r.add(at+".zones", plan.Zones, "keeps a spot pool of one machine type, "+machine.Type+", in one zone, where it may find no capacity for days", "use more zones")
	}
}
