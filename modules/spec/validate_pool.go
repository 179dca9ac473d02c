package spec

import (
	"fmt"
	"slices"
	"strings"
)

// aksPoolName is a name that AKS keeps for itself. Source: Azure/AKS,
// CHANGELOG.md, 2025-04-27.
const aksPoolName = "aksmanagedap"

const (
	// maxPoolName is AKS's limit.
	maxPoolName = 12
	// minDiskGiB is the size of the node image of EKS; the root disk cannot
	// be smaller.
	minDiskGiB = 20
	// minGPUDiskGiB holds the drivers and two or three images with CUDA and
	// a framework, of 10 to 20 GB each.
	minGPUDiskGiB = 100
	// maxDiskGiB is the size up to which AWS and Google Cloud have disks that a
	// machine starts from.
	maxDiskGiB = 16 * 1024
	// maxOSDiskGiB is the same of Azure. Source:
	// https://learn.microsoft.com/azure/virtual-machines/managed-disks-overview
	maxOSDiskGiB = 2048
	// maxAKSNodes is the greatest size of a pool of AKS. Source:
	// https://learn.microsoft.com/azure/aks/quotas-skus-regions
	maxAKSNodes = 1000
)

// checkPool checks one pool by itself.
func checkPool(r *report, at string, p Platform, pool Pool) {
	checkFields(r, at, pool)
	if pool.Name != "" {
		checkName(r, at+".name", pool.Name, maxPoolName, "choose one such as train-a100")
	}
	if p.Cloud == Azure && pool.Name == aksPoolName {
		r.add(at+".name", pool.Name, "is the name of a part of AKS", "choose another")
	}
	switch {
	case p.Cloud == Existing:
		checkForeignPool(r, at, pool)
		checkNeed(r, at, p.Cloud, pool)
	case len(pool.MachineTypes) > 0 && slices.Contains(Clouds, p.Cloud):
		checkMachineTypes(r, at, p.Cloud, pool)
	default:
		checkNeed(r, at, p.Cloud, pool)
	}
	if pool.Role == RoleSystem && hasAccelerator(pool, p.Cloud) {
		r.add(at+".gpu", pool.GPU, "is in a system pool: what runs there has no use for it and does not tolerate its taint", "remove it, or give the pool the role inference")
	}
	checkDriver(r, at+".driver", p, pool)
	checkSize(r, at, p, pool)
	checkDisk(r, at+".diskSize", pool, p.Cloud)
	if p.Cloud == Existing {
		return // labels and taints are whatever the nodes have
	}
	checkLabels(r, at+".labels", pool.Labels)
	checkOwnedLabels(r, at+".labels", pool.Labels)
	checkTaints(r, at+".taints", pool.Taints)
	switch p.Cloud {
	case AWS:
		checkGroupTags(r, at, p, pool)
	case Azure:
		checkAKSTaints(r, at+".taints", pool)
	}
}

func checkNeed(r *report, at string, cloud Cloud, pool Pool) {
	known := UsableGPUs(cloud)
	if pool.GPU != "" && len(known) > 0 && !slices.Contains(known, pool.GPU) {
		r.add(at+".gpu", pool.GPU, "is not an accelerator that nodes can have on "+string(cloud), choose(pool.GPU, known))
	}
	checkAlternatives(r, at+".gpuAlternatives", cloud, pool.GPU, pool.GPUAlternatives)
	if pool.GPU == "" && pool.GPUCount != 0 {
		r.add(at+".gpuCount", pool.GPUCount, "counts accelerators of no model", "name the model, for example gpu: l4, or remove gpuCount")
	}
	if pool.GPU == "" && pool.GPUMemory != "" {
		r.add(at+".gpuMemory", pool.GPUMemory, "is the memory of accelerators of no model", "name the model, for example gpu: a100, or remove gpuMemory")
	}
	checkBytes(r, at+".gpuMemory", pool.GPUMemory, gibi)
	checkBytes(r, at+".memory", pool.Memory, gibi)
}

