package platform

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/observability"
	"gantry.dev/gantry/modules/spec"
)

// newRules makes a PrometheusRule for each set of rules: the fixed ones, the
// objective of models without one of their own, and the prices of the pools.
func newRules(in inputs, m *maker) ([]pulumi.Resource, error) {
	sets, err := observability.RuleSets()
	if err != nil {
		return nil, err
	}
	objective, err := observability.BurnRate(observability.DefaultSLO)
	if err != nil {
		return nil, err
	}
	sets = append(sets, observability.RuleSet{Name: "gantry-slo", Groups: []observability.Group{objective}})
	if prices := hourlyPrices(in.handle.Pools); len(prices) > 0 {
		sets = append(sets, observability.RuleSet{Name: "gantry-prices", Groups: []observability.Group{observability.Prices(prices)}})
	}
	var made []pulumi.Resource
	for _, set := range sets {
		set = set.WithRunbooks(in.platform.Addons.Monitoring.Alerts.RunbookBaseURL)
		groups, err := set.Spec()
		if err != nil {
			return nil, err
		}
		rule, err := m.object(object{
			what:       "rules-" + set.Name,
			apiVersion: "monitoring.coreos.com/v1", kind: "PrometheusRule",
			namespace: MonitoringNamespace, name: set.Name,
			spec: groups,
		})
		if err != nil {
			return nil, fmt.Errorf("rules %s: %w", set.Name, err)
		}
		made = append(made, rule)
	}
	return made, nil
}

// hourlyPrices is what a node of each pool costs an hour, in US dollars; pools
// whose price is not known are left out. Which of its machine types a spot pool
// gets is not up to Gantry: the dearest counts.
func hourlyPrices(pools []spec.PoolPlan) map[string]float64 {
	prices := map[string]float64{}
	for _, pool := range pools {
		of := func(m accelerators.Machine) float64 { return m.Price.OnDemand }
		if pool.Capacity == spec.CapacitySpot {
			of = func(m accelerators.Machine) float64 { return m.Price.Spot }
		}
		var each []float64
		for _, machine := range pool.Machines {
			each = append(each, of(machine))
		}
		if len(each) > 0 && slices.Min(each) > 0 {
			prices[pool.Name] = slices.Max(each)
		}
	}
	return prices
}
