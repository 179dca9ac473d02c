package previewreport

import (
	"bytes"
	"strings"
	"testing"
)

// Whatever a log has in it, it is read or refused, and its report fits and begins
// with its marker.
func FuzzRead(f *testing.F) {
	f.Add([]byte(stepLine("replace", "aws:eks/nodeGroup:NodeGroup", "serve", map[string]any{"a": []any{1}}, map[string]any{"a": []any{2}}, map[string]any{"detailedDiff": detailed("a[0]", "update-replace"), "keys": []any{"a"}})))
	f.Add([]byte(stepLine("update", "a:b:C", "c", map[string]any{"env": []any{map[string]any{"name": "TOKEN", "value": "x"}}}, map[string]any{"env": "y"}, map[string]any{"diffs": []any{"env"}})))
	f.Add([]byte(policyLine("mandatory", "p", stackURN, "Rule.\nfact\nFix: x\nMore: y#z") + "\n" + succeeded))
	f.Add([]byte(diagnostic("error", "```\n  <b>") + "\n" + stackLine("same", estimate("unknown", 1), estimate(2, "unknown")) + "\n" + succeeded))
	f.Fuzz(func(t *testing.T, log []byte) {
		preview, err := Read(bytes.NewReader(log))
		if err != nil {
			return
		}
		for _, limit := range []int{Limit, 500} {
			report := Markdown(preview, Options{Limit: limit})
			if len(report) > limit {
				t.Errorf("%d bytes do not fit into %d", len(report), limit)
			}
			if limit == Limit && !strings.HasPrefix(report, Marker(preview.Stack)+"\n") {
				t.Errorf("the marker is not the first line: %q", report[:min(len(report), 80)])
			}
		}
	})
}
