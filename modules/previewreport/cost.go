package previewreport

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// CostChange is the cost of a stack before and after.
type CostChange struct {
	// Before is nil where there was no stack or it had no estimate; After where
	// the preview did not come to it.
	Before, After *Cost
	// Gone tells that the stack is destroyed: it costs nothing afterwards.
	Gone bool
}

// Cost is the output cost of a stack; see modules/cost/output.go.
type Cost struct {
	// Total, and each pool by name, in US dollars a month.
	Total CostRange
	Pools map[string]CostRange
	// PriceDate is the day of the oldest price, PriceRegions where it was
	// read.
	PriceDate    string
	PriceRegions []string
	// BuiltOn names the stack that pays for the cluster; then there is nothing
	// else.
	BuiltOn string
	// NotEstimated is what is not in it.
	NotEstimated string
}

// CostRange is the cost with every pool at its least and at its greatest size.
type CostRange struct{ Least, Most Money }

// Money is an amount of US dollars, parts of which may be unknown.
type Money struct {
	// Amount is what is known of it.
	Amount float64
	// Unknown tells that it is more than that, and AtMost is the upper bound,
	// where Bounded tells that there is one.
	Unknown bool
	AtMost  float64
	Bounded bool
}

// ParseCost reads the output cost of a stack, for example from `pulumi stack
// output cost --json`.
func ParseCost(data []byte) (*Cost, error) {
	var output map[string]any
	if err := json.Unmarshal(data, &output); err != nil {
		return nil, fmt.Errorf("the output cost of a stack is an object in JSON: %w", err)
	}
	cost := costOf(output)
	if cost == nil {
		return nil, fmt.Errorf("there is neither total nor builtOn in it: it is not the output cost of a stack")
	}
	return cost, nil
}

// cost of the stack, whose resource this is.
func (r *resource) cost() CostChange {
	change := CostChange{}
	if r.old != nil {
		change.Before = costOf(asMap(r.old.Outputs["cost"]))
	}
	op, _ := r.op()
	change.Gone = op == Delete
	if r.new != nil && !change.Gone {
		change.After = costOf(asMap(r.new.Outputs["cost"]))
	}
	return change
}

// costOf reads the output, or is nil where it is none.
func costOf(output map[string]any) *Cost {
	cost := Cost{Pools: map[string]CostRange{}}
	cost.BuiltOn, _ = output["builtOn"].(string)
	total, hasTotal := output["total"].(map[string]any)
	if !hasTotal && cost.BuiltOn == "" {
		return nil
	}
	cost.Total = rangeOf(total)
	for name, pool := range asMap(output["pools"]) {
		cost.Pools[name] = rangeOf(asMap(pool))
	}
	cost.PriceDate, _ = output["priceDate"].(string)
	cost.NotEstimated, _ = output["notEstimated"].(string)
	regions, _ := output["priceRegions"].([]any)
	for _, region := range regions {
		cost.PriceRegions = append(cost.PriceRegions, fmt.Sprint(region))
	}
	return &cost
}

func rangeOf(output map[string]any) CostRange {
	return CostRange{Least: moneyOf(output, "min"), Most: moneyOf(output, "max")}
}

// moneyOf reads an amount, or the word unknown with its bounds beside it.
func moneyOf(output map[string]any, end string) Money {
	if amount, known := number(output[end]); known {
		return Money{Amount: amount}
	}
	money := Money{Unknown: true}
	money.Amount, _ = number(output[end+"AtLeast"])
	money.AtMost, money.Bounded = number(output[end+"AtMost"])
	return money
}

func number(value any) (float64, bool) {
	switch value := value.(type) {
	case float64:
		return value, true
	case json.Number:
		amount, err := value.Float64()
		return amount, err == nil
	default:
		return 0, false
	}
}

// String is the amount for people: $1,030.50, or what is known of it.
func (m Money) String() string {
	switch {
	case !m.Unknown:
		return dollars(m.Amount)
	case m.Bounded && m.Amount > 0:
		return dollars(m.Amount) + " to " + dollars(m.AtMost) + ", a price is unknown"
	case m.Bounded:
		return "unknown, at most " + dollars(m.AtMost)
	case m.Amount > 0:
		return "at least " + dollars(m.Amount) + ", a price is unknown"
	default:
		return "unknown"
	}
}

// difference between two amounts, for people.
func difference(before, after Money) string {
	if before == after {
		return "none"
	}
	change := after.Amount - before.Amount
	if before.Unknown || after.Unknown {
		if sameUnknown(before, after) {
			return signed(change) + ", if the unknown price is the same"
		}
		least, most, bounded := differenceRange(before, after)
		if !bounded {
			return "unknown"
		}
		return signed(least) + " to " + signed(most)
	}
	if math.Abs(change) < 0.005 {
		return "none"
	}
	text := signed(change)
	if before.Amount > 0 && after.Amount > 0 {
		text += " (" + strings.ReplaceAll(fmt.Sprintf("%+.0f", change/before.Amount*100), "-", "−") + " %)"
	}
	return text
}

// sameUnknown tells whether what is unknown is as large in both amounts: then it
// most likely is the same price.
func sameUnknown(before, after Money) bool {
	return before.Bounded && after.Bounded && before.Unknown && after.Unknown &&
		math.Abs((before.AtMost-before.Amount)-(after.AtMost-after.Amount)) < 0.02 // both are sums of cents that were rounded
}

// differenceRange is the smallest and the greatest difference that there can be,
// where both amounts are bounded.
func differenceRange(before, after Money) (least, most float64, bounded bool) {
	return after.Amount - before.most(), after.most() - before.Amount,
		(before.Bounded || !before.Unknown) && (after.Bounded || !after.Unknown)
}

// most is the upper bound of the amount, if it is known or bounded.
func (m Money) most() float64 {
	if m.Unknown {
		return m.AtMost
	}
	return m.Amount
}

func signed(change float64) string {
	if change < 0 {
		return "−" + dollars(-change)
	}
	return "+" + dollars(change)
}

// dollars writes an amount in cents, with commas between thousands.
func dollars(amount float64) string {
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(amount, 'f', 2, 64), ".")
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	return "$" + whole + "." + fraction
}

// changedPools are the names of the pools whose cost differs.
func (c CostChange) changedPools() []string {
	names := map[string]bool{}
	for _, cost := range []*Cost{c.Before, c.After} {
		if cost != nil {
			for name := range cost.Pools {
				names[name] = true
			}
		}
	}
	var changed []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if c.Before.pool(name) != c.After.pool(name) {
			changed = append(changed, name)
		}
	}
	return changed
}

// pool is the cost of a pool, nothing where there is none.
func (c *Cost) pool(name string) CostRange {
	if c == nil {
		return CostRange{}
	}
	return c.Pools[name]
}

// total is the cost of the stack, nothing where there is none.
func (c *Cost) total() CostRange {
	if c == nil {
		return CostRange{}
	}
	return c.Total
}
