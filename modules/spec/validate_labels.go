package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"gantry.dev/gantry/modules/naming"
)

// maxLabels and maxPoolTaints keep a pool within the 50 tags of an Auto Scaling
// group: each label and taint is one, beside the five that EKS sets, eight labels,
// two taints and the resources of Gantry, and some of the user's own.
const (
	maxLabels     = 15
	maxPoolTaints = 10
)

// reservedDomains are the domains of label and taint keys that a cloud or the
// kubelet refuse, and Gantry's own.
var reservedDomains = []string{
	"gantry.dev", "kubernetes.io", "k8s.io", "eks.amazonaws.com", "cloud.google.com", "kubernetes.azure.com",
}

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

// templateTag begins the tag of an Auto Scaling group by which Cluster
// Autoscaler learns of a label or taint of nodes that are not there yet; AWS
// takes maxTagKey characters. Sources: kubernetes/autoscaler,
// cluster-autoscaler/cloudprovider/aws/README.md; Amazon EC2 Auto Scaling user
// guide, "Tag Auto Scaling groups and instances".
const (
	templateTag = "k8s.io/cluster-autoscaler/node-template/label/"
	maxTagKey   = 128
)

// checkGroupTags reports labels and taints that cannot be told to the
// autoscaler, so that it would start the wrong nodes.
func checkGroupTags(r *report, at string, p Platform, pool Pool) {
	if !p.Autoscaled() {
		return
	}
	const room = maxTagKey - len(templateTag)
	for _, key := range slices.Sorted(maps.Keys(pool.Labels)) {
		if len(key) > room {
			r.add(join(at+".labels", key), key, fmt.Sprintf("is longer than the %d characters that fit into a tag of an Auto Scaling group", room), "shorten it")
		}
	}
	for i, taint := range pool.Taints {
		at := fmt.Sprintf("%s.taints[%d].key", at, i)
		switch {
		case len(taint.Key) > room:
			r.add(at, taint.Key, fmt.Sprintf("is longer than the %d characters that fit into a tag of an Auto Scaling group", room), "shorten it")
		case slices.ContainsFunc(pool.Taints[:i], func(t Taint) bool { return t.Key == taint.Key && t.Effect != taint.Effect }):
			r.add(at, taint.Key, "is set twice, and the autoscaler can be told of one effect only", "rename one of the two")
		}
	}
}

// checkAKSTaints reports what AKS refuses on its system pools
// (SystemPoolHasRestrictedTaint). Source:
// https://learn.microsoft.com/azure/aks/use-system-pools
func checkAKSTaints(r *report, at string, pool Pool) {
	for i, taint := range pool.Taints {
		at := fmt.Sprintf("%s[%d].key", at, i)
		switch {
		case pool.Role != RoleSystem:
		case taint.Key == naming.TaintCriticalAddons:
			r.add(at, taint.Key, "is a taint that Gantry sets itself on system pools of AKS", "remove it")
		case taint.Key != "" && taint.Effect != PreferNoSchedule:
			r.add(at, taint.Key, "is on a system pool, and AKS refuses other taints than its own there", "remove it, use effect: PreferNoSchedule, or give the pool the role inference")
		}
	}
}
