package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/spec"
)

const (
	certificatesName    = "cert-manager"
	certificatesAccount = "cert-manager"
	// publicResolvers answer whether a challenge can be seen by everybody. The
	// network's own resolver may have a private zone of the same domain.
	publicResolvers = "8.8.8.8:53,1.1.1.1:53"
)

// certificatesAddon is cert-manager, with the issuers and the certificate of the
// gateway. It comes after the gateway: told of the Gateway API it does not start
// without its definitions, and a challenge over HTTP is answered by the gateway.
// Until the certificate is there the gateway serves HTTP only.
var certificatesAddon = addon{
	name:      certificatesName,
	chart:     "cert-manager",
	namespace: CertificatesNamespace,
	when:      func(in inputs) bool { return spec.On(in.platform.Addons.Certificates.Enabled) },
	after:     []string{monitoringName, gatewayAddonName},
	account: func(p spec.Platform) *cluster.Binding {
		if !answersByDNS(p) {
			return nil
		}
		return &cluster.Binding{
			Namespace: CertificatesNamespace, ServiceAccount: certificatesAccount,
			Grants: []cluster.Grant{{Kind: cluster.ManageDNS, Resource: pulumi.String(p.Addons.DNS.Zone)}},
		}
	},
	values: certificatesValues,
	with: func(in inputs, m *maker) ([]pulumi.Resource, error) {
		return m.inOrder(certificateObjects(in)...)
	},
}

// answersByDNS is whether challenges of ACME are answered by a record in the
// zone.
func answersByDNS(p spec.Platform) bool {
	return p.Addons.SignsCertificate() && p.Addons.Gateway.Certificate.ACME() && p.Addons.DNS.Zone != ""
}

func certificatesValues(in inputs) (pulumi.Map, error) {
	account := in.account(certificatesName)
	part := func(cpu, memory, limit string) pulumi.Map {
		return pulumi.Map{
			// Two of each: of the controllers one leads, and without a webhook no
			// certificate can be changed.
			"replicaCount":        pulumi.Int(2),
			"podDisruptionBudget": pulumi.Map{"enabled": pulumi.Bool(true)},
			"resources":           requests(cpu, memory, limit),
			"nodeSelector":        systemSelector(in),
			"tolerations":         systemTolerations(in),
		}
	}
	values := part("25m", "64Mi", "512Mi")
	values["cainjector"] = part("10m", "64Mi", "512Mi")
	values["webhook"] = part("10m", "32Mi", "128Mi")
	// The release is done when this Job has had a certificate admitted, so that
	// those below find the webhook ready.
	values["startupapicheck"] = pulumi.Map{
		"resources":    requests("10m", "32Mi", "128Mi"),
		"nodeSelector": systemSelector(in),
		"tolerations":  systemTolerations(in),
	}
	// Definitions that go take every certificate with them, and the keys.
	values["crds"] = pulumi.Map{"enabled": pulumi.Bool(true), "keep": pulumi.Bool(true)}
	values["config"] = pulumi.Map{"gatewayAPI": pulumi.Map{"enabled": pulumi.Bool(spec.On(in.platform.Addons.Gateway.Enabled))}}
	// Not kube-system, where a second installation would fight for the lock.
	values["global"] = pulumi.Map{"leaderElection": pulumi.Map{"namespace": pulumi.String(CertificatesNamespace)}}
	values["serviceAccount"] = accountValues(certificatesAccount, account.Annotations)
	values["podLabels"] = pulumi.ToStringMap(account.PodLabels)
	values["prometheus"] = pulumi.Map{"servicemonitor": serviceMonitor(in)}
	if answersByDNS(in.platform) {
		values["dns01RecursiveNameservers"] = pulumi.String(publicResolvers)
		values["dns01RecursiveNameserversOnly"] = pulumi.Bool(true)
	}
	return values, nil
}
