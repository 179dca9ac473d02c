package aws_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
	"gantry.dev/gantry/sandbox/localkube"
)

const (
	getParameter = "aws:ssm/getParameter:getParameter"
	ubuntu       = "/aws/service/canonical/ubuntu/eks/24.04/1.34/stable/current/amd64/hvm/ebs-gp3/ami-id"
)

func TestGetParameter_KnowsTheImagesOfUbuntu(t *testing.T) {
	a := newAccount(t)
	found, err := a.Invoke(getParameter, Props{"name": ubuntu})
	require.NoError(t, err)
	assert.Regexp(t, `^ami-0[0-9a-f]{16}$`, found["insecureValue"])
	assert.Equal(t, found["value"], found["insecureValue"])
	assert.Equal(t, "arn:aws:ssm:us-east-1::parameter"+ubuntu, found["arn"])

	for _, name := range []string{
		"/aws/service/canonical/ubuntu/eks/24.04/1.30/stable/current/amd64/hvm/ebs-gp3/ami-id",
		"/aws/service/canonical/ubuntu/eks/24.04/1.34/stable/current/amd64/hvm/ebs-gp2/ami-id",
		"/mine",
	} {
		_, err := a.Invoke(getParameter, Props{"name": name})
		assert.ErrorContains(t, err, "ParameterNotFound: no parameter "+name)
	}

	require.NoError(t, a.Configure(Props{"region": "eu-central-1"}))
	elsewhere, err := a.Invoke(getParameter, Props{"name": ubuntu})
	require.NoError(t, err)
	assert.NotEqual(t, found["value"], elsewhere["value"])
}

// joining is user data of an image that is not of EKS.
func joining(script string) string { return base64.StdEncoding.EncodeToString([]byte(script)) }

// ownImage adds a launch template with an image, and returns GPU nodes of it.
func (p *platform) ownImage(userData any) Props {
	p.Add(templateType, "own", without(Props{"imageId": "ami-0123456789abcdef0", "userData": userData}))
	return without(change(p.groupProps(), Props{"amiType": nil, "launchTemplate": Props{"id": p.By["own"].ID, "version": "1"}}))
}

func TestNodeGroup_TakesTheImageOfItsTemplate(t *testing.T) {
	p := newCluster(t)
	group := p.Must(groupType, "gpu", p.ownImage(joining("#!/bin/bash\n/etc/eks/bootstrap.sh 'dev'\n")))
	assert.Equal(t, "CUSTOM", group.Outputs["amiType"])
	nodes := p.Kube.Nodes("gantry.dev/pool", "gpu")
	require.Len(t, nodes, 2)
	assert.Equal(t, "ami-0123456789abcdef0", nodes[0].Labels["eks.amazonaws.com/nodegroup-image"])
	assert.Equal(t, localkube.Accelerator{Model: "l4", MemoryMiB: 22888, Driverless: true}, nodes[0].Accelerator)

	own := newPlatform(t).Kube.Nodes("gantry.dev/pool", "gpu")
	assert.Equal(t, localkube.Accelerator{Model: "l4", MemoryMiB: 22888}, own[0].Accelerator, "the image of EKS has a driver")
}

func TestNodeGroup_OfAnImageThatDoesNotJoin(t *testing.T) {
	for name, userData := range map[string]any{
		"no user data":          nil,
		"of another cluster":    joining("/etc/eks/bootstrap.sh 'prod'"),
		"that do something":     joining("echo dev"),
		"that are no user data": "#!/bin/bash",
	} {
		p := newCluster(t)
		_, err := p.Create(groupType, "gpu", p.ownImage(userData))
		assert.ErrorContains(t, err, "NodeCreationFailure: Instances failed to join the kubernetes cluster. Cause: the", name)
	}
}

func TestRefusals_Images(t *testing.T) {
	p := newPlatform(t)
	own := p.ownImage(joining("/etc/eks/bootstrap.sh dev"))
	with := func(more Props) Props { return change(own, more) }
	plain := p.groupProps()
	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"an image of EKS beside it":   {groupType, with(Props{"amiType": "AL2023_x86_64_NVIDIA"}), "You cannot specify an AMI Type other than CUSTOM"},
		"a version beside it":         {groupType, with(Props{"version": "1.34"}), "You cannot specify a Kubernetes version"},
		"a release beside it":         {groupType, with(Props{"releaseVersion": "1.34.0-20261101"}), "You cannot specify a Kubernetes version"},
		"none, and said to have one":  {groupType, change(plain, Props{"amiType": "CUSTOM"}), "You must specify an image id in your launch template"},
		"machines without its driver": {groupType, without(change(plain, Props{"amiType": nil})), "[g6.xlarge] is not a valid instance type for requested amiType AL2023_x86_64_STANDARD"},
		"a name in place of an id":    {templateType, Props{"imageId": "ubuntu"}, "an AMI, for example ami-0123456789abcdef0"},
	})
}
