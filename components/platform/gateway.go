package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/spec"
)

// What the route of a model names as its parent: the Gateway of this name in
// GatewayNamespace, and its listener for HTTPS. Routes are admitted from
// ModelNamespace only.
const (
	GatewayName          = "gantry"
	GatewayListenerHTTPS = "https"
	// gatewayListenerHTTP redirects, and answers challenges of ACME.
	gatewayListenerHTTP = "http"
)

const (
	gatewayAddonName = "envoy-gateway"
	// gatewayPorts of the load balancer.
	gatewayPortHTTP, gatewayPortHTTPS = 80, 443
	// gatewayController is the name that Envoy Gateway answers to, and the
	// versions are those of its own and of the common API.
	gatewayController = "gateway.envoyproxy.io/gatewayclass-controller"
	gatewayGroup      = "gateway.networking.k8s.io"
	gatewayAPI        = gatewayGroup + "/v1"
	envoyGroup        = "gateway.envoyproxy.io"
	envoyAPI          = envoyGroup + "/v1alpha1"
)

// gatewayAddon is Envoy Gateway with the one Gateway of the platform. Its chart
// brings the definitions of the Gateway API, which no cloud's cluster of Gantry's
// has: GKE is told so, and AKS installs them on request only.
//
// It comes after what makes load balancers, and so does its namespace: on destroy
// the namespace waits for its Services, and a Service for its load balancer,
// while the controller that takes it away still runs.
var gatewayAddon = addon{
	name:      gatewayAddonName,
	chart:     "gateway-helm",
	namespace: GatewayNamespace,
	when:      func(in inputs) bool { return spec.On(in.platform.Addons.Gateway.Enabled) },
	after:     []string{monitoringName, loadBalancerName},
	values:    gatewayValues,
	with: func(in inputs, m *maker) ([]pulumi.Resource, error) {
		return m.inOrder(append(gatewayObjects(in), gatewayMonitors(in)...)...)
	},
}

func gatewayValues(in inputs) (pulumi.Map, error) {
	return pulumi.Map{
		"deployment": pulumi.Map{
			// Two, of which one leads: a proxy that starts while there is none gets
			// no configuration, and serves nothing.
			"replicas":     pulumi.Int(2),
			"envoyGateway": pulumi.Map{"resources": requests("100m", "256Mi", "1Gi")},
			"pod": pulumi.Map{
				"nodeSelector": systemSelector(in),
				"tolerations":  systemTolerations(in),
			},
		},
		"podDisruptionBudget": pulumi.Map{"minAvailable": pulumi.Int(1)},
		// Makes the certificates between controller and proxies, once.
		"certgen": pulumi.Map{"job": pulumi.Map{
			"resources":    requests("10m", "64Mi", "256Mi"),
			"nodeSelector": systemSelector(in),
			"tolerations":  systemTolerations(in),
		}},
		"crds": pulumi.Map{"gatewayAPI": pulumi.Map{"safeUpgradePolicy": pulumi.Map{
			// Refuses definitions older than those of the chart, whoever applies
			// them. In an existing cluster that is not Gantry's to decide.
			"enabled": pulumi.Bool(in.platform.Cloud != spec.Existing),
		}}},
	}, nil
}

// gatewayObjects are the Gateway and what belongs to it, each after those that it
// names. A class is kept by the controller until its Gateways are gone, so that
// on destroy the controller outlives them.
func gatewayObjects(in inputs) []object {
	return []object{
		proxyObject(in),
		{
			what: "gateway-class", apiVersion: gatewayAPI, kind: "GatewayClass", name: GatewayName,
			spec: map[string]any{
				"controllerName": gatewayController,
				"parametersRef": map[string]any{
					"group": envoyGroup, "kind": "EnvoyProxy", "name": GatewayName, "namespace": GatewayNamespace,
				},
			},
		},
		{
			what: "gateway-object", apiVersion: gatewayAPI, kind: "Gateway", namespace: GatewayNamespace, name: GatewayName,
			spec: map[string]any{
				"gatewayClassName": GatewayName,
				"listeners":        gatewayListeners(in.platform.Addons.Gateway),
			},
		},
		clientPolicy(in.platform.Cloud),
		redirectRoute(),
	}
}

// gatewayListeners are the two ports. The one for HTTP takes routes of the
// gateway's own namespace only: no model is ever served in the clear.
func gatewayListeners(g spec.Gateway) []any {
	plain := map[string]any{
		"name": gatewayListenerHTTP, "port": gatewayPortHTTP, "protocol": "HTTP",
		"allowedRoutes": map[string]any{"namespaces": map[string]any{"from": "Same"}},
	}
	encrypted := map[string]any{
		"name": GatewayListenerHTTPS, "port": gatewayPortHTTPS, "protocol": "HTTPS",
		"tls": map[string]any{
			"mode":            "Terminate",
			"certificateRefs": []any{map[string]any{"kind": "Secret", "name": certificateSecret(g)}},
		},
		"allowedRoutes": map[string]any{"namespaces": map[string]any{
			"from": "Selector",
			"selector": map[string]any{"matchLabels": map[string]any{
				// Set by the API server itself, and by nobody else.
				"kubernetes.io/metadata.name": ModelNamespace,
			}},
		}},
	}
	if g.Host != "" {
		plain["hostname"], encrypted["hostname"] = g.Host, g.Host
	}
	return []any{plain, encrypted}
}

// redirectRoute sends every request over HTTP to HTTPS. 308 keeps method and
// body, of which 301 makes a GET: a prediction is a POST. Challenges of ACME have
// longer paths, which win.
func redirectRoute() object {
	return object{
		what: "gateway-redirect", apiVersion: gatewayAPI, kind: "HTTPRoute", namespace: GatewayNamespace, name: "redirect-to-https",
		spec: map[string]any{
			"parentRefs": []any{gatewayParent(gatewayListenerHTTP)},
			"rules": []any{map[string]any{
				"filters": []any{map[string]any{
					"type":            "RequestRedirect",
					"requestRedirect": map[string]any{"scheme": "https", "statusCode": 308},
				}},
			}},
		},
	}
}

// gatewayParent is the reference of a route to a listener of the Gateway.
func gatewayParent(listener string) map[string]any {
	return map[string]any{
		"group": gatewayGroup, "kind": "Gateway",
		"name": GatewayName, "namespace": GatewayNamespace, "sectionName": listener,
	}
}
