package previewreport

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A preview of everything at once, of a size.
func everything(t *testing.T, size int) *Preview {
	t.Helper()
	var lines []string
	for i := range size {
		name := func(what string) string { return fmt.Sprintf("gantry-dev-%s-%05d", what, i) }
		old, new := map[string]any{"size": i, "spec": map[string]any{"x": "old"}}, map[string]any{"size": i + 1, "spec": map[string]any{"x": "new"}}
		lines = append(lines,
			stepLine("replace", "aws:eks/nodeGroup:NodeGroup", name("pool"), old, new, map[string]any{"detailedDiff": detailed("size", "update-replace"), "keys": []any{"size"}}),
			stepLine("delete", "aws:kms/key:Key", name("key"), old, nil, nil),
			stepLine("update", "aws:iam/role:Role", name("role"), old, new, map[string]any{"detailedDiff": detailed("spec.x", "update")}),
			stepLine("create", "aws:ec2/subnet:Subnet", name("subnet"), nil, new, nil),
			policyLine("mandatory", "image-pinned", urn("aws:iam/role:Role", name("role")), fmt.Sprintf("Pinned.\nfact %d\nFix: pin\nMore: docs/policies.md#image-pinned", i)),
			policyLine("advisory", "job-ends", urn("aws:iam/role:Role", name("role")), fmt.Sprintf("Ends.\nadvice %d", i)),
			policyLine("advisory", "exception-used", urn("aws:iam/role:Role", name("role")), fmt.Sprintf("Used.\nkey-rotation: case %d\nExcepted until 2027-01-31: why %d", i, i)),
			diagnostic("warning", fmt.Sprintf("warning %d\nfix: mend %d", i, i)),
			diagnostic("info", fmt.Sprintf("note %d", i)),
		)
	}
	lines = append(lines, diagnostic("info", quotaHeading+"\n"+strings.Repeat("  8 vCPU  CPUS\n", size)), stackLine("same", estimate(1, 2), estimate(2, 3)), succeeded)
	return read(t, lines...)
}

func TestMarkdown_PutsWhatIsLostFirst(t *testing.T) {
	t.Parallel()
	report := Markdown(everything(t, 1), Options{})
	at := -1
	for _, want := range []string{
		"<!-- gantry-preview:dev -->\n## Preview of `dev`: 1 to replace, 1 to delete, 1 to update, 1 to create",
		"### Policies that refuse this", "### Replaced and deleted", "**Deleted: encryption key `gantry-dev-key-00000`**. When its waiting period",
		"**Replaced: node group `gantry-dev-pool-00000`**, because of `size` from `0` to `1`. New nodes come up first", "### Cost a month", "### Changed in place",
		"### Created", "### Exceptions in use", "Advice of policies", "### Warnings", "Quotas", "Messages",
	} {
		next := strings.Index(report, want)
		assert.Greater(t, next, at, want)
		at = next
	}
}

// However large a preview is, the report fits; and what it gives up is the least
// important first.
func TestMarkdown_FitsAndFoldsTheLeastImportantFirst(t *testing.T) {
	t.Parallel()
	p := everything(t, 120)
	full := len(Markdown(p, Options{Limit: 10 << 20}))
	assert.Greater(t, full, Limit/2)

	// What shows that a section is still told in full, the most important first.
	parts := []string{
		"**Replaced: node group `gantry-dev-pool-00119`**, because of `size` from `119` to `120`.",
		"why 119", "Fix: mend 119", "`spec.x` from `old` to `new`", "advice 119", "| 8 vCPU | CPUS |", "<code>gantry-dev-subnet-00119</code>", "note 119",
	}
	seen := map[int]bool{}
	for limit := full; limit > 2000; limit -= full / 40 {
		report := Markdown(p, Options{Limit: limit})
		assert.LessOrEqual(t, len(report), limit)
		assert.True(t, strings.HasPrefix(report, "<!-- gantry-preview:dev -->\n## Preview of `dev`: 120 to replace, 120 to delete"), "the head stays")
		told := 0
		for told < len(parts) && strings.Contains(report, parts[told]) {
			told++
		}
		for _, part := range parts[told:] {
			assert.NotContains(t, report, part, "it is told in %d bytes, and %q is not", limit, parts[told])
		}
		seen[told] = true
	}
	assert.Greater(t, len(seen), 4, "sections went one after the other")
	assert.True(t, seen[0] && seen[len(parts)])
}

