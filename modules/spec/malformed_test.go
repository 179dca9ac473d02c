package spec

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// malformed is a configuration with exactly the problems that are listed; the
// wording of what is wrong is left out, but for what the fix cannot tell.
type malformed struct {
	name   string
	config string   // replaces keys of soundConfig
	files  []string // name and content in turn
	want   []problem
}

type problem struct{ path, value, fix string }

const unknownClusterKey = "Known keys: version, zones, networkCidr, podCidr, serviceCidr, nat, publicAccessCidrs, admins, logRetentionDays"

const systemPool = "add {name: system, role: system, cpu: 2, memory: 8Gi, min: 1, max: 3}"

func platformCases() []malformed {
	return []malformed{
		{"unknown key at the top", `clutser: {version: "1.34"}`, nil, []problem{
			{"gantry:clutser", `{"version":"1.34"}`, "did you mean cluster? Known keys: name, cloud, layers, layersFrom, tags, protect, cluster, existing, pools, addons, charts, registry, modelBucket, secrets, models, allowReplace, exceptions"}}},
		{"unknown key that resembles none", `zzz: 1`, nil, []problem{
			{"gantry:zzz", "1", "remove it; known keys: name, cloud, layers, layersFrom, tags, protect, cluster, existing, pools, addons, charts, registry, modelBucket, secrets, models, allowReplace, exceptions"}}},
		{"unknown cloud", `cloud: asw`, nil, []problem{
			{"gantry:cloud", "asw", "did you mean aws? Known: aws, gcp, azure or existing"}}},
		{"name with capitals", `name: Gantry_Dev`, nil, []problem{
			{"gantry:name", "Gantry_Dev", "set gantry:name to one"}}},
		{"name too long for a role", `name: a-platform-whose-name-does-not-fit-in-40c`, nil, []problem{
			{"gantry:name", "a-platform-whose-name-does-not-fit-in-40c", "shorten it"}}},
		{"protect as a word", `protect: "yes"`, nil, []problem{
			{"gantry:protect", "yes", "write true or false, without quotes"}}},
		{"tags that AWS refuses", `tags: {"aws:team": a, Team: b, team: c, cost: 5, x: "a*b"}`, nil, []problem{
			{"gantry:tags.cost", "5", `put it in quotes: "5"`},
			{"gantry:tags.team", "team", "keep one of the two"},
			{"gantry:tags.x", "a*b", "use letters, digits, spaces and _ . : / = + - @"},
			{`gantry:tags["aws:team"]`, "aws:team", "choose another key"}}},
		{"tags that belong to others", `tags: {gantry.dev/stack: a, kubernetes.io/cluster/x: owned}`, nil, []problem{
			{`gantry:tags["gantry.dev/stack"]`, "gantry.dev/stack", "choose another key"},
			{`gantry:tags["kubernetes.io/cluster/x"]`, "kubernetes.io/cluster/x", "choose a key without that prefix"}}},
		{"tags as a list", `tags: [a]`, nil, []problem{
			{"gantry:tags", `["a"]`, "write a map, one key: value on a line"}}},
		{"addons", `addons: {autoscaler: {enabled: "true"}, metricServer: {enabled: false}}`, nil, []problem{
			{"gantry:addons.autoscaler.enabled", "true", "write true or false, without quotes"},
			{"gantry:addons.metricServer", `{"enabled":false}`, "did you mean metricsServer? Known keys: autoscaler, metricsServer, gpuOperator, devicePlugin, monitoring, certificates, gateway, dns, eventScaling, charts, versions"}}},
		{"versions of add-ons", `addons: {versions: {vpc-cn: v1.2.3-eksbuild.1, coredns: latest}}`, nil, []problem{
			{"gantry:addons.versions.coredns", "latest", "write it as v1.20.4-eksbuild.2; list them with: aws eks describe-addon-versions --addon-name coredns"},
			{"gantry:addons.versions.vpc-cn", "v1.2.3-eksbuild.1", "did you mean vpc-cni? Known: aws-ebs-csi-driver, aws-efs-csi-driver, coredns, eks-pod-identity-agent, kube-proxy, metrics-server or vpc-cni"}}},
		{"exceptions without a reason or a day", `exceptions: [{policy: bucket-versioned, resource: "*", reason: legacy, until: soon}, {policy: x}]`, nil, []problem{
			{"gantry:exceptions[0].reason", "legacy", "write a sentence"},
			{"gantry:exceptions[0].until", "soon", `write it as year-month-day in quotes, for example "2027-01-31"`},
			{"gantry:exceptions[1].reason", "", `add it, for example reason: "moves to the new bucket in March"`},
			{"gantry:exceptions[1].resource", "", `add it, for example resource: "gantry-dev-*"`},
			{"gantry:exceptions[1].until", "", `add it, for example until: "2027-01-31"`}}},
		{"device plugin without a tag", `addons: {devicePlugin: {image: nvidia/plugin}}`, nil, []problem{
			{"gantry:addons.devicePlugin.image", "nvidia/plugin", "add a tag that stays as it is, for example nvidia/plugin:v1"}}},
	}
}

