package spec

func existingCases() []malformed {
	const reach = "cloud: existing\nexisting: {context: kind-ml}\n"
	pool := func(name, pool string, want ...problem) malformed {
		return malformed{"existing: " + name, reach + "pools: [{name: a, role: inference, " + pool + "}]", nil, want}
	}
	cluster := func(name, existing string, want ...problem) malformed {
		return malformed{"existing: " + name, "cloud: existing\nexisting: {" + existing + "}\npools: [{name: a, role: inference, labels: {a: b}}]", nil, want}
	}
	const labels = "add labels that these nodes have and no others, see kubectl get nodes --show-labels"
	return []malformed{
		cluster("no context", "kubeconfig: ~/.kube/config", problem{"gantry:existing.context", "", "name the context of the cluster: kubectl config get-contexts"}),
		cluster("kubeconfig beside the program", "context: a, kubeconfig: kubeconfig.yaml", problem{"gantry:existing.kubeconfig", "kubeconfig.yaml", "write an absolute path, or one that begins with ~/"}),
		cluster("unknown key", "contxt: a", problem{"gantry:existing.contxt", "a", "did you mean context? Known keys: kubeconfig, context, storageClasses"}),
		{"existing: described, but another cloud", "existing: {context: kind-ml}", nil, []problem{
			{"gantry:existing", "kind-ml", "use cloud: existing, or remove it"}}},
		{"existing: files without a class for them", reach + "pools: [{name: a, role: inference, labels: {a: b}}]", []string{"m.yaml", "image: a:v1\nstorage: {models: 10Gi}"}, []problem{
			{"gantry:existing.storageClasses.shared", "", "name a class whose volumes many nodes can mount, or remove storage from the model"}}},
		pool("nodes that nothing tells from others", "cpu: 4, memory: 16Gi", problem{"gantry:pools[0].labels", "", labels}),
		pool("machine types of a cloud", "labels: {a: b}, machineTypes: [m5.large]", problem{"gantry:pools[0].machineTypes", "m5.large", "use cpu, memory, gpu and gpuCount"}),
		pool("GPU nodes half described", "labels: {a: b}, gpu: l4", problem{"gantry:pools[0].cpu", "", "add cpu and memory as kubectl describe node shows them"}),
		pool("GPUs of no model", "labels: {a: b}, gpuCount: 2", problem{"gantry:pools[0].gpuCount", "2", "name the model, for example gpu: l4, or remove gpuCount"}),
		pool("alternatives to nothing", "labels: {a: b}, gpuAlternatives: [t4]", problem{"gantry:pools[0].gpuAlternatives", "t4", "name the one that is wanted first, for example gpu: l4, or remove it"}),
		{"existing: versions of add-ons", reach + "pools: [{name: a, role: inference, labels: {a: b}}]\naddons: {versions: {vpc-cni: v1.22.4-eksbuild.3}}", nil, []problem{
			{"gantry:addons.versions", "vpc-cni", "remove it, or use cloud: aws"}}},
		{"existing: accelerator that no node has", reach + "pools: [{name: a, role: inference, labels: {a: b}}]", []string{"m.yaml", "image: a:v1\ngpu: {type: l4}"}, []problem{
			{"stacks/models/m.yaml: gpu.type", "l4", "add a pool such as {name: serve, role: inference, gpu: l4, gpuCount: 1, min: 1, max: 3}"}}},
		{"existing: more replicas than the nodes hold", reach + "pools: [{name: a, role: inference, labels: {a: b}, cpu: 2, memory: 4Gi, min: 1, max: 1}]", []string{"m.yaml", "image: a:v1\nresources: {memory: 2Gi}\nscale: {min: 2}"}, []problem{
			{"stacks/models/m.yaml: scale.min", "2", "lower it, or raise max of the pool"}}},
	}
}
