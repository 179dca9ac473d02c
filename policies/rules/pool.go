package rules

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/naming"
)

var poolRules = []Rule{
	{
		ID: "pool-inference-on-demand", Group: Nodes, Level: Mandatory,
		Says:       "Inference pools are not on spot, but for models that say they may be.",
		Why:        "The cloud takes spot nodes back at two minutes' notice and less, on GKE 15 seconds for a pod: every time, requests fail and a model has to load again.",
		Fix:        "Leave capacity out of an inference pool, or set spotTolerant: true in a model whose callers wait and repeat.",
		Except:     "When such models are in another stack than the pool.",
		JudgeStack: inferenceOnDemand,
	},
	{
		ID: "pool-gpu-tainted", Group: Nodes, Level: Mandatory,
		Says:   "GPU pools are tainted.",
		Why:    "Without a taint, pods that need no GPU fill GPU nodes: the pods that do stay pending, and the autoscaler buys more.",
		Fix:    "Put the taint nvidia.com/gpu=present:NoSchedule on the pool; Gantry's own pools have it.",
		Except: "For a pool with a taint of its own that means the same.",
		Parameters: []Parameter{
			{Name: "taint", Default: naming.TaintGPU, Says: "Key of the taint."},
		},
		Types: poolTypes, Judge: gpuTainted,
	},
	{
		ID: "pool-spot-types", Group: Nodes, Level: Mandatory,
		Says:   "Spot pools on AWS take several machine types where there are equal ones.",
		Why:    "Spot capacity runs out by machine type. A pool with one type is interrupted, and stays empty, as a whole. Most GPU machines have no equal, and their pools are not judged.",
		Fix:    "Leave machineTypes out of the pool, so that Gantry takes all that are equal.",
		Except: "When a licence or a benchmark binds the pool to one type.",
		Parameters: []Parameter{
			{Name: "types", Default: 2.0, Says: "Least number of machine types, where the catalog has as many of the same shape."},
		},
		Types: []string{typeEKSNodeGroup}, Judge: spotTypes,
	},
	{
		ID: "pool-max-size", Group: Nodes, Level: Mandatory,
		Says:   "No pool grows beyond a bound.",
		Why:    "The greatest size is what a bug in a scaler, or a loop that makes jobs, will reach.",
		Fix:    "Lower max of the pool.",
		Except: "For a pool that is meant to be that large; better raise nodes in the configuration.",
		Parameters: []Parameter{
			{Name: "nodes", Default: 100.0, Says: "Greatest number of nodes of a pool."},
		},
		Types: poolTypes, Judge: maxSize,
	},
	{
		ID: "pools-within-quota", Group: Nodes, Level: Mandatory,
		Says:   "All pools at their greatest fit the quota.",
		Why:    "A quota is found out about when the load is there: the autoscaler asks, the cloud refuses, and requests wait.",
		Fix:    "Lower max of the pools, or have the quota raised and write the new one into policies/config.",
		Except: "While a raised quota is applied for.",
		Parameters: []Parameter{
			{Name: "vcpus", Default: 3000.0, Says: "Virtual CPUs in the account and region, spot and on-demand together."},
			{Name: "gpus", Default: map[string]float64{}, Says: "Accelerators by their model in the catalog, for example {\"l4\": 24}; a model that is not named is not bounded."},
		},
		JudgeStack: withinQuota,
	},
	{
		ID: "pool-untainted-on-demand", Group: Nodes, Level: Mandatory,
		Says:       "Every cluster has an on-demand pool without taints and with a node at all times.",
		Why:        "DNS, the autoscaler and operators tolerate nothing and must not vanish: without such a pool they are pending, and nothing else ever starts.",
		Fix:        "Give the cluster a system pool with min 1 or more. The taint CriticalAddonsOnly is accepted: what a cluster needs tolerates it.",
		Except:     "For a cluster whose system pods run elsewhere, for example on Fargate.",
		JudgeStack: untaintedOnDemand,
	},
	{
		ID: "pool-costly-machine", Group: Nodes, Level: Mandatory,
		Says:   "No pool takes very dear machines without somebody having said so.",
		Why:    "One node of eight H100 costs more in a day than most platforms in a week.",
		Fix:    "Choose a smaller accelerator or count; or write an exception with the reason, which is the approval.",
		Except: "Whenever the cost is wanted: the exception names who wanted it and until when.",
		Parameters: []Parameter{
			{Name: "dollarsPerHour", Default: 50.0, Says: "Greatest on-demand list price of one node, in US dollars an hour."},
		},
		Types: poolTypes, Judge: eachPool(costlyMachine),
	},
	{
		ID: "pool-training-to-zero", Group: Cost, Level: Advisory,
		Says:   "Training pools with GPUs are empty while no job runs.",
		Why:    "An idle GPU node costs as much as a busy one.",
		Fix:    "Set min of the pool to 0.",
		Except: "When jobs come all day and must not wait for a node.",
		Types:  poolTypes, Judge: eachPool(trainingToZero),
	},
	{
		ID: "gpu-one-advertiser", Group: Nodes, Level: Mandatory,
		Says:   "Exactly one component advertises the GPUs of a node.",
		Why:    "Two device plugins hand out each GPU twice, so that pods crash in each other's memory; none leaves every GPU pod pending for ever.",
		Fix:    "Leave gantry:addons.gpuOperator and devicePlugin at their defaults, and switch the plugin off in any other chart.",
		Except: "While one plugin is replaced by another, pool by pool.",
		Parameters: []Parameter{
			{Name: "charts", Default: []string{"gpu-operator", "nvidia-device-plugin"}, Says: "Helm charts that bring a device plugin."},
			{Name: "daemons", Default: []string{"*nvidia-device-plugin*", "*nvidia-gpu-device-plugin*"}, Says: "Names of DaemonSets that are one; a star stands for anything."},
		},
		JudgeStack: oneAdvertiser,
	},
}

