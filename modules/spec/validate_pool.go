package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"gantry.dev/gantry/modules/naming"
)

const (
	// maxPoolName is AKS's limit.
	maxPoolName = 12
	// minDiskGiB is the size of the node image of EKS; the root disk cannot
	// be smaller.
	minDiskGiB = 20
	// minGPUDiskGiB holds the drivers and two or three images with CUDA and
	// a framework, of 10 to 20 GB each.
	minGPUDiskGiB = 100
	// maxDiskGiB is the size up to which every cloud has network disks.
	maxDiskGiB = 16 * 1024
	// maxLabels and maxPoolTaints keep a pool within the 50 tags of an Auto
	// Scaling group: each label and taint is one, beside the five that EKS
	// sets, four labels, two taints and the resources of Gantry, and some of
	// the user's own.
	maxLabels     = 15
	maxPoolTaints = 10
)

// checkPool checks one pool by itself.
func checkPool(r *report, at string, p Platform, pool Pool) {
	checkFields(r, at, pool)
	if pool.Name != "" {
		checkName(r, at+".name", pool.Name, maxPoolName, "choose one such as train-a100")
	}
	if len(pool.MachineTypes) > 0 && slices.Contains(Clouds, p.Cloud) {
		checkMachineTypes(r, at, p.Cloud, pool)
	} else {
		checkNeed(r, at, p.Cloud, pool)
	}
	if pool.Role == RoleSystem && hasAccelerator(pool, p.Cloud) {
		r.add(at+".gpu", pool.GPU, "is in a system pool: what runs there has no use for it and does not tolerate its taint", "remove it, or give the pool the role inference")
	}
	checkSize(r, at, p, pool)
	checkDisk(r, at+".diskSize", pool, p.Cloud)
	checkLabels(r, at+".labels", pool.Labels)
	checkTaints(r, at+".taints", pool.Taints)
}

func checkNeed(r *report, at string, cloud Cloud, pool Pool) {
	known := UsableGPUs(cloud)
	if pool.GPU != "" && len(known) > 0 && !slices.Contains(known, pool.GPU) {
		r.add(at+".gpu", pool.GPU, "is not an accelerator that nodes can have on "+string(cloud), choose(pool.GPU, known))
	}
	if pool.GPU == "" && pool.GPUCount != 0 {
		r.add(at+".gpuCount", pool.GPUCount, "counts accelerators of no model", "name the model, for example gpu: l4, or remove gpuCount")
	}
	if pool.GPU == "" && pool.GPUMemory != "" {
		r.add(at+".gpuMemory", pool.GPUMemory, "is the memory of accelerators of no model", "name the model, for example gpu: a100, or remove gpuMemory")
	}
	checkBytes(r, at+".gpuMemory", pool.GPUMemory, gibi)
	checkBytes(r, at+".memory", pool.Memory, gibi)
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
	if size > maxDiskGiB*gibi {
		r.add(at, pool.DiskSize, "is greater than a disk can be", fmt.Sprintf("use %dGi or less", maxDiskGiB))
	}
}

// reservedDomains are the domains of label and taint keys that EKS or the
// kubelet refuse, and Gantry's own.
var reservedDomains = []string{"gantry.dev", "kubernetes.io", "k8s.io", "eks.amazonaws.com"}

// checkKey reports a key that no label or taint can have.
func checkKey(r *report, at, key string) {
	if faults := validation.IsQualifiedName(key); len(faults) > 0 {
		r.add(at, key, "is not a key that Kubernetes takes: "+fault(faults), "use letters, digits, '-', '_' and '.', optionally behind a domain and '/'")
		return
	}
	domain, _, hasDomain := strings.Cut(key, "/")
	for _, reserved := range reservedDomains {
		if hasDomain && (domain == reserved || strings.HasSuffix(domain, "."+reserved)) {
			r.add(at, key, "is in the reserved domain "+reserved, "use a domain of your own, for example team.example.com/"+key[len(domain)+1:])
		}
	}
}

// fault is the first fault that Kubernetes finds, without its examples and
// regular expressions.
func fault(faults []string) string {
	text, _, _ := strings.Cut(faults[0], " (e.g.")
	return text
}

func checkLabelValue(r *report, at, value string) {
	if faults := validation.IsValidLabelValue(value); len(faults) > 0 {
		r.add(at, value, "is not a value that Kubernetes takes: "+fault(faults), "use up to 63 letters, digits, '-', '_' and '.'")
	}
}

func checkLabels(r *report, at string, labels map[string]string) {
	if len(labels) > maxLabels {
		r.add(at, fmt.Sprintf("%d labels", len(labels)), "is more than fit into the tags of an Auto Scaling group", fmt.Sprintf("keep %d or fewer", maxLabels))
	}
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		checkKey(r, join(at, key), key)
		checkLabelValue(r, join(at, key), labels[key])
	}
}

func checkTaints(r *report, at string, taints []Taint) {
	if len(taints) > maxPoolTaints {
		r.add(at, fmt.Sprintf("%d taints", len(taints)), "is more than fit into the tags of an Auto Scaling group", fmt.Sprintf("keep %d or fewer", maxPoolTaints))
	}
	for i, taint := range taints {
		at := fmt.Sprintf("%s[%d]", at, i)
		if taint.Key == "" {
			continue
		}
		if taint.Key == naming.TaintGPU {
			r.add(at+".key", taint.Key, "is a taint that Gantry sets itself on GPU pools", "remove it")
		}
		checkKey(r, at+".key", taint.Key)
		checkLabelValue(r, at+".value", taint.Value)
		if slices.ContainsFunc(taints[:i], func(t Taint) bool { return t.Key == taint.Key && t.Effect == taint.Effect }) {
			r.add(at+".key", taint.Key, "is set twice with the same effect", "remove one of the two")
		}
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

// checkSystemPool makes sure that there is always a node for DNS, the
// autoscaler and the other parts that bring up the rest.
func checkSystemPool(r *report, pools []Pool) {
	if slices.ContainsFunc(pools, func(p Pool) bool { return !slices.Contains(Roles, p.Role) }) {
		return // a pool without a sound role may have been meant to be the one
	}
	if slices.ContainsFunc(pools, func(p Pool) bool {
		return p.Role == RoleSystem && p.Capacity == CapacityOnDemand && len(p.Taints) == 0 && p.Min > 0
	}) {
		return
	}
	const fix = "add {name: system, role: system, cpu: 2, memory: 8Gi, min: 1, max: 3}"
	i := slices.IndexFunc(pools, func(p Pool) bool { return p.Role == RoleSystem })
	if i < 0 {
		r.missing("gantry:pools", "have no system pool, so nothing can run what the cluster needs", fix)
		return
	}
	at := fmt.Sprintf("gantry:pools[%d]", i)
	const why = ", and no other system pool can always run what the cluster needs"
	switch pool := pools[i]; {
	case pool.Capacity == CapacitySpot:
		r.add(at+".capacity", string(pool.Capacity), "can be taken back at any time"+why, "use capacity: on-demand")
	case len(pool.Taints) > 0:
		r.add(at+".taints", pool.Taints[0].Key, "keeps pods off"+why, "remove the taint, or "+fix)
	}
}
