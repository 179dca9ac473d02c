package spec

// layerCases build on the cluster that handed has.
func layerCases() []malformed {
	above := func(name, config string, want ...problem) malformed {
		return malformed{"layers: " + name, "layers: [platform, models]\nlayersFrom: organization/gantry/prod\ncluster: {}\npools: []\n" + config, nil, want}
	}
	const fix = "remove it here; change it in the stack that gantry:layersFrom names"
	return []malformed{
		{"layers: unknown", "layers: [cluster, platfrm, models]", nil, []problem{
			{"gantry:layers[1]", "platfrm", "did you mean platform? Known: cluster, platform or models"}}},
		{"layers: twice", "layers: [cluster, cluster]", nil, []problem{
			{"gantry:layers[1]", "cluster", "remove one of the two"}}},
		{"layers: with a gap", "layers: [cluster, models]", nil, []problem{
			{"gantry:layers", `"cluster, models"`, "add platform, or give the models a stack of their own"}}},
		{"layers: as text", "layers: models", nil, []problem{
			{"gantry:layers", "models", "write a list: [models]"}}},
		{"layers: on nothing", "layers: [models]", nil, []problem{
			{"gantry:layersFrom", "", "name the stack with the layer below, as organization/project/stack"}}},
		{"layers: on two clusters", "layersFrom: organization/gantry/prod", nil, []problem{
			{"gantry:layersFrom", "organization/gantry/prod", "remove it, or remove cluster from gantry:layers"}}},
		{"layers: on a stack by its short name", "layers: [platform, models]\nlayersFrom: prod\ncluster: {}\npools: []", nil, []problem{
			{"gantry:layersFrom", "prod", "write organization/project/stack, for example organization/gantry/prod"}}},
		above("on another cloud", "cloud: aws", problem{"gantry:cloud", "aws", fix}),
		above("with another version", `cluster: {version: "1.35"}`, problem{"gantry:cluster.version", "1.35", fix}),
		above("with other pools", "pools: [{name: system, role: system}]", problem{"gantry:pools", `"1 pools"`, fix}),
		above("with a cluster of its own", "existing: {context: kind-ml}", problem{"gantry:existing", "kind-ml", fix}),
		{"layers: more replicas than the pools of the other stack hold", "layers: [models]\nlayersFrom: organization/gantry/prod\ncluster: {}\npools: []", []string{"m.yaml", "image: a:v1\ngpu: {type: l4, alternatives: [t4]}\nscale: {min: 3}"}, []problem{
			{"stacks/models/m.yaml: scale.min", "3", "lower it, or raise min of the pool"}}},
		{"layers: accelerator that the other stack has not", "layers: [models]\nlayersFrom: organization/gantry/prod\ncluster: {}\npools: []", []string{"m.yaml", "image: a:v1\ngpu: {type: h100}"}, []problem{
			{"stacks/models/m.yaml: gpu.type", "h100", "add a pool such as {name: serve, role: inference, gpu: h100, gpuCount: 1, min: 1, max: 3}, or use t4"}}},
	}
}
