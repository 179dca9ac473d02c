package eks

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

func TestLaunchTemplates_LockTheMetadataServiceAndEncryptTheDisk(t *testing.T) {
	rec := run(t, dev())
	assert.Len(t, rec.OfType(typeLaunchTemplate), 3)
	for _, template := range rec.OfType(typeLaunchTemplate) {
		assert.Equal(t, "required", template.Input(t, "metadataOptions.httpTokens"), template.Name)
		assert.EqualValues(t, 1, template.Input(t, "metadataOptions.httpPutResponseHopLimit"), template.Name)
		assert.Equal(t, "/dev/xvda", template.Input(t, "blockDeviceMappings[0].deviceName"), template.Name)
		assert.Equal(t, map[string]any{
			"encrypted": "true", "volumeType": "gp3", "volumeSize": 200.0, "deleteOnTermination": "true",
		}, template.Input(t, "blockDeviceMappings[0].ebs"), template.Name)
		for i, kind := range []string{"instance", "volume", "network-interface"} {
			tags := fmt.Sprintf("tagSpecifications[%d]", i)
			assert.Equal(t, kind, template.Input(t, tags+".resourceType"))
			assert.Equal(t, "ml", template.Input(t, tags+".tags.team"), "default tags do not reach what a group launches")
			assert.Equal(t, "gantry-dev", template.Input(t, tags+`.tags["gantry.dev/platform"]`))
		}
		// EKS refuses a template of a managed node group that has one of these.
		for _, forbidden := range []string{"iamInstanceProfile", "instanceMarketOptions", "hibernationOptions", "instanceType"} {
			assert.Nil(t, template.Input(t, forbidden), forbidden)
		}
	}
}

func TestNodeGroups_OfEachKindOfPool(t *testing.T) {
	rec := run(t, dev())
	for _, test := range []struct {
		pool, image, capacity string
		machines              []string
	}{
		{"system", "AL2023_x86_64_STANDARD", "ON_DEMAND", []string{"m7i.xlarge"}},
		{"train", "AL2023_x86_64_NVIDIA", "SPOT", []string{"p4d.24xlarge", "p4de.24xlarge"}},
		{"serve", "AL2023_x86_64_NVIDIA", "ON_DEMAND", []string{"g6.xlarge"}},
	} {
		group := rec.Named(t, "cluster-"+test.pool)
		assert.Equal(t, test.image, group.Input(t, "amiType"))
		assert.Equal(t, test.capacity, group.Input(t, "capacityType"))
		assert.Equal(t, test.machines, group.Strings(t, "instanceTypes"))
		assert.Equal(t, "1.34", group.Input(t, "version"), "nodes follow the control plane")
		assert.Equal(t, "3", group.Input(t, "launchTemplate.version"))
		assert.Nil(t, group.Input(t, "diskSize"), "EKS refuses it beside a launch template")
		assert.Nil(t, group.Input(t, "nodeGroupName"), "a fixed name cannot be replaced without a gap")
		assert.Equal(t, "gantry-dev-"+test.pool+"-", group.Input(t, "nodeGroupNamePrefix"))
	}
}

func TestImageType(t *testing.T) {
	for _, test := range []struct {
		arch spec.Arch
		gpu  string
		want string
	}{
		{spec.ArchAMD64, "", "AL2023_x86_64_STANDARD"},
		{spec.ArchAMD64, "l4", "AL2023_x86_64_NVIDIA"},
		{spec.ArchARM64, "", "AL2023_ARM_64_STANDARD"},
		{spec.ArchARM64, "t4g", "AL2023_ARM_64_NVIDIA"},
	} {
		assert.Equal(t, test.want, imageType(spec.PoolPlan{Pool: spec.Pool{Arch: test.arch, GPU: test.gpu}}))
	}
}

func TestNodeGroups_CarryLabelsAndTaints(t *testing.T) {
	group := run(t, edit(dev(), func(a *Args) {
		a.Pools[2].NodeTaints = append(a.Pools[2].NodeTaints,
			spec.Taint{Key: "a", Effect: spec.NoExecute}, spec.Taint{Key: "b", Value: "v", Effect: spec.PreferNoSchedule})
	})).Named(t, "cluster-serve")
	assert.Equal(t, map[string]any{
		naming.LabelRole: "inference", naming.LabelPool: "serve", naming.LabelGPU: "l4",
		"k8s.amazonaws.com/accelerator": "l4",
	}, group.Input(t, "labels"))
	assert.Equal(t, []any{
		map[string]any{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"},
		map[string]any{"key": "a", "value": "", "effect": "NO_EXECUTE"},
		map[string]any{"key": "b", "value": "v", "effect": "PREFER_NO_SCHEDULE"},
	}, group.Input(t, "taints"))
	assert.NotContains(t, dev().Pools[2].NodeLabels, "k8s.amazonaws.com/accelerator")
}

func TestNodeGroups_WaitForNetworkAgentsAndPermissions(t *testing.T) {
	rec := run(t, prod())
	for _, group := range rec.OfType(typeNodeGroup) {
		for _, name := range []string{
			"cluster-nat-3", "cluster-private-3-internet", "cluster-private-3-association", "cluster-s3", "cluster-public-2-association",
			"cluster-node-AmazonEKSWorkerNodeMinimalPolicy", "cluster-node-AmazonEC2ContainerRegistryPullOnly", "cluster-node-bootstrap-policy",
		} {
			assert.True(t, rec.DependsOn(group, rec.Named(t, name)), "%s before %s", name, group.Name)
		}
	}
}

func TestNodeGroups_InThePoolsZonesOnly(t *testing.T) {
	rec := run(t, edit(prod(), func(a *Args) { a.Pools[1].Zones = 1 }))
	assert.Equal(t, []string{"cluster-private-1-id"}, rec.Named(t, "cluster-train").Strings(t, "subnetIds"))
	assert.Len(t, rec.Named(t, "cluster-system").Strings(t, "subnetIds"), 3)
}

func TestNodeRole_HasNoMoreThanANodeNeeds(t *testing.T) {
	rec := run(t, dev())
	var policies []any
	for _, attachment := range rec.OfType("aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
		if attachment.Input(t, "role") == "cluster-node-role" {
			policies = append(policies, attachment.Input(t, "policyArn"))
		}
	}
	assert.ElementsMatch(t, []any{
		"arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy",
		"arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
	}, policies, "the network plugin has a role of its own")
	assert.JSONEq(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Action":["ec2:DescribeInstances","ec2:DescribeInstanceTypes"],"Resource":"*"}]}`,
		rec.Named(t, "cluster-node-bootstrap-policy").Input(t, "policy").(string))
}

func TestNames_OfALongPlatformFit(t *testing.T) {
	rec := run(t, edit(dev(), func(a *Args) { a.Platform.Name = strings.Repeat("platform", 5) }))
	for _, role := range rec.OfType("aws:iam/role:Role") {
		assert.LessOrEqual(t, len(role.Input(t, "namePrefix").(string)), 38, role.Name)
	}
	seen := map[any]string{}
	for _, group := range rec.OfType(typeNodeGroup) {
		prefix := group.Input(t, "nodeGroupNamePrefix")
		assert.LessOrEqual(t, len(prefix.(string)), 37, group.Name)
		assert.Empty(t, seen[prefix], "two pools with the prefix %s", prefix)
		seen[prefix] = group.Name
	}
}
