package sizing

import (
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// What testdata/queries.test.yaml tests with the real Prometheus is what it is
// asked.
func TestQueries_AreThoseThatAreTested(t *testing.T) {
	content, err := os.ReadFile("testdata/queries.test.yaml")
	require.NoError(t, err)
	var file struct {
		Tests []struct {
			Expressions []struct {
				Expr string `json:"expr"`
			} `json:"promql_expr_test"`
		} `json:"tests"`
	}
	require.NoError(t, yaml.Unmarshal(content, &file))
	tested := map[string]bool{}
	for _, test := range file.Tests {
		for _, one := range test.Expressions {
			tested[one.Expr] = true
		}
	}

	q := queriesFor("models", "x", time.Minute)

	assert.ElementsMatch(t, []string{q.cpu, q.memory, q.peak, q.gpu, q.gpuMemory, q.rate, q.latency}, slices.Collect(maps.Keys(tested)))
}

func TestQueries_PeaksFillTheStep(t *testing.T) {
	assert.Contains(t, queriesFor("models", "x", 5*time.Minute).peak, "[300s]")
	assert.Contains(t, queriesFor("models", "x", time.Second).peak, "[60s]", "a shorter time may hold no sample")
}
