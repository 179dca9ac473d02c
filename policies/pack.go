package main

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"gantry.dev/gantry/policies/rules"
	"gantry.dev/gantry/policies/settings"
)

// namespace of the configuration of a stack.
const namespace = "gantry"

// pack is the state of one run. The engine asks about several resources at a
// time.
type pack struct {
	settings   settings.Settings
	exceptions []rules.Exception
	// unreadable is why the exceptions could not be read.
	unreadable error
	// today tells the time.
	today func() time.Time

	mu sync.Mutex
	// all are the policies, as the engine configured them. The slice is never
	// changed, only replaced.
	all []policy
	// used are the exceptions that let something pass; notes are what is to be
	// told of it, by URN.
	used  map[rules.Exception]bool
	notes map[string][]string
}

// policy is a rule at the level and with the parameters that a stack has.
type policy struct {
	rules.Rule
	level  rules.Level
	values rules.Values
}

// verdict is a violation of a policy, with the resource to blame for it.
type verdict struct {
	policy
	urn, message string
}

// newPack makes the pack of one stack, with the exceptions that are written in
// its configuration. A stack without settings of its own has the strict ones.
func newPack(stack, exceptions string) (*pack, error) {
	chosen, err := settings.For(stack)
	if err != nil {
		return nil, err
	}
	p := &pack{settings: chosen, today: time.Now, used: map[rules.Exception]bool{}, notes: map[string][]string{}}
	p.exceptions, p.unreadable = rules.ParseExceptions(exceptions)
	for _, rule := range slices.Concat(rules.All(), rules.ExceptionRules) {
		p.all = append(p.all, policy{Rule: rule, level: possible(rule, chosen.Level(rule)), values: chosen.Values(rule)})
	}
	return p, nil
}

// possible is the level that a rule can have: one that cannot rewrite anything
// refuses.
func possible(rule rules.Rule, level rules.Level) rules.Level {
	if level == rules.Remediate && rule.Mend == nil {
		return rules.Mandatory
	}
	return level
}

// configure sets the level and the parameters that the engine hands over for a
// policy: the stack's settings, which it was given as defaults, and what
// --policy-pack-config says.
func (p *pack) configure(id string, level rules.Level, given map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := slices.IndexFunc(p.all, func(one policy) bool { return one.ID == id })
	if at < 0 {
		return
	}
	rule := p.all[at].Rule
	values := p.settings.Values(rule)
	for name, value := range rule.Values(given) {
		if _, said := given[name]; said {
			values[name] = value
		}
	}
	p.all = slices.Clone(p.all)
	p.all[at] = policy{Rule: rule, level: possible(rule, level), values: values}
}

// policies are all that the pack has.
func (p *pack) policies() []policy {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all
}

// policy is the one with an id, which must be of the pack.
func (p *pack) policy(id string) policy {
	all := p.policies()
	return all[slices.IndexFunc(all, func(one policy) bool { return one.ID == id })]
}

// judge looks at one resource, before anything is done to it. The exceptions are
// judged on the stack itself, which the engine asks about first: an up with one
// that has ended stops before it has changed anything.
func (p *pack) judge(r rules.Resource) []verdict {
	var found []verdict
	if r.Type == rules.TypeStack {
		found = p.exceptionsValid(r.URN)
	}
	for _, one := range p.policies() {
		if one.level == rules.Disabled {
			continue
		}
		for _, fact := range one.Check(r, one.values) {
			found = p.add(found, one, r.URN, fact)
		}
	}
	return append(found, p.exceptionsUsed(r.URN)...)
}

// judgeStack looks at all resources together, after everything is done.
func (p *pack) judgeStack(stack rules.Stack) []verdict {
	var found []verdict
	for _, one := range p.policies() {
		if one.level == rules.Disabled {
			continue
		}
		for _, finding := range one.CheckStack(stack, one.values) {
			found = p.add(found, one, finding.URN, finding.Fact)
		}
	}
	for _, r := range stack {
		found = append(found, p.exceptionsUsed(r.URN)...)
	}
	return append(found, p.exceptionsUnused()...)
}

// add adds a violation, unless an exception lets it pass.
func (p *pack) add(found []verdict, one policy, urn, fact string) []verdict {
	if p.excepted(one.Rule, urn, fact) {
		return found
	}
	return append(found, verdict{policy: one, urn: urn, message: one.Message(fact)})
}

// mending is what a policy makes of the properties of a resource.
type mending struct {
	policy
	properties property.Map
}

// mend rewrites what policies may rewrite, one after the other.
func (p *pack) mend(r rules.Resource) []mending {
	var done []mending
	for _, one := range p.policies() {
		if one.level != rules.Remediate {
			continue
		}
		mended, changed := one.Repair(r, one.values)
		if !changed || p.excepted(one.Rule, r.URN, "is left as the program has it") {
			continue
		}
		done = append(done, mending{one, mended})
		r.Properties = rules.NewValue(mended)
	}
	return done
}

// unsound lists what is wrong with an exception today.
func (p *pack) unsound(e rules.Exception) []string {
	return e.Unsound(p.today(), p.policy(rules.ExceptionValid).values.Number("days"))
}

// excepted tells whether an exception lets a violation pass, and remembers to
// tell of it.
func (p *pack) excepted(rule rules.Rule, urn, fact string) bool {
	sound := slices.DeleteFunc(slices.Clone(p.exceptions), func(e rules.Exception) bool { return len(p.unsound(e)) > 0 })
	exception, covered := rules.Covering(sound, rule.ID, urn)
	if !covered {
		return false
	}
	note := fmt.Sprintf("%s: %s\nExcepted until %s: %s", rule.ID, fact, exception.Until, exception.Reason)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used[exception] = true
	if !slices.Contains(p.notes[urn], note) {
		p.notes[urn] = append(p.notes[urn], note)
	}
	return true
}

// exceptionsValid refuses exceptions that do not hold.
func (p *pack) exceptionsValid(root string) []verdict {
	valid := p.policy(rules.ExceptionValid)
	if valid.level == rules.Disabled {
		return nil
	}
	var found []verdict
	report := func(fact string) {
		found = append(found, verdict{policy: valid, urn: root, message: valid.Message(fact)})
	}
	if p.unreadable != nil {
		report(p.unreadable.Error())
	}
	for i, exception := range p.exceptions {
		for _, problem := range p.unsound(exception) {
			report(fmt.Sprintf("%s:%s[%d]: %s", namespace, rules.ExceptionsKey, i, problem))
		}
	}
	return found
}

// exceptionsUsed tells once of the exceptions that let a resource pass.
func (p *pack) exceptionsUsed(urn string) []verdict {
	used := p.policy(rules.ExceptionUsed)
	if used.level == rules.Disabled {
		return nil
	}
	p.mu.Lock()
	notes := p.notes[urn]
	delete(p.notes, urn)
	p.mu.Unlock()
	var found []verdict
	for _, note := range notes {
		found = append(found, verdict{policy: used, urn: urn, message: note})
	}
	return found
}

// exceptionsUnused tells of the exceptions that hold and let nothing pass.
func (p *pack) exceptionsUnused() []verdict {
	unused := p.policy(rules.ExceptionUnused)
	if unused.level == rules.Disabled {
		return nil
	}
	p.mu.Lock()
	used := maps.Clone(p.used)
	p.mu.Unlock()
	var found []verdict
	for _, exception := range p.exceptions {
		if !used[exception] && len(p.unsound(exception)) == 0 {
			found = append(found, verdict{policy: unused, message: unused.Message(exception.String())})
		}
	}
	return found
}
