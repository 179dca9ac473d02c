package serving

import (
	"maps"
	"slices"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/custom"
	"gantry.dev/gantry/modules/spec"
)

const (
	envoyAPI = "gateway.envoyproxy.io/v1alpha1"
	// apiKeyHeader is where clients send their key.
	apiKeyHeader = "X-API-Key"
)

// ofRoute is what policies of the gateway name as their target: the model's
// route.
func (s *server) ofRoute() []any {
	return []any{map[string]any{"group": gatewayGroup, "kind": kindRoute, "name": s.model.Name}}
}

// trafficPolicy is what the gateway does between a request and a replica.
func (s *server) trafficPolicy() custom.Object {
	traffic := s.model.Traffic
	policy := map[string]any{
		"targetRefs": s.ofRoute(),
		// Only what no replica has begun to work on: a prediction may be long and
		// dear, and its request may not be safe to repeat.
		"retry": map[string]any{
			"numRetries": *traffic.Retries,
			"retryOn":    map[string]any{"triggers": []any{"connect-failure", "refused-stream", "reset-before-request"}},
		},
		"requestBuffer": map[string]any{"limit": traffic.MaxBody},
		// The replica with the fewest open requests: predictions take long, and
		// not equally long.
		"loadBalancer": map[string]any{"type": "LeastRequest"},
	}
	if traffic.RequestsPerSecond > 0 {
		policy["rateLimit"] = map[string]any{"local": map[string]any{"rules": []any{map[string]any{
			"limit": map[string]any{"requests": traffic.RequestsPerSecond, "unit": "Second"},
		}}}}
	}
	return custom.Object{APIVersion: envoyAPI, Kind: "BackendTrafficPolicy", Metadata: s.metadata(), Spec: policy}
}

// guarded tells whether the route asks who is there.
func (s *server) guarded() bool {
	return len(s.model.Traffic.APIKeys) > 0 || s.model.Traffic.JWT.Issuer != ""
}

// securityPolicy lets in only who has a key or a token.
func (s *server) securityPolicy() custom.Object {
	policy := map[string]any{"targetRefs": s.ofRoute()}
	if len(s.model.Traffic.APIKeys) > 0 {
		policy["apiKeyAuth"] = map[string]any{
			"credentialRefs": []any{map[string]any{"group": "", "kind": "Secret", "name": s.keysName()}},
			"extractFrom":    []any{map[string]any{"headers": []any{apiKeyHeader}}},
			// The server has no use for the key, and its logs would keep it.
			"sanitize": true,
		}
	}
	if jwt := s.model.Traffic.JWT; jwt.Issuer != "" {
		policy["jwt"] = map[string]any{"providers": []any{map[string]any{
			"name":       s.model.Name,
			"issuer":     jwt.Issuer,
			"audiences":  anys(jwt.Audiences),
			"remoteJWKS": map[string]any{"uri": jwt.JWKS},
		}}}
	}
	return custom.Object{APIVersion: envoyAPI, Kind: "SecurityPolicy", Metadata: s.metadata(), Spec: policy}
}

func (s *server) keysName() string { return s.model.Name + "-api-keys" }

// apiKeys is the Secret that the gateway compares keys with: each client's under
// the name of its secret.
func (s *server) apiKeys(secrets map[string]spec.Secret) *corev1.SecretArgs {
	keys := pulumi.StringMap{}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		if slices.Contains(s.model.Traffic.APIKeys, name) {
			keys[name] = pulumi.ToSecret(pulumi.String(secrets[name].Reveal())).(pulumi.StringOutput)
		}
	}
	metadata := s.metadata()
	metadata.Name = pulumi.String(s.keysName())
	return &corev1.SecretArgs{
		Metadata:   &metav1.ObjectMetaArgs{Name: metadata.Name, Namespace: metadata.Namespace, Labels: metadata.Labels},
		Type:       pulumi.String("Opaque"),
		StringData: keys,
	}
}

// anys is a list as custom resources take it.
func anys[T any](values []T) []any {
	list := make([]any, len(values))
	for i, value := range values {
		list[i] = value
	}
	return list
}
