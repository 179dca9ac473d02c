package platform

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/componenttest/manifest"
	"gantry.dev/gantry/components/helm"
	"gantry.dev/gantry/modules/spec"
)

// autoscaled is a cluster with an autoscaler and nothing else.
func autoscaled(t *testing.T, cloud spec.Cloud, autoscaler spec.Autoscaler, pools ...spec.Pool) *fixture {
	t.Helper()
	addons := noAddons()
	addons.Autoscaler = autoscaler
	return fixtureOf(t, spec.Platform{
		Project: "gantry", Stack: "dev", Cloud: cloud, Region: "us-east-1", Pools: pools, Addons: addons,
		Cluster: spec.Cluster{Version: "1.35"},
	})
}

func TestAutoscaler_ScalesTheClustersOwnPools(t *testing.T) {
	f := autoscaled(t, spec.AWS, spec.Autoscaler{}, system, train)
	f.args.Handle.Accounts = map[string]*cluster.BoundAccount{autoscalerName: {}}
	f.run(t)
	release := f.rec.Named(t, "platform-cluster-autoscaler")
	for path, want := range map[string]any{
		"namespace":                         "kube-system",
		"chart":                             "cluster-autoscaler",
		"values.cloudProvider":              "aws",
		"values.awsRegion":                  "us-east-1",
		"values.autoDiscovery":              map[string]any{"clusterName": "gantry-dev"},
		"values.image.tag":                  "v1.35.2",
		"values.replicaCount":               2.0,
		"values.priorityClassName":          "system-cluster-critical",
		"values.fullnameOverride":           "cluster-autoscaler",
		"values.serviceMonitor":             map[string]any{"enabled": false, "namespace": "kube-system", "selector": map[string]any{"release": "monitoring"}},
		"values.rbac.serviceAccount.name":   "cluster-autoscaler",
		"values.rbac.serviceAccount.create": true,
		"values.nodeSelector":               map[string]any{"gantry.dev/role": "system"},
		"values.extraArgs": map[string]any{
			"expander":                         "priority,least-waste",
			"balance-similar-node-groups":      true,
			"scale-down-unneeded-time":         "10m",
			"scale-down-utilization-threshold": "0.50",
			"skip-nodes-with-system-pods":      false,
			"skip-nodes-with-local-storage":    false,
			"max-node-provision-time":          "25m",
		},
	} {
		assert.Equal(t, want, release.Input(t, path), path)
	}
	assert.Empty(t, f.rec.OfType("kubernetes:core/v1:ConfigMap"), "the chart brings the priorities")
}

func TestAutoscaler_FollowsTheConfiguration(t *testing.T) {
	f := autoscaled(t, spec.AWS, spec.Autoscaler{
		Expanders: []spec.Expander{spec.ExpanderLeastWaste}, BalanceZones: new(false), ScaleDownMinutes: 25, ScaleDownUtilization: 65,
	}, system, train)
	f.run(t)
	release := f.rec.Named(t, "platform-cluster-autoscaler")
	assert.Equal(t, "least-waste", release.Input(t, "values.extraArgs.expander"))
	assert.Equal(t, false, release.Input(t, "values.extraArgs.balance-similar-node-groups"))
	assert.Equal(t, "25m", release.Input(t, "values.extraArgs.scale-down-unneeded-time"))
	assert.Equal(t, "0.65", release.Input(t, "values.extraArgs.scale-down-utilization-threshold"))
	assert.Nil(t, release.Input(t, "values.expanderPriorities"), "nothing is ranked")
}

func TestAutoscaler_IsInstalledWhereTheCloudHasNone(t *testing.T) {
	for _, test := range []struct {
		cloud   spec.Cloud
		enabled bool
		want    int
	}{{spec.AWS, true, 1}, {spec.AWS, false, 0}, {spec.GCP, true, 0}, {spec.Azure, true, 0}} {
		f := autoscaled(t, test.cloud, spec.Autoscaler{Enabled: &test.enabled}, system)
		f.run(t)
		assert.Len(t, f.rec.OfType(helm.Type), test.want, "%s, %t", test.cloud, test.enabled)
		assert.Len(t, Bindings(f.args.Platform), test.want, "%s, %t", test.cloud, test.enabled)
	}
	binding := Bindings(autoscaled(t, spec.AWS, spec.Autoscaler{}, system).args.Platform)[autoscalerName]
	assert.Equal(t, cluster.Binding{
		Namespace: "kube-system", ServiceAccount: "cluster-autoscaler", Grants: []cluster.Grant{{Kind: cluster.ScaleNodes}},
	}, binding)
}

