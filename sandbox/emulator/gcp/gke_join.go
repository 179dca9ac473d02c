package gcp

import (
	"fmt"

	"gantry.dev/gantry/sandbox/emulator"
)

// privatePool tells whether the nodes of a pool have no public addresses.
func privatePool(out emulator.Properties) bool {
	if out.Has("networkConfig.enablePrivateNodes") {
		return out.Bool("networkConfig.enablePrivateNodes")
	}
	return out.Bool("privateClusterConfig.enablePrivateNodes")
}

// nodesJoin fails a pool whose machines start and never become nodes, for the
// reasons for which they do not on GKE. Google tells the symptom only; the
// account adds the cause. Private nodes fetch what they run through a NAT, or
// from Google's own registries through Private Google Access; either takes the
// default route of the network.
// https://cloud.google.com/kubernetes-engine/docs/troubleshooting/troubleshoot-node-registration
func nodesJoin(tx *emulator.Tx, cluster, pool emulator.Object, nodes int) error {
	if nodes == 0 {
		return nil // nothing has to join yet
	}
	network := get(tx, tokenNetwork, cluster.Outputs.String("network"))
	subnetwork := get(tx, tokenSubnetwork, cluster.Outputs.String("subnetwork"))
	cause := ""
	switch {
	case network.Outputs.Bool("deleteDefaultRoutesOnCreate"):
		cause = fmt.Sprintf("network %s has no default route", network.Outputs.String("name"))
	case privatePool(pool.Outputs) && !translated(tx, subnetwork) && !subnetwork.Outputs.Bool("privateIpGoogleAccess"):
		cause = fmt.Sprintf("the nodes are private, and subnetwork %s has neither a Cloud NAT nor Private Google Access", subnetwork.Outputs.String("name"))
	default:
		return nil
	}
	return providerError(fmt.Sprintf("Error waiting for creating GKE %s: All cluster resources were brought up, but: only 0 nodes out of %d "+
		"have registered; this is likely due to Nodes failing to start correctly; try re-creating the cluster or contact support "+
		"if that doesn't work. Cause: %s", madeAs[pool.Token], nodes, cause))
}

// madeAs is what Terraform waits for.
var madeAs = map[string]string{tokenCluster: "cluster", tokenNodePool: "NodePool"}