func clusterCases() []malformed {
	cluster := func(name, rest string, want ...problem) malformed {
		return malformed{name, `cluster: {version: "1.34", ` + rest + `}`, nil, want}
	}
	return []malformed{
		{"cluster as text", `cluster: hello`, nil, []problem{
			{"gantry:cluster", "hello", `write a map, for example {version: "1.34"}; its keys: version, zones, networkCidr, podCidr, serviceCidr, nat, publicAccessCidrs, admins, logRetentionDays`}}},
		{"no version", `cluster: {}`, nil, []problem{
			{"gantry:cluster.version", "", `add it, for example version: "1.34"`}}},
		{"misspelt version is not missing too", `cluster: {versn: "1.34"}`, nil, []problem{
			{"gantry:cluster.versn", "1.34", "did you mean version? " + unknownClusterKey}}},
		{"version that YAML read as a number", `cluster: {version: 1.30}`, nil, []problem{
			{"gantry:cluster.version", "1.3", `put it in quotes, for example version: "1.34"`}}},
		{"version too old", `cluster: {version: "1.29"}`, nil, []problem{
			{"gantry:cluster.version", "1.29", "use 1.33, 1.34, 1.35 or 1.36"}}},
		{"version with a patch", `cluster: {version: v1.34.2}`, nil, []problem{
			{"gantry:cluster.version", "v1.34.2", `write the minor only: "1.34"`}}},
		cluster("too many zones", "zones: 7", problem{"gantry:cluster.zones", "7", "use 2 to 6"}),
		cluster("no zones", "zones: 0", problem{"gantry:cluster.zones", "0", "give another value, or leave the key out for the default, 2"}),
		cluster("zones in quotes", `zones: "3"`, problem{"gantry:cluster.zones", "3", "remove the quotes: 3"}),
		cluster("half a zone", "zones: 2.5", problem{"gantry:cluster.zones", "2.5", "write a whole number, for example 3"}),
		cluster("more zones than a number holds", "zones: 99999999999", problem{"gantry:cluster.zones", "99999999999", "write a whole number, for example 3"}),
		cluster("unknown nat", "nat: perzone", problem{"gantry:cluster.nat", "perzone", "did you mean per-zone? Known: single or per-zone"}),
		cluster("nat without a value", "nat: null", problem{"gantry:cluster.nat", "", "give it one, or remove the key"}),
		cluster("network without a length", "networkCidr: 10.0.0.0", problem{"gantry:cluster.networkCidr", "10.0.0.0", "write it with its length, for example 10.0.0.0/16"}),
		cluster("network too wide", "networkCidr: 10.0.0.0/8", problem{"gantry:cluster.networkCidr", "10.0.0.0/8", "use a range such as 10.0.0.0/16"}),
		cluster("network with bits behind", "networkCidr: 10.0.0.1/16", problem{"gantry:cluster.networkCidr", "10.0.0.1/16", "write 10.0.0.0/16"}),
		cluster("network of the internet", "networkCidr: 8.8.0.0/16", problem{"gantry:cluster.networkCidr", "8.8.0.0/16", "use one in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10"}),
		cluster("network in IPv6", `networkCidr: "fd00::/56"`, problem{"gantry:cluster.networkCidr", "fd00::/56", "write it as address/length, for example 10.20.0.0/16 or 203.0.113.0/24"}),
		cluster("the whole internet", "publicAccessCidrs: [0.0.0.0/0]", problem{"gantry:cluster.publicAccessCidrs[0]", "0.0.0.0/0", "name the ranges of your offices, VPN and CI; leave the key out for a private API"}),
		cluster("half of the internet", "publicAccessCidrs: [128.0.0.0/1]", problem{"gantry:cluster.publicAccessCidrs[0]", "128.0.0.0/1", "name the ranges of your offices, VPN and CI; leave the key out for a private API"}),
		cluster("callers as text", "publicAccessCidrs: 203.0.113.0/24", problem{"gantry:cluster.publicAccessCidrs", "203.0.113.0/24", "write a list: [203.0.113.0/24]"}),
		cluster("callers that are none", "publicAccessCidrs: [203.0.113.7, 10.0.0.0/16, 198.51.100.0/24, 198.51.100.0/28]",
			problem{"gantry:cluster.publicAccessCidrs[0]", "203.0.113.7", "write it with its length, for example 203.0.113.7/32"},
			problem{"gantry:cluster.publicAccessCidrs[1]", "10.0.0.0/16", "remove it; inside the network the API answers anyway"},
			problem{"gantry:cluster.publicAccessCidrs[3]", "198.51.100.0/28", "keep the wider of the two"}),
		cluster("admins that are none", `admins: ["arn:aws:sts::111122223333:assumed-role/Admin/me", "111122223333", bob, 5]`,
			problem{"gantry:cluster.admins[0]", "arn:aws:sts::111122223333:assumed-role/Admin/me", "name the role: arn:aws:iam::111122223333:role/Admin"},
			problem{"gantry:cluster.admins[1]", "111122223333", "name a role or user, for example arn:aws:iam::111122223333:role/platform-admin"},
			problem{"gantry:cluster.admins[2]", "bob", "write it as arn:aws:iam::111122223333:role/platform-admin"},
			problem{"gantry:cluster.admins[3]", "5", `put it in quotes: "5"`}),
		cluster("log retention between two", "logRetentionDays: 100", problem{"gantry:cluster.logRetentionDays", "100", "use 120"}),
		cluster("log retention for ever", "logRetentionDays: 99999", problem{"gantry:cluster.logRetentionDays", "99999", "use 3653"}),
	}
}

