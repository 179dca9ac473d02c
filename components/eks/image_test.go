package eks

import (
	"encoding/base64"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/componenttest"
	"gantry.dev/gantry/modules/spec"
)

func TestNodeGroups_WithTheOperatorsDriverBootUbuntu(t *testing.T) {
	rec := run(t, edit(dev(), func(a *Args) {
		a.Pools[2].Driver, a.Pools[2].Arch = spec.DriverOperator, spec.ArchAMD64
		a.Pools[2].NodeTaints = append(a.Pools[2].NodeTaints, spec.Taint{Key: "a", Effect: spec.NoExecute})
	}))
	group, template := rec.Named(t, "cluster-serve"), rec.Named(t, "cluster-serve-template")
	assert.Nil(t, group.Input(t, "amiType"), "EKS refuses it beside an image of the template")
	assert.Nil(t, group.Input(t, "version"), "so it does this")
	assert.Equal(t, "ami of /aws/service/canonical/ubuntu/eks/24.04/1.34/stable/current/amd64/hvm/ebs-gp3/ami-id", template.Input(t, "imageId"))
	assert.Equal(t, "/dev/sda1", template.Input(t, "blockDeviceMappings[0].deviceName"))

	script, err := base64.StdEncoding.DecodeString(template.Input(t, "userData").(string))
	require.NoError(t, err)
	assert.Contains(t, string(script), "#!/bin/bash\n")
	assert.Contains(t, string(script), "/etc/eks/bootstrap.sh 'gantry-dev' --apiserver-endpoint '"+endpoint+"' --b64-cluster-ca 'Q0E='")
	assert.Contains(t, string(script), "--node-labels=gantry.dev/gpu=l4,gantry.dev/pool=serve,gantry.dev/role=inference,k8s.amazonaws.com/accelerator=l4 ")
	assert.Contains(t, string(script), "--register-with-taints=nvidia.com/gpu=present:NoSchedule,a=:NoExecute'")

	for _, other := range []string{"cluster-train", "cluster-system"} {
		assert.NotNil(t, rec.Named(t, other).Input(t, "amiType"), other)
		assert.Nil(t, rec.Named(t, other+"-template").Input(t, "imageId"), other)
		assert.Nil(t, rec.Named(t, other+"-template").Input(t, "userData"), other)
	}
}

func TestNodeGroups_WithoutAnUbuntuImageSaySo(t *testing.T) {
	args := edit(dev(), func(a *Args) { a.Pools[2].Driver = spec.DriverOperator })
	rec := &componenttest.Recorder{Outputs: outputs, Invoke: func(token string, props resource.PropertyMap) (resource.PropertyMap, error) {
		if token == "aws:ssm/getParameter:getParameter" {
			return nil, assert.AnError
		}
		return account(token, props)
	}}
	err := rec.Run(func(ctx *pulumi.Context) error {
		_, err := New(ctx, "cluster", args)
		return err
	})
	assert.ErrorContains(t, err, "serve: the Ubuntu image of EKS 1.34 in us-east-1")
	assert.ErrorContains(t, err, "use driver: cloud")
}

func TestGroupTags_TellTheAutoscalerOfSlicesAndShares(t *testing.T) {
	const resources, accelerator = templateTag + "resources/", templateTag + "label/" + labelAccelerator
	for name, test := range map[string]struct {
		sharing  spec.Sharing
		want     groupTag
		labelled bool
	}{
		"whole":      {spec.Sharing{}, groupTag{resources + "nvidia.com/gpu", "8"}, true},
		"turns":      {spec.Sharing{TimeSlices: 4}, groupTag{resources + "nvidia.com/gpu", "32"}, true},
		"slices":     {spec.Sharing{MIG: "1g.10gb", MIGStrategy: spec.MIGSingle}, groupTag{resources + "nvidia.com/gpu", "56"}, true},
		"by profile": {spec.Sharing{MIG: "1g.10gb", MIGStrategy: spec.MIGMixed}, groupTag{resources + "nvidia.com/mig-1g.10gb", "56"}, false},
	} {
		pool := plan(spec.Pool{Name: "gpu", GPU: "a100", GPUCount: 8, Sharing: test.sharing}, machine("p4de.24xlarge", "a100", 8))
		pool.Machines[0].GPUMemoryMiB = 81920
		tags := groupTags(pool)
		assert.Contains(t, tags, test.want, name)
		labelled := false
		for _, tag := range tags {
			labelled = labelled || tag.key == accelerator
		}
		assert.Equal(t, test.labelled, labelled, "%s: the autoscaler waits for nvidia.com/gpu of labelled nodes", name)
	}
}
