package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// example is a copy of a project of testdata, in which files can be written.
func example(t *testing.T, name string) string {
	t.Helper()
	root := t.TempDir()
	require.NoError(t, os.CopyFS(root, os.DirFS(filepath.Join("testdata", name))))
	return root
}

// size runs the command in a folder.
func size(t *testing.T, root string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(context.Background(), root, args, &out)
	return out.String(), err
}

// fromCSV are the options of a proposal from the measurements of an example.
func fromCSV(root, model string, more ...string) []string {
	return append([]string{"--model", model, "--csv", filepath.Join(root, "load.csv")}, more...)
}

func contentOf(t *testing.T, path ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(path...))
	require.NoError(t, err)
	return string(content)
}

// replace changes a file of an example.
func replace(t *testing.T, root, file, from, to string) {
	t.Helper()
	content := contentOf(t, root, file)
	require.Contains(t, content, from)
	require.NoError(t, os.WriteFile(filepath.Join(root, file), []byte(strings.Replace(content, from, to, 1)), 0o600))
}

const (
	classifier     = "image-classifier"
	classifierFile = "stacks/models/image-classifier.yaml"
)

// The worked examples of the documentation are what the command answers.
func TestSize_ExamplesOfTheDocumentation(t *testing.T) {
	page := contentOf(t, "../../../docs/right-sizing.md")
	for folder, model := range map[string]string{"classifier": classifier, "embedder": "text-embedder"} {
		root := example(t, folder)
		text, err := size(t, root, fromCSV(root, model)...)
		require.NoError(t, err)
		text = strings.Replace(text, filepath.Join(root, "load.csv"), "load.csv", 1)

		assert.Contains(t, page, "$ make size MODEL="+model+" CSV=load.csv\n"+text, "write what the command answers into the page:\n%s", text)
		assert.Contains(t, page, contentOf(t, root, "stacks/models", model+".yaml"), "the model file")
	}
}

func TestSize_WritesTheModelFileOnceAndIsContent(t *testing.T) {
	root := example(t, "classifier")
	before := contentOf(t, root, classifierFile)

	_, err := size(t, root, fromCSV(root, classifier)...)
	require.NoError(t, err)
	assert.Equal(t, before, contentOf(t, root, classifierFile), "only shown")

	text, err := size(t, root, fromCSV(root, classifier, "--write")...)
	require.NoError(t, err)
	assert.Contains(t, text, "\nWritten: "+classifierFile+"\n")
	after := contentOf(t, root, classifierFile)
	assert.Contains(t, after, "resources: {cpu: 500m, memory: 1600Mi, memoryLimit: 2176Mi} # guessed\n")
	assert.Contains(t, after, "# The smallest that answers within a second.\n")

	text, err = size(t, root, fromCSV(root, classifier, "--write")...)
	require.NoError(t, err)
	assert.Contains(t, text, classifierFile+" stays as it is.\n")
	assert.NotContains(t, text, "->")
	assert.Equal(t, after, contentOf(t, root, classifierFile))
}

func TestSize_WhatTheStackOverridesIsChangedThere(t *testing.T) {
	root := example(t, "classifier")
	replace(t, root, "Pulumi.dev.yaml", "  gantry:pools:", "  gantry:models: {image-classifier: {scale: {min: 3, max: 4}}}\n  gantry:pools:")

	text, err := size(t, root, fromCSV(root, classifier)...)

	require.NoError(t, err)
	assert.Contains(t, text, "scale.min               3 -> 5\n")
	assert.Contains(t, text, "Set gantry:models.image-classifier.scale.min to 5 in Pulumi.dev.yaml, which overrides the model file.\n")
	assert.Contains(t, text, "Set gantry:models.image-classifier.scale.max to 9 in Pulumi.dev.yaml")
	assert.Contains(t, text, "+scale: {min: 2, max: 10, memoryUtilization: 91}\n", "other stacks keep theirs")
}