func TestAutoscaler_VersionIsThatOfTheClusterWhicheverStackMadeIt(t *testing.T) {
	f := autoscaled(t, spec.AWS, spec.Autoscaler{}, system)
	f.args.Platform.Cluster.Version = ""
	f.args.Platform.Handed = &spec.Handed{Version: "1.36"}
	f.run(t)
	assert.Equal(t, "v1.36.1", f.rec.Named(t, "platform-cluster-autoscaler").Input(t, "values.image.tag"))
}

// ranks are the priorities of a list, checked as the autoscaler reads them.
func ranks(t *testing.T, text string) func(group string) int {
	t.Helper()
	var rules map[int][]string
	require.NoError(t, yaml.Unmarshal([]byte(text), &rules))
	return func(group string) int {
		best := 0
		for number, patterns := range rules {
			for _, pattern := range patterns {
				if regexp.MustCompile(pattern).MatchString(group) {
					best = max(best, number)
				}
			}
		}
		return best
	}
}

func TestAutoscaler_RanksSpotBeforeOnDemandAndTellsPoolsApart(t *testing.T) {
	named := func(name string, capacity spec.Capacity) spec.Pool {
		return spec.Pool{Name: name, Role: spec.RoleTraining, CPU: 4, Memory: "16Gi", Capacity: capacity, Max: 4}
	}
	pools := []spec.Pool{
		system, named("train", spec.CapacitySpot), named("train-long", spec.CapacityOnDemand), named("long-train", spec.CapacityOnDemand),
	}
	f := autoscaled(t, spec.AWS, spec.Autoscaler{}, pools...)
	f.run(t)
	rank := ranks(t, f.rec.Named(t, "platform-cluster-autoscaler").Input(t, "values.expanderPriorities").(string))
	const suffix = "20261124184501234500000001-6ac98b2c-0f4d-4f05-9d41-9b3f1f0f5c7e"
	for group, want := range map[string]int{
		"eks-gantry-dev-train-" + suffix:       20,
		"eks-gantry-dev-train-long-" + suffix:  10,
		"eks-gantry-dev-long-train-" + suffix:  10,
		"eks-gantry-dev-system-" + suffix:      10,
		"eks-other-train-" + suffix:            1, // still scaled
		"eks-gantry-dev-train-" + suffix + "0": 20,
	} {
		assert.Equal(t, want, rank(group), group)
	}

	f = autoscaled(t, spec.Azure, spec.Autoscaler{}, pools...)
	f.run(t)
	config := manifest.Decode[corev1.ConfigMap](t, f.rec.Named(t, "platform-autoscaler-priorities"))
	assert.Equal(t, "cluster-autoscaler-priority-expander", config.Name)
	assert.Equal(t, "kube-system", config.Namespace)
	rank = ranks(t, config.Data["priorities"])
	for group, want := range map[string]int{
		"aks-train-12345678-vmss":     20,
		"aks-trainlong-12345678-vmss": 10,
		"aks-system-12345678-vmss":    10,
		"aks-other-12345678-vmss":     1,
	} {
		assert.Equal(t, want, rank(group), group)
	}
	assert.Empty(t, f.rec.OfType(helm.Type))

	for _, without := range []spec.Autoscaler{{Enabled: new(false)}, {Expanders: []spec.Expander{spec.ExpanderLeastWaste}}} {
		f = autoscaled(t, spec.Azure, without, pools...)
		f.run(t)
		assert.Empty(t, f.rec.OfType("kubernetes:core/v1:ConfigMap"))
	}
}
