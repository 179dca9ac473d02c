package sizing

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakePrometheus answers with the series of the first metric that a query names.
type fakePrometheus struct {
	// series are JSON by the metric that a query must name.
	series map[string]string
	token  string

	mu      sync.Mutex
	queries []string
	form    map[string]string
}

func (f *fakePrometheus) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.URL.Path != "/prefix/api/v1/query_range" || r.Method != http.MethodPost {
		http.NotFound(w, r)
		return
	}
	if r.Header.Get("Authorization") != f.token {
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	query := r.PostFormValue("query")
	f.queries = append(f.queries, query)
	f.form = map[string]string{"start": r.PostFormValue("start"), "end": r.PostFormValue("end"), "step": r.PostFormValue("step")}
	result := "[]"
	for metric, series := range f.series {
		if strings.Contains(query, metric) {
			result = series
		}
	}
	fmt.Fprintf(w, `{"status":"success","data":{"resultType":"matrix","result":%s}}`, result)
}

// matrix is a series for each pod, with a sample a minute; one without a pod under
// "".
func matrix(values map[string][]string) string {
	var all []map[string]any
	for name, samples := range values {
		metric := map[string]string{}
		if name != "" {
			metric["pod"] = name
		}
		var pairs [][]any
		for i, value := range samples {
			pairs = append(pairs, []any{float64(start.Unix()) + float64(i)*60, value})
		}
		all = append(all, map[string]any{"metric": metric, "values": pairs})
	}
	encoded, _ := json.Marshal(all)
	return string(encoded)
}

var day = Window{End: start.Add(24 * time.Hour), Length: 24 * time.Hour, Step: time.Minute}

func measuredServer() *fakePrometheus {
	return &fakePrometheus{token: "Bearer secret", series: map[string]string{
		"container_cpu_usage_seconds_total":           matrix(map[string][]string{"x-a": {"0.5", "0.6"}, "x-b": {"0.4"}}),
		"max by (pod) (container_memory_working_set":  matrix(map[string][]string{"x-a": {"1048576", "2097152"}}),
		"max_over_time(container_memory_working_set_": matrix(map[string][]string{"x-a": {"3145728"}}),
		"gantry:gpu_utilization:model_pod":            matrix(map[string][]string{"x-a": {"75"}}),
		"DCGM_FI_DEV_FB_USED":                         matrix(map[string][]string{"x-a": {"4194304"}}),
		"http_requests_total":                         matrix(map[string][]string{"": {"10", "12"}}),
		"http_request_duration_seconds_sum":           matrix(map[string][]string{"": {"NaN", "0.25"}}),
	}}
}

func TestPrometheus_Usage(t *testing.T) {
	fake := measuredServer()
	server := httptest.NewServer(fake)
	defer server.Close()

	u, err := Prometheus{URL: server.URL + "/prefix/", Token: "secret"}.Usage(context.Background(), "models", "x", day)
	require.NoError(t, err)

	later := start.Add(time.Minute)
	assert.Equal(t, Usage{
		Pods: []Pod{
			{
				Name: "x-a", CPU: Series{{start, 0.5}, {later, 0.6}}, Memory: Series{{start, mebi}, {later, 2 * mebi}},
				Peak: Series{{start, 3 * mebi}}, GPU: Series{{start, 75}}, GPUMemory: Series{{start, 4 * mebi}},
			},
			{Name: "x-b", CPU: Series{{start, 0.4}}},
		},
		Rate:    Series{{start, 10}, {later, 12}},
		Latency: Series{{later, 0.25}},
	}, u)
	assert.Equal(t, map[string]string{
		"start": strconv.FormatInt(start.Unix(), 10), "end": strconv.FormatInt(day.End.Unix(), 10), "step": "60",
	}, fake.form)
	require.Len(t, fake.queries, 7)
	for _, query := range fake.queries {
		assert.Contains(t, query, `model="x"`)
		assert.Contains(t, query, `namespace="models"`)
	}
}

func TestPrometheus_ErrorsAreForThePersonWhoGaveTheAddress(t *testing.T) {
	respond := func(status int, text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, text)
		})
	}
	for name, test := range map[string]struct {
		handler http.Handler
		want    []string
	}{
		"no token":        {measuredServer(), []string{"refuses the request (401 Unauthorized)", "--bearer-token-file"}},
		"forbidden":       {respond(403, "no"), []string{"403 Forbidden", "--bearer-token-file"}},
		"another path":    {respond(404, "not here"), []string{"no API of Prometheus", "ends before /api/v1"}},
		"a login page":    {respond(200, "<html>"), []string{"does not answer as Prometheus does (200 OK)"}},
		"a gateway fails": {respond(502, "bad gateway"), []string{"(502 Bad Gateway)"}},
		"a bad query": {respond(400, `{"status":"error","errorType":"bad_data","error":"parse error: unexpected end"}`),
			[]string{"bad_data: parse error: unexpected end"}},
		"another type": {respond(200, `{"status":"success","data":{"resultType":"vector","result":[]}}`), []string{"answers with a vector"}},
		"nothing": {respond(200, `{"status":"success","data":{"resultType":"matrix","result":[]}}`),
			[]string{"no samples of container_cpu_usage_seconds_total and container_memory_working_set_bytes", "model x in the namespace models", "the last 24h", "gantry:pod_model:info"}},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(test.handler)
			defer server.Close()
			_, err := Prometheus{URL: server.URL + "/prefix"}.Usage(context.Background(), "models", "x", day)
			require.Error(t, err)
			for _, want := range test.want {
				assert.Contains(t, err.Error(), want)
			}
		})
	}
}

func TestPrometheus_UnreachableTellsNoPassword(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	address := strings.Replace(server.URL, "http://", "http://me:hunter2@", 1)
	server.Close()

	_, err := Prometheus{URL: address}.Usage(context.Background(), "models", "x", day)

	require.ErrorContains(t, err, "cannot be reached")
	assert.ErrorContains(t, err, "port-forward")
	assert.NotContains(t, err.Error(), "hunter2")
	assert.NotContains(t, Prometheus{URL: address}.String(), "hunter2")
}

func TestPrometheus_RefusesWhatCannotBeAsked(t *testing.T) {
	for name, test := range map[string]struct {
		server Prometheus
		window Window
		want   string
	}{
		"no URL":                {Prometheus{URL: "prometheus:9090"}, day, "not a URL such as http://localhost:9090"},
		"a token in the clear":  {Prometheus{URL: "http://prometheus.example.com", Token: "a"}, day, "unencrypted"},
		"half an hour":          {Prometheus{URL: "http://localhost"}, Window{day.End, 30 * time.Minute, time.Minute}, "30m is less than the 1h"},
		"steps of nothing":      {Prometheus{URL: "http://localhost"}, Window{day.End, time.Hour, 0}, "less than a second"},
		"more than one answers": {Prometheus{URL: "http://localhost"}, Window{day.End, 14 * 24 * time.Hour, time.Minute}, "take a step of 2m"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.server.Usage(context.Background(), "models", "x", test.window)
			assert.ErrorContains(t, err, test.want)
		})
	}
}
