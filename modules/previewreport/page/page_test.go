package page

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/previewreport"
)

func TestRender_ShowsWhatAReportIsMadeOf(t *testing.T) {
	t.Parallel()
	rendered, err := Render("a & b", "<!-- marker -->\n## Head\n\n"+
		"<details><summary><b>Folded</b></summary>\n\n- **bold** `code`\n  next line\n\n</details>\n\n| | before |\n|---|---|\n| x | $1 |\n")
	require.NoError(t, err)
	for _, want := range []string{
		"<title>a &amp; b</title>", "<h2>Head</h2>", "<details><summary><b>Folded</b></summary>",
		"<strong>bold</strong> <code>code</code><br>\nnext line", "</details>", "<td>$1</td>",
	} {
		assert.Contains(t, string(rendered), want)
	}
}

// Words of others stay words: no markup, no mention, no link, no end of a block.
func TestRender_OfAReportHasNothingThatOthersSmuggleIn(t *testing.T) {
	t.Parallel()
	evil := "</details><script>alert(1)</script> @everyone **bold** [x](http://evil.example) `tick` | cell\n```\n````\n<!-- gantry-preview:prod --> <img src=x>"
	event := func(kind string, content any) string {
		text, err := json.Marshal(map[string]any{kind: content})
		require.NoError(t, err)
		return string(text)
	}
	step := func(op, name, old, new string) string {
		state := func(value string) any {
			return map[string]any{"custom": true, "parent": "urn:pulumi:dev::gantry::a:b:C::" + evil, "inputs": map[string]any{"data": value, evil: value}}
		}
		return event("resourcePreEvent", map[string]any{"metadata": map[string]any{
			"op": op, "type": "kubernetes:core/v1:ConfigMap", "urn": "urn:pulumi:dev::gantry::kubernetes:core/v1:ConfigMap::" + name,
			"old": state(old), "new": state(new), "diffs": []any{"data", evil}, "keys": []any{"data"},
		}})
	}
	said := func(severity string) string {
		return event("diagnosticEvent", map[string]any{"severity": severity, "message": severity + " " + evil})
	}
	log := strings.Join([]string{
		step("update", "a"+evil, "1", evil), step("replace", "b"+evil, evil, "1"), step("create", "c"+evil, "", ""), step("delete", "d"+evil, "", ""),
		said("error"), said("warning"), said("info"),
		event("policyEvent", map[string]any{"policyName": evil, "enforcementLevel": "mandatory", "message": evil + "\nfact " + evil + "\nFix: " + evil}),
		event("policyEvent", map[string]any{"policyName": "exception-used", "enforcementLevel": "advisory", "message": "Rule.\nx: " + evil + "\nExcepted until 2027-01-31: " + evil}),
	}, "\n")
	for _, limit := range []int{previewreport.Limit, 4000, 2000} {
		preview, err := previewreport.Read(strings.NewReader(log))
		require.NoError(t, err)
		report := previewreport.Markdown(preview, previewreport.Options{Stack: "dev", Limit: limit, Docs: "https://docs.example"})
		rendered, err := Render("x", report)
		require.NoError(t, err)
		body := string(rendered)
		for _, markup := range []string{"<script", "<img", "<strong>bold", `>x</a>`, "<!-- gantry-preview:prod"} {
			assert.NotContains(t, body, markup, "in %d bytes", limit)
		}
		withoutCode := regexp.MustCompile(`(?s)<code.*?</code>`).ReplaceAllString(body, "")
		assert.NotContains(t, strings.ReplaceAll(withoutCode, "@media", ""), "@everyone")
		if limit == previewreport.Limit {
			assert.Equal(t, strings.Count(body, "<details>"), strings.Count(body, "</details>"))
			assert.Contains(t, withoutCode, "&lt;script&gt;alert(1)&lt;/script&gt; @\u200beveryone **bold**", "the words are there")
		}
	}
}
