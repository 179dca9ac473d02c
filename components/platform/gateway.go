package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/spec"
)

const gatewayName = "envoy-gateway"

// gatewayAddon is Envoy Gateway with the one Gateway of the platform.
var gatewayAddon = addon{
	name:      gatewayName,
	chart:     "gateway-helm",
	namespace: GatewayNamespace,
	when:      func(in inputs) bool { return spec.On(in.platform.Addons.Gateway.Enabled) },
	after:     []string{monitoringName, certificatesName, loadBalancerName},
	values:    func(inputs) (pulumi.Map, error) { return pulumi.Map{}, nil },
}
