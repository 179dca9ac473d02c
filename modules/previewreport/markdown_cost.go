package previewreport

import (
	"fmt"
	"strings"
)

// before is the cost to compare with.
func (r report) before() *Cost {
	if r.Cost.Before == nil {
		return r.compared
	}
	return r.Cost.Before
}

// after is the cost afterwards; of a stack that goes, nothing at all.
func (r report) after() *Cost {
	if r.Cost.Gone {
		return &Cost{}
	}
	return r.Cost.After
}

// costLine is the cost in the summary.
func (r report) costLine() string {
	before, after := r.before(), r.after()
	if after == nil || after.BuiltOn != "" {
		return ""
	}
	least := after.Total.Least
	change := difference(before.total().Least, least)
	switch {
	case before == nil || change == "unknown":
		return least.String() + " a month at least"
	case change == "none":
		return "the same cost at rest"
	default:
		return "**" + change + "** a month at least"
	}
}

// cost is what the stack costs before and after.
func (r report) cost() section {
	before, after := r.before(), r.after()
	if before == nil && after == nil {
		return section{}
	}
	var b strings.Builder
	b.WriteString("### Cost a month\n\n")
	if built := firstBuiltOn(after, before); built != "" {
		fmt.Fprintf(&b, "Nothing is paid by the month here: the cluster belongs to the stack %s.\n\n", code(built))
		return section{rankCost, []string{b.String()}}
	}
	if same := sameCost(before, after); same != "" {
		b.WriteString(same + "\n\n")
		return section{rankCost, []string{b.String()}}
	}
	if after == nil {
		fmt.Fprintf(&b, "Before: **%s** with every pool at its least size; at its greatest %s. The preview stopped before it knew the cost afterwards.\n\n", before.Total.Least, before.Total.Most)
		return section{rankCost, []string{b.String()}}
	}
	fmt.Fprintf(&b, "| | before | after | difference |\n|---|---|---|---|\n")
	b.WriteString(costRow("**with every pool at its least size**", before, after, func(c *Cost) Money { return c.total().Least }))
	b.WriteString(costRow("**with every pool at its greatest size**", before, after, func(c *Cost) Money { return c.total().Most }))
	short := b.String() + "\n"
	if r.Cost.Before != nil && !r.Cost.Gone {
		for _, pool := range r.Cost.changedPools() {
			b.WriteString(poolRow("pool "+code(pool)+", least", before, after, func(c *Cost) Money { return c.pool(pool).Least }))
			b.WriteString(poolRow("pool "+code(pool)+", greatest", before, after, func(c *Cost) Money { return c.pool(pool).Most }))
		}
	}
	b.WriteString("\n" + r.costNotes(before, after))
	return section{rankCost, []string{b.String(), short}}
}

func firstBuiltOn(costs ...*Cost) string {
	for _, cost := range costs {
		if cost != nil && cost.BuiltOn != "" {
			return cost.BuiltOn
		}
	}
	return ""
}

// sameCost says that nothing changes.
func sameCost(before, after *Cost) string {
	if before == nil || after == nil || before.Total != after.Total {
		return ""
	}
	return fmt.Sprintf("As before: **%s** with every pool at its least size; at its greatest %s.", after.Total.Least, after.Total.Most)
}

// poolRow is a row, or nothing where nothing changes.
func poolRow(title string, before, after *Cost, part func(*Cost) Money) string {
	if part(before) == part(after) {
		return ""
	}
	return costRow(title, before, after, part)
}

func costRow(title string, before, after *Cost, part func(*Cost) Money) string {
	was := "nothing"
	if before != nil {
		was = part(before).String()
	}
	change := difference(part(before), part(after))
	if change != "none" && change != "unknown" {
		change = "**" + change + "**"
	}
	return fmt.Sprintf("| %s | %s | %s | %s |\n", title, was, part(after), change)
}

// costNotes says what the prices are.
func (r report) costNotes(before, after *Cost) string {
	known := after
	if known == nil || known.PriceDate == "" {
		known = before
	}
	var notes []string
	if r.Cost.Before == nil && r.compared != nil {
		notes = append(notes, "Compared with the cost that was given, because the stack is new.")
	}
	if known != nil && known.PriceDate != "" {
		notes = append(notes, fmt.Sprintf("List prices of %s, the oldest of %s.", strings.Join(known.PriceRegions, ", "), known.PriceDate))
	}
	if known != nil && known.NotEstimated != "" {
		notes = append(notes, "Not estimated: "+text(known.NotEstimated)+".")
	}
	if len(notes) == 0 {
		return ""
	}
	return "<sub>" + strings.Join(notes, " ") + "</sub>\n\n"
}
