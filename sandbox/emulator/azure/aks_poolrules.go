package azure

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// The rules for an agent pool that need nothing but its own properties. They
// are the same for pools inside a cluster and beside it.

var (
	poolForm    = regexp.MustCompile(`^[a-z][a-z0-9]{0,11}$`)
	windowsForm = regexp.MustCompile(`^[a-z][a-z0-9]{0,5}$`)
	surgeForm   = regexp.MustCompile(`^([1-9]\d*|[1-9]\d?%|100%)$`)
)

const (
	modeSystem = "System"
	modeUser   = "User"
	spot       = "Spot"
	ephemeral  = "Ephemeral"
	scaleSets  = "VirtualMachineScaleSets"

	maxNodes = 1000
)

// poolRules checks a pool of a name.
func poolRules(name string, pool emulator.Properties) error {
	for _, rule := range []func(string, emulator.Properties) error{
		poolName, poolValues, poolCount, poolScaling, systemPool, spotPool, poolDisk, gpuPool, poolLabels, poolTaints, poolUpgrade,
	} {
		if err := rule(name, pool); err != nil {
			return err
		}
	}
	return nil
}

func poolName(name string, pool emulator.Properties) error {
	form := poolForm
	if pool.String("osType") == "Windows" {
		form = windowsForm
	}
	if name != "" && !form.MatchString(name) {
		return refuseAt("agentPoolProfile.name", "InvalidParameter", "The value of parameter agentPoolProfile.name is invalid: %s. "+
			"Please see https://aka.ms/aks-naming-rules for more details.", name)
	}
	return nil
}

func poolValues(_ string, pool emulator.Properties) error {
	return rules.All(
		needs("vmSize"), oneOf("mode", modeSystem, modeUser), oneOf("type", scaleSets, "AvailabilitySet"),
		oneOf("osType", "Linux", "Windows"), oneOf("osDiskType", "Managed", ephemeral),
		oneOf("osSKU", "Ubuntu", "AzureLinux", "CBLMariner", "Windows2019", "Windows2022"),
		oneOf("kubeletDiskType", "OS", "Temporary"), oneOf("scaleDownMode", "Delete", "Deallocate"),
		oneOf("scaleSetPriority", "Regular", spot), oneOf("scaleSetEvictionPolicy", "Delete", "Deallocate"),
		oneOf("availabilityZones[]", zoneNumbers...), oneOf("workloadRuntime", "OCIContainer", "WasmWasi"),
		atMost("maxPods", 10, 250), atMost("osDiskSizeGB", 0, 2048), tagRules,
	)(pool)
}

// atMost takes a number from least to most, in the words of AKS.
func atMost(path string, least, most int) rules.Check {
	return func(in emulator.Properties) error {
		if n := in.Int(path); in.Has(path) && in.Known(path) && (n < least || n > most) {
			return invalidParameter("agentPoolProfile."+path, "%d is not from %d to %d.", n, least, most)
		}
		return nil
	}
}

func poolCount(name string, pool emulator.Properties) error {
	least := 0
	if pool.String("mode") == modeSystem {
		least = 1
	}
	for _, path := range []string{"count", "minCount", "maxCount"} {
		if n := pool.Int(path); pool.Has(path) && pool.Known(path) && (n < least || n > maxNodes) {
			return invalidParameter("agentPoolProfile."+path, "%s of pool %s is %d; a pool of mode %s has %d to %d nodes.",
				path, name, n, modeOf(pool), least, maxNodes)
		}
	}
	return nil
}

// modeOf a pool that does not say is User.
func modeOf(pool emulator.Properties) string {
	if mode := pool.String("mode"); mode != "" {
		return mode
	}
	return modeUser
}

