package platform

import "gantry.dev/gantry/modules/spec"

// Limits towards clients, as durations of the Gateway API.
const (
	// headersTimeout ends connections that send their headers byte by byte.
	headersTimeout = "10s"
	handshakeLimit = "10s"
	// idleTimeout is shorter than the four minutes after which the load
	// balancer of Azure forgets a connection, the first of the three to do so:
	// the gateway closes it in time, and no client writes into nothing. Source:
	// https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-idle-timeout
	idleTimeout = "210s"
	// keepAliveAfter keeps connections with a long prediction on them known to
	// the load balancer.
	keepAliveAfter = "60s"
)

// clientPolicy is how the gateway deals with clients. HTTP/3 is off where it is
// not asked for: it needs UDP, which the load balancers would have to open.
func clientPolicy(cloud spec.Cloud) object {
	settings := map[string]any{
		"targetRefs": []any{map[string]any{"group": gatewayGroup, "kind": "Gateway", "name": GatewayName}},
		"tls": map[string]any{
			"minVersion":    "1.2",
			"alpnProtocols": []any{"h2", "http/1.1"},
		},
		"timeout": map[string]any{
			"tcp":  map[string]any{"tlsHandshakeTimeout": handshakeLimit},
			"http": map[string]any{"requestHeadersReceivedTimeout": headersTimeout, "idleTimeout": idleTimeout},
		},
		"tcpKeepalive": map[string]any{"idleTime": keepAliveAfter, "interval": "30s", "probes": 3},
		// A path is compared with routes as a model's server will read it: with
		// %2F and // left in, one could reach behind the prefix of another.
		"path": map[string]any{"escapedSlashesAction": "UnescapeAndRedirect", "disableMergeSlashes": false},
		// Servers behind CGI-like interfaces take a_b for a-b, and so would take a
		// client's header for one of the gateway's.
		"headers": map[string]any{"withUnderscoresAction": "RejectRequest"},
	}
	// The address of the client is that of the connection: what it claims in
	// X-Forwarded-For is not believed.
	if balancers[cloud].proxyProtocol {
		settings["proxyProtocol"] = map[string]any{"optional": false}
	}
	return object{
		what: "gateway-clients", apiVersion: envoyAPI, kind: "ClientTrafficPolicy", namespace: GatewayNamespace, name: GatewayName,
		spec: settings,
	}
}
