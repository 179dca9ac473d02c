package rules

import (
	"fmt"
	"slices"
)

var namespaceRules = []Rule{
	{
		ID: "namespace-own", Group: Pods, Level: Mandatory,
		Says:   "Nothing runs in the namespace default.",
		Why:    "default has no Pod Security level, no network policy and no owner, and everybody lands there who forgets to say where.",
		Fix:    "Set metadata.namespace.",
		Except: "Never.",
		Like:   []string{"CKV_K8S_21", "KSV-0110"},
		Types:  append([]string{typeService, typeServiceAccount, typeConfigMap, typeBudget, typeScaler, typeScaledObject}, podTypes...), Judge: ownNamespace,
	},
	{
		ID: "namespace-pod-security", Group: Pods, Level: Mandatory,
		Says:   "A namespace enforces a Pod Security level.",
		Why:    "The pack sees what the program makes. Pod Security holds for everything else that makes pods: charts, operators, people.",
		Fix:    "Put the label pod-security.kubernetes.io/enforce: restricted on the namespace.",
		Except: "For a namespace of node agents; it belongs into privileged.",
		Parameters: []Parameter{
			{Name: "levels", Default: []string{"restricted", "baseline"}, Says: "Levels that are accepted."},
			{Name: "privileged", Default: []string{"gpu-system", "monitoring"}, Says: "Namespaces that may be privileged: GPU drivers and node exporters reach into nodes."},
		},
		Types: []string{typeNamespace}, Judge: podSecurity,
	},
	{
		ID: "namespace-network-policy", Group: Network, Level: Advisory,
		Says:       "A namespace has a network policy.",
		Why:        "Without one, every pod of the cluster may call every model, and a model may call anything.",
		Fix:        "Add a NetworkPolicy that denies by default, and one for each caller.",
		Except:     "For a namespace of node agents.",
		Like:       []string{"CKV2_K8S_6", "non-isolated-pod", "missingNetworkPolicy"},
		Parameters: []Parameter{exempt},
		JudgeStack: networkPolicies,
	},
}

func ownNamespace(r Resource, _ Values) []string {
	if namespace := r.At("metadata", "namespace"); namespace.Missing() || namespace.Is("default") {
		return []string{"metadata.namespace is default"}
	}
	return nil
}

func podSecurity(r Resource, v Values) []string {
	if name := r.At("metadata", "name"); name.Unknown() || slices.Contains(v.Texts("privileged"), name.Text()) {
		return nil
	}
	level := r.At("metadata", "labels", "pod-security.kubernetes.io/enforce")
	if level.Unknown() || slices.Contains(v.Texts("levels"), level.Text()) {
		return nil
	}
	if level.Missing() {
		return []string{"has no Pod Security level"}
	}
	return []string{fmt.Sprintf("enforces the level %s", level.Text())}
}

func networkPolicies(s Stack, v Values) []Finding {
	if s.Of(typeNetworkPolicy).open("metadata.namespace") {
		return nil
	}
	guarded := map[string]bool{}
	for _, policy := range s.Of(typeNetworkPolicy) {
		guarded[policy.At("metadata", "namespace").Text()] = true
	}
	var findings []Finding
	for _, namespace := range s.Of(typeNamespace) {
		name := namespace.At("metadata", "name").Text()
		if name != "" && !guarded[name] && !slices.Contains(v.Texts(exempt.Name), name) {
			findings = append(findings, Finding{namespace.URN, "no NetworkPolicy of the stack is in it"})
		}
	}
	return findings
}
