package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/spec"
)

const certificatesName = "cert-manager"

// certificatesAddon is cert-manager.
var certificatesAddon = addon{
	name:      certificatesName,
	chart:     "cert-manager",
	namespace: CertificatesNamespace,
	when:      func(in inputs) bool { return spec.On(in.platform.Addons.Certificates.Enabled) },
	after:     []string{monitoringName},
	values:    func(inputs) (pulumi.Map, error) { return pulumi.Map{}, nil },
}
