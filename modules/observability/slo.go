package observability

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SLO is what a model promises its clients. The budget is the part of the
// requests that may fall short of it.
type SLO struct {
	// Namespace and Model that it is for. Both empty: every model that has none of
	// its own.
	Namespace, Model string
	// Availability is the percentage of requests that must not fail with a status
	// of 500 or more, 94 to 99.999.
	Availability float64
	// Latency is what LatencyTarget percent of the requests must be answered in,
	// at least a millisecond. It has to be a bucket of the server's
	// http_request_duration_seconds. Zero: no promise.
	Latency time.Duration
	// LatencyTarget is a percentage, 94 to 99.999.
	LatencyTarget float64
	// LatencyWarns makes slowness a warning and never critical.
	LatencyWarns bool
}

// DefaultSLO is what models without one of their own are held to. Nobody has
// chosen its latency, so that it wakes nobody.
var DefaultSLO = SLO{Availability: 99, Latency: time.Second, LatencyTarget: 95, LatencyWarns: true}

// The least percentages with which the fastest burn rate can be exceeded: 14.4
// times the budget has to be less than every request.
const (
	leastTarget = 94
	mostTarget  = 99.999
)

// burn is a rate at which a budget is used up, and the windows over which it must
// hold: the long one says that it matters, the short one that it still goes on.
type burn struct {
	// rate is how many times faster than the budget of 30 days allows.
	rate float64
	// long and short windows, as Prometheus writes them.
	long, short string
	// hold is how long both must exceed the rate.
	hold string
	fast bool
}

// burns are those of the Site Reliability Workbook: 2 % of the budget in an hour,
// 5 % in six hours, 10 % in a day, 10 % in three days. Source:
// https://sre.google/workbook/alerting-on-slos/
var burns = []burn{
	{rate: 14.4, long: "1h", short: "5m", hold: "2m", fast: true},
	{rate: 6, long: "6h", short: "30m", hold: "15m", fast: true},
	{rate: 3, long: "1d", short: "2h", hold: "1h"},
	{rate: 1, long: "3d", short: "6h", hold: "3h"},
}

// everySeconds is how often the rates that budgets are made of are recorded, in
// seconds: the interval of gantry.models and of the groups made here. The sum of a
// rate over a window, times this, is how many requests there were.
const everySeconds = 60

// leastBad is how many requests of the long window must have fallen short before
// anybody is told: one failure of five at night is no incident.
const leastBad = 10

// windows are those of the burns, shortest first.
var windows = []string{"5m", "30m", "1h", "2h", "6h", "1d", "3d"}

// modelName is a name that needs no escaping in PromQL.
var modelName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// BurnRate is the rules that tell when the budgets of an SLO are used up too fast.
// Those of a model make the default ones leave it alone. An SLO that no alert
// could hold is an error; all its problems are reported at once.
func BurnRate(slo SLO) (Group, error) {
	if err := slo.validate(); err != nil {
		return Group{}, fmt.Errorf("SLO of %s: %w", slo.whose(), err)
	}
	group := Group{Name: "gantry.slo." + slo.id(), Interval: fmt.Sprintf("%ds", everySeconds)}
	if slo.Model != "" {
		group.Rules = append(group.Rules, Rule{
			Record: "gantry:model_slo:info", Expr: "vector(1)",
			Labels: map[string]string{"namespace": slo.Namespace, "model": slo.Model},
		})
	}
	if slo.Latency > 0 {
		group.Rules = append(group.Rules, slo.slowness()...)
	}
	for _, b := range burns {
		group.Rules = append(group.Rules, slo.errorAlert(b))
	}
	if slo.Latency > 0 {
		for _, b := range burns {
			group.Rules = append(group.Rules, slo.latencyAlert(b))
		}
	}
	return group, nil
}

func (s SLO) validate() error {
	var problems []error
	if (s.Namespace == "") != (s.Model == "") {
		problems = append(problems, fmt.Errorf("namespace %q and model %q must both be named, or none", s.Namespace, s.Model))
	}
	for _, name := range []string{s.Namespace, s.Model} {
		if name != "" && !modelName.MatchString(name) {
			problems = append(problems, fmt.Errorf("%q is no name of lower-case letters, digits and '-'", name))
		}
	}
	if !attainable(s.Availability) {
		problems = append(problems, fmt.Errorf("availability %g: use %d to %g percent", s.Availability, leastTarget, mostTarget))
	}
	if s.Latency != 0 && s.Latency < time.Millisecond {
		problems = append(problems, fmt.Errorf("latency %s: use a millisecond or more", s.Latency))
	}
	if s.Latency != 0 && !attainable(s.LatencyTarget) {
		problems = append(problems, fmt.Errorf("latency target %g: use %d to %g percent", s.LatencyTarget, leastTarget, mostTarget))
	}
	return errors.Join(problems...)
}

// attainable tells whether a burn of 14.4 times the budget can happen at all, and
// whether there is a budget.
func attainable(percent float64) bool { return leastTarget <= percent && percent <= mostTarget }

// id tells the rules of one SLO from those of others.
func (s SLO) id() string {
	if s.Model == "" {
		return "default"
	}
	return s.Namespace + "." + s.Model
}

