package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// environment is the variables of a job.
func environment(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

const log = `{"resourcePreEvent":{"metadata":{"op":"create","urn":"urn:pulumi:dev::gantry::aws:kms/key:Key::key","type":"aws:kms/key:Key","new":{"custom":true}}}}
{"policyEvent":{"policyName":"key-rotation","enforcementLevel":"mandatory","resourceUrn":"urn:pulumi:dev::gantry::aws:kms/key:Key::key","message":"Rotated.\nit is not\nMore: docs/policies.md#key-rotation"}}
{"summaryEvent":{"result":"failed"}}
`

func TestWrite_WritesReportAndPage(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "report.md")
	page := filepath.Join(t.TempDir(), "report.html")
	env := environment(map[string]string{"GITHUB_SERVER_URL": "https://github.example", "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": "abc"})
	require.NoError(t, run(t.Context(), []string{"--events", file(t, "e", log), "--out", out, "--html", page, "--exit-code", "1"}, env, nil))
	report, err := os.ReadFile(out)
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(report), "<!-- gantry-preview:dev -->\n## Preview of `dev`: failed, 1 to create\n"))
	assert.Contains(t, string(report), "(https://github.example/o/r/blob/abc/docs/policies.md#key-rotation)")
	rendered, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.Contains(t, string(rendered), "<h2>Preview of <code>dev</code>: failed, 1 to create</h2>")
}

func TestWrite_WritesToStandardOutput(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	cost := file(t, "cost.json", `{"total": {"min": 1, "max": 2}}`)
	require.NoError(t, run(t.Context(), []string{"--events", file(t, "e", log), "--stack", "prod", "--base-cost", cost}, environment(nil), &out))
	assert.True(t, strings.HasPrefix(out.String(), "<!-- gantry-preview:prod -->\n"))
}

// A preview that died before it wrote anything is worth a report; a name that is
// misspelt is not.
func TestWrite_TakesAMissingLogFromAPreviewThatFailed(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "none.jsonl")
	var out strings.Builder
	require.NoError(t, run(t.Context(), []string{"--events", missing, "--stack", "dev", "--exit-code", "255"}, environment(nil), &out))
	assert.Contains(t, out.String(), "did not come to its end")
	require.ErrorContains(t, run(t.Context(), []string{"--events", missing, "--stack", "dev"}, environment(nil), &out), "none.jsonl")
}

func TestRun_RefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	report := file(t, "report.md", "<!-- gantry-preview:dev -->\n")
	for want, args := range map[string][]string{
		"name the event log":                    {},
		"is not an event in JSON":               {"--events", file(t, "e", "Previewing\n\n")},
		`"stray" is no flag`:                    {"--events", "x", "stray"},
		"not the output cost of a stack":        {"--events", file(t, "e", log), "--base-cost", file(t, "c", "{}")},
		"name the stack with --stack":           {"post", "--report", report},
		"neither GITHUB_REPOSITORY nor CI_PROJ": {"post", "--stack", "dev", "--report", report},
		"read the report":                       {"post", "--stack", "dev", "--report", report + "x"},
	} {
		assert.ErrorContains(t, run(t.Context(), args, environment(nil), &strings.Builder{}), want)
	}
}

func TestPost_FindsThePullRequestOfTheJob(t *testing.T) {
	t.Parallel()
	var paths []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.Method+" "+r.URL.Path)
		switch {
		case r.URL.Path == "/user":
			fmt.Fprint(w, `{"id": 1}`)
		case r.Method == http.MethodGet:
			fmt.Fprint(w, `[]`)
		default:
			fmt.Fprint(w, `{}`)
		}
	}))
	defer server.Close()
	report := file(t, "report.md", "<!-- gantry-preview:dev -->\nreport")
	github := func(more map[string]string) map[string]string {
		values := map[string]string{"GITHUB_REPOSITORY": "o/r", "GITHUB_TOKEN": "t", "GITHUB_API_URL": server.URL}
		for name, value := range more {
			values[name] = value
		}
		return values
	}
	for _, test := range []struct {
		name       string
		env        map[string]string
		args       []string
		want, said string
	}{
		{"a flag", github(map[string]string{"PR_NUMBER": "8"}), []string{"--pr", "7"}, "POST /repos/o/r/issues/7/comments", "pull request 7 of o/r"},
		{"a variable", github(map[string]string{"PR_NUMBER": "8"}), nil, "POST /repos/o/r/issues/8/comments", "pull request 8 of o/r"},
		{"a ref", github(map[string]string{"GITHUB_REF": "refs/pull/9/merge"}), nil, "POST /repos/o/r/issues/9/comments", "pull request 9 of o/r"},
		{
			"gitlab", map[string]string{"CI_PROJECT_ID": "5", "CI_MERGE_REQUEST_IID": "3", "GITLAB_TOKEN": "t", "CI_API_V4_URL": server.URL}, nil,
			"POST /projects/5/merge_requests/3/notes", "merge request 3 of project 5",
		},
	} {
		paths = nil
		var out strings.Builder
		require.NoError(t, run(t.Context(), append([]string{"post", "--stack", "dev", "--report", report}, test.args...), environment(test.env), &out), test.name)
		assert.Contains(t, paths, test.want, test.name)
		assert.Equal(t, "created the comment on "+test.said+"\n", out.String())
	}
	for want, env := range map[string]map[string]string{
		"GITHUB_TOKEN is not set, or the job runs for no pull request":  {"GITHUB_REPOSITORY": "o/r", "GITHUB_TOKEN": "t", "GITHUB_REF": "refs/heads/main"},
		"GITLAB_TOKEN is not set, or the job runs for no merge request": {"CI_PROJECT_ID": "5", "CI_MERGE_REQUEST_IID": "3"},
	} {
		assert.ErrorContains(t, run(t.Context(), []string{"post", "--stack", "dev", "--report", report}, environment(env), &strings.Builder{}), want)
	}
}
