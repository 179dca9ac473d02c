package observability

import (
	"encoding/json"
	"fmt"
)

// ModelDashboard is the dashboard of one model, as JSON: that of the fleet, held to
// the model.
func ModelDashboard(namespace, model string) (string, error) {
	raw, err := dashboardFiles.ReadFile("dashboards/models.json")
	if err != nil {
		return "", fmt.Errorf("reading the dashboard of the models: %w", err)
	}
	var dashboard map[string]any
	if err := json.Unmarshal(raw, &dashboard); err != nil {
		return "", fmt.Errorf("reading the dashboard of the models: %w", err)
	}
	dashboard["uid"] = "gantry-model-" + model
	dashboard["title"] = "Model " + model
	held := map[string]string{"namespace": namespace, "model": model}
	templating, _ := dashboard["templating"].(map[string]any)
	variables, _ := templating["list"].([]any)
	for i, item := range variables {
		variable, _ := item.(map[string]any)
		name, _ := variable["name"].(string)
		value, ok := held[name]
		if !ok {
			continue
		}
		delete(held, name)
		variables[i] = map[string]any{
			"name": name, "type": "constant", "query": value, "hide": 2,
			"current": map[string]any{"text": value, "value": value, "selected": true},
		}
	}
	if len(held) > 0 {
		return "", fmt.Errorf("the dashboard of the models has no variables %v to hold", held)
	}
	text, err := json.MarshalIndent(dashboard, "", "  ")
	return string(text), err
}