// eachPool judges every pool that a resource makes.
func eachPool(judge func(p pool, v Values) string) func(Resource, Values) []string {
	return func(r Resource, v Values) []string {
		var problems []string
		for _, p := range poolsOf(r) {
			if fact := judge(p, v); fact != "" {
				problems = append(problems, fmt.Sprintf("pool %s: %s", p.name, fact))
			}
		}
		return problems
	}
}

func inferenceOnDemand(s Stack, _ Values) []Finding {
	var findings []Finding
	for _, r := range s.Of(poolTypes...) {
		for _, p := range poolsOf(r) {
			if p.spot && p.role() == "inference" && !s.tolerated(p) {
				findings = append(findings, Finding{r.URN, fmt.Sprintf("pool %s: serves models on spot nodes", p.name)})
			}
		}
	}
	return findings
}

// tolerated tells whether a model of the stack says that it may run on spot nodes
// and may run on those of the pool.
func (s Stack) tolerated(spot pool) bool {
	return slices.ContainsFunc(s.Of(typeDeployment, typeStatefulSet), func(r Resource) bool {
		p := podOf(r)
		return spotTolerant(r) && (p.spec.HasUnknown() || spot.open || p.admits(spot.labels))
	})
}

func gpuTainted(r Resource, v Values) []string {
	return eachPool(func(p pool, v Values) string {
		if p.gpu == "" || p.open || p.hasTaint(v.Text("taint")) {
			return ""
		}
		return "has GPUs and no taint " + v.Text("taint")
	})(r, v)
}

func spotTypes(r Resource, v Values) []string {
	return eachPool(func(p pool, v Values) string {
		if !p.spot || len(p.machines) == 0 || r.At("instanceTypes").HasUnknown() {
			return ""
		}
		wanted := int(v.Number("types"))
		if machine, ok := accelerators.Lookup(p.cloud, p.machines[0]); ok {
			wanted = min(wanted, len(accelerators.EqualShapes(machine)))
		}
		if len(p.machines) >= wanted {
			return ""
		}
		return fmt.Sprintf("takes %s only, and should take %d types", strings.Join(p.machines, ", "), wanted)
	})(r, v)
}

func maxSize(r Resource, v Values) []string {
	return eachPool(func(p pool, v Values) string {
		if p.sized && p.greatest > v.Number("nodes") {
			return fmt.Sprintf("grows to %g nodes, above %g", p.greatest, v.Number("nodes"))
		}
		return ""
	})(r, v)
}

func withinQuota(s Stack, v Values) []Finding {
	vcpus, gpus := 0.0, map[string]float64{}
	for _, p := range s.pools() {
		if !p.sized {
			continue
		}
		most := 0.0
		for _, name := range p.machines {
			machine, _ := accelerators.Lookup(p.cloud, name)
			most = max(most, float64(machine.VCPU))
		}
		vcpus += most * p.greatest
		gpus[p.gpu] += float64(p.gpus) * p.greatest
	}
	var findings []Finding
	if quota := v.Number("vcpus"); vcpus > quota {
		findings = append(findings, Finding{s.Root(), fmt.Sprintf("the pools grow to %g vCPU together, and the quota is %g", vcpus, quota)})
	}
	quotas := v.Numbers("gpus")
	for _, model := range slices.Sorted(maps.Keys(quotas)) {
		if gpus[model] > quotas[model] {
			findings = append(findings, Finding{s.Root(), fmt.Sprintf("the pools grow to %g %s together, and the quota is %g", gpus[model], model, quotas[model])})
		}
	}
	return findings
}

