package eks

import (
	"fmt"

	"gantry.dev/gantry/modules/spec"
	"gantry.dev/gantry/modules/versions"
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

// addonVersion is the version of an add-on: the user's, or else the locked one.
func addonVersion(p spec.Platform, addon string) (string, error) {
	if version := p.Addons.Versions[addon]; version != "" {
		return version, nil
	}
	version, err := versions.EKSAddon(p.Cluster.Version, addon)
	if err != nil {
		return "", fmt.Errorf("gantry:cluster.version: %w: use one of these, or set gantry:addons.versions.%s", err, addon)
	}
	return version, nil
}
