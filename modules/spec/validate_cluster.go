package spec

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func checkCluster(r *report, c Cluster) {
	const at = "gantry:cluster"
	checkFields(r, at, c)
	if c.Version != "" && !slices.Contains(KubernetesVersions, c.Version) {
		r.add(at+".version", c.Version, "is not a Kubernetes minor that Gantry supports", versionFix(c.Version))
	}
	checkNetwork(r, at+".networkCidr", c.NetworkCIDR)
	checkPublicAccess(r, at+".publicAccessCidrs", c.PublicAccessCIDRs)
	checkAdmins(r, at+".admins", c.Admins)
	if days := c.LogRetentionDays; days > 0 && !slices.Contains(LogRetentions, days) {
		r.add(at+".logRetentionDays", days, "is not a retention that CloudWatch offers", fmt.Sprintf("use %d", atLeast(LogRetentions, days)))
	} else if days < 0 {
		r.add(at+".logRetentionDays", days, "is not a number of days", "use 30, 90 or 365, or leave it out for 90")
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

// privateRanges are those that a network may lie in. What is outside them
// belongs to somebody on the internet whom pods could then no longer reach.
var privateRanges = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"),
}

func isPrivate(prefix netip.Prefix) bool {
	return slices.ContainsFunc(privateRanges, func(private netip.Prefix) bool {
		return private.Contains(prefix.Addr()) && private.Bits() <= prefix.Bits()
	})
}

// ipv4Range reads a range, or reports why it is none. The length is what an
// address without one was probably meant to have.
func ipv4Range(r *report, at, text string, length int) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Is4() {
		r.add(at, text, "is an address, not a range", fmt.Sprintf("write it with its length, for example %s/%d", text, length))
		return netip.Prefix{}, false
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil || !prefix.Addr().Is4() {
		r.add(at, text, "is not an IPv4 range", "write it as address/length, for example 10.20.0.0/16 or 203.0.113.0/24")
		return netip.Prefix{}, false
	}
	if masked := prefix.Masked(); masked != prefix {
		r.add(at, text, "has bits set behind its length", "write "+masked.String())
		return netip.Prefix{}, false
	}
	return prefix, true
}

func checkNetwork(r *report, at, text string) {
	network, ok := ipv4Range(r, at, text, 16)
	if !ok {
		return
	}
	if network.Bits() < 16 || network.Bits() > 20 {
		r.add(at, text, "is not between /16 and /20", "use a range such as "+netip.PrefixFrom(network.Addr(), 16).Masked().String())
		return
	}
	if !isPrivate(network) {
		r.add(at, text, "is not a private range", "use one in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10")
	}
}

const (
	// maxPublicAccessCIDRs is a quota of EKS. Source: "Amazon EKS service
	// quotas" in the user guide.
	maxPublicAccessCIDRs = 40
	// widestPublicAccess is a bound of Gantry's: no organisation has more.
	widestPublicAccess = 8
)

func checkPublicAccess(r *report, at string, cidrs []string) {
	if len(cidrs) > maxPublicAccessCIDRs {
		r.add(at, fmt.Sprintf("%d ranges", len(cidrs)), fmt.Sprintf("is more than the %d that EKS takes", maxPublicAccessCIDRs), "join neighbouring ranges")
	}
	seen := map[int]netip.Prefix{}
	for i, text := range cidrs {
		at := fmt.Sprintf("%s[%d]", at, i)
		prefix, ok := ipv4Range(r, at, text, 32)
		if !ok {
			continue
		}
		switch {
		case prefix.Bits() < widestPublicAccess:
			r.add(at, text, "opens the Kubernetes API to a great part of the internet", "name the ranges of your offices, VPN and CI; leave the key out for a private API")
		case isPrivate(prefix) || !prefix.Addr().IsGlobalUnicast():
			r.add(at, text, "is not a range of the internet: no caller comes from it", "remove it; inside the network the API answers anyway")
		}
		for j := range i {
			if other, ok := seen[j]; ok && other.Overlaps(prefix) {
				r.add(at, text, fmt.Sprintf("overlaps %s, the entry at [%d]", other, j), "keep the wider of the two")
			}
		}
		seen[i] = prefix
	}
}

var (
	iamPrincipal   = regexp.MustCompile(`^arn:aws(-[a-z]+)*:iam::[0-9]{12}:(user|role)/[\w+=,.@/-]+$`)
	assumedRole    = regexp.MustCompile(`^arn:(aws(?:-[a-z]+)*):sts::([0-9]{12}):assumed-role/([^/]+)/.+$`)
	accountAsAdmin = regexp.MustCompile(`^(arn:aws(-[a-z]+)*:iam::)?[0-9]{12}(:root)?$`)
)

func checkAdmins(r *report, at string, admins []string) {
	for i, admin := range admins {
		at := fmt.Sprintf("%s[%d]", at, i)
		switch session := assumedRole.FindStringSubmatch(admin); {
		case session != nil:
			r.add(at, admin, "is a session of a role, which ends", fmt.Sprintf("name the role: arn:%s:iam::%s:role/%s", session[1], session[2], session[3]))
		case accountAsAdmin.MatchString(admin):
			r.add(at, admin, "is a whole account", "name a role or user, for example arn:aws:iam::111122223333:role/platform-admin")
		case !iamPrincipal.MatchString(admin):
			r.add(at, admin, "is not the ARN of an IAM user or role", "write it as arn:aws:iam::111122223333:role/platform-admin")
		case slices.Contains(admins[:i], admin):
			r.add(at, admin, "is named twice", "remove one of the two")
		case strings.Contains(admin, ":role/aws-service-role/"):
			r.add(at, admin, "is a service-linked role, which EKS refuses as an administrator", "name a role that people or CI assume")
		}
	}
}
