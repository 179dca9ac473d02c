package promtool

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// rule is a rule as Prometheus reads it.
type rule struct {
	Record string `json:"record"`
	Alert  string `json:"alert"`
	Expr   string `json:"expr"`
}

// rules of the files, and those that are generated.
func rules(t *testing.T) []rule {
	t.Helper()
	var all []rule
	for _, file := range files(t, "rules/*.yaml", "testdata/generated.golden.yaml") {
		var read struct {
			Groups []struct {
				Rules []rule `json:"rules"`
			} `json:"groups"`
		}
		load(t, file, &read)
		for _, group := range read.Groups {
			all = append(all, group.Rules...)
		}
	}
	return all
}

func load(t *testing.T, file string, into any) {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(raw, into), file)
}

// metricsOf are the names of the series that an expression reads. Every selector
// has to name one.
func metricsOf(t *testing.T, where, expr string) []string {
	t.Helper()
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	require.NoError(t, err, "%s: %s", where, expr)
	names := map[string]bool{}
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			assert.NotEmpty(t, selector.Name, "%s: a selector names no metric: %s", where, expr)
			names[selector.Name] = true
		}
		return nil
	})
	return slices.Sorted(maps.Keys(names))
}

// variable is one of Grafana's, which stands for a pattern wherever we use it.
var variable = regexp.MustCompile(`\$\{?[a-z_]+\}?`)

// labelValues is how a variable asks for the values of a label.
var labelValues = regexp.MustCompile(`^label_values\((.+), [a-zA-Z_]+\)$`)

// dashboardExprs are all expressions of the dashboards, by where they stand.
func dashboardExprs(t *testing.T) map[string]string {
	t.Helper()
	exprs := map[string]string{}
	for _, file := range files(t, "dashboards/*.json") {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		var board struct {
			Templating struct {
				List []struct{ Name, Type, Definition string } `json:"list"`
			} `json:"templating"`
			Panels []struct {
				Title   string
				Targets []struct{ RefID, Expr string }
			}
		}
		require.NoError(t, json.Unmarshal(raw, &board), file)
		name := filepath.Base(file)
		for _, v := range board.Templating.List {
			if v.Type != "query" {
				continue
			}
			match := labelValues.FindStringSubmatch(v.Definition)
			require.NotNil(t, match, "%s: $%s: %s", name, v.Name, v.Definition)
			exprs[name+": $"+v.Name] = variable.ReplaceAllString(match[1], "x")
		}
		for _, panel := range board.Panels {
			for _, target := range panel.Targets {
				exprs[name+": "+panel.Title+" "+target.RefID] = variable.ReplaceAllString(target.Expr, "x")
			}
		}
	}
	return exprs
}

func TestMetrics_EveryOneThatIsReadExistsAndEveryOneThatIsListedIsRead(t *testing.T) {
	known := map[string]bool{}
	var listed []string
	var table map[string]struct{ Metrics []string }
	load(t, filepath.Join(observability, "metrics.yaml"), &table)
	for _, exporter := range table {
		for _, metric := range exporter.Metrics {
			listed = append(listed, metric)
			known[metric] = true
		}
	}
	fixed := map[string]bool{}
	for _, rule := range rules(t) {
		if rule.Record != "" {
			known[rule.Record], fixed[rule.Record] = true, true
		}
	}

	read := map[string]bool{}
	check := func(where, expr string) {
		for _, metric := range metricsOf(t, where, expr) {
			assert.True(t, known[metric], "%s reads %s, which nothing exports: metrics.yaml", where, metric)
			read[metric] = true
		}
	}
	for _, rule := range rules(t) {
		check(rule.Record+rule.Alert, rule.Expr)
	}
	exprs := dashboardExprs(t)
	require.Greater(t, len(exprs), 40)
	for where, expr := range exprs {
		check(where, expr)
	}
	for _, metric := range listed {
		assert.True(t, read[metric], "nothing reads %s: take it out of metrics.yaml", metric)
		if strings.HasPrefix(metric, "gantry:") {
			assert.True(t, fixed[metric], "no rule records %s", metric)
		}
	}
}

// unitTests is the part of promtool's own format that tells what a test feeds.
type unitTests struct {
	Tests []struct {
		Name  string `json:"name"`
		Input []struct {
			Series string `json:"series"`
		} `json:"input_series"`
		Alerts []struct {
			Name     string `json:"alertname"`
			Expected []any  `json:"exp_alerts"`
		} `json:"alert_rule_test"`
	} `json:"tests"`
}

// An alert that is silent for want of data has shown nothing: a test of its
// silence feeds every metric that it reads, through the rules that it rests on.
func TestAlerts_SilenceIsNotWantOfData(t *testing.T) {
	recorded := map[string][]string{}
	alerts := map[string][]string{}
	for _, rule := range rules(t) {
		metrics := metricsOf(t, rule.Record+rule.Alert, rule.Expr)
		if rule.Record != "" {
			recorded[rule.Record] = append(recorded[rule.Record], metrics...)
		} else {
			alerts[rule.Alert] = append(alerts[rule.Alert], metrics...)
		}
	}
	var inputs func(metric string) []string
	inputs = func(metric string) []string {
		from, ok := recorded[metric]
		if !ok {
			return []string{metric}
		}
		var all []string
		for _, each := range from {
			all = append(all, inputs(each)...)
		}
		return all
	}
	name := regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*`)
	// fed are the alerts whose silence was shown with all that they read.
	fed := map[string]bool{}
	for _, file := range files(t, "testdata/*.test.yaml") {
		var read unitTests
		load(t, file, &read)
		for _, test := range read.Tests {
			given := map[string]bool{}
			for _, input := range test.Input {
				given[name.FindString(input.Series)] = true
			}
			for _, alert := range test.Alerts {
				if len(alert.Expected) > 0 {
					continue
				}
				complete := true
				for _, metric := range alerts[alert.Name] {
					for _, input := range inputs(metric) {
						complete = complete && given[input]
					}
				}
				fed[alert.Name] = fed[alert.Name] || complete
			}
		}
	}
	for alert := range alerts {
		assert.True(t, fed[alert], "no test in which %s is silent has all metrics that it reads", alert)
	}
}
