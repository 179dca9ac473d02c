package gcp_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// elasticProps are none to two nodes with an L4 each.
func (p *platform) elasticProps() Props {
	return change(p.gpuProps("serve"), Props{"autoscaling": Props{"totalMinNodeCount": 0, "totalMaxNodeCount": 2}})
}

func TestAutoscaler_APendingGPUPodBringsANode(t *testing.T) {
	p := newCluster(t)
	p.Add(poolType, "serve", p.elasticProps())
	cluster := p.Live()
	begin := time.Now()
	cluster.AskForGPU("first", "serve")
	node := cluster.Running("first")
	t.Logf("running after %s", time.Since(begin).Round(100*time.Millisecond))
	assert.Regexp(t, `^gke-dev-serve-[0-9a-f]+-[a-z0-9]{4}$`, node.Name)
	assert.Equal(t, "gce://"+project+"/"+node.Labels["topology.gke.io/zone"]+"/"+node.Name, node.Spec.ProviderID)
	assert.Equal(t, "nvidia-l4", node.Labels["cloud.google.com/gke-accelerator"])
	assert.Equal(t, "true", node.Labels["cloud.google.com/gke-spot"])
	assert.Equal(t, node.Labels["topology.kubernetes.io/zone"], node.Labels["failure-domain.beta.kubernetes.io/zone"])
	assert.Len(t, cluster.InPool("serve"), 1)

	cluster.AskForGPU("second", "serve")
	cluster.Running("second")
	cluster.AskForGPU("third", "serve")
	assert.Contains(t, cluster.Refused("third"), "max node group size reached")
	for _, pod := range []string{"first", "second", "third"} {
		cluster.Forget(pod)
	}
	cluster.Shrinks("serve", 0)
	assert.NotEmpty(t, p.Kube.Clusters)
	p.TakeDown()
	assert.Empty(t, p.Objects())
}

func TestAutoscaler_TheAccountFollowsIt(t *testing.T) {
	p := newPlatform(t)
	names := func() (names []string) {
		for _, n := range p.Kube.Nodes("gantry.dev/pool", "serve") {
			names = append(names, n.Name)
		}
		return names
	}
	bounds := func(least, most int) {
		t.Helper()
		p.alter("serve", Props{"autoscaling": Props{"totalMinNodeCount": least, "totalMaxNodeCount": most}})
	}
	p.Kube.Autoscale(t, "serve", 4)
	read, err := p.Read(p.By["serve"])
	require.NoError(t, err)
	assert.InDelta(t, 2, read.Outputs["nodeCount"], 0, "in each of two zones")
	assert.Equal(t, p.By["serve"].Inputs, read.Inputs, "the program finds no drift")

	before := names()
	bounds(0, 6)
	assert.ElementsMatch(t, before, names(), "a new bound leaves the size alone")
	p.Kube.Autoscale(t, "serve", 6)
	bounds(0, 2)
	assert.Len(t, names(), 2, "what is over the bound goes")
	p.Kube.Autoscale(t, "serve", 0)
	bounds(1, 2)
	assert.Len(t, names(), 1, "what is below it comes")

	p.Kube.Autoscale(t, "serve", 2)
	require.NoError(t, p.Cloud.Restore(t.Context()))
	assert.Len(t, names(), 2)
	p.Kube.Autoscale(t, "serve", 1)
	require.NoError(t, p.Cloud.Restore(t.Context()))
	assert.Len(t, names(), 1, "what the autoscaler ended does not come back")

	p.alter("serve", Props{"autoscaling": nil, "nodeCount": 1})
	assert.Len(t, names(), 2, "a fixed number, one in each zone")
	assert.Empty(t, p.Kube.Groups[p.Kube.Main()], "and no autoscaler")
	p.TakeDown()
	assert.Empty(t, p.Objects())
	assert.Empty(t, p.Kube.Clusters)
}

func TestAutoscaler_HasTheProfileOfTheCluster(t *testing.T) {
	p := newPlatform(t)
	before := p.Kube.Groups[p.Kube.Main()]["serve"].Profile
	p.alter("cluster", Props{"clusterAutoscaling": Props{"autoscalingProfile": "OPTIMIZE_UTILIZATION"}})
	after := p.Kube.Groups[p.Kube.Main()]["serve"].Profile
	assert.Less(t, after.UnneededTime, before.UnneededTime)
	assert.Greater(t, after.UtilizationThreshold, before.UtilizationThreshold)
	assert.True(t, p.Kube.Groups[p.Kube.Main()]["serve"].AnyPlace)

	p.Add(poolType, "zonal", change(p.gpuProps("zonal"), Props{"autoscaling": Props{
		"totalMinNodeCount": nil, "totalMaxNodeCount": nil, "minNodeCount": 1, "maxNodeCount": 3, "locationPolicy": nil,
	}}))
	zonal := p.Kube.Groups[p.Kube.Main()]["zonal"]
	assert.True(t, zonal.PerPlace)
	assert.False(t, zonal.AnyPlace)
	assert.Equal(t, 1, zonal.Min)
	assert.Equal(t, 3, zonal.Max)
}
