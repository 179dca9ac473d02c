package workflows

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

const root = "../.."

// files are the workflows and composite actions of the repository by path.
func files(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, pattern := range []string{".github/workflows/*.yml", ".github/actions/*/action.yml"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, paths, pattern)
		for _, path := range paths {
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			all[strings.TrimPrefix(path, root+"/")] = content
		}
	}
	return all
}

func isWorkflow(path string) bool { return strings.Contains(path, "/workflows/") }

func TestWorkflows_PassActionlint(t *testing.T) {
	project, err := actionlint.NewProject(root)
	require.NoError(t, err)
	for path, content := range files(t) {
		if !isWorkflow(path) {
			continue
		}
		assert.Empty(t, lint(t, path, content, project))
	}
}

func TestActionlint_FindsWhatIsWrong(t *testing.T) {
	found := lint(t, "broken.yml", []byte("on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    needs: b\n    steps: [{run: echo}]\n"), nil)
	assert.NotEmpty(t, found)
}

func lint(t *testing.T, path string, content []byte, project *actionlint.Project) []string {
	t.Helper()
	linter, err := actionlint.NewLinter(&bytes.Buffer{}, &actionlint.LinterOptions{})
	require.NoError(t, err)
	problems, err := linter.Lint(path, content, project)
	require.NoError(t, err)
	var found []string
	for _, problem := range problems {
		found = append(found, problem.Error())
	}
	return found
}

func TestWorkflows_GiveAwayNothing(t *testing.T) {
	for path, content := range files(t) {
		assert.Empty(t, risks(t, path, content))
	}
}

func TestRisks_AreFound(t *testing.T) {
	const job = "on: %s\npermissions: %s\njobs: {a: {runs-on: u, timeout-minutes: 5, steps: [%s]}}\n"
	const sound = "{uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1, with: {persist-credentials: false}}"
	for name, test := range map[string]struct{ on, permissions, step, want string }{
		"nothing":               {"push", "{}", sound, ""},
		"moving tag":            {"push", "{}", "{uses: actions/setup-go@v6}", "is not pinned"},
		"kept credentials":      {"push", "{}", "{uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1}", "persist-credentials"},
		"no permissions":        {"push", "null", sound, "permissions"},
		"wide permissions":      {"push", "write-all", sound, "permissions"},
		"foreign code":          {"pull_request_target", "{}", sound, "pull_request_target"},
		"text that is executed": {"push", "{}", `{run: "echo ${{ github.event.pull_request.title }}"}`, "is pasted into"},
		"a long-lived key":      {"push", "{}", `{run: "true", env: {KEY: "${{ secrets.AWS_SECRET_ACCESS_KEY }}"}}`, "secrets."},
	} {
		t.Run(name, func(t *testing.T) {
			found := risks(t, ".github/workflows/a.yml", fmt.Appendf(nil, job, test.on, test.permissions, test.step))
			if test.want == "" {
				assert.Empty(t, found)
				return
			}
			assert.Contains(t, strings.Join(found, "\n"), test.want)
		})
	}
}

// step is one step of a job or of a composite action.
type step struct {
	Uses string            `json:"uses"`
	Run  string            `json:"run"`
	With map[string]any    `json:"with"`
	Env  map[string]string `json:"env"`
}

// file is a workflow or a composite action.
type file struct {
	On          any `json:"on"`
	Permissions any `json:"permissions"`
	Jobs        map[string]struct {
		Permissions any    `json:"permissions"`
		Steps       []step `json:"steps"`
		Timeout     any    `json:"timeout-minutes"`
	} `json:"jobs"`
	Runs struct {
		Steps []step `json:"steps"`
	} `json:"runs"`
}

var (
	pinned   = regexp.MustCompile(`^[^@]+@[0-9a-f]{40}$`)
	longKeys = regexp.MustCompile(`secrets\.[A-Za-z_]+`)
)

// risks are what zizmor's rules unpinned-uses, artipacked, excessive-permissions,
// dangerous-triggers and template-injection look for, and long-lived keys, which
// OIDC replaces. Source: https://docs.zizmor.sh/audits/
func risks(t *testing.T, path string, content []byte) []string {
	t.Helper()
	// YAML reads the key on as true.
	var parsed file
	require.NoError(t, yaml.Unmarshal(bytes.Replace(content, []byte("\non:"), []byte("\n\"on\":"), 1), &parsed), path)
	if strings.HasPrefix(string(content), "on:") {
		require.NoError(t, yaml.Unmarshal(append([]byte(`"on":`), content[len("on:"):]...), &parsed), path)
	}
	var found []string
	add := func(format string, args ...any) { found = append(found, path+": "+fmt.Sprintf(format, args...)) }
	if isWorkflow(path) {
		if granted, ok := parsed.Permissions.(map[string]any); !ok || len(granted) > 0 {
			add("permissions at the top must be {}: each job asks for its own")
		}
		for _, trigger := range []string{"pull_request_target", "workflow_run"} {
			if strings.Contains(fmt.Sprint(parsed.On), trigger) {
				add("%s runs with secrets what others wrote", trigger)
			}
		}
	}
	steps := parsed.Runs.Steps
	for name, job := range parsed.Jobs {
		if _, ok := job.Permissions.(string); ok {
			add("job %s: permissions must be listed", name)
		}
		if job.Timeout == nil {
			add("job %s has no timeout-minutes", name)
		}
		steps = append(steps, job.Steps...)
	}
	for _, s := range steps {
		switch {
		case s.Uses != "" && !strings.HasPrefix(s.Uses, "./") && !pinned.MatchString(s.Uses):
			add("%s is not pinned to a commit", s.Uses)
		case strings.HasPrefix(s.Uses, "actions/checkout@") && fmt.Sprint(s.With["persist-credentials"]) != "false":
			add("checkout keeps the token in the working copy: persist-credentials must be false")
		}
		if strings.Contains(s.Run, "${{") {
			add("an expression is pasted into a script, which executes what is in it: pass it by env")
		}
		for _, value := range s.Env {
			if key := longKeys.FindString(value); key != "" {
				add("%s is a long-lived key: log in by OIDC", key)
			}
		}
	}
	return found
}
