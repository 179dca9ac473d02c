package spec

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// soundConfig is the least that a stack can say, plus one GPU pool; tests
// replace its keys.
const soundConfig = `
cluster: {version: "1.34"}
pools:
  - {name: system, role: system}
  - {name: serve, role: inference, gpu: l4, min: 2, max: 4}
`

// soundModel is a model that fits the pools of soundConfig.
const soundModel = `
image: registry.example.com/image-classifier:v1
gpu: {type: l4}
scale: {min: 2, max: 4}
`

// configured is soundConfig with some keys replaced, as the engine hands it
// over: JSON for maps and lists, text for everything else.
func configured(t testing.TB, replaced string, files ...string) Raw {
	t.Helper()
	config := stackConfig(t, soundConfig)
	for key, text := range stackConfig(t, replaced) {
		config[key] = text
	}
	raw := Raw{Project: "gantry", Stack: "dev", Region: "us-east-1", Config: config, ModelFiles: map[string][]byte{}}
	for i := 0; i < len(files); i += 2 {
		raw.ModelFiles["stacks/models/"+files[i]] = []byte(files[i+1])
	}
	return raw
}

func stackConfig(t testing.TB, text string) map[string]string {
	t.Helper()
	config, err := encodeConfig([]byte(text))
	require.NoError(t, err)
	return config
}

// encodeConfig turns YAML into what Pulumi passes to a program.
func encodeConfig(text []byte) (map[string]string, error) {
	var values map[string]any
	if err := yaml.Unmarshal(text, &values); err != nil {
		return nil, err
	}
	config := map[string]string{}
	for key, value := range values {
		switch value := value.(type) {
		case map[string]any, []any:
			encoded, err := json.Marshal(value)
			if err != nil {
				return nil, err
			}
			config[key] = string(encoded)
		case nil:
			config[key] = ""
		default:
			config[key] = fmt.Sprint(value)
		}
	}
	return config, nil
}

// load loads a configuration that must be sound.
func load(t testing.TB, raw Raw) (Platform, []PoolPlan) {
	t.Helper()
	platform, plans, err := Load(raw)
	require.NoError(t, err)
	return platform, plans
}
