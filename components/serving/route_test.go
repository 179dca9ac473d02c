package serving

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"gantry.dev/gantry/components/componenttest/manifest"
	"gantry.dev/gantry/modules/spec"
)

const (
	v2 = "registry.example.com/image-classifier:v2"
	// names of the objects of the classifier
	routeName  = "image-classifier-route"
	stableName = "image-classifier-deployment"
)

// routed is a classifier with a route, changed.
func routed(change func(*spec.Model)) spec.Model {
	return changed(func(m *spec.Model) {
		m.Route = "/classifier/v1"
		if change != nil {
			change(m)
		}
	})
}

func routedFixture(t *testing.T, change func(*spec.Model)) *fixture {
	t.Helper()
	f := newFixture(t, routed(change))
	f.gateway = &Gateway{Name: "gantry", Namespace: "gateway", Listener: "https", Host: "models.example.com"}
	f.secrets = map[string]spec.Secret{"shop": "s3cr3t-of-shop", "other": "s3cr3t-of-other"}
	require.NoError(t, f.run())
	return f
}

func TestRoute_SendsThePathToTheModel(t *testing.T) {
	f := routedFixture(t, nil)
	route := f.rec.Named(t, routeName)
	assert.Equal(t, "gateway.networking.k8s.io/v1", route.Input(t, "apiVersion"))
	assert.Equal(t, "HTTPRoute", route.Input(t, "kind"))
	assert.Equal(t, []any{"models.example.com"}, route.Input(t, "spec.hostnames"))
	assert.Equal(t, "https", route.Input(t, "spec.parentRefs[0].sectionName"), "never in the clear")
	assert.Equal(t, "/classifier/v1", route.Input(t, "spec.rules[0].matches[0].path.value"))
	assert.Equal(t, "/", route.Input(t, "spec.rules[0].filters[0].urlRewrite.path.replacePrefixMatch"))
	assert.Equal(t, "60s", route.Input(t, "spec.rules[0].timeouts.request"))
	assert.Equal(t, map[string]int{"image-classifier": 100}, weights(t, f))
}

// weights are the shares of the Services behind the route.
func weights(t *testing.T, f *fixture) map[string]int {
	t.Helper()
	backends, ok := f.rec.Named(t, routeName).Input(t, "spec.rules[0].backendRefs").([]any)
	require.True(t, ok)
	shares := map[string]int{}
	for _, backend := range backends {
		b := backend.(map[string]any)
		assert.EqualValues(t, servicePort, b["port"])
		shares[b["name"].(string)] = int(b["weight"].(float64))
	}
	return shares
}

func TestRollout_SharesRequestsAndLeavesTheStableVersionAlone(t *testing.T) {
	before := manifest.Decode[appsv1.Deployment](t, routedFixture(t, nil).rec.Named(t, stableName))
	for name, test := range map[string]struct {
		rollout spec.ModelRollout
		second  string
		want    map[string]int
	}{
		"canary": {
			spec.ModelRollout{Canary: spec.ModelCanary{Image: v2, Weight: 5}}, "canary",
			map[string]int{"image-classifier": 95, "image-classifier-canary": 5},
		},
		"canary with all requests": {
			spec.ModelRollout{Canary: spec.ModelCanary{Image: v2, Weight: 100}}, "canary",
			map[string]int{"image-classifier": 0, "image-classifier-canary": 100},
		},
		"green stands by": {
			spec.ModelRollout{BlueGreen: spec.ModelBlueGreen{Green: v2}}, "green",
			map[string]int{"image-classifier": 100},
		},
		"green is active": {
			spec.ModelRollout{BlueGreen: spec.ModelBlueGreen{Green: v2, Active: spec.Green}}, "green",
			map[string]int{"image-classifier": 0, "image-classifier-green": 100},
		},
		"shadow": {
			spec.ModelRollout{Shadow: spec.ModelShadow{Image: v2, Percent: 20}}, "shadow",
			map[string]int{"image-classifier": 100},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := routedFixture(t, func(m *spec.Model) { m.Rollout = test.rollout })
			shares := weights(t, f)
			if test.second == "green" {
				assert.Contains(t, shares, "image-classifier-green", "a flip changes numbers only")
				if shares["image-classifier-green"] == 0 {
					delete(shares, "image-classifier-green")
				}
			}
			assert.Equal(t, test.want, shares)
			after := manifest.Decode[appsv1.Deployment](t, f.rec.Named(t, stableName))
			assert.Equal(t, before.Spec.Template, after.Spec.Template, "no running pod is touched")
			assert.Equal(t, before.Spec.Selector, after.Spec.Selector)

			second := manifest.Decode[appsv1.Deployment](t, f.rec.Named(t, "image-classifier-"+test.second+"-deployment"))
			assert.Equal(t, v2, second.Spec.Template.Spec.Containers[0].Image)
			assert.Equal(t, test.second, second.Spec.Selector.MatchLabels["gantry.dev/version"])
			assert.Equal(t, "image-classifier", second.Spec.Template.Spec.ServiceAccountName)
			service := manifest.Decode[corev1.Service](t, f.rec.Named(t, "image-classifier-"+test.second+"-service"))
			assert.Equal(t, second.Spec.Selector.MatchLabels, service.Spec.Selector)
			assert.True(t, f.rec.DependsOn(f.rec.Named(t, routeName), f.rec.Named(t, "image-classifier-"+test.second+"-deployment")),
				"requests move to what is ready")
			require.NotNil(t, second.Spec.Replicas)
			want := int32(2)
			if test.second == "shadow" {
				want = 1
			}
			assert.Equal(t, want, *second.Spec.Replicas, "all of its least number before the first request")
		})
	}
}

