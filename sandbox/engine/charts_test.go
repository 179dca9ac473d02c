package engine_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/sandbox/engine"
)

// greeter is a chart of a greeting and a token.
var greeter = map[string]string{
	"Chart.yaml":  "apiVersion: v2\nname: greeter\nversion: 1.2.3\nappVersion: 4.5.6\n",
	"values.yaml": "greeting: hello\nauth: {user: nobody, token: ''}\n",
	"templates/greeting.yaml": `apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {greeting: {{ .Values.greeting | quote }}, user: {{ .Values.auth.user }}, version: {{ .Chart.Version | quote }}}
`,
	"templates/token.yaml": `apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}}
stringData: {token: {{ .Values.auth.token | quote }}}
`,
}

// mirrorWith is a folder with the chart.
func mirrorWith(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
}

// configure edits the dev stack of a project.
func configure(t *testing.T, project string, change func(config map[string]any)) {
	t.Helper()
	file := filepath.Join(project, "Pulumi.dev.yaml")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var stack map[string]map[string]any
	require.NoError(t, yaml.Unmarshal(data, &stack))
	change(stack["config"])
	data, err = yaml.Marshal(stack)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, data, 0o600))
}

// A chart of the user's is installed from a mirror folder, follows its values,
// and goes when it is asked for no more. Its secret is seen by nobody on the way.
func TestCharts_FromAFolderAreInstalledAndFollowTheirValues(t *testing.T) {
	kubeconfig := filepath.Join(t.TempDir(), "config")
	charts := func(greeter any) map[string]any {
		return map[string]any{"devicePlugin": map[string]any{"enabled": false}, "charts": map[string]any{"greeter": greeter}}
	}
	chart := map[string]any{
		"chart": "greeter", "repository": "https://charts.example.com", "version": "1.2.3", "namespace": "greetings",
		"values": map[string]any{"auth": map[string]any{"user": "ml"}}, "secrets": map[string]any{"auth.token": "greeterToken"},
	}
	project := projectWith(t, func(config map[string]any) {
		clear(config)
		config["gantry:cloud"] = "existing"
		config["gantry:existing"] = map[string]any{"kubeconfig": kubeconfig, "context": "lab"}
		config["gantry:pools"] = []any{map[string]any{
			"name": "cpu", "role": "system", "cpu": 8, "memory": "32Gi", "labels": map[string]any{"example.com/kind": "cpu"},
		}}
		config["gantry:models"] = map[string]any{"image-classifier": map[string]any{"enabled": false}}
		config["gantry:charts"] = map[string]any{"mirror": "mirror"}
		config["gantry:secrets"] = map[string]any{"greeterToken": map[string]any{"secure": "v1:of:a-real-stack"}}
		config["gantry:addons"] = charts(chart)
	})
	const token = "sandbox-greeterToken"
	w := newWorldOn(t, project, "existing")
	w.makeLab(kubeconfig)
	client, ctx := w.client("lab"), context.Background()
	var out bytes.Buffer
	up := func() (changes engine.Changes, err error) {
		o := w.options("dev")
		o.Out = &out
		sandbox, err := engine.Open(ctx, o)
		require.NoError(t, err)
		defer func() { require.NoError(t, sandbox.Close()) }()
		return sandbox.Up(ctx)
	}
	greeting := func() map[string]string {
		t.Helper()
		config, err := client.CoreV1().ConfigMaps("greetings").Get(ctx, "greeter", metav1.GetOptions{})
		require.NoError(t, err)
		return config.Data
	}

	_, err := up()
	require.Error(t, err, "the mirror is empty")
	assert.Contains(t, out.String(), "gantry:charts.mirror mirror has no chart greeter 1.2.3: put greeter-1.2.3.tgz there")

	mirrorWith(t, filepath.Join(project, "mirror", "greeter"), greeter)
	_, err = up()
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"greeting": "hello", "user": "ml", "version": "1.2.3"}, greeting())
	secret, err := client.CoreV1().Secrets("greetings").Get(ctx, "greeter", metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, token, string(secret.Data["token"]), "the chart gets the secret")
	record, err := client.CoreV1().ConfigMaps("kube-system").Get(ctx, "release.greetings.greeter", metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, "rendered", record.Data["state"])
	assert.NotContains(t, record.Data["values"], token)
	changes, err := up()
	require.NoError(t, err)
	assert.Zero(t, changes.Total(), "a second up changes nothing")

	configure(t, project, func(config map[string]any) {
		chart["values"].(map[string]any)["greeting"] = "good morning"
		config["gantry:addons"] = charts(chart)
	})
	changes, err = up()
	require.NoError(t, err)
	assert.Equal(t, 1, changes[apitype.OpUpdate])
	assert.Equal(t, 1, changes.Total())
	assert.Equal(t, "good morning", greeting()["greeting"])

	configure(t, project, func(config map[string]any) {
		config["gantry:addons"] = map[string]any{"devicePlugin": map[string]any{"enabled": false}}
	})
	changes, err = up()
	require.NoError(t, err)
	assert.Equal(t, 2, changes[apitype.OpDelete], "the release and its namespace")
	_, err = client.CoreV1().ConfigMaps("greetings").Get(ctx, "greeter", metav1.GetOptions{})
	assert.True(t, apierrors.IsNotFound(err), "%v", err)
	_, err = client.CoreV1().ConfigMaps("kube-system").Get(ctx, "release.greetings.greeter", metav1.GetOptions{})
	assert.True(t, apierrors.IsNotFound(err), "%v", err)

	assert.NotContains(t, out.String(), token)
	state, err := os.ReadDir(w.home)
	require.NoError(t, err)
	require.NotEmpty(t, state)
	require.NoError(t, filepath.WalkDir(filepath.Join(w.home, "state"), func(name string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(name)
		assert.NotContains(t, string(data), token, name)
		return err
	}))
	w.with("dev", func(ctx context.Context, sandbox *engine.Sandbox) {
		_, err := sandbox.Down(ctx)
		require.NoError(t, err)
	})
}
