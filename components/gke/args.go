package gke

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

// minZones is the least that survives the loss of one. There is no greatest:
// most regions have three zones, some have four.
const minZones = 2

var (
	// clusterName is what GKE accepts. Source: the reference of the GKE API,
	// projects.locations.clusters.
	clusterName = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)
	minorName   = regexp.MustCompile(`^1\.[0-9]+$`)
)

// validate finds everything that would fail half-way through an up. It repeats
// of spec's checks what this package could not work without.
func (a *Args) validate() error {
	if a == nil {
		return errors.New("no arguments")
	}
	var problems []error
	report := func(format string, values ...any) { problems = append(problems, fmt.Errorf(format, values...)) }

	p := a.Platform
	if !clusterName.MatchString(p.Name) || len(p.Name) > int(naming.LimitGKEName) {
		report("gantry:name is %q: use at most %d lower-case letters, digits and '-', beginning with a letter", p.Name, naming.LimitGKEName)
	}
	if p.Account == "" {
		report("gcp:project is not set: set it to the id of the project, `pulumi config set gcp:project my-project`")
	}
	if p.Region == "" {
		report("gcp:region is not set: set it, for example `pulumi config set gcp:region us-central1`")
	}
	if !minorName.MatchString(p.Cluster.Version) {
		report("gantry:cluster.version is %q: set it to a Kubernetes minor such as \"1.34\"", p.Cluster.Version)
	}
	if p.Cluster.Zones < minZones {
		report("gantry:cluster.zones is %d: set it to %d or more", p.Cluster.Zones, minZones)
	}
	if _, err := planRanges(p.Cluster); err != nil {
		problems = append(problems, err)
	}
	if slices.Contains(p.Cluster.PublicAccessCIDRs, "0.0.0.0/0") {
		report("gantry:cluster.publicAccessCidrs has 0.0.0.0/0: name the ranges that may reach the Kubernetes API")
	}
	for _, admin := range p.Cluster.Admins {
		if !iamMember.MatchString(admin) {
			report("gantry:cluster.admins has %q: write an IAM member, for example group:ml@example.com", admin)
		}
	}
	if plugin := p.Addons.DevicePlugin.Enabled; plugin != nil && *plugin {
		report("gantry:addons.devicePlugin.enabled is true: GKE runs a device plugin of its own, and two on a node hand out each GPU twice: remove the key")
	}
	if _, err := cloudLabels(naming.Tags(p.Name, p.Stack, p.Tags)); err != nil {
		problems = append(problems, err)
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
		if pool.Zones > p.Cluster.Zones {
			problems = append(problems, fmt.Errorf("pool %s spans %d zones, but gantry:cluster.zones is %d",
				pool.Name, pool.Zones, p.Cluster.Zones))
		}
		if len(pool.Machines) == 0 {
			problems = append(problems, fmt.Errorf("pool %s has no machine type", pool.Name))
			continue
		}
		if len(pool.Machines) > 1 {
			problems = append(problems, fmt.Errorf("pool %s has %d machine types, and a node pool of GKE has one: name one, or make a pool of each",
				pool.Name, len(pool.Machines)))
		}
		if _, known := acceleratorType(pool.Machines[0]); hasGPU(pool) && !known {
			problems = append(problems, fmt.Errorf("pool %s: GKE's name for the accelerator of %s is not known: choose a machine type of another series",
				pool.Name, pool.Machines[0].Type))
		}
	}
	return problems
}

func isSystem(pool spec.PoolPlan) bool { return pool.Role == spec.RoleSystem }
