package observability

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// dashboard is the part of Grafana's model that has to be right.
type dashboard struct {
	UID        string `json:"uid"`
	Title      string `json:"title"`
	Schema     int    `json:"schemaVersion"`
	Editable   bool   `json:"editable"`
	Templating struct {
		List []struct {
			Name       string      `json:"name"`
			Type       string      `json:"type"`
			Datasource *datasource `json:"datasource"`
		} `json:"list"`
	} `json:"templating"`
	Panels []struct {
		ID         int         `json:"id"`
		Type       string      `json:"type"`
		Title      string      `json:"title"`
		Datasource *datasource `json:"datasource"`
		Position   struct {
			X, Y, W, H int
		} `json:"gridPos"`
		Targets []struct {
			RefID      string      `json:"refId"`
			Expr       string      `json:"expr"`
			Datasource *datasource `json:"datasource"`
		} `json:"targets"`
	} `json:"panels"`
}

type datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

// chosen is the Prometheus that the reader chose.
var chosen = &datasource{Type: "prometheus", UID: "${datasource}"}

func TestDashboards_AreWhatGrafanaReads(t *testing.T) {
	t.Parallel()
	all, err := Dashboards()
	require.NoError(t, err)
	assert.Len(t, all, 3)
	uids := map[string]string{}
	for file, text := range all {
		var board dashboard
		require.NoError(t, json.Unmarshal([]byte(text), &board), file)
		assert.Equal(t, "gantry-"+strings.TrimSuffix(file, ".json"), board.UID, "links to a dashboard are made of its uid")
		assert.Empty(t, uids[board.UID], "%s and %s have one uid", file, uids[board.UID])
		uids[board.UID] = file
		assert.NotEmpty(t, board.Title, file)
		assert.Positive(t, board.Schema, file)
		assert.False(t, board.Editable, "%s: what is edited in Grafana is lost", file)
		assert.Less(t, len(text), 900_000, "%s: a ConfigMap holds 1 MiB", file)

		require.NotEmpty(t, board.Templating.List, file)
		assert.Equal(t, "datasource", board.Templating.List[0].Name, file)
		assert.Equal(t, "datasource", board.Templating.List[0].Type, file)
		for _, variable := range board.Templating.List[1:] {
			assert.Equal(t, chosen, variable.Datasource, "%s: %s", file, variable.Name)
		}

		ids := map[int]bool{}
		for i, panel := range board.Panels {
			assert.False(t, ids[panel.ID], "%s: two panels have the id %d", file, panel.ID)
			ids[panel.ID] = true
			assert.NotEmpty(t, panel.Title, file)
			assert.LessOrEqual(t, panel.Position.X+panel.Position.W, 24, "%s: %s", file, panel.Title)
			for _, other := range board.Panels[:i] {
				assert.False(t, panel.Position.X < other.Position.X+other.Position.W && other.Position.X < panel.Position.X+panel.Position.W &&
					panel.Position.Y < other.Position.Y+other.Position.H && other.Position.Y < panel.Position.Y+panel.Position.H,
					"%s: %s lies on %s", file, panel.Title, other.Title)
			}
			if panel.Type == "row" {
				continue
			}
			assert.Equal(t, chosen, panel.Datasource, "%s: %s", file, panel.Title)
			assert.NotEmpty(t, panel.Targets, "%s: %s", file, panel.Title)
			for _, target := range panel.Targets {
				assert.NotEmpty(t, target.Expr, "%s: %s", file, panel.Title)
				assert.Equal(t, chosen, target.Datasource, "%s: %s", file, panel.Title)
			}
		}
	}
}

// What the rules read of a model server is what the example exports.
func TestMetrics_OfAModelServerAreTheExamples(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("metrics.yaml")
	require.NoError(t, err)
	var table map[string]struct {
		Source  string   `json:"source"`
		Metrics []string `json:"metrics"`
	}
	require.NoError(t, yaml.UnmarshalStrict(raw, &table))
	server, err := os.ReadFile(filepath.Join("..", "..", "examples", "image-classifier", "app", "metrics.py"))
	require.NoError(t, err)
	for _, metric := range table["model server"].Metrics {
		// The library adds these to the names of counters and histograms.
		for _, suffix := range []string{"_total", "_bucket", "_count"} {
			metric = strings.TrimSuffix(metric, suffix)
		}
		assert.Contains(t, string(server), `"`+metric+`"`)
	}
	for exporter, metrics := range table {
		assert.NotEmpty(t, metrics.Source, exporter)
		assert.IsIncreasing(t, metrics.Metrics, exporter)
	}
}
