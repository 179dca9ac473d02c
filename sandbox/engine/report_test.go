package engine_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/previewreport"
	"gantry.dev/gantry/sandbox/engine"
)

// updateReports writes the event logs and the reports of the scenarios anew,
// instead of comparing with them.
var updateReports = flag.Bool("update", false, "rewrite the golden previews in modules/previewreport/testdata")

// scenario is a preview with a report to read.
type scenario struct {
	name string
	// on is the cloud that the stack is on before. Default: aws.
	on string
	// before edits the configuration that the stack is brought up with.
	before func(config map[string]any)
	// change edits the configuration of the stack that is up.
	change func(config map[string]any)
	// cloud to preview on, instead of the one that the stack is on.
	cloud string
	// new previews before the stack is up, down a destroy of it.
	new, down bool
	// fails tells that the preview has to fail.
	fails bool
}

// scenarios are previews of dev.
var scenarios = []scenario{
	{name: "create", new: true},
	{name: "no-change"},
	{name: "model-image", change: func(config map[string]any) {
		classifier(config)["image"] = "registry.example.com/image-classifier:v2"
	}},
	{name: "canary-shift", before: canaryAt(5), change: canaryAt(50)},
	{name: "pool-replace", change: func(config map[string]any) {
		pool(config, 2)["memory"] = "32Gi"
	}},
	// A pool of AKS has its name while it exists: the old one goes first.
	{name: "pool-replace-azure", on: "azure", change: func(config map[string]any) {
		pool(config, 2)["memory"] = "32Gi"
	}},
	{name: "pool-delete", change: func(config map[string]any) {
		pools := config["gantry:pools"].([]any)
		config["gantry:pools"] = []any{pools[0], pools[2]}
	}},
	{name: "upgrade", change: func(config map[string]any) {
		cluster := config["gantry:cluster"].(map[string]any)
		cluster["version"], cluster["publicAccessCidrs"] = "1.35", []any{"11.0.0.0/12"}
	}},
	{name: "cloud-change", cloud: "gcp"},
	{name: "destroy", down: true},
	{name: "violation", fails: true, change: func(config map[string]any) {
		classifier(config)["image"] = "docker.io/somebody/classifier:v1"
		config["gantry:exceptions"] = []any{map[string]any{
			"policy": "namespace-network-policy", "resource": "gantry-dev-keda",
			"reason": "callers are being listed", "until": exceptionEnd(),
		}}
	}},
	{name: "bad-config", fails: true, change: func(config map[string]any) {
		config["gantry:addon"] = map[string]any{}
		pool(config, 0)["max"] = 0
	}},
}

// canaryAt gives a new version of the model a share of the requests.
func canaryAt(weight int) func(config map[string]any) {
	return func(config map[string]any) {
		classifier(config)["scale"] = map[string]any{"max": 2}
		classifier(config)["rollout"] = map[string]any{
			"canary": map[string]any{"image": "registry.example.com/image-classifier:v2", "weight": weight},
		}
	}
}

func classifier(config map[string]any) map[string]any {
	return config["gantry:models"].(map[string]any)["image-classifier"].(map[string]any)
}

func pool(config map[string]any, index int) map[string]any {
	return config["gantry:pools"].([]any)[index].(map[string]any)
}

// exceptionEnd is a day that an exception may last to, now.
func exceptionEnd() string { return time.Now().AddDate(0, 1, 0).Format(time.DateOnly) }

// The reports of real previews read as they did: what the engine, the providers,
// the program and the policy pack tell arrives in them.
func TestPreviewReport_Scenarios(t *testing.T) {
	if _, err := os.Stat(filepath.Join(repository(t), ".gantry", "bin", "pulumi-analyzer-policy-go")); err != nil {
		t.Skip("the policy pack is not built: run make build")
	}
	up := map[string]*world{}
	brought := func(cloud string, before func(config map[string]any)) *world {
		w := newWorldOn(t, projectWith(t, before), cloud)
		w.up("dev")
		return w
	}
	asShipped := func(map[string]any) {}
	on := func(cloud string) *world {
		if up[cloud] == nil {
			up[cloud] = brought(cloud, asShipped)
		}
		return up[cloud]
	}
	for _, s := range scenarios {
		var w *world
		switch cloud := cmp.Or(s.on, "aws"); {
		case s.new:
			w = newWorldOn(t, projectWith(t, asShipped), cloud)
		case s.before != nil:
			w = brought(cloud, s.before)
		default:
			w = on(cloud)
		}
		t.Run(s.name, func(t *testing.T) {
			log := w.previewed(t, s)
			trimmed := trimmedLog(t, log)
			report := reportOf(t, trimmed)
			assert.Equal(t, reportOf(t, log), report, "the trimmed log tells the same")

			golden := filepath.Join(repository(t), "modules", "previewreport", "testdata", s.name)
			if *updateReports {
				require.NoError(t, os.MkdirAll(golden, 0o755))
				require.NoError(t, os.WriteFile(filepath.Join(golden, "events.jsonl"), trimmed, 0o644))
				require.NoError(t, os.WriteFile(filepath.Join(golden, "report.md"), []byte(report), 0o644))
				return
			}
			want, err := os.ReadFile(filepath.Join(golden, "report.md"))
			require.NoError(t, err)
			assert.Equal(t, string(want), report, "to accept it: go test ./engine -run TestPreviewReport -update")
		})
	}
}

