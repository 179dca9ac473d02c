package spec

import (
	"fmt"
	"maps"
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// everywhere is the range of all addresses.
const everywhere = "0.0.0.0/0"

// checkGateway checks the way in: who may come, to which name, with which
// certificate.
func checkGateway(r *report, p Platform) {
	const at = "gantry:addons.gateway"
	g := p.Addons.Gateway
	checkDNSName(r, at+".host", g.Host, "models.ml.example.com")
	checkAllowed(r, at+".allowedCidrs", g)
	checkBalancerAnnotations(r, at+".loadBalancerAnnotations", p)
	checkCertificateForm(r, at+".certificate", g.Certificate)
	if On(g.Enabled) {
		checkCertificateSource(r, at, p)
	}
	checkDNS(r, "gantry:addons.dns", p)
}

// checkDNSName reports a name that no resolver takes, or that has no domain and
// so is none that anybody else could resolve.
func checkDNSName(r *report, at, name, example string) {
	if name == "" || len(validation.IsDNS1123Subdomain(name)) == 0 && strings.Contains(name, ".") {
		return
	}
	r.add(at, name, "is not a full DNS name", "write lower-case letters, digits and '-' between dots, for example "+example)
}

func checkAllowed(r *report, at string, g Gateway) {
	if len(g.AllowedCIDRs) > 0 && !On(g.Public) {
		r.add(at, strings.Join(g.AllowedCIDRs, ", "), "are ranges that may reach a public gateway, and this one is not public", "remove it, or set gateway.public: true")
		return
	}
	for i, cidr := range g.AllowedCIDRs {
		at := fmt.Sprintf("%s[%d]", at, i)
		if _, ok := ipv4Range(r, at, cidr, 32); !ok {
			continue
		}
		switch {
		case cidr == everywhere && len(g.AllowedCIDRs) > 1:
			r.add(at, cidr, "is everybody, which leaves the other ranges nothing to say", "remove it, or the others")
		case slices.Contains(g.AllowedCIDRs[:i], cidr):
			r.add(at, cidr, "is named twice", "remove one of the two")
		}
	}
}

// checkBalancerAnnotations makes sure that a gateway that is not public gets no
// public address: what makes a load balancer internal is known of three clouds,
// and of no other cluster.
func checkBalancerAnnotations(r *report, at string, p Platform) {
	g := p.Addons.Gateway
	keys := slices.Sorted(maps.Keys(g.LoadBalancerAnnotations))
	switch {
	case p.Cloud != Existing && len(keys) > 0:
		r.add(at, strings.Join(keys, ", "), "is for existing clusters; Gantry knows what the load balancers of "+string(p.Cloud)+" need", "remove it")
		return
	case p.Cloud == Existing && On(g.Enabled) && !On(g.Public) && len(keys) == 0:
		r.missing(at, "is missing: without it the gateway may get an address on the internet", "add the annotation that makes the load balancers of this cluster internal, or set gateway.public: true")
	}
	for _, key := range keys {
		if faults := validation.IsQualifiedName(strings.ToLower(key)); len(faults) > 0 {
			r.add(join(at, key), key, "is not a key that Kubernetes takes: "+fault(faults), "use letters, digits, '-', '_' and '.', optionally behind a domain and '/'")
		}
	}
}

// checkCertificateForm checks each field of the certificate by itself.
func checkCertificateForm(r *report, at string, c GatewayCertificate) {
	if c.ACMEEmail != "" {
		if address, err := mail.ParseAddress(c.ACMEEmail); err != nil || address.Address != c.ACMEEmail {
			r.add(at+".acmeEmail", c.ACMEEmail, "is not an e-mail address", "write it as ml-platform@example.com")
		}
	}
	if c.ACMEServer != "" {
		if server, err := url.Parse(c.ACMEServer); err != nil || server.Scheme != "https" || server.Host == "" {
			r.add(at+".acmeServer", c.ACMEServer, "is not the https address of an ACME directory", "write it as "+letsEncrypt+", or remove it")
		}
		if !c.ACME() {
			r.missing(at+".acmeEmail", "is missing, and acmeServer is set", "add the address that the service writes to, for example ml-platform@example.com")
		}
	}
	if c.Secret == "" {
		return
	}
	if len(validation.IsDNS1123Subdomain(c.Secret)) > 0 {
		r.add(at+".secret", c.Secret, "is not the name of a Secret", "use lower-case letters, digits, '-' and '.'")
	}
	if c.ACME() {
		r.add(at+".secret", c.Secret, "is a certificate that is there already, and acmeEmail asks for another", "remove one of the two")
	}
}

// checkCertificateSource makes sure that the gateway gets a certificate: without
// one it answers no request at all.
func checkCertificateSource(r *report, at string, p Platform) {
	g := p.Addons.Gateway
	if g.Certificate.Secret == "" && !On(p.Addons.Certificates.Enabled) {
		r.missing(at+".certificate.secret", "is missing, and addons.certificates, which would make one, is disabled", "name a TLS Secret in the namespace gateway, or set addons.certificates.enabled: true")
		return
	}
	if !g.Certificate.ACME() || p.Addons.DNS.Zone != "" { // with a zone, see checkDNS
		return
	}
	if g.Host == "" {
		r.missing(at+".host", "is missing, and an ACME service signs certificates for names only", "add it, for example models.ml.example.com, or remove certificate.acmeEmail")
	}
	// The service makes the challenge from the internet, and from addresses that
	// it does not tell. Source: https://letsencrypt.org/docs/faq/
	switch {
	case !On(g.Public):
		r.add(at+".certificate.acmeEmail", g.Certificate.ACMEEmail, "asks a service that cannot reach this gateway, which is not public", "set addons.dns.zone, so that the challenge is answered through DNS, or remove it")
	case !slices.Equal(g.AllowedCIDRs, []string{everywhere}):
		r.add(at+".allowedCidrs", strings.Join(g.AllowedCIDRs, ", "), "keeps out the ACME service, whose addresses are not known", "set addons.dns.zone, so that the challenge is answered through DNS, or remove certificate.acmeEmail")
	}
}
