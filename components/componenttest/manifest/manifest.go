// Package manifest looks at recorded registrations as the Kubernetes objects
// that they are. Only tests import it.
package manifest

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/components/componenttest"
)

var update = flag.Bool("update", false, "rewrite golden files with what the code renders now")

// Decode reads a registration as an object of the Kubernetes API, for example
// an appsv1.Deployment. A field that the type does not have fails the test, as
// strict validation in the API server would.
func Decode[T any](t testing.TB, res componenttest.Resource) T {
	t.Helper()
	var object T
	raw, err := json.Marshal(res.Input(t, ""))
	require.NoError(t, err, "%s", res.Name)
	require.NoError(t, yaml.UnmarshalStrict(raw, &object), "%s is no %T", res.Name, object)
	return object
}

// Golden compares the Kubernetes objects among registrations with a file of YAML
// documents. With -update it writes the file and fails, so that no one takes an update for
// a passed test.
func Golden(t *testing.T, file string, resources []componenttest.Resource) {
	t.Helper()
	var rendered bytes.Buffer
	for _, res := range resources {
		if res.Input(t, "kind") == nil {
			continue
		}
		document, err := yaml.Marshal(res.Input(t, ""))
		require.NoError(t, err, "%s", res.Name)
		rendered.WriteString("---\n# " + res.Name + "\n")
		rendered.Write(document)
	}
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, rendered.Bytes(), 0o644))
		t.Fatalf("%s was rewritten: read the difference, then run the test without -update", file)
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run the test with -update to write the file")
	assert.Equal(t, string(want), rendered.String(), "run the test with -update if the change is meant")
}