func untaintedOnDemand(s Stack, _ Values) []Finding {
	clusters := s.Of(clusterTypes...)
	pools := s.pools()
	if len(clusters) == 0 || clusters.unlisted() || slices.ContainsFunc(pools, func(p pool) bool {
		return !p.spot && (p.open || !p.sized || p.least >= 1 && untainted(p))
	}) {
		return nil
	}
	var findings []Finding
	for _, cluster := range clusters {
		findings = append(findings, Finding{cluster.URN, "none of its pools is on-demand, free of taints and never empty"})
	}
	return findings
}

// unlisted tells whether a cluster has pools of its own that are not known yet.
func (s Stack) unlisted() bool {
	return slices.ContainsFunc(s, func(r Resource) bool { return r.At("agentPoolProfiles").Unknown() })
}

func untainted(p pool) bool {
	return !slices.ContainsFunc(p.taints, func(t taint) bool { return t.key != naming.TaintCriticalAddons })
}

func costlyMachine(p pool, v Values) string {
	for _, name := range p.machines {
		machine, _ := accelerators.Lookup(p.cloud, name)
		if limit := v.Number("dollarsPerHour"); machine.Price.OnDemand > limit {
			return fmt.Sprintf("%s costs %s a node, above $%g/h", name, machine.Price, limit)
		}
	}
	return ""
}

func trainingToZero(p pool, _ Values) string {
	if p.role() == "training" && p.gpu != "" && p.sized && p.least > 0 {
		return fmt.Sprintf("keeps %g GPU nodes without a job", p.least)
	}
	return ""
}

// packedVersion ends the name of a packed chart.
var packedVersion = regexp.MustCompile(`-v?[0-9]+\.[0-9]+\.[0-9]+[^/]*\.tgz$`)

// chartName is the chart of a release, which is written as a name, a reference or
// a path.
func chartName(chart string) string {
	return packedVersion.ReplaceAllString(chart[strings.LastIndex(chart, "/")+1:], "")
}

// advertiser is something that the program installs.
type advertiser struct{ urn, what string }

// advertisers are the device plugins that the program installs, and whether there
// may be others, of which too little is known yet.
func advertisers(s Stack, v Values) (installed []advertiser, others bool) {
	for _, release := range s.Of(typeRelease) {
		chart, plugin := release.At("chart"), release.At("values", "devicePlugin", "enabled")
		name := chartName(chart.Text())
		switch brings := slices.Contains(v.Texts("charts"), name); {
		case brings && plugin.NotFalse():
			installed = append(installed, advertiser{release.URN, "the chart " + name})
		case brings && plugin.Unknown() || chart.Unknown():
			others = true
		}
	}
	for _, daemon := range s.Of(typeDaemonSet) {
		name := daemon.At("metadata", "name")
		switch {
		case matchesAny(v.Texts("daemons"), name.Text()):
			installed = append(installed, advertiser{daemon.URN, "the DaemonSet " + name.Text()})
		case name.Unknown():
			others = true
		}
	}
	return installed, others
}

// oneAdvertiser counts what the program installs and what nodes bring along: on
// GKE every GPU node has GKE's plugin, and so have the Bottlerocket images of
// EKS.
func oneAdvertiser(s Stack, v Values) []Finding {
	installed, others := advertisers(s, v)
	var findings []Finding
	bare := ""
	for _, p := range s.pools() {
		if p.gpu == "" || p.open {
			continue
		}
		brings := p.cloud == "gcp" && p.labels[naming.LabelNoGKEPlugin] != "true" || strings.HasPrefix(p.fields.At("amiType").Text(), "BOTTLEROCKET_")
		switch {
		case brings && len(installed) > 0:
			findings = append(findings, Finding{installed[0].urn, fmt.Sprintf("%s advertises GPUs, and so does the node image of pool %s", installed[0].what, p.name)})
		case !brings && len(installed) == 0 && !others:
			bare = p.name
		}
	}
	if len(installed) > 1 {
		findings = append(findings, Finding{installed[1].urn, fmt.Sprintf("%s and %s both advertise GPUs", installed[0].what, installed[1].what)})
	}
	// A stack of the layer cluster alone has its plugin in the next one.
	if bare != "" && len(s.workloadsWithGPU()) > 0 {
		findings = append(findings, Finding{s.Root(), fmt.Sprintf("nothing advertises the GPUs of pool %s", bare)})
	}
	return findings
}
