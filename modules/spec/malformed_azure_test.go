package spec

import (
	"fmt"
	"strings"
)

// onAzure puts a configuration on Azure.
func onAzure(name, config string, want ...problem) malformed {
	config = "cloud: azure\n" + config
	if !strings.Contains(config, "pools:") {
		config += "\npools: [{name: system, role: system}]" // Azure has no L4
	}
	return malformed{"azure: " + name, config, nil, want}
}

func azureCases() []malformed {
	cluster := func(name, rest string, want ...problem) malformed {
		return onAzure(name, `cluster: {version: "1.34", `+rest+`}`, want...)
	}
	pool := func(name, pool string, want ...problem) malformed {
		return onAzure(name, "pools:\n - {name: system, role: system}\n - {name: a, "+pool+"}", want...)
	}
	system := func(name, rest string, want ...problem) malformed {
		return onAzure(name, "pools: [{name: system, role: system, "+rest+"}]", want...)
	}
	const known = "Known: a10, a100, h100, h100-nvl, h200 or t4"
	const group = "use the id that `az ad group show --group NAME --query id` prints"
	return []malformed{
		onAzure("no location", `azure-native:location: ""`, problem{"azure-native:location", "", "pulumi config set azure-native:location eastus"}),
		onAzure("location as people write it", "azure-native:location: West Europe", problem{"azure-native:location", `"West Europe"`, "use a name such as eastus or westeurope"}),
		onAzure("zone for a location", "azure-native:location: eastus-1", problem{"azure-native:location", "eastus-1", "use eastus"}),
		onAzure("name of a subscription", "azure-native:subscriptionId: production", problem{"azure-native:subscriptionId", "production", "use the id that `az account show --query id` prints, or remove the key for that of the credentials"}),
		onAzure("tags that Azure refuses", `tags: {"cost/center": a, "a<b": a, azure-team: a, Microsoft: a, team: a, Team: b, windowsTeam: c}`,
			problem{"gantry:tags.Microsoft", "Microsoft", "choose another key"},
			problem{"gantry:tags.azure-team", "azure-team", "choose another key"},
			problem{"gantry:tags.team", "team", "keep one of the two"},
			problem{"gantry:tags.windowsTeam", "windowsTeam", "choose another key"},
			problem{`gantry:tags["a<b"]`, "a<b", `use no < > % & \ ? or /`},
			problem{`gantry:tags["cost/center"]`, "cost/center", `use no < > % & \ ? or /`}),
		onAzure("tags too long and too many", "tags: {a: "+letters(257)+", "+letters(513)+": b, "+numbered(39, "t%02d: x")+"}",
			problem{"gantry:tags", `"41 tags"`, "keep 40 or fewer"},
			problem{"gantry:tags.a", shown(letters(257)), "shorten it"},
			problem{"gantry:tags." + letters(513), shown(letters(513)), "shorten or name it"}),
		onAzure("versions of add-ons", "addons: {versions: {coredns: v1.12.4-eksbuild.29}}",
			problem{"gantry:addons.versions", "coredns", "remove it, or use cloud: aws"}),
		cluster("minor in long-term support", "version: '1.33'", problem{"gantry:cluster.version", "1.33", "use 1.34, 1.35 or 1.36"}),
		cluster("minor that no cloud has", "version: '1.37'", problem{"gantry:cluster.version", "1.37", "use 1.33, 1.34, 1.35 or 1.36"}),
		cluster("more zones than a location", "zones: 4", problem{"gantry:cluster.zones", "4", "use 3 or less"}),
		cluster("logs for too short", "logRetentionDays: 7", problem{"gantry:cluster.logRetentionDays", "7", "use 30 to 730"}),
		cluster("logs for too long", "logRetentionDays: 3653", problem{"gantry:cluster.logRetentionDays", "3653", "use 30 to 730"}),
		cluster("logs of the past", "logRetentionDays: -1", problem{"gantry:cluster.logRetentionDays", "-1", "use 30, 90 or 365, or leave it out for 90"}),
		cluster("admins that are no groups", `admins: [ml-admins, me@example.com, 00000000-0000-0000-0000-000000000000, 11111111-2222-3333-4444-555555555555, 11111111-2222-3333-4444-555555555555]`,
			problem{"gantry:cluster.admins[0]", "ml-admins", group},
			problem{"gantry:cluster.admins[1]", "me@example.com", group},
			problem{"gantry:cluster.admins[2]", "00000000-0000-0000-0000-000000000000", group},
			problem{"gantry:cluster.admins[4]", "11111111-2222-3333-4444-555555555555", "remove one of the two"}),
		cluster("more callers than AKS takes", "publicAccessCidrs: ["+ranges(200)+"]",
			problem{"gantry:cluster.publicAccessCidrs", `"200 ranges"`, "join neighbouring ranges"}),
		cluster("ranges that AKS uses itself", "networkCidr: 172.30.0.0/16, podCidr: 172.28.0.0/14, serviceCidr: 172.31.0.0/20",
			problem{"gantry:cluster.networkCidr", "172.30.0.0/16", "choose a range apart from it"},
			problem{"gantry:cluster.podCidr", "172.28.0.0/14", "choose a range apart from it"},
			problem{"gantry:cluster.serviceCidr", "172.31.0.0/20", "choose a range apart from it"}),
		cluster("documentation and link-local addresses", "podCidr: 169.254.0.0/16, serviceCidr: 192.0.2.0/24",
			problem{"gantry:cluster.podCidr", "169.254.0.0/16", "use one in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10"},
			problem{"gantry:cluster.serviceCidr", "192.0.2.0/24", "use one in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10"}),
		cluster("services on the nodes", "networkCidr: 10.0.0.0/16, serviceCidr: 10.0.0.0/24", problem{"gantry:cluster.serviceCidr", "10.0.0.0/24", "choose a range apart from it"}),
		onAzure("more nodes than a pool has addresses", "cluster: {version: \"1.34\", networkCidr: 10.0.0.0/20}\npools: [{name: system, role: system, max: 45}]",
			problem{"gantry:cluster.networkCidr", "10.0.0.0/20", "use a range of /19, or lower max of a pool"}),
		onAzure("more nodes than ranges of pods", "cluster: {version: \"1.34\", podCidr: 100.64.0.0/20}\npools: [{name: system, role: system, max: 13}]",
			problem{"gantry:cluster.podCidr", "100.64.0.0/20", "use a range of /19, or lower max of a pool"}),
		onAzure("more pools than subnets", "pools: [{name: system, role: system}, "+numbered(56, "{name: p%02d, role: inference}")+"]",
			problem{"gantry:pools", `"57 pools"`, "join pools that are alike"}),
		onAzure("more nodes than a pool can have", "cluster: {version: \"1.34\", podCidr: 100.64.0.0/10}\npools: [{name: system, role: system}, {name: a, role: training, max: 1001}]",
			problem{"gantry:pools[1].max", "1001", "use 1000 or less, and a second pool"}),
		onAzure("name that AKS keeps", "pools: [{name: system, role: system}, {name: aksmanagedap, role: inference}]",
			problem{"gantry:pools[1].name", "aksmanagedap", "choose another"}),
		pool("accelerator that Azure does not sell", "role: inference, gpu: l4", problem{"gantry:pools[1].gpu", "l4", "did you mean t4? " + known}),
		pool("alternatives that Azure does not sell", "role: inference, gpu: l4, gpuAlternatives: [l40s, a10g]", problem{"gantry:pools[1].gpu", "l4", "did you mean t4? " + known}),
		pool("part of a GPU", "role: inference, machineTypes: [Standard_NV6ads_A10_v5]", problem{"gantry:pools[1].machineTypes[0]", "Standard_NV6ads_A10_v5", "did you mean Standard_NV36ads_A10_v5? A pool can also ask by need: gpu, cpu, memory"}),
		pool("several machine types", "role: training, machineTypes: [Standard_D4s_v5, Standard_D4as_v5]", problem{"gantry:pools[1].machineTypes", `"Standard_D4s_v5, Standard_D4as_v5"`, "keep one, and give each other a pool of its own"}),
		pool("disk greater than Azure starts from", "role: inference, diskSize: 3Ti", problem{"gantry:pools[1].diskSize", "3Ti", "use 2048Gi or less"}),
		pool("taint of AKS", "role: training, taints: [{key: kubernetes.azure.com/scalesetpriority, value: spot}]",
			problem{"gantry:pools[1].taints[0].key", "kubernetes.azure.com/scalesetpriority", "use a domain of your own, for example team.example.com/scalesetpriority"}),
		system("system machine of two vCPU", "machineTypes: [Standard_D2s_v5]", problem{"gantry:pools[0].machineTypes[0]", "Standard_D2s_v5", "use a greater type, or ask by need (cpu, memory)"}),
		system("system pool on spot", "capacity: spot", problem{"gantry:pools[0].capacity", "spot", "use capacity: on-demand"}),
		system("taint of Gantry's on a system pool", "taints: [{key: CriticalAddonsOnly, value: 'true'}]", problem{"gantry:pools[0].taints[0].key", "CriticalAddonsOnly", "remove it"}),
		onAzure("taint that AKS refuses on system pools", "pools: [{name: system, role: system}, {name: more, role: system, taints: [{key: a}, {key: b, effect: PreferNoSchedule}]}]",
			problem{"gantry:pools[1].taints[0].key", "a", "remove it, use effect: PreferNoSchedule, or give the pool the role inference"}),
		{"azure: model of an accelerator that Azure does not sell", "cloud: azure\npools: [{name: system, role: system}]", []string{"m.yaml", "image: a:v1\ngpu: {type: l4}"}, []problem{
			{"stacks/models/m.yaml: gpu.type", "l4", "did you mean t4? " + known}}},
	}
}

// letters are n letters.
func letters(n int) string { return strings.Repeat("a", n) }

// shown is how a long value is shown.
func shown(text string) string { return text[:79] + "…" }

// numbered is a list of the numbers from 0, each in a form.
func numbered(n int, form string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(form, i)
	}
	return strings.Join(items, ", ")
}

// ranges are n ranges of the internet.
func ranges(n int) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf("%d.%d.0.0/24", 20+i/200, i%200)
	}
	return strings.Join(items, ", ")
}
