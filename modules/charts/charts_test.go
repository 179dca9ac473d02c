package charts

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

func queue(t *testing.T) *Chart {
	t.Helper()
	chart, err := Read("testdata/queue")
	require.NoError(t, err)
	return chart
}

func values(t *testing.T, text string) map[string]any {
	t.Helper()
	var values map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &values))
	return values
}

func TestKnown_KeysThatTheChartKnows(t *testing.T) {
	for name, given := range map[string]string{
		"of its values":                 "{replicaCount: 2, image: {tag: v1}, service: {port: 8080}}",
		"of a map that is left empty":   "{podAnnotations: {example.com/a: b, c: {d: e}}}",
		"of a value that is null":       "{service: {existing: {name: a, labels: {b: c}}}}",
		"of a list, which is not read":  "{tolerations: [{operator: Exists, anything: true}]}",
		"of its schema":                 "{limits: {memory: 1Gi}, labels: {a: b}}",
		"of one of several schemas":     "{rules: {allow: true}}",
		"of a schema that holds itself": "{tree: {left: {left: {value: 1}}}}",
		"of its templates":              "{priority: {className: high}, account: {token: {audience: a}}}",
		"that are no words":             "{object-store: {bucket: a}}",
		"of a map written out":          "{resources: {limits: {memory: 1Gi}, requests: {memory: 1Gi}}}",
		"of a map written out by with":  "{nodeSelector: {example.com/gpu: l4}}",
		"of a file in sections":         "{queue.ini: {log: {mode: console}, paths: {data: /}}}",
		"of a map that is merged":       "{affinity: {pods: {a: b}}}",
		"of a map that is gone through": "{extraEnv: {plain: {A: b}}}",
		"of a part, by its alias":       "{database: {size: 1Gi, enabled: true}}",
		"of what parts are handed":      "{global: {registry: registry.example.com}}",
		"of conditions and tags":        "{tags: {metrics: true}}",
		"of a part that is not there":   "{exporter: {interval: 10s}}",
	} {
		t.Run(name, func(t *testing.T) {
			unknown, unchecked := queue(t).Known(nil).Check(values(t, given))
			assert.Empty(t, unknown)
			assert.Empty(t, unchecked)
		})
	}
}

func TestKnown_KeysThatTheChartDoesNotKnow(t *testing.T) {
	for name, test := range map[string]struct {
		given string
		want  []Unknown
	}{
		"misspelt": {"{replicaCuont: 2}", []Unknown{{Path: "replicaCuont", Nearest: "replicaCount"}}},
		"a part of the name": {"{replicas: 2, image: {repo: a}}", []Unknown{
			{Path: "image.repo", Nearest: "image.repository"}, {Path: "replicas"},
		}},
		"of another level":                {"{tag: v1}", []Unknown{{Path: "tag", Nearest: "tags"}}},
		"all of them":                     {"{zzzz: {a: b}, service: {yyyy: 1, xxxx: 2}}", []Unknown{{Path: "service.xxxx"}, {Path: "service.yyyy"}, {Path: "zzzz"}}},
		"that the schema refuses":         {"{limits: {cpu: 1}}", []Unknown{{Path: "limits.cpu"}}},
		"of a part":                       {"{database: {sizes: 1}, store: {size: 1}}", []Unknown{{Path: "database.sizes", Nearest: "database.size"}, {Path: "store", Nearest: "object-store"}}},
		"used by a template in part only": {"{priority: {name: high}}", []Unknown{{Path: "priority.name", Nearest: "priority.className"}}},
		"beside a block that is in part":  {"{image: {digest: a}}", []Unknown{{Path: "image.digest"}}},
		"with dots in it":                 {"{service: {example.com/a: b}}", []Unknown{{Path: `service["example.com/a"]`}}},
		"handed to parts":                 {"{global: {mirror: a}}", []Unknown{{Path: "global.mirror"}}},
	} {
		t.Run(name, func(t *testing.T) {
			unknown, unchecked := queue(t).Known(nil).Check(values(t, test.given))
			for i := range unknown {
				assert.NotEmpty(t, unknown[i].Beside)
				unknown[i].Beside = nil
			}
			assert.Equal(t, test.want, unknown)
			assert.Empty(t, unchecked)
		})
	}
}

