package azure

import (
	"strconv"
	"strings"
)

// clusterVersions are the Kubernetes minors that AKS offers, the oldest first,
// each with its newest patch. The first is there for long-term support only.
// https://learn.microsoft.com/azure/aks/supported-kubernetes-versions
var clusterVersions = []struct {
	minor string
	patch int
	lts   bool
}{
	{"1.33", 9, true}, {"1.34", 6, false}, {"1.35", 3, false}, {"1.36", 1, false},
}

// defaultVersion is what a cluster gets that asks for none.
const defaultVersion = "1.35"

// minorOf is the place of a version's minor in clusterVersions, or -1.
func minorOf(version string) int {
	for i, v := range clusterVersions {
		if version == v.minor || strings.HasPrefix(version, v.minor+".") {
			return i
		}
	}
	return -1
}

// fullVersion is the version with its patch: the newest where none is given.
func fullVersion(version string) string {
	i := minorOf(version)
	if i < 0 || version != clusterVersions[i].minor {
		return version
	}
	return version + "." + strconv.Itoa(clusterVersions[i].patch)
}

// supportedVersion refuses what AKS does not offer to a cluster of a tier.
func supportedVersion(version, tier, plan string) error {
	i := minorOf(version)
	if i < 0 || !knownPatch(version, i) {
		return refuseAt("properties.kubernetesVersion", "K8sVersionNotSupported",
			"Version %s is not supported in this region. Please use [az aks get-versions] command to get the supported version list in this region. "+
				"For more information, please check https://aka.ms/supported-version-list", version)
	}
	if clusterVersions[i].lts && (tier != "Premium" || plan != "AKSLongTermSupport") {
		return refuseAt("properties.kubernetesVersion", "K8sVersionNotSupported",
			"Managed cluster is on version %s, which is only available for Long-Term Support (LTS). If you intend to onboard to LTS, "+
				"please ensure the cluster is in Premium tier and LTS support plan. Otherwise, use [az aks get-versions] command to get "+
				"the supported version list in this region. For more information, please check https://aka.ms/supported-version-list", version)
	}
	return nil
}

func knownPatch(version string, minor int) bool {
	rest := strings.TrimPrefix(version, clusterVersions[minor].minor)
	if rest == "" {
		return true
	}
	patch, err := strconv.Atoi(strings.TrimPrefix(rest, "."))
	return err == nil && patch >= 0 && patch <= clusterVersions[minor].patch
}

// nextVersion allows an upgrade by one minor, and no downgrade.
func nextVersion(from, to string) error {
	if err := noDowngrade(from, to); err != nil {
		return err
	}
	if minorOf(to)-minorOf(from) > 1 {
		return refuseAt("properties.kubernetesVersion", "OperationNotAllowed",
			"Upgrading Kubernetes version %s to %s is not allowed. Available upgrades: [%s].",
			from, to, fullVersion(clusterVersions[minorOf(from)+1].minor))
	}
	return nil
}

func noDowngrade(from, to string) error {
	if !older(to, from) {
		return nil
	}
	return refuseAt("properties.kubernetesVersion", "OperationNotAllowed",
		"Downgrading Kubernetes version %s to %s is not allowed.", from, to)
}

// older tells whether a full version is older than another one.
func older(a, b string) bool {
	patch := func(v string) int {
		n, _ := strconv.Atoi(v[strings.LastIndexByte(v, '.')+1:])
		return n
	}
	if minorOf(a) != minorOf(b) {
		return minorOf(a) < minorOf(b)
	}
	return patch(a) < patch(b)
}

// poolVersion refuses nodes that are newer than their control plane. They may be
// three minors older, as many as AKS has.
// https://learn.microsoft.com/azure/aks/manage-node-pools#upgrade-rules
func poolVersion(pool, control string) error {
	switch {
	case minorOf(pool) < 0:
		return refuseAt("properties.orchestratorVersion", "AgentPoolK8sVersionNotSupported",
			"Version %s is not supported in this region. Please use [az aks get-versions] command to get the supported version list in this region.", pool)
	case older(control, pool):
		return refuseAt("properties.orchestratorVersion", "NodePoolMcVersionIncompatible",
			"Node pool version %s and control plane version %s are incompatible. Minor version of node pool cannot be bigger than control plane version. "+
				"For more information, please check https://aka.ms/aks/UpgradeVersionRules", pool, control)
	}
	return nil
}
