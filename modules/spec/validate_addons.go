package spec

import (
	"maps"
	"regexp"
	"slices"
)

// eksAddons are the managed add-ons of EKS that Gantry installs, by their names
// in the EKS API.
var eksAddons = []string{
	"aws-ebs-csi-driver", "aws-efs-csi-driver", "coredns", "eks-pod-identity-agent",
	"kube-proxy", "metrics-server", "vpc-cni",
}

// eksAddonVersion is how EKS versions its add-ons.
var eksAddonVersion = regexp.MustCompile(`^v\d+\.\d+\.\d+(-[a-z]+\.\d+)?-eksbuild\.\d+$`)

func checkAddons(r *report, p Platform) {
	const at = "gantry:addons"
	checkFields(r, at, p.Addons)
	checkImage(r, at+".devicePlugin.image", p.Addons.DevicePlugin.Image)
	if p.Cloud != AWS {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(p.Addons.Versions)) {
		at, version := join(at+".versions", name), p.Addons.Versions[name]
		if !slices.Contains(eksAddons, name) {
			r.add(at, version, "is the version of an add-on that Gantry does not install", choose(name, eksAddons))
		}
		if !eksAddonVersion.MatchString(version) {
			r.add(at, version, "is not the version of an EKS add-on", "write it as v1.20.4-eksbuild.2; list them with: aws eks describe-addon-versions --addon-name "+name)
		}
	}
}
