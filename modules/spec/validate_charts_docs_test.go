package spec

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// documented are the stack configurations on a page, by the heading above them.
func documented(t *testing.T, page string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	found := map[string]string{}
	heading, block, within := "", "", false
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, "```yaml"):
			block, within = "", true
		case within && strings.HasPrefix(line, "```"):
			found[heading], within = block, false
		case within:
			block += line
		case strings.HasPrefix(line, "#"):
			heading = strings.TrimSpace(strings.TrimLeft(line, "#"))
		}
	}
	return found
}

func TestCharts_WhatThePageShowsIsSound(t *testing.T) {
	examples := documented(t, "../../docs/charts.md")
	for _, name := range []string{"Charts of your own", "Kubeflow Trainer", "Argo Workflows", "MLflow", "Kueue"} {
		t.Run(name, func(t *testing.T) {
			example, ok := examples[name]
			require.True(t, ok, "the page has no such example")
			raw := withSecrets(t, strings.ReplaceAll(example, "gantry:", ""), "{trackingPassword: hunter2}")
			platform, _, err := Load(raw)
			require.NoError(t, err)
			assert.Len(t, platform.Addons.Charts, 1)
		})
	}
	assert.Len(t, examples, 5, "examples that are not checked")
}

// Kueue that holds back pods and Deployments holds back models.
func TestCharts_TheDocumentedKueueLeavesModelsAlone(t *testing.T) {
	example := strings.ReplaceAll(documented(t, "../../docs/charts.md")["Kueue"], "gantry:", "")
	platform, _, err := Load(configured(t, example))
	require.NoError(t, err)
	manager, _ := platform.Addons.Charts["kueue"].Values["managerConfig"].(map[string]any)
	text, _ := manager["controllerManagerConfigYaml"].(string)
	var config struct {
		ManageJobsWithoutQueueName *bool
		Integrations               struct{ Frameworks []string }
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &config))
	assert.Equal(t, []string{"batch/job", "jobset.x-k8s.io/jobset", "trainer.kubeflow.org/trainjob"}, config.Integrations.Frameworks)
	assert.Equal(t, new(false), config.ManageJobsWithoutQueueName)
}
