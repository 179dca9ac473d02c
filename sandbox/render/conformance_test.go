package render_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/yannh/kubeconform/pkg/validator"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/sandbox/localkube"
	"gantry.dev/gantry/sandbox/localkube/agent"
)

// agentArg makes the test binary act as the agent of the control plane.
const agentArg = "agent"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == agentArg {
		cmd := agent.NewCommand()
		cmd.SetArgs(os.Args[2:])
		if err := cmd.ExecuteContext(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// built is a folder in which the sandbox puts what it builds and collects.
func built(t *testing.T, folder, file string) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", ".gantry", folder))
	require.NoError(t, err)
	if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
		t.Skipf("nothing to check against: %v; make build makes it", err)
	}
	return dir
}

// controlPlane starts a real control plane and returns its configuration.
func controlPlane(t *testing.T) *rest.Config {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a control plane")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	clusters := localkube.New(localkube.Options{
		Dir: t.TempDir(), BinDir: built(t, "bin", "kube-apiserver"), AgentCommand: []string{self, agentArg},
	})
	t.Cleanup(func() { assert.NoError(t, clusters.DeleteCluster(context.Background(), "render")) })
	require.NoError(t, clusters.CreateCluster(t.Context(), "render"))
	config, err := clusters.RESTConfig("render")
	require.NoError(t, err)
	return config
}

// TestRendering_Conforms holds every rendered object against the schemas of a
// running API server and its Pod Security admission.
func TestRendering_Conforms(t *testing.T) {
	config := controlPlane(t)
	t.Run("schemas", func(t *testing.T) { conformsToSchemas(t, config) })
	t.Run("pod security", func(t *testing.T) { isAdmitted(t, config) })
}

func conformsToSchemas(t *testing.T, config *rest.Config) {
	dir := t.TempDir()
	writeSchemas(t, config, dir)
	writeDefinitions(t, built(t, "crds", "keda"), dir)
	checker, err := validator.New([]string{dir + "/{{ .ResourceKind }}{{ .KindSuffix }}.json"}, validator.Opts{Strict: true})
	require.NoError(t, err)
	validate := func(name, content string) []validator.Result {
		results := checker.Validate(name, io.NopCloser(strings.NewReader(content)))
		require.NotEmpty(t, results, name)
		return results
	}
	for cloud := range clouds {
		for name, content := range files(t, rendering(t, cloud)) {
			if strings.HasPrefix(name, "platform/") || strings.HasPrefix(name, "models/") {
				for _, result := range validate(name, content) {
					assert.Equal(t, validator.Valid, result.Status, "%s %s: %v", cloud, name, result.Err)
				}
			}
		}
	}

	// Strict means strict, for kinds of Kubernetes and for those of charts.
	written := files(t, rendering(t, "aws"))
	for name, change := range map[string][2]string{
		"models/shadow/service-shadow.yaml":               {"\nspec:\n", "\nspec:\n  prots: []\n"},
		"models/canary/scaledobject-canary.yaml":          {"\nspec:\n", "\nspec:\n  pollingIntervall: 15\n"},
		"models/canary/deployment-canary.yaml":            {"readOnlyRootFilesystem: true", "readOnlyRootFilesystem: 'true'"},
		"models/canary/httproute-canary.yaml":             {"\nspec:\n", "\nspec:\n  hostname: x\n"},
		"models/canary/networkpolicy-canary.yaml":         {"\nspec:\n", "\nspec:\n  podselector: {}\n"},
		"models/canary/servicemonitor-canary.yaml":        {"\nspec:\n", "\nspec:\n  endpoint: []\n"},
		"models/canary/securitypolicy-canary.yaml":        {"\nspec:\n", "\nspec:\n  apiKeysAuth: {}\n"},
		"models/canary/persistentvolumeclaim-canary.yaml": {"\nspec:\n", "\nspec:\n  size: 1Gi\n"},
	} {
		changed := strings.Replace(written[name], change[0], change[1], 1)
		require.NotEqual(t, written[name], changed, name)
		assert.Equal(t, validator.Invalid, validate(name, changed)[0].Status, name)
	}
}

