package eks

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

// clusterName is what EKS accepts. Source: terraform-provider-aws,
// internal/service/eks, validClusterName.
var clusterName = regexp.MustCompile(`^[0-9A-Za-z][A-Za-z0-9_-]*$`)

// validate finds everything that would fail half-way through an up. It repeats
// of spec's checks what this package could not work without.
func (a *Args) validate() error {
	if a == nil {
		return errors.New("no arguments")
	}
	var problems []error
	report := func(format string, values ...any) { problems = append(problems, fmt.Errorf(format, values...)) }

	p := a.Platform
	if !clusterName.MatchString(p.Name) || len(p.Name) > int(naming.LimitClusterName) {
		report("gantry:name is %q: use at most %d letters, digits and '-'", p.Name, naming.LimitClusterName)
	}
	if p.Region == "" {
		report("aws:region is not set: set it, for example `pulumi config set aws:region us-east-1`")
	}
	if p.Cluster.Zones < minZones || p.Cluster.Zones > maxZones {
		report("gantry:cluster.zones is %d: set it to %d to %d", p.Cluster.Zones, minZones, maxZones)
	}
	if _, err := planSubnets(p.Cluster.NetworkCIDR); err != nil {
		report("gantry:cluster.networkCidr: %w", err)
	}
	if slices.Contains(p.Cluster.PublicAccessCIDRs, "0.0.0.0/0") {
		report("gantry:cluster.publicAccessCidrs has 0.0.0.0/0: name the ranges that may reach the Kubernetes API")
	}
	for _, addon := range addonTable {
		if !addon.wanted(p) {
			continue
		}
		if _, err := addonVersion(p, addon.name); err != nil {
			problems = append(problems, err)
		}
	}
	problems = append(problems, validatePools(p, a.Pools)...)
	return errors.Join(problems...)
}

func validatePools(p spec.Platform, pools []spec.PoolPlan) []error {
	var problems []error
	if !slices.ContainsFunc(pools, isSystem) {
		problems = append(problems, errors.New("gantry:pools has no pool with the role system: "+
			"add one, the cluster's own services run on it"))
	}
	for _, pool := range pools {
		if len(pool.Machines) == 0 {
			problems = append(problems, fmt.Errorf("pool %s has no machine type", pool.Name))
		}
		if pool.Zones > p.Cluster.Zones {
			problems = append(problems, fmt.Errorf("pool %s spans %d zones, but gantry:cluster.zones is %d",
				pool.Name, pool.Zones, p.Cluster.Zones))
		}
		if p.Autoscaled() {
			problems = append(problems, validateGroupTags(pool)...)
		}
	}
	return problems
}

func isSystem(pool spec.PoolPlan) bool { return pool.Role == spec.RoleSystem }
