package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"gantry.dev/gantry/modules/naming"
)

var availabilityRules = []Rule{
	{
		ID: "workload-disruption-budget", Group: Workloads, Level: Mandatory,
		Says:       "What has more than one replica has a PodDisruptionBudget.",
		Why:        "An upgrade of nodes drains them. Without a budget it may take all replicas at once, and nobody made an error.",
		Fix:        "Add a PodDisruptionBudget with maxUnavailable 1 whose selector meets the pods.",
		Except:     "For workers whose work is repeated.",
		Like:       []string{"missingPodDisruptionBudget"},
		JudgeStack: disruptionBudget,
	},
	{
		ID: "budget-allows-eviction", Group: Workloads, Level: Mandatory,
		Says:   "A PodDisruptionBudget lets a node be drained.",
		Why:    "A budget that allows no eviction stops every upgrade of nodes, and the autoscaler keeps nodes that are empty but for one pod.",
		Fix:    "Use maxUnavailable 1, or a minAvailable below the least number of replicas.",
		Except: "Never: scale the workload to two.",
		Like:   []string{"pdb-max-unavailable", "pdb-min-available", "pdbMinAvailableGreaterThanHPAMinReplicas"},
		Types:  []string{typeBudget}, Judge: allowsEviction, JudgeStack: budgetBelowReplicas,
	},
	{
		ID: "budget-evicts-unhealthy", Group: Workloads, Level: Remediate,
		Says:   "A PodDisruptionBudget does not protect pods that are not ready.",
		Why:    "By default a pod that never becomes ready counts as protected: a broken release then stops the upgrade of its node.",
		Fix:    "Set unhealthyPodEvictionPolicy to AlwaysAllow. Where it is left out, the pack does so.",
		Except: "For a database that must not lose a member that is catching up.",
		Like:   []string{"pdb-unhealthy-pod-eviction-policy"},
		Types:  []string{typeBudget}, Judge: evictsUnhealthy, Mend: mendUnhealthy,
	},
	{
		ID: "model-min-replicas", Group: Workloads, Level: Mandatory,
		Says:   "A model has enough replicas to lose one.",
		Why:    "With one replica, each node that is replaced is an outage as long as the model takes to load.",
		Fix:    "Raise scale.min of the model.",
		Except: "For a model that may be away for minutes.",
		Parameters: []Parameter{
			{Name: "replicas", Default: 2.0, Says: "Least number of replicas of a model."},
		},
		JudgeStack: minReplicas,
	},
	{
		ID: "model-spread", Group: Workloads, Level: Mandatory,
		Says:   "The replicas of a model are spread over nodes and zones.",
		Why:    "The scheduler may put all replicas on one node: then two are as good as one.",
		Fix:    "Set topologySpreadConstraints for topology.kubernetes.io/zone, or a pod anti-affinity.",
		Except: "For a pool of one node or one zone.",
		Like:   []string{"no-anti-affinity", "topologySpreadConstraint"},
		Types:  []string{typeDeployment, typeStatefulSet}, Judge: spread,
	},
}

// scale is how many replicas a workload may have, and whether that is known.
type scale struct {
	least, greatest float64
	// by is the URNs of the scalers; none where the workload says itself.
	by []string
}

// target identifies what a scaler scales.
type target struct{ kind, namespace, name string }

// scalers is every scaler of a stack with its target and its bounds. What is
// not known yet is left out.
func (s Stack) scalers() map[target]scale {
	scales := map[target]scale{}
	for _, r := range s.Of(typeScaler, typeScaledObject) {
		ref := r.At("spec", "scaleTargetRef")
		kind := ref.At("kind").Text()
		least, greatest, fallback := "minReplicas", "maxReplicas", 1.0
		if r.Type == typeScaledObject {
			least, greatest, fallback = "minReplicaCount", "maxReplicaCount", 0
			if kind == "" {
				kind = "Deployment"
			}
		}
		at := target{kind, r.At("metadata", "namespace").Text(), ref.At("name").Text()}
		found := scales[at]
		found.by = append(found.by, r.URN)
		found.least = fallback
		if number, ok := r.At("spec", least).Number(); ok {
			found.least = number
		}
		found.greatest, _ = r.At("spec", greatest).Number()
		scales[at] = found
	}
	return scales
}

// scalersOpen tells whether it is not known yet what a scaler scales, or how far
// down.
func (s Stack) scalersOpen() bool {
	return s.Of(typeScaler, typeScaledObject).open("metadata.namespace", "spec.scaleTargetRef", "spec.minReplicas", "spec.minReplicaCount")
}

// scaled is what can have replicas: Deployments and StatefulSets.
func (s Stack) scaled() Stack { return s.Of(typeDeployment, typeStatefulSet) }

func targetOf(r Resource) target {
	return target{r.Type[strings.LastIndex(r.Type, ":")+1:], r.At("metadata", "namespace").Text(), r.At("metadata", "name").Text()}
}

