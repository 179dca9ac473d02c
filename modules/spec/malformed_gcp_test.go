package spec

// onGCP puts a configuration on Google Cloud.
func onGCP(name, config string, want ...problem) malformed {
	return malformed{name, "cloud: gcp\n" + config, nil, want}
}

func gcpCases() []malformed {
	cluster := func(name, rest string, want ...problem) malformed {
		return onGCP("gcp: "+name, `cluster: {version: "1.34", `+rest+`}`, want...)
	}
	pool := func(name, pool string, want ...problem) malformed {
		return onGCP("gcp: "+name, "pools:\n - {name: system, role: system}\n - {name: a, "+pool+"}", want...)
	}
	const known = "Known: a100, b200, h100, h200, l4 or rtx-pro-6000"
	return []malformed{
		pool("slices of what cannot be cut", "role: inference, gpu: l4, sharing: {mig: 1g.5gb}", problem{"gantry:pools[1].sharing.mig", "1g.5gb", "remove it, or use gpu: a100 or h100"}),
		pool("slices that an accelerator does not have", "role: inference, gpu: a100, gpuMemory: 80Gi, sharing: {mig: 1g.5gb}", problem{"gantry:pools[1].sharing.mig", "1g.5gb", "did you mean 1g.10gb? Known: 1g.10gb, 2g.20gb, 3g.40gb or 7g.80gb"}),
		onGCP("gcp: no region", `gcp:region: ""`, problem{"gcp:region", "", "pulumi config set gcp:region us-central1"}),
		onGCP("gcp: zone for a region", "gcp:region: us-central1-f", problem{"gcp:region", "us-central1-f", "use us-central1"}),
		onGCP("gcp: zone for accelerators only", "gcp:region: us-central1-ai1a", problem{"gcp:region", "us-central1-ai1a", "use a name such as us-central1 or europe-west4"}),
		onGCP("gcp: region of AWS", "gcp:region: eu-central-1", problem{"gcp:region", "eu-central-1", "use a name such as us-central1 or europe-west4"}),
		onGCP("gcp: no project", `gcp:project: ""`, problem{"gcp:project", "", "pulumi config set gcp:project followed by the id of the project"}),
		onGCP("gcp: number of a project", `gcp:project: "123456789012"`, problem{"gcp:project", "123456789012", "use the id: gcloud projects describe 123456789012 --format='value(projectId)'"}),
		onGCP("gcp: name of a project", "gcp:project: My Project", problem{"gcp:project", `"My Project"`, "use 6 to 30 lower-case letters, digits and '-', beginning with a letter"}),
		onGCP("gcp: tags that are no labels", "tags: {Team: vision, team: Vision, cost.center: a, 1st: a, goog-x: a, gantry.dev/x: a}",
			problem{"gantry:tags.1st", "1st", "use lower-case letters, digits, '-' and '_', beginning with a letter"},
			problem{"gantry:tags.Team", "Team", "use lower-case letters, digits, '-' and '_', beginning with a letter"},
			problem{"gantry:tags.goog-x", "goog-x", "choose another key"},
			problem{"gantry:tags.team", "Vision", "use lower-case letters, digits, '-' and '_'"},
			problem{`gantry:tags["cost.center"]`, "cost.center", "use lower-case letters, digits, '-' and '_', beginning with a letter"},
			problem{`gantry:tags["gantry.dev/x"]`, "gantry.dev/x", "choose another key"}),
		onGCP("gcp: label that is too long", "tags: {team: "+letters(64)+", "+letters(64)+": a}",
			problem{"gantry:tags." + letters(64), letters(64), "shorten or name it"},
			problem{"gantry:tags.team", letters(64), "shorten it"}),
		onGCP("gcp: versions of add-ons", "addons: {versions: {coredns: v1.12.4-eksbuild.29, kube-proxy: v1.34.6-eksbuild.21}}",
			problem{"gantry:addons.versions", `"coredns, kube-proxy"`, "remove it, or use cloud: aws"}),
		onGCP("gcp: a second advertiser of GPUs", "addons: {gpuOperator: {enabled: false}, devicePlugin: {enabled: true}}",
			problem{"gantry:addons.devicePlugin.enabled", "true", "remove it"}),
		cluster("more zones than the region", "zones: 5", problem{"gantry:cluster.zones", "5", "use 4 or less"}),
		cluster("everybody as an admin", "admins: [allUsers, allAuthenticatedUsers, domain:example.com, projectOwner:example-project]",
			problem{"gantry:cluster.admins[0]", "allUsers", "name a group or a service account, for example group:ml@example.com"},
			problem{"gantry:cluster.admins[1]", "allAuthenticatedUsers", "name a group or a service account, for example group:ml@example.com"},
			problem{"gantry:cluster.admins[2]", "domain:example.com", "name a group or a service account, for example group:ml@example.com"},
			problem{"gantry:cluster.admins[3]", "projectOwner:example-project", "name a group or a service account, for example group:ml@example.com"}),
		cluster("admins that are none", `admins: [me@example.com, "group:ml", "robot:ml@example.com", "deleted:user:me@example.com?uid=1", "arn:aws:iam::111122223333:role/a"]`,
			problem{"gantry:cluster.admins[0]", "me@example.com", "write user:me@example.com, group:me@example.com or serviceAccount:me@example.com"},
			problem{"gantry:cluster.admins[1]", "group:ml", "write it as user:, group: or serviceAccount: and an address, for example group:ml@example.com"},
			problem{"gantry:cluster.admins[2]", "robot:ml@example.com", "write it as user:, group: or serviceAccount: and an address, for example group:ml@example.com"},
			problem{"gantry:cluster.admins[3]", "deleted:user:me@example.com?uid=1", "remove it"},
			problem{"gantry:cluster.admins[4]", "arn:aws:iam::111122223333:role/a", "write it as user:, group: or serviceAccount: and an address, for example group:ml@example.com"}),
		cluster("admin in two cases", `admins: ["group:ml@example.com", "group:ML@example.com"]`,
			problem{"gantry:cluster.admins[1]", "group:ML@example.com", "remove one of the two"}),
		cluster("more callers than GKE takes", "publicAccessCidrs: ["+ranges(101)+"]",
			problem{"gantry:cluster.publicAccessCidrs", `"101 ranges"`, "join neighbouring ranges"}),
		cluster("ranges of no use", "podCidr: 100.64.0.0, serviceCidr: 172.20.0.0/28",
			problem{"gantry:cluster.podCidr", "100.64.0.0", "write it with its length, for example 100.64.0.0/14"},
			problem{"gantry:cluster.serviceCidr", "172.20.0.0/28", "use a range such as 172.20.0.0/20"}),
		cluster("pods of the internet", "podCidr: 34.0.0.0/14", problem{"gantry:cluster.podCidr", "34.0.0.0/14", "use one in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10"}),
		cluster("pods on the nodes", "networkCidr: 10.0.0.0/16, podCidr: 10.0.0.0/14", problem{"gantry:cluster.podCidr", "10.0.0.0/14", "choose a range apart from it"}),
		cluster("services on the pods and the nodes", "networkCidr: 10.4.0.0/16, podCidr: 10.8.0.0/14, serviceCidr: 10.8.0.0/20",
			problem{"gantry:cluster.serviceCidr", "10.8.0.0/20", "choose a range apart from it"}),
		onGCP("gcp: more nodes than ranges of pods", "cluster: {version: \"1.34\", podCidr: 100.64.0.0/20}\npools: [{name: system, role: system, max: 16}]",
			problem{"gantry:cluster.podCidr", "100.64.0.0/20", "use a range of /19, or lower max of a pool"}),
		onGCP("gcp: more nodes than addresses", "cluster: {version: \"1.34\", networkCidr: 10.0.0.0/20, podCidr: 100.64.0.0/10}\npools: [{name: system, role: system, max: 2100}]",
			problem{"gantry:cluster.networkCidr", "10.0.0.0/20", "use a range of /19, or lower max of a pool"}),
		pool("accelerator of another cloud", "role: inference, gpu: a10g", problem{"gantry:pools[1].gpu", "a10g", "did you mean a100? " + known}),
		pool("alternatives of which none is sold", "role: inference, gpu: a10g, gpuAlternatives: [t4]", problem{"gantry:pools[1].gpu", "a10g", "did you mean a100? " + known}),
		pool("one H100, on-demand", "role: inference, gpu: h100", problem{"gantry:pools[1].capacity", "on-demand", "use capacity: spot, or ask for another gpu or gpuCount"}),
		pool("B200, on-demand", "role: inference, gpu: b200, gpuCount: 8", problem{"gantry:pools[1].capacity", "on-demand", "use capacity: spot, or ask for another gpu or gpuCount"}),
		pool("GPUs that no machine has, in no way", "role: inference, gpu: h100, gpuCount: 3", problem{"gantry:pools[1].gpuCount", "3", "choose 8"}),
		pool("named machine that is not sold on-demand", "role: inference, machineTypes: [a3-highgpu-2g]", problem{"gantry:pools[1].capacity", "on-demand", "use capacity: spot, or another type"}),
		pool("several machine types", "role: training, machineTypes: [n2-standard-4, n2d-standard-4]", problem{"gantry:pools[1].machineTypes", `"n2-standard-4, n2d-standard-4"`, "keep one, and give each other a pool of its own"}),
		pool("machine to attach accelerators to", "role: inference, machineTypes: [n1-standard-4]", problem{"gantry:pools[1].machineTypes[0]", "n1-standard-4", "did you mean n2-standard-4? A pool can also ask by need: gpu, cpu, memory"}),
		pool("machine and another accelerator", "role: inference, machineTypes: [a2-ultragpu-1g], gpu: h100, gpuCount: 2",
			problem{"gantry:pools[1].gpu", "h100", "make it agree, or remove it"},
			problem{"gantry:pools[1].gpuCount", "2", "make it agree, or remove it"}),
		pool("GPU disk too small", "role: inference, gpu: l4, diskSize: 50Gi", problem{"gantry:pools[1].diskSize", "50Gi", "use 100Gi or more"}),
		pool("label of GKE", "role: inference, labels: {cloud.google.com/gke-spot: 'true'}",
			problem{`gantry:pools[1].labels["cloud.google.com/gke-spot"]`, "cloud.google.com/gke-spot", "use a domain of your own, for example team.example.com/gke-spot"}),
		pool("taint of GKE", "role: inference, taints: [{key: cloud.google.com/gke-spot}]",
			problem{"gantry:pools[1].taints[0].key", "cloud.google.com/gke-spot", "use a domain of your own, for example team.example.com/gke-spot"}),
		onGCP("gcp: system pool with a taint", "pools: [{name: system, role: system, taints: [{key: CriticalAddonsOnly}]}]",
			problem{"gantry:pools[0].taints", "CriticalAddonsOnly", "remove the taint, or " + systemPool}),
		onGCP("gcp: system pool on spot", "pools: [{name: system, role: system, capacity: spot}]",
			problem{"gantry:pools[0].capacity", "spot", "use capacity: on-demand"}),
	}
}