func TestSize_TheStackHasToFollowFirst(t *testing.T) {
	root := example(t, "classifier")
	replace(t, root, "Pulumi.dev.yaml", "  gantry:pools:", "  gantry:models: {image-classifier: {scale: {max: 4}}}\n  gantry:pools:")

	text, err := size(t, root, fromCSV(root, classifier, "--write")...)

	require.Error(t, err)
	assert.Contains(t, text, "Set gantry:models.image-classifier.scale.max to 9 in Pulumi.dev.yaml")
	assert.Contains(t, text, "would refuse this, as long as its file stays as it is. 1 problem in the configuration:\n  1. gantry:models.image-classifier.scale.max: 4 is less than min, 5\n")

	replace(t, root, "Pulumi.dev.yaml", "max: 4}}}", "max: 9}}}")
	_, err = size(t, root, fromCSV(root, classifier, "--write")...)
	require.NoError(t, err)
}

// Left out, the limit is the request: it is written although it is right.
func TestSize_WritesALimitThatWouldFollowTheRequest(t *testing.T) {
	root := example(t, "classifier")
	replace(t, root, classifierFile, "memory: 2Gi", "memory: 2176Mi")

	text, err := size(t, root, fromCSV(root, classifier)...)

	require.NoError(t, err)
	assert.Contains(t, text, "resources.memoryLimit   2176Mi, as it is\n")
	assert.Contains(t, text, "+resources: {cpu: 500m, memory: 1600Mi, memoryLimit: 2176Mi} # guessed\n")
}

func TestSize_AModelOfTheStackHasNoFile(t *testing.T) {
	root := example(t, "classifier")
	require.NoError(t, os.Remove(filepath.Join(root, classifierFile)))
	replace(t, root, "Pulumi.dev.yaml", "  gantry:pools:", "  gantry:models: {image-classifier: {image: 'registry.example.com/a:v1', gpu: {type: l4}}}\n  gantry:pools:")

	text, err := size(t, root, fromCSV(root, classifier)...)

	require.NoError(t, err)
	assert.Contains(t, text, "Set gantry:models.image-classifier.resources.memory to 1600Mi in Pulumi.dev.yaml: the model has no file in stacks/models.\n")
	assert.NotContains(t, text, "+++")
	_, err = size(t, root, fromCSV(root, classifier, "--write")...)
	require.NoError(t, err, "nothing to write is no failure")
}

func TestSize_DoesNotWriteWhatWouldBeRefused(t *testing.T) {
	root := example(t, "classifier")
	replace(t, root, "Pulumi.dev.yaml", "max: 24", "max: 3")
	before := contentOf(t, root, classifierFile)

	text, err := size(t, root, fromCSV(root, classifier, "--write")...)

	require.ErrorContains(t, err, "is left as it is")
	assert.Contains(t, text, "The stack dev would refuse this. 1 problem in the configuration:\n  1. stacks/models/image-classifier.yaml: scale.min: 5 is more than the 3 that fit into pool serve at its greatest\n")
	assert.Equal(t, before, contentOf(t, root, classifierFile))
}

func TestSize_OnTheClusterOfAnotherStackReplicasAreNotJudged(t *testing.T) {
	root := example(t, "classifier")
	stack := "config:\n  gantry:layers: [models]\n  gantry:layersFrom: organization/gantry/base\n"
	require.NoError(t, os.WriteFile(filepath.Join(root, "Pulumi.dev.yaml"), []byte(stack), 0o600))

	text, err := size(t, root, fromCSV(root, classifier)...)

	require.NoError(t, err)
	assert.Contains(t, text, "+scale: {min: 5, max: 10, memoryUtilization: 91}\n")
	assert.Contains(t, text, "The pools of dev belong to another stack: its preview tells whether the replicas fit.\n")
}

func TestSize_Options(t *testing.T) {
	root := example(t, "classifier")
	text, err := size(t, root, fromCSV(root, classifier, "--concurrency", "4", "--startup", "1m")...)
	require.NoError(t, err)
	assert.Contains(t, text, "4 at once")
	assert.Contains(t, text, "4 a minute for 1m")
	assert.Contains(t, text, "scale.min               2, as it is\n")

	text, err = size(t, root, fromCSV(root, classifier, "--utilization", "100")...)
	require.NoError(t, err)
	assert.Contains(t, text, "scale.min               2 -> 4\n") // 80 x 0.04 / 1 = 3.2
}

