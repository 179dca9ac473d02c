package rules

import (
	"cmp"
	"fmt"
	"slices"
)

// defaultScaleDownSeconds is the window of Kubernetes and of KEDA. Source:
// https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/
const defaultScaleDownSeconds = 300

var scalingRules = []Rule{
	{
		ID: "scaler-down-window", Group: Workloads, Level: Mandatory,
		Says:   "Replicas are not given up at the first lull.",
		Why:    "A replica that goes for a quiet minute has to load its model again in the next busy one.",
		Fix:    "Set behavior.scaleDown.stabilizationWindowSeconds; in a ScaledObject under advanced.horizontalPodAutoscalerConfig.",
		Except: "For a workload that starts in a second.",
		Parameters: []Parameter{
			{Name: "seconds", Default: 300.0, Says: "Least window, in seconds. Left out, Kubernetes takes 300."},
		},
		Types: []string{typeScaler, typeScaledObject}, Judge: downWindow,
	},
	{
		ID: "scaler-gpu-signal", Group: Workloads, Level: Mandatory,
		Says:       "A model on GPUs does not scale on CPU and memory alone.",
		Why:        "The GPU is what is short. Its server waits for it with an idle CPU, and no replica is added.",
		Fix:        "Set scale.requestsPerReplica, queue, queries, p95 or gpuUtilization of the model, or scale.max to scale.min.",
		Except:     "For a model whose work before the GPU is the greater part.",
		JudgeStack: gpuSignal,
	},
	{
		ID: "scaler-single", Group: Workloads, Level: Mandatory,
		Says:       "Exactly one thing decides on the replicas of a workload.",
		Why:        "Two scalers undo each other every fifteen seconds: replicas come and go, and models load all day.",
		Fix:        "Keep one HorizontalPodAutoscaler or one ScaledObject; a ScaledObject makes a HorizontalPodAutoscaler of its own.",
		Except:     "Never.",
		JudgeStack: singleScaler,
	},
	{
		ID: "scaler-target-exists", Group: Workloads, Level: Mandatory,
		Says:       "A scaler scales something that is there.",
		Why:        "A scaler with a misspelt target is accepted and does nothing.",
		Fix:        "Correct scaleTargetRef, and the namespace of the scaler.",
		Except:     "When the target is of a chart or of another stack.",
		Like:       []string{"dangling-horizontalpodautoscaler"},
		JudgeStack: targetExists,
	},
	{
		ID: "model-fits-gpu-pools", Group: Workloads, Level: Advisory,
		Says:       "The pools have the GPUs that a model may grow to.",
		Why:        "Replicas above what the pools can hold stay pending: the scaler has a bound that is none.",
		Fix:        "Lower scale.max of the model, or raise max of the pool.",
		Except:     "When several models share a pool and do not peak together.",
		JudgeStack: fitsPools,
	},
}

func downWindow(r Resource, v Values) []string {
	behavior := r.At("spec", "behavior")
	if r.Type == typeScaledObject {
		behavior = r.At("spec", "advanced", "horizontalPodAutoscalerConfig", "behavior")
	}
	window := behavior.At("scaleDown", "stabilizationWindowSeconds")
	if window.Unknown() {
		return nil
	}
	seconds, ok := window.Number()
	if !ok {
		seconds = defaultScaleDownSeconds
	}
	if seconds >= v.Number("seconds") {
		return nil
	}
	return []string{fmt.Sprintf("the window for scaling down is %g s, below %g", seconds, v.Number("seconds"))}
}

func gpuSignal(s Stack, _ Values) []Finding {
	withGPU := map[target]bool{}
	for _, r := range s.workloadsWithGPU() {
		withGPU[targetOf(r)] = true
	}
	var findings []Finding
	for _, scaler := range s.Of(typeScaler, typeScaledObject) {
		ref := scaler.At("spec", "scaleTargetRef")
		at := target{cmp.Or(ref.At("kind").Text(), "Deployment"), scaler.At("metadata", "namespace").Text(), ref.At("name").Text()}
		if withGPU[at] && !fixed(scaler) && onProcessorAlone(scaler) {
			findings = append(findings, Finding{scaler.URN, "scales a workload with GPUs on CPU and memory alone"})
		}
	}
	return findings
}

