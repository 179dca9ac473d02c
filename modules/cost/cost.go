// Package cost estimates what a platform costs a month, from the configuration
// alone: list prices of one region a cloud, with the day on which they were
// read. A price that is not known stays unknown in every sum.
//
// Prices of machines come from modules/accelerators; those of everything else
// lie in data/, with their sources. Traffic, and what grows with use, is not
// estimated.
package cost

import (
	"cmp"
	"slices"

	"gantry.dev/gantry/modules/spec"
)

// HoursPerMonth is the length of a month in price lists: 365 days in 12 parts.
const HoursPerMonth = 730

// NotEstimated is what no estimate has, for people.
const NotEstimated = "traffic, logs, images and model files, file systems and volumes, load balancers, encryption keys, taxes, discounts"

// Kind is what an item pays for.
type Kind string

// The kinds of items, in the order of an estimate.
const (
	// ControlPlane is the fee for the cluster itself.
	ControlPlane Kind = "control plane"
	// NATGateway is the way of private nodes to the internet.
	NATGateway Kind = "NAT gateway"
	// NATAddress is a public address of that.
	NATAddress Kind = "NAT address"
	// ImageRegistry is the fee for a registry, whatever is in it.
	ImageRegistry Kind = "image registry"
	// Nodes is the machines of a pool.
	Nodes Kind = "nodes"
	// RootDisks is the disks of those machines.
	RootDisks Kind = "root disks"
)

// Range is an amount at the least and at the greatest number of nodes.
type Range struct {
	Min, Max Money
}

// Plus adds at both ends.
func (r Range) Plus(other Range) Range {
	return Range{Min: r.Min.Plus(other.Min), Max: r.Max.Plus(other.Max)}
}

// Item is one thing that is paid for.
type Item struct {
	Kind Kind
	// Pool that it belongs to; empty for what the pools share.
	Pool string
	// What it is, in the words of the cloud: g6.xlarge, 200 GiB gp3.
	What string
	// Capacity of nodes; empty for everything else.
	Capacity spec.Capacity
	// MinCount and MaxCount are how many of it there are.
	MinCount, MaxCount int
	// Monthly is what all of it costs a month.
	Monthly Range
	// Region that the price was read for; empty where there is no price list.
	Region string
	// Date that the price was read, as 2006-01-02; empty likewise.
	Date string
}

// Estimate is what the platform of one stack costs a month.
type Estimate struct {
	// Name of the platform, its cloud and the region that it lies in.
	Name   string
	Cloud  spec.Cloud
	Region string
	// BuiltOn names the stack that the cluster belongs to, where it is not this
	// one. There are no items then.
	BuiltOn string
	// Items in the order of the configuration, the shared ones first.
	Items []Item
}

// Of estimates what a platform that spec.Load has accepted costs, with the plans
// of its pools. A stack without the layer cluster pays for nothing of it, and an
// existing cluster has no price that is known here.
func Of(p spec.Platform, plans []spec.PoolPlan) Estimate {
	e := Estimate{Name: p.Name, Cloud: p.Cloud, Region: p.Region}
	if !p.Has(spec.LayerCluster) {
		e.BuiltOn = p.LayersFrom
		return e
	}
	e.Items = slices.Concat(controlPlane(p), nat(p, plans), imageRegistry(p))
	for _, plan := range plans {
		e.Items = append(e.Items, nodes(plan))
		if p.Cloud != spec.Existing {
			e.Items = append(e.Items, rootDisks(p.Cloud, plan))
		}
	}
	return e
}

// Total is everything together.
func (e Estimate) Total() Range { return e.sum(func(Item) bool { return true }) }

// OnDemand is the nodes that stay until they are given back.
func (e Estimate) OnDemand() Range {
	return e.sum(func(i Item) bool { return i.Capacity == spec.CapacityOnDemand })
}

// Spot is the nodes that can be taken back.
func (e Estimate) Spot() Range {
	return e.sum(func(i Item) bool { return i.Capacity == spec.CapacitySpot })
}

// Rest is everything but nodes.
func (e Estimate) Rest() Range { return e.sum(func(i Item) bool { return i.Kind != Nodes }) }

// Pool is the nodes of a pool and their disks.
func (e Estimate) Pool(name string) Range {
	return e.sum(func(i Item) bool { return i.Pool == name })
}

// Kind is everything of one kind.
func (e Estimate) Kind(kind Kind) Range { return e.sum(func(i Item) bool { return i.Kind == kind }) }

func (e Estimate) sum(belongs func(Item) bool) Range {
	var total Range
	for _, item := range e.Items {
		if belongs(item) {
			total = total.Plus(item.Monthly)
		}
	}
	return total
}

// PriceDates are the days on which the oldest and the newest of the prices were
// read; empty where there is no price.
func (e Estimate) PriceDates() (oldest, newest string) {
	dates := e.distinct(func(i Item) string { return i.Date })
	if len(dates) == 0 {
		return "", ""
	}
	return dates[0], dates[len(dates)-1]
}

// PriceRegions are the regions that the prices were read for, sorted.
func (e Estimate) PriceRegions() []string {
	return e.distinct(func(i Item) string { return i.Region })
}

// distinct is the values of a property of the items, sorted, without the empty.
func (e Estimate) distinct(property func(Item) string) []string {
	var values []string
	for _, item := range e.Items {
		if value := property(item); value != "" {
			values = append(values, value)
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// ByMin orders estimates by their total at the least number of nodes. Where
// prices are unknown the upper bound counts, so that none is called cheaper than
// it is known to be; estimates without a bound come last.
func ByMin(a, b Estimate) int {
	mostA, boundA := a.Total().Min.AtMost()
	mostB, boundB := b.Total().Min.AtMost()
	if boundA != boundB {
		if boundA {
			return -1
		}
		return 1
	}
	return cmp.Compare(mostA, mostB)
}