// writeSchemas writes what the server tells of its kinds as JSON schemas, in the
// layout of kubeconform.
func writeSchemas(t *testing.T, config *rest.Config, dir string) {
	t.Helper()
	client, err := kubernetes.NewForConfig(config)
	require.NoError(t, err)
	text, err := client.RESTClient().Get().AbsPath("/openapi/v2").SetHeader("Accept", "application/json").DoRaw(t.Context())
	require.NoError(t, err)
	var api struct {
		Definitions map[string]map[string]any `json:"definitions"`
	}
	require.NoError(t, json.Unmarshal(text, &api))
	for name, definition := range api.Definitions {
		strict(definition)
		if strings.HasSuffix(name, ".resource.Quantity") {
			api.Definitions[name] = map[string]any{"type": []string{"string", "number"}}
		}
		kinds, _ := definition["x-kubernetes-group-version-kind"].([]any)
		if len(kinds) != 1 { // those of several are lists and options of requests
			continue
		}
		kind, _ := kinds[0].(map[string]any)
		writeSchema(t, dir, fmt.Sprint(kind["group"]), fmt.Sprint(kind["version"]), fmt.Sprint(kind["kind"]),
			map[string]any{"$ref": "all.json#/definitions/" + name})
	}
	all, err := json.Marshal(map[string]any{"definitions": api.Definitions})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "all.json"), all, 0o600))
}

// writeDefinitions writes the schemas of custom resources that charts bring.
// folder is that of one chart, beside all others.
func writeDefinitions(t *testing.T, crds, dir string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(crds, "*", "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, found)
	for _, file := range found {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var definition struct {
			Spec struct {
				Group string `json:"group"`
				Names struct {
					Kind string `json:"kind"`
				} `json:"names"`
				Versions []struct {
					Name   string `json:"name"`
					Schema struct {
						OpenAPI map[string]any `json:"openAPIV3Schema"`
					} `json:"schema"`
				} `json:"versions"`
			} `json:"spec"`
		}
		require.NoError(t, yaml.Unmarshal(text, &definition), file)
		for _, version := range definition.Spec.Versions {
			strict(version.Schema.OpenAPI)
			writeSchema(t, dir, definition.Spec.Group, version.Name, definition.Spec.Names.Kind, version.Schema.OpenAPI)
		}
	}
}

func writeSchema(t *testing.T, dir, group, version, kind string, schema map[string]any) {
	t.Helper()
	text, err := json.Marshal(schema)
	require.NoError(t, err)
	name := kind + "-" + version
	if group != "" {
		short, _, _ := strings.Cut(group, ".")
		name = kind + "-" + short + "-" + version
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, strings.ToLower(name)+".json"), text, 0o600))
}

// strict turns a schema of Kubernetes into one of JSON that takes no property it
// does not name.
func strict(schema map[string]any) {
	if schema["format"] == "int-or-string" || schema["x-kubernetes-int-or-string"] == true {
		delete(schema, "type")
		delete(schema, "anyOf")
		schema["oneOf"] = []any{map[string]any{"type": "string"}, map[string]any{"type": "integer"}}
	}
	// Formats of Kubernetes and Go are none of JSON schema.
	delete(schema, "format")
	properties, named := schema["properties"].(map[string]any)
	_, open := schema["additionalProperties"]
	if named && !open && schema["x-kubernetes-preserve-unknown-fields"] != true {
		schema["additionalProperties"] = false
	}
	for _, property := range properties {
		if nested, ok := property.(map[string]any); ok {
			strict(nested)
		}
	}
	// What is below allOf and its like says nothing of the other properties.
	for _, key := range []string{"items", "additionalProperties"} {
		if nested, ok := schema[key].(map[string]any); ok {
			strict(nested)
		}
	}
}

// warnings collects what the API server says beside its answers.
type warnings struct {
	mu   sync.Mutex
	told []string
}

// HandleWarningHeader implements rest.WarningHandler.
func (w *warnings) HandleWarningHeader(_ int, _, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, text)
}