// checkAlternatives reports accelerators to fall back on that are sold nowhere,
// or for which there is nothing to fall back from. What an existing cluster has
// is not known.
func checkAlternatives(r *report, at string, cloud Cloud, gpu string, alternatives []string) {
	if gpu == "" && len(alternatives) > 0 {
		r.add(at, strings.Join(alternatives, ", "), "are alternatives to no accelerator", "name the one that is wanted first, for example gpu: l4, or remove it")
		return
	}
	for i, alternative := range alternatives {
		at := fmt.Sprintf("%s[%d]", at, i)
		switch {
		case slices.Contains(alternatives[:i], alternative):
			r.add(at, alternative, "is named twice", "remove one of the two")
		case cloud != Existing && !slices.Contains(knownGPUs(), alternative):
			r.add(at, alternative, "is not an accelerator that nodes can have on any cloud", choose(alternative, knownGPUs()))
		}
	}
}

// checkBytes reports what is no amount of memory or disk, or less than the
// least that makes sense: mostly an amount without its unit.
func checkBytes(r *report, at, text string, least int64) {
	if text == "" {
		return
	}
	amount, ok := bytesOf(text)
	if !ok {
		r.add(at, text, "is not an amount of bytes", "write a number and a unit, for example 16Gi")
		return
	}
	if amount < least {
		r.add(at, text, fmt.Sprintf("amounts to only %d bytes", amount), "give the unit, Mi or Gi, for example "+withUnit(leadingNumber(text)))
	}
}

// withUnit is a number with the unit that it was probably meant in.
func withUnit(n int) string {
	if n >= 100 {
		return fmt.Sprintf("%dMi", n)
	}
	return fmt.Sprintf("%dGi", max(n, 1))
}

// leadingNumber is the number that an amount begins with.
func leadingNumber(text string) int {
	digits, isNumber := leadingRun(text)
	if n := number(digits); isNumber && n != nil {
		return *n
	}
	return 0
}

func checkSize(r *report, at string, p Platform, pool Pool) {
	if pool.Min > pool.Max {
		r.add(at+".max", pool.Max, fmt.Sprintf("is less than min, %d", pool.Min), "raise max or lower min")
	}
	if p.Cloud == Azure && pool.Max > maxAKSNodes {
		r.add(at+".max", pool.Max, "is more nodes than a pool of AKS can have", fmt.Sprintf("use %d or less, and a second pool", maxAKSNodes))
	}
	if pool.Zones > p.Cluster.Zones {
		r.add(at+".zones", pool.Zones, fmt.Sprintf("is more than the %d zones of the cluster", p.Cluster.Zones), "lower it, or raise gantry:cluster.zones")
	}
}

func checkDisk(r *report, at string, pool Pool, cloud Cloud) {
	size, ok := bytesOf(pool.DiskSize)
	if !ok || size < gibi {
		checkBytes(r, at, pool.DiskSize, gibi)
		return
	}
	least, reason := int64(minDiskGiB), "the image of the nodes"
	if hasAccelerator(pool, cloud) {
		least, reason = minGPUDiskGiB, "the drivers and the container images of GPU workloads"
	}
	if size < least*gibi {
		r.add(at, pool.DiskSize, "is too small for "+reason, fmt.Sprintf("use %dGi or more", least))
	}
	most := int64(maxDiskGiB)
	if cloud == Azure {
		most = maxOSDiskGiB
	}
	if size > most*gibi {
		r.add(at, pool.DiskSize, "is greater than a disk can be", fmt.Sprintf("use %dGi or less", most))
	}
}

// checkPoolNames reports pools of one name. Dashes do not count, because AKS
// has names without them.
func checkPoolNames(r *report, pools []Pool) {
	seen := map[string]int{}
	for i, pool := range pools {
		plain := strings.ReplaceAll(pool.Name, "-", "")
		if other, ok := seen[plain]; ok && plain != "" {
			r.add(fmt.Sprintf("gantry:pools[%d].name", i), pool.Name,
				fmt.Sprintf("is the name of gantry:pools[%d] too, not counting '-'", other), "give each pool a name of its own")
			continue
		}
		seen[plain] = i
	}
}