func TestMarkdown_FitsIntoACommentAtAnySize(t *testing.T) {
	t.Parallel()
	report := Markdown(everything(t, 3000), Options{})
	assert.LessOrEqual(t, len(report), Limit)
	assert.Contains(t, report, "- **Replaced: 3000 × node group**")
	assert.Contains(t, report, "- **Deleted: 3000 × encryption key**")
	assert.Contains(t, report, "3000 findings: `image-pinned`.")
}

func TestCode_HoldsBackticks(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"x": "`x`", "a`b": "``a`b``", "`a": "`` `a ``", "a\nb": "`a b`", "a``b": "```a``b```", "": "(nothing)"} {
		assert.Equal(t, want, code(value))
	}
}

func TestMarkdown_SaysHowAPreviewEnded(t *testing.T) {
	t.Parallel()
	created := stepLine("create", "aws:kms/key:Key", "key", nil, map[string]any{}, nil)
	failed := `{"summaryEvent":{"result":"failed"}}`
	for name, test := range map[string]struct {
		lines   []string
		options Options
		want    []string
	}{
		"nothing changes":   {[]string{stepLine("same", "aws:kms/key:Key", "key", nil, map[string]any{}, nil), succeeded}, Options{}, []string{": no changes\n", "1 resource stays as it is"}},
		"no policy pack":    {[]string{created, `{"summaryEvent":{"result":"succeeded"}}`}, Options{}, []string{"**no policy pack judged it**"}},
		"it failed":         {[]string{created, diagnostic("error", "no quota"), failed}, Options{}, []string{": failed, 1 to create\n", "**The preview failed**", "### Errors\n\n```text\nno quota\n```"}},
		"it failed at once": {[]string{diagnostic("error", "bad"), failed}, Options{}, []string{": failed\n"}},
		"the command died":  {[]string{created, succeeded}, Options{ExitCode: 137}, []string{": failed, 1 to create\n", "exit code 137"}},
		"no log":            {nil, Options{Stack: "dev", ExitCode: 255}, []string{"`dev`: no result\n", "did not come to its end"}},
		"protected":         {[]string{strings.Replace(stepLine("delete", "aws:kms/key:Key", "key", map[string]any{}, nil, nil), `"custom":true`, `"custom":true,"protect":true`, 1), succeeded}, Options{}, []string{"**It is protected: Pulumi refuses this.**"}},
		"retained":          {[]string{strings.Replace(stepLine("delete", "aws:kms/key:Key", "key", map[string]any{}, nil, nil), `"custom":true`, `"custom":true,"retainOnDelete":true`, 1), succeeded}, Options{}, []string{"stays in the account"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := Markdown(read(t, test.lines...), test.options)
			for _, want := range test.want {
				assert.Contains(t, report, want)
			}
		})
	}
}

func TestMarker_IsOneLineThatFindsOneStack(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "<!-- gantry-preview:dev -->", Marker("dev"))
	assert.Equal(t, "<!-- gantry-preview:org/gantry/dev_1.x -->", Marker("org/gantry/dev_1.x"))
	assert.NotContains(t, strings.TrimSuffix(Marker("a-->\n"), " -->"), "-->")
}

func TestWrapLines_BreaksBetweenWordsOnly(t *testing.T) {
	t.Parallel()
	words := strings.Repeat("word ", 30)
	wrapped := wrapLines("short\n  " + words + "\n" + strings.Repeat("x", 200))
	lines := strings.Split(wrapped, "\n")
	assert.Equal(t, "short", lines[0])
	assert.Equal(t, strings.Repeat("x", 200), lines[len(lines)-1])
	assert.Len(t, lines, 4)
	for _, line := range lines[1:3] {
		assert.LessOrEqual(t, len(line), widest)
		assert.True(t, strings.HasPrefix(line, "  word"))
	}
	assert.Equal(t, strings.Fields(words), strings.Fields(lines[1]+" "+lines[2]))
}

func TestQuotaTable_FollowsTheColumns(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `| needed | of | code | note |
|---|---|---|---|
| 8 vCPU | Standard (A, C) instances | L-1 |  |
| 110 of 8187 addresses | Nodes |  | of gantry:cluster |
`, quotaTable("8 vCPU                 Standard (A, C) instances  L-1\n110 of 8187 addresses  Nodes                           of gantry:cluster"))
	assert.Equal(t, "| needed | of | note |\n|---|---|---|\n| 1 | CPUS | x |\n| 12 | A | yy |\n", quotaTable("1   CPUS  x\n12  A     yy"))
	assert.Equal(t, "```text\none column\n```\n", quotaTable("one column"))
}