// fixed tells whether a scaler holds one number of replicas, or may turn out to.
func fixed(scaler Resource) bool {
	least, greatest := scaler.At("spec", "minReplicas"), scaler.At("spec", "maxReplicas")
	if scaler.Type == typeScaledObject {
		least, greatest = scaler.At("spec", "minReplicaCount"), scaler.At("spec", "maxReplicaCount")
	}
	if least.HasUnknown() || greatest.HasUnknown() {
		return true
	}
	from, _ := least.Number()
	to, known := greatest.Number()
	return known && from == to
}

// onProcessorAlone tells whether no signal of a scaler is more than CPU or memory.
// The time of day is none: it says nothing of what there is to do.
func onProcessorAlone(scaler Resource) bool {
	if scaler.Type == typeScaledObject {
		triggers := scaler.At("spec", "triggers")
		return !triggers.HasUnknown() && !slices.ContainsFunc(triggers.List(), func(t Value) bool {
			return !t.At("type").Is("cpu") && !t.At("type").Is("memory") && !t.At("type").Is("cron")
		})
	}
	metrics := scaler.At("spec", "metrics")
	return !metrics.HasUnknown() && !slices.ContainsFunc(metrics.List(), func(m Value) bool {
		return !m.At("type").Is("Resource") && !m.At("type").Is("ContainerResource")
	})
}

func singleScaler(s Stack, _ Values) []Finding {
	var findings []Finding
	scalers := s.scalers()
	for _, r := range s.scaled() {
		found, ok := scalers[targetOf(r)]
		if !ok {
			continue
		}
		if len(found.by) > 1 {
			findings = append(findings, Finding{r.URN, fmt.Sprintf("%d scalers scale it", len(found.by))})
		}
	}
	return findings
}

func targetExists(s Stack, _ Values) []Finding {
	if s.scaled().open("metadata.name", "metadata.namespace") {
		return nil
	}
	there := map[target]bool{}
	for _, r := range s.scaled() {
		there[targetOf(r)] = true
	}
	var findings []Finding
	for _, scaler := range s.Of(typeScaler, typeScaledObject) {
		ref := scaler.At("spec", "scaleTargetRef")
		kind := cmp.Or(ref.At("kind").Text(), "Deployment")
		if scaler.open("spec.scaleTargetRef", "metadata.namespace") || kind != "Deployment" && kind != "StatefulSet" {
			continue
		}
		at := target{kind, scaler.At("metadata", "namespace").Text(), ref.At("name").Text()}
		if !there[at] {
			findings = append(findings, Finding{scaler.URN, fmt.Sprintf("the %s %s is not in the stack", at.kind, at.name)})
		}
	}
	return findings
}

func fitsPools(s Stack, _ Values) []Finding {
	pools := s.pools()
	if len(pools) == 0 {
		return nil
	}
	var findings []Finding
	scalers := s.scalers()
	for _, r := range s.scaled() {
		p := podOf(r)
		gpus := p.gpus()
		if gpus == 0 {
			continue
		}
		most := max(scaleOf(r, scalers).least, scaleOf(r, scalers).greatest) * gpus
		room, judged := 0.0, false
		for _, candidate := range pools {
			if candidate.open || candidate.blind || !candidate.sized {
				return nil
			}
			if p.admits(candidate.labels) {
				judged = true
				room += candidate.greatest * float64(candidate.gpus)
			}
		}
		if judged && most > room {
			findings = append(findings, Finding{r.URN, fmt.Sprintf("may grow to %g GPUs, and its pools to %g", most, room)})
		}
	}
	return findings
}

// admits tells whether the pod may run on nodes with the labels: by its node
// selector and by one term of its required node affinity.
func (p pod) admits(labels map[string]string) bool {
	for key, value := range p.spec.At("nodeSelector").TextMap() {
		if labels[key] != value {
			return false
		}
	}
	terms := p.nodeTerms()
	return len(terms) == 0 || slices.ContainsFunc(terms, func(term Value) bool {
		return !slices.ContainsFunc(term.At("matchExpressions").List(), func(e Value) bool { return !expressionMeets(e, labels) })
	})
}

// nodeTerms are the alternatives of the required node affinity.
func (p pod) nodeTerms() []Value {
	return p.spec.At("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms").List()
}

// tolerates tells whether the pod tolerates a taint with the key.
func (p pod) tolerates(key string) bool {
	return slices.ContainsFunc(p.spec.At("tolerations").List(), func(t Value) bool {
		return t.At("key").Is(key) || t.At("key").Missing() && t.At("operator").Is("Exists")
	})
}
