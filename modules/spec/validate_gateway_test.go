package spec

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLoad_TakesEveryWayToTheGateway(t *testing.T) {
	const (
		azureZone = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/dns/providers/Microsoft.Network/dnszones/ml.example.com"
		existing  = "cloud: existing\nexisting: {context: kind-ml}\npools: [{name: a, role: inference, labels: {a: b}}]\n"
	)
	for name, config := range map[string]string{
		"internal, for any name":       "{}",
		"internal, by a name":          "addons: {gateway: {host: models.ml.example.com}}",
		"for some":                     "addons: {gateway: {public: true, allowedCidrs: [203.0.113.0/24, 198.51.100.0/24]}}",
		"challenge by HTTP":            "addons: {gateway: {public: true, host: models.example.com, certificate: {acmeEmail: ml@example.com}}}",
		"challenge by DNS":             "addons: {gateway: {host: ml.example.com, certificate: {acmeEmail: ml@example.com}}, dns: {zone: Z0123456789ABCDEFGHIJ, domain: ml.example.com}}",
		"challenge by DNS, for some":   "addons: {gateway: {public: true, allowedCidrs: [203.0.113.0/24], host: a.ml.example.com, certificate: {acmeEmail: ml@example.com}}, dns: {zone: Z0123456789ABCDEFGHIJ, domain: ml.example.com}}",
		"certificate of one's own":     "addons: {certificates: {enabled: false}, gateway: {certificate: {secret: models-tls}}}",
		"no gateway":                   "addons: {certificates: {enabled: false}, gateway: {enabled: false}}",
		"zone of Google Cloud":         "cloud: gcp\naddons: {gateway: {host: models.ml.example.com}, dns: {zone: ml-example-com, domain: ml.example.com}}",
		"zone of Azure":                "cloud: azure\npools: [{name: system, role: system}]\naddons: {gateway: {host: models.ml.example.com}, dns: {zone: " + azureZone + ", domain: ml.example.com}}",
		"existing, without":            existing,
		"existing, internal":           existing + "addons: {gateway: {enabled: true, loadBalancerAnnotations: {networking.gke.io/load-balancer-type: Internal}, certificate: {secret: tls}}}",
		"existing, internal, of Azure": existing + `addons: {certificates: {enabled: true}, gateway: {enabled: true, loadBalancerAnnotations: {service.beta.kubernetes.io/azure-load-balancer-internal: "true"}}}`,
		"existing, public":             existing + "addons: {certificates: {enabled: true}, gateway: {enabled: true, public: true}}",
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Load(configured(t, config))
			require.NoError(t, err)
		})
	}
}

func TestSignsCertificate_OnlyWhereAGatewayNeedsOne(t *testing.T) {
	for config, want := range map[string]bool{
		"{}": true,
		"addons: {gateway: {certificate: {secret: tls}}}":                                                  false,
		"addons: {gateway: {enabled: false}}":                                                              false,
		"addons: {certificates: {enabled: false}, gateway: {enabled: false}}":                              false,
		"addons: {gateway: {public: true, host: a.example.com, certificate: {acmeEmail: ml@example.com}}}": true,
	} {
		platform, _, err := Load(configured(t, config))
		require.NoError(t, err)
		assert.Equal(t, want, platform.Addons.SignsCertificate(), config)
	}
}
