package spec

import (
	"fmt"
	"slices"
)

// checkTolerations makes sure that everything that has to run finds a node: on
// every node that it is for, and somewhere at any time. A taint that one of the
// cluster's parts does not tolerate shows as a node that never becomes ready, or
// as a cluster without DNS.
func checkTolerations(r *report, p Platform, plans []PoolPlan, parts []clusterPart) {
	for _, part := range parts {
		if part.everyNode && part.isThere(p) {
			checkEveryNode(r, p, plans, part)
		}
	}
	checkSomewhere(r, p, parts)
}

func (c clusterPart) isThere(p Platform) bool { return c.when == nil || c.when(p) }

// refuses is the first taint of nodes that keeps the part off them.
func (c clusterPart) refuses(taints []Taint) (Taint, bool) {
	i := slices.IndexFunc(taints, func(taint Taint) bool {
		return taint.Effect != PreferNoSchedule &&
			!slices.ContainsFunc(c.tolerates, func(t tolerance) bool { return t.covers(taint) })
	})
	if i < 0 {
		return Taint{}, false
	}
	return taints[i], true
}

func checkEveryNode(r *report, p Platform, plans []PoolPlan, part clusterPart) {
	for _, plan := range plans {
		if part.on != nil && !part.on(plan) {
			continue
		}
		taint, refused := part.refuses(plan.NodeTaints)
		if !refused {
			continue
		}
		at := fmt.Sprintf("gantry:pools[%d]", slices.IndexFunc(p.Pools, func(pool Pool) bool { return pool.Name == plan.Name }))
		r.add(at+".taints", taint.Key, fmt.Sprintf("keeps %s off the nodes of pool %s, on each of which it has to run", part.name, plan.Name), "remove the taint")
	}
}

// checkSomewhere makes sure that there is always a node for DNS, the autoscaler
// and the other parts that bring up the rest: a system pool of machines that
// nobody takes back, with taints that none of them minds. It needs no plan of
// the pools, so that it can be told even when one of them cannot be made.
func checkSomewhere(r *report, p Platform, parts []clusterPart) {
	if slices.ContainsFunc(p.Pools, func(pool Pool) bool { return !slices.Contains(Roles, pool.Role) }) {
		return // a pool without a sound role may have been meant to be the one
	}
	for _, part := range parts {
		if part.everyNode || !part.isThere(p) || slices.ContainsFunc(p.Pools, func(pool Pool) bool { return part.isAtHome(p.Cloud, pool) }) {
			continue
		}
		reportHomeless(r, p, part)
		return // what keeps one off mostly keeps others off too
	}
}

// isAtHome is whether a pool has a node for the part at any time.
func (c clusterPart) isAtHome(cloud Cloud, pool Pool) bool {
	_, refused := c.refuses(nodeTaints(cloud, pool))
	return pool.Role == RoleSystem && pool.Capacity == CapacityOnDemand && pool.Min > 0 && !refused
}

// reportHomeless says why the first system pool is no home for a part.
func reportHomeless(r *report, p Platform, part clusterPart) {
	const fix = "add {name: system, role: system, cpu: 2, memory: 8Gi, min: 1, max: 3}"
	i := slices.IndexFunc(p.Pools, func(pool Pool) bool { return pool.Role == RoleSystem })
	if i < 0 {
		r.missing("gantry:pools", "have no system pool, so nothing can run what the cluster needs", fix)
		return
	}
	at, pool := fmt.Sprintf("gantry:pools[%d]", i), p.Pools[i]
	taint, refused := part.refuses(nodeTaints(p.Cloud, pool))
	switch {
	case pool.Capacity == CapacitySpot:
		r.add(at+".capacity", string(pool.Capacity), "can be taken back at any time, and no other system pool can always run "+part.name, "use capacity: on-demand")
	case pool.Min == 0:
		r.add(at+".min", pool.Min, "leaves no node that can always run "+part.name, "use min: 1 or more")
	case refused && !hasAccelerator(pool, p.Cloud): // reported with its GPU
		r.add(at+".taints", taint.Key, fmt.Sprintf("keeps %s off pool %s, and no other system pool can always run it", part.name, pool.Name), "remove the taint, or "+fix)
	}
}