func poolCases() []malformed {
	const sound = "pools:\n - {name: system, role: system}\n"
	pool := func(name, pool string, want ...problem) malformed {
		return malformed{name, sound + " - {name: a, " + pool + "}", nil, want}
	}
	system := func(name, rest string, want ...problem) malformed {
		return malformed{name, "pools: [{name: system, role: system, " + rest + "}]", nil, want}
	}
	return []malformed{
		{"no pools", `pools: []`, nil, []problem{{"gantry:pools", "", systemPool}}},
		{"pools as a map", `pools: {name: a}`, nil, []problem{{"gantry:pools", `{"name":"a"}`, "begin each entry of the list with '-'"}}},
		{"a pool as text", `pools: [a]`, nil, []problem{
			{"gantry:pools[0]", "a", `write a map, for example {name: "serve"}; its keys: name, role, gpu, gpuAlternatives, gpuCount, gpuMemory, driver, sharing, cpu, memory, arch, burstable, capacity, min, max, machineTypes, diskSize, zones, labels, taints`}}},
		{"no system pool", `pools: [{name: serve, role: inference, gpu: l4}]`, nil, []problem{{"gantry:pools", "", systemPool}}},
		{"misspelt role is not a missing system pool too", `pools: [{name: system, role: sistem}]`, nil, []problem{
			{"gantry:pools[0].role", "sistem", "did you mean system? Known: system, training or inference"}}},
		{"misspelt key is not a missing system pool too", `pools: [{name: system, rol: system}]`, nil, []problem{
			{"gantry:pools[0].rol", "system", "did you mean role? Known keys: name, role, gpu, gpuAlternatives, gpuCount, gpuMemory, driver, sharing, cpu, memory, arch, burstable, capacity, min, max, machineTypes, diskSize, zones, labels, taints"}}},
		{"no name", `pools: [{role: system}]`, nil, []problem{{"gantry:pools[0].name", "", `add it, for example name: "serve"`}}},
		{"names too long and odd", "pools:\n - {name: the-system-pool, role: system}\n - {name: Serve_1, role: inference}", nil, []problem{
			{"gantry:pools[0].name", "the-system-pool", "shorten it"},
			{"gantry:pools[1].name", "Serve_1", "choose one such as train-a100"}}},
		{"names that AKS takes for one", sound + " - {name: sys-tem, role: inference}", nil, []problem{
			{"gantry:pools[1].name", "sys-tem", "give each pool a name of its own"}}},
		system("system pool of none", "min: 0", problem{"gantry:pools[0].min", "0", "give another value, or leave the key out for the default, 1"}),
		system("max below min", "min: 3, max: 2", problem{"gantry:pools[0].max", "2", "raise max or lower min"}),
		system("less than none", "min: -1", problem{"gantry:pools[0].min", "-1", "use 0 or more"}),
		system("max of none", "max: 0", problem{"gantry:pools[0].max", "0", "give another value, or leave the key out for the default, 1"}),
		system("system pool on spot", "capacity: spot", problem{"gantry:pools[0].capacity", "spot", "use capacity: on-demand"}),
		system("system pool with a taint", "taints: [{key: CriticalAddonsOnly}]", problem{"gantry:pools[0].taints", "CriticalAddonsOnly", "remove the taint, or " + systemPool}),
		system("system pool with a GPU", "gpu: l4", problem{"gantry:pools[0].gpu", "l4", "remove it, or give the pool the role inference"}),
		system("memory as a number", "memory: 16", problem{"gantry:pools[0].memory", "16", `put it in quotes, for example memory: "16Gi"`}),
		system("memory without a unit", `memory: "16"`, problem{"gantry:pools[0].memory", "16", "give the unit, Mi or Gi, for example 16Gi"}),
		system("memory as a word", "memory: lots", problem{"gantry:pools[0].memory", "lots", "write a number and a unit, for example 16Gi"}),
		system("negative memory", "memory: -4Gi", problem{"gantry:pools[0].memory", "-4Gi", "write a number and a unit, for example 16Gi"}),
		system("memory that no machine has", "memory: 1000Ti", problem{"gantry:pools[0].memory", "1000Ti", "ask for 768Gi or less"}),
		system("cpu that no machine has", "cpu: 1000", problem{"gantry:pools[0].cpu", "1000", "ask for 96 or less"}),
		system("cpu as Kubernetes writes it", "cpu: 500m", problem{"gantry:pools[0].cpu", "500m", "write a whole number, for example 3"}),
		system("disk smaller than the image", "diskSize: 8Gi", problem{"gantry:pools[0].diskSize", "8Gi", "use 20Gi or more"}),
		system("disk greater than a disk", "diskSize: 20Ti", problem{"gantry:pools[0].diskSize", "20Ti", "use 16384Gi or less"}),
		system("more zones than the cluster", "zones: 5", problem{"gantry:pools[0].zones", "5", "lower it, or raise gantry:cluster.zones"}),
		system("GPUs of no model", "gpuCount: 2, gpuMemory: 80Gi",
			problem{"gantry:pools[0].gpuCount", "2", "name the model, for example gpu: l4, or remove gpuCount"},
			problem{"gantry:pools[0].gpuMemory", "80Gi", "name the model, for example gpu: a100, or remove gpuMemory"}),
		system("labels that nodes cannot have", `labels: {node.kubernetes.io/x: a, gantry.dev/x: b, "bad key": c, ok: "not ok!"}`,
			problem{"gantry:pools[0].labels.ok", `"not ok!"`, "use up to 63 letters, digits, '-', '_' and '.'"},
			problem{`gantry:pools[0].labels["bad key"]`, `"bad key"`, "use letters, digits, '-', '_' and '.', optionally behind a domain and '/'"},
			problem{`gantry:pools[0].labels["gantry.dev/x"]`, "gantry.dev/x", "use a domain of your own, for example team.example.com/x"},
			problem{`gantry:pools[0].labels["node.kubernetes.io/x"]`, "node.kubernetes.io/x", "use a domain of your own, for example team.example.com/x"}),
		pool("unknown GPU", "role: inference, gpu: l5", problem{"gantry:pools[1].gpu", "l5", "did you mean l4? Known: a100, a10g, b200, b300, h100, h200, l4, l40s, rtx-pro-6000, t4, t4g or v100"}),
		pool("GPU without a node image", "role: inference, gpu: rtx-pro-4500", problem{"gantry:pools[1].gpu", "rtx-pro-4500", "did you mean rtx-pro-6000? Known: a100, a10g, b200, b300, h100, h200, l4, l40s, rtx-pro-6000, t4, t4g or v100"}),
		pool("GPUs that no machine has", "role: inference, gpu: l4, gpuCount: 3", problem{"gantry:pools[1].gpuCount", "3", "choose 1, 4 or 8"}),
		pool("GPU of another architecture", "role: inference, gpu: l4, arch: arm64", problem{"gantry:pools[1].arch", "arm64", "choose amd64"}),
		pool("unknown architecture", "role: inference, arch: x86_64", problem{"gantry:pools[1].arch", "x86_64", "use amd64 or arm64"}),
		pool("unknown capacity", "role: inference, capacity: ondemand", problem{"gantry:pools[1].capacity", "ondemand", "did you mean on-demand? Known: spot or on-demand"}),
		pool("GPU disk too small", "role: inference, gpu: l4, diskSize: 60Gi", problem{"gantry:pools[1].diskSize", "60Gi", "use 100Gi or more"}),
		pool("taints that are none", "role: inference, taints: [{key: nvidia.com/gpu}, {key: a, effect: NoSchedul}, {value: x}, {key: b}, {key: b}]",
			problem{"gantry:pools[1].taints[0].key", "nvidia.com/gpu", "remove it"},
			problem{"gantry:pools[1].taints[1].effect", "NoSchedul", "did you mean NoSchedule? Known: NoSchedule, PreferNoSchedule or NoExecute"},
			problem{"gantry:pools[1].taints[2].key", "", `add it, for example key: "team.example.com/reserved"`},
			problem{"gantry:pools[1].taints[4].key", "b", "remove one of the two"}),
		pool("machine types of two shapes", "role: training, machineTypes: [g6.xlarge, g5.xlarge]", problem{"gantry:pools[1].machineTypes[1]", "g5.xlarge", "use types of one shape, or a pool of its own for each"}),
		pool("part of a GPU", "role: training, machineTypes: [g6f.xlarge]", problem{"gantry:pools[1].machineTypes[0]", "g6f.xlarge", "use a type with whole GPUs, for example g6.xlarge"}),
		pool("unknown machine type", "role: training, machineTypes: [g6.xlarg]", problem{"gantry:pools[1].machineTypes[0]", "g6.xlarg", "did you mean g6.xlarge? A pool can also ask by need: gpu, cpu, memory"}),
		pool("machine type without a node image", "role: training, machineTypes: [g7.2xlarge]", problem{"gantry:pools[1].machineTypes[0]", "g7.2xlarge", "use one of the families g4dn, g5, g6, g6e, g7e, gr6, p3, p3dn, p4d, p4de, p5, p5e, p5en, p6-b200, p6-b300"}),
		pool("machine types and wishes", "role: inference, machineTypes: [g6.xlarge, g6.xlarge], cpu: 3, memory: 8Gi",
			problem{"gantry:pools[1].cpu", "3", "remove it, or remove machineTypes"},
			problem{"gantry:pools[1].machineTypes", `"g6.xlarge, g6.xlarge"`, "keep one, or use capacity: spot"},
			problem{"gantry:pools[1].machineTypes[1]", "g6.xlarge", "remove one of the two"},
			problem{"gantry:pools[1].memory", "8Gi", "remove it, or remove machineTypes"}),
		pool("machine type that disagrees", "role: inference, machineTypes: [g5.xlarge], gpu: l4, gpuCount: 2, arch: arm64",
			problem{"gantry:pools[1].arch", "arm64", "make it agree, or remove it"},
			problem{"gantry:pools[1].gpu", "l4", "make it agree, or remove it"},
			problem{"gantry:pools[1].gpuCount", "2", "make it agree, or remove it"}),
	}
}

