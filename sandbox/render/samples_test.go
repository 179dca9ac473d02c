package render_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/modules/spec"
	"gantry.dev/gantry/modules/stackfile"
	"gantry.dev/gantry/sandbox/render"
)

// clouds that the samples are rendered for, each with one of its queues.
var clouds = map[spec.Cloud]string{
	spec.AWS:   `{sqs: "https://sqs.us-east-1.amazonaws.com/123456789012/requests"}`,
	spec.GCP:   `{pubSub: requests}`,
	spec.Azure: `{serviceBus: /subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/g/providers/Microsoft.ServiceBus/namespaces/n/queues/requests}`,
}

// theSecret is what the sample's secrets are before they are encrypted, and a
// part of their ciphertext.
const theSecret = "hunter2-in-the-clear"

// sample is a strict stack that serves every sample model.
func sample(t testing.TB, cloud spec.Cloud) stackfile.Stack {
	t.Helper()
	text, err := os.ReadFile("testdata/models.yaml")
	require.NoError(t, err)
	models, err := yaml.YAMLToJSON([]byte(strings.ReplaceAll(string(text), "QUEUE", clouds[cloud])))
	require.NoError(t, err)
	secret := fmt.Sprintf("{secure: %s}", theSecret)
	return stackOf(t, `
  gantry:cloud: `+string(cloud)+`
  gantry:cluster: {version: "1.35", zones: 3, nat: per-zone}
  gantry:tags: {environment: prod}
  gantry:pools:
    - {name: system, role: system, cpu: 4, memory: 16Gi, min: 3, max: 6}
    - {name: train, role: training, gpu: a100, gpuCount: 8, min: 0, max: 4}
    - {name: serve, role: inference, gpu: l4, gpuAlternatives: [t4], min: 3, max: 20}
  gantry:addons:
    gateway: {enabled: true, host: models.ml.example.com, certificate: {secret: models-tls}}
    monitoring: {alerts: {slack: chat, slackChannel: "#ml"}}
  gantry:registry: {enabled: true}
  gantry:modelBucket: {enabled: true}
  gantry:secrets: {upstreamToken: `+secret+`, shopKey: `+secret+`, chat: `+secret+`}
  gantry:models: `+string(models)+`
`)
}

// stackOf is the stack prod with a configuration.
func stackOf(t testing.TB, config string) stackfile.Stack {
	t.Helper()
	stack, err := stackfile.Read(fstest.MapFS{
		"Pulumi.yaml": {Data: []byte("name: gantry")},
		"Pulumi.prod.yaml": {Data: []byte("config:\n" + `
  aws:region: us-east-1
  gcp:project: example-project
  gcp:region: us-central1
  azure-native:location: eastus
` + config)},
	}, "prod")
	require.NoError(t, err)
	return stack
}

var rendered struct {
	sync.Mutex
	of map[spec.Cloud]*render.Rendering
}

// rendering renders the sample of a cloud, once.
func rendering(t testing.TB, cloud spec.Cloud) *render.Rendering {
	t.Helper()
	rendered.Lock()
	defer rendered.Unlock()
	if made := rendered.of[cloud]; made != nil {
		return made
	}
	made, err := render.Stack(sample(t, cloud), "")
	require.NoError(t, err)
	if rendered.of == nil {
		rendered.of = map[spec.Cloud]*render.Rendering{}
	}
	rendered.of[cloud] = made
	return made
}

func files(t testing.TB, r *render.Rendering) map[string]string {
	t.Helper()
	written, err := r.Files()
	require.NoError(t, err)
	text := map[string]string{}
	for name, content := range written {
		text[name] = string(content)
	}
	return text
}
