package spec

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWarnings_OfModels(t *testing.T) {
	const spot = "pools: [{name: system, role: system, min: 2}, {name: serve, role: inference, gpu: l4, min: 2, max: 4}, {name: cheap, role: inference, gpu: l4, capacity: spot, max: 4, machineTypes: [g6.xlarge]}]"
	const gpu = "image: a:v1\ngpu: {type: l4}\n"
	onCPU := problem{"gantry:models.m.scale.max", "4", "add requestsPerReplica, queue or queries"}
	onGPU := problem{"gantry:models.m.scale.gpuUtilization", "70", "add requestsPerReplica, queue or queries"}
	for name, test := range map[string]struct {
		config, model string
		want          []problem
	}{
		"a GPU model on CPU and memory alone":   {"{}", gpu + "scale: {min: 1, max: 4}", []problem{onCPU}},
		"with times of day, which are no load":  {"{}", gpu + "scale: {min: 1, max: 4, schedule: [{start: 0 9 * * *, end: 0 18 * * *, min: 2}]}", []problem{onCPU}},
		"a GPU model of one size":               {"{}", gpu + "scale: {min: 2, max: 2}", nil},
		"a CPU model on CPU":                    {"{}", "image: a:v1\nscale: {min: 1, max: 4}", nil},
		"on the accelerator alone":              {"{}", gpu + "scale: {max: 4, gpuUtilization: 70}", []problem{onGPU}},
		"on the accelerator and its latency":    {"{}", gpu + "scale: {max: 4, gpuUtilization: 70, p95: 250ms}", []problem{onGPU}},
		"on latency":                            {"{}", gpu + "scale: {max: 4, p95: 250ms}", nil},
		"on the accelerator and requests":       {"{}", gpu + "scale: {max: 4, gpuUtilization: 70, requestsPerReplica: 5}", nil},
		"on the accelerator and a queue":        {"{}", gpu + "scale: {max: 4, gpuUtilization: 70, queue: {kafka: {brokers: ['k:9092'], topic: t}}}", nil},
		"on the accelerator and a query":        {"{}", gpu + "scale: {max: 4, gpuUtilization: 70, queries: [{query: sum(a), perReplica: 2}]}", nil},
		"one that is left out":                  {"{}", gpu + "enabled: false\nscale: {max: 4}", nil},
		"of a stack without models":             {"layers: [cluster, platform]", gpu + "scale: {max: 4}", nil},
		"of a stack on the cluster of another":  {"layers: [models]\nlayersFrom: organization/gantry/prod\ncluster: {}\npools: []", "image: a:v1\ngpu: {type: t4}\nscale: {min: 1, max: 4}", []problem{onCPU}},
		"spot where there is spot":              {spot, gpu + "spotTolerant: true", nil},
		"spot where there is none":              {"{}", gpu + "spotTolerant: true", []problem{{"gantry:models.m.spotTolerant", "true", "add a pool such as {name: spot, role: inference, capacity: spot, gpu: l4, gpuCount: 1, max: 4}, or remove it"}}},
		"spot on CPU where there is none":       {spot, "image: a:v1\nspotTolerant: true", []problem{{"gantry:models.m.spotTolerant", "true", "add a pool such as {name: spot, role: inference, capacity: spot, max: 4}, or remove it"}}},
		"spot beside the name of another pool":  {spot, gpu + "spotTolerant: true\npool: serve", []problem{{"gantry:models.m.spotTolerant", "true", "remove it, or remove pool"}}},
		"spot beside the name of the spot pool": {spot, gpu + "spotTolerant: true\npool: cheap", nil},
	} {
		t.Run(name, func(t *testing.T) {
			warnings := Warnings(load(t, configured(t, test.config, "m.yaml", test.model)))

			var got []problem
			for _, w := range warnings {
				assert.NotEmpty(t, w.What)
				got = append(got, problem{w.Path, w.Value, w.Fix})
			}
			assert.Equal(t, test.want, got)
		})
	}
}
