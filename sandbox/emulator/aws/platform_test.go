package aws_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
	"gantry.dev/gantry/sandbox/localkube"
)

func TestPlatform_ComesUpAndLeavesNothing(t *testing.T) {
	p := newPlatform(t)
	assert.Len(t, p.Objects(), len(p.All))
	for _, r := range p.All {
		assert.NotEmpty(t, r.ID, r.URN)
		for name, v := range r.Outputs {
			if name == "arn" || strings.HasSuffix(name, "Arn") {
				assert.Regexp(t, `^arn:aws:`, v, "%s of %s", name, r.URN)
			}
		}
	}
	p.TakeDown()
	assert.Empty(t, p.Objects())
	assert.Empty(t, p.Kube.Clusters)
}

func TestPlatform_ASecondRunChangesNothingAndARefreshFindsNoDrift(t *testing.T) {
	p := newPlatform(t)
	for _, r := range p.All {
		read, err := p.Read(r)
		require.NoError(t, err)
		p.Unchanged(r, read, without(r.Inputs))
	}
}

func TestPlatform_SurvivesARestart(t *testing.T) {
	p := newPlatform(t)
	nodes := p.Kube.Nodes("kubernetes.io/os", "linux")

	again := p.Restart()
	assert.Equal(t, nodes, again.Kube.Nodes("kubernetes.io/os", "linux"))
	assert.True(t, again.Kube.Addons["dev/vpc-cni"])
}

func TestRollback_UndoesAnInterruptedCreation(t *testing.T) {
	p := newCluster(t)
	known := p.Known()
	lost := p.Must(groupType, "cpu", p.cpuProps(2))
	require.Len(t, p.Kube.Nodes("kubernetes.io/os", "linux"), 2)

	deleted, err := p.Cloud.Rollback(t.Context(), p.Project, p.Stack, known)
	require.NoError(t, err)
	require.Len(t, deleted, 1)
	assert.Equal(t, lost.ID, deleted[0].ID)
	assert.Empty(t, p.Kube.Nodes("kubernetes.io/os", "linux"))

	_, err = p.Cloud.Rollback(t.Context(), p.Project, p.Stack, nil)
	require.NoError(t, err)
	assert.Empty(t, p.Objects(), "an engine that knows nothing owns nothing")
}

func TestCluster_HasWhatAKubeconfigNeeds(t *testing.T) {
	p := newCluster(t)
	out := p.By["cluster"].Outputs
	assert.Equal(t, "arn:aws:eks:us-east-1:111122223333:cluster/dev", out["arn"])
	assert.Regexp(t, `^https://[0-9A-F]{32}\.gr7\.us-east-1\.eks\.amazonaws\.com$`, out["endpoint"])
	assert.Equal(t, "1.34", out["version"])
	assert.Regexp(t, `^sg-0[0-9a-f]{16}$`, p.clusterGroup())
	issuer := out["identities"].([]any)[0].(Props)["oidcs"].([]any)[0].(Props)["issuer"]
	assert.Regexp(t, `^https://oidc\.eks\.us-east-1\.amazonaws\.com/id/[0-9A-F]{32}$`, issuer)

	text, err := base64.StdEncoding.DecodeString(out["certificateAuthority"].(Props)["data"].(string))
	require.NoError(t, err)
	emulatortest.IsAuthority(t, text)

	name, ok := p.Cloud.ClusterByEndpoint(out["endpoint"].(string))
	assert.True(t, ok)
	assert.Equal(t, "dev", name)
	_, ok = p.Cloud.ClusterByEndpoint("https://example.com")
	assert.False(t, ok)
}

func TestCluster_IsUnknownUntilItExists(t *testing.T) {
	p := newCluster(t)
	plan, err := p.Preview(clusterType, "other", change(p.clusterProps(), Props{"name": "other", "roleArn": unknown}))
	require.NoError(t, err)
	assert.Equal(t, "other", plan.Outputs["name"])
	for _, property := range []string{"endpoint", "certificateAuthority", "identities", "arn"} {
		assert.Equal(t, unknown, plan.Outputs[property], property)
	}
	assert.Equal(t, unknown, plan.Outputs["vpcConfig"].(Props)["clusterSecurityGroupId"])
	assert.Equal(t, Props{"team": "ml"}, plan.Outputs["tagsAll"])
}

