package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func checkCluster(r *report, p Platform) {
	const at = "gantry:cluster"
	c := p.Cluster
	if p.Cloud == Existing {
		return // everything of it was decided by whoever made the cluster
	}
	checkFields(r, at, c)
	checkVersion(r, at+".version", p.Cloud, c.Version)
	checkClusterZones(r, at+".zones", p)
	checkRanges(r, at, p.Cloud, c)
	checkPublicAccess(r, at+".publicAccessCidrs", p.Cloud, c.PublicAccessCIDRs)
	checkAdmins(r, at+".admins", p.Cloud, c.Admins)
	checkLogRetention(r, at+".logRetentionDays", p.Cloud, c.LogRetentionDays)
}

// longTermOnly are the minors that AKS offers in long-term support alone, which
// takes its Premium tier. Source: Azure/AKS, CHANGELOG.md, 2026-07-17.
var longTermOnly = []string{"1.33"}

func checkVersion(r *report, at string, cloud Cloud, version string) {
	switch {
	case version == "": // reported as missing
	case !slices.Contains(KubernetesVersions, version):
		r.add(at, version, "is not a Kubernetes minor that Gantry supports", versionFix(version))
	case cloud == Azure && slices.Contains(longTermOnly, version):
		r.add(at, version, "is to be had on AKS in long-term support only, which Gantry does not use",
			"use "+oneOf(filter(KubernetesVersions, func(v string) bool { return !slices.Contains(longTermOnly, v) })))
	}
}

// maxZones is the greatest number of zones of a region. How many a region of
// AWS or Google Cloud has that Kubernetes can use is asked when the cluster is
// planned. Sources: https://cloud.google.com/compute/docs/regions-zones,
// https://learn.microsoft.com/azure/reliability/availability-zones-overview.
var maxZones = map[Cloud]int{AWS: 6, GCP: 4, Azure: 3}

func checkClusterZones(r *report, at string, p Platform) {
	most, ok := maxZones[p.Cloud]
	if zones := p.Cluster.Zones; ok && zones > most && zones <= maxZones[AWS] { // beyond it the type says so
		r.add(at, zones, fmt.Sprintf("is more than the %d zones of any region of %s", most, p.Cloud), fmt.Sprintf("use %d or less", most))
	}
}

// Bounds of the retention of a Log Analytics workspace, in days. Source:
// https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure
const (
	minAzureRetention = 30
	maxAzureRetention = 730
)

// checkLogRetention leaves Google Cloud out, where the log bucket of the project
// decides.
func checkLogRetention(r *report, at string, cloud Cloud, days int) {
	switch {
	case days < 0:
		r.add(at, days, "is not a number of days", "use 30, 90 or 365, or leave it out for 90")
	case days == 0: // left out, or judged as a zero
	case cloud == AWS && !slices.Contains(LogRetentions, days):
		r.add(at, days, "is not a retention that CloudWatch offers", fmt.Sprintf("use %d", atLeast(LogRetentions, days)))
	case cloud == Azure && (days < minAzureRetention || days > maxAzureRetention):
		r.add(at, days, "is not a retention that Azure's logs offer", fmt.Sprintf("use %d to %d", minAzureRetention, maxAzureRetention))
	}
}

// versionFix names the minor of a patch version, or all of them.
func versionFix(version string) string {
	for _, known := range KubernetesVersions {
		if strings.HasPrefix(strings.TrimPrefix(version, "v"), known) {
			return "write the minor only: " + strconv.Quote(known)
		}
	}
	return "use " + oneOf(KubernetesVersions)
}

// atLeast is the first of the sorted choices that is n or more, or the last.
func atLeast(choices []int, n int) int {
	i, _ := slices.BinarySearch(choices, n)
	return choices[min(i, len(choices)-1)]
}
