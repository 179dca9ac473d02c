package agent

import (
	"cmp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// place is where the cloud has a node, and whose it is: a volume is made next to
// it.
type place struct {
	region, zone string
	// machine is the node's provider id.
	machine string
}

func placeOf(node *corev1.Node) place {
	zone := node.Labels[corev1.LabelTopologyZone]
	// Azure labels a machine outside of zones with the number of its fault
	// domain; the names of zones have the region in them.
	// https://cloud-provider-azure.sigs.k8s.io/topics/availability-zones/
	if len(zone) == 1 {
		zone = ""
	}
	return place{region: node.Labels[corev1.LabelTopologyRegion], zone: zone, machine: node.Spec.ProviderID}
}

// anyPlace is that of the first node, by name. A cluster without nodes is
// nowhere.
func anyPlace(nodes []*corev1.Node) place {
	if len(nodes) == 0 {
		return place{}
	}
	return placeOf(slices.MinFunc(nodes, func(a, b *corev1.Node) int { return cmp.Compare(a.Name, b.Name) }))
}

// unspecified stands for a project that no node tells, as in the driver's own
// volume handles.
const unspecified = "UNSPECIFIED"

// project is in the provider ids of GKE: gce://<project>/<zone>/<instance>.
func (p place) project() string {
	rest, isGCE := strings.CutPrefix(p.machine, "gce://")
	if project, _, _ := strings.Cut(rest, "/"); isGCE && project != "" {
		return project
	}
	return unspecified
}

// resourceGroup is the id of the one that holds the nodes' machines. It begins
// the provider ids of AKS: azure://<resource group>/providers/…
func (p place) resourceGroup() string {
	group, _, _ := strings.Cut(strings.TrimPrefix(p.machine, "azure://"), "/providers/")
	if strings.Contains(group, "/resourceGroups/") {
		return group
	}
	return "/subscriptions/" + unspecified + "/resourceGroups/" + unspecified
}

// resourceGroupName is its last part.
func (p place) resourceGroupName() string {
	group := p.resourceGroup()
	return group[strings.LastIndex(group, "/")+1:]
}