func modelCases() []malformed {
	const file = "stacks/models/m.yaml"
	model := func(name, content string, want ...problem) malformed {
		return malformed{name, "{}", []string{"m.yaml", content}, want}
	}
	keys := func(name, rest string, want ...problem) malformed {
		return model(name, "image: a:v1\n"+rest, want...)
	}
	return []malformed{
		model("file with nothing in it", "# nothing", problem{file, "", "write at least image: followed by the image of the server"}),
		model("file with a list", "- a", problem{file, "", "write at least image: followed by the image of the server"}),
		model("file that is no YAML", "image: a b\n gpu: x", problem{file, "", "correct the line that is named"}),
		model("key set twice", "image: a:v1\nimage: b:v1", problem{file, "", "correct the line that is named"}),
		model("two models in a file", "image: a:v1\n---\nimage: b:v1", problem{file, "", "write each model into a file of its own"}),
		{"two files for a model", "{}", []string{"m.yaml", "image: a:v1", "m.yml", "image: a:v1"}, []problem{
			{"stacks/models/m.yml", "m", "remove one of the files"}}},
		{"file name that is no name", "{}", []string{"My_model.yaml", "image: a:v1"}, []problem{
			{"stacks/models/My_model.yaml", "My_model", "rename the file, or the key in gantry:models"}}},
		keys("another name than the file's", "name: b", problem{file + ": name", "b", "write name: m, or remove it"}),
		keys("key one level too high", "cpu: 500m", problem{file + ": cpu", "500m", "write it into resources: {cpu: ...}"}),
		keys("unknown key", "frobnicate: /x", problem{file + ": frobnicate", "/x", "remove it; known keys: name, enabled, image, port, command, args, env, config, secrets, gpu, resources, pool, spotTolerant, scale, route, traffic, rollout, storage, health, metrics, slo, clients, egress, drainSeconds"}),
		keys("unknown key deep down", "scale: {mix: 3}", problem{file + ": scale.mix", "3", "did you mean max? Known keys: min, max, toZero, cpuUtilization, memoryUtilization, gpuUtilization, requestsPerReplica, p95, queries, queue, schedule, headroom, startupSeconds"}),
		model("no image", "port: 80", problem{file + ": image", "", "add image: with the image of the server and its tag"}),
		model("image without a tag", "image: registry.example.com:5000/a", problem{file + ": image", "registry.example.com:5000/a", "add a tag that stays as it is, for example registry.example.com:5000/a:v1"}),
		model("image of today", "image: a:latest", problem{file + ": image", "a:latest", "use a tag that stays as it is, or a digest"}),
		model("image that is none", "image: 'A B:v1'", problem{file + ": image", `"A B:v1"`, "write it as registry.example.com/image-classifier:v1"}),
		keys("ports", "port: 70000", problem{file + ": port", "70000", "use 1 to 65535"}),
		keys("command as text", "command: python server.py", problem{file + ": command", `"python server.py"`, "write a list: [python server.py]"}),
		keys("arguments that are none", "args: [1, null]",
			problem{file + ": args[0]", "1", `put it in quotes: "1"`},
			problem{file + ": args[1]", "", "give it one, or remove the key"}),
		keys("environment", "env: {1A: x, B: 1}",
			problem{file + ": env.1A", "1A", "use letters, digits and '_', beginning with a letter or '_'"},
			problem{file + ": env.B", "1", `put it in quotes: "1"`}),
		keys("gpu as text", "gpu: l4", problem{file + ": gpu", "l4", `write a map, for example {type: "l4"}; its keys: type, alternatives, count`}),
		keys("count of no gpu", "gpu: {count: 1}", problem{file + ": gpu.count", "1", "add type, for example type: l4, or remove count"}),
		keys("unknown gpu", "gpu: {type: L4}", problem{file + ": gpu.type", "L4", "did you mean l4? Known: a100, a10g, b200, b300, h100, h200, l4, l40s, rtx-pro-6000, t4, t4g or v100"}),
		keys("cpu as a number", "resources: {cpu: 2}", problem{file + ": resources.cpu", "2", `put it in quotes, for example cpu: "500m"`}),
		keys("cpu as a word", "resources: {cpu: half}", problem{file + ": resources.cpu", "half", "write cores, for example 2, or thousandths, for example 500m"}),
		keys("memory in thousandths", "resources: {memory: 512m}", problem{file + ": resources.memory", "512m", "give the unit, Mi or Gi, for example 512Mi"}),
		keys("limit below the request", "resources: {memory: 2Gi, memoryLimit: 1Gi}", problem{file + ": resources.memoryLimit", "1Gi", "raise it, or remove it to use the request"}),
		keys("limit far above the request", "resources: {memory: 1Gi, memoryLimit: 3Gi}", problem{file + ": resources.memoryLimit", "3Gi", "lower it, or raise memory"}),
		keys("scale", "scale: {min: 3, max: 2, cpuUtilization: 0, memoryUtilization: 101}",
			problem{file + ": scale.cpuUtilization", "0", "give another value, or leave the key out for the default, 70"},
			problem{file + ": scale.max", "2", "raise max or lower min"},
			problem{file + ": scale.memoryUtilization", "101", "use 1 to 100"}),
		keys("storage", "storage: {models: ten, mountPath: models}",
			problem{file + ": storage.models", "ten", "write a number and a unit, for example 16Gi"},
			problem{file + ": storage.mountPath", "models", "write it as /models"}),
		keys("mount over the system", "storage: {mountPath: /etc}", problem{file + ": storage.mountPath", "/etc", "choose a directory of its own, for example /models"}),
		keys("paths and times", "health: {path: healthz, startupSeconds: 5}\nmetrics: {path: '/m?x'}\ndrainSeconds: 601",
			problem{file + ": drainSeconds", "601", "use 0 to 600"},
			problem{file + ": health.path", "healthz", "begin it with '/', without spaces, '?' or '#'"},
			problem{file + ": health.startupSeconds", "5", "use 10 to 3600"},
			problem{file + ": metrics.path", "/m?x", "begin it with '/', without spaces, '?' or '#'"}),
		{"misspelt override", "models: {image-classifer: {scale: {max: 3}}}", []string{"image-classifier.yaml", soundModel}, []problem{
			{"gantry:models.image-classifer.image", "", "did you mean the model image-classifier? A model of its own needs image:"}}},
		{"override that contradicts the file", "models: {m: {scale: {max: 1}}}", []string{"m.yaml", soundModel}, []problem{
			{"gantry:models.m.scale.max", "1", "raise max or lower min"}}},
		{"file that contradicts the override", "models: {m: {scale: {min: 5}}}", []string{"m.yaml", soundModel}, []problem{
			{file + ": scale.max", "4", "raise max or lower min"}}},
		{"override with nothing in it", "models: {m: null}", []string{"m.yaml", soundModel}, []problem{
			{"gantry:models.m", "", "write {} to change nothing, {enabled: false} to leave it out, or remove the key"}}},
		{"override that takes back what is not there", "models: {m: {pool: null}}", []string{"m.yaml", soundModel}, []problem{
			{"gantry:models.m.pool", "", "give it one, or remove the key"}}},
	}
}