func TestCluster_LogsIntoAGroupThatOutlivesItWhenNobodyMadeOne(t *testing.T) {
	p := newCluster(t)
	props := change(p.clusterProps(), Props{"name": "loud"})
	loud := p.Must(clusterType, "loud", props)
	require.NoError(t, p.Delete(loud))
	_, err := p.Create(logType, "loud-logs", Props{"name": "/aws/eks/loud/cluster"})
	assert.ErrorContains(t, err, "ResourceAlreadyExistsException: The specified log group already exists")

	last := p.Objects()[len(p.Objects())-1]
	assert.Equal(t, "/aws/eks/loud/cluster", last.ID)
	assert.Empty(t, last.URN, "the listing of the account shows that no stack owns it")
}

func TestNodeGroup_BecomesNodesAsEKSLabelsThem(t *testing.T) {
	p := newPlatform(t)
	nodes := p.Kube.Nodes("gantry.dev/pool", "gpu")
	require.Len(t, nodes, 2)
	assert.Equal(t, []string{"us-east-1a", "us-east-1b"}, zonesOf(nodes), "spread over the zones")
	n := nodes[0]
	assert.Equal(t, "ip-10-0-32-4.ec2.internal", n.Name, "the first address that AWS does not reserve")
	assert.Regexp(t, `^aws:///us-east-1a/i-0[0-9a-f]{16}$`, n.ProviderID)
	assert.Equal(t, []string{"us-east-1", "us-east-1a", "10.0.32.4"}, []string{n.Region, n.Zone, n.Address})
	assert.Equal(t, []localkube.Taint{{Key: "nvidia.com/gpu", Value: "present", Effect: "NoSchedule"}}, n.Taints)
	assert.Equal(t, []int{4, 16384, 200, 58, 1}, []int{n.VCPU, n.MemoryMiB, n.DiskGiB, n.MaxPods, n.GPUs})
	group := p.By["gpu"].Outputs
	for label, want := range map[string]string{
		"eks.amazonaws.com/nodegroup":                   group["nodeGroupName"].(string),
		"eks.amazonaws.com/capacityType":                "ON_DEMAND",
		"eks.amazonaws.com/sourceLaunchTemplateId":      p.By["template"].ID,
		"eks.amazonaws.com/sourceLaunchTemplateVersion": "1",
		"kubernetes.io/arch":                            "amd64",
		"kubernetes.io/hostname":                        n.Name,
		"kubernetes.io/os":                              "linux",
		"node.kubernetes.io/instance-type":              "g6.xlarge",
		"topology.k8s.aws/zone-id":                      "use1-az1",
	} {
		assert.Equal(t, want, n.Labels[label], label)
	}
	assert.Regexp(t, `^ami-0[0-9a-f]{16}$`, n.Labels["eks.amazonaws.com/nodegroup-image"])
	assert.Regexp(t, `^dev-gpu-[0-9]{18}[0-9a-f]{8}$`, group["nodeGroupName"])
	assert.Regexp(t, `^eks-dev-gpu-.+-[0-9a-f-]{36}$`, p.scalingGroup())
	assert.Equal(t, "1.34", group["version"])
}

func zonesOf(nodes []localkube.Node) []string {
	var zones []string
	for _, n := range nodes {
		zones = append(zones, n.Zone)
	}
	return zones
}

func TestNodeGroup_SpotNodesComeFromAllTypes(t *testing.T) {
	p := newCluster(t)
	p.Must(groupType, "spot", change(p.cpuProps(4), Props{"capacityType": "SPOT", "instanceTypes": []any{"m6i.large", "m7i.large"}}))
	assert.Len(t, p.Kube.Nodes("node.kubernetes.io/instance-type", "m6i.large"), 2)
	assert.Len(t, p.Kube.Nodes("node.kubernetes.io/instance-type", "m7i.large"), 2)
	assert.Len(t, p.Kube.Nodes("eks.amazonaws.com/capacityType", "SPOT"), 4)
}

