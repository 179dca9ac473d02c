package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

const (
	loadBalancerName    = "aws-load-balancer-controller"
	loadBalancerAccount = "aws-load-balancer-controller"
)

// loadBalancerAddon is the AWS Load Balancer Controller, which makes the network
// load balancer of the gateway. GKE and AKS make theirs themselves. Its webhooks
// have a certificate that the chart makes, so that it need not wait for
// cert-manager, which in turn waits for the gateway.
var loadBalancerAddon = addon{
	name:      loadBalancerName,
	chart:     "aws-load-balancer-controller",
	namespace: systemNamespace,
	when:      func(in inputs) bool { return balancesLoads(in.platform) },
	after:     []string{monitoringName},
	account: func(p spec.Platform) *cluster.Binding {
		if !balancesLoads(p) {
			return nil
		}
		return &cluster.Binding{
			Namespace: systemNamespace, ServiceAccount: loadBalancerAccount,
			Grants: []cluster.Grant{{Kind: cluster.BalanceLoads}},
		}
	},
	values: loadBalancerValues,
}

func balancesLoads(p spec.Platform) bool {
	return p.Cloud == spec.AWS && spec.On(p.Addons.Gateway.Enabled)
}

func loadBalancerValues(in inputs) (pulumi.Map, error) {
	p := in.platform
	off := pulumi.Bool(false)
	values := pulumi.Map{
		"clusterName": pulumi.String(in.handle.Name),
		// Nodes let no pod ask for their metadata, so that region and network
		// cannot be found out.
		"region":         pulumi.String(p.Region),
		"serviceAccount": accountValues(loadBalancerAccount, in.account(loadBalancerName).Annotations),
		// Two, of which one leads.
		"replicaCount":        pulumi.Int(2),
		"podDisruptionBudget": pulumi.Map{"maxUnavailable": pulumi.Int(1)},
		"priorityClassName":   pulumi.String(systemNodes),
		"resources":           requests("50m", "128Mi", "512Mi"),
		"nodeSelector":        systemSelector(in),
		"tolerations":         systemTolerations(in),
		// Only Services of its class are its business: with the webhook it would
		// take every new one with a load balancer, of whatever owner, and no
		// Service could be made while it is down.
		"enableServiceMutatorWebhook": off,
		// It serves no Ingress, and no Gateway but Envoy's exists: the rest is
		// switched off with the rights that it would need.
		"createIngressClassResource": off,
		"ingressClassParams":         pulumi.Map{"create": off},
		"webhookConfig":              pulumi.Map{"disableIngressValidation": pulumi.Bool(true)},
		"controllerConfig":           pulumi.Map{"featureGates": pulumi.Map{"ALBGatewayAPI": off, "NLBGatewayAPI": off}},
		"enableShield":               off,
		"enableWaf":                  off,
		"enableWafv2":                off,
		// The chart would make a new certificate for its webhooks at every
		// upgrade, and until all pods have it, calls fail.
		"keepTLSSecret": pulumi.Bool(true),
		// Load balancers and their security groups are found by the same tags as
		// all else.
		"defaultTags":    pulumi.ToStringMap(naming.Tags(p.Name, p.ClusterStack(), p.Tags)),
		"serviceMonitor": serviceMonitor(in),
	}
	if in.handle.Network.OutputState != nil {
		values["vpcId"] = in.handle.Network
	}
	return values, nil
}
