package spec

import (
	"regexp"
	"strings"
)

// dnsZone is how a cloud names its DNS zones.
type dnsZone struct {
	form      *regexp.Regexp
	what, fix string
}

// dnsZones by cloud. Sources: Amazon Route 53 API reference, HostedZone;
// https://cloud.google.com/dns/docs/reference/rest/v1/managedZones;
// https://learn.microsoft.com/azure/dns/dns-zones-records. A private zone of
// Azure is a resource of another type, which neither external-dns nor
// cert-manager writes into as this one.
var dnsZones = map[Cloud]dnsZone{
	AWS: {
		regexp.MustCompile(`^Z[A-Z0-9]{1,31}$`),
		"is not the id of a Route 53 hosted zone", "list them with: aws route53 list-hosted-zones; write the id alone, for example Z0123456789ABCDEFGHIJ",
	},
	GCP: {
		regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`),
		"is not the name of a Cloud DNS managed zone", "list them with: gcloud dns managed-zones list; write the name, not the domain",
	},
	Azure: {
		regexp.MustCompile(`(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network/dnsZones/[^/]+$`),
		"is not the resource id of a public Azure DNS zone", "list them with: az network dns zone list --query '[].id'",
	},
}

// checkDNS checks the zone that the gateway's name is written into.
func checkDNS(r *report, at string, p Platform) {
	d, g := p.Addons.DNS, p.Addons.Gateway
	checkDNSName(r, at+".domain", d.Domain, "ml.example.com")
	if d.Zone == "" {
		if d.Domain != "" {
			r.missing(at+".zone", "is missing, and domain is set", "add the zone of the domain, or remove domain")
		}
		return
	}
	if p.Cloud == Existing {
		r.add(at+".zone", d.Zone, "needs an identity in the cloud of the cluster, and Gantry gives none in an existing one", "remove it, and write the record of the gateway yourself")
		return
	}
	if zone, ok := dnsZones[p.Cloud]; ok && !zone.form.MatchString(d.Zone) {
		r.add(at+".zone", d.Zone, zone.what, zone.fix)
	} else if name := d.Zone[strings.LastIndex(d.Zone, "/")+1:]; p.Cloud == Azure && d.Domain != "" && !strings.EqualFold(name, d.Domain) {
		r.add(at+".domain", d.Domain, "is not the domain of the zone", "write "+strings.ToLower(name))
	}
	if d.Domain == "" {
		r.missing(at+".domain", "is missing, and zone is set", "add the domain of the zone, for example ml.example.com: no other name is touched")
	}
	switch {
	case !On(g.Enabled):
		r.add(at+".zone", d.Zone, "is for the name of the gateway, which is disabled", "remove it, or set addons.gateway.enabled: true")
	case g.Host == "":
		r.missing("gantry:addons.gateway.host", "is missing, and addons.dns has nothing to write into its zone", "add a name in the domain, for example models.ml.example.com, or remove addons.dns")
	case d.Domain != "" && g.Host != d.Domain && !strings.HasSuffix(g.Host, "."+d.Domain):
		r.add("gantry:addons.gateway.host", g.Host, "is not in addons.dns.domain, "+d.Domain, "use a name that ends in ."+d.Domain)
	}
}
