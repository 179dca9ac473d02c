package aks

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

// maxDiskGiB is the largest root disk that AKS takes, of either kind. Source:
// terraform-azurerm-avm-res-containerservice-managedcluster,
// modules/agentpool/variables.tf.
const maxDiskGiB = 2048

// limitClusterName: the name of an AKS cluster has 63 characters, and the DNS
// prefix, which is the same, 54. Source:
// terraform-azurerm-avm-res-containerservice-managedcluster, variables.tf.
const limitClusterName naming.Limit = 54

// Forms of names that AKS accepts. Source: as above, and its
// modules/agentpool/variables.tf.
var (
	clusterName   = regexp.MustCompile(`^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$`)
	agentPoolName = regexp.MustCompile(`^[a-z][a-z0-9]{0,11}$`)
)

// maxPoolNodes is the greatest size of a pool. Source: count of an agent pool,
// in the API of 2024-10-01.
const maxPoolNodes = 1000

// Days that Log Analytics keeps what is paid for by the gigabyte. Source:
// https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure
const (
	minLogRetention = 30
	maxLogRetention = 730
)

// kubernetesVersions are the minors that AKS makes clusters of without extended
// support: 1.33 ended in July 2026. Source:
// https://learn.microsoft.com/azure/aks/supported-kubernetes-versions, read in
// 2026-11.
var kubernetesVersions = []string{"1.34", "1.35", "1.36"}

// validate finds everything that would fail half-way through an up. It repeats
// of spec's checks what this package could not work without.
func (a *Args) validate() error {
	if a == nil {
		return errors.New("no arguments")
	}
	var problems []error
	report := func(format string, values ...any) { problems = append(problems, fmt.Errorf(format, values...)) }

	p := a.Platform
	if !clusterName.MatchString(p.Name) || len(p.Name) > int(limitClusterName) {
		report("gantry:name is %q: use at most %d letters, digits and '-'", p.Name, limitClusterName)
	}
	if p.Region == "" {
		report("azure-native:location is not set: set it, for example `pulumi config set azure-native:location eastus`")
	}
	if !slices.Contains(kubernetesVersions, p.Cluster.Version) {
		report("gantry:cluster.version is %q, of which AKS makes no clusters: use one of %s",
			p.Cluster.Version, strings.Join(kubernetesVersions, ", "))
	}
	if p.Cluster.Zones < minZones || p.Cluster.Zones > maxZones {
		report("gantry:cluster.zones is %d: set it to %d or %d, no region of Azure has more", p.Cluster.Zones, minZones, maxZones)
	}
	if slices.Contains(p.Cluster.PublicAccessCIDRs, "0.0.0.0/0") {
		report("gantry:cluster.publicAccessCidrs has 0.0.0.0/0: name the ranges that may reach the Kubernetes API")
	}
	if days := p.Cluster.LogRetentionDays; days < minLogRetention || days > maxLogRetention {
		report("gantry:cluster.logRetentionDays is %d: Log Analytics keeps logs for %d to %d", days, minLogRetention, maxLogRetention)
	}
	problems = append(problems, validateTags(p)...)
	problems = append(problems, validatePools(p, a.Pools)...)
	problems = append(problems, validateNetwork(p.Cluster, a.Pools)...)
	return errors.Join(problems...)
}

func validatePools(p spec.Platform, pools []spec.PoolPlan) []error {
	var problems []error
	if firstSystemPool(pools) < 0 {
		problems = append(problems, errors.New("gantry:pools has no pool with the role system, on-demand capacity and no taints: "+
			"add one, the cluster's own services run on it"))
	}
	seen := map[string]string{}
	for _, pool := range pools {
		problems = append(problems, validatePool(p, pool)...)
		name := poolName(pool.Name)
		if other, taken := seen[name]; taken {
			problems = append(problems, fmt.Errorf("pools %s and %s are both called %s on AKS, which takes no '-': rename one", other, pool.Name, name))
		}
		seen[name] = pool.Name
	}
	return problems
}

func validatePool(p spec.Platform, pool spec.PoolPlan) []error {
	var problems []error
	report := func(format string, values ...any) {
		problems = append(problems, fmt.Errorf("pool %s "+format, slices.Insert(values, 0, any(pool.Name))...))
	}
	if name := poolName(pool.Name); !agentPoolName.MatchString(name) {
		report("would be called %q on AKS: use at most 12 lower-case letters and digits, beginning with a letter", name)
	}
	if len(pool.Machines) != 1 {
		report("has %d machine types, and a pool of AKS has one: name one", len(pool.Machines))
	}
	if pool.Driver == spec.DriverOperator {
		report("has driver: operator, and AKS installs its own driver in any case: remove it")
	}
	if pool.Zones > p.Cluster.Zones {
		report("spans %d zones, but gantry:cluster.zones is %d", pool.Zones, p.Cluster.Zones)
	}
	if pool.DiskGiB > maxDiskGiB {
		report("has disks of %d GiB, and AKS makes them up to %d GiB: lower diskSize", pool.DiskGiB, maxDiskGiB)
	}
	if _, most := bounds(pool); most > maxPoolNodes {
		report("can have %d nodes, and a pool of AKS has at most %d: lower max, or divide it", most, maxPoolNodes)
	}
	return problems
}

// validateNetwork makes sure that the three ranges are sound, apart, and large
// enough for every node that there can be.
func validateNetwork(c spec.Cluster, pools []spec.PoolPlan) []error {
	var problems []error
	subnets, err := planSubnets(c.NetworkCIDR, pools)
	if err != nil {
		problems = append(problems, fmt.Errorf("gantry:cluster.networkCidr: %w", err))
	}
	for i, subnet := range subnets {
		if nodes := nodesAtMost(pools[i]); nodes > subnet.room() {
			problems = append(problems, fmt.Errorf("pool %s can have %d nodes during an upgrade, and its subnet %s has addresses for %d: lower max, or use a larger gantry:cluster.networkCidr",
				pools[i].Name, nodes, subnet.prefix, subnet.room()))
		}
	}
	ranges := []struct{ key, cidr string }{
		{"networkCidr", c.NetworkCIDR}, {"podCidr", c.PodCIDR}, {"serviceCidr", c.ServiceCIDR},
	}
	sound := map[string]netip.Prefix{}
	for _, r := range ranges {
		prefix, err := parseRange(r.cidr)
		if err != nil {
			if r.key != "networkCidr" { // reported above
				problems = append(problems, fmt.Errorf("gantry:cluster.%s: %w", r.key, err))
			}
			continue
		}
		for _, other := range ranges {
			if apart, checked := sound[other.key]; checked && apart.Overlaps(prefix) {
				problems = append(problems, fmt.Errorf("gantry:cluster.%s is %s and overlaps gantry:cluster.%s, %s: choose another",
					r.key, prefix, other.key, apart))
			}
		}
		sound[r.key] = prefix
	}
	if pods, ok := sound["podCidr"]; ok {
		problems = append(problems, validatePodRange(pods, pools)...)
	}
	return problems
}

func validatePodRange(pods netip.Prefix, pools []spec.PoolPlan) []error {
	nodes := 0
	for _, pool := range pools {
		nodes += nodesAtMost(pool)
	}
	if room := podRoom(pods); nodes > room {
		return []error{fmt.Errorf("gantry:cluster.podCidr is %s, with addresses for the pods of %d nodes, and the pools can have %d: use a larger range, or lower max",
			pods, room, nodes)}
	}
	return nil
}
