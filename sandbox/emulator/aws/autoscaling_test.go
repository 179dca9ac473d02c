package aws_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

// elastic adds a group of L4 machines that begins empty, tagged for Cluster
// Autoscaler.
func (p *platform) elastic() {
	p.T.Helper()
	p.Add(templateType, "template", Props{
		"namePrefix":          "dev-gpu-",
		"blockDeviceMappings": []any{Props{"deviceName": "/dev/xvda", "ebs": Props{"volumeSize": 200, "volumeType": "gp3", "encrypted": "true"}}},
	})
	p.Add(groupType, "gpu", change(p.groupProps(), Props{
		"scalingConfig": Props{"minSize": 0, "desiredSize": 0, "maxSize": 2},
		"labels":        Props{"gantry.dev/pool": "gpu", "k8s.amazonaws.com/accelerator": "l4"},
	}))
	for key, value := range map[string]string{
		"label/gantry.dev/pool": "gpu", "label/k8s.amazonaws.com/accelerator": "l4",
		"taint/nvidia.com/gpu": "present:NoSchedule", "resources/nvidia.com/gpu": "1",
	} {
		p.Add(tagType, key, Props{
			"autoscalingGroupName": p.scalingGroup(),
			"tag":                  Props{"key": "k8s.io/cluster-autoscaler/node-template/" + key, "value": value, "propagateAtLaunch": false},
		})
	}
}

func sizeOf(r emulatortest.Resource) any { return r.Outputs["scalingConfig"].(Props)["desiredSize"] }

func TestAutoscaling_APendingGPUPodBringsANodeIfTheTagsSaySo(t *testing.T) {
	p := newCluster(t)
	p.elastic()
	cluster := p.Live()
	cluster.InstallDevicePlugin()
	cluster.AskForGPU("first", "gpu")
	time.Sleep(3 * time.Second)
	assert.Empty(t, cluster.InPool("gpu"), "nobody has installed an autoscaler")

	_, err := cluster.CoreV1().ConfigMaps(metav1.NamespaceSystem).Create(t.Context(), &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Name: "release.kube-system.cluster-autoscaler", Labels: map[string]string{"sandbox.gantry.dev/release": "true"},
		},
		Data: map[string]string{
			"chart":  "cluster-autoscaler",
			"values": "autoDiscovery: {clusterName: dev}\nextraArgs: {expander: least-waste, scale-down-unneeded-time: 1m, scale-down-delay-after-add: 1m}",
		},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	begin := time.Now()
	node := cluster.Running("first")
	t.Logf("running after %s", time.Since(begin).Round(100*time.Millisecond))
	assert.Regexp(t, `^ip-10-0-\d+-\d+\.ec2\.internal$`, node.Name)
	assert.Regexp(t, `^aws:///us-east-1[ab]/i-0[0-9a-f]{16}$`, node.Spec.ProviderID)
	assert.Equal(t, "g6.xlarge", node.Labels["node.kubernetes.io/instance-type"])
	assert.Contains(t, node.Labels, "eks.amazonaws.com/nodegroup")
	assert.Regexp(t, `^use1-az\d$`, node.Labels["topology.k8s.aws/zone-id"])
	assert.Len(t, cluster.InPool("gpu"), 1, "one node for one pod, also while its GPU was not allocatable")

	read, err := p.Read(p.By["gpu"])
	require.NoError(t, err)
	assert.InDelta(t, 1, sizeOf(read), 0, "the account has learnt of it")
	diff, err := p.Diff(p.By["gpu"], p.By["gpu"].Inputs)
	require.NoError(t, err)
	assert.Empty(t, diff.GetDetailedDiff())

	cluster.Forget("first")
	cluster.Shrinks("gpu", 0)
	p.Drop("label/gantry.dev/pool")
	cluster.AskForGPU("second", "gpu")
	message := cluster.Refused("second")
	assert.Contains(t, message, "1 node(s) didn't match Pod's node affinity/selector")
	assert.Contains(t, message, "it lacks the tag k8s.io/cluster-autoscaler/node-template/label/gantry.dev/pool")
	assert.Empty(t, cluster.InPool("gpu"))

	p.Add(tagType, "again", p.By["label/gantry.dev/pool"].Inputs)
	cluster.Running("second")
	require.NoError(t, p.Delete(p.By["gpu"]))
	assert.Empty(t, cluster.InPool("gpu"), "the nodes that the account did not know of go too")
}

func TestAutoscaling_TheAccountFollowsTheAutoscaler(t *testing.T) {
	p := newPlatform(t)
	group := func(minSize, desired, maxSize int) Props {
		return change(p.groupProps(), Props{"scalingConfig": Props{"minSize": minSize, "desiredSize": desired, "maxSize": maxSize}})
	}
	update := func(props Props) emulatortest.Resource {
		t.Helper()
		r, err := p.Update(p.By["gpu"], props)
		require.NoError(t, err)
		p.By["gpu"] = r
		return r
	}
	nodes := func() (names []string) {
		for _, n := range p.Kube.Nodes("gantry.dev/pool", "gpu") {
			names = append(names, n.Name)
		}
		return names
	}
	four := p.Kube.Autoscale(t, "gpu", 4)
	read, err := p.Read(p.By["gpu"])
	require.NoError(t, err)
	assert.InDelta(t, 4, sizeOf(read), 0)
	assert.Equal(t, p.By["gpu"].Inputs, read.Inputs, "the program finds no drift")

	assert.InDelta(t, 4, sizeOf(update(group(0, 2, 6))), 0, "a new bound leaves the size alone")
	assert.ElementsMatch(t, four, nodes())
	assert.InDelta(t, 3, sizeOf(update(group(0, 2, 3))), 0, "what is over the bound goes")
	assert.Len(t, nodes(), 3)
	p.Kube.Autoscale(t, "gpu", 0)
	assert.InDelta(t, 1, sizeOf(update(group(1, 2, 3))), 0, "what is below it comes")
	assert.InDelta(t, 3, sizeOf(update(group(1, 3, 3))), 0, "another size than last time is a wish")

	p.Kube.Autoscale(t, "gpu", 1)
	require.NoError(t, p.Cloud.Restore(t.Context()))
	assert.Len(t, nodes(), 1, "what the autoscaler ended does not come back")
	p.Kube.Autoscale(t, "gpu", 3)
	p.TakeDown()
	assert.Empty(t, p.Objects())
	assert.Empty(t, p.Kube.Clusters)
}

func TestAutoscaling_TheClusterKnowsTheTagsOfAGroup(t *testing.T) {
	p := newPlatform(t)
	tags := p.Kube.Groups["dev"][p.scalingGroup()].Tags
	assert.Equal(t, map[string]string{
		"eks:cluster-name": "dev", "eks:nodegroup-name": p.Text("gpu", "nodeGroupName"), "kubernetes.io/cluster/dev": "owned",
		"k8s.io/cluster-autoscaler/enabled": "true", "k8s.io/cluster-autoscaler/dev": "owned",
		"k8s.io/cluster-autoscaler/node-template/label/gantry.dev/pool": "gpu",
	}, tags)
	p.Drop("gpu-tag")
	assert.NotContains(t, p.Kube.Groups["dev"][p.scalingGroup()].Tags, "k8s.io/cluster-autoscaler/node-template/label/gantry.dev/pool")
}
