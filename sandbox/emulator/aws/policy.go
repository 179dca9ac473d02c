package aws

import (
	"encoding/json"
	"errors"
	"slices"
)

// policyDocument is an IAM policy as far as the account looks into it.
type policyDocument struct {
	Statement list[statement]
}

type statement struct {
	Effect    string
	Action    list[string]
	Resource  list[string]
	Principal *principal
	Condition map[string]any
}

// principal is "*" or a map; of its parts, services and everyone matter here.
type principal struct {
	Service  list[string]
	everyone bool
}

// UnmarshalJSON reads both forms.
func (p *principal) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		p.everyone = string(data) == `"*"`
		return nil
	}
	var parts struct{ Service, AWS list[string] }
	err := json.Unmarshal(data, &parts)
	p.Service, p.everyone = parts.Service, slices.Contains(parts.AWS, "*")
	return err
}

// services that a statement is about.
func (s statement) services() []string {
	if s.Principal == nil {
		return nil
	}
	return s.Principal.Service
}

// list is one or many: IAM lets an array of one be written without brackets.
type list[T any] []T

// UnmarshalJSON reads one or many.
func (l *list[T]) UnmarshalJSON(data []byte) error {
	if data[0] == '[' {
		return json.Unmarshal(data, (*[]T)(l))
	}
	var one T
	if err := json.Unmarshal(data, &one); err != nil {
		return err
	}
	*l = list[T]{one}
	return nil
}

func parsePolicy(text string) (policyDocument, error) {
	var p policyDocument
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, err
	}
	if len(p.Statement) == 0 {
		return p, errors.New("the policy has no Statement")
	}
	for _, s := range p.Statement {
		if s.Effect != "Allow" && s.Effect != "Deny" {
			return p, errors.New(`the Effect of a Statement must be "Allow" or "Deny"`)
		}
	}
	return p, nil
}

// trusts tells whether a trust policy lets a service take all of the actions.
func trusts(policy, service string, actions ...string) bool {
	p, err := parsePolicy(policy)
	if err != nil {
		return false
	}
	for _, action := range actions {
		if !slices.ContainsFunc(p.Statement, func(s statement) bool {
			return s.Effect == "Allow" && slices.Contains(s.services(), service) && slices.Contains(s.Action, action)
		}) {
			return false
		}
	}
	return true
}
