package spec

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWarnings_TellWhatIsAllowedAndLikelyToHurt(t *testing.T) {
	const cluster = `cluster: {version: "1.34", `
	const small = "pools: [{name: system, role: system, cpu: 4, memory: 16Gi, min: 2}]\n"
	train := func(pool string) string {
		return "pools: [{name: system, role: system, min: 2}, {name: a, role: training, " + pool + "}]"
	}
	for name, test := range map[string]struct {
		stack, config string
		want          []problem
	}{
		"nothing": {"dev", "{}", nil},
		"a minor in extended support": {"dev", `cluster: {version: "1.33"}`, []problem{
			{"gantry:cluster.version", "1.33", "upgrade one minor at a time"}}},
		"but not on Google Cloud": {"dev", "cloud: gcp\ncluster: {version: \"1.33\"}", nil},
		"a wide range of callers": {"dev", cluster + "publicAccessCidrs: [203.0.113.0/24, 12.0.0.0/8, 20.0.0.0/16, 24.0.0.0/15]}", []problem{
			{"gantry:cluster.publicAccessCidrs[1]", "12.0.0.0/8", "name narrower ranges"},
			{"gantry:cluster.publicAccessCidrs[3]", "24.0.0.0/15", "name narrower ranges"}}},
		"one gateway where people depend on it": {"prod", cluster + "nat: single}\n" + small, []problem{
			{"gantry:cluster.nat", "single", "use nat: per-zone"}}},
		"which is the same thing elsewhere": {"prod", "cloud: gcp\n" + cluster + "nat: single}\n" + small, nil},
		"one system node where people depend on it": {"prod", "pools: [{name: system, role: system}]", []problem{
			{"gantry:pools[0].min", "1", "use min: 2, or one node a zone"}}},
		"one system node on Azure": {"dev", "cloud: azure\npools: [{name: system, role: system}]", []problem{
			{"gantry:pools[0].min", "1", "write min: 2"}}},
		"a fourth zone": {"dev", "cloud: gcp\ngcp:region: europe-west4\n" + cluster + "zones: 4}", []problem{
			{"gantry:cluster.zones", "4", "use 3, or region us-central1"}}},
		"which one region has": {"dev", "cloud: gcp\n" + cluster + "zones: 4}", nil},
		"a location without zones": {"dev", "cloud: azure\nazure-native:location: westus\n" + small, []problem{
			{"azure-native:location", "westus", "use a location with zones, for example eastus or westeurope"}}},
		"room for nodes, but not for their pods": {"dev", cluster + "networkCidr: 10.0.0.0/20}\npools: [{name: system, role: system, cpu: 4, memory: 16Gi, min: 2, max: 20}]", []problem{
			{"gantry:cluster.networkCidr", "10.0.0.0/20", "use a wider range: it cannot be changed later"}}},
		"a spot pool of one type that has equals": {"dev", train("machineTypes: [m6i.large]"), []problem{
			{"gantry:pools[1].machineTypes", "m6i.large", "add types of its shape, for example m5a.large, or ask by need"}}},
		"which it has not on Google Cloud": {"dev", "cloud: gcp\n" + train("machineTypes: [n2-standard-4]"), nil},
		"a spot pool of the only type":     {"dev", train("machineTypes: [g6.xlarge]"), nil},
		"in one zone": {"dev", train("gpu: l4, zones: 1"), []problem{
			{"gantry:pools[1].zones", "1", "use more zones"}}},
		"in one zone, on-demand":     {"dev", train("gpu: l4, zones: 1, capacity: on-demand"), nil},
		"in one zone, of many types": {"dev", train("cpu: 8, memory: 32Gi, zones: 1"), nil},
		"pools that nothing fills": {"dev", "addons: {autoscaler: {enabled: false}}\n" + train("gpu: l4"), []problem{
			{"gantry:pools[1].min", "0", "raise min, or let the autoscaler decide"}}},
		"metrics-server that stays": {"dev", "cloud: gcp\naddons: {metricsServer: {enabled: false}}", []problem{
			{"gantry:addons.metricsServer.enabled", "false", "remove it"}}},
		"and that goes": {"dev", "addons: {metricsServer: {enabled: false}}", nil},
		"what an existing cluster has decided": {"dev", "cloud: existing\nexisting: {context: a}\ntags: {a: b}\n" + cluster + "admins: [a], publicAccessCidrs: [203.0.113.0/24]}\npools: [{name: a, role: inference, labels: {a: b}}]", []problem{
			{"gantry:cluster.admins", "a", "remove it"},
			{"gantry:cluster.publicAccessCidrs", "203.0.113.0/24", "remove it"},
			{"gantry:cluster.version", "1.34", "remove it"},
			{"gantry:tags", `"1 tags"`, "remove it"}}},
		"a second device plugin": {"dev", "cloud: existing\nexisting: {context: a}\ncluster: {}\npools: [{name: a, role: inference, labels: {a: b}, gpu: l4, cpu: 4, memory: 16Gi}]\naddons: {devicePlugin: {enabled: true}}", []problem{
			{"gantry:addons.devicePlugin.enabled", "true", "set it to false where kubectl get nodes -o json shows nvidia.com/gpu already"}}},
		"a cluster of another stack tells for itself": {"dev", "layers: [models]\nlayersFrom: organization/gantry/prod\ncluster: {}\npools: []", nil},
	} {
		t.Run(name, func(t *testing.T) {
			raw := configured(t, test.config)
			raw.Stack = test.stack
			warnings := Warnings(load(t, raw))

			var got []problem
			for _, w := range warnings {
				assert.NotEmpty(t, w.What)
				got = append(got, problem{w.Path, w.Value, w.Fix})
			}
			assert.Equal(t, test.want, got)
		})
	}
}