func (w *warnings) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	told := w.told
	w.told = nil
	return told
}

// resources are the kinds that Pod Security and its pods need, with their paths
// in the API.
var resources = map[string]string{
	"Namespace":      "/api/v1/namespaces",
	"PriorityClass":  "/apis/scheduling.k8s.io/v1/priorityclasses",
	"ServiceAccount": "/api/v1/namespaces/%s/serviceaccounts",
	"Deployment":     "/apis/apps/v1/namespaces/%s/deployments",
	"DaemonSet":      "/apis/apps/v1/namespaces/%s/daemonsets",
}

func isAdmitted(t *testing.T, config *rest.Config) {
	told := &warnings{}
	own := rest.CopyConfig(config)
	own.WarningHandler = told
	client, err := kubernetes.NewForConfig(own)
	require.NoError(t, err)
	create := func(manifest map[string]any) error {
		metadata, _ := manifest["metadata"].(map[string]any)
		path := resources[fmt.Sprint(manifest["kind"])]
		if strings.Contains(path, "%s") {
			path = fmt.Sprintf(path, metadata["namespace"])
		}
		body, err := json.Marshal(manifest)
		require.NoError(t, err)
		err = client.RESTClient().Post().AbsPath(path).Param("fieldValidation", "Strict").
			SetHeader("Content-Type", "application/json").Body(bytes.NewReader(body)).Do(t.Context()).Error()
		if apierrors.IsAlreadyExists(err) { // of another cloud
			return nil
		}
		return err
	}
	for cloud := range clouds {
		judged := 0
		for _, kind := range []string{"Namespace", "PriorityClass", "ServiceAccount", "Deployment"} {
			for _, object := range rendering(t, cloud).Objects {
				manifest := object.Manifest()
				if manifest["kind"] != kind {
					continue
				}
				require.NoError(t, create(manifest), "%s %s", cloud, object.Name)
				if kind != "Deployment" {
					continue
				}
				assert.Empty(t, told.take(), "%s %s", cloud, object.Name)
				pod := podOf(t, manifest)
				_, err := client.CoreV1().Pods(pod.Namespace).Create(t.Context(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
				assert.NoError(t, err, "%s %s", cloud, object.Name)
				assert.Empty(t, told.take(), "%s %s", cloud, object.Name)
				judged++
			}
		}
		// Four models: those of the sample, each with two versions, and the one
		// that all stacks share.
		assert.Equal(t, 7, judged, cloud)
		namespace, err := client.CoreV1().Namespaces().Get(t.Context(), "models", metav1.GetOptions{})
		require.NoError(t, err)
		assert.Equal(t, "restricted", namespace.Labels["pod-security.kubernetes.io/enforce"])
	}

	// The admission is awake.
	for _, object := range rendering(t, "aws").Objects {
		if object.Name != "canary-deployment" {
			continue
		}
		pod := podOf(t, object.Manifest())
		pod.Spec.HostNetwork = true
		_, err := client.CoreV1().Pods(pod.Namespace).Create(t.Context(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		var refused apierrors.APIStatus
		require.ErrorAs(t, err, &refused)
		assert.EqualValues(t, http.StatusForbidden, refused.Status().Code)
		assert.ErrorContains(t, err, "violates PodSecurity")
		return
	}
	t.Fatal("there is no Deployment of the model canary")
}

// podOf is a pod of a Deployment.
func podOf(t *testing.T, deployment map[string]any) *corev1.Pod {
	t.Helper()
	text, err := json.Marshal(deployment)
	require.NoError(t, err)
	var whole struct {
		Metadata metav1.ObjectMeta `json:"metadata"`
		Spec     struct {
			Template corev1.PodTemplateSpec `json:"template"`
		} `json:"spec"`
	}
	require.NoError(t, json.Unmarshal(text, &whole))
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: whole.Metadata.Name, Namespace: whole.Metadata.Namespace, Labels: whole.Spec.Template.Labels},
		Spec:       whole.Spec.Template.Spec,
	}
}
