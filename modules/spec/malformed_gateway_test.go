package spec

// gatewayCases are gateways that could not be reached, or by everybody.
func gatewayCases() []malformed {
	const at = "gantry:addons.gateway."
	gateway := func(name, gateway string, want ...problem) malformed {
		return malformed{"gateway: " + name, "addons: {gateway: {" + gateway + "}}", nil, want}
	}
	existing := func(name, addons string, want ...problem) malformed {
		return malformed{"gateway: " + name, "cloud: existing\nexisting: {context: kind-ml}\npools: [{name: a, role: inference, labels: {a: b}}]\naddons: {" + addons + "}", nil, want}
	}
	const dnsName = "write lower-case letters, digits and '-' between dots, for example models.ml.example.com"
	return []malformed{
		gateway("misspelt key", "hosts: models.example.com", problem{at + "hosts", "models.example.com", "did you mean host? Known keys: enabled, public, host, allowedCidrs, loadBalancerAnnotations, certificate"}),
		gateway("host without a domain", "host: models", problem{at + "host", "models", dnsName}),
		gateway("address for a host", `host: "https://models.example.com"`, problem{at + "host", "https://models.example.com", dnsName}),
		gateway("host of all names", `host: "*.example.com"`, problem{at + "host", "*.example.com", dnsName}),
		gateway("ranges of an internal gateway", "allowedCidrs: [203.0.113.0/24, 198.51.100.0/24]",
			problem{at + "allowedCidrs", `"203.0.113.0/24, 198.51.100.0/24"`, "remove it, or set gateway.public: true"}),
		gateway("ranges that are none", "public: true, allowedCidrs: [203.0.113.7, office, 198.51.100.1/24]",
			problem{at + "allowedCidrs[0]", "203.0.113.7", "write it with its length, for example 203.0.113.7/32"},
			problem{at + "allowedCidrs[1]", "office", "write it as address/length, for example 10.20.0.0/16 or 203.0.113.0/24"},
			problem{at + "allowedCidrs[2]", "198.51.100.1/24", "write 198.51.100.0/24"}),
		gateway("everybody and others", "public: true, allowedCidrs: [203.0.113.0/24, 0.0.0.0/0, 203.0.113.0/24]",
			problem{at + "allowedCidrs[1]", "0.0.0.0/0", "remove it, or the others"},
			problem{at + "allowedCidrs[2]", "203.0.113.0/24", "remove one of the two"}),
		gateway("annotations on a known cloud", "loadBalancerAnnotations: {example.com/scheme: internet-facing}",
			problem{at + "loadBalancerAnnotations", "example.com/scheme", "remove it"}),
		gateway("two certificates", "host: models.example.com, public: true, certificate: {acmeEmail: ml@example.com, secret: models-tls}",
			problem{at + "certificate.secret", "models-tls", "remove one of the two"}),
		gateway("Secret that has no such name", "certificate: {secret: Models_TLS}",
			problem{at + "certificate.secret", "Models_TLS", "use lower-case letters, digits, '-' and '.'"}),
		gateway("name for an e-mail address", `host: models.example.com, public: true, certificate: {acmeEmail: "ML <ml@example.com>"}`,
			problem{at + "certificate.acmeEmail", `"ML <ml@example.com>"`, "write it as ml-platform@example.com"}),
		gateway("ACME service without an address to write to", "certificate: {acmeServer: https://acme.example.com/directory}",
			problem{at + "certificate.acmeEmail", "", "add the address that the service writes to, for example ml-platform@example.com"}),
		gateway("ACME service in the clear", "host: models.example.com, public: true, certificate: {acmeEmail: ml@example.com, acmeServer: http://acme.example.com}",
			problem{at + "certificate.acmeServer", "http://acme.example.com", "write it as " + letsEncrypt + ", or remove it"}),
		gateway("ACME without a name", "public: true, certificate: {acmeEmail: ml@example.com}",
			problem{at + "host", "", "add it, for example models.ml.example.com, or remove certificate.acmeEmail"}),
		gateway("ACME of an internal gateway", "host: models.example.com, certificate: {acmeEmail: ml@example.com}",
			problem{at + "certificate.acmeEmail", "ml@example.com", "set addons.dns.zone, so that the challenge is answered through DNS, or remove it"}),
		gateway("ACME kept out", "host: models.example.com, public: true, allowedCidrs: [203.0.113.0/24], certificate: {acmeEmail: ml@example.com}",
			problem{at + "allowedCidrs", "203.0.113.0/24", "set addons.dns.zone, so that the challenge is answered through DNS, or remove certificate.acmeEmail"}),
		{"gateway: nothing to make a certificate", "addons: {certificates: {enabled: false}}", nil, []problem{
			{at + "certificate.secret", "", "name a TLS Secret in the namespace gateway, or set addons.certificates.enabled: true"}}},
		existing("public by accident", "gateway: {enabled: true, certificate: {secret: tls}}",
			problem{at + "loadBalancerAnnotations", "", "add the annotation that makes the load balancers of this cluster internal, or set gateway.public: true"}),
		existing("no certificate", "gateway: {enabled: true, public: true}",
			problem{at + "certificate.secret", "", "name a TLS Secret in the namespace gateway, or set addons.certificates.enabled: true"}),
		existing("annotation that is none", `gateway: {enabled: true, loadBalancerAnnotations: {"in ternal": "true"}, certificate: {secret: tls}}`,
			problem{at + `loadBalancerAnnotations["in ternal"]`, `"in ternal"`, "use letters, digits, '-', '_' and '.', optionally behind a domain and '/'"}),
	}
}

