package spec

// gpuCases are drivers and shares of accelerators that cannot be had.
func gpuCases() []malformed {
	const off = "addons: {gpuOperator: {enabled: false}}\n"
	on := func(cloud, name, rest, pool string, want ...problem) malformed {
		return malformed{cloud + ": " + name, "cloud: " + cloud + "\n" + rest + "pools:\n - {name: system, role: system}\n - {name: a, role: inference, " + pool + "}", nil, want}
	}
	two := func(cloud, name, first, second string, want ...problem) malformed {
		return malformed{cloud + ": " + name, "cloud: " + cloud + "\npools:\n - {name: system, role: system}\n - {name: a, role: inference, " + first + "}\n - {name: b, role: inference, " + second + "}", nil, want}
	}
	const (
		a100     = "gpu: a100, gpuMemory: 80Gi, gpuCount: 8, "
		one      = "gpu: a100, gpuMemory: 80Gi, "
		driver   = "gantry:pools[1].driver"
		sharing  = "gantry:pools[1].sharing"
		enable   = "leave that at its default"
		ownLabel = "remove it, and use driver or sharing of the pool"
	)
	there := func(name, pool, addons string, want ...problem) malformed {
		return malformed{"existing: " + name, "cloud: existing\nexisting: {context: a}\ncluster: {}\n" + addons + "pools: [{name: a, role: inference, labels: {a: b}, cpu: 4, memory: 16Gi, " + pool + "}]", nil, want}
	}
	return []malformed{
		on("aws", "driver that nobody knows", "", "gpu: l4, driver: nvidia", problem{driver, "nvidia", "use cloud or operator"}),
		on("aws", "driver of no accelerator", "", "driver: operator", problem{driver, "operator", "remove it, or set gpu"}),
		on("aws", "driver of no accelerator, of the cloud", "", "driver: cloud", problem{driver, "cloud", "remove it, or set gpu"}),
		on("aws", "driver of an operator that is not there", off, "gpu: l4, driver: operator", problem{driver, "operator", "remove it, or set gantry:addons.gpuOperator.enabled to true"}),
		on("azure", "driver that AKS does not leave to anyone", "", "gpu: t4, driver: operator", problem{driver, "operator", "remove it: the GPU Operator works with the driver of AKS"}),
		two("gcp", "two directories of drivers", "gpu: l4", "gpu: l4, driver: operator", problem{"gantry:pools[2].driver", "operator", "use the same for all pools with accelerators"}),
		{"existing: two drivers", "cloud: existing\nexisting: {context: a}\ncluster: {}\naddons: {gpuOperator: {enabled: true}}\npools: [{name: a, role: inference, labels: {a: b}, cpu: 4, memory: 16Gi, gpu: l4}, {name: b, role: inference, labels: {a: c}, cpu: 4, memory: 16Gi, gpu: l4, driver: operator}]", nil, []problem{
			{"gantry:pools[1].driver", "operator", "use the same for all pools with accelerators"}}},
		there("driver of an operator that is not there", "gpu: l4, driver: operator", "", problem{"gantry:pools[0].driver", "operator", "remove it, or set gantry:addons.gpuOperator.enabled to true"}),
		there("shares of nodes that are there", "gpu: l4, sharing: {timeSlices: 4}", "addons: {gpuOperator: {enabled: true}}\n", problem{"gantry:pools[0].sharing", "timeSlices", "remove it"}),
		on("aws", "labels of the switch", "", "gpu: l4, labels: {nvidia.com/gpu.deploy.driver: 'false', nvidia.com/mig.config: all-1g.5gb, nvidia.com/device-plugin.config: mine, gke-no-default-nvidia-gpu-device-plugin: 'true'}",
			problem{`gantry:pools[1].labels.gke-no-default-nvidia-gpu-device-plugin`, "gke-no-default-nvidia-gpu-device-plugin", ownLabel},
			problem{`gantry:pools[1].labels["nvidia.com/device-plugin.config"]`, "nvidia.com/device-plugin.config", ownLabel},
			problem{`gantry:pools[1].labels["nvidia.com/gpu.deploy.driver"]`, "nvidia.com/gpu.deploy.driver", ownLabel},
			problem{`gantry:pools[1].labels["nvidia.com/mig.config"]`, "nvidia.com/mig.config", ownLabel}),
		on("aws", "two ways to share", "", a100+"sharing: {mig: 1g.10gb, timeSlices: 4}", problem{sharing, `"mig, timeSlices"`, "keep one of them"}),
		on("aws", "three ways to share", "", a100+"sharing: {mig: 1g.10gb, timeSlices: 4, mps: 4}", problem{sharing, `"mig, timeSlices, mps"`, "keep one of them"}),
		on("aws", "strategy of nothing", "", a100+"sharing: {migStrategy: mixed}", problem{sharing + ".migStrategy", "mixed", "remove it, or set mig"}),
		on("aws", "strategy that nobody knows", "", a100+"sharing: {mig: 1g.10gb, migStrategy: none}", problem{sharing + ".migStrategy", "none", "use single or mixed"}),
		two("aws", "two strategies", a100+"sharing: {mig: 1g.10gb}", a100+"sharing: {mig: 1g.10gb, migStrategy: mixed}", problem{"gantry:pools[2].sharing.migStrategy", "mixed", "use the same for all pools with slices"}),
		on("aws", "share of one", "", "gpu: l4, sharing: {timeSlices: 1}", problem{sharing + ".timeSlices", "1", "use 2 to 48"}),
		on("aws", "shares without end", "", "gpu: l4, sharing: {timeSlices: 49}", problem{sharing + ".timeSlices", "49", "use 2 to 48"}),
		on("aws", "more clients than MPS has", "", "gpu: l4, sharing: {mps: 64}", problem{sharing + ".mps", "64", "use 2 to 48"}),
		on("aws", "shares of no accelerator", "", "sharing: {mps: 4}", problem{sharing, "mps", "remove it, or set gpu"}),
		on("aws", "shares without the operator", off, "gpu: l4, sharing: {timeSlices: 4}", problem{sharing + ".timeSlices", "4", enable}),
		on("azure", "shares without the operator", off, "gpu: t4, sharing: {mps: 4}", problem{sharing + ".mps", "4", enable}),
		on("gcp", "MPS without the operator", off, "gpu: l4, sharing: {mps: 4}", problem{sharing + ".mps", "4", "leave gantry:addons.gpuOperator.enabled at its default, or use timeSlices"}),
		on("aws", "slices without the operator", off, a100+"sharing: {mig: 1g.10gb}", problem{sharing + ".mig", "1g.10gb", "leave that at its default, or remove it"}),
		on("aws", "slices that an accelerator does not have", "", a100+"sharing: {mig: 1g.5gb}", problem{sharing + ".mig", "1g.5gb", "did you mean 1g.10gb? Known: 1g.10gb, 2g.20gb, 3g.40gb, 4g.40gb or 7g.80gb"}),
		on("aws", "slices of what cannot be cut", "", "gpu: l4, sharing: {mig: 1g.5gb}", problem{sharing + ".mig", "1g.5gb", "remove it, or use gpu: a100 or h100"}),
		on("azure", "slices of what cannot be cut", "", "gpu: t4, sharing: {mig: 1g.5gb}", problem{sharing + ".mig", "1g.5gb", "remove it, or use gpu: a100 or h100"}),
		on("gcp", "slices with the operator's driver", "", one+"driver: operator, sharing: {mig: 1g.10gb}", problem{sharing + ".mig", "1g.10gb", "use driver: cloud"}),
		on("gcp", "mixed slices of GKE's plugin", off, one+"sharing: {mig: 1g.10gb, migStrategy: mixed}", problem{sharing + ".migStrategy", "mixed", "use single, or leave gantry:addons.gpuOperator.enabled at its default"}),
		{"aws: a second advertiser of GPUs", "addons: {devicePlugin: {enabled: true}}", nil, []problem{
			{"gantry:addons.devicePlugin.enabled", "true", "remove it, or set gantry:addons.gpuOperator.enabled to false"}}},
		{"gcp: a second advertiser beside the operator", "cloud: gcp\naddons: {devicePlugin: {enabled: true}}", nil, []problem{
			{"gantry:addons.devicePlugin.enabled", "true", "remove it, or set gantry:addons.gpuOperator.enabled to false"}}},
		{"azure: a second advertiser of GPUs", "cloud: azure\npools: [{name: system, role: system}]\naddons: {devicePlugin: {enabled: true}}", nil, []problem{
			{"gantry:addons.devicePlugin.enabled", "true", "remove it, or set gantry:addons.gpuOperator.enabled to false"}}},
		{"aws: several shares for one pod", "pools:\n - {name: system, role: system}\n - {name: a, role: inference, gpu: l4, sharing: {timeSlices: 4}}", []string{"m.yaml", "image: a:v1\npool: a\ngpu: {type: l4, count: 2}"}, []problem{
			{"stacks/models/m.yaml: gpu.count", "2", "use count: 1, or a pool whose accelerators are whole"}}},
		{"aws: shares that nobody asked for", "pools:\n - {name: system, role: system}\n - {name: a, role: inference, gpu: l4, sharing: {timeSlices: 4}}", []string{"m.yaml", "image: a:v1\ngpu: {type: l4}"}, []problem{
			{"stacks/models/m.yaml: gpu.type", "l4", "add a pool such as {name: serve, role: inference, gpu: l4, gpuCount: 1, min: 1, max: 3}"}}},
	}
}
