package rules

import (
	"fmt"
	"slices"
	"strings"
)

// taggable are the resources that are paid for and can carry tags.
var taggable = []string{
	typeEKSCluster, typeEKSNodeGroup, typeLaunchTemplate, typeVolume, typeFileSystem, typeBucketAWS, typeBucketV2, typeKey, typeLogGroup, "aws:ec2/natGateway:NatGateway",
	typeGKECluster, typeGKENodePool, typeBucketGCP,
	typeAKSCluster, typeAKSPool, typeStorageAccount, typeWorkspace, "azure-native:network:NatGateway",
}

// notCounted is what the sums leave out, for people.
const notCounted = "nodes at list price; disks, NAT, load balancers and traffic come on top"

var costRules = []Rule{
	{
		ID: "cost-monthly-maximum", Group: Cost, Level: Mandatory,
		Says:   "The nodes of a stack cost no more a month than was agreed.",
		Why:    "A pool's greatest size is a blank cheque, and nobody multiplies it in their head.",
		Fix:    "Lower min or max of the pools, choose smaller machines, or agree on more and write it into policies/config.",
		Except: "For a campaign of a few weeks, with its end as the date.",
		Parameters: []Parameter{
			{Name: "atRest", Default: 5000.0, Says: "Greatest cost with every pool at its least size, in US dollars a month."},
			{Name: "atMost", Default: 600000.0, Says: "Greatest cost with every pool at its greatest size for a whole month, in US dollars."},
		},
		JudgeStack: monthlyMaximum,
	},
	{
		ID: "cost-gpu-budget", Group: Cost, Level: Mandatory,
		Says:   "GPU nodes stay within their budget.",
		Why:    "GPUs are nine tenths of the bill. A budget of their own shows what they take before the total does.",
		Fix:    "Lower min or max of the GPU pools, or agree on more and write it into policies/config.",
		Except: "For a campaign of a few weeks, with its end as the date.",
		Parameters: []Parameter{
			{Name: "atRest", Default: 4000.0, Says: "Greatest cost of GPU nodes with every pool at its least size, in US dollars a month."},
			{Name: "atMost", Default: 600000.0, Says: "Greatest cost of GPU nodes with every pool at its greatest size for a whole month, in US dollars."},
		},
		JudgeStack: gpuBudget,
	},
	{
		ID: "cost-required-tags", Group: Cost, Level: Mandatory,
		Says:   "Everything that is paid for says whose it is.",
		Why:    "A bill without tags is divided by guessing, and what nobody owns is never switched off.",
		Fix:    "Set gantry:tags; Gantry adds its own, and every provider puts them on all resources.",
		Except: "For a resource whose cloud takes no tags.",
		Like:   []string{"CKV_GCP_21", "GCP-0051"},
		Parameters: []Parameter{
			{Name: "tags", Default: slices.Clone(gantryTags), Says: "Tags that must be set. Case and punctuation do not count: clouds take different ones."},
		},
		Types: taggable, Judge: requiredTags,
	},
	{
		ID: "cost-gpu-autoscaled", Group: Cost, Level: Advisory,
		Says:   "GPU pools follow the load.",
		Why:    "A GPU pool of a fixed size is paid for at night as it is by day.",
		Fix:    "Give the pool a max above its min, and leave gantry:addons.autoscaler enabled.",
		Except: "For capacity that is reserved and paid for anyway.",
		Types:  poolTypes, Judge: eachPool(gpuAutoscaled),
	},
}

// spend is what nodes cost a month at both ends of their sizes.
type spend struct {
	atRest, atMost float64
	// unpriced are the pools whose price is not known.
	unpriced []string
}

// spending adds up the pools that are chosen. What is not sized yet is left
// out, and what has no price is named: a sum without it would be a lie.
func spending(s Stack, chosen func(pool) bool) spend {
	var total spend
	for _, p := range s.pools() {
		if !p.sized || !chosen(p) {
			continue
		}
		price, ok := p.nodePrice()
		if !ok && p.greatest > 0 && len(p.machines) > 0 {
			total.unpriced = append(total.unpriced, p.name+" ("+strings.Join(p.machines, ", ")+")")
		}
		total.atRest += price * p.least
		total.atMost += price * p.greatest
	}
	return total
}

func judgeSpending(s Stack, v Values, what string, chosen func(pool) bool) []Finding {
	total := spending(s, chosen)
	var findings []Finding
	report := func(format string, values ...any) {
		findings = append(findings, Finding{s.Root(), fmt.Sprintf(format, values...)})
	}
	if limit := v.Number("atRest"); total.atRest > limit {
		report("%s cost $%.0f a month at rest, above $%.0f (%s)", what, total.atRest, limit, notCounted)
	}
	if limit := v.Number("atMost"); total.atMost > limit {
		report("%s cost up to $%.0f a month, above $%.0f (%s)", what, total.atMost, limit, notCounted)
	}
	if len(total.unpriced) > 0 {
		report("the price of %s is not known, so that the sum cannot be judged", strings.Join(total.unpriced, ", "))
	}
	return findings
}

func monthlyMaximum(s Stack, v Values) []Finding {
	return judgeSpending(s, v, "the nodes", func(pool) bool { return true })
}

func gpuBudget(s Stack, v Values) []Finding {
	return judgeSpending(s, v, "the GPU nodes", func(p pool) bool { return p.gpu != "" })
}

// requiredTags looks at the tags of the resource and at those that its provider
// adds.
func requiredTags(r Resource, v Values) []string {
	has, judged := map[string]bool{}, true
	for _, tags := range []Value{
		r.At("tags"), r.At("labels"), r.At("resourceLabels"), r.At("nodeConfig", "resourceLabels"),
		r.Provider.At("defaultTags").decoded().At("tags"), r.Provider.At("defaultLabels").decoded(),
	} {
		judged = judged && !tags.Unknown()
		for _, key := range tags.keys() {
			has[tagKey(key)] = true
		}
	}
	var problems []string
	for _, wanted := range v.Texts("tags") {
		if judged && !has[tagKey(wanted)] {
			problems = append(problems, "the tag "+wanted+" is missing")
		}
	}
	return problems
}

func gpuAutoscaled(p pool, _ Values) string {
	if p.gpu != "" && p.sized && p.greatest > 0 && !p.autoscaled {
		return fmt.Sprintf("has always %g GPU nodes", p.greatest)
	}
	return ""
}
