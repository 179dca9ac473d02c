package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/spec"
)

const (
	loadBalancerName    = "aws-load-balancer-controller"
	loadBalancerAccount = "aws-load-balancer-controller"
)

// loadBalancerAddon is the AWS Load Balancer Controller, which makes the network
// load balancer of the gateway. GKE and AKS make theirs themselves.
var loadBalancerAddon = addon{
	name:      loadBalancerName,
	chart:     "aws-load-balancer-controller",
	namespace: systemNamespace,
	when:      func(in inputs) bool { return balancesLoads(in.platform) },
	after:     []string{certificatesName},
	account: func(p spec.Platform) *cluster.Binding {
		if !balancesLoads(p) {
			return nil
		}
		return &cluster.Binding{
			Namespace: systemNamespace, ServiceAccount: loadBalancerAccount,
			Grants: []cluster.Grant{{Kind: cluster.BalanceLoads}},
		}
	},
	values: func(inputs) (pulumi.Map, error) { return pulumi.Map{}, nil },
}

func balancesLoads(p spec.Platform) bool {
	return p.Cloud == spec.AWS && spec.On(p.Addons.Gateway.Enabled)
}
