// Package quota tells what a configuration needs of its cloud at its maximum,
// by the cloud's own names: how many virtual CPUs of which family, how many
// accelerators, how many addresses. New accounts have little or nothing of most
// of them, and an increase takes days, so that the list is worth reading before
// the first up. Nothing here asks the cloud.
package quota

import (
	"gantry.dev/gantry/modules/spec"
)

// Units of a need; empty where the name says what is counted.
const (
	UnitVCPU      = "vCPU"
	UnitGPU       = "GPUs"
	UnitGiB       = "GiB"
	UnitAddresses = "addresses"
	UnitNodes     = "nodes"
)

// Need is one thing of which a cloud has to have enough.
type Need struct {
	// Name as the console of the cloud shows it, or what it is.
	Name string
	// Code by which an increase is asked for: a quota code of AWS, a metric of
	// Google Cloud, the name of an Azure quota. Empty for what is no quota.
	Code string
	// Unit that is counted.
	Unit string
	// Needed when every pool has its greatest size, beside whatever else the
	// account runs.
	Needed int
	// Available, where that is known; 0 where only the cloud knows.
	Available int
	// Note is what else a person should know; mostly empty.
	Note string
}

// Needs is everything that the configuration needs at its maximum, in the order
// in which a person would ask for it. Of an existing cluster, and of the cluster
// of another stack, that is nothing.
func Needs(p spec.Platform, plans []spec.PoolPlan) []Need {
	if p.Handed != nil {
		return nil
	}
	t := &tally{platform: p}
	switch p.Cloud {
	case spec.AWS:
		t.aws(plans)
	case spec.GCP:
		t.gcp(plans)
	case spec.Azure:
		t.azure(plans)
	default:
		return nil
	}
	t.addresses(plans)
	return t.needs
}

// tally adds needs up, each quota once, in the order in which they are met.
type tally struct {
	platform spec.Platform
	needs    []Need
}

// add adds to what is needed of a quota. The first that needs it says its name,
// unit and note.
func (t *tally) add(n Need) {
	if n.Needed == 0 {
		return
	}
	for i := range t.needs {
		if t.needs[i].Code == n.Code && t.needs[i].Name == n.Name {
			t.needs[i].Needed += n.Needed
			return
		}
	}
	t.needs = append(t.needs, n)
}

// nodes is the greatest number of nodes of a pool.
func (t *tally) nodes(plan spec.PoolPlan) int { return spec.MaxNodes(t.platform, plan) }

// perNode is an amount that each node of a pool needs, for all of them.
func (t *tally) perNode(plan spec.PoolPlan, amount int) int { return t.nodes(plan) * amount }

// addresses is what the ranges of the cluster's network have and what is taken.
func (t *tally) addresses(plans []spec.PoolPlan) {
	for _, use := range spec.Addresses(t.platform, plans) {
		note := "of gantry:cluster." + use.Key
		if use.Most > use.Needed {
			note += ", up to " + number(use.Most) + " with every node full of pods"
		}
		t.needs = append(t.needs, Need{
			Name: capital(use.Who), Unit: use.Unit, Needed: use.Needed, Available: use.Available, Note: note,
		})
	}
}
