package azure_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
	"gantry.dev/gantry/sandbox/localkube/fleet"
)

// elasticProps are none to two spot machines with a GPU.
func (p *platform) elasticProps() Props {
	return change(p.gpuProps(), Props{
		"count": 0.0, "minCount": 0.0, "maxCount": 2.0, "nodeLabels": Props{"gantry.dev/pool": "train"},
	})
}

func TestAutoscaler_APendingGPUPodBringsANode(t *testing.T) {
	p := newCluster(t)
	p.Add(poolType, "train", p.elasticProps())
	cluster := p.Live()
	cluster.InstallDevicePlugin()
	begin := time.Now()
	cluster.AskForGPU("first", "train")
	node := cluster.Running("first")
	t.Logf("running after %s", time.Since(begin).Round(100*time.Millisecond))
	assert.Regexp(t, `^aks-train-\d{8}-vmss000000$`, node.Name)
	assert.Regexp(t, `^azure:///subscriptions/.*/virtualMachines/0$`, node.Spec.ProviderID)
	assert.Equal(t, "spot", node.Labels["kubernetes.azure.com/scalesetpriority"])
	assert.Equal(t, node.Labels["topology.kubernetes.io/zone"], node.Labels["topology.disk.csi.azure.com/zone"])
	assert.Len(t, cluster.InPool("train"), 1, "one node for one pod, also while its GPU was not allocatable")

	read, err := p.Read(p.By["train"])
	require.NoError(t, err)
	assert.InDelta(t, 1, read.Outputs["count"], 0, "the account has learnt of it")
	cluster.Forget("first")
	cluster.Shrinks("train", 0)
	cluster.AskForGPU("second", "train")
	assert.Regexp(t, `vmss000001$`, cluster.Running("second").Name, "no instance number is used twice")
	require.NoError(t, p.Delete(p.By["train"]))
	assert.Empty(t, cluster.InPool("train"))
}

func TestAutoscaler_TheAccountFollowsIt(t *testing.T) {
	p := newPlatform(t)
	names := func(pool string) (names []string) {
		for _, n := range p.Kube.Nodes("agentpool", pool) {
			names = append(names, n.Name)
		}
		return names
	}
	update := func(more Props) emulatortest.Resource {
		t.Helper()
		r, err := p.Update(p.By["train"], change(p.gpuProps(), more))
		require.NoError(t, err)
		p.By["train"] = r
		return r
	}
	p.Kube.Autoscale(t, "train", 5)
	p.Kube.Autoscale(t, "system", 4)
	read, err := p.Read(p.By["train"])
	require.NoError(t, err)
	assert.InDelta(t, 5, read.Outputs["count"], 0)
	assert.Equal(t, p.By["train"].Inputs, read.Inputs, "the program finds no drift")
	shown, err := p.Read(p.By["cluster"])
	require.NoError(t, err)
	counts := map[any]any{}
	for _, v := range shown.Outputs["agentPoolProfiles"].([]any) {
		counts[v.(Props)["name"]] = v.(Props)["count"]
	}
	assert.Equal(t, map[any]any{"system": 4.0, "cpu": 2.0, "train": 5.0}, counts, "and what the cluster shows")
	_, err = p.Check(clusterType, "cluster", shown.Inputs, shown.Inputs)
	require.NoError(t, err, "which the program may send back")

	assert.InDelta(t, 5, update(Props{"maxCount": 6.0}).Outputs["count"], 0, "a new bound leaves the size alone")
	assert.InDelta(t, 3, update(Props{"maxCount": 3.0}).Outputs["count"], 0, "what is over the bound goes")
	assert.Len(t, names("train"), 3)
	p.Kube.Autoscale(t, "train", 0)
	assert.InDelta(t, 1, update(Props{"minCount": 1.0, "maxCount": 3.0}).Outputs["count"], 0, "what is below it comes")
	assert.Regexp(t, `vmss000005$`, names("train")[0], "no instance number is used twice")
	assert.InDelta(t, 3, update(Props{"minCount": 1.0, "maxCount": 3.0, "count": 3.0}).Outputs["count"], 0, "another count than last time is a wish")

	p.Kube.Autoscale(t, "train", 1)
	p.Kube.Autoscale(t, "system", 3)
	require.NoError(t, p.Cloud.Restore(t.Context()))
	assert.Len(t, names("train"), 1, "what the autoscaler ended does not come back")
	assert.Len(t, names("system"), 3)
	p.Kube.Autoscale(t, "train", 3)
	p.TakeDown()
	assert.Empty(t, p.Objects())
	assert.Empty(t, p.Kube.Clusters)
}

func TestAutoscaler_HasTheProfileOfTheCluster(t *testing.T) {
	p := newPlatform(t)
	profile := func() *fleet.Profile {
		for name, g := range p.Kube.Groups["dev"] {
			if g.Min == 0 && name != "" {
				return g.Profile
			}
		}
		return nil
	}
	assert.Equal(t, "least-waste", profile().Expander)
	assert.True(t, profile().KeepSystemPods, "AKS's default")
	_, err := p.Update(p.By["cluster"], change(p.clusterProps(), Props{"autoScalerProfile": Props{
		"expander": "priority", "scaleDownUnneededTime": "5m", "skipNodesWithSystemPods": "false", "maxGracefulTerminationSec": "60",
	}}))
	require.NoError(t, err)
	assert.Equal(t, "priority", profile().Expander)
	assert.Equal(t, 5*time.Minute, profile().UnneededTime)
	assert.Equal(t, time.Minute, profile().MaxGracefulTermination)
	assert.False(t, profile().KeepSystemPods)
}
