package aws_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each of these groups is accepted, and its nodes never come.
func TestNodeGroup_FailsWhenItsNodesDoNotJoin(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(p *platform)
		want  string
	}{
		"no network plugin": {
			func(p *platform) { p.Drop("vpc-cni") },
			"NodeCreationFailure: Unhealthy nodes in the kubernetes cluster. Cause: container runtime network not ready",
		},
		"a plugin that may nothing": {
			func(p *platform) { p.Drop("cni-AmazonEKS_CNI_Policy") },
			"vpc-cni may not assign addresses",
		},
		"a plugin without its credentials": {
			func(p *platform) { p.Drop("agent") },
			"vpc-cni may not assign addresses",
		},
		"a role that may not join": {
			func(p *platform) { p.Drop("node-AmazonEKSWorkerNodeMinimalPolicy") },
			"NodeCreationFailure: Instances failed to join the kubernetes cluster. Cause: role node-",
		},
		"a role that may not pull": {
			func(p *platform) { p.Drop("node-AmazonEC2ContainerRegistryPullOnly") },
			"may not pull images",
		},
		"no route": {
			func(p *platform) { p.Drop("private-internet") },
			"has no route to a NAT gateway",
		},
		"a NAT gateway that is gone": {
			func(p *platform) { p.Drop("nat") },
			"which does not exist",
		},
		"a NAT gateway in a private subnet": {
			func(p *platform) { p.Drop("public-association") },
			"has no route to an internet gateway",
		},
		"no DNS for the private endpoint": {
			func(p *platform) { p.alter("vpc", Props{"enableDnsHostnames": false}) },
			"needs enableDnsSupport and enableDnsHostnames",
		},
		"a public endpoint that shuts the nodes out": {
			func(p *platform) {
				p.alter("cluster", Props{"vpcConfig": Props{"endpointPrivateAccess": false, "publicAccessCidrs": []any{"198.51.100.0/24"}}})
			},
			"publicAccessCidrs do not let in 203.0.113.1",
		},
		"public subnets without addresses": {
			func(p *platform) {
				p.alter("private-internet", Props{"natGatewayId": nil, "gatewayId": p.By["igw"].ID})
			},
			"Ec2SubnetInvalidConfiguration",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newCluster(t)
			test.spoil(p)
			before := len(p.Objects())
			_, err := p.Create(groupType, "cpu", p.cpuProps(1))
			assert.ErrorContains(t, err, test.want)
			assert.Len(t, p.Objects(), before)
			p.Must(groupType, "cpu", p.cpuProps(0)) // nobody has to join
		})
	}
}

// alter updates a resource of the platform; nil takes an input away.
func (p *platform) alter(name string, more Props) {
	p.T.Helper()
	_, err := p.Update(p.By[name], without(change(p.By[name].Inputs, more)))
	require.NoError(p.T, err)
}

func TestNodeGroup_JoinsThroughPrivateEndpoints(t *testing.T) {
	p := newCluster(t)
	p.Drop("private-internet")
	for _, service := range []string{"ec2", "ecr.api", "ecr.dkr", "sts"} {
		r := p.Add(endpointType, service, Props{
			"vpcId": p.By["vpc"].ID, "vpcEndpointType": "Interface", "serviceName": "com.amazonaws.us-east-1." + service,
			"subnetIds": []any{p.By["private-1"].ID},
		})
		assert.Len(t, r.Outputs["networkInterfaceIds"], 1)
	}
	p.Must(groupType, "cpu", p.cpuProps(1))
}

func TestNodeGroup_FailsWithItsControlPlane(t *testing.T) {
	p := newCluster(t)
	p.Kube.Broken = fmt.Errorf("no port left")
	_, err := p.Create(clusterType, "two", change(p.clusterProps(), Props{"name": "two"}))
	assert.ErrorContains(t, err, "creating two: no port left")
	assert.NotContains(t, p.Kube.Clusters, "two")
}
