// Command policies is the policy pack. The engine starts it for a preview or an
// up with `--policy-pack policies`; what it judges is in rules. Nothing else of
// the pack knows the policy SDK, which is experimental: a change of it ends here.
//
// Nothing may be printed to standard output, on which the engine waits for the
// port of the pack.
package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"

	"gantry.dev/gantry/policies/rules"
	"gantry.dev/gantry/policies/settings"
)

// packName is what the engine shows, and version grows with every change of
// what the pack refuses.
const packName = "gantry"

var version = semver.MustParse("1.0.0")

// namespace of the configuration of a stack.
const namespace = "gantry"

func main() {
	if err := policyx.Main(newPack); err != nil {
		fmt.Fprintln(os.Stderr, "policies:", err)
		os.Exit(1)
	}
}

// newPack makes the pack of one stack.
func newPack(ctx *pulumi.Context) (policyx.PolicyPack, error) {
	chosen, err := settings.For(ctx.Stack())
	if err != nil {
		return nil, err
	}
	written, _ := ctx.GetConfig(namespace + ":" + rules.ExceptionsKey)
	exceptions, unreadable := rules.ParseExceptions(written)
	p := &pack{
		settings: chosen, exceptions: exceptions, unreadable: unreadable, today: time.Now,
		configured: map[string]rules.Values{}, used: map[rules.Exception]bool{}, notes: map[string][]string{},
	}
	return policyx.NewPolicyPack(packName, version, policyx.EnforcementLevelAdvisory, p.policies())
}

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
	// configured are the parameters of the rules as the engine handed them
	// over.
	configured map[string]rules.Values
	// used are the exceptions that let something pass; notes are what is to be
	// told of it, by URN.
	used  map[rules.Exception]bool
	notes map[string][]string
}

var levels = map[rules.Level]policyx.EnforcementLevel{
	rules.Advisory:  policyx.EnforcementLevelAdvisory,
	rules.Mandatory: policyx.EnforcementLevelMandatory,
	rules.Remediate: policyx.EnforcementLevelRemediate,
	rules.Disabled:  policyx.EnforcementLevelDisabled,
}

// policies are the rules as the SDK wants them. A rule becomes up to three
// policies of one name: one that looks at a resource, one that rewrites it and
// one that looks at the stack.
//
// The first and the last of them are about exceptions, because they run in this
// order: those that do not hold must be known before, and those that were used
// afterwards.
func (p *pack) policies() []policyx.Policy {
	all := []policyx.Policy{p.exceptionValid()}
	for _, rule := range rules.All() {
		if p.level(rule) == rules.Remediate {
			all = append(all, p.remediation(rule))
		}
		all = append(all, p.ofResource(rule))
		if rule.JudgeStack != nil {
			all = append(all, p.ofStack(rule))
		}
	}
	return append(all, p.exceptionUsed()...)
}

// level is what the stack's settings say, else the rule's own. A rule that
// cannot rewrite anything refuses.
func (p *pack) level(rule rules.Rule) rules.Level {
	level := p.settings.Level(rule)
	if level == rules.Remediate && rule.Mend == nil {
		return rules.Mandatory
	}
	return level
}

func (p *pack) schema(rule rules.Rule) *policyx.ConfigSchema {
	if len(rule.Parameters) == 0 {
		return nil
	}
	values := p.settings.Values(rule)
	schema := &policyx.ConfigSchema{Properties: map[string]map[string]any{}}
	for _, parameter := range rule.Parameters {
		schema.Properties[parameter.Name] = parameter.Schema(values[parameter.Name])
	}
	return schema
}

// ofResource judges a resource. It is there for every rule: the SDK hands
// parameters to policies of this kind only, and those of the stack hear of
// theirs here.
func (p *pack) ofResource(rule rules.Rule) policyx.Policy {
	return policyx.NewResourceValidationPolicy(rule.ID, policyx.ResourceValidationPolicyArgs{
		Description: rule.Says, EnforcementLevel: levels[p.level(rule)], ConfigSchema: p.schema(rule),
		ValidateResource: func(_ context.Context, args policyx.ResourceValidationArgs) error {
			values := p.configure(rule, args.Config)
			for _, fact := range rule.Check(resourceOf(args.Resource), values) {
				if !p.excepted(rule, args.Resource.URN, fact) {
					args.Manager.ReportViolation(rule.Message(fact), args.Resource.URN)
				}
			}
			return nil
		},
	})
}

func (p *pack) ofStack(rule rules.Rule) policyx.Policy {
	return policyx.NewStackValidationPolicy(rule.ID, policyx.StackValidationPolicyArgs{
		Description: rule.Says, EnforcementLevel: levels[p.level(rule)], ConfigSchema: p.schema(rule),
		ValidateStack: func(_ context.Context, args policyx.StackValidationArgs) error {
			var stack rules.Stack
			for _, resource := range args.Resources {
				stack = append(stack, resourceOf(resource))
			}
			for _, finding := range rule.CheckStack(stack, p.values(rule)) {
				if !p.excepted(rule, finding.URN, finding.Fact) {
					args.Manager.ReportViolation(rule.Message(finding.Fact), finding.URN)
				}
			}
			return nil
		},
	})
}

