// Package observability is the alerts, recording rules and dashboards that every
// platform gets, and those that are made from a service level objective or from
// prices. The fixed ones lie in rules/ and dashboards/ as Prometheus and Grafana
// read them, so that promtool and a Grafana can be pointed at the files.
package observability

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// Group is rules that Prometheus evaluates one after the other.
type Group struct {
	// Name of the group, one in the whole cluster.
	Name string `json:"name"`
	// Interval between evaluations, for example 1m; empty for Prometheus' own.
	Interval string `json:"interval,omitempty"`
	// Rules in the order of evaluation.
	Rules []Rule `json:"rules"`
}

// Rule records a series or raises an alert: one of Record and Alert is set.
type Rule struct {
	// Record is the name of the recorded series.
	Record string `json:"record,omitempty"`
	// Alert is the name of the alert, and of its page in docs/runbooks.
	Alert string `json:"alert,omitempty"`
	// Expr is PromQL.
	Expr string `json:"expr"`
	// For is how long the expression must hold before the alert fires.
	For string `json:"for,omitempty"`
	// Labels of the series or the alert, on top of those of the expression.
	Labels map[string]string `json:"labels,omitempty"`
	// Annotations of the alert, for people.
	Annotations map[string]string `json:"annotations,omitempty"`
}

// RuleSet is the groups of one PrometheusRule.
type RuleSet struct {
	// Name of the set: gantry- and what it is about.
	Name string
	// Groups of the set.
	Groups []Group
}

//go:embed rules/*.yaml
var ruleFiles embed.FS

// ruleFile is a file of rules as Prometheus reads it.
type ruleFile struct {
	Groups []Group `json:"groups"`
}

// RuleSets are the fixed rules, one set a file, sorted by name. An error says
// that the program was built with a broken file.
func RuleSets() ([]RuleSet, error) {
	entries, err := ruleFiles.ReadDir("rules")
	if err != nil {
		return nil, fmt.Errorf("reading the rules: %w", err)
	}
	var sets []RuleSet
	for _, entry := range entries {
		raw, err := ruleFiles.ReadFile("rules/" + entry.Name())
		if err != nil {
			return nil, fmt.Errorf("reading the rules: %w", err)
		}
		var file ruleFile
		if err := yaml.UnmarshalStrict(raw, &file); err != nil {
			return nil, fmt.Errorf("reading the rules, %s: %w", entry.Name(), err)
		}
		sets = append(sets, RuleSet{Name: "gantry-" + strings.TrimSuffix(entry.Name(), ".yaml"), Groups: file.Groups})
	}
	return sets, nil
}

// runbookFolder is where the runbooks lie in this repository.
const runbookFolder = "docs/runbooks"

// WithRunbooks adds to each alert where its runbook is: below the base URL, or in
// this repository where there is none. The set itself is not changed.
func (s RuleSet) WithRunbooks(base string) RuleSet {
	if base == "" {
		base = runbookFolder
	}
	base = strings.TrimSuffix(base, "/")
	s.Groups = slices.Clone(s.Groups)
	for i, group := range s.Groups {
		group.Rules = slices.Clone(group.Rules)
		for j, rule := range group.Rules {
			if rule.Alert == "" {
				continue
			}
			annotations := map[string]string{"runbook_url": base + "/" + rule.Alert + ".md"}
			maps.Copy(annotations, rule.Annotations)
			group.Rules[j].Annotations = annotations
		}
		s.Groups[i] = group
	}
	return s
}

// Spec is the specification of a PrometheusRule with the groups, as the fields of
// a custom resource.
func (s RuleSet) Spec() (map[string]any, error) {
	raw, err := json.Marshal(ruleFile{Groups: s.Groups})
	if err != nil {
		return nil, fmt.Errorf("rules %s: %w", s.Name, err)
	}
	var spec map[string]any
	if err := json.Unmarshal(raw, &spec); err != nil {
		return nil, fmt.Errorf("rules %s: %w", s.Name, err)
	}
	return spec, nil
}
