package observability

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// allGroups are the fixed groups and the default objective.
func allGroups(t *testing.T) []Group {
	t.Helper()
	sets, err := RuleSets()
	require.NoError(t, err)
	standard, err := BurnRate(DefaultSLO)
	require.NoError(t, err)
	groups := []Group{standard}
	for _, set := range sets {
		groups = append(groups, set.Groups...)
	}
	return groups
}

// alerts by name; several rules may raise one.
func alerts(t *testing.T) map[string][]Rule {
	t.Helper()
	all := map[string][]Rule{}
	for _, group := range allGroups(t) {
		for _, rule := range group.Rules {
			if rule.Alert != "" {
				all[rule.Alert] = append(all[rule.Alert], rule)
			}
		}
	}
	return all
}

func TestRuleSets_AreNamedAfterTheirFiles(t *testing.T) {
	t.Parallel()
	sets, err := RuleSets()
	require.NoError(t, err)
	var names []string
	for _, set := range sets {
		names = append(names, set.Name)
		assert.NotEmpty(t, set.Groups, set.Name)
	}
	assert.Equal(t, []string{
		"gantry-certificates", "gantry-cost", "gantry-gpu", "gantry-models", "gantry-nodes", "gantry-workloads",
	}, names)
}

func TestRules_AreWellFormed(t *testing.T) {
	t.Parallel()
	groups := map[string]bool{}
	for _, group := range allGroups(t) {
		assert.False(t, groups[group.Name], "two groups are called %s", group.Name)
		groups[group.Name] = true
		for _, rule := range group.Rules {
			assert.NotEqual(t, rule.Record == "", rule.Alert == "", "%s: a rule is a record or an alert", group.Name)
			if rule.Record != "" {
				assert.True(t, strings.HasPrefix(rule.Record, "gantry:"), "%s could be anybody's", rule.Record)
			}
		}
	}
}

func TestAlerts_TellWhoIsToldAndWhat(t *testing.T) {
	t.Parallel()
	for name, rules := range alerts(t) {
		for _, rule := range rules {
			assert.Contains(t, []string{"critical", "warning"}, rule.Labels["severity"], name)
			assert.Contains(t, rule.Annotations["summary"], "{{ $labels.", "%s: the summary names what it is about", name)
			assert.True(t, strings.HasSuffix(rule.Annotations["summary"], "."), "%s: the summary is a sentence", name)
		}
	}
}

func TestAlerts_EveryOneHasARunbookAndNoOther(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "docs", "runbooks")
	known := alerts(t)
	for name := range known {
		page, err := os.ReadFile(filepath.Join(folder, name+".md"))
		if !assert.NoError(t, err, "write docs/runbooks/%s.md", name) {
			continue
		}
		assert.True(t, strings.HasPrefix(string(page), "# "+name+"\n"), "%s: the title is the alert", name)
		for _, part := range []string{"## Meaning", "## Impact", "## Diagnosis", "## Mitigation"} {
			assert.Contains(t, string(page), "\n"+part+"\n", name)
		}
		assert.Contains(t, string(page), "```console\n", "%s: a diagnosis has commands", name)
	}
	pages, err := filepath.Glob(filepath.Join(folder, "*.md"))
	require.NoError(t, err)
	for _, page := range pages {
		name := strings.TrimSuffix(filepath.Base(page), ".md")
		if name != "README" {
			assert.Contains(t, known, name, "%s is the runbook of no alert", page)
		}
	}
}

func TestWithRunbooks_LinksEveryAlert(t *testing.T) {
	t.Parallel()
	set := RuleSet{Groups: []Group{{Rules: []Rule{
		{Record: "gantry:x"},
		{Alert: "ModelDown", Annotations: map[string]string{"summary": "down"}},
		{Alert: "Own", Annotations: map[string]string{"runbook_url": "https://example.com/own"}},
	}}}}
	for base, want := range map[string]string{
		"":                                "docs/runbooks/ModelDown.md",
		"https://docs.example.com/pages/": "https://docs.example.com/pages/ModelDown.md",
	} {
		rules := set.WithRunbooks(base).Groups[0].Rules
		assert.Nil(t, rules[0].Annotations)
		assert.Equal(t, map[string]string{"summary": "down", "runbook_url": want}, rules[1].Annotations)
		assert.Equal(t, "https://example.com/own", rules[2].Annotations["runbook_url"])
	}
	assert.Len(t, set.Groups[0].Rules[1].Annotations, 1, "the set itself is not changed")
}

// unitTests is what promtool reads; sandbox/tools/promtool runs it.
type unitTests struct {
	Tests []struct {
		Name   string `json:"name"`
		Alerts []struct {
			Name     string `json:"alertname"`
			Expected []struct {
				Labels map[string]string `json:"exp_labels"`
			} `json:"exp_alerts"`
		} `json:"alert_rule_test"`
	} `json:"tests"`
}

// A test of an alert that does not exist would pass for ever, and so would one of
// an alert that can only be silent.
func TestAlerts_EveryRuleIsTestedFiringAndSilent(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.test.yaml")
	require.NoError(t, err)
	fired, silent := map[string]bool{}, map[string]bool{}
	known := alerts(t)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		var tests unitTests
		require.NoError(t, yaml.Unmarshal(raw, &tests), file)
		for _, test := range tests.Tests {
			assert.NotEmpty(t, test.Name, file)
			for _, alert := range test.Alerts {
				assert.Contains(t, known, alert.Name, "%s: %s tests an alert that does not exist", file, test.Name)
				if len(alert.Expected) == 0 {
					silent[alert.Name] = true
				}
				for _, expected := range alert.Expected {
					fired[key(alert.Name, expected.Labels)] = true
				}
			}
		}
	}
	for name, rules := range known {
		assert.True(t, silent[name], "no test in which %s is silent", name)
		for _, rule := range rules {
			assert.True(t, fired[key(name, rule.Labels)], "no test in which %s fires with %v", name, rule.Labels)
		}
	}
}

// key tells the rules of one alert apart.
func key(alert string, labels map[string]string) string {
	return alert + " " + labels["slo"] + " " + labels["window"] + " " + labels["severity"]
}

func TestPrices_AreOneSeriesAPool(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []Rule{
		{Record: "gantry:pool_price:usd_per_hour", Expr: "vector(0.8048)", Labels: map[string]string{"pool": "serve"}},
		{Record: "gantry:pool_price:usd_per_hour", Expr: "vector(27.44704)", Labels: map[string]string{"pool": "train"}},
	}, Prices(map[string]float64{"train": 27.44704, "serve": 0.8048}).Rules)
	assert.NotNil(t, Prices(nil).Rules, "a PrometheusRule takes an empty list and not null")
}

func TestSpec_LeavesOutWhatIsNotSet(t *testing.T) {
	t.Parallel()
	spec, err := RuleSet{Groups: []Group{{Name: "g", Rules: []Rule{{Record: "gantry:x", Expr: "1"}}}}}.Spec()
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"groups": []any{map[string]any{
		"name": "g", "rules": []any{map[string]any{"record": "gantry:x", "expr": "1"}},
	}}}, spec)
}
