package cost

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/spec"
)

// platform is one with all layers in two zones.
func platform(cloud spec.Cloud, protect bool) spec.Platform {
	regions := map[spec.Cloud]string{spec.AWS: "us-east-1", spec.GCP: "us-central1", spec.Azure: "eastus"}
	return spec.Platform{
		Name: "gantry-test", Cloud: cloud, Region: regions[cloud], Layers: spec.Layers, Protect: &protect,
		Cluster: spec.Cluster{NAT: spec.NATSingle, Zones: 2},
	}
}

// plan is a pool of nodes at 0.10 dollars an hour, or 0.04 on spot.
func plan(capacity spec.Capacity, least, greatest int, machines ...accelerators.Machine) spec.PoolPlan {
	if len(machines) == 0 {
		machines = []accelerators.Machine{machine("m.large", 0.10, 0.04)}
	}
	return spec.PoolPlan{
		Pool:     spec.Pool{Name: string(capacity), Capacity: capacity, Min: least, Max: greatest},
		Machines: machines,
		DiskGiB:  100,
	}
}

func machine(name string, onDemand, spot float64) accelerators.Machine {
	return accelerators.Machine{Type: name, Price: accelerators.Price{
		OnDemand: onDemand, Spot: spot, Region: "us-east-1", Date: "2026-07-20",
	}}
}

// texts are the amounts of an item at both ends.
func texts(r Range) [2]string { return [2]string{r.Min.String(), r.Max.String()} }

func TestOf_SumsByHand(t *testing.T) {
	plans := []spec.PoolPlan{
		plan(spec.CapacityOnDemand, 2, 4), // 0.10 * 730 = 73.00 a node
		plan(spec.CapacitySpot, 0, 10),    // 0.04 * 730 = 29.20 a node
	}
	tests := map[string]struct {
		platform                     spec.Platform
		fixed, nat, disks, sum, spot [2]string
	}{
		// One gateway of 32.85 and its address of 3.65; 8.00 a disk.
		"aws": {
			platform(spec.AWS, true),
			[2]string{"$73.00", "$73.00"}, [2]string{"$36.50", "$36.50"}, [2]string{"$16.00", "$112.00"},
			[2]string{"$271.50", "$805.50"}, [2]string{"$0.00", "$292.00"},
		},
		// 1.022 a node for NAT and 3.65 for its address; 10.00 a disk.
		"gcp": {
			platform(spec.GCP, true),
			[2]string{"$73.00", "$73.00"}, [2]string{"$5.69", "$17.96"}, [2]string{"$20.00", "$140.00"},
			[2]string{"$244.69", "$814.96"}, [2]string{"$0.00", "$292.00"},
		},
		// 19.71 a disk, a P10.
		"azure": {
			platform(spec.Azure, true),
			[2]string{"$73.00", "$73.00"}, [2]string{"$36.50", "$36.50"}, [2]string{"$39.42", "$275.94"},
			[2]string{"$294.92", "$969.44"}, [2]string{"$0.00", "$292.00"},
		},
		"azure without protection": {
			platform(spec.Azure, false),
			[2]string{"$0.00", "$0.00"}, [2]string{"$36.50", "$36.50"}, [2]string{"$39.42", "$275.94"},
			[2]string{"$221.92", "$896.44"}, [2]string{"$0.00", "$292.00"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := Of(test.platform, plans)
			assert.Equal(t, test.fixed, texts(e.Kind(ControlPlane)), "control plane")
			assert.Equal(t, test.nat, texts(e.Kind(NATGateway).Plus(e.Kind(NATAddress))), "NAT")
			assert.Equal(t, test.disks, texts(e.Kind(RootDisks)), "disks")
			assert.Equal(t, [2]string{"$146.00", "$292.00"}, texts(e.OnDemand()), "on-demand")
			assert.Equal(t, test.spot, texts(e.Spot()), "spot")
			assert.Equal(t, test.sum, texts(e.Total()), "total")

			parts := e.OnDemand().Plus(e.Spot()).Plus(e.Rest())
			assert.Equal(t, texts(e.Total()), texts(parts), "the three parts are everything, once")
			pools := e.Kind(ControlPlane).Plus(e.Kind(NATGateway)).Plus(e.Kind(NATAddress)).
				Plus(e.Pool("on-demand")).Plus(e.Pool("spot"))
			assert.Equal(t, texts(e.Total()), texts(pools), "pools have their nodes and disks")
			for _, item := range e.Items {
				assert.NotEmpty(t, item.Region, item.label())
				assert.NotEmpty(t, item.Date, item.label())
			}
		})
	}
}

