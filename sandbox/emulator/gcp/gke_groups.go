package gcp

import (
	"fmt"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

// describeGroups tells the instance groups of a pool, one a zone, and the nodes
// in each.
func describeGroups(o *emulator.Object) {
	var groups, managers []any
	zones := o.Outputs.Strings("nodeLocations")
	for _, zone := range zones {
		prefix := fmt.Sprintf("%sprojects/%s/zones/%s/", computeHost, o.Outputs.String("project"), zone)
		name := groupName(*o, zone) + "-grp"
		managers = append(managers, prefix+"instanceGroupManagers/"+name)
		groups = append(groups, prefix+"instanceGroups/"+name)
	}
	o.Outputs["instanceGroupUrls"], o.Outputs["managedInstanceGroupUrls"] = managers, groups
	if len(zones) > 0 {
		o.Outputs["nodeCount"] = len(machines(*o)) / len(zones)
	}
}

// maxInstanceName leaves room in a name of Compute Engine for what tells an
// instance group, and an instance in it, from the others.
const maxInstanceName = 37

// groupName is the beginning of the names of a pool's machines in a zone. GKE
// cuts long names of clusters and pools.
func groupName(pool emulator.Object, zone string) string {
	name := pool.State.String("pool")
	room := maxInstanceName - len("gke--")
	cluster := pool.State.String("cluster")
	if len(cluster)+len(name) > room {
		cluster = cluster[:min(len(cluster), max(16, room-len(name)))]
		name = name[:min(len(name), room-len(cluster))]
	}
	return fmt.Sprintf("gke-%s-%s-%s", strings.TrimRight(cluster, "-"), strings.TrimRight(name, "-"), digest(pool.ID+zone))
}
