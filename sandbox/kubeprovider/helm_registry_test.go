package kubeprovider

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/registry"
)

// serveRegistry serves one packed chart as an OCI registry does and returns
// host:port. https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pull
func serveRegistry(t *testing.T, repository, tag string, packed []byte) string {
	t.Helper()
	blobs := map[string][]byte{}
	add := func(mediaType string, content []byte) map[string]any {
		digest := fmt.Sprintf("sha256:%x", sha256.Sum256(content))
		blobs[digest] = content
		return map[string]any{"mediaType": mediaType, "digest": digest, "size": len(content)}
	}
	const manifestType = "application/vnd.oci.image.manifest.v1+json"
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": manifestType,
		"config": add(registry.ConfigMediaType, []byte(`{"name": "web", "version": "1.2.3"}`)),
		"layers": []any{add(registry.ChartLayerMediaType, packed)},
	})
	require.NoError(t, err)
	digest := add(manifestType, manifest)["digest"].(string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/v2/"+repository+"/")
		content := blobs[path[strings.LastIndex(path, "/")+1:]]
		w.Header().Set("Content-Type", "application/octet-stream")
		if strings.HasPrefix(path, "manifests/") {
			w.Header().Set("Content-Type", manifestType)
			w.Header().Set("Docker-Content-Digest", digest)
			if path == "manifests/"+tag {
				content = manifest
			}
		}
		if content == nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content)
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func TestAChartComesFromARegistryOnThisMachine(t *testing.T) {
	t.Parallel()
	packed, err := os.ReadFile(pack(t, "web", t.TempDir()))
	require.NoError(t, err)
	host := serveRegistry(t, "mirror/web", "1.2.3", packed)
	found := newCharts(Options{})
	wanted := &release{Chart: "oci://" + host + "/mirror/web", Version: "1.2.3"}
	loaded, err := found.load(t.Context(), wanted)
	require.NoError(t, err)
	assert.Equal(t, "web", loaded.Metadata.Name)
	assert.Len(t, loaded.CRDObjects(), 1)

	_, err = found.load(t.Context(), &release{Chart: wanted.Chart, Version: "9.9.9"})
	require.Error(t, err)
	assert.NotErrorIs(t, err, errUnreachableChart, "the registry was reached and has none")
	assert.ErrorContains(t, err, "chart "+wanted.Chart+" 9.9.9 from ")
}