func placementCases() []malformed {
	const file = "stacks/models/m.yaml"
	keys := func(name, rest string, want ...problem) malformed {
		return malformed{name, "{}", []string{"m.yaml", "image: a:v1\n" + rest}, want}
	}
	return []malformed{
		keys("GPU in no pool", "gpu: {type: a100, count: 8}", problem{file + ": gpu.type", "a100", "add a pool such as {name: serve, role: inference, gpu: a100, gpuCount: 8, min: 1, max: 3}, or use l4"}),
		keys("more GPUs than a node", "gpu: {type: l4, count: 2}", problem{file + ": gpu.count", "2", "lower it, or raise gpuCount of the pool"}),
		keys("unknown pool", "pool: serv", problem{file + ": pool", "serv", "did you mean serve? Known: system or serve"}),
		keys("pool without the GPU", "gpu: {type: l4}\npool: system", problem{file + ": pool", "system", "name a pool with gpu: l4, or change gpu.type"}),
		keys("more memory than a node", "resources: {memory: 100Gi}", problem{file + ": resources.memory", "100Gi", "lower it, or raise memory of the pool"}),
		keys("more CPU than a node", `resources: {cpu: "8"}`, problem{file + ": resources.cpu", "8", "lower it, or raise cpu of the pool"}),
		keys("more replicas than GPUs", "gpu: {type: l4}\nscale: {min: 5}", problem{file + ": scale.min", "5", "lower it, or raise max of the pool"}),
		{"more replicas than GPUs of a pool that stays as it is", "addons: {autoscaler: {enabled: false}}", []string{"m.yaml", "image: a:v1\ngpu: {type: l4}\nscale: {min: 3}"}, []problem{
			{file + ": scale.min", "3", "lower it, or raise min of the pool"}}},
		{"models that do not fit together", "{}", []string{"a.yaml", "image: a:v1\ngpu: {type: l4}\nscale: {min: 3}", "b.yaml", "image: a:v1\ngpu: {type: l4}\nscale: {min: 3}"}, []problem{
			{"gantry:pools[1].max", "4", "raise it, or lower scale.min of a model"}}},
		{"no pool for a model on CPU", "pools: [{name: sys, role: system, taints: [{key: a}]}, {name: system, role: system, capacity: spot}, {name: cpu, role: inference, taints: [{key: a}]}]", []string{"m.yaml", "image: a:v1"}, []problem{
			{"gantry:pools[0].taints", "a", "remove the taint, or " + systemPool},
			{file, "", "add a pool such as {name: cpu, role: inference, min: 1, max: 3}, or name one with pool:"}}},
	}
}

