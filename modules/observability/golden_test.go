package observability

import (
	"flag"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "rewrite golden files with what the code makes now")

// The golden file is also what the tests of the rules load, see testdata.
func TestGenerated_Golden(t *testing.T) {
	t.Parallel()
	standard, err := BurnRate(DefaultSLO)
	require.NoError(t, err)
	own, err := BurnRate(SLO{
		Namespace: "models", Model: "chat",
		Availability: 99.9, Latency: 250 * time.Millisecond, LatencyTarget: 99,
	})
	require.NoError(t, err)
	made, err := yaml.Marshal(ruleFile{Groups: []Group{standard, own, Prices(map[string]float64{"serve": 0.8048, "system": 0.192})}})
	require.NoError(t, err)

	const file = "testdata/generated.golden.yaml"
	if *update {
		require.NoError(t, os.WriteFile(file, made, 0o644))
		t.Fatalf("%s was rewritten: read the difference, then run the test without -update", file)
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run the test with -update to write the file")
	assert.Equal(t, string(want), string(made), "run the test with -update if the change is meant")
}