// scaleOf is how many replicas a workload may have: those that its scaler says,
// else its own, else one.
func scaleOf(r Resource, scalers map[target]scale) scale {
	if found, ok := scalers[targetOf(r)]; ok {
		return found
	}
	replicas := r.At("spec", "replicas")
	if count, ok := replicas.Number(); ok {
		return scale{least: count, greatest: count}
	}
	return scale{least: 1, greatest: 1}
}

// isModel tells whether the pods of a resource serve a model.
func isModel(r Resource) bool { return podOf(r).labels[naming.LabelModel] != "" }

// selects tells whether a label selector is known to meet pods with the labels.
func selects(selector Value, labels map[string]string) bool {
	wanted := selector.At("matchLabels").TextMap()
	for key, value := range wanted {
		if labels[key] != value {
			return false
		}
	}
	for _, e := range selector.At("matchExpressions").List() {
		if !expressionMeets(e, labels) {
			return false
		}
	}
	return true
}

// expressionMeets evaluates a requirement of a label selector or node selector.
func expressionMeets(e Value, labels map[string]string) bool {
	value, has := labels[e.At("key").Text()]
	listed := slices.Contains(e.At("values").Texts(), value)
	switch e.At("operator").Text() {
	case "In":
		return has && listed
	case "NotIn":
		return !has || !listed
	case "Exists":
		return has
	case "DoesNotExist":
		return !has
	default:
		return true
	}
}

func disruptionBudget(s Stack, _ Values) []Finding {
	var findings []Finding
	scalers := s.scalers()
	for _, r := range s.scaled() {
		// What starts above one, or may: a scaler goes up under load, which is
		// when an outage hurts.
		size := scaleOf(r, scalers)
		if max(size.least, size.greatest) < 2 || r.open("metadata.namespace", "spec.template.metadata.labels") || len(s.budgetsOf(r)) > 0 {
			continue
		}
		findings = append(findings, Finding{r.URN, "no PodDisruptionBudget of the stack selects its pods"})
	}
	return findings
}

// budgetsOf is the budgets that meet the pods of a workload. One whose selector
// is not known may do so.
func (s Stack) budgetsOf(r Resource) Stack {
	p := podOf(r)
	return slices.DeleteFunc(s.Of(typeBudget), func(budget Resource) bool {
		if budget.open("metadata.namespace", "spec.selector") {
			return false
		}
		selector := budget.At("spec", "selector")
		return budget.At("metadata", "namespace").Text() != p.namespace || selector.Missing() || !selects(selector, p.labels)
	})
}

func allowsEviction(r Resource, _ Values) []string {
	most, least := r.At("spec", "maxUnavailable"), r.At("spec", "minAvailable")
	if count, ok := most.Number(); ok && count == 0 || most.Is("0%") {
		return []string{"maxUnavailable is 0"}
	}
	if least.Is("100%") {
		return []string{"minAvailable is 100%"}
	}
	return nil
}

func budgetBelowReplicas(s Stack, _ Values) []Finding {
	var findings []Finding
	scalers := s.scalers()
	for _, r := range s.scaled() {
		size := scaleOf(r, scalers)
		if r.open("spec.replicas", "metadata.name", "metadata.namespace") || s.scalersOpen() {
			continue
		}
		for _, budget := range s.budgetsOf(r) {
			least, ok := budget.At("spec", "minAvailable").Number()
			if ok && size.least > 0 && least >= size.least {
				findings = append(findings, Finding{budget.URN, fmt.Sprintf("minAvailable is %g, and %s may have %g replicas: none could be evicted",
					least, r.Name, size.least)})
			}
		}
	}
	return findings
}

func evictsUnhealthy(r Resource, _ Values) []string {
	if r.At("spec", "unhealthyPodEvictionPolicy").IsNot("AlwaysAllow") {
		return []string{"unhealthyPodEvictionPolicy is not AlwaysAllow"}
	}
	return nil
}

func mendUnhealthy(r Resource, _ Values) (property.Map, bool) {
	if !r.At("spec", "unhealthyPodEvictionPolicy").Missing() || r.At("spec").Missing() || r.At("spec").Unknown() {
		return property.Map{}, false
	}
	return with(r.Map(), property.New("AlwaysAllow"), "spec", "unhealthyPodEvictionPolicy"), true
}

func minReplicas(s Stack, v Values) []Finding {
	if s.scalersOpen() {
		return nil
	}
	var findings []Finding
	scalers := s.scalers()
	for _, r := range s.scaled() {
		if !isModel(r) || r.open("spec.replicas", "metadata.name", "metadata.namespace") {
			continue
		}
		if size := scaleOf(r, scalers); size.least < v.Number("replicas") {
			findings = append(findings, Finding{r.URN, fmt.Sprintf("may have %g replicas, and at least %g are wanted", size.least, v.Number("replicas"))})
		}
	}
	return findings
}

func spread(r Resource, _ Values) []string {
	p := podOf(r)
	if !isModel(r) || p.spec.Unknown() || p.spec.At("topologySpreadConstraints").HasUnknown() {
		return nil
	}
	if len(p.spec.At("topologySpreadConstraints").List()) > 0 || !p.spec.At("affinity", "podAntiAffinity").Missing() {
		return nil
	}
	return []string{"has neither topologySpreadConstraints nor a pod anti-affinity"}
}