// limitCases are too much, too many and too few on AWS.
func limitCases() []malformed {
	cluster := func(name, rest string, want ...problem) malformed {
		return malformed{name, `cluster: {version: "1.34", ` + rest + `}`, nil, want}
	}
	pool := func(name, pool string, want ...problem) malformed {
		return malformed{name, "pools:\n - {name: system, role: system}\n - {name: a, role: training, " + pool + "}", nil, want}
	}
	return []malformed{
		{"more tags than AWS takes", "tags: {" + numbered(41, "t%02d: x") + "}", nil, []problem{
			{"gantry:tags", `"41 tags"`, "keep 40 or fewer"}}},
		{"tags too long", "tags: {team: " + letters(257) + ", " + letters(129) + ": a}", nil, []problem{
			{"gantry:tags." + letters(129), shown(letters(129)), "shorten or name it"},
			{"gantry:tags.team", shown(letters(257)), "shorten it"}}},
		cluster("more callers than EKS takes", "publicAccessCidrs: ["+ranges(41)+"]",
			problem{"gantry:cluster.publicAccessCidrs", `"41 ranges"`, "join neighbouring ranges"}),
		cluster("callers of the machine itself", "publicAccessCidrs: [127.0.0.1/32]",
			problem{"gantry:cluster.publicAccessCidrs[0]", "127.0.0.1/32", "remove it; inside the network the API answers anyway"}),
		cluster("admin twice", "admins: ['arn:aws:iam::111122223333:role/a', 'arn:aws:iam::111122223333:role/a']",
			problem{"gantry:cluster.admins[1]", "arn:aws:iam::111122223333:role/a", "remove one of the two"}),
		cluster("admin that belongs to AWS", "admins: ['arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS']",
			problem{"gantry:cluster.admins[0]", shown("arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS"), "name a role that people or CI assume"}),
		cluster("log retention of the past", "logRetentionDays: -30", problem{"gantry:cluster.logRetentionDays", "-30", "use 30, 90 or 365, or leave it out for 90"}),
		{"more nodes than a zone has addresses", "cluster: {version: \"1.34\", networkCidr: 10.0.0.0/20}\npools: [{name: system, role: system, cpu: 4, memory: 16Gi, max: 60}]", nil, []problem{
			{"gantry:cluster.networkCidr", "10.0.0.0/20", "use a range of /19, or lower max of a pool"}}},
		{"more nodes than any network has addresses", "pools: [{name: system, role: system, cpu: 4, memory: 16Gi, max: 1000}]", nil, []problem{
			{"gantry:cluster.networkCidr", "10.0.0.0/16", "lower max of a pool"}}},
		pool("more labels than fit into tags", "labels: {"+numbered(16, "l%02d: x")+"}", problem{"gantry:pools[1].labels", `"16 labels"`, "keep 15 or fewer"}),
		pool("more taints than fit into tags", "taints: ["+numbered(11, "{key: t%02d}")+"]", problem{"gantry:pools[1].taints", `"11 taints"`, "keep 10 or fewer"}),
		pool("label too long for a tag", "labels: {"+letters(30)+".example.com/"+letters(50)+": a}",
			problem{`gantry:pools[1].labels["` + letters(30) + ".example.com/" + letters(50) + `"]`, shown(letters(30) + ".example.com/" + letters(50)), "shorten it"}),
		pool("taints that the autoscaler cannot be told of", "taints: [{key: a}, {key: a, effect: NoExecute}, {key: "+letters(30)+".example.com/"+letters(50)+"}]",
			problem{"gantry:pools[1].taints[1].key", "a", "rename one of the two"},
			problem{"gantry:pools[1].taints[2].key", shown(letters(30) + ".example.com/" + letters(50)), "shorten it"}),
		pool("label of EKS", "labels: {eks.amazonaws.com/capacityType: SPOT}",
			problem{`gantry:pools[1].labels["eks.amazonaws.com/capacityType"]`, "eks.amazonaws.com/capacityType", "use a domain of your own, for example team.example.com/capacityType"}),
		pool("taint of the autoscaler", "taints: [{key: cluster-autoscaler.k8s.io/x}, {key: a, value: 'b c'}]",
			problem{"gantry:pools[1].taints[0].key", "cluster-autoscaler.k8s.io/x", "use a domain of your own, for example team.example.com/x"},
			problem{"gantry:pools[1].taints[1].value", `"b c"`, "use up to 63 letters, digits, '-', '_' and '.'"}),
		pool("more machine types than EKS takes", "machineTypes: [m5.large, m5a.large, m6i.large, m6a.large, m7i.large, m7a.large, m8i.large, m8a.large, t3.large, t3a.large, m5.large, m5.large, m5.large, m5.large, m5.large, m5.large, m5.large, m5.large, m5.large, m5.large, m5.large]",
			append([]problem{{"gantry:pools[1].machineTypes", `"21 types"`, "remove some"}}, twice(11, "gantry:pools[1].machineTypes[%d]", "m5.large", 10)...)...),
		pool("machine types of one GPU in two sizes", "machineTypes: [p4d.24xlarge, p4de.24xlarge]", problem{"gantry:pools[1].machineTypes[1]", "p4de.24xlarge", "use types of one shape, or a pool of its own for each"}),
		pool("machine types of two architectures", "machineTypes: [m7i.large, m7g.large]", problem{"gantry:pools[1].machineTypes[1]", "m7g.large", "use types of one shape, or a pool of its own for each"}),
		pool("machine types and what by need only has", "machineTypes: [m7i.large], burstable: false, gpuMemory: 80Gi, gpuAlternatives: [t4]",
			problem{"gantry:pools[1].burstable", "false", "remove it, or remove machineTypes"},
			problem{"gantry:pools[1].gpuAlternatives", "t4", "remove it, or remove machineTypes"},
			problem{"gantry:pools[1].gpuMemory", "80Gi", "remove it, or remove machineTypes"}),
		pool("GPU hidden by its alternative", "gpu: l5, gpuAlternatives: [t4]", problem{"gantry:pools[1].gpu", "l5", "did you mean l4? Known: a100, a10g, b200, b300, h100, h200, l4, l40s, rtx-pro-6000, t4, t4g or v100"}),
		pool("alternatives that no cloud has", "gpu: l4, gpuAlternatives: [t44, h100-nvl, h100-nvl]",
			problem{"gantry:pools[1].gpuAlternatives[0]", "t44", "did you mean t4? Known: a10, a100, a10g, b200, b300, h100, h100-nvl, h200, l4, l40s, rtx-pro-6000, t4, t4g or v100"},
			problem{"gantry:pools[1].gpuAlternatives[2]", "h100-nvl", "remove one of the two"}),
		pool("alternatives to no GPU", "gpuAlternatives: [t4]", problem{"gantry:pools[1].gpuAlternatives", "t4", "name the one that is wanted first, for example gpu: l4, or remove it"}),
		{"alternatives of a model that no cloud has", "{}", []string{"m.yaml", "image: a:v1\ngpu: {type: l4, alternatives: [t44]}"}, []problem{
			{"stacks/models/m.yaml: gpu.alternatives[0]", "t44", "did you mean t4? Known: a10, a100, a10g, b200, b300, h100, h100-nvl, h200, l4, l40s, rtx-pro-6000, t4, t4g or v100"}}},
		{"alternatives of a model to no GPU", "{}", []string{"m.yaml", "image: a:v1\ngpu: {alternatives: [t4]}"}, []problem{
			{"stacks/models/m.yaml: gpu.alternatives", "t4", "name the one that is wanted first, for example gpu: l4, or remove it"}}},
		{"only a tainted pool for DNS", "pools: [{name: system, role: system, taints: [{key: team.example.com/x}]}, {name: serve, role: inference}]", nil, []problem{
			{"gantry:pools[0].taints", "team.example.com/x", "remove the taint, or " + systemPool}}},
	}
}

