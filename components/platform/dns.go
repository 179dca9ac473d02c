package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/spec"
)

const dnsName = "external-dns"

// dnsAddon is external-dns, which writes the gateway's name into a zone.
var dnsAddon = addon{
	name:      dnsName,
	chart:     "external-dns",
	namespace: DNSNamespace,
	when:      func(in inputs) bool { return in.platform.Addons.DNS.Zone != "" },
	after:     []string{gatewayName},
	account: func(p spec.Platform) *cluster.Binding {
		if p.Addons.DNS.Zone == "" {
			return nil
		}
		return &cluster.Binding{
			Namespace: DNSNamespace, ServiceAccount: dnsName,
			Grants: []cluster.Grant{{Kind: cluster.ManageDNS, Resource: pulumi.String(p.Addons.DNS.Zone)}},
		}
	},
	values: func(inputs) (pulumi.Map, error) { return pulumi.Map{}, nil },
}