func TestNodeGroup_UpdatesReachTheNodes(t *testing.T) {
	p := newCluster(t)
	group := p.Must(groupType, "cpu", p.cpuProps(3))
	all := func() []localkube.Node {
		return p.Kube.Nodes("eks.amazonaws.com/nodegroup", "cpu")
	}
	before := all()
	require.Len(t, before, 3)

	group, err := p.Update(group, change(p.cpuProps(1), Props{"labels": Props{"team": "a"}}))
	require.NoError(t, err)
	require.Len(t, all(), 1, "scaled in")
	assert.Equal(t, "a", all()[0].Labels["team"])
	survivor := all()[0].ProviderID
	assert.True(t, slices.ContainsFunc(before, func(n localkube.Node) bool { return n.ProviderID == survivor }))

	group, err = p.Update(group, change(p.cpuProps(2), Props{"taints": []any{Props{"key": "k", "effect": "NO_EXECUTE"}}}))
	require.NoError(t, err)
	require.Len(t, all(), 2, "scaled out")
	for _, n := range all() {
		assert.Equal(t, []localkube.Taint{{Key: "k", Effect: "NoExecute"}}, n.Taints)
		assert.Empty(t, n.Labels["team"])
	}

	cluster, err := p.Update(p.By["cluster"], change(p.clusterProps(), Props{"version": "1.35"}))
	require.NoError(t, err)
	assert.Equal(t, "1.35", cluster.Outputs["version"])
	assert.Equal(t, "1.34", group.Outputs["version"], "nodes stay behind until they are told")
	group, err = p.Update(group, change(p.cpuProps(2), Props{"version": "1.35"}))
	require.NoError(t, err)
	require.Len(t, all(), 2)
	assert.NotEqual(t, survivor, all()[0].ProviderID, "another version means other machines")
	require.NoError(t, p.Delete(group))
	assert.Empty(t, all())
}

func TestLaunchTemplate_MakesAVersionOfEveryChange(t *testing.T) {
	p := newPlatform(t)
	template := p.By["template"]
	props := change(template.Inputs, Props{"blockDeviceMappings": []any{Props{"deviceName": "/dev/xvda", "ebs": Props{"volumeSize": 300}}}})

	plan, err := p.PreviewUpdate(template, props)
	require.NoError(t, err)
	assert.Equal(t, unknown, plan.Outputs["latestVersion"])
	template, err = p.Update(template, props)
	require.NoError(t, err)
	assert.Equal(t, 2.0, template.Outputs["latestVersion"])
	assert.Equal(t, 2.0, template.Outputs["defaultVersion"])

	tagged, err := p.PreviewUpdate(template, change(props, Props{"tags": Props{"a": "b"}}))
	require.NoError(t, err)
	assert.Equal(t, 2.0, tagged.Outputs["latestVersion"], "tags are no part of a version")

	_, err = p.Update(p.By["gpu"], change(p.groupProps(), Props{"launchTemplate": Props{"version": "2"}}))
	require.NoError(t, err)
	assert.Equal(t, 300, p.Kube.Nodes("gantry.dev/pool", "gpu")[0].DiskGiB)
	_, err = p.Update(p.By["gpu"], change(p.groupProps(), Props{"launchTemplate": Props{"version": "9"}}))
	assert.ErrorContains(t, err, "Could not find the specified version 9")
}

func TestAddon_IsToldToTheCluster(t *testing.T) {
	p := newPlatform(t)
	assert.True(t, p.Kube.Addons["dev/coredns"])
	require.NoError(t, p.Delete(p.By["coredns"]))
	assert.False(t, p.Kube.Addons["dev/coredns"])
	assert.False(t, p.Kube.Addons["dev/kube-proxy"], "bootstrapSelfManagedAddons is false")

	p.Must(clusterType, "classic", change(p.clusterProps(), Props{"name": "classic", "bootstrapSelfManagedAddons": true}))
	assert.True(t, p.Kube.Addons["classic/kube-proxy"])
}

