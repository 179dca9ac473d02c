package charts

import (
	"strings"

	"github.com/agext/levenshtein"
)

// nearest is the known word that was most likely meant: one that the word is a
// part of or has as a part, or one in which no more than a third of the letters
// differ; "" for none.
func nearest(word string, known []string) string {
	best, distance := "", -1
	lower := strings.ToLower(word)
	for _, candidate := range known {
		other := strings.ToLower(candidate)
		away := levenshtein.Distance(lower, other, nil)
		similar := away <= max(1, len(candidate)/3)
		part := len(lower) > 3 && strings.Contains(other, lower)
		whole := len(other) > 3 && strings.Contains(lower, other)
		if !similar && !part && !whole {
			continue
		}
		if distance < 0 || away < distance {
			best, distance = candidate, away
		}
	}
	return best
}
