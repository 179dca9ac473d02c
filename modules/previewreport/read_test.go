package previewreport

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	stackURN   = "urn:pulumi:dev::gantry::pulumi:pulumi:Stack::gantry-dev"
	clusterURN = "urn:pulumi:dev::gantry::gantry:eks:Cluster::gantry-dev"
)

// urn of a resource below the cluster.
func urn(kind, name string) string {
	return "urn:pulumi:dev::gantry::gantry:eks:Cluster$" + kind + "::" + name
}

// stepLine is an event of a step in the cluster. Old and new are inputs; nil:
// there is none.
func stepLine(op, kind, name string, old, new map[string]any, more map[string]any) string {
	side := func(inputs map[string]any) any {
		if inputs == nil {
			return nil
		}
		return map[string]any{"custom": true, "parent": clusterURN, "inputs": inputs}
	}
	metadata := map[string]any{"op": op, "urn": urn(kind, name), "type": kind, "old": side(old), "new": side(new)}
	for key, value := range more {
		metadata[key] = value
	}
	return eventLine("resourcePreEvent", map[string]any{"metadata": metadata})
}

func eventLine(kind string, content any) string {
	text, err := json.Marshal(map[string]any{kind: content})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func diagnostic(severity, message string) string {
	return eventLine("diagnosticEvent", map[string]any{"severity": severity, "message": message})
}

func policyLine(level, policy, urn, message string) string {
	return eventLine("policyEvent", map[string]any{"enforcementLevel": level, "policyName": policy, "resourceUrn": urn, "message": message})
}

const succeeded = `{"summaryEvent":{"result":"succeeded","PolicyPacks":{"gantry|local|/x/policies":"1.0.0"}}}`

// detailed is the difference of one path.
func detailed(path, kind string) map[string]any {
	return map[string]any{path: map[string]any{"diffKind": kind}}
}

func read(t *testing.T, lines ...string) *Preview {
	t.Helper()
	preview, err := Read(strings.NewReader(strings.Join(lines, "\n") + "\n"))
	require.NoError(t, err)
	return preview
}

func TestRead_FoldsTheStepsOfAResource(t *testing.T) {
	t.Parallel()
	const kind = "aws:eks/nodeGroup:NodeGroup"
	some := map[string]any{"x": 1}
	for _, test := range []struct {
		ops       []string
		want      Op
		goesFirst bool
		stays     bool
	}{
		{ops: []string{"same"}, stays: true},
		{ops: []string{"create"}, want: Create},
		{ops: []string{"import"}, want: Create},
		{ops: []string{"update"}, want: Update},
		{ops: []string{"delete"}, want: Delete},
		{ops: []string{"read"}, want: Lookup},
		{ops: []string{"create-replacement", "replace", "delete-replaced"}, want: Replace},
		{ops: []string{"delete-replaced", "replace", "create-replacement"}, want: Replace, goesFirst: true},
		// What an interrupted replacement left behind.
		{ops: []string{"same", "delete-replaced"}, want: Delete},
	} {
		t.Run(strings.Join(test.ops, " "), func(t *testing.T) {
			t.Parallel()
			var lines []string
			for _, op := range test.ops {
				lines = append(lines, stepLine(op, kind, "serve", some, some, nil))
			}
			p := read(t, append(lines, succeeded)...)
			if test.stays {
				assert.Empty(t, p.Changes)
				assert.Equal(t, 1, p.Same)
				return
			}
			require.Len(t, p.Changes, 1)
			assert.Equal(t, test.want, p.Changes[0].Op)
			assert.Equal(t, test.goesFirst, p.Changes[0].GoesFirst)
			assert.Equal(t, Component{"gantry:eks:Cluster", "gantry-dev"}, p.Changes[0].Component)
			assert.Equal(t, "dev", p.Stack)
			assert.Zero(t, p.Same)
		})
	}
}

// The stack, its components and its providers are no resources; a provider that
// is replaced is.
func TestRead_CountsWhatProvidersMake(t *testing.T) {
	t.Parallel()
	bare := func(op, kind, name string, custom bool) string {
		return eventLine("resourcePreEvent", map[string]any{"metadata": map[string]any{
			"op": op, "type": kind, "urn": "urn:pulumi:dev::gantry::" + kind + "::" + name,
			"new": map[string]any{"custom": custom, "parent": stackURN},
		}})
	}
	p := read(t, bare("create", typeStack, "gantry-dev", false), bare("create", "gantry:eks:Cluster", "gantry-dev", false),
		bare("create", "pulumi:providers:aws", "aws", true), bare("replace", "pulumi:providers:kubernetes", "gantry-dev", true), succeeded)
	require.Len(t, p.Changes, 1)
	assert.Equal(t, "pulumi:providers:kubernetes", p.Changes[0].Type)
	assert.Equal(t, DataLoss, p.Changes[0].Meaning().Weight)
	assert.Equal(t, Component{}, p.Changes[0].Component)
}

func TestRead_TakesALogThatIsCutOff(t *testing.T) {
	t.Parallel()
	line := stepLine("create", "aws:kms/key:Key", "key", nil, map[string]any{}, nil)
	for _, log := range []string{"", line + "\n", line + "\n" + line[:40], line[:10]} {
		p, err := Read(strings.NewReader(log))
		require.NoError(t, err)
		assert.Equal(t, CutOff, p.Result)
		report := Markdown(p, Options{Stack: "dev"})
		assert.Contains(t, report, "did not come to its end")
		assert.Equal(t, strings.Count(log, "\n"), strings.Count(report, "encryption key `key`"), "what was complete is told")
	}
}

func TestRead_NamesTheLineThatIsNone(t *testing.T) {
	t.Parallel()
	_, err := Read(strings.NewReader(succeeded + "\nPreviewing update (dev):\n" + succeeded + "\n"))
	require.ErrorContains(t, err, "line 2 of the event log is not an event")
}

func TestRead_TellsMessagesApart(t *testing.T) {
	t.Parallel()
	p := read(t,
		diagnostic("warning", "using pulumi-analyzer-policy-go from $PATH at /somewhere\n"),
		diagnostic("warning", "gantry:cluster.publicAccessCidrs[0]: 8.0.0.0/9 is wide\nfix: name the range you come from\n"),
		diagnostic("warning", "gantry:cluster.publicAccessCidrs[0]: 8.0.0.0/9 is wide\nfix: name the range you come from\n"),
		diagnostic("info", "With every pool at its maximum the platform needs:\n  8 vCPU  CPUS\n  1       NETWORKS\n"),
		diagnostic("info", "<{%reset%}>hello<{%reset%}>"),
		diagnostic("info#err", "from \x1b[31mstderr\x1b[0m"),
		diagnostic("debug", "noise"),
		diagnostic("error", "an unhandled error occurred: 1 error occurred:\n\t* 2 problems in the configuration:\n  1. a\n\n"),
		eventLine("diagnosticEvent", map[string]any{"severity": "error", "message": "creating: no", "urn": urn("aws:kms/key:Key", "key")}),
		eventLine("diagnosticEvent", map[string]any{"severity": "info", "message": "0 of 2 nodes", "ephemeral": true}),
		eventLine("errorEvent", map[string]any{"error": "the engine broke"}),
		diagnostic("error", "preview failed\n"),
		`{"summaryEvent":{"result":"failed"}}`,
	)
	assert.Equal(t, []Message{{Text: "gantry:cluster.publicAccessCidrs[0]: 8.0.0.0/9 is wide", Fix: "name the range you come from"}}, p.Warnings)
	assert.Equal(t, "8 vCPU  CPUS\n1       NETWORKS", p.Quotas)
	assert.Equal(t, []Message{{Text: "hello"}, {Text: "from stderr"}}, p.Notes)
	assert.Equal(t, []Message{
		{Text: "2 problems in the configuration:\n  1. a"}, {Resource: "key", Text: "creating: no"}, {Text: "the engine broke"},
	}, p.Errors)
	assert.Equal(t, Failed, p.Result)
	assert.True(t, p.Stopped())
}

func TestRead_TellsVerdictsApart(t *testing.T) {
	t.Parallel()
	first, second := urn("kubernetes:apps/v1:Deployment", "one"), urn("kubernetes:apps/v1:Deployment", "two")
	mandatory := "An image is pinned to a version.\nmain is no version\nFix: Name a version.\nMore: docs/policies.md#image-pinned\n"
	p := read(t,
		policyLine("advisory", "job-ends", stackURN, "A job has an end.\nit has none\n"),
		policyLine("mandatory", "image-pinned", second, mandatory),
		policyLine("mandatory", "image-pinned", first, mandatory),
		policyLine("mandatory", "image-pinned", first, mandatory),
		policyLine("advisory", "exception-used", first, "An exception lets this resource pass.\npod-non-root: runs as root\nExcepted until 2027-01-31: the vendor's image\n"),
		eventLine("policyRemediationEvent", map[string]any{
			"policyName": "pod-seccomp", "resourceUrn": first,
			"before": map[string]any{"spec": map[string]any{"a": 1}},
			"after":  map[string]any{"spec": map[string]any{"a": 1, "seccompProfile": map[string]any{"type": "RuntimeDefault"}}},
		}),
		`{"summaryEvent":{"result":"failed","PolicyPacks":{"gantry|local|/x/policies":"1.0.0"}}}`,
	)
	assert.Equal(t, []Verdict{
		{
			Level: Mandatory, Policy: "image-pinned", Rule: "An image is pinned to a version.", Fact: "main is no version",
			Fix: "Name a version.", More: "docs/policies.md#image-pinned", Resources: []string{"one", "two"},
		},
		{Level: Excepted, Policy: "pod-non-root", Fact: "runs as root", Until: "2027-01-31", Reason: "the vendor's image", Resources: []string{"one"}},
		{Level: Advisory, Policy: "job-ends", Rule: "A job has an end.", Fact: "it has none"},
	}, p.Verdicts)
	assert.Equal(t, []Remediation{{
		Policy: "pod-seccomp", Resource: "one",
		Properties: []Property{{Path: "spec.seccompProfile", New: `{"type":"RuntimeDefault"}`}},
	}}, p.Remediations)
	assert.Equal(t, []string{"gantry 1.0.0"}, p.Packs)
	assert.False(t, p.Stopped(), "a violation does not end a preview")

	report := Markdown(p, Options{Docs: "https://example.com/blob/main/"})
	assert.Contains(t, report, "1 mandatory policy is violated by 2 resources")
	assert.Contains(t, report, "[`image-pinned`](https://example.com/blob/main/docs/policies.md#image-pinned)** at `one`, `two`: main is no version.")
	assert.Contains(t, report, "- **`pod-non-root`** at `one` until **2027-01-31**: the vendor's image.")
	assert.Contains(t, report, "- **`pod-seccomp`** at `one`: `spec.seccompProfile`, new: `{\"type\":\"RuntimeDefault\"}`")
	assert.Contains(t, report, "**`job-ends`** at the stack as a whole: it has none.")
}

func TestProperties_AreTheSingleValuesThatDiffer(t *testing.T) {
	t.Parallel()
	old := map[string]any{
		"spec":   map[string]any{"containers": []any{map[string]any{"image": "x:1", "port": 80}}, "gone": true},
		"labels": map[string]any{"gantry.dev/pool": "a"},
		"list":   []any{1, 2},
		"same":   "1",
	}
	new := map[string]any{
		"spec":   map[string]any{"containers": []any{map[string]any{"image": "x:2", "port": 80}}, "more": ""},
		"labels": map[string]any{"gantry.dev/pool": "b"},
		"list":   []any{1, 2, 3},
		"same":   "1",
		"later":  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
	}
	want := []Property{
		{Path: `labels["gantry.dev/pool"]`, Old: "a", New: "b"},
		{Path: "later", New: "(known afterwards)"},
		{Path: "list", Old: "[1,2]", New: "[1,2,3]", Forces: true},
		{Path: "spec.containers[0].image", Old: "x:1", New: "x:2"},
		{Path: "spec.gone", Old: "true"},
		{Path: "spec.more", New: `""`},
	}
	engine := map[string]any{"diffs": []any{"spec", "labels", "later"}, "keys": []any{"list"}}
	provider := map[string]any{"detailedDiff": map[string]any{
		"spec.containers[0].image":  map[string]any{"diffKind": "update"},
		"spec.gone":                 map[string]any{"diffKind": "delete"},
		"spec.more":                 map[string]any{"diffKind": "add"},
		"later":                     map[string]any{"diffKind": "add"},
		`labels["gantry.dev/pool"]`: map[string]any{"diffKind": "update"},
		"list":                      map[string]any{"diffKind": "update-replace"},
	}}
	for name, told := range map[string]map[string]any{"by the engine": engine, "by the provider": provider} {
		p := read(t, stepLine("update", "aws:x/y:Y", "y", old, new, told), succeeded)
		require.Len(t, p.Changes, 1)
		assert.Equal(t, want, p.Changes[0].Properties, name)
	}
}

// A difference that the program did not make has the value in the cloud.
func TestProperties_ShowDriftFromTheOutputs(t *testing.T) {
	t.Parallel()
	line := eventLine("resourcePreEvent", map[string]any{"metadata": map[string]any{
		"op": "update", "type": "aws:x/y:Y", "urn": urn("aws:x/y:Y", "y"), "detailedDiff": detailed("size", "update"),
		"old": map[string]any{"custom": true, "inputs": map[string]any{"size": 2}, "outputs": map[string]any{"size": 5}},
		"new": map[string]any{"custom": true, "inputs": map[string]any{"size": 2}},
	}})
	assert.Equal(t, []Property{{Path: "size", Old: "5", New: "2"}}, read(t, line, succeeded).Changes[0].Properties)
}

func TestProperties_KeepAPathThatLeadsNowhere(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"a.b", "a[7]", `a["b`, "[", "a..b", ""} {
		p := read(t, stepLine("update", "aws:x/y:Y", "y", map[string]any{"a": []any{1}}, map[string]any{"a": []any{1}}, map[string]any{"detailedDiff": detailed(path, "update")}), succeeded)
		assert.Equal(t, []Property{{Path: path}}, p.Changes[0].Properties, path)
	}
}

func TestPath_Matches(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, path string
		want          bool
	}{
		{"spec", "spec", true},
		{"spec", "spec.x[0]", true},
		{"spec", "special", false},
		{"instanceTypes", "instanceTypes[0]", true},
		{"spec.rules[].weight", "spec.rules[12].weight", true},
		{"spec.rules[].weight", "spec.rules[12].name", false},
	} {
		assert.Equal(t, test.want, matches(test.pattern, test.path), "%s %s", test.pattern, test.path)
	}
}

func TestRead_StaysFastOnALongLog(t *testing.T) {
	t.Parallel()
	var lines []string
	for i := range 5000 {
		lines = append(lines, stepLine("create", "aws:x/y:Y", fmt.Sprint("y", i), nil, map[string]any{"a": strings.Repeat("x", 100)}, nil))
	}
	assert.Len(t, read(t, append(lines, succeeded)...).Changes, 5000)
}
