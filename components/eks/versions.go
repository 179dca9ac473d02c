package eks

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gantry.dev/gantry/modules/spec"
)

// Names of the managed add-ons, as EKS knows them.
const (
	addonVPCCNI        = "vpc-cni"
	addonPodIdentity   = "eks-pod-identity-agent"
	addonCoreDNS       = "coredns"
	addonKubeProxy     = "kube-proxy"
	addonEBS           = "aws-ebs-csi-driver"
	addonEFS           = "aws-efs-csi-driver"
	addonMetricsServer = "metrics-server"
)

// lockedForAll are the add-ons whose version is the same for every Kubernetes
// minor in the lock.
var lockedForAll = map[string]string{
	addonVPCCNI:        "v1.22.4-eksbuild.3",
	addonPodIdentity:   "v1.3.10-eksbuild.3",
	addonEBS:           "v1.65.0-eksbuild.1",
	addonEFS:           "v3.4.1-eksbuild.1",
	addonMetricsServer: "v0.9.0-eksbuild.10",
}

// locked are the add-ons that belong to one Kubernetes minor.
//
// The versions are those that public Terraform configurations recorded as the
// defaults of EKS in September 2026: vpc-cni, coredns and kube-proxy for every
// minor, aws-ebs-csi-driver for 1.34 and 1.36, eks-pod-identity-agent and
// aws-efs-csi-driver for 1.35 and 1.36, metrics-server for 1.36; the last four
// are not bound to a minor. They were not asked of the EKS API, which takes old
// builds back without notice. Ask it with
//
//	aws eks describe-addon-versions --kubernetes-version 1.34 --addon-name coredns
//
// and, until the lock has moved on, override one with gantry:addons.versions.
var locked = map[string]map[string]string{
	"1.33": {addonCoreDNS: "v1.12.4-eksbuild.29", addonKubeProxy: "v1.33.10-eksbuild.21"},
	"1.34": {addonCoreDNS: "v1.12.4-eksbuild.29", addonKubeProxy: "v1.34.6-eksbuild.21"},
	"1.35": {addonCoreDNS: "v1.13.2-eksbuild.21", addonKubeProxy: "v1.35.3-eksbuild.21"},
	"1.36": {addonCoreDNS: "v1.14.3-eksbuild.14", addonKubeProxy: "v1.36.0-eksbuild.17"},
}

// addonVersion is the version of an add-on: the user's, or else the locked one.
func addonVersion(p spec.Platform, addon string) (string, error) {
	if version := p.Addons.Versions[addon]; version != "" {
		return version, nil
	}
	minor, known := locked[p.Cluster.Version]
	if !known {
		return "", fmt.Errorf("gantry:cluster.version is %q, and no version of the add-on %s is pinned for it: use one of %s, or set gantry:addons.versions.%s",
			p.Cluster.Version, addon, strings.Join(slices.Sorted(maps.Keys(locked)), ", "), addon)
	}
	if version := minor[addon]; version != "" {
		return version, nil
	}
	return lockedForAll[addon], nil
}
