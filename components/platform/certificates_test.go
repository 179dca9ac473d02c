package platform

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/spec"
)

func TestCertificates_EachSourceOfTheGatewaysCertificate(t *testing.T) {
	given := func(a *spec.Addons) { a.Gateway.Certificate.Secret = "models-tls" }
	tests := map[string]struct {
		edits   []func(*spec.Addons)
		issuers []string
		secret  string
	}{
		"an authority of the cluster's own": {nil, []string{issuerRoot, issuerOwn}, gatewaySecret},
		"ACME by HTTP":                      {[]func(*spec.Addons){public, acme}, []string{issuerACME}, gatewaySecret},
		"ACME by DNS":                       {[]func(*spec.Addons){acme, named(spec.AWS)}, []string{issuerACME}, gatewaySecret},
		"a Secret that is there":            {[]func(*spec.Addons){given}, nil, "models-tls"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := wayIn(t, spec.AWS, test.edits...)
			f.run(t)
			var issuers []string
			for _, res := range f.rec.OfType("kubernetes:cert-manager.io/v1:ClusterIssuer") {
				issuers = append(issuers, res.Input(t, "metadata.name").(string))
				assert.True(t, f.rec.DependsOn(res, f.release(t, certificatesName)))
			}
			assert.ElementsMatch(t, test.issuers, issuers)
			assert.Equal(t, test.secret, f.rec.Named(t, "platform-gateway-object").Input(t, "spec.listeners[1].tls.certificateRefs[0].name"))
			if len(test.issuers) == 0 {
				assert.Empty(t, f.rec.OfType("kubernetes:cert-manager.io/v1:Certificate"))
				return
			}
			certificate := f.rec.Named(t, "platform-gateway-certificate")
			assert.Equal(t, test.secret, certificate.Input(t, "spec.secretName"))
			assert.Equal(t, GatewayNamespace, certificate.Input(t, "metadata.namespace"), "where the Gateway looks for it")
			assert.Equal(t, test.issuers[len(test.issuers)-1], certificate.Input(t, "spec.issuerRef.name"))
			assert.True(t, f.rec.DependsOn(certificate, f.rec.Named(t, "platform-certificates-issuer")))
		})
	}
}

func TestCertificates_AuthorityKeepsItsKeyToItself(t *testing.T) {
	f := wayIn(t, spec.AWS)
	f.run(t)
	authority := f.rec.Named(t, "platform-certificates-authority")
	assert.Equal(t, true, authority.Input(t, "spec.isCA"))
	assert.Equal(t, CertificatesNamespace, authority.Input(t, "metadata.namespace"), "not where the gateway reads Secrets")
	assert.Equal(t, authority.Input(t, "spec.secretName"), f.rec.Named(t, "platform-certificates-issuer").Input(t, "spec.ca.secretName"))
	assert.Equal(t, map[string]any{}, f.rec.Named(t, "platform-certificates-root").Input(t, "spec.selfSigned"))
	assert.True(t, f.rec.DependsOn(authority, f.rec.Named(t, "platform-certificates-root")))
}

func TestCertificates_ChallengeIsAnsweredInTheZone(t *testing.T) {
	for cloud, want := range map[spec.Cloud]map[string]any{
		spec.AWS: {"route53": map[string]any{"region": "us-east-1", "hostedZoneID": zones[spec.AWS]}},
		spec.GCP: {"cloudDNS": map[string]any{"project": "example-project", "hostedZoneName": "ml-example-com"}},
		spec.Azure: {"azureDNS": map[string]any{
			"subscriptionID": "11111111-2222-3333-4444-555555555555", "resourceGroupName": "dns",
			"hostedZoneName": "ml.example.com", "environment": "AzurePublicCloud",
		}},
	} {
		f := wayIn(t, cloud, acme, named(cloud))
		f.run(t)
		issuer := f.rec.Named(t, "platform-certificates-issuer")
		assert.Equal(t, want, issuer.Input(t, "spec.acme.solvers[0].dns01"), cloud)
		assert.Equal(t, []string{"ml.example.com"}, issuer.Strings(t, "spec.acme.solvers[0].selector.dnsZones"))
		assert.Equal(t, "https://acme-v02.api.letsencrypt.org/directory", issuer.Input(t, "spec.acme.server"))
		assert.Equal(t, true, f.values(t, certificatesName, "dns01RecursiveNameserversOnly"), "a private zone may have the same domain")

		binding := Bindings(f.args.Platform)[certificatesName]
		assert.Equal(t, CertificatesNamespace, binding.Namespace)
		assert.Equal(t, f.values(t, certificatesName, "serviceAccount.name"), binding.ServiceAccount)
		require.Len(t, binding.Grants, 1)
		assert.Equal(t, cluster.ManageDNS, binding.Grants[0].Kind)
	}
}

func TestCertificates_ChallengeIsAnsweredByTheGateway(t *testing.T) {
	f := wayIn(t, spec.Azure, public, acme)
	f.run(t)
	solver := "spec.acme.solvers[0].http01.gatewayHTTPRoute"
	issuer, gateway := f.rec.Named(t, "platform-certificates-issuer"), f.rec.Named(t, "platform-gateway-object")
	assert.Equal(t, gateway.Input(t, "metadata.name"), issuer.Input(t, solver+".parentRefs[0].name"))
	assert.Equal(t, gateway.Input(t, "metadata.namespace"), issuer.Input(t, solver+".parentRefs[0].namespace"))
	assert.Equal(t, gateway.Input(t, "spec.listeners[0].name"), issuer.Input(t, solver+".parentRefs[0].sectionName"), "before there is a certificate")
	assert.Equal(t, "ClusterIP", issuer.Input(t, solver+".serviceType"))
	assert.Equal(t, "CriticalAddonsOnly", issuer.Input(t, solver+".podTemplate.spec.tolerations[0].key"))
	assert.NotContains(t, Bindings(f.args.Platform), certificatesName, "nothing to write in the cloud")
}

func TestCertificates_KnowOfTheGatewayAPIOnlyWhereItIs(t *testing.T) {
	for _, gateway := range []bool{true, false} {
		f := wayIn(t, spec.GCP, func(a *spec.Addons) { a.Gateway.Enabled = &gateway })
		f.run(t)
		assert.Equal(t, gateway, f.values(t, certificatesName, "config.gatewayAPI.enabled"))
		assert.Equal(t, gateway, len(f.rec.OfType("kubernetes:cert-manager.io/v1:Certificate")) > 0)
	}
}

func TestCertificates_SurviveTheLossOfANode(t *testing.T) {
	f := wayIn(t, spec.AWS)
	f.run(t)
	for _, part := range []string{"", "webhook.", "cainjector."} {
		assert.EqualValues(t, 2, f.values(t, certificatesName, part+"replicaCount"), part)
		assert.Equal(t, true, f.values(t, certificatesName, part+"podDisruptionBudget.enabled"), part)
	}
	assert.Equal(t, map[string]any{"enabled": true, "keep": true}, f.values(t, certificatesName, "crds"))
}
