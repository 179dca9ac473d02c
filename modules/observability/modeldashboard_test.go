package observability

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestModelDashboard_IsHeldToItsModel(t *testing.T) {
	text, err := ModelDashboard("models", "image-classifier")
	require.NoError(t, err)
	var dashboard struct {
		UID, Title string
		Templating struct {
			List []struct {
				Name, Type string
				Query      any
			}
		}
		Panels []any
	}
	require.NoError(t, json.Unmarshal([]byte(text), &dashboard))
	assert.Equal(t, "gantry-model-image-classifier", dashboard.UID)
	assert.Equal(t, "Model image-classifier", dashboard.Title)
	assert.NotEmpty(t, dashboard.Panels)
	held := map[string]any{}
	for _, variable := range dashboard.Templating.List {
		if variable.Type == "constant" {
			held[variable.Name] = variable.Query
		}
	}
	assert.Equal(t, map[string]any{"namespace": "models", "model": "image-classifier"}, held)
}
