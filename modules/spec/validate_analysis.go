package spec

import "fmt"

// checkAnalysis reports an analysis that would have nothing to judge by, or
// nothing to decide.
func checkAnalysis(r *report, p Platform, at string, m Model) {
	a := m.Rollout.Analysis
	if !On(p.Addons.Monitoring.Enabled) && p.Has(LayerPlatform) {
		r.add(at+".maxErrorRate", a.MaxErrorRate, "cannot be measured: gantry:addons.monitoring.enabled is false", "enable the monitoring, or remove analysis")
	}
	checkDuration(r, at+".maxP95", a.MaxP95)
	for i, step := range a.Steps {
		where := fmt.Sprintf("%s.steps[%d]", at, i)
		switch {
		case step < 1 || step > 100:
			r.add(where, step, "is no weight in percent", "use 1 to 100")
		case i > 0 && step <= a.Steps[i-1]:
			r.add(where, step, "does not rise above the step before it", "put the steps in rising order")
		}
	}
	// A version without requests is never judged well, and one that has taken work
	// from a queue has taken it whatever its share.
	if m.Scale.ToZero {
		r.add(at+".maxErrorRate", a.MaxErrorRate, "judges replicas, and scale.toZero leaves none", "remove scale.toZero, or analysis")
	}
	if m.Scale.Queue.isSet() {
		r.add(at+".maxErrorRate", a.MaxErrorRate, "judges requests, and the new version would take from scale.queue whatever its share", "remove scale.queue, or analysis")
	}
}

// analysedNames are what objects around an analysed model of the name are called:
// the Deployments of the new version and of the one that serves, and the Services
// that Flagger makes.
func analysedNames(model string) []string {
	return []string{model + "-canary", model + "-next", model + "-next-primary", model + "-primary"}
}

// checkAnalysedNames reports models that are called like an object of another.
func checkAnalysedNames(r *report, p Platform, models []string) {
	for _, name := range models {
		if !p.Models[name].Rollout.Analysed() {
			continue
		}
		for _, other := range analysedNames(name) {
			if _, taken := p.Models[other]; taken {
				r.add(join("gantry:models", other), other, "is what a part of model "+name+" is called, whose rollout has an analysis", "rename one of the two")
			}
		}
	}
}
