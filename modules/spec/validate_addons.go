package spec

import (
	"maps"
	"regexp"
	"slices"
	"strings"
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
	checkAdvertiser(r, p)
	checkCharts(r, p)
	checkGateway(r, p)
	checkMonitoring(r, p)
	if p.Cloud != AWS {
		checkNoVersions(r, at+".versions", p)
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

// checkNoVersions reports versions where add-ons have none that can be chosen.
func checkNoVersions(r *report, at string, p Platform) {
	if len(p.Addons.Versions) == 0 {
		return
	}
	names := strings.Join(slices.Sorted(maps.Keys(p.Addons.Versions)), ", ")
	what := "are versions of add-ons of EKS; " + clusterOf(p.Cloud) + " chooses the versions of its own"
	if p.Cloud == Existing {
		what = "are versions of add-ons of EKS; an existing cluster brings its own"
	}
	r.add(at, names, what, "remove it, or use cloud: aws")
}
