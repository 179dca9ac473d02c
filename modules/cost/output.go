package cost

// unknown is what an output has instead of an amount that is not known.
const unknown = "unknown"

// Output is the estimate as plain values, for the outputs of a stack: amounts
// are US dollars a month, rounded to cents, or the word unknown; next to such a
// word, minAtLeast, maxAtLeast, minAtMost and maxAtMost tell what is known.
// priceDate is the day of the oldest price. Where the cluster belongs to another
// stack there is only builtOn, its name.
func (e Estimate) Output() map[string]any {
	if e.BuiltOn != "" {
		return map[string]any{"builtOn": e.BuiltOn}
	}
	oldest, _ := e.PriceDates()
	pools := map[string]any{}
	for _, item := range e.Items {
		if item.Kind != Nodes {
			continue
		}
		pool := e.Pool(item.Pool).output()
		pool["capacity"] = string(item.Capacity)
		pools[item.Pool] = pool
	}
	regions := []any{}
	for _, region := range e.PriceRegions() {
		regions = append(regions, region)
	}
	return map[string]any{
		"currency":      "USD",
		"hoursPerMonth": HoursPerMonth,
		"priceDate":     oldest,
		"priceRegions":  regions,
		"controlPlane":  e.Kind(ControlPlane).output(),
		"nat":           e.Kind(NATGateway).Plus(e.Kind(NATAddress)).output(),
		"pools":         pools,
		"onDemand":      e.OnDemand().output(),
		"spot":          e.Spot().output(),
		"total":         e.Total().output(),
		"notEstimated":  NotEstimated,
	}
}

func (r Range) output() map[string]any {
	output := map[string]any{}
	for end, money := range map[string]Money{"min": r.Min, "max": r.Max} {
		amount, known := money.Known()
		if known {
			output[end] = cents(amount)
			continue
		}
		output[end] = unknown
		output[end+"AtLeast"] = cents(money.AtLeast())
		if most, ok := money.AtMost(); ok {
			output[end+"AtMost"] = cents(most)
		}
	}
	return output
}
