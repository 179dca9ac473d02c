package workflows

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// repository is a copy of the scripts in a Git repository of its own, with one
// model and one folder that has a Dockerfile.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"stacks/models/classifier.yaml":  "name: classifier\nimage: registry.example.com/classifier:v1\nport: 8000\n",
		"Pulumi.dev.yaml":                "config: {}\n",
		"examples/classifier/Dockerfile": "FROM scratch\n",
		"examples/empty/README.md":       "nothing to build\n",
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	require.NoError(t, os.MkdirAll(filepath.Join(dir, ".ci"), 0o755))
	for _, script := range []string{"model-image", "stack", "tell-drift"} {
		content, err := os.ReadFile(filepath.Join(root, ".ci", script))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, ".ci", script), content, 0o700))
	}
	for _, args := range [][]string{
		{"init", "--quiet"}, {"add", "."},
		{"-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "--message", "one"},
	} {
		command := exec.Command("git", args...)
		command.Dir = dir
		out, err := command.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	return dir
}

// tool puts a program on the PATH of the scripts that notes its arguments and
// then runs the body.
func tool(t *testing.T, dir, name, body string) {
	t.Helper()
	bin := filepath.Join(dir, "bin")
	require.NoError(t, os.MkdirAll(bin, 0o755))
	script := "#!/bin/sh\necho " + name + " \"$@\" >> " + filepath.Join(dir, "calls") + "\n" + body + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte(script), 0o700))
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
}

func run(t *testing.T, dir, script string, args ...string) (string, error) {
	t.Helper()
	command := exec.Command(filepath.Join(dir, ".ci", script), args...)
	out, err := command.CombinedOutput()
	return string(out), err
}

func calls(t *testing.T, dir string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "calls"))
	require.NoError(t, err)
	return string(content)
}

func TestModelImage_NameIsTheCommit(t *testing.T) {
	dir := repository(t)
	out, err := run(t, dir, "model-image", "name", "classifier", "examples/classifier", "registry.example.com/gantry-prod")
	require.NoError(t, err, out)
	assert.Regexp(t, `^image=registry.example.com/gantry-prod/classifier:[0-9a-f]{12}\n$`, out)
}

func TestModelImage_RefusesWhatItCannotBuild(t *testing.T) {
	dir := repository(t)
	for want, args := range map[string][]string{
		"is not a name":                {"classifier; rm -rf /", "examples/classifier", "r.example.com"},
		"there is no stacks/models":    {"unknown", "examples/classifier", "r.example.com"},
		"not a folder of this":         {"classifier", "../elsewhere", "r.example.com"},
		"no examples/empty/Dockerfile": {"classifier", "examples/empty", "r.example.com"},
		"is not a registry":            {"classifier", "examples/classifier", ""},
		"pulumi stack output registry": {"classifier", "examples/classifier", "$(id)"},
	} {
		out, err := run(t, dir, "model-image", append([]string{"name"}, args...)...)
		require.Error(t, err, out)
		assert.Contains(t, out, want)
	}
}

func TestModelImage_PushLogsInToTheRegistrysCloud(t *testing.T) {
	for image, want := range map[string]string{
		"123456789012.dkr.ecr.eu-west-1.amazonaws.com/gantry/a:1": "aws ecr get-login-password --region eu-west-1\n",
		"europe-docker.pkg.dev/p/gantry/a:1":                      "gcloud auth print-access-token\n",
		"gantrydev.azurecr.io/a:1":                                "az acr login --name gantrydev\n",
	} {
		dir := repository(t)
		for _, name := range []string{"aws", "gcloud", "az"} {
			tool(t, dir, name, "echo token")
		}
		tool(t, dir, "docker", "cat > /dev/null; true")
		out, err := run(t, dir, "model-image", "push", image)
		require.NoError(t, err, out)
		assert.Contains(t, calls(t, dir), want)
		assert.Contains(t, calls(t, dir), "docker push "+image+"\n")
	}
	dir := repository(t)
	tool(t, dir, "docker", "true")
	out, err := run(t, dir, "model-image", "push", "quay.example.com/a:1")
	require.Error(t, err)
	assert.Contains(t, out, "no registry that is known how to log in to")
}

func TestModelImage_ProposesTheImageInAPullRequest(t *testing.T) {
	dir := repository(t)
	tool(t, dir, "gh", "true")
	t.Setenv("GH_REPO", "acme/platform")
	// A push is to another machine: the real git does everything else.
	real, err := exec.LookPath("git")
	require.NoError(t, err)
	tool(t, dir, "git", `case "$1" in push) exit 0;; esac; exec `+real+` "$@"`)
	out, err := run(t, dir, "model-image", "propose", "classifier", "registry.example.com/classifier:0123456789ab")
	require.NoError(t, err, out)
	model, err := os.ReadFile(filepath.Join(dir, "stacks/models/classifier.yaml"))
	require.NoError(t, err)
	assert.Equal(t, "name: classifier\nimage: registry.example.com/classifier:0123456789ab\nport: 8000\n", string(model))
	assert.Contains(t, calls(t, dir), "gh pr create --head image/classifier-0123456789ab")
}

func TestStack_PlansWithPoliciesAndUpsOnlyWhatWasPlanned(t *testing.T) {
	dir := repository(t)
	tool(t, dir, "pulumi", "true")
	out, err := run(t, dir, "stack", "up", "dev")
	require.Error(t, err)
	assert.Contains(t, out, "there is no plan for dev")

	out, err = run(t, dir, "stack", "plan", "dev")
	require.NoError(t, err, out)
	assert.Contains(t, calls(t, dir), "--policy-pack policies")
	assert.Contains(t, calls(t, dir), "--save-plan .gantry/ci/dev/plan.json")

	require.NoError(t, os.WriteFile(filepath.Join(dir, ".gantry/ci/dev/plan.json"), []byte("{}"), 0o600))
	out, err = run(t, dir, "stack", "up", "dev")
	require.NoError(t, err, out)
	assert.Contains(t, calls(t, dir), "--plan .gantry/ci/dev/plan.json")

	out, err = run(t, dir, "stack", "plan", "nowhere")
	require.Error(t, err)
	assert.Contains(t, out, "there is no stack nowhere")
}

func TestStack_DriftFails(t *testing.T) {
	dir := repository(t)
	tool(t, dir, "pulumi", "echo '~ 1 changed'; exit 1")
	out, err := run(t, dir, "stack", "drift", "dev")
	require.Error(t, err, out)
	kept, err := os.ReadFile(filepath.Join(dir, ".gantry/ci/dev/drift.txt"))
	require.NoError(t, err)
	assert.Contains(t, string(kept), "1 changed")
}

func TestTellDrift_AddsToTheIssueThatIsOpen(t *testing.T) {
	for open, want := range map[string]string{"": "gh issue create --title Drift: dev", "17": "gh issue comment 17 "} {
		dir := repository(t)
		tool(t, dir, "gh", `[ "$2" != list ] || echo "`+open+`"`)
		out, err := run(t, dir, "tell-drift", "dev", "https://example.com/runs/1")
		require.NoError(t, err, out)
		assert.Contains(t, calls(t, dir), want)
	}
}