func TestOf_AGatewayInEachZoneOfAWS(t *testing.T) {
	p := platform(spec.AWS, true)
	p.Cluster.NAT, p.Cluster.Zones = spec.NATPerZone, 3
	e := Of(p, nil)
	assert.Equal(t, [2]string{"$98.55", "$98.55"}, texts(e.Kind(NATGateway)))
	assert.Equal(t, [2]string{"$10.95", "$10.95"}, texts(e.Kind(NATAddress)))

	p.Cloud = spec.Azure
	e = Of(p, nil)
	assert.Equal(t, [2]string{"$32.85", "$32.85"}, texts(e.Kind(NATGateway)), "Azure has one for all zones")
	assert.Equal(t, [2]string{"$3.65", "$3.65"}, texts(e.Kind(NATAddress)))
}

func TestOf_CloudNATIsCappedAbove32Nodes(t *testing.T) {
	tests := map[int]string{0: "$0.00", 1: "$1.02", 32: "$32.70", 33: "$32.12", 500: "$32.12"}
	for nodes, want := range tests {
		e := Of(platform(spec.GCP, true), []spec.PoolPlan{plan(spec.CapacityOnDemand, 0, nodes)})
		assert.Equal(t, [2]string{"$0.00", want}, texts(e.Kind(NATGateway)), nodes)
	}
}

func TestOf_SpotPrices(t *testing.T) {
	tests := map[string]struct {
		machines []accelerators.Machine
		one      string
	}{
		"known":             {[]accelerators.Machine{machine("a", 0.10, 0.04)}, "$29.20"},
		"unknown":           {[]accelerators.Machine{machine("a", 0.10, 0)}, "unknown, at most $73.00"},
		"neither is known":  {[]accelerators.Machine{machine("a", 0, 0)}, "unknown"},
		"only spot is sold": {[]accelerators.Machine{machine("a", 0, 0.04)}, "$29.20"},
		"the dearest of several": {
			[]accelerators.Machine{machine("a", 0.10, 0.04), machine("b", 0.12, 0.06)}, "$43.80"},
		"one of several is unknown": {
			[]accelerators.Machine{machine("a", 0.10, 0.04), machine("b", 0.20, 0)}, "unknown, at most $146.00"},
		"one of several has no price at all": {
			[]accelerators.Machine{machine("a", 0.10, 0), machine("b", 0, 0)}, "unknown"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := Of(platform(spec.AWS, true), []spec.PoolPlan{plan(spec.CapacitySpot, 0, 1, test.machines...)})
			assert.Equal(t, [2]string{"$0.00", test.one}, texts(e.Spot()))
			assert.Equal(t, [2]string{"$0.00", "$0.00"}, texts(e.OnDemand()))
		})
	}
}

func TestOf_AnUnknownOnDemandPriceMakesTheTotalAtLeast(t *testing.T) {
	e := Of(platform(spec.Azure, false), []spec.PoolPlan{
		plan(spec.CapacityOnDemand, 1, 2, machine("Standard_New", 0, 0)),
		plan(spec.CapacitySpot, 0, 1),
	})
	assert.Equal(t, [2]string{"unknown", "unknown"}, texts(e.OnDemand()))
	assert.Equal(t, [2]string{"at least $56.21, 1 price unknown", "at least $124.83, 1 price unknown"}, texts(e.Total()))
	assert.Contains(t, e.Table(), "The price of Standard_New (pool on-demand) is unknown.")
}