// twice are problems of entries that repeat an earlier one, from the one given.
func twice(n int, form, value string, from int) []problem {
	problems := make([]problem, n)
	for i := range problems {
		problems[i] = problem{fmt.Sprintf(form, from+i), value, "remove one of the two"}
	}
	return problems
}

func allCases() []malformed {
	var cases []malformed
	for _, some := range [][]malformed{
		platformCases(), clusterCases(), poolCases(), modelCases(), modelFileCases(), placementCases(),
		limitCases(), gcpCases(), azureCases(), existingCases(), layerCases(), gpuCases(), chartCases(),
		gatewayCases(), dnsCases(), monitoringCases(), storageCases(), analysisCases(),
	} {
		cases = append(cases, some...)
	}
	return cases
}

func TestLoad_NamesPathValueAndFixOfEveryProblem(t *testing.T) {
	cases := allCases()
	require.GreaterOrEqual(t, len(cases), 150)
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			platform, plans, err := Load(configured(t, test.config, test.files...))

			var problems Problems
			require.ErrorAs(t, err, &problems)
			got := make([]problem, len(problems))
			for i, p := range problems {
				assert.NotEmpty(t, p.What)
				got[i] = problem{p.Path, p.Value, p.Fix}
			}
			assert.Equal(t, test.want, got)
			assert.Zero(t, platform)
			assert.Nil(t, plans)
		})
	}
}

