package platform

import "gantry.dev/gantry/modules/spec"

const (
	certificateGroup = "cert-manager.io"
	certificateAPI   = certificateGroup + "/v1"

	// issuerACME asks an ACME service; issuerOwn signs with the authority of the
	// cluster, whose own certificate issuerRoot makes.
	issuerACME = "gantry-acme"
	issuerOwn  = "gantry-ca"
	issuerRoot = "gantry-self-signed"

	// gatewaySecret holds the gateway's certificate where cert-manager makes it.
	gatewaySecret = "gateway-tls"
	// gatewayAnyHost is in the certificate of a gateway that has no name: one
	// that clients can ask for whatever the address is. internal belongs to
	// nobody. Source: https://www.icann.org/en/board-activities-and-meetings/materials/approved-resolutions-special-meeting-of-the-icann-board-29-07-2024-en
	gatewayAnyHost = "models.gantry.internal"

	// The authority lives ten years and is renewed a year before the end, with
	// the same key: clients go on trusting it. What it signs lives 90 days.
	rootLifetime, rootRenewal = "87600h", "8760h"
	leafLifetime, leafRenewal = "2160h", "720h"
)

// certificateSecret is the Secret with the gateway's certificate.
func certificateSecret(g spec.Gateway) string {
	if g.Certificate.Secret != "" {
		return g.Certificate.Secret
	}
	return gatewaySecret
}

// certificateObjects are the issuers and the gateway's certificate, each after
// those that it names; none where the gateway needs none.
func certificateObjects(in inputs) []object {
	p := in.platform
	switch {
	case !p.Addons.SignsCertificate():
		return nil
	case p.Addons.Gateway.Certificate.ACME():
		return []object{acmeIssuer(in), gatewayCertificate(p.Addons.Gateway, issuerACME)}
	default:
		return append(ownAuthority(p), gatewayCertificate(p.Addons.Gateway, issuerOwn))
	}
}

// ownAuthority is a certificate authority of the cluster's own. Its key lies in
// cert-manager's namespace, and not beside the gateway.
func ownAuthority(p spec.Platform) []object {
	return []object{
		clusterIssuer("certificates-root", issuerRoot, map[string]any{"selfSigned": map[string]any{}}),
		{
			what: "certificates-authority", apiVersion: certificateAPI, kind: "Certificate", namespace: CertificatesNamespace, name: issuerOwn,
			spec: map[string]any{
				"isCA":        true,
				"commonName":  "Gantry CA of " + p.Name,
				"secretName":  issuerOwn,
				"duration":    rootLifetime,
				"renewBefore": rootRenewal,
				"privateKey":  privateKey("Never"),
				"issuerRef":   issuerRef(issuerRoot),
			},
		},
		clusterIssuer("certificates-issuer", issuerOwn, map[string]any{"ca": map[string]any{"secretName": issuerOwn}}),
	}
}

// acmeIssuer asks an ACME service for certificates.
func acmeIssuer(in inputs) object {
	certificate := in.platform.Addons.Gateway.Certificate
	return clusterIssuer("certificates-issuer", issuerACME, map[string]any{"acme": map[string]any{
		"email":               certificate.ACMEEmail,
		"server":              certificate.ACMEServer,
		"privateKeySecretRef": map[string]any{"name": issuerACME},
		"solvers":             []any{solver(in)},
	}})
}

// solver is how challenges are answered: by a record in the zone, or by a route
// of the gateway itself.
func solver(in inputs) map[string]any {
	if p := in.platform; answersByDNS(p) {
		return map[string]any{
			"selector": map[string]any{"dnsZones": []any{p.Addons.DNS.Domain}},
			"dns01":    zoneSolvers[p.Cloud](p),
		}
	}
	return map[string]any{"http01": map[string]any{"gatewayHTTPRoute": map[string]any{
		"parentRefs":  []any{gatewayParent(gatewayListenerHTTP)},
		"serviceType": "ClusterIP", // the default would open a port on every node
		"podTemplate": map[string]any{"spec": map[string]any{
			"nodeSelector": systemSelector(in),
			"tolerations":  systemTolerations(in),
		}},
	}}}
}

// zoneSolvers write the record of a challenge, as the service account of
// cert-manager, whose identity may. No key is kept for it.
var zoneSolvers = map[spec.Cloud]func(p spec.Platform) map[string]any{
	spec.AWS: func(p spec.Platform) map[string]any {
		return map[string]any{"route53": map[string]any{"region": p.Region, "hostedZoneID": p.Addons.DNS.Zone}}
	},
	spec.GCP: func(p spec.Platform) map[string]any {
		return map[string]any{"cloudDNS": map[string]any{"project": p.Account, "hostedZoneName": p.Addons.DNS.Zone}}
	},
	spec.Azure: func(p spec.Platform) map[string]any {
		zone := parseAzureZone(p.Addons.DNS.Zone)
		return map[string]any{"azureDNS": map[string]any{
			"subscriptionID": zone.subscription, "resourceGroupName": zone.group, "hostedZoneName": zone.name,
			"environment": "AzurePublicCloud",
		}}
	},
}

// gatewayCertificate is the certificate that the Gateway serves. Of ACME the
// service decides how long it lives.
func gatewayCertificate(g spec.Gateway, issuer string) object {
	host := g.Host
	if host == "" {
		host = gatewayAnyHost
	}
	certificate := map[string]any{
		"secretName": gatewaySecret,
		"dnsNames":   []any{host},
		"privateKey": privateKey("Always"),
		"usages":     []any{"digital signature", "server auth"},
		"issuerRef":  issuerRef(issuer),
	}
	if issuer == issuerOwn {
		certificate["duration"], certificate["renewBefore"] = leafLifetime, leafRenewal
	}
	return object{
		what: "gateway-certificate", apiVersion: certificateAPI, kind: "Certificate", namespace: GatewayNamespace, name: GatewayName,
		spec: certificate,
	}
}

func clusterIssuer(what, name string, kind map[string]any) object {
	return object{what: what, apiVersion: certificateAPI, kind: "ClusterIssuer", name: name, spec: kind}
}

func issuerRef(name string) map[string]any {
	return map[string]any{"group": certificateGroup, "kind": "ClusterIssuer", "name": name}
}

func privateKey(rotation string) map[string]any {
	return map[string]any{"algorithm": "ECDSA", "size": 256, "rotationPolicy": rotation}
}
