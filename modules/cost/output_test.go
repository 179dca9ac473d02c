package cost

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/modules/spec"
)

func TestOutput(t *testing.T) {
	e := Of(platform(spec.AWS, true), []spec.PoolPlan{
		plan(spec.CapacityOnDemand, 1, 2),
		plan(spec.CapacitySpot, 0, 3, machine("a", 0.10, 0)),
	})
	assert.Equal(t, map[string]any{
		"currency":      "USD",
		"hoursPerMonth": 730,
		"priceDate":     "2026-02-24",
		"priceRegions":  []any{"us-east-1"},
		"controlPlane":  map[string]any{"min": 73.0, "max": 73.0},
		"nat":           map[string]any{"min": 36.5, "max": 36.5},
		"pools": map[string]any{
			"on-demand": map[string]any{"capacity": "on-demand", "min": 81.0, "max": 162.0},
			"spot": map[string]any{
				"capacity": "spot", "min": 0.0, "max": "unknown", "maxAtLeast": 24.0, "maxAtMost": 243.0,
			},
		},
		"onDemand":     map[string]any{"min": 73.0, "max": 146.0},
		"spot":         map[string]any{"min": 0.0, "max": "unknown", "maxAtLeast": 0.0, "maxAtMost": 219.0},
		"total":        map[string]any{"min": 190.5, "max": "unknown", "maxAtLeast": 295.5, "maxAtMost": 514.5},
		"notEstimated": NotEstimated,
	}, e.Output())
}

func TestOutput_WithoutABoundThereIsNone(t *testing.T) {
	e := Of(platform(spec.AWS, true), []spec.PoolPlan{plan(spec.CapacityOnDemand, 1, 1, machine("a", 0, 0))})
	assert.Equal(t, map[string]any{
		"min": "unknown", "minAtLeast": 117.5, "max": "unknown", "maxAtLeast": 117.5,
	}, e.Output()["total"])
}

func TestTable(t *testing.T) {
	p := platform(spec.AWS, true)
	p.Region = "eu-central-1"
	e := Of(p, []spec.PoolPlan{
		plan(spec.CapacityOnDemand, 2, 4),
		plan(spec.CapacitySpot, 0, 3, machine("a", 0.10, 0), machine("b", 0.10, 0)),
	})
	assert.Equal(t, `gantry-test on aws (eu-central-1) a month

ITEM                         WHAT                    COUNT    AT MINIMUM   AT MAXIMUM
control plane                EKS, standard support   1        $73.00       $73.00
NAT gateway                  one for all zones       1        $32.85       $32.85
NAT address                  public IPv4             1        $3.65        $3.65
pool on-demand, on-demand    m.large                 2 to 4   $146.00      $292.00
pool on-demand, root disks   100 GiB gp3             2 to 4   $16.00       $32.00
pool spot, spot              a and 1 like it         0 to 3   $0.00        unknown, at most $219.00
pool spot, root disks        100 GiB gp3             0 to 3   $0.00        $24.00

on-demand nodes                                               $146.00      $292.00
spot nodes                                                    $0.00        unknown, at most $219.00
everything else                                               $125.50      $165.50
total                                                         $271.50      at least $457.50, at most $676.50, 1 price unknown

List prices of us-east-1, read from 2026-02-24 to 2026-08-21; a month has 730 hours. Prices of eu-central-1 differ.
The spot price of a and 1 like it (pool spot) is unknown; it is at most the on-demand price.
Not estimated: `+NotEstimated+".\n", e.Table())
}
