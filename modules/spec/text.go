package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"gantry.dev/gantry/modules/accelerators"
)

// distinct is each choice once, smallest first where they are numbers.
func distinct(machines []accelerators.Machine, choice func(accelerators.Machine) string) []string {
	var choices []string
	for _, machine := range machines {
		choices = append(choices, choice(machine))
	}
	slices.SortFunc(choices, comparePaths)
	return slices.Compact(choices)
}

// oneOf writes choices as a person would: a, b or c.
func oneOf[T ~string](choices []T) string {
	texts := make([]string, len(choices))
	for i, choice := range choices {
		texts[i] = string(choice)
	}
	if len(texts) < 2 {
		return strings.Join(texts, "")
	}
	last := len(texts) - 1
	return strings.Join(texts[:last], ", ") + " or " + texts[last]
}

// gib is the whole GiB in an amount, so that what it names always fits.
func gib(mib int) string { return fmt.Sprintf("%dGi", mib/1024) }

// choice is the fix for a value that is none of the choices, which are sorted:
// all of them, or the greatest where they are many.
func choice(choices []string) string {
	const many = 5
	if len(choices) > many {
		return "ask for " + choices[len(choices)-1] + " or less"
	}
	return "choose " + oneOf(choices)
}

func gpuText(pool Pool) string {
	if pool.GPU == "" {
		return "without a GPU"
	}
	return "with " + gpuName(pool)
}

func gpuName(pool Pool) string { return fmt.Sprintf("%d %s", pool.GPUCount, pool.GPU) }

// nearest is the known word that a person most likely meant, or "" when none is
// near: more than a third of its letters would have to change.
func nearest[T ~string](word string, known []T) T {
	var best T
	bestDistance := -1
	for _, candidate := range slices.Sorted(slices.Values(known)) {
		distance := levenshtein.Distance(strings.ToLower(word), strings.ToLower(string(candidate)), nil)
		if limit := max(2, len(candidate)/3); distance > limit || distance >= len(candidate) {
			continue
		}
		if bestDistance < 0 || distance < bestDistance {
			best, bestDistance = candidate, distance
		}
	}
	return best
}

// choose is the fix for a word that is none of the known ones.
func choose[T ~string](word string, known []T) string {
	if near := nearest(word, known); near != "" {
		return fmt.Sprintf("did you mean %s? Known: %s", near, oneOf(known))
	}
	return "use " + oneOf(known)
}