func TestDefaultTags_AreInTags(t *testing.T) {
	p := newNetwork(t)
	subnet, err := p.Update(p.By["public"], change(p.By["public"].Inputs, Props{"tags": Props{"Name": "x"}}))
	require.NoError(t, err)
	assert.Equal(t, Props{"Name": "x", "team": "ml"}, subnet.Outputs["tags"])
	assert.Equal(t, subnet.Outputs["tags"], subnet.Outputs["tagsAll"])
}

func TestReplace_FollowsTheRealProvider(t *testing.T) {
	p := newPlatform(t)
	for name, test := range map[string]struct {
		of          string
		change      Props
		replace     []string
		deleteFirst bool
	}{
		"the network of a VPC":            {of: "vpc", change: Props{"cidrBlock": "10.1.0.0/16"}, replace: []string{"cidrBlock"}},
		"DNS of a VPC":                    {of: "vpc", change: Props{"enableDnsHostnames": false}},
		"the zone of a subnet":            {of: "public", change: Props{"availabilityZone": "us-east-1c"}, replace: []string{"availabilityZone"}},
		"the address of a NAT gateway":    {of: "nat", change: Props{"allocationId": "eipalloc-0"}, replace: []string{"allocationId"}},
		"the target of a route":           {of: "private-internet", change: Props{"natGatewayId": "nat-0"}},
		"the destination of a route":      {of: "private-internet", change: Props{"destinationCidrBlock": "10.9.0.0/16"}, replace: []string{"destinationCidrBlock"}},
		"the name of a cluster":           {of: "cluster", change: Props{"name": "x"}, replace: []string{"name"}},
		"the role of a cluster":           {of: "cluster", change: Props{"roleArn": "arn:aws:iam::111122223333:role/x"}, replace: []string{"roleArn"}, deleteFirst: true},
		"the version of a cluster":        {of: "cluster", change: Props{"version": "1.35"}},
		"the encryption of a cluster":     {of: "cluster", change: Props{"encryptionConfig": nil}, replace: []string{"encryptionConfig"}, deleteFirst: true},
		"the size of a node group":        {of: "gpu", change: Props{"scalingConfig": Props{"desiredSize": 3}}},
		"the types of a node group":       {of: "gpu", change: Props{"instanceTypes": []any{"g6.2xlarge"}}, replace: []string{"instanceTypes"}},
		"the template of a node group":    {of: "gpu", change: Props{"launchTemplate": Props{"id": "lt-0"}}, replace: []string{"launchTemplate"}},
		"the version of that template":    {of: "gpu", change: Props{"launchTemplate": Props{"version": "2"}}},
		"the key of a tag":                {of: "gpu-tag", change: Props{"tag": Props{"key": "k"}}, replace: []string{"tag"}},
		"the value of a tag":              {of: "gpu-tag", change: Props{"tag": Props{"value": "v"}}},
		"the policy of an attachment":     {of: "control-AmazonEKSClusterPolicy", change: Props{"policyArn": "x"}, replace: []string{"policyArn"}},
		"the trust of a role":             {of: "control", change: Props{"assumeRolePolicy": trust("ec2.amazonaws.com")}},
		"the source of a rule, same kind": {of: "nfs", change: Props{"referencedSecurityGroupId": "sg-0"}},
		"the source of a rule, other kind": {
			of: "nfs", change: Props{"referencedSecurityGroupId": nil, "cidrIpv4": "10.0.0.0/8"},
			replace: []string{"cidrIpv4", "referencedSecurityGroupId"},
		},
		"the version of an add-on":    {of: "coredns", change: Props{"addonVersion": "v1.14.3-eksbuild.14"}},
		"the encryption of files":     {of: "files", change: Props{"encrypted": false, "kmsKeyId": nil}, replace: []string{"encrypted", "kmsKeyId"}},
		"the retention of logs":       {of: "logs", change: Props{"retentionInDays": 90}},
		"the scope of an access rule": {of: "admin-policy", change: Props{"accessScope": Props{"type": "namespace", "namespaces": []any{"a"}}}, replace: []string{"accessScope"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := p.By[test.of]
			p.Replaces(t, r, without(change(r.Inputs, test.change)), test.replace, test.deleteFirst)
		})
	}
}