func TestKnown_PartsThatAreNotThere(t *testing.T) {
	given := values(t, "{exporter: {interval: 10s, scrape: {every: 5s}}}")
	_, unchecked := queue(t).Known(nil).Check(given)
	assert.Equal(t, []string{"exporter.scrape"}, unchecked)

	exporter := &Chart{Name: "exporter", Values: values(t, "{scrape: {each: 5s}}")}
	unknown, unchecked := queue(t).Known(map[string]*Chart{"exporter": exporter}).Check(given)
	assert.Empty(t, unchecked)
	assert.Equal(t, []Unknown{{Path: "exporter.scrape.every", Beside: []string{"each"}}}, unknown)
}

func TestReadValues_IsAChartOfValuesAlone(t *testing.T) {
	mail, err := ReadValues("testdata/loose/mail.yaml")
	require.NoError(t, err)
	assert.Equal(t, "mail", mail.Name)
	unknown, _ := mail.Known(nil).Check(values(t, "{host: a, tls: {a: b}, auth: {users: a}, port: 25}"))
	assert.Equal(t, []Unknown{
		{Path: "auth.users", Nearest: "auth.user", Beside: []string{"user"}},
		{Path: "port", Beside: []string{"auth", "host", "tls"}},
	}, unknown)
}

func TestKnown_AChartWithoutValuesKnowsNoKey(t *testing.T) {
	unknown, _ := (&Chart{Name: "empty"}).Known(nil).Check(map[string]any{"a": 1})
	assert.Equal(t, []Unknown{{Path: "a"}}, unknown)
}

func TestRead_PackedChartsSayTheSame(t *testing.T) {
	packed := filepath.Join(t.TempDir(), "queue-1.4.0.tgz")
	require.NoError(t, os.WriteFile(packed, pack(t, "testdata/queue", "queue"), 0o600))
	chart, err := Read(packed)
	require.NoError(t, err)
	assert.Equal(t, queue(t), chart)

	// A packed part within a folder.
	outer := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(outer, "charts"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(outer, "Chart.yaml"), []byte("{name: outer, version: 1.0.0}"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(outer, "charts", "queue-1.4.0.tgz"), pack(t, "testdata/queue", "queue"), 0o600))
	chart, err = Read(outer)
	require.NoError(t, err)
	unknown, _ := chart.Known(nil).Check(values(t, "{queue: {replicaCount: 1, database: {sizes: 1}}}"))
	require.Len(t, unknown, 1)
	assert.Equal(t, "queue.database.sizes", unknown[0].Path)
}

// pack makes a packed chart of a folder.
func pack(t *testing.T, dir, name string) []byte {
	t.Helper()
	found, err := filesIn(dir)
	require.NoError(t, err)
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zipped)
	for within, text := range found {
		require.NoError(t, archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name + "/" + within, Size: int64(len(text)), Mode: 0o644}))
		_, err := archive.Write(text)
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	require.NoError(t, zipped.Close())
	return packed.Bytes()
}

func TestRead_SaysWhatIsNoChart(t *testing.T) {
	write := func(name, text string) string {
		file := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	folder := func(name, text string) string { return filepath.Dir(write(name, text)) }
	for want, at := range map[string]string{
		"no such file":       "testdata/none",
		"is no packed chart": write("a-1.0.0.tgz", "not gzip"),
		"has no Chart.yaml":  folder("values.yaml", "a: 1"),
		"Chart.yaml: ":       folder("Chart.yaml", "- a"),
		"names no chart":     folder("Chart.yaml", "version: 1.0.0"),
		"unexpected end of JSON": func() string {
			dir := folder("Chart.yaml", "name: a")
			require.NoError(t, os.WriteFile(filepath.Join(dir, "values.schema.json"), []byte("{"), 0o600))
			return dir
		}(),
	} {
		_, err := Read(at)
		assert.ErrorContains(t, err, want)
		assert.ErrorContains(t, err, at, "says which chart")
	}
}
