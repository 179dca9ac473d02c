package spec

// Gateway is Envoy Gateway and the one Gateway of the platform: one address for
// all models, HTTPS only, requests over HTTP redirected.
type Gateway struct {
	// Enabled installs Envoy Gateway and the Gateway. Default: true; false in
	// an existing cluster.
	Enabled *bool `json:"enabled"`
	// Public gives the gateway an address on the internet. Otherwise it is
	// reached from the cluster's network and what is connected to it. Default:
	// false.
	Public *bool `json:"public"`
	// Host is the name that models are reached by, for example
	// models.ml.example.com. Left out: any name. Default: none.
	Host string `json:"host" jsonschema:"example=models.ml.example.com"`
	// AllowedCIDRs are the ranges that may reach a public gateway. Default:
	// 0.0.0.0/0.
	AllowedCIDRs []string `json:"allowedCidrs" jsonschema:"example=203.0.113.0/24"`
	// LoadBalancerAnnotations are annotations of the gateway's Service that tell
	// the load balancer of an existing cluster what to be, for example internal.
	// On clouds that Gantry knows it sets them itself, and takes none. Default:
	// none.
	LoadBalancerAnnotations map[string]string `json:"loadBalancerAnnotations"`
	// Certificate is where the gateway's TLS certificate comes from.
	Certificate GatewayCertificate `json:"certificate"`
}

// GatewayCertificate is the TLS certificate of the gateway: from an ACME
// service, from a Secret that is there already, or else signed by an authority
// of the cluster's own, which clients have to be told to trust.
type GatewayCertificate struct {
	// ACMEEmail is the address that an ACME service (Let's Encrypt) warns of
	// certificates that run out; it makes the certificate be asked for there.
	// Needs gateway.host; the challenge is answered through DNS where addons.dns
	// is set, and by the gateway itself where it is public. Default: none.
	ACMEEmail string `json:"acmeEmail" jsonschema:"example=ml-platform@example.com"`
	// ACMEServer is the directory URL of the service. Default: Let's Encrypt,
	// https://acme-v02.api.letsencrypt.org/directory.
	ACMEServer string `json:"acmeServer" jsonschema:"example=https://acme-staging-v02.api.letsencrypt.org/directory"`
	// Secret is the name of a TLS Secret in the gateway's namespace. Excludes
	// acmeEmail. Default: none.
	Secret string `json:"secret" jsonschema:"example=models-tls"`
}

// ACME is whether the certificate is asked for at an ACME service.
func (c GatewayCertificate) ACME() bool { return c.ACMEEmail != "" }

// SignsCertificate is whether cert-manager makes the gateway's certificate, by
// ACME or by an authority of the cluster's own.
func (a Addons) SignsCertificate() bool {
	return On(a.Gateway.Enabled) && On(a.Certificates.Enabled) && a.Gateway.Certificate.Secret == ""
}