func TestOf_AzureBillsDisksInSizes(t *testing.T) {
	tests := map[int]struct{ what, one string }{
		32:   {"32 GiB Premium SSD", "$5.28"},
		33:   {"33 GiB Premium SSD, billed as 64", "$10.21"},
		200:  {"200 GiB Premium SSD, billed as 256", "$38.01"},
		1024: {"1024 GiB Premium SSD", "$135.17"},
		1025: {"1025 GiB Premium SSD", "unknown"},
	}
	for gib, want := range tests {
		pool := plan(spec.CapacityOnDemand, 0, 1)
		pool.DiskGiB = gib
		e := Of(platform(spec.Azure, true), []spec.PoolPlan{pool})
		disks := e.Items[len(e.Items)-1]
		assert.Equal(t, RootDisks, disks.Kind)
		assert.Equal(t, want.what, disks.What)
		assert.Equal(t, [2]string{"$0.00", want.one}, texts(disks.Monthly))
	}
}

func TestOf_RootDisksAreThoseOfTheNodes(t *testing.T) {
	tests := map[string]struct {
		cloud     spec.Cloud
		machine   string
		what, one string
	}{
		"on the machine":   {spec.Azure, "Standard_D4ds_v5", "100 GiB of the machine's own", "$0.00"},
		"a disk":           {spec.Azure, "Standard_D4s_v5", "100 GiB Premium SSD, billed as 128", "$19.71"},
		"of another price": {spec.GCP, "n4-standard-4", "100 GiB hyperdisk-balanced", "unknown"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := Of(platform(test.cloud, true), []spec.PoolPlan{plan(spec.CapacityOnDemand, 0, 1, machine(test.machine, 0.10, 0))})
			disks := e.Items[len(e.Items)-1]
			assert.Equal(t, test.what, disks.What)
			assert.Equal(t, [2]string{"$0.00", test.one}, texts(disks.Monthly))
		})
	}
}

func TestOf_AnExistingClusterHasNoPrice(t *testing.T) {
	pool := plan(spec.CapacityOnDemand, 1, 2, accelerators.Machine{Cloud: "existing"})
	pool.Foreign = true
	e := Of(platform(spec.Existing, false), []spec.PoolPlan{pool})
	require.Len(t, e.Items, 1)
	assert.Equal(t, [2]string{"unknown", "unknown"}, texts(e.Total()))
	assert.NotContains(t, e.Table(), "List prices")
}

func TestOf_AStackOnAnothersClusterPaysForNothing(t *testing.T) {
	p := platform(spec.AWS, true)
	p.Layers, p.LayersFrom = []spec.Layer{spec.LayerModels}, "organization/gantry/prod"
	e := Of(p, []spec.PoolPlan{plan(spec.CapacityOnDemand, 1, 2)})
	assert.Empty(t, e.Items)
	assert.Equal(t, "gantry-test adds nothing that is paid by the month: its cluster belongs to the stack organization/gantry/prod.\n", e.Table())
	assert.Equal(t, "organization/gantry/prod", e.Output()["builtOn"])
}

func TestByMin_NeverCallsAnUnknownPriceCheap(t *testing.T) {
	of := func(name string, min Money) Estimate {
		return Estimate{Name: name, Items: []Item{{Kind: Nodes, Monthly: Range{Min: min}}}}
	}
	cheap, dear := of("cheap", Dollars(10)), of("dear", Dollars(30))
	bounded := of("bounded", Dollars(1).Plus(UnknownUpTo(20)))
	open := of("open", Dollars(1).Plus(Unknown()))

	ordered := []Estimate{cheap, bounded, dear, open}
	for i, a := range ordered {
		for j, b := range ordered {
			got := ByMin(a, b)
			switch {
			case i < j:
				assert.Negative(t, got, "%s before %s", a.Name, b.Name)
			case i > j:
				assert.Positive(t, got, "%s after %s", a.Name, b.Name)
			default:
				assert.Zero(t, got, a.Name)
			}
		}
	}
}
