// Command doc writes docs/policies.md from the rules and their settings. It is
// run at the root of the repository:
//
//	go run ./policies/doc
package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"gantry.dev/gantry/policies/rules"
	"gantry.dev/gantry/policies/settings"
)

// target is what is written, in the repository.
const target = "docs/policies.md"

//go:embed policies.md.tmpl
var page string

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "doc:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	text, err := generate()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, target), text, 0o644)
}

// group is the policies of one part of a platform.
type group struct {
	Name     string
	Policies []policy
}

// policy is a rule as the page shows it.
type policy struct {
	rules.Rule
	// Dev and Prod are its levels in the shipped settings.
	Dev, Prod rules.Level
	// Elsewhere are the ids of the same check in other tools.
	Elsewhere string
	// LooksAt are the types that it judges.
	LooksAt string
	// Whole tells that it looks at the stack as a whole.
	Whole  bool
	Values []value
}

// value is a parameter with what it is in the shipped settings.
type value struct{ Name, Says, Dev, Prod string }

func generate() ([]byte, error) {
	dev, err := settings.For("dev")
	if err != nil {
		return nil, err
	}
	prod, err := settings.For(settings.Strict)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(rules.All(), rules.ExceptionRules)
	var groups []group
	for _, name := range rules.Groups {
		g := group{Name: string(name)}
		for _, rule := range all {
			if rule.Group == name {
				g.Policies = append(g.Policies, describe(rule, dev, prod))
			}
		}
		groups = append(groups, g)
	}
	parsed, err := template.New("policies.md").Parse(page)
	if err != nil {
		return nil, fmt.Errorf("parsing the template of %s: %w", target, err)
	}
	var text bytes.Buffer
	err = parsed.Execute(&text, map[string]any{"Groups": groups, "Count": len(all)})
	return text.Bytes(), err
}

func describe(rule rules.Rule, dev, prod settings.Settings) policy {
	p := policy{
		Rule: rule, Dev: dev.Level(rule), Prod: prod.Level(rule),
		Elsewhere: code(rule.Like), LooksAt: code(rule.Types), Whole: rule.JudgeStack != nil,
	}
	inDev, inProd := dev.Values(rule), prod.Values(rule)
	for _, parameter := range rule.Parameters {
		p.Values = append(p.Values, value{
			Name: parameter.Name, Says: parameter.Says, Dev: show(inDev[parameter.Name]), Prod: show(inProd[parameter.Name]),
		})
	}
	return p
}

// code is a list of words as code.
func code(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = "`" + word + "`"
	}
	return strings.Join(quoted, ", ")
}

// show is a value as a settings file has it.
func show(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return "`" + string(text) + "`"
}
