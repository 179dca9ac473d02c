package observability

import (
	"maps"
	"slices"
	"strconv"
)

// Prices records what a node of each pool costs an hour, in US dollars; see
// rules/cost.yaml for what is made of it.
func Prices(hourly map[string]float64) Group {
	group := Group{Name: "gantry.prices", Interval: "1m", Rules: []Rule{}}
	for _, pool := range slices.Sorted(maps.Keys(hourly)) {
		group.Rules = append(group.Rules, Rule{
			Record: "gantry:pool_price:usd_per_hour",
			Expr:   "vector(" + strconv.FormatFloat(hourly[pool], 'f', -1, 64) + ")",
			Labels: map[string]string{"pool": pool},
		})
	}
	return group
}
