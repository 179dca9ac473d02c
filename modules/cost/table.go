package cost

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"gantry.dev/gantry/modules/spec"
)

// Table is the estimate for people: a line an item, the sums, and what has to be
// known about the prices. It ends with a newline.
func (e Estimate) Table() string {
	var b strings.Builder
	if e.BuiltOn != "" {
		fmt.Fprintf(&b, "%s adds nothing that is paid by the month: its cluster belongs to the stack %s.\n", e.Name, e.BuiltOn)
		return b.String()
	}
	fmt.Fprintf(&b, "%s a month\n\n", e.Title())
	var aligned bytes.Buffer
	table := tabwriter.NewWriter(&aligned, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "ITEM\tWHAT\tCOUNT\tAT MINIMUM\tAT MAXIMUM")
	for _, item := range e.Items {
		line(table, item.label(), item.What, count(item), item.Monthly)
	}
	fmt.Fprintln(table, "\t\t\t\t")
	line(table, "on-demand nodes", "", "", e.OnDemand())
	line(table, "spot nodes", "", "", e.Spot())
	line(table, "everything else", "", "", e.Rest())
	line(table, "total", "", "", e.Total())
	_ = table.Flush() // into memory
	for row := range strings.Lines(aligned.String()) {
		b.WriteString(strings.TrimRight(row, " \n") + "\n")
	}
	fmt.Fprintf(&b, "\n%s\n", strings.Join(e.Notes(), "\n"))
	return b.String()
}

func line(table *tabwriter.Writer, name, what, count string, monthly Range) {
	fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", name, what, count, monthly.Min, monthly.Max)
}

// Title names what the estimate is for, for example gantry-dev on aws
// (us-east-1).
func (e Estimate) Title() string {
	title := e.Name + " on " + string(e.Cloud)
	if e.Region != "" {
		title += " (" + e.Region + ")"
	}
	return title
}

// label is what the item is called in a table.
func (i Item) label() string {
	switch i.Kind {
	case Nodes:
		return fmt.Sprintf("pool %s, %s", i.Pool, i.Capacity)
	case RootDisks:
		return fmt.Sprintf("pool %s, %s", i.Pool, i.Kind)
	default:
		return string(i.Kind)
	}
}

func count(i Item) string {
	if i.MinCount == i.MaxCount {
		return strconv.Itoa(i.MinCount)
	}
	return fmt.Sprintf("%d to %d", i.MinCount, i.MaxCount)
}

// Notes is what has to be known about the prices, a line each: where and when
// they were read, which are unknown, and what is not estimated.
func (e Estimate) Notes() []string {
	var notes []string
	if oldest, newest := e.PriceDates(); oldest != "" {
		notes = append(notes, e.priceNote(oldest, newest))
	}
	for _, item := range e.Items {
		if item.Monthly.Max.Unknowns() > 0 {
			notes = append(notes, item.unknownNote())
		}
	}
	return append(notes, "Not estimated: "+NotEstimated+".")
}

// unknownNote says which price of the item is unknown, and what is known of it.
func (i Item) unknownNote() string {
	_, bounded := i.Monthly.Max.AtMost()
	switch {
	case i.Capacity == spec.CapacitySpot && bounded:
		return fmt.Sprintf("The spot price of %s (pool %s) is unknown; it is at most the on-demand price.", i.What, i.Pool)
	case i.Pool != "":
		return fmt.Sprintf("The price of %s (pool %s) is unknown.", i.What, i.Pool)
	default:
		return fmt.Sprintf("The price of %s (%s) is unknown.", i.What, i.Kind)
	}
}

func (e Estimate) priceNote(oldest, newest string) string {
	read := "on " + oldest
	if newest != oldest {
		read = "from " + oldest + " to " + newest
	}
	regions := strings.Join(e.PriceRegions(), ", ")
	note := fmt.Sprintf("List prices of %s, read %s; a month has %d hours.", regions, read, HoursPerMonth)
	if e.Region != regions {
		note += " Prices of " + e.Region + " differ."
	}
	return note
}
