package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/spec"
)

// The proxies of the gateway.
const (
	minProxies, maxProxies = 2, 6
	// proxyBusy is the CPU, in percent of what a proxy asks for, above which
	// another one starts.
	proxyBusy = 70
	// A proxy that is told to stop serves on for as long as a load balancer may
	// still send it connections, and then until the last prediction is answered,
	// but no longer than the second time.
	proxyStops, proxyStopped = "60s", "180s"
	// proxyMetricsPort is a name, of a port of every proxy.
	proxyMetricsPort = "metrics"
)

// proxyLabels are those of the gateway's proxies. Source:
// https://gateway.envoyproxy.io/docs/tasks/operations/customize-envoyproxy/
func proxyLabels() map[string]any {
	return map[string]any{
		"app.kubernetes.io/name":                         "envoy",
		"gateway.envoyproxy.io/owning-gateway-name":      GatewayName,
		"gateway.envoyproxy.io/owning-gateway-namespace": GatewayNamespace,
	}
}

// proxyObject says how the proxies run and how the world reaches them.
func proxyObject(in inputs) object {
	return object{
		what: "gateway-proxy", apiVersion: envoyAPI, kind: "EnvoyProxy", namespace: GatewayNamespace, name: GatewayName,
		spec: map[string]any{
			"provider": map[string]any{"type": "Kubernetes", "kubernetes": map[string]any{
				"envoyDeployment": map[string]any{
					"pod":       proxyPod(in),
					"container": map[string]any{"resources": requests("200m", "256Mi", "1Gi")},
				},
				"envoyService": proxyService(in.platform),
				"envoyHpa": map[string]any{
					"minReplicas": minProxies, "maxReplicas": maxProxies,
					"metrics": []any{map[string]any{
						"type": "Resource",
						"resource": map[string]any{
							"name": "cpu", "target": map[string]any{"type": "Utilization", "averageUtilization": proxyBusy},
						},
					}},
				},
				"envoyPDB": map[string]any{"maxUnavailable": 1},
			}},
			"logging":   map[string]any{"level": map[string]any{"default": "warn"}},
			"telemetry": map[string]any{"accessLog": accessLog(), "metrics": map[string]any{"prometheus": map[string]any{"disable": false}}},
			"shutdown":  map[string]any{"minDrainDuration": proxyStops, "drainTimeout": proxyStopped},
		},
	}
}

// proxyPod spreads the proxies over zones and nodes of the system pools.
func proxyPod(in inputs) map[string]any {
	spread := func(over string) map[string]any {
		return map[string]any{
			"maxSkew": 1, "topologyKey": over, "whenUnsatisfiable": "ScheduleAnyway",
			"labelSelector": map[string]any{"matchLabels": proxyLabels()},
		}
	}
	return map[string]any{
		"nodeSelector":              systemSelector(in),
		"tolerations":               systemTolerations(in),
		"topologySpreadConstraints": []any{spread("topology.kubernetes.io/zone"), spread("kubernetes.io/hostname")},
	}
}

// proxyService is the Service that the load balancer is made for.
func proxyService(p spec.Platform) map[string]any {
	g, balancer := p.Addons.Gateway, balancers[p.Cloud]
	public := spec.On(g.Public)
	service := map[string]any{
		"type": "LoadBalancer",
		// Keeps the address of the client where nodes are targets, and saves a
		// hop. Load balancers ask each node whether a proxy runs there.
		"externalTrafficPolicy": "Local",
	}
	annotations := g.LoadBalancerAnnotations
	if balancer.annotations != nil {
		annotations = balancer.annotations(public)
	}
	if len(annotations) > 0 {
		service["annotations"] = pulumi.ToStringMap(annotations)
	}
	if balancer.class != "" {
		service["loadBalancerClass"] = balancer.class
	}
	if balancer.podTargets {
		service["allocateLoadBalancerNodePorts"] = false
	}
	if public {
		service["loadBalancerSourceRanges"] = pulumi.ToStringArray(g.AllowedCIDRs)
	}
	return service
}

// accessLog is a line of JSON for each request, on the proxy's output. Queries
// are left out: they may hold what is nobody else's business.
func accessLog() map[string]any {
	fields := map[string]any{
		"start_time":        "%START_TIME%",
		"request_id":        "%REQ(X-REQUEST-ID)%",
		"client":            "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
		"host":              "%REQ(:AUTHORITY)%",
		"method":            "%REQ(:METHOD)%",
		"path":              "%REQ_WITHOUT_QUERY(X-ENVOY-ORIGINAL-PATH?:PATH)%",
		"protocol":          "%PROTOCOL%",
		"status":            "%RESPONSE_CODE%",
		"flags":             "%RESPONSE_FLAGS%",
		"details":           "%RESPONSE_CODE_DETAILS%",
		"bytes_received":    "%BYTES_RECEIVED%",
		"bytes_sent":        "%BYTES_SENT%",
		"duration_ms":       "%DURATION%",
		"upstream_ms":       "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%",
		"upstream_host":     "%UPSTREAM_HOST%",
		"route":             "%ROUTE_NAME%",
		"tls_version":       "%DOWNSTREAM_TLS_VERSION%",
		"user_agent":        "%REQ(USER-AGENT)%",
		"connection_failed": "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
	}
	return map[string]any{"settings": []any{map[string]any{
		"format": map[string]any{"type": "JSON", "json": fields},
		"sinks":  []any{map[string]any{"type": "File", "file": map[string]any{"path": "/dev/stdout"}}},
	}}}
}

// gatewayMonitors have Prometheus scrape the proxies and their controller, where
// there is one; their definitions come with the monitoring.
func gatewayMonitors(in inputs) []object {
	if !monitored(in) {
		return nil
	}
	const api = "monitoring.coreos.com/v1"
	return []object{
		{
			what: "gateway-proxy-metrics", apiVersion: api, kind: "PodMonitor", namespace: GatewayNamespace, name: "gateway-proxies",
			spec: map[string]any{
				"selector": map[string]any{"matchLabels": proxyLabels()},
				"podMetricsEndpoints": []any{
					map[string]any{"port": proxyMetricsPort, "path": "/stats/prometheus", "interval": "30s"},
				},
			},
		},
		{
			what: "gateway-controller-metrics", apiVersion: api, kind: "ServiceMonitor", namespace: GatewayNamespace, name: "gateway-controller",
			spec: map[string]any{
				// Both are of the chart, whatever its release is called.
				"selector":  map[string]any{"matchLabels": map[string]any{"control-plane": "envoy-gateway"}},
				"endpoints": []any{map[string]any{"port": "metrics", "path": "/metrics", "interval": "30s"}},
			},
		},
	}
}
