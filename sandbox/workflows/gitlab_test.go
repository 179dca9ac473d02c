package workflows

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// job is one job of the GitLab pipeline.
type job struct {
	Stage   string   `json:"stage"`
	Extends string   `json:"extends"`
	Needs   []string `json:"needs"`
	Rules   []struct {
		If   string `json:"if"`
		When string `json:"when"`
	} `json:"rules"`
	Script []string `json:"script"`
}

func gitlabJobs(t *testing.T) (stages []string, jobs map[string]job) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, ".gitlab-ci.yml"))
	require.NoError(t, err)
	var parsed map[string]any
	require.NoError(t, yaml.Unmarshal(content, &parsed))
	for _, stage := range parsed["stages"].([]any) {
		stages = append(stages, fmt.Sprint(stage))
	}
	delete(parsed, "stages")
	delete(parsed, "default")
	rest, err := yaml.Marshal(parsed)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(rest, &jobs))
	return stages, jobs
}

var script = regexp.MustCompile(`\.ci/[a-z-]+`)

func TestGitLab_JobsHangTogether(t *testing.T) {
	stages, jobs := gitlabJobs(t)
	for name, j := range jobs {
		if strings.HasPrefix(name, ".") {
			continue
		}
		assert.Contains(t, stages, j.Stage, name)
		assert.NotEmpty(t, j.Rules, "%s must not run in every pipeline", name)
		assert.NotEmpty(t, j.Script, name)
		if j.Extends != "" {
			assert.Contains(t, jobs, j.Extends, name)
		}
		for _, needed := range j.Needs {
			assert.Contains(t, jobs, needed, name)
		}
		for _, line := range j.Script {
			for _, path := range script.FindAllString(line, -1) {
				info, err := os.Stat(filepath.Join(root, path))
				require.NoError(t, err, name)
				assert.NotZero(t, info.Mode()&0o111, "%s must be executable", path)
			}
		}
	}
}

// What a workflow of GitHub runs, GitLab runs too.
func TestGitLab_RunsWhatGitHubRuns(t *testing.T) {
	var github strings.Builder
	for _, content := range files(t) {
		github.Write(content)
	}
	_, jobs := gitlabJobs(t)
	var gitlab strings.Builder
	for _, j := range jobs {
		gitlab.WriteString(strings.Join(j.Script, "\n") + "\n")
	}
	for _, command := range []string{
		"make ci-preview", ".ci/stack plan dev", ".ci/stack up dev", ".ci/stack plan prod", ".ci/stack up prod", ".ci/stack drift",
		".ci/model-image name", ".ci/model-image test", ".ci/model-image push",
	} {
		assert.Contains(t, github.String(), command)
		assert.Contains(t, gitlab.String(), command)
	}
}

func TestGitLab_ProdWaitsForAPerson(t *testing.T) {
	_, jobs := gitlabJobs(t)
	for _, rule := range jobs["prod"].Rules {
		assert.Equal(t, "manual", rule.When)
	}
	for _, rule := range jobs["preview"].Rules {
		assert.Contains(t, rule.If, "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID", "forks get no credentials")
	}
}
