package gcp

import (
	"slices"
	"strings"
)

// clusterVersions are the versions that the account offers, the oldest first: one
// for each minor of GKE's. The patches have the form of GKE's and stand for any.
// https://cloud.google.com/kubernetes-engine/docs/release-notes
var clusterVersions = []string{"1.33.9-gke.1163000", "1.34.6-gke.1067000", "1.35.3-gke.1389000", "1.36.1-gke.1088000"}

// defaultVersion is what a cluster gets that asks for none.
const defaultVersion = "1.35.3-gke.1389000"

// resolveVersion finds the version that a request means: a whole one, a part of
// one, or none.
func resolveVersion(asked string) (string, error) {
	switch asked {
	case "", "-":
		return defaultVersion, nil
	case "latest":
		return clusterVersions[len(clusterVersions)-1], nil
	}
	for _, version := range clusterVersions {
		if version == asked || strings.HasPrefix(version, asked+".") || strings.HasPrefix(version, asked+"-") {
			return version, nil
		}
	}
	if strings.Contains(asked, "-gke.") {
		return "", badRequest("Master version %q is unsupported.", asked)
	}
	return "", badRequest("No valid versions with the prefix %q found.", asked)
}

// minorsAhead is how many minors one version is ahead of another.
func minorsAhead(version, of string) int {
	return slices.Index(clusterVersions, version) - slices.Index(clusterVersions, of)
}

// upgrade is the version of a control plane whose program now asks for another
// one: the next minor at most, and never an older one, which pulumi-gcp does not
// even ask for.
func upgrade(current, asked string) (string, error) {
	if asked == "" {
		return current, nil
	}
	wanted, err := resolveVersion(asked)
	if err != nil {
		return "", err
	}
	switch ahead := minorsAhead(wanted, current); {
	case ahead <= 0:
		return current, nil
	case ahead > 1:
		return "", badRequest("Master cannot be upgraded to %q: it is more than one minor version ahead of the current version %q.", wanted, current)
	default:
		return wanted, nil
	}
}