func TestRollout_ShadowGetsCopiesAndAnswersNobody(t *testing.T) {
	f := routedFixture(t, func(m *spec.Model) { m.Rollout.Shadow = spec.ModelShadow{Image: v2, Percent: 20} })
	route := f.rec.Named(t, routeName)
	assert.Equal(t, "RequestMirror", route.Input(t, "spec.rules[0].filters[1].type"))
	assert.Equal(t, "image-classifier-shadow", route.Input(t, "spec.rules[0].filters[1].requestMirror.backendRef.name"))
	assert.EqualValues(t, 20, route.Input(t, "spec.rules[0].filters[1].requestMirror.percent"))
}

func TestTraffic_RepeatsOnlyWhatNobodyBeganToAnswer(t *testing.T) {
	f := routedFixture(t, func(m *spec.Model) { m.Traffic = spec.ModelTraffic{MaxBody: "2Mi", RequestsPerSecond: 50} })
	policy := f.rec.Named(t, "image-classifier-traffic")
	assert.Equal(t, "image-classifier", policy.Input(t, "spec.targetRefs[0].name"))
	assert.EqualValues(t, 2, policy.Input(t, "spec.retry.numRetries"))
	assert.Equal(t, []any{"connect-failure", "refused-stream", "reset-before-request"}, policy.Input(t, "spec.retry.retryOn.triggers"))
	assert.Equal(t, "2Mi", policy.Input(t, "spec.requestBuffer.limit"))
	assert.EqualValues(t, 50, policy.Input(t, "spec.rateLimit.local.rules[0].limit.requests"))
}

func TestAccess_KeysAreSecretAndThereBeforeTheRoute(t *testing.T) {
	f := routedFixture(t, func(m *spec.Model) { m.Traffic.APIKeys = []string{"shop"} })
	keys := f.rec.Named(t, "image-classifier-api-keys")
	assert.Equal(t, map[string]any{"shop": "s3cr3t-of-shop"}, keys.Input(t, "stringData"), "only those that the route takes")
	assert.True(t, keys.Secret(t, "stringData"))
	access := f.rec.Named(t, "image-classifier-access")
	assert.Equal(t, "image-classifier-api-keys", access.Input(t, "spec.apiKeyAuth.credentialRefs[0].name"))
	assert.Equal(t, []any{"X-API-Key"}, access.Input(t, "spec.apiKeyAuth.extractFrom[0].headers"))
	assert.True(t, f.rec.DependsOn(f.rec.Named(t, routeName), access), "no request passes unasked")
}

func TestAccess_Tokens(t *testing.T) {
	f := routedFixture(t, func(m *spec.Model) {
		m.Traffic.JWT = spec.ModelJWT{Issuer: "https://login.example.com", Audiences: []string{"models"}, JWKS: "https://login.example.com/keys"}
	})
	access := f.rec.Named(t, "image-classifier-access")
	assert.Equal(t, "https://login.example.com", access.Input(t, "spec.jwt.providers[0].issuer"))
	assert.Equal(t, []any{"models"}, access.Input(t, "spec.jwt.providers[0].audiences"))
	assert.Equal(t, "https://login.example.com/keys", access.Input(t, "spec.jwt.providers[0].remoteJWKS.uri"))
}

func TestRoute_WithoutAGatewayIsAnError(t *testing.T) {
	f := newFixture(t, routed(nil))
	assert.ErrorContains(t, f.run(), "models.image-classifier.route: /classifier/v1 leads nowhere")
}
