// Package settings chooses how strict the pack is with a stack: the files of
// policies/config, which are built into the pack. They have the form that
// --policy-pack-config takes, and that option still has the last word.
package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"gantry.dev/gantry/policies/config"
	"gantry.dev/gantry/policies/rules"
)

// Strict is the file of stacks that have none of their own.
const Strict = "prod"

// Settings are levels and parameters by the id of the policy.
type Settings map[string]map[string]any

// levelKey is the level beside the parameters of a policy.
const levelKey = "enforcementLevel"

// For reads the settings of a stack: <stack>.json, else prod.json. Its error
// lists everything in the file that no rule has.
func For(stack string) (Settings, error) {
	text, err := config.Files.ReadFile(stack + ".json")
	if errors.Is(err, fs.ErrNotExist) {
		stack = Strict
		text, err = config.Files.ReadFile(stack + ".json")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the settings of the policies: %w", err)
	}
	parsed, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("policies/config/%s.json: %w", stack, err)
	}
	return parsed, nil
}

func parse(text []byte) (Settings, error) {
	var s Settings
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, err
	}
	var problems []error
	for _, id := range slices.Sorted(maps.Keys(s)) {
		rule, known := find(id)
		if !known {
			problems = append(problems, fmt.Errorf("there is no policy %s", id))
			continue
		}
		if level, ok := s[id][levelKey]; ok && !slices.Contains(rules.Levels, rules.Level(fmt.Sprint(level))) {
			problems = append(problems, fmt.Errorf("%s: %v is no level", id, level))
		}
		for _, problem := range rule.Unaccepted(s.parameters(id)) {
			problems = append(problems, errors.New(problem))
		}
	}
	return s, errors.Join(problems...)
}

func find(id string) (rules.Rule, bool) {
	all := slices.Concat(rules.All(), rules.ExceptionRules)
	if at := slices.IndexFunc(all, func(r rules.Rule) bool { return r.ID == id }); at >= 0 {
		return all[at], true
	}
	return rules.Rule{}, false
}

// parameters of a policy, without its level.
func (s Settings) parameters(id string) map[string]any {
	parameters := maps.Clone(s[id])
	delete(parameters, levelKey)
	return parameters
}

// Level of a rule.
func (s Settings) Level(rule rules.Rule) rules.Level {
	if level, ok := s[rule.ID][levelKey].(string); ok {
		return rules.Level(level)
	}
	return rule.Level
}

// Values of the parameters of a rule.
func (s Settings) Values(rule rules.Rule) rules.Values { return rule.Values(s.parameters(rule.ID)) }
