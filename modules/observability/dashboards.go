package observability

import (
	"embed"
	"fmt"
)

//go:embed dashboards/*.json
var dashboardFiles embed.FS

// Dashboards are those of Grafana, as JSON by the name of their file.
func Dashboards() (map[string]string, error) {
	entries, err := dashboardFiles.ReadDir("dashboards")
	if err != nil {
		return nil, fmt.Errorf("reading the dashboards: %w", err)
	}
	all := map[string]string{}
	for _, entry := range entries {
		raw, err := dashboardFiles.ReadFile("dashboards/" + entry.Name())
		if err != nil {
			return nil, fmt.Errorf("reading the dashboards: %w", err)
		}
		all[entry.Name()] = string(raw)
	}
	return all, nil
}
