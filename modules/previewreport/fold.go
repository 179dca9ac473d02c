package previewreport

import (
	"slices"
	"strings"
)

// Limit is how long a comment on GitHub may be, in characters. The report counts
// bytes, of which there are never fewer.
const Limit = 65536

// section is a part of the report that can be told in fewer words.
type section struct {
	// rank says how important it is: the section with the highest is shortened
	// first, as far as it goes, before the next one is.
	rank int
	// levels are its texts, each shorter than the one before. An empty last one
	// drops the section.
	levels []string
}

// The ranks, the most important first. What is lost, and what forbids it, is
// shortened only when everything else is at its shortest.
const (
	rankHead = iota
	rankErrors
	rankMandatory
	rankGone
	rankCost
	rankExceptions
	rankWarnings
	rankUpdates
	rankRemediations
	rankAdvisories
	rankQuotas
	rankCreated
	rankNotes
)

// fold puts sections together, shortened until they fit.
func fold(sections []section, limit int) string {
	chosen := make([]int, len(sections))
	size := 0
	for _, one := range sections {
		size += len(one.levels[0])
	}
	order := make([]int, len(sections))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return sections[b].rank - sections[a].rank })
	for _, i := range order {
		for size > limit && chosen[i] < len(sections[i].levels)-1 {
			size -= len(sections[i].levels[chosen[i]])
			chosen[i]++
			size += len(sections[i].levels[chosen[i]])
		}
	}
	var all strings.Builder
	for i, one := range sections {
		all.WriteString(one.levels[chosen[i]])
	}
	return cutLines(all.String(), limit)
}

// cutNote ends a report that does not fit even at its shortest.
const cutNote = "\n**The report does not fit into a comment. The event log has all of it.**\n"

// cutLines cuts after a whole line. It is the last resort.
func cutLines(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	head := text[:max(0, limit-len(cutNote))]
	return head[:strings.LastIndex(head, "\n")+1] + cutNote
}