func TestLoad_ReportsTheRegion(t *testing.T) {
	for region, want := range map[string]problem{
		"":            {"aws:region", "", "pulumi config set aws:region us-east-1"},
		"us-east-1a":  {"aws:region", "us-east-1a", "use us-east-1"},
		"N. Virginia": {"aws:region", `"N. Virginia"`, "use a name such as us-east-1 or eu-central-1"},
	} {
		raw := configured(t, "{}")
		raw.Region = region
		_, _, err := Load(raw)

		var problems Problems
		require.ErrorAs(t, err, &problems)
		require.Len(t, problems, 1)
		assert.Equal(t, want, problem{problems[0].Path, problems[0].Value, problems[0].Fix})
	}
}

func TestLoad_RefusesEncryptedValuesWithoutShowingThem(t *testing.T) {
	raw := configured(t, "models: {m: {image: a:v1, env: {TOKEN: hunter2}}}")
	raw.Secrets = []string{"models"}
	_, _, err := Load(raw)

	require.ErrorContains(t, err, "gantry:models holds an encrypted value")
	assert.NotContains(t, err.Error(), "hunter2")
}

func TestLoad_StackNameThatMakesNoPlatformNameAsksForOne(t *testing.T) {
	raw := configured(t, "{}")
	raw.Stack = "Feature_1"
	_, _, err := Load(raw)

	assert.EqualError(t, err, `1 problem in the configuration:
  1. gantry:name: gantry-Feature_1 is not a name of lower-case letters, digits and '-' that begins with a letter and ends in a letter or digit
     fix: set gantry:name to one`)
}
