package spec

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
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

// Where the stacks of tests lie, unless they say something else.
var (
	regions  = map[Cloud]string{AWS: "us-east-1", GCP: "us-central1", Azure: "westeurope"}
	accounts = map[Cloud]string{GCP: "example-project", Azure: "11111111-2222-3333-4444-555555555555"}
)

// configured is soundConfig with some keys replaced, as the engine hands it
// over: JSON for maps and lists, text for everything else. Keys of a cloud's own
// provider, such as gcp:project, are its region and account. Where layers leave
// out the cluster there is one behind layersFrom.
func configured(t testing.TB, replaced string, files ...string) Raw {
	t.Helper()
	config := stackConfig(t, soundConfig)
	maps.Copy(config, stackConfig(t, replaced))
	cloud := cmp.Or(Cloud(config["cloud"]), AWS)
	raw := Raw{Project: "gantry", Stack: "dev", Region: regions[cloud], Account: accounts[cloud], ModelFiles: map[string][]byte{}}
	regionKey, accountKey := cloud.ProviderKeys()
	for key, into := range map[string]*string{regionKey: &raw.Region, accountKey: &raw.Account} {
		if value, ok := config[key]; ok {
			*into = value
		}
		delete(config, key)
	}
	if layers := config["layers"]; config["layersFrom"] != "" && layers != "" && !strings.Contains(layers, "cluster") {
		raw.Handed = handed()
	}
	raw.Config = config
	for i := 0; i < len(files); i += 2 {
		raw.ModelFiles["stacks/models/"+files[i]] = []byte(files[i+1])
	}
	return raw
}

// handed is the cluster of another stack: on Azure, with a system pool and two
// T4, and without an autoscaler.
func handed() *Handed {
	below := Default(Platform{
		Name: "vision-prod", Cloud: Azure, Stack: "prod",
		Cluster: Cluster{Version: "1.34"},
		Addons:  Addons{Autoscaler: Autoscaler{Enabled: new(false)}},
		Pools: []Pool{
			{Name: "system", Role: RoleSystem, Min: 2},
			{Name: "serve", Role: RoleInference, GPU: "l4", GPUAlternatives: []string{"t4"}, Min: 2},
		},
	})
	plans, err := PlanPools(below)
	if err != nil {
		panic(err)
	}
	return &Handed{
		Name: below.Name, Cloud: Azure, Region: regions[Azure], Account: accounts[Azure],
		Version: below.Cluster.Version, Autoscaled: false, Pools: plans,
	}
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