// prometheus answers with two hours of CPU and memory of one pod.
func prometheus(t *testing.T, token string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		from, _ := strconv.Atoi(r.PostFormValue("start"))
		value := ""
		switch query := r.PostFormValue("query"); {
		case strings.Contains(query, "container_cpu"):
			value = "0.25"
		case strings.Contains(query, "container_memory"):
			value = "1073741824"
		}
		var pairs []string
		for i := range 121 {
			pairs = append(pairs, fmt.Sprintf("[%d,%q]", from+60*i, value))
		}
		result := fmt.Sprintf(`{"metric":{"pod":"image-classifier-a"},"values":[%s]}`, strings.Join(pairs, ","))
		if value == "" {
			result = ""
		}
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"matrix","result":[%s]}}`, result)
	}))
	t.Cleanup(server.Close)
	return server
}

func TestSize_FromPrometheus(t *testing.T) {
	root := example(t, "classifier")
	token := filepath.Join(root, "token")
	require.NoError(t, os.WriteFile(token, []byte("secret\n"), 0o600))
	server := prometheus(t, "secret")

	text, err := size(t, root, "--model", classifier, "--prometheus", server.URL, "--bearer-token-file", token, "--window", "2h")

	require.NoError(t, err)
	assert.Contains(t, text, "image-classifier in the stack dev, from Prometheus at "+strings.TrimPrefix(server.URL, "http://")+", the last 2h\n")
	assert.Contains(t, text, "resources.cpu           500m -> 250m\n")
	assert.Contains(t, text, "resources.memory        2Gi -> 1136Mi\n") // 1.1 x 1024 = 1126.4
	assert.Contains(t, text, "left as it is\n    scale.min and scale.max: of the requests a second there are no samples")
	assert.NotContains(t, text, "secret")

	_, err = size(t, root, "--model", classifier, "--prometheus", server.URL, "--window", "2h")
	assert.ErrorContains(t, err, "--bearer-token-file")
}

func TestSize_TellsWhatIsWrong(t *testing.T) {
	root := example(t, "classifier")
	short := filepath.Join(root, "short.csv")
	require.NoError(t, os.WriteFile(short, []byte("time,pod,cpu,memory\n2026-11-20T09:00:00Z,a,1,1Gi\n"), 0o600))
	wrong := filepath.Join(root, "wrong.csv")
	require.NoError(t, os.WriteFile(wrong, []byte("time,pod,cpu,memory\nnow,a,1,1Gi\n"), 0o600))
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no model":            {[]string{"--model", "", "--csv", short}, "name the model, for example: make size MODEL=image-classifier CSV=load.csv"},
		"no measurements":     {[]string{"--model", classifier}, "name one source of measurements"},
		"two of them":         {[]string{"--model", classifier, "--csv", short, "--prometheus", "http://localhost"}, "name one source"},
		"a token for a file":  {fromCSV(root, classifier, "--bearer-token-file", "x"), "a token is for Prometheus"},
		"a stray word":        {fromCSV(root, classifier, "please"), `"please" is no option`},
		"no request at once":  {fromCSV(root, classifier, "--concurrency", "0"), "write 1 or more"},
		"too busy":            {fromCSV(root, classifier, "--utilization", "101"), "not between 1 and 100"},
		"another model":       {fromCSV(root, "classifier"), `the stack dev has no model "classifier"; it has image-classifier`},
		"another stack":       {fromCSV(root, classifier, "--stack", "lab"), `there is no stack "lab"`},
		"a file that is not":  {[]string{"--model", classifier, "--csv", "absent.csv"}, "reading the measurements: open absent.csv"},
		"a token that is not": {[]string{"--model", classifier, "--prometheus", "http://localhost", "--bearer-token-file", "absent"}, "reading the token of Prometheus"},
		"no measurements yet": {[]string{"--model", classifier, "--csv", short}, "too little was measured"},
		"no such rows":        {[]string{"--model", classifier, "--csv", wrong}, "wrong.csv: 1 problem in the measurements:\n  line 2: time"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := size(t, root, test.args...)
			assert.ErrorContains(t, err, test.want)
		})
	}
}
