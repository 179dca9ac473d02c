package gcp

import (
	"fmt"
	"slices"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/sandbox/emulator"
)

// stateTaints are the taints that GKE gave a pool when it was made.
const stateTaints = "taints"

// taintsOfGKE are the taints that GKE gives the nodes of a new pool by itself:
// Arm nodes are kept from pods that do not ask for them, and GPU nodes too, when
// there is a pool without GPUs that other pods can go to.
// https://cloud.google.com/kubernetes-engine/docs/how-to/gpus
// https://cloud.google.com/kubernetes-engine/docs/how-to/prepare-arm-workloads-for-deployment
func taintsOfGKE(op *emulator.Op, cluster emulator.Object) []any {
	var taints []any
	add := func(key, value string) {
		taints = append(taints, map[string]any{"key": key, "value": value, "effect": "NO_SCHEDULE"})
	}
	config := configOf(op.Out())
	if m, _ := machineOf(config.String("machineType")); m.Arch == "arm64" {
		add("kubernetes.io/arch", "arm64")
	}
	if model, _ := guests(config); model != "" && hasPlainPool(op.Tx, cluster) && !declares(config, naming.TaintGPU) {
		add(naming.TaintGPU, naming.TaintGPUValue)
	}
	return taints
}

func hasPlainPool(tx *emulator.Tx, cluster emulator.Object) bool {
	plain := func(o emulator.Object) bool {
		model, _ := guests(configOf(o.Outputs))
		return model == ""
	}
	return slices.ContainsFunc(poolsOf(tx, cluster), plain) || len(machines(cluster)) > 0 && plain(cluster)
}

func declares(config emulator.Properties, key string) bool {
	return slices.ContainsFunc(config.Objects("taints"), func(taint emulator.Properties) bool { return taint.String("key") == key })
}

// effectiveTaints are the taints of a pool's nodes: those that are declared, and
// those of GKE's own that are not.
func effectiveTaints(config, state emulator.Properties) []any {
	var all []any
	for _, taint := range slices.Concat(config.Objects("taints"), state.Objects(stateTaints)) {
		same := func(other any) bool {
			return fmt.Sprint(other.(map[string]any)["key"], other.(map[string]any)["effect"]) == fmt.Sprint(taint["key"], taint["effect"])
		}
		if !slices.ContainsFunc(all, same) {
			all = append(all, map[string]any(taint))
		}
	}
	return all
}
