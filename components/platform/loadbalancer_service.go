package platform

import (
	"strings"

	"gantry.dev/gantry/modules/spec"
)

// balancer is what the Service of the gateway says to a cloud so that it gets the
// load balancer that Gantry means.
type balancer struct {
	// class of the load balancer; empty for the cloud's only one.
	class string
	// annotations of the Service; public gives it an address on the internet.
	annotations func(public bool) map[string]string
	// podTargets: connections go to pods and not to nodes, which therefore need
	// no ports.
	podTargets bool
	// proxyProtocol: the load balancer tells the address of the client in front
	// of each connection.
	proxyProtocol bool
}

// balancers by cloud; that of an existing cluster is unknown.
var balancers = map[spec.Cloud]balancer{
	// A Network Load Balancer by the AWS Load Balancer Controller. Keeping the
	// client's address in the packets instead of the proxy protocol would break
	// calls from pods of the target's own node. Sources:
	// https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/;
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
	spec.AWS: {
		class:         "service.k8s.aws/nlb",
		podTargets:    true,
		proxyProtocol: true,
		annotations: func(public bool) map[string]string {
			const prefix = "service.beta.kubernetes.io/aws-load-balancer-"
			return map[string]string{
				prefix + "scheme":          choose(public, "internet-facing", "internal"),
				prefix + "nlb-target-type": "ip",
				prefix + "proxy-protocol":  "*",
				// Each zone's address serves, also where no proxy is in the zone.
				prefix + "attributes": "load_balancing.cross_zone.enabled=true",
				// As long as a proxy that stops still serves.
				prefix + "target-group-attributes": "deregistration_delay.timeout_seconds=" + strings.TrimSuffix(proxyStopped, "s"),
			}
		},
	},
	// A passthrough Network Load Balancer. Without l4-rbs a public one is of the
	// older kind, which is built on target pools. The global access of an
	// internal one lets in connections through VPN and peering from other
	// regions. Source:
	// https://cloud.google.com/kubernetes-engine/docs/concepts/service-load-balancer-parameters
	spec.GCP: {
		annotations: func(public bool) map[string]string {
			if public {
				return map[string]string{"cloud.google.com/l4-rbs": "enabled"}
			}
			return map[string]string{
				"networking.gke.io/load-balancer-type":                         "Internal",
				"networking.gke.io/internal-load-balancer-allow-global-access": "true",
			}
		},
	},
	// A Standard Load Balancer. Its probes need no annotation: with
	// externalTrafficPolicy Local they ask the node's health check port, as long
	// as no annotation names another; the protocol of a port, which would make it
	// ask a proxy for / and get a 404, is not set by Envoy Gateway. Source:
	// kubernetes-sigs/cloud-provider-azure,
	// pkg/provider/azure_loadbalancer_healthprobe.go
	spec.Azure: {
		annotations: func(public bool) map[string]string {
			return map[string]string{"service.beta.kubernetes.io/azure-load-balancer-internal": choose(public, "false", "true")}
		},
	},
}

func choose(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}