func poolScaling(name string, pool emulator.Properties) error {
	if !pool.Known("enableAutoScaling") || !pool.Known("minCount") || !pool.Known("maxCount") || !pool.Known("count") {
		return nil
	}
	least, most, count := pool.Int("minCount"), pool.Int("maxCount"), pool.Int("count")
	switch bounded := pool.Has("minCount") && pool.Has("maxCount"); {
	case !pool.Bool("enableAutoScaling") && (pool.Has("minCount") || pool.Has("maxCount")):
		return invalidParameter("agentPoolProfile.minCount", "minCount and maxCount of pool %s can be set only when enableAutoScaling is true.", name)
	case !pool.Bool("enableAutoScaling"):
		return nil
	case !bounded:
		return invalidParameter("agentPoolProfile.minCount", "Pool %s has enableAutoScaling and needs both minCount and maxCount.", name)
	case most < 1 || least > most:
		return invalidParameter("agentPoolProfile.minCount", "minCount %d of pool %s is greater than its maxCount %d.", least, name, most)
	case pool.Has("count") && (count < least || count > most):
		return invalidParameter("agentPoolProfile.count", "count %d of pool %s is not from minCount %d to maxCount %d.", count, name, least, most)
	}
	return nil
}

// systemPool checks what only a system pool has to be.
// https://learn.microsoft.com/azure/aks/use-system-pools
func systemPool(name string, pool emulator.Properties) error {
	if pool.String("mode") != modeSystem {
		return nil
	}
	kind, known := machineOf(pool.String("vmSize"))
	switch {
	case pool.String("scaleSetPriority") == spot:
		return refuse("SystemPoolMustBeRegular", "System node pool %s must have regular priority.", name)
	case pool.String("osType") == "Windows":
		return refuse("SystemPoolMustBeLinux", "System node pool %s must be Linux.", name)
	case pool.String("type") == "AvailabilitySet":
		return invalidParameter("agentPoolProfile.type", "System node pool %s must be of type %s.", name, scaleSets)
	case known && (kind.VCPU < leastSystemVCPU || kind.MemoryMiB < leastSystemMemory):
		return refuse("SystemPoolSkuTooLow", "System node pool must use VM sku with at least %d cores and %dGB memory. "+
			"SKU: %s, cores: %d, memory: %dGB, pool: %s.", leastSystemVCPU, leastSystemMemory/1024, kind.Type, kind.VCPU, kind.MemoryMiB/1024, name)
	}
	return nil
}

// spotPool checks the price and the rest of a spot pool.
// https://learn.microsoft.com/azure/aks/spot-node-pool
func spotPool(name string, pool emulator.Properties) error {
	if pool.String("scaleSetPriority") != spot {
		for _, path := range []string{"scaleSetEvictionPolicy", "spotMaxPrice"} {
			if pool.Has(path) && pool.Known("scaleSetPriority") {
				return invalidParameter("agentPoolProfile."+path, "It can be set only when scaleSetPriority is %s; pool %s has none.", spot, name)
			}
		}
		return nil
	}
	if price, given := pool["spotMaxPrice"].(float64); given {
		cents := price * 1e5
		if price != -1 && (price <= 0 || math.Abs(cents-math.Round(cents)) > 1e-6) {
			return invalidParameter("agentPoolProfile.spotMaxPrice", "%g of pool %s is neither -1 nor greater than zero with at most five decimal places.", price, name)
		}
	}
	if pool.Has("upgradeSettings.maxSurge") {
		return invalidParameter("agentPoolProfile.upgradeSettings.maxSurge", "Spot pools can't set max surge; pool %s does.", name)
	}
	return nil
}

// poolDisk checks that an ephemeral OS disk fits on the machine.
func poolDisk(name string, pool emulator.Properties) error {
	size, disk := pool.String("vmSize"), pool.Int("osDiskSizeGB")
	if disk > 0 && disk < 30 {
		return invalidParameter("agentPoolProfile.osDiskSizeGB", "%d of pool %s is less than 30, the size of the image.", disk, name)
	}
	kind, exists := machineOf(size)
	local, known := localGiB(size)
	if !exists || !known || pool.String("osDiskType") != ephemeral || !pool.Known("osDiskSizeGB") {
		return nil
	}
	if disk == 0 {
		disk = defaultDiskGiB(kind.VCPU)
	}
	if local < disk {
		return refuse("VMCacheSizeTooSmall", "The virtual machine size %s has a cache size of 0 bytes and temp disk size of %d bytes, "+
			"but the OS disk requires %d bytes. Use a VM size with larger cache or disable ephemeral OS.", size, local<<30, disk<<30)
	}
	if pool.String("scaleDownMode") == "Deallocate" {
		return invalidParameter("agentPoolProfile.scaleDownMode", "Pool %s has ephemeral OS disks, which cannot be deallocated.", name)
	}
	return nil
}