func (s SLO) whose() string {
	if s.Model == "" {
		return "all models"
	}
	return s.Namespace + "/" + s.Model
}

// selecting are the matchers of the series that the SLO is about.
func (s SLO) selecting(more ...string) string {
	matchers := slices.Clone(more)
	if s.Model != "" {
		matchers = append(matchers, "namespace="+strconv.Quote(s.Namespace), "model="+strconv.Quote(s.Model))
	}
	if len(matchers) == 0 {
		return ""
	}
	return "{" + strings.Join(matchers, ", ") + "}"
}

// Probes leaves out the paths that no client asks for, as rules/models.yaml does: a
// matcher of labels in PromQL.
const Probes = `path!~"/(health|healthz|ready|readyz|live|livez|metrics)"`

// slowness records the requests that took longer than the SLO allows, and their
// part of all over each window.
func (s SLO) slowness() []Rule {
	// A histogram without this bucket gives no series, and an alert that never
	// fires; docs/monitoring.md tells how to see it.
	bucket := `le=~"` + bucketPattern(s.Latency) + `"`
	matchers := []string{Probes}
	if s.Model == "" {
		matchers = append(matchers, `model!=""`)
	}
	all, quick := s.selecting(matchers...), s.selecting(append(matchers, bucket)...)
	label := map[string]string{"slo": s.id()}
	rules := []Rule{
		{
			Record: "gantry:model_timed:rate5m", Labels: label,
			Expr: fmt.Sprintf("sum by (namespace, model) (rate(http_request_duration_seconds_count%s[5m]))", all),
		},
		{
			Record: "gantry:model_slow:rate5m", Labels: label,
			Expr: fmt.Sprintf("clamp_min(gantry:model_timed:rate5m{slo=%q} - ignoring (slo) "+
				"sum by (namespace, model) (rate(http_request_duration_seconds_bucket%s[5m])), 0)", s.id(), quick),
		},
	}
	for _, window := range windows {
		rules = append(rules, Rule{
			Record: "gantry:model_slow_ratio:" + window, Labels: label,
			Expr: fmt.Sprintf("avg_over_time(gantry:model_slow:rate5m{slo=%[1]q}[%[2]s]) / (avg_over_time(gantry:model_timed:rate5m{slo=%[1]q}[%[2]s]) > 0)",
				s.id(), window),
		})
	}
	return rules
}

// bucketPattern matches the bound of a bucket as servers write it and as
// Prometheus 3 does, which gives whole numbers a decimal.
func bucketPattern(bound time.Duration) string {
	text := strconv.FormatFloat(bound.Seconds(), 'f', -1, 64)
	pattern := strings.ReplaceAll(text, ".", `\\.`)
	if !strings.Contains(text, ".") {
		pattern += `(\\.0)?`
	}
	return pattern
}

func (s SLO) errorAlert(b burn) Rule {
	return s.alert(b, promise{
		name: "ModelErrorBudgetBurn", ratio: "gantry:model_error_ratio", bad: "gantry:model_errors:rate5m",
		selector: s.selecting(), target: s.Availability, what: "failed",
	})
}

func (s SLO) latencyAlert(b burn) Rule {
	return s.alert(b, promise{
		name: "ModelLatencyBudgetBurn", ratio: "gantry:model_slow_ratio", bad: "gantry:model_slow:rate5m",
		selector: "{slo=" + strconv.Quote(s.id()) + "}", target: s.LatencyTarget,
		what: "took longer than " + s.Latency.String(), warns: s.LatencyWarns,
	})
}

// promise is one of the two halves of an SLO.
type promise struct {
	// name of its alerts, without the speed.
	name string
	// ratio and bad are the recorded part and rate of the requests that fall short.
	ratio, bad string
	// selector of both.
	selector string
	// target in percent.
	target float64
	// what such a request did, for people.
	what string
	// warns keeps the alerts from being critical.
	warns bool
}

func (s SLO) alert(b burn, p promise) Rule {
	name, severity := p.name+"Slow", "warning"
	if b.fast {
		name = p.name + "Fast"
	}
	if b.fast && !p.warns {
		severity = "critical"
	}
	threshold := strconv.FormatFloat(b.rate*(100-p.target)/100, 'g', 6, 64)
	expr := fmt.Sprintf("%[1]s:%[2]s%[3]s > %[5]s and %[1]s:%[4]s%[3]s > %[5]s and sum_over_time(%[6]s%[3]s[%[2]s]) * %[7]d >= %[8]d",
		p.ratio, b.long, p.selector, b.short, threshold, p.bad, everySeconds, leastBad)
	if s.Model == "" {
		expr += " unless on (namespace, model) gantry:model_slo:info"
	}
	return Rule{
		Alert: name, Expr: expr, For: b.hold,
		Labels: map[string]string{"severity": severity, "window": b.long, "slo": s.id()},
		Annotations: map[string]string{"summary": fmt.Sprintf(
			"{{ $value | humanizePercentage }} of the requests to the model {{ $labels.model }} %s over %s; %g %% may.", p.what, b.long, round(100-p.target))},
	}
}

// round leaves out what is an artefact of floating point.
func round(percent float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(percent, 'g', 6, 64), 64)
	return rounded
}
