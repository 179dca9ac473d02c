package autoscaler

import (
	"cmp"
	"regexp"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// The expanders that choose. The others leave it to chance, which here is the
// alphabet.
const (
	leastWaste = "least-waste"
	mostPods   = "most-pods"
	byPriority = "priority"
)

// choose takes the best of several options: each expander keeps those that it
// likes best, and what is left is decided the same way every time.
// https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md#what-are-expanders
func choose(options []option, s settings) option {
	for _, expander := range s.expanders {
		switch expander {
		case byPriority:
			options = preferred(options, s.priorities)
		case leastWaste:
			options = least(options, waste)
		case mostPods:
			options = least(options, func(o option) float64 { return -float64(len(o.pods)) })
		}
	}
	return slices.MinFunc(options, func(x, y option) int {
		if order := cmp.Compare(x.unit.group.Name, y.unit.group.Name); order != 0 {
			return order
		}
		if x.unit.group.AnyPlace {
			return cmp.Compare(x.unit.places[0], y.unit.places[0])
		}
		return cmp.Or(cmp.Compare(x.unit.size(), y.unit.size()), cmp.Compare(x.unit.places[0], y.unit.places[0]))
	})
}

// least are the options with the lowest score.
func least(options []option, score func(option) float64) []option {
	best := score(slices.MinFunc(options, func(x, y option) int { return cmp.Compare(score(x), score(y)) }))
	return slices.DeleteFunc(slices.Clone(options), func(o option) bool { return score(o) > best })
}

// waste is the share of cores and of memory that an option leaves unused.
func waste(o option) float64 {
	total := 0.0
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		capacity := o.unit.template.Status.Capacity[name]
		whole := float64(capacity.MilliValue()) * float64(o.count)
		used := 0.0
		for _, pod := range o.pods {
			used += float64(requestsOf(pod)[name])
		}
		if whole > 0 {
			total += (whole - used) / whole
		}
	}
	return total
}

// preferred are the options whose groups match the highest priority. Groups that
// match none come after those that do; when none matches, all are as good.
func preferred(options []option, priorities map[int][]string) []option {
	priority := func(o option) (highest int, matched bool) {
		for number, patterns := range priorities {
			for _, pattern := range patterns {
				if match, err := regexp.MatchString(pattern, o.unit.group.Name); err == nil && match && (!matched || number > highest) {
					highest, matched = number, true
				}
			}
		}
		return highest, matched
	}
	var best []option
	highest := 0
	for _, o := range options {
		number, matched := priority(o)
		switch {
		case !matched || len(best) > 0 && number < highest:
			continue
		case len(best) > 0 && number > highest:
			best = nil
		}
		best, highest = append(best, o), number
	}
	if len(best) == 0 {
		return options
	}
	return best
}