func gpuPool(name string, pool emulator.Properties) error {
	profile := pool.String("gpuInstanceProfile")
	if profile == "" {
		return nil
	}
	kind, known := machineOf(pool.String("vmSize"))
	switch {
	case migSlices[profile] == 0:
		return refuse("UnsupportedGPUInstanceProfile", "The GPU instance profile %s of pool %s is not supported. Supported are %s.",
			profile, name, strings.Join(slices.Sorted(maps.Keys(migSlices)), ", "))
	case known && !slices.Contains(migGPUs, kind.GPU):
		return refuse("VMSizeDoesNotSupportMIG", "The VM size %s of pool %s does not support multi-instance GPU.", kind.Type, name)
	}
	return nil
}

// ownedDomain is the domain of the labels and taints that AKS itself sets. A
// program may name the one of spot pools.
const (
	ownedDomain = "kubernetes.azure.com"
	spotKey     = ownedDomain + "/scalesetpriority"
	spotTaint   = spotKey + "=spot:NoSchedule"
)

func owned(key string) bool {
	domain, _, qualified := strings.Cut(key, "/")
	return qualified && key != spotKey && (domain == ownedDomain || strings.HasSuffix(domain, "."+ownedDomain))
}

func poolLabels(name string, pool emulator.Properties) error {
	labels := pool.StringMap("nodeLabels")
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		value := labels[key]
		switch {
		case len(validation.IsQualifiedName(key)) > 0:
			return invalidParameter("agentPoolProfile.nodeLabels", "Label key %q of pool %s: %s.", key, name, validation.IsQualifiedName(key)[0])
		case len(validation.IsValidLabelValue(value)) > 0:
			return invalidParameter("agentPoolProfile.nodeLabels", "Label value %q of %s of pool %s: %s.", value, key, name, validation.IsValidLabelValue(value)[0])
		case owned(key):
			return refuse("NodeLabelKeyNotAllowed", "Label key %s of pool %s is not allowed: the prefix %s is reserved.", key, name, ownedDomain)
		}
	}
	return nil
}

// taintEffects are the effects of Kubernetes.
var taintEffects = []string{"NoSchedule", "NoExecute", "PreferNoSchedule"}

// parseTaint reads a taint of the form key=value:Effect or key:Effect.
func parseTaint(text string) (key, value, effect string, err error) {
	left, effect, found := strings.Cut(text, ":")
	key, value, _ = strings.Cut(left, "=")
	if !found || !slices.Contains(taintEffects, effect) || len(validation.IsQualifiedName(key)) > 0 || len(validation.IsValidLabelValue(value)) > 0 {
		return "", "", "", fmt.Errorf("taint %q is not of the form key=value:Effect with an Effect of %s", text, strings.Join(taintEffects, ", "))
	}
	return key, value, effect, nil
}

func poolTaints(name string, pool emulator.Properties) error {
	for i, text := range pool.Strings("nodeTaints") {
		key, _, _, err := parseTaint(text)
		if err != nil {
			return invalidParameter("agentPoolProfile.nodeTaints["+strconv.Itoa(i)+"]", "Pool %s: %v.", name, err)
		}
		if owned(key) {
			return invalidParameter("agentPoolProfile.nodeTaints["+strconv.Itoa(i)+"]", "Pool %s: the prefix %s of taint %s is reserved.", name, ownedDomain, key)
		}
	}
	return nil
}

// poolUpgrade checks how nodes are replaced.
// https://learn.microsoft.com/azure/aks/upgrade-aks-node-pools-rolling
func poolUpgrade(name string, pool emulator.Properties) error {
	if surge := pool.String("upgradeSettings.maxSurge"); surge != "" && !surgeForm.MatchString(surge) {
		return invalidParameter("agentPoolProfile.upgradeSettings.maxSurge", "%q of pool %s is neither a number from 1 nor a percentage such as 33%%.", surge, name)
	}
	return rules.All(
		atMost("upgradeSettings.drainTimeoutInMinutes", 1, 1440),
		atMost("upgradeSettings.nodeSoakDurationInMinutes", 0, 30),
	)(pool)
}
