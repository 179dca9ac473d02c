package platform

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/modules/spec"
)

func TestLoadBalancer_OnAWSWithAGatewayOnly(t *testing.T) {
	none := func(a *spec.Addons) { a.Gateway.Enabled = new(false) }
	for name, test := range map[string]struct {
		f    *fixture
		want bool
	}{
		"AWS":                 {wayIn(t, spec.AWS), true},
		"AWS, no gateway":     {wayIn(t, spec.AWS, none), false},
		"Google Cloud":        {wayIn(t, spec.GCP), false},
		"Azure":               {wayIn(t, spec.Azure), false},
		"an existing cluster": {wayIn(t, spec.Existing), false},
	} {
		test.f.run(t)
		installed := false
		for _, res := range test.f.rec.OfType("kubernetes:helm.sh/v3:Release") {
			installed = installed || res.Name == "platform-"+loadBalancerName
		}
		assert.Equal(t, test.want, installed, name)
		_, bound := Bindings(test.f.args.Platform)[loadBalancerName]
		assert.Equal(t, test.want, bound, name)
	}
}

func TestLoadBalancer_FindsItsClusterWithoutTheMetadataOfNodes(t *testing.T) {
	f := wayIn(t, spec.AWS)
	f.args.Handle.Network = pulumi.String("vpc-1").ToStringOutput()
	f.run(t)
	assert.Equal(t, "gantry-dev", f.values(t, loadBalancerName, "clusterName"))
	assert.Equal(t, "us-east-1", f.values(t, loadBalancerName, "region"))
	assert.Equal(t, "vpc-1", f.values(t, loadBalancerName, "vpcId"))
	assert.Equal(t, Bindings(f.args.Platform)[loadBalancerName].ServiceAccount, f.values(t, loadBalancerName, "serviceAccount.name"))

	unknown := wayIn(t, spec.AWS)
	unknown.run(t)
	assert.Nil(t, unknown.values(t, loadBalancerName, "vpcId"), "of a cluster that was handed over by an older stack")
}

func TestLoadBalancer_MindsItsOwnBusiness(t *testing.T) {
	f := wayIn(t, spec.AWS)
	f.args.Platform.Tags = map[string]string{"team": "vision"}
	f.run(t)
	for _, path := range []string{
		"enableServiceMutatorWebhook", "createIngressClassResource", "ingressClassParams.create",
		"controllerConfig.featureGates.ALBGatewayAPI", "controllerConfig.featureGates.NLBGatewayAPI",
	} {
		assert.Equal(t, false, f.values(t, loadBalancerName, path), path)
	}
	assert.Equal(t, true, f.values(t, loadBalancerName, "keepTLSSecret"))
	assert.Equal(t, "vision", f.values(t, loadBalancerName, "defaultTags.team"))
	assert.Equal(t, "gantry-dev", f.values(t, loadBalancerName, `defaultTags["gantry.dev/platform"]`))
}