func (p *pack) remediation(rule rules.Rule) policyx.Policy {
	return policyx.NewResourceRemediationPolicy(rule.ID, policyx.ResourceRemediationPolicyArgs{
		Description: rule.Says, ConfigSchema: p.schema(rule),
		RemediateResource: func(_ context.Context, args policyx.ResourceRemediationArgs) (*property.Map, error) {
			mended, changed := rule.Repair(resourceOf(args.Resource), p.configure(rule, args.Config))
			if !changed || p.excepted(rule, args.Resource.URN, "is left as the program has it") {
				return nil, nil
			}
			return &mended, nil
		},
	})
}

func resourceOf(r policyx.AnalyzerResource) rules.Resource {
	return rules.NewResource(r.URN, r.Name, r.Type, r.Properties, r.Provider.Properties, r.Options.Protect)
}

// configure keeps the parameters that the engine handed over: the stack's
// settings, which it was given as defaults, and what --policy-pack-config says.
func (p *pack) configure(rule rules.Rule, given map[string]any) rules.Values {
	values := p.settings.Values(rule)
	for name, value := range rule.Values(given) {
		if _, said := given[name]; said {
			values[name] = value
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.configured[rule.ID] = values
	return values
}

// values are the parameters of a rule; the stack's settings until the engine
// has told others.
func (p *pack) values(rule rules.Rule) rules.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	if values, told := p.configured[rule.ID]; told {
		return values
	}
	return p.settings.Values(rule)
}

// rule of the policies about exceptions.
func exceptionRule(id string) rules.Rule {
	return rules.ExceptionRules[slices.IndexFunc(rules.ExceptionRules, func(r rules.Rule) bool { return r.ID == id })]
}

// unsound lists what is wrong with an exception today.
func (p *pack) unsound(e rules.Exception) []string {
	return e.Unsound(p.today(), p.values(exceptionRule(rules.ExceptionValid)).Number("days"))
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

// exceptionValid judges the exceptions on the stack itself, which the engine
// asks about first: an up with one that has ended stops before it has changed
// anything.
func (p *pack) exceptionValid() policyx.Policy {
	rule := exceptionRule(rules.ExceptionValid)
	return policyx.NewResourceValidationPolicy(rule.ID, policyx.ResourceValidationPolicyArgs{
		Description: rule.Says, EnforcementLevel: levels[p.level(rule)], ConfigSchema: p.schema(rule),
		ValidateResource: func(_ context.Context, args policyx.ResourceValidationArgs) error {
			if args.Resource.Type != rules.TypeStack {
				return nil
			}
			p.configure(rule, args.Config)
			report := func(fact string) { args.Manager.ReportViolation(rule.Message(fact), args.Resource.URN) }
			if p.unreadable != nil {
				report(p.unreadable.Error())
			}
			for i, exception := range p.exceptions {
				for _, problem := range p.unsound(exception) {
					report(fmt.Sprintf("%s:%s[%d]: %s", namespace, rules.ExceptionsKey, i, problem))
				}
			}
			return nil
		},
	})
}

// exceptionUsed tells of exceptions: on each resource that they let pass, on the
// stack for what is about more than one, and of those that nothing needed.
func (p *pack) exceptionUsed() []policyx.Policy {
	used, unused := exceptionRule(rules.ExceptionUsed), exceptionRule(rules.ExceptionUnused)
	return []policyx.Policy{
		policyx.NewResourceValidationPolicy(used.ID, policyx.ResourceValidationPolicyArgs{
			Description: used.Says, EnforcementLevel: levels[p.level(used)],
			ValidateResource: func(_ context.Context, args policyx.ResourceValidationArgs) error {
				for _, note := range p.take(args.Resource.URN) {
					args.Manager.ReportViolation(note, args.Resource.URN)
				}
				return nil
			},
		}),
		policyx.NewStackValidationPolicy(used.ID, policyx.StackValidationPolicyArgs{
			Description: used.Says, EnforcementLevel: levels[p.level(used)],
			ValidateStack: func(_ context.Context, args policyx.StackValidationArgs) error {
				for _, resource := range args.Resources {
					for _, note := range p.take(resource.URN) {
						args.Manager.ReportViolation(note, resource.URN)
					}
				}
				return nil
			},
		}),
		policyx.NewStackValidationPolicy(unused.ID, policyx.StackValidationPolicyArgs{
			Description: unused.Says, EnforcementLevel: levels[p.level(unused)],
			ValidateStack: func(_ context.Context, args policyx.StackValidationArgs) error {
				for _, exception := range p.unusedExceptions() {
					args.Manager.ReportViolation(unused.Message(exception.String()), "")
				}
				return nil
			},
		}),
	}
}

// take returns the notes on a resource, once.
func (p *pack) take(urn string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	notes := p.notes[urn]
	delete(p.notes, urn)
	return notes
}

// unusedExceptions are those that hold and let nothing pass.
func (p *pack) unusedExceptions() []rules.Exception {
	var unused []rules.Exception
	for _, exception := range p.exceptions {
		p.mu.Lock()
		used := p.used[exception]
		p.mu.Unlock()
		if !used && len(p.unsound(exception)) == 0 {
			unused = append(unused, exception)
		}
	}
	return unused
}