// previewed previews a scenario and returns its event log, in which what differs
// from run to run is the same.
func (w *world) previewed(t *testing.T, s scenario) []byte {
	t.Helper()
	opened := w.options("dev")
	opened.EventLog = filepath.Join(t.TempDir(), "events.jsonl")
	opened.PolicyPack = filepath.Join(repository(t), "policies")
	if s.change != nil {
		opened.Project = projectWith(t, s.change)
	}
	if s.cloud != "" {
		opened.Cloud = s.cloud
	}
	sandbox, err := engine.Open(context.Background(), opened)
	require.NoError(t, err)
	defer sandbox.Close()
	preview := sandbox.Preview
	if s.down {
		preview = sandbox.PreviewDown
	}
	_, err = preview(context.Background())
	if s.fails {
		require.ErrorIs(t, err, engine.ErrReported)
	} else {
		require.NoError(t, err)
	}
	log, err := os.ReadFile(opened.EventLog)
	require.NoError(t, err)
	return steady(t, log)
}

func reportOf(t *testing.T, log []byte) string {
	t.Helper()
	preview, err := previewreport.Read(bytes.NewReader(log))
	require.NoError(t, err)
	return previewreport.Markdown(preview, previewreport.Options{Stack: "dev"})
}

// volatile is what the emulated clouds and the engine make up anew every time,
// with what it becomes.
var volatile = []struct {
	form *regexp.Regexp
	is   string
}{
	{regexp.MustCompile(`\b(20\d{24})-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`), "$1-1"},
	{regexp.MustCompile(`\b20\d{24}\b`), "20260101000000000000000001"},
	{regexp.MustCompile(`\b([a-z]+)-0[0-9a-f]{16}\b`), "$1-00000000000000001"},
	{regexp.MustCompile(`/id/[0-9A-F]{32}\b`), "/id/00000000000000000000000000000001"},
	{regexp.MustCompile(`\b127\.0\.0\.1:\d+\b`), "127.0.0.1:1"},
}

// steady replaces what differs from run to run.
func steady(t *testing.T, log []byte) []byte {
	text := strings.ReplaceAll(string(log), repository(t), "/repository")
	text = strings.ReplaceAll(text, exceptionEnd(), "2027-01-31")
	for _, one := range volatile {
		text = one.form.ReplaceAllString(text, one.is)
	}
	return []byte(text)
}

// untold are the events that no report is made of.
var untold = []string{
	"preludeEvent", "policyLoadEvent", "policyAnalyzeSummaryEvent", "policyRemediateSummaryEvent", "policyAnalyzeStackSummaryEvent",
}

// trimmedLog is a log without what no report is made of: a hundredth of it, to
// be kept with the code.
func trimmedLog(t *testing.T, log []byte) []byte {
	t.Helper()
	var trimmed bytes.Buffer
	encoder := json.NewEncoder(&trimmed)
	encoder.SetEscapeHTML(false)
	for line := range strings.Lines(string(log)) {
		var event map[string]any
		decoder := json.NewDecoder(strings.NewReader(line))
		decoder.UseNumber()
		require.NoError(t, decoder.Decode(&event))
		delete(event, "timestamp")
		delete(event, "sequence")
		for _, kind := range untold {
			delete(event, kind)
		}
		for _, kind := range []string{"resourcePreEvent", "resOutputsEvent"} {
			if step, has := event[kind].(map[string]any); has && !trimStep(step, kind) {
				delete(event, kind)
			}
		}
		if summary, has := event["summaryEvent"].(map[string]any); has {
			summary["durationSeconds"] = 0
		}
		if len(event) > 0 {
			require.NoError(t, encoder.Encode(event))
		}
	}
	return trimmed.Bytes()
}

// trimStep keeps of a step what changes in the resource, and of the stack what it
// costs and that its kubeconfig is secret. It reports false for a step that says
// nothing new.
func trimStep(step map[string]any, kind string) bool {
	metadata := step["metadata"].(map[string]any)
	isStack := metadata["type"] == "pulumi:pulumi:Stack"
	if kind == "resOutputsEvent" && !isStack {
		return false
	}
	keep := map[string]bool{}
	for path := range asMap(metadata["detailedDiff"]) {
		keep[regexp.MustCompile(`^[^.\[]+`).FindString(path)] = true
	}
	for _, list := range []string{"keys", "diffs"} {
		keys, _ := metadata[list].([]any)
		for _, key := range keys {
			keep[key.(string)] = true
		}
	}
	if isStack {
		keep = map[string]bool{"cost": true, "kubeconfig": true}
	}
	for _, side := range []string{"old", "new"} {
		state := asMap(metadata[side])
		for _, unread := range []string{"id", "provider", "urn", "type"} {
			delete(state, unread)
		}
		for _, properties := range []string{"inputs", "outputs"} {
			values := asMap(state[properties])
			for key := range values {
				if !keep[key] {
					delete(values, key)
				}
			}
		}
	}
	delete(metadata, "provider")
	return true
}

func asMap(value any) map[string]any {
	items, _ := value.(map[string]any)
	return items
}