// dnsCases are zones that nothing can be written into.
func dnsCases() []malformed {
	const (
		at         = "gantry:addons.dns."
		host       = "gateway: {host: models.ml.example.com}"
		zoneOfAWS  = "Z0123456789ABCDEFGHIJ"
		groupOfDNS = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/dns/providers/Microsoft.Network"
	)
	dns := func(name, addons string, want ...problem) malformed {
		return malformed{"dns: " + name, "addons: {" + addons + "}", nil, want}
	}
	onAzure := func(name, zone string, want ...problem) malformed {
		return onAzure("dns: "+name, "addons: {"+host+", dns: {zone: "+zone+", domain: ml.example.com}}", want...)
	}
	return []malformed{
		dns("zone without a domain", host+", dns: {zone: "+zoneOfAWS+"}",
			problem{at + "domain", "", "add the domain of the zone, for example ml.example.com: no other name is touched"}),
		dns("domain without a zone", "dns: {domain: ml.example.com}",
			problem{at + "zone", "", "add the zone of the domain, or remove domain"}),
		dns("domain that is none", host+", dns: {zone: "+zoneOfAWS+", domain: com}",
			problem{at + "domain", "com", "write lower-case letters, digits and '-' between dots, for example ml.example.com"}),
		dns("zone by its domain", host+", dns: {zone: ml.example.com, domain: ml.example.com}",
			problem{at + "zone", "ml.example.com", "list them with: aws route53 list-hosted-zones; write the id alone, for example Z0123456789ABCDEFGHIJ"}),
		dns("zone as AWS prints it", host+", dns: {zone: /hostedzone/"+zoneOfAWS+", domain: ml.example.com}",
			problem{at + "zone", "/hostedzone/" + zoneOfAWS, "list them with: aws route53 list-hosted-zones; write the id alone, for example Z0123456789ABCDEFGHIJ"}),
		dns("nothing to write", "dns: {zone: "+zoneOfAWS+", domain: ml.example.com}",
			problem{"gantry:addons.gateway.host", "", "add a name in the domain, for example models.ml.example.com, or remove addons.dns"}),
		dns("no name for ACME either", "gateway: {certificate: {acmeEmail: ml@example.com}}, dns: {zone: "+zoneOfAWS+", domain: ml.example.com}",
			problem{"gantry:addons.gateway.host", "", "add a name in the domain, for example models.ml.example.com, or remove addons.dns"}),
		dns("host of another domain", "gateway: {host: models.example.org}, dns: {zone: "+zoneOfAWS+", domain: ml.example.com}",
			problem{"gantry:addons.gateway.host", "models.example.org", "use a name that ends in .ml.example.com"}),
		dns("host that only looks like the domain", "gateway: {host: other-ml.example.com}, dns: {zone: "+zoneOfAWS+", domain: ml.example.com}",
			problem{"gantry:addons.gateway.host", "other-ml.example.com", "use a name that ends in .ml.example.com"}),
		dns("no gateway", "gateway: {enabled: false}, dns: {zone: "+zoneOfAWS+", domain: ml.example.com}",
			problem{at + "zone", zoneOfAWS, "remove it, or set addons.gateway.enabled: true"}),
		onGCP("dns: domain for a zone", "addons: {"+host+", dns: {zone: ml.example.com., domain: ml.example.com}}",
			problem{at + "zone", "ml.example.com.", "list them with: gcloud dns managed-zones list; write the name, not the domain"}),
		onAzure("name of a zone", "ml.example.com",
			problem{at + "zone", "ml.example.com", "list them with: az network dns zone list --query '[].id'"}),
		onAzure("private zone", groupOfDNS+"/privateDnsZones/ml.example.com",
			problem{at + "zone", groupOfDNS[:79] + "…", "list them with: az network dns zone list --query '[].id'"}),
		onAzure("zone of another domain", groupOfDNS+"/dnsZones/example.com",
			problem{at + "domain", "ml.example.com", "write example.com"}),
		{"dns: of an existing cluster", "cloud: existing\nexisting: {context: kind-ml}\npools: [{name: a, role: inference, labels: {a: b}}]\naddons: {dns: {zone: " + zoneOfAWS + ", domain: ml.example.com}}", nil, []problem{
			{at + "zone", zoneOfAWS, "remove it, and write the record of the gateway yourself"}}},
	}
}
