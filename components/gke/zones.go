package gke

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	gcpcompute "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/spec"
)

// aiZone marks zones with accelerators only, such as us-central1-ai1a: they take
// none of the other machines. Source:
// https://cloud.google.com/compute/docs/regions-zones/ai-zones
const aiZone = "-ai"

// places are where the nodes of a cluster may run. They flow, because a new
// project tells of its zones only once the API of Compute Engine is enabled: the
// first preview does not know them, and every later one does. Zones are known
// only where every pool has a place, so that no cluster is made without.
type places struct {
	found pulumi.Output // of *placement
}

// placement is places, once they are known.
type placement struct {
	// zones of the cluster.
	zones []string
	// pools has the zones of each pool, by its name.
	pools map[string][]string
}

// zones of the cluster.
func (p *places) zones() pulumi.StringArrayOutput {
	return p.found.ApplyT(func(found any) []string { return found.(*placement).zones }).(pulumi.StringArrayOutput)
}

// of is the zones of a pool.
func (p *places) of(plan spec.PoolPlan) pulumi.StringArrayOutput {
	return p.found.ApplyT(func(found any) []string { return found.(*placement).pools[plan.Name] }).(pulumi.StringArrayOutput)
}

// places finds the zones of the cluster and of every pool.
func (b *build) places(s *services) *places {
	return &places{found: s.compute.ID().ApplyT(func(pulumi.ID) (any, error) {
		found, err := b.placement()
		if err != nil {
			return nil, fmt.Errorf("gke cluster %s: %w", b.name, err)
		}
		return found, nil
	})}
}

func (b *build) placement() (*placement, error) {
	zones, err := b.firstZones()
	if err != nil {
		return nil, err
	}
	sold, err := b.sold(zones)
	if err != nil {
		return nil, err
	}
	pools, err := b.place(zones, sold)
	return &placement{zones: zones, pools: pools}, err
}

// firstZones returns as many zones of the region as the cluster has, by name, so
// that they are the same from run to run.
func (b *build) firstZones() ([]string, error) {
	found, err := gcpcompute.GetZones(b.ctx, &gcpcompute.GetZonesArgs{
		Project: pulumi.StringRef(b.platform.Account),
		Region:  pulumi.StringRef(b.platform.Region),
		Status:  pulumi.StringRef("UP"),
	}, b.invokeOptions()...)
	if err != nil {
		return nil, fmt.Errorf("zones of %s: %w", b.platform.Region, err)
	}
	names := slices.DeleteFunc(slices.Sorted(slices.Values(found.Names)), func(zone string) bool {
		return strings.Contains(zone, aiZone)
	})
	want := b.platform.Cluster.Zones
	if len(names) < want {
		return nil, fmt.Errorf("gantry:cluster.zones is %d: %s has %d zones for nodes of every kind (%s): lower it or choose another region",
			want, b.platform.Region, len(names), strings.Join(names, ", "))
	}
	return names[:want], nil
}

// sold returns the zones that have each machine type of the pools.
func (b *build) sold(zones []string) (map[string][]string, error) {
	var wanted []string
	for _, plan := range b.pools {
		wanted = append(wanted, fmt.Sprintf("(name = %q)", plan.Machines[0].Type))
	}
	slices.Sort(wanted)
	filter := strings.Join(slices.Compact(wanted), " OR ")
	sold := map[string][]string{}
	for _, zone := range zones {
		found, err := gcpcompute.GetMachineTypes(b.ctx, &gcpcompute.GetMachineTypesArgs{
			Project: pulumi.StringRef(b.platform.Account),
			Zone:    pulumi.StringRef(zone),
			Filter:  pulumi.StringRef(filter),
		}, b.invokeOptions()...)
		if err != nil {
			return nil, fmt.Errorf("machine types of %s: %w", zone, err)
		}
		for _, machine := range found.MachineTypes {
			sold[machine.Name] = append(sold[machine.Name], zone)
		}
	}
	return sold, nil
}

// place gives every pool those of the cluster's zones that sell its machine
// type, and of these the first so many as the pool is limited to. Most
// accelerators are to be had in some zones of a region only, and GKE refuses a
// pool that names another. The error tells of every pool without a place.
func (b *build) place(zones []string, sold map[string][]string) (map[string][]string, error) {
	placed := map[string][]string{}
	var problems []error
	for _, plan := range b.pools {
		found := sold[plan.Machines[0].Type]
		if plan.Zones > 0 {
			found = found[:min(len(found), plan.Zones)]
		}
		placed[plan.Name] = found
		problems = append(problems, b.checkPlace(plan, found, zones))
	}
	return placed, errors.Join(problems...)
}

func (b *build) checkPlace(plan spec.PoolPlan, found, zones []string) error {
	if len(found) == 0 {
		return fmt.Errorf("pool %s: %s is sold in none of the cluster's zones (%s): raise gantry:cluster.zones, or choose another machine or region",
			plan.Name, plan.Machines[0].Type, strings.Join(zones, ", "))
	}
	if !b.autoscaled() && plan.Min%len(found) != 0 {
		return fmt.Errorf("pool %s: min is %d, which its %d zones (%s) cannot share: without an autoscaler GKE runs the same number of nodes in each: use a multiple of %d, limit the pool to one zone, or enable gantry:addons.autoscaler",
			plan.Name, plan.Min, len(found), strings.Join(found, ", "), len(found))
	}
	return nil
}
