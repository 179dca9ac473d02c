package rules

import (
	"fmt"
	"slices"

	"gantry.dev/gantry/modules/naming"
)

// spotTaints are the taints of spot nodes, by cloud: what tolerates one means to
// run there.
var spotTaints = []string{naming.TaintSpotGKE, naming.TaintSpotAKS}

var placementRules = []Rule{
	{
		ID: "model-not-on-spot", Group: Workloads, Level: Mandatory,
		Says:   "Models do not run on spot nodes, but for those that say they may.",
		Why:    "A spot node is taken back at short notice, and the model on it has to load elsewhere while requests wait.",
		Fix:    "Leave pool out of the model, so that it runs on the on-demand inference pools, or set spotTolerant: true where callers wait and repeat; pods of others carry the label gantry.dev/spot-tolerant: \"true\".",
		Except: "Never: a model that may run there says so.",
		Types:  []string{typeDeployment, typeStatefulSet}, Judge: modelNotOnSpot, JudgeStack: modelNotOnSpotPools,
	},
	{
		ID: "gpu-placement", Group: Workloads, Level: Mandatory,
		Says:   "What asks for GPUs tolerates their taint and selects their nodes, and nothing else does.",
		Why:    "Without the toleration the pod is pending for ever. A pod without GPUs on a GPU node takes the room of one that needs it.",
		Fix:    "Take the placement from modules/scheduling, as models do; for other pods, add or remove the toleration nvidia.com/gpu and the label gantry.dev/gpu.",
		Except: "For an agent that has to run on every node and is no DaemonSet.",
		Types:  []string{typeDeployment, typeStatefulSet, typeReplicaSet, typeJob, typeCronJob, typePod}, Judge: gpuPlacement,
	},
}

// spotTolerant tells whether the pods say, or may turn out to say, that they may be
// on spot nodes.
func spotTolerant(r Resource) bool {
	said := r.At(slices.Concat(podPath(r), []string{"metadata", "labels", naming.LabelSpotTolerant})...)
	return said.Unknown() || said.Is("true")
}

func modelNotOnSpot(r Resource, _ Values) []string {
	if !isModel(r) || spotTolerant(r) {
		return nil
	}
	p := podOf(r)
	for _, key := range spotTaints {
		if slices.ContainsFunc(p.spec.At("tolerations").List(), func(t Value) bool { return t.At("key").Is(key) }) {
			return []string{"tolerates the taint of spot nodes, " + key}
		}
	}
	if p.spec.At("nodeSelector", naming.LabelCapacity).Is("spot") {
		return []string{"selects spot nodes"}
	}
	for _, term := range p.nodeTerms() {
		for _, e := range term.At("matchExpressions").List() {
			if e.At("key").Is(naming.LabelCapacity) && e.At("operator").Is("In") && slices.Contains(e.At("values").Texts(), "spot") {
				return []string{"selects spot nodes"}
			}
		}
	}
	return nil
}

// modelNotOnSpotPools finds what the pod does not say: that a pool which it may
// run on is spot.
func modelNotOnSpotPools(s Stack, v Values) []Finding {
	var findings []Finding
	for _, r := range s.scaled() {
		p := podOf(r)
		if !isModel(r) || spotTolerant(r) || p.spec.HasUnknown() || len(modelNotOnSpot(r, v)) > 0 {
			continue
		}
		for _, candidate := range s.pools() {
			if candidate.spot && !candidate.open && p.admits(candidate.labels) && p.toleratesAll(candidate) {
				findings = append(findings, Finding{r.URN, fmt.Sprintf("may run on the spot pool %s", candidate.name)})
			}
		}
	}
	return findings
}

func (p pod) toleratesAll(candidate pool) bool {
	return !slices.ContainsFunc(candidate.taints, func(t taint) bool { return !p.tolerates(t.key) })
}

func gpuPlacement(r Resource, _ Values) []string {
	p := podOf(r)
	if p.spec.HasUnknown() {
		return nil
	}
	named := slices.ContainsFunc(p.spec.At("tolerations").List(), func(t Value) bool { return t.At("key").Is(naming.TaintGPU) })
	if p.gpus() == 0 {
		if named {
			return []string{"tolerates " + naming.TaintGPU + " and asks for no GPU"}
		}
		return nil
	}
	var problems []string
	if !p.tolerates(naming.TaintGPU) {
		problems = append(problems, "asks for GPUs and does not tolerate "+naming.TaintGPU)
	}
	if len(p.nodeTerms()) == 0 && len(p.spec.At("nodeSelector").TextMap()) == 0 {
		problems = append(problems, "asks for GPUs and selects no nodes: any model of GPU would do")
	}
	return problems
}
