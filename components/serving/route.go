package serving

import (
	"fmt"

	"gantry.dev/gantry/components/custom"
	"gantry.dev/gantry/modules/spec"
)

// The Gateway API, which Envoy Gateway implements.
const (
	gatewayGroup = "gateway.networking.k8s.io"
	gatewayAPI   = gatewayGroup + "/v1"
	kindRoute    = "HTTPRoute"
)

// Gateway is what routes of models are attached to.
type Gateway struct {
	// Name and Namespace of the Gateway, and the listener for HTTPS.
	Name, Namespace, Listener string
	// Host is the name in the listener; empty for any.
	Host string
}

// parent is what a route of the gateway is attached to.
func (g Gateway) parent() map[string]any {
	return map[string]any{
		"group": gatewayGroup, "kind": "Gateway", "name": g.Name, "namespace": g.Namespace, "sectionName": g.Listener,
	}
}

// route sends the requests of the model's path to its versions, which do not see
// the path: a server answers the same under every route.
//
// Weights are set on versions whose Deployment is ready: what registers the route
// makes it wait for them. A version with weight 0 stays in the list, so that a
// flip changes two numbers and no proxy meets a version that it does not know.
func (s *server) route(g Gateway) custom.Object {
	rule := map[string]any{
		"matches": []any{map[string]any{"path": map[string]any{"type": "PathPrefix", "value": s.model.Route}}},
		"filters": s.routeFilters(),
		"timeouts": map[string]any{
			"request": fmt.Sprintf("%ds", s.model.Traffic.TimeoutSeconds),
		},
		"backendRefs": s.backends(),
	}
	route := map[string]any{
		"parentRefs": []any{g.parent()},
		"rules":      []any{rule},
	}
	if g.Host != "" {
		route["hostnames"] = []any{g.Host}
	}
	metadata := s.metadata()
	s.share(metadata)
	return custom.Object{APIVersion: gatewayAPI, Kind: kindRoute, Metadata: metadata, Spec: route}
}

// backends are the versions that answer, each with its share of the requests. A
// shadow answers nobody.
func (s *server) backends() []any {
	if s.model.Rollout.Analysed() {
		return []any{map[string]any{"group": "", "kind": "Service", "name": s.model.Name, "port": servicePort, "weight": 100}}
	}
	shares := s.shares()
	var backends []any
	for _, version := range s.versions() {
		if version.track == shadow {
			continue
		}
		backends = append(backends, map[string]any{
			"group": "", "kind": "Service", "name": version.name(), "port": servicePort, "weight": shares[version.track],
		})
	}
	return backends
}

// shares are the weights of the versions, which add up to 100.
func (s *server) shares() map[track]int {
	rollout := s.model.Rollout
	switch {
	case rollout.Canary.Image != "":
		return map[track]int{stable: 100 - rollout.Canary.Weight, canary: rollout.Canary.Weight}
	case rollout.BlueGreen.Green != "" && rollout.BlueGreen.Active == spec.Green:
		return map[track]int{stable: 0, green: 100}
	default:
		return map[track]int{stable: 100}
	}
}

// routeFilters take the route's path off, and copy requests to a shadow.
func (s *server) routeFilters() []any {
	filters := []any{map[string]any{
		"type": "URLRewrite",
		"urlRewrite": map[string]any{
			"path": map[string]any{"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"},
		},
	}}
	if s.model.Rollout.Shadow.Image == "" {
		return filters
	}
	copied := s.second(shadow, s.model.Rollout.Shadow.Image, 1, 1)
	return append(filters, map[string]any{
		"type": "RequestMirror",
		"requestMirror": map[string]any{
			"backendRef": map[string]any{"group": "", "kind": "Service", "name": copied.name(), "port": servicePort},
			"percent":    s.model.Rollout.Shadow.Percent,
		},
	})
}
